# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_appraisal AND TARGET sev_intake)
    kastellan_fuzzer(fuzz_intake SOURCES fuzz_intake.cpp LINKS sev_appraisal)

    # Writes its corpus: make_intake_corpus tests/fuzz/corpus
    kastellan_program(make_intake_corpus DIR tests/fuzz SOURCES make_intake_corpus.cpp LINKS sev_emulator sev_legacy core_reports)
    set_target_properties(make_intake_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
