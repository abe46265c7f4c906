// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/fd.h"
#include "sev-backend/presenter/system_call.h"

#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include <linux/filter.h>

namespace kastellan::sev {

/// Holds the calling thread and all that it starts to the filter, for ever, and yields the descriptor on which its calls are asked about.
/// The errno when the kernel cannot: EINVAL or ENOSYS (too old), EBUSY (another such filter holds already). Makes no allocation: it is
/// called between fork and exec.
[[nodiscard]] std::expected<Fd, int> installFilter(const sock_filter *program, std::size_t length);

/// The other end of such a filter (seccomp_unotify(2)). Each call that is received gets one answer.
class Listener {
public:
    explicit Listener(Fd descriptor);

    struct Received {
        std::uint64_t id = 0;
        SystemCall call;
    };
    /// The next call. Nothing when the one that waited has gone away; blocks when none waits: poll `fd` before.
    [[nodiscard]] std::optional<Received> receive() const;
    /// Whether the thread still waits for this answer: while it does, its number means nobody else.
    [[nodiscard]] bool waiting(std::uint64_t id) const;
    void send(std::uint64_t id, const CallAnswer &answer) const;
    /// Readable when a call waits; hung up when no program is held by the filter any more.
    [[nodiscard]] int fd() const { return m_descriptor.get(); }

private:
    void give(std::uint64_t id, const CallAnswer &answer) const;
    void reply(std::uint64_t id, std::int64_t value, int error, std::uint32_t flags) const;
    Fd m_descriptor;
    std::size_t m_receiveSize, m_replySize; ///< what this kernel writes and reads
};

} // namespace kastellan::sev
