# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_libvirt)
    kastellan_fuzzer(fuzz_machine_launch SOURCES fuzz_machine_launch.cpp LINKS sev_libvirt core_base)

    # Writes the corpus of it: make_launch_corpus tests/fuzz/corpus
    kastellan_program(make_launch_corpus DIR tests/fuzz SOURCES make_launch_corpus.cpp LINKS sev_libvirt core_base)
    set_target_properties(make_launch_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
