// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <chrono>
#include <span>

namespace kastellan::warden {

/// A virtio port (or a socket): bytes both ways, and at the other end nobody, or somebody, or somebody else, without a sign in the stream.
/// While nobody is there poll always says POLLHUP and POLLIN; so it is watched for changes alone, by an edge-triggered epoll. Never blocks.
class PortStream {
public:
    [[nodiscard]] static Result<PortStream> watch(Fd fd);

    /// Reads what is there. 0: nothing is now, or nobody is at the other end; `changes` tells when to look again.
    [[nodiscard]] Result<std::size_t> read(std::span<std::uint8_t> target);
    /// Writes what goes. 0: nothing does now; `changes` tells when to try again.
    [[nodiscard]] Result<std::size_t> write(ByteView bytes);

    /// Readable when something has changed: bytes, room, somebody came or went. `seen` before reading and writing.
    [[nodiscard]] int changes() const { return m_changes.get(); }
    void seen();
    /// Waits for a change; false: there was none in this time.
    [[nodiscard]] bool wait(std::chrono::milliseconds most);

private:
    PortStream(Fd fd, Fd changes)
        : m_fd(std::move(fd))
        , m_changes(std::move(changes))
    {
    }
    Fd m_fd, m_changes;
};

/// The number of the port with this name below /sys/class/virtio-ports, as "vport0p1"; empty: this machine has none.
[[nodiscard]] std::string findPort(std::string_view name, const std::string &folder = "/sys/class/virtio-ports");

} // namespace kastellan::warden
