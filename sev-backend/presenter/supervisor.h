// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/presenter/answer_calls.h"
#include "sev-backend/presenter/listener.h"

#include <memory>
#include <optional>

namespace kastellan::sev {

/// Answers what a listener asks, in threads of its own: always one that waits for the next call, so that a slow command of the firmware
/// holds up nobody but who gave it.
class Supervisor {
public:
    Supervisor(std::shared_ptr<CallAnswers> answers, Fd listener);
    /// Stops.
    ~Supervisor();
    Supervisor(const Supervisor &) = delete;
    Supervisor &operator=(const Supervisor &) = delete;

    /// Readable, and hung up when no program is left that could ask.
    [[nodiscard]] int fd() const;
    /// Answers no more. False when a thread is still busy after a moment, with a question whose asker may be long dead: then it goes on
    /// in the background, and the process should end without tidying up.
    bool stop();

private:
    struct State;
    static std::optional<Listener::Received> next(State &state);
    static void work(const std::shared_ptr<State> &state);
    static void start(const std::shared_ptr<State> &state);
    std::shared_ptr<State> m_state;
};

} // namespace kastellan::sev
