# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_machine)
    kastellan_fuzzer(fuzz_qemu_line SOURCES fuzz_qemu_line.cpp LINKS sev_machine)
    kastellan_fuzzer(fuzz_libvirt_domain SOURCES fuzz_libvirt_domain.cpp LINKS sev_machine)
    kastellan_fuzzer(fuzz_ovmf SOURCES fuzz_ovmf.cpp LINKS sev_measurement)
    kastellan_fuzzer(fuzz_platform_chain SOURCES fuzz_platform_chain.cpp LINKS sev_legacy)

    # Writes the corpora of these: make_machine_corpus tests/fuzz/corpus
    kastellan_program(make_machine_corpus DIR tests/fuzz SOURCES make_machine_corpus.cpp LINKS sev_legacy test_support)
    set_target_properties(make_machine_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
