# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_rehearsal)
    kastellan_fuzzer(fuzz_monitor_talk SOURCES fuzz_monitor_talk.cpp LINKS sev_rehearsal)
    kastellan_fuzzer(fuzz_rehearsal_line SOURCES fuzz_rehearsal_line.cpp LINKS sev_rehearsal)

    # Writes the corpora of these: make_rehearsal_corpus tests/fuzz/corpus
    kastellan_program(make_rehearsal_corpus DIR tests/fuzz SOURCES make_rehearsal_corpus.cpp LINKS core_base)
    set_target_properties(make_rehearsal_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
