// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace kastellan::sev {

/// What a program said.
struct ProgramOutput {
    int error = 0; ///< errno where it could not be started
    bool ended = false; ///< false: it was killed for taking too long, saying too much, or because nobody wants it any more
    int status = -1; ///< exit status; 128 and the signal when a signal ended it
    std::string output; ///< standard output
    std::string errors; ///< standard error
    bool cancelled = false; ///< killed, for nobody wanted it any more
    [[nodiscard]] bool good() const { return error == 0 && ended && status == 0; }
};

/// When a program is killed.
struct ProgramLimits {
    std::chrono::milliseconds time{10'000};
    std::size_t size = std::size_t{4} << 20; ///< bytes of output; of errors, 64 KiB are kept
    std::stop_token stop = {}; ///< asked to stop: it is killed at once, with all that it has started
    std::vector<std::string> environment = {}; ///< "NAME=VALUE", in addition to ours or in place of it
};

/// Runs a program without a shell: words[0] is looked up in PATH, the others are its arguments as they are. Its standard input is empty,
/// its locale C.
[[nodiscard]] ProgramOutput runProgram(const std::vector<std::string> &words, const ProgramLimits &limits = {});

} // namespace kastellan::sev
