# SPDX-License-Identifier: Apache-2.0
if(TARGET sev_emulator)
    kastellan_fuzzer(fuzz_fault_plan SOURCES fuzz_fault_plan.cpp LINKS sev_emulator)
    kastellan_fuzzer(fuzz_emulated_state SOURCES fuzz_emulated_state.cpp LINKS sev_emulator)
    kastellan_fuzzer(fuzz_platform_status SOURCES fuzz_platform_status.cpp LINKS sev_abi)
    kastellan_fuzzer(fuzz_emulated_devices SOURCES fuzz_emulated_devices.cpp LINKS sev_emulator)

    # Writes the corpora of these: make_emulator_corpus tests/fuzz/corpus
    kastellan_program(make_emulator_corpus DIR tests/fuzz SOURCES make_emulator_corpus.cpp LINKS sev_emulator)
    set_target_properties(make_emulator_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endif()
