# SPDX-License-Identifier: Apache-2.0
if(TARGET keep_warden_parts)
    kastellan_fuzzer(fuzz_kernel_words SOURCES fuzz_kernel_words.cpp LINKS keep_warden_parts)
    kastellan_fuzzer(fuzz_port_source SOURCES fuzz_port_source.cpp LINKS keep_warden_parts)

    # Writes the corpora of these: make_warden_corpus tests/fuzz/corpus
    kastellan_program(make_warden_corpus DIR tests/fuzz SOURCES make_warden_corpus.cpp LINKS core_session core_base)
    set_target_properties(make_warden_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
