# SPDX-License-Identifier: Apache-2.0
if(TARGET core_workload)
    foreach(name IN ITEMS module keep_toml enarx_toml manifest package aot_note)
        kastellan_fuzzer(fuzz_${name} SOURCES fuzz_${name}.cpp LINKS core_workload)
    endforeach()

    # Writes the corpora of these: make_workload_corpus tests/fuzz/corpus
    kastellan_program(make_workload_corpus DIR tests/fuzz SOURCES make_workload_corpus.cpp LINKS core_workload LibArchive::LibArchive)
    set_target_properties(make_workload_corpus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
    target_include_directories(make_workload_corpus PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/core/workload)
endif()
