# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_kubevirt)
    kastellan_fuzzer(fuzz_kubeconfig SOURCES fuzz_kubeconfig.cpp LINKS sev_kubevirt)
    kastellan_fuzzer(fuzz_cluster_answers SOURCES fuzz_cluster_answers.cpp LINKS sev_kubevirt)

    # Writes the corpora of these: make_kubevirt_corpus tests/fuzz/corpus
    kastellan_program(make_kubevirt_corpus DIR tests/fuzz SOURCES make_kubevirt_corpus.cpp LINKS core_base)
    set_target_properties(make_kubevirt_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
