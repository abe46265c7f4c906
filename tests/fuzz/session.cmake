# SPDX-License-Identifier: Apache-2.0
if(TARGET core_session)
    kastellan_fuzzer(fuzz_frames SOURCES fuzz_frames.cpp LINKS core_session)
    kastellan_fuzzer(fuzz_messages SOURCES fuzz_messages.cpp LINKS core_session)
endif()
