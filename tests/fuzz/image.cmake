# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_image)
    kastellan_fuzzer(fuzz_vm_image SOURCES fuzz_vm_image.cpp LINKS sev_image)

    # Writes the corpus: make_image_corpus tests/fuzz/corpus
    kastellan_program(make_image_corpus DIR tests/fuzz SOURCES make_image_corpus.cpp LINKS core_base)
    set_target_properties(make_image_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
