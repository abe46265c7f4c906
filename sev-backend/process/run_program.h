// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace kastellan::sev {

/// What a program said.
struct ProgramOutput {
    int error = 0; ///< errno where it could not be started
    bool ended = false; ///< false: it was killed for taking too long, saying too much, or because nobody wants it any more
    int status = -1; ///< exit status; 128 and the signal when a signal ended it
    std::string output; ///< standard output, where `ProgramLimits::line` does not take it
    std::string errors; ///< standard error, its last 64 KiB
    bool cancelled = false; ///< killed, for nobody wanted it any more
    [[nodiscard]] bool good() const { return error == 0 && ended && status == 0; }
};

/// When a program is killed, and where its words go.
struct ProgramLimits {
    static constexpr auto anyTime = std::chrono::milliseconds::max(); ///< it may take as long as it likes

    std::chrono::milliseconds time{10'000};
    std::size_t size = std::size_t{4} << 20; ///< bytes of output; with `line`, bytes of a line
    std::stop_token stop = {}; ///< asked to stop: all that it has started gets `stopSignal`
    std::vector<std::string> environment = {}; ///< "NAME=VALUE", in addition to ours or in place of it
    /// Takes standard output line by line, without the line's end; no output is kept then. Called from within runProgram.
    std::function<void(const std::string &)> line = {};
    /// SIGKILL ends it at once. With SIGTERM it has the time that it needs to tidy up, within `time`; then `cancelled` is false, and its
    /// status says how it ended.
    int stopSignal = SIGKILL;
};

/// Runs a program without a shell, in a process group of its own: words[0] is looked up in PATH, the others are its arguments as they
/// are. Its standard input is empty, its locale C, and no signal is ignored or held back.
[[nodiscard]] ProgramOutput runProgram(const std::vector<std::string> &words, const ProgramLimits &limits = {});

} // namespace kastellan::sev
