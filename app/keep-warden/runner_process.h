// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"
#include "core/session/run_protocol.h"

#include <array>
#include <optional>
#include <string>

namespace kastellan::warden {

/// The runner: a process of its own, made while we still may change its user, that waits for its order. All that connects us are three
/// pipes and a control socket.
class RunnerProcess {
public:
    [[nodiscard]] static Result<RunnerProcess> spawn(const std::string &program);

    [[nodiscard]] Status run(const session::RunRequest &request);
    void kill();

    /// Reads the control socket; yields the next message, nullopt when there is none. An error: the runner is gone.
    [[nodiscard]] Result<std::optional<session::RunEvent>> next();

    /// Writes to the workload's stdin as much as goes without waiting. A workload that does not read any more has taken everything.
    [[nodiscard]] std::size_t input(ByteView data);
    void closeInput() { m_input.reset(); }
    /// Reads stdout (1) or stderr (2) without waiting, at most `limit` bytes; empty when there is nothing. nullopt: it has ended.
    [[nodiscard]] std::optional<ByteView> output(unsigned stream, std::size_t limit);

    [[nodiscard]] int controlFd() const { return m_control.get(); } ///< -1 once it is gone
    [[nodiscard]] int inputFd() const { return m_input.get(); }
    [[nodiscard]] int outputFd(unsigned stream) const { return m_output[stream == 2].get(); }

private:
    RunnerProcess() = default;
    Fd m_control, m_input;
    std::array<Fd, 2> m_output;
    Bytes m_messages, m_buffer;
};

} // namespace kastellan::warden
