// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "sev-backend/presenter/answer_calls.h"

#include <memory>
#include <string>

namespace kastellan::sev {

/// Answers the interposed library in programs: a socket for this user alone.
class InterposeServer {
public:
    [[nodiscard]] static Result<std::unique_ptr<InterposeServer>> make(std::shared_ptr<CallAnswers> answers, const std::string &path);
    ~InterposeServer();
    InterposeServer(const InterposeServer &) = delete;
    InterposeServer &operator=(const InterposeServer &) = delete;

    [[nodiscard]] const std::string &address() const;
    /// As Supervisor::stop().
    bool stop();

private:
    struct State;
    explicit InterposeServer(std::shared_ptr<State> state);
    static void leave(State &state);
    static void accept(const std::shared_ptr<State> &state);
    static void serve(const std::shared_ptr<State> &state, const Fd &stream);
    std::shared_ptr<State> m_state;
};

} // namespace kastellan::sev
