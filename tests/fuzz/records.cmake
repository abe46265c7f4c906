# SPDX-License-Identifier: Apache-2.0
if(TARGET core_reports AND TARGET core_logs)
    kastellan_fuzzer(fuzz_keep_log SOURCES fuzz_keep_log.cpp LINKS core_logs)
    kastellan_fuzzer(fuzz_visible SOURCES fuzz_visible.cpp LINKS core_logs)
    kastellan_fuzzer(fuzz_record_json SOURCES fuzz_record_json.cpp LINKS core_reports)
    if(TARGET core_storage)
        kastellan_fuzzer(fuzz_purge_list SOURCES fuzz_purge_list.cpp LINKS core_storage)
    endif()
    kastellan_fuzzer(fuzz_pem SOURCES fuzz_pem.cpp LINKS core_keys)

    # Writes the corpora of these: make_records_corpus tests/fuzz/corpus
    kastellan_program(make_records_corpus DIR tests/fuzz SOURCES make_records_corpus.cpp LINKS core_reports core_logs core_keys test_records)
    set_target_properties(make_records_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
