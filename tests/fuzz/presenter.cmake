# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_presenter)
    kastellan_fuzzer(fuzz_presenter SOURCES fuzz_presenter.cpp LINKS sev_presenter)

    # Writes its corpus: make_presenter_corpus tests/fuzz/corpus
    kastellan_program(make_presenter_corpus DIR tests/fuzz SOURCES make_presenter_corpus.cpp LINKS core_base)
    set_target_properties(make_presenter_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
