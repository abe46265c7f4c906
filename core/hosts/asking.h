// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

namespace kastellan {

/// While one lives, whatever this thread asks a person for (an administrator's password, through polkit) is given up when the token asks
/// to stop. The innermost one holds. Without one, a question waits for its answer.
class Asking {
public:
    explicit Asking(std::stop_token stop);
    ~Asking();
    Asking(const Asking &) = delete;
    Asking &operator=(const Asking &) = delete;
    /// That of this thread; one that never asks to stop where there is none.
    [[nodiscard]] static std::stop_token current();

private:
    std::stop_token m_before;
};

} // namespace kastellan
