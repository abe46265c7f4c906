# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_readiness AND TARGET core_reports)
    kastellan_fuzzer(fuzz_host_recording SOURCES fuzz_host_recording.cpp LINKS sev_readiness core_reports)
    kastellan_fuzzer(fuzz_readiness_json SOURCES fuzz_readiness_json.cpp LINKS core_hosts core_reports)
    kastellan_fuzzer(fuzz_domain_capabilities SOURCES fuzz_domain_capabilities.cpp LINKS sev_readiness)

    # Writes the corpora of these: make_readiness_corpus tests/fuzz/corpus
    kastellan_program(make_readiness_corpus DIR tests/fuzz SOURCES make_readiness_corpus.cpp LINKS test_machines)
    set_target_properties(make_readiness_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
