# SPDX-License-Identifier: Apache-2.0
# The functions that folders declare their targets with. They hold the arrows of the design: a target can include only what it links,
# and it can link only what its folder may know.

# The repository is on no include path. A library exports a folder that holds its own headers alone, under their full name:
#   build/include/core_base/core/base -> core/base
function(_kastellan_include_folder name dir)
    set(base ${CMAKE_BINARY_DIR}/include/${name})
    cmake_path(GET dir PARENT_PATH parent)
    file(MAKE_DIRECTORY ${base}/${parent})
    if(NOT EXISTS ${base}/${dir})
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${dir} ${base}/${dir} SYMBOLIC)
    endif()
    target_include_directories(${name} PUBLIC ${base})
endfunction()

# What a top folder may link of ours. Nothing else passes.
set(KASTELLAN_MAY_LINK_core core)
set(KASTELLAN_MAY_LINK_sev-backend sev-backend core)
set(KASTELLAN_MAY_LINK_ui ui core)
# The programs carry the reference values of the keep image that was built with them (resources/keep-image).
set(KASTELLAN_MAY_LINK_app app ui sev-backend core resources)
# What measures the keep image while it is built measures as the backend does.
set(KASTELLAN_MAY_LINK_resources resources sev-backend core)
set(KASTELLAN_MAY_LINK_tests tests app ui sev-backend core resources)

# Used inside keeps, by fuzzers and by other programs: C++ and OpenSSL only, and nothing but each other.
set(KASTELLAN_WITHOUT_QT
    core/base core/session core/workload core/evidence sev-backend/abi sev-backend/certificates sev-backend/measurement sev-backend/guest
    sev-backend/confine app/keep-warden app/keep-runner)

function(_kastellan_check_arrows name dir)
    string(REGEX REPLACE "/.*" "" top ${dir})
    if(NOT DEFINED KASTELLAN_MAY_LINK_${top})
        message(FATAL_ERROR "${name}: no rule says what '${top}' may link; see cmake/KastellanTargets.cmake")
    endif()
    foreach(link IN LISTS ARGN)
        if(dir IN_LIST KASTELLAN_WITHOUT_QT AND link MATCHES "^(Qt6?|KF6)::")
            message(FATAL_ERROR "${name} links ${link}, but ${dir} has to do without Qt: it is used inside keeps. "
                "Move what needs Qt to a folder above, or drop the link.")
        endif()
        if(NOT TARGET ${link})
            continue()
        endif()
        get_target_property(other ${link} KASTELLAN_DIR)
        if(NOT other)
            continue()
        endif()
        string(REGEX REPLACE "/.*" "" othertop ${other})
        if(NOT othertop IN_LIST KASTELLAN_MAY_LINK_${top})
            message(FATAL_ERROR "${name} (${dir}) links ${link} (${other}), against the arrows: ${top} may link only "
                "${KASTELLAN_MAY_LINK_${top}}. Put an interface into core and implement it in ${othertop}, or wire the two in app.")
        endif()
        if(dir IN_LIST KASTELLAN_WITHOUT_QT AND NOT other IN_LIST KASTELLAN_WITHOUT_QT)
            message(FATAL_ERROR "${name} (${dir}) links ${link} (${other}), which needs Qt; ${dir} has to do without.")
        endif()
    endforeach()
endfunction()

define_property(TARGET PROPERTY KASTELLAN_DIR BRIEF_DOCS "Folder of the target" FULL_DOCS "Folder of the target, from the top")

# Links are checked when all targets are known: folders are declared in the order of the arrows, but not every editor keeps to it.
function(_kastellan_target name dir qt)
    set_target_properties(${name} PROPERTIES KASTELLAN_DIR ${dir})
    cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]] CALL _kastellan_check_arrows [[${name}]] [[${dir}]] ${ARGN})")
    if(qt)
        set_target_properties(${name} PROPERTIES AUTOMOC ON AUTOMOC_PATH_PREFIX OFF
            AUTOGEN_ORIGIN_DEPENDS OFF) # moc reads sources alone: it need not wait for the libraries
        target_compile_definitions(${name} PRIVATE
            QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_FOREACH QT_USE_QSTRINGBUILDER QT_NO_KEYWORDS QT_NO_URL_CAST_FROM_STRING)
    endif()
endfunction()

# kastellan_library(NAME DIR core/base SOURCES a.cpp b.cpp LINKS core_x OpenSSL::Crypto [QT] [PCH])
# A static library of the folder DIR; its headers are included as "DIR/file.h" by what links it. LINKS are public.
function(kastellan_library name)
    cmake_parse_arguments(PARSE_ARGV 1 K "QT;PCH" "DIR" "SOURCES;LINKS")
    _kastellan_arguments(kastellan_library ${name} "${K_UNPARSED_ARGUMENTS}" "${K_DIR}" "${K_SOURCES}")
    _kastellan_present(${name} "${K_SOURCES}" K_SOURCES)
    add_library(${name} STATIC ${K_SOURCES})
    _kastellan_include_folder(${name} ${K_DIR})
    target_link_libraries(${name} PUBLIC ${K_LINKS})
    _kastellan_target(${name} ${K_DIR} "${K_QT}" ${K_LINKS})
    _kastellan_precompile(${name} "${K_PCH}" "${K_QT}")
endfunction()

# kastellan_program(NAME DIR app/keepctl SOURCES main.cpp LINKS … [QT] [PCH]): an executable in build/PRESET/bin
function(kastellan_program name)
    cmake_parse_arguments(PARSE_ARGV 1 K "QT;PCH" "DIR" "SOURCES;LINKS")
    _kastellan_arguments(kastellan_program ${name} "${K_UNPARSED_ARGUMENTS}" "${K_DIR}" "${K_SOURCES}")
    _kastellan_present(${name} "${K_SOURCES}" K_SOURCES)
    add_executable(${name} ${K_SOURCES})
    _kastellan_include_folder(${name} ${K_DIR})
    target_link_libraries(${name} PRIVATE ${K_LINKS})
    _kastellan_target(${name} ${K_DIR} "${K_QT}" ${K_LINKS})
    _kastellan_precompile(${name} "${K_PCH}" "${K_QT}")
endfunction()

# kastellan_test(NAME SOURCES test_x.cpp LINKS … [LABELS …] [TIMEOUT seconds] [LOCK name] [GUI] [SERIAL])
# A Qt Test executable in build/PRESET/bin/tests. A test that lacks its vectors prints "SKIP-VECTORS: why", or skips with a text that
# names KASTELLAN_VECTORS; ./dev test counts these, and with --require-vectors they fail. GUI: display stays off screen.
function(kastellan_test name)
    cmake_parse_arguments(PARSE_ARGV 1 K "GUI;SERIAL" "TIMEOUT;LOCK" "SOURCES;LINKS;LABELS")
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE dir)
    _kastellan_arguments(kastellan_test ${name} "${K_UNPARSED_ARGUMENTS}" "${dir}" "${K_SOURCES}")
    _kastellan_present(${name} "${K_SOURCES}" K_SOURCES)
    add_executable(${name} ${K_SOURCES})
    target_link_libraries(${name} PRIVATE ${K_LINKS} Qt6::Test)
    _kastellan_target(${name} tests ON ${K_LINKS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    if(K_GUI)
        list(APPEND K_LABELS gui)
    endif()
    if(NOT K_TIMEOUT)
        set(K_TIMEOUT 60)
    endif()
    kastellan_add_test(${name} COMMAND "$<TARGET_FILE:${name}>" LABELS ${K_LABELS} TIMEOUT ${K_TIMEOUT} SERIAL ${K_SERIAL}
        LOCK ${K_LOCK})
endfunction()

# kastellan_add_test(NAME COMMAND program argument… [LABELS …] [TIMEOUT s] [SERIAL ON] [LOCK name] [ENVIRONMENT A=b …]): any program as a test.
# Tests with the same LOCK never run at once.
# It is written as a script that ctest runs, since whether a skip is a failure is decided when the tests are run.
function(kastellan_add_test name)
    cmake_parse_arguments(PARSE_ARGV 1 K "" "TIMEOUT;SERIAL;LOCK" "COMMAND;LABELS;ENVIRONMENT")
    if(NOT K_TIMEOUT)
        set(K_TIMEOUT 60)
    endif()
    set(command "")
    foreach(word IN LISTS K_COMMAND)
        string(APPEND command " [==[${word}]==]")
    endforeach()
    set(environment QT_QPA_PLATFORM=offscreen KASTELLAN_BIN=${CMAKE_BINARY_DIR}/bin KASTELLAN_SOURCE=${CMAKE_SOURCE_DIR}
        KASTELLAN_BUILD=${CMAKE_BINARY_DIR} ${K_ENVIRONMENT})
    if(KASTELLAN_SANITIZE)
        list(APPEND environment "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1" "UBSAN_OPTIONS=print_stacktrace=1")
    endif()
    set(properties "LABELS [==[${K_LABELS}]==] TIMEOUT ${K_TIMEOUT} SKIP_RETURN_CODE 77 ENVIRONMENT [==[${environment}]==]")
    string(APPEND properties " WORKING_DIRECTORY [==[${CMAKE_CURRENT_BINARY_DIR}]==]")
    if(K_SERIAL)
        string(APPEND properties " RUN_SERIAL TRUE")
    endif()
    if(K_LOCK)
        string(APPEND properties " RESOURCE_LOCK [==[${K_LOCK}]==]")
    endif()
    set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.ctest.cmake)
    file(GENERATE OUTPUT ${script} CONTENT "add_test([==[${name}]==]${command})
set_tests_properties([==[${name}]==] PROPERTIES ${properties})
if(\"\$ENV{KASTELLAN_REQUIRE_VECTORS}\")
    set_tests_properties([==[${name}]==] PROPERTIES FAIL_REGULAR_EXPRESSION \"SKIP-VECTORS:;SKIP +: [^\\n]*KASTELLAN_VECTORS\")
endif()
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()

# kastellan_fuzzer(NAME SOURCES fuzz_x.cpp LINKS … [CORPUS dir]): one LLVMFuzzerTestOneInput. In the preset fuzz it is a libFuzzer
# program; in every other one it runs its corpus and seeded mutations of it for some seconds as the test fuzz_NAME.
function(kastellan_fuzzer name)
    cmake_parse_arguments(PARSE_ARGV 1 K "QT" "CORPUS" "SOURCES;LINKS")
    string(REGEX REPLACE "^fuzz_" "" short ${name})
    set(target fuzz_${short})
    _kastellan_arguments(kastellan_fuzzer ${target} "${K_UNPARSED_ARGUMENTS}" tests "${K_SOURCES}")
    if(NOT K_CORPUS)
        set(K_CORPUS ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${short})
    endif()
    cmake_path(ABSOLUTE_PATH K_CORPUS BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    _kastellan_present(${target} "${K_SOURCES}" K_SOURCES)
    add_executable(${target} ${K_SOURCES})
    target_link_libraries(${target} PRIVATE ${K_LINKS})
    _kastellan_target(${target} tests "${K_QT}" ${K_LINKS})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
    if(NOT TARGET fuzzers)
        add_custom_target(fuzzers) # all of them, for `./dev fuzz --all`
    endif()
    add_dependencies(fuzzers ${target})
    if(KASTELLAN_LIBFUZZER)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
        kastellan_add_test(${target} COMMAND "$<TARGET_FILE:${target}>" -max_total_time=5 ${K_CORPUS} LABELS fuzz TIMEOUT 60)
    else()
        target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/driver.cpp)
        kastellan_add_test(${target} COMMAND "$<TARGET_FILE:${target}>" ${K_CORPUS} LABELS fuzz TIMEOUT 120)
    endif()
endfunction()

# A source that is not written yet stops its own target, not everybody's configuration; CI (KASTELLAN_WERROR) takes no half work.
function(_kastellan_present name sources out)
    set(present "")
    foreach(source IN LISTS sources)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE file)
        if(EXISTS ${file} OR source MATCHES "^\\$<" OR KASTELLAN_WERROR)
            list(APPEND present ${source})
        else()
            get_source_file_property(generated ${file} GENERATED)
            if(generated)
                list(APPEND present ${source})
            else()
                message(WARNING "${name}: ${source} is not there; configuring without it")
                set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY KASTELLAN_AWAITED ${file})
            endif()
        endif()
    endforeach()
    if(NOT present)
        file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}-empty.cpp "")
        list(APPEND present ${CMAKE_CURRENT_BINARY_DIR}/${name}-empty.cpp)
    endif()
    set(${out} ${present} PARENT_SCOPE)
endfunction()

function(_kastellan_arguments function name unparsed dir sources)
    if(unparsed)
        message(FATAL_ERROR "${function}(${name}): unknown argument '${unparsed}'")
    endif()
    if(NOT dir OR NOT sources)
        message(FATAL_ERROR "${function}(${name}): DIR or SOURCES is missing")
    endif()
endfunction()

# Precompiled headers, where asked for: they pay from about five sources on.
function(_kastellan_precompile name wanted qt)
    if(NOT wanted OR NOT KASTELLAN_PCH)
        return()
    endif()
    target_precompile_headers(${name} PRIVATE <algorithm> <array> <chrono> <expected> <filesystem> <map> <memory> <optional> <span> <string>
        <string_view> <vector>)
    if(qt)
        target_precompile_headers(${name} PRIVATE <QtCore/QtCore>)
        get_target_property(links ${name} LINK_LIBRARIES)
        if(links MATCHES "Qt6::Widgets")
            target_precompile_headers(${name} PRIVATE <QtWidgets/QtWidgets>)
        endif()
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${name} PRIVATE -fpch-preprocess) # the compiler cache needs it
    endif()
endfunction()
