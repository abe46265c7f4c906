# SPDX-License-Identifier: Apache-2.0
# Language, warnings, hardening, sanitizers: what every target is compiled with.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

option(KASTELLAN_WERROR "Warnings are errors" OFF)
option(KASTELLAN_PCH "Precompile headers where a library asks for it" ON)
option(KASTELLAN_LIBFUZZER "Build the fuzz targets with libFuzzer (Clang)" OFF)
set(KASTELLAN_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

# Dev: quick to build, quick enough to use, line numbers in backtraces, assertions on.
set(CMAKE_C_FLAGS_DEV "-O1 -g1")
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -D_GLIBCXX_ASSERTIONS -DQT_NO_DEBUG")

add_compile_options(
    -Wall -Wextra -Wpedantic $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wshadow=local> -Wimplicit-fallthrough -Wformat=2
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
    # GCC 14 takes the empty half of a std::expected for a value that might be read (only where it optimizes).
    $<$<AND:$<CONFIG:Release>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-Wno-maybe-uninitialized>
    # Debug information and __FILE__ are the same wherever the checkout lies: builds compare equal, and the compiler cache hits.
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(KASTELLAN_WERROR)
    add_compile_options(-Werror)
endif()

add_link_options(-Wl,--as-needed)
if(KASTELLAN_SANITIZE)
    add_compile_options(-fsanitize=${KASTELLAN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${KASTELLAN_SANITIZE})
    if(KASTELLAN_LIBFUZZER)
        add_compile_options(-fsanitize=fuzzer-no-link)
    endif()
else()
    add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    add_link_options(-Wl,-z,relro,-z,now)
endif()
include(CheckPIESupported)
check_pie_supported()

set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
