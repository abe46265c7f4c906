# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_appraisal AND TARGET sev_emulator)
    kastellan_fuzzer(fuzz_report SOURCES fuzz_report.cpp LINKS sev_appraisal)
    kastellan_fuzzer(fuzz_certificate SOURCES fuzz_certificate.cpp LINKS sev_appraisal)
    kastellan_fuzzer(fuzz_hardware_id SOURCES fuzz_hardware_id.cpp LINKS sev_certificates)
    kastellan_fuzzer(fuzz_keep_index SOURCES fuzz_keep_index.cpp LINKS sev_measurement)
    kastellan_fuzzer(fuzz_guest_message SOURCES fuzz_guest_message.cpp LINKS sev_abi)
    kastellan_fuzzer(fuzz_saved_guest SOURCES fuzz_saved_guest.cpp LINKS sev_emulator)
    kastellan_fuzzer(fuzz_policy SOURCES fuzz_policy.cpp LINKS sev_appraisal)
    kastellan_fuzzer(fuzz_policy_import SOURCES fuzz_policy_import.cpp LINKS sev_appraisal)
    kastellan_fuzzer(fuzz_kds SOURCES fuzz_kds.cpp LINKS sev_kds)
    kastellan_fuzzer(fuzz_ghcb_table SOURCES fuzz_ghcb_table.cpp LINKS sev_certificates)
    kastellan_fuzzer(fuzz_id_auth SOURCES fuzz_id_auth.cpp LINKS sev_certificates)

    # Writes the corpora of these: make_sev_corpus tests/fuzz/corpus
    kastellan_program(make_sev_corpus DIR tests/fuzz SOURCES make_sev_corpus.cpp LINKS sev_emulator)
    set_target_properties(make_sev_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
