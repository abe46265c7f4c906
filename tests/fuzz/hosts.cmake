# SPDX-License-Identifier: Apache-2.0
if(TARGET core_hosts AND TARGET core_keeps)
    kastellan_fuzzer(fuzz_host_look SOURCES fuzz_host_look.cpp LINKS core_hosts)
    kastellan_fuzzer(fuzz_machine_line SOURCES fuzz_machine_line.cpp LINKS core_keeps)

    # Writes the corpora of these: make_hosts_corpus tests/fuzz/corpus
    kastellan_program(make_hosts_corpus DIR tests/fuzz SOURCES make_hosts_corpus.cpp LINKS core_hosts)
    set_target_properties(make_hosts_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
