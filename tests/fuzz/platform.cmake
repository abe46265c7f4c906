# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_firmware)
    kastellan_fuzzer(fuzz_platform_helper SOURCES fuzz_platform_helper.cpp LINKS sev_device)
    kastellan_fuzzer(fuzz_platform_files SOURCES fuzz_platform_files.cpp LINKS sev_firmware)

    # Writes the corpora of these: make_platform_corpus tests/fuzz/corpus
    kastellan_program(make_platform_corpus DIR tests/fuzz SOURCES make_platform_corpus.cpp LINKS sev_firmware)
    set_target_properties(make_platform_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
