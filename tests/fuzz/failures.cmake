# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_failures)
    kastellan_fuzzer(fuzz_failures SOURCES fuzz_failures.cpp LINKS sev_failures)

    # Writes its corpus: make_failures_corpus tests/fuzz/corpus
    kastellan_program(make_failures_corpus DIR tests/fuzz SOURCES make_failures_corpus.cpp LINKS test_failure_lines core_base)
    set_target_properties(make_failures_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
