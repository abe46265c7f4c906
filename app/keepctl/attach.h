// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/console_lines.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/output.h"
#include "app/keepctl/passing.h"
#include "core/keeps/keep_client.h"
#include "core/logs/keep_log.h"

#include <array>
#include <optional>

namespace kastellan::keepctl {

/// How keepctl stands by a keep.
struct AttachOptions {
    bool untilRunning = false; ///< return once the workload runs; its input is closed, its output left in the log
    bool capture = false; ///< keep the output for JSON instead of passing it through
    bool input = true; ///< forward our standard input
    bool quiet = false;
    bool console = false; ///< show what a machine's console writes, on standard error
};

/// The first bytes of one output stream, and how many there were.
struct Captured {
    static constexpr std::size_t limit = 1 << 20;
    Bytes bytes;
    std::uint64_t total = 0;
    void add(ByteView data);
};

/// What came of it.
struct AttachResult {
    KeepStatus status;
    int signal = 0; ///< the first signal that asked us to stop, 0 for none
    bool left = false; ///< the person left a keep that still runs
    std::optional<Error> lost; ///< its loader went away before it ended
    std::vector<std::string> errors; ///< what the loader said went wrong
    std::array<Captured, 2> captured; ///< stdout, stderr
};

/// Stands by a keep from its start to its end: shows progress, passes output and input through, turns signals into stopping. Returns when
/// the keep has ended (or, if so asked, runs). The first signal stops it gracefully, the second at once, the third leaves it.
class Attachment {
public:
    Attachment(std::unique_ptr<KeepClient> client, const KeepId &id, AttachOptions options, Interrupts &interrupts, ProgressLine &progress);
    [[nodiscard]] AttachResult run();

private:
    [[nodiscard]] bool finished() const;
    void wait();
    void onEvent(const KeepEvent &event);
    void onSignals();
    void readInput();
    void readLog();
    void write(PassingStream &stream);
    void complain(const Error &error);

    void openInput();
    void closeInput();

    std::unique_ptr<KeepClient> m_client;
    /// Input goes over a connection of its own: a loader that holds back input must still hear that it has to stop.
    std::unique_ptr<KeepClient> m_inputClient;
    KeepId m_id;
    AttachOptions m_options;
    Interrupts &m_interrupts;
    ProgressLine &m_progress;
    AttachResult m_result;
    std::optional<KeepLogReader> m_log;
    ConsoleLines m_console;
    std::array<PassingStream, 2> m_streams{PassingStream(1), PassingStream(2)};
    bool m_closed = false, m_inputOpen = true, m_logAtEnd = false;
    int m_signals = 0;
};

} // namespace kastellan::keepctl
