// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace kastellan::test {

/// A host that sits between libvirt and the session channel of a machine: it reads everything that passes, and can cut it, or lead it
/// elsewhere. For the next machine that a session's libvirt starts: as soon as libvirt has made the channel's socket, and long before QEMU
/// runs, ours takes its place. libvirt itself is unmodified, and connects to ours. A thread of its own.
class ChannelInTheMiddle {
public:
    /// `folder`: where that libvirt keeps the sockets of its machines (XDG_RUNTIME_DIR). Machines that are there already are left alone.
    explicit ChannelInTheMiddle(std::filesystem::path folder);
    /// In place of a socket that is there already: that of libvirt's daemon, say, with everything that its clients say to it.
    struct Socket {
        std::filesystem::path path;
    };
    explicit ChannelInTheMiddle(const Socket &socket);
    ~ChannelInTheMiddle();
    ChannelInTheMiddle(const ChannelInTheMiddle &) = delete;
    ChannelInTheMiddle &operator=(const ChannelInTheMiddle &) = delete;

    /// The keep's own socket, where it lies now; empty until the machine is there.
    [[nodiscard]] std::filesystem::path keep() const;
    /// What passed, of all connections; at most 8 MiB of each direction are kept, and all are counted.
    [[nodiscard]] Bytes toKeep() const;
    [[nodiscard]] Bytes fromKeep() const;
    [[nodiscard]] std::uint64_t countToKeep() const;
    [[nodiscard]] std::uint64_t countFromKeep() const;
    /// How often libvirt connected; how often a connection was cut.
    [[nodiscard]] int clients() const;
    [[nodiscard]] int cuts() const;

    /// Cuts the connections that there are after so many further bytes from the keep: in the middle of whatever that is.
    void cutAfter(std::uint64_t bytes);
    /// Cuts the next connection after so many bytes from the keep.
    void cutNextAfter(std::uint64_t bytes);
    /// Leads new connections to that socket in the keep's place. Before the machine starts.
    void leadTo(std::filesystem::path other);

private:
    struct Connection;
    void run(const std::stop_token &stop);
    void listen();
    [[nodiscard]] bool takePlace();
    [[nodiscard]] bool takePlaceOf(const std::filesystem::path &path);
    void serve(Fd client);
    void pump(Connection &connection, bool toKeep);

    const std::filesystem::path m_folder;
    std::filesystem::path m_own, m_other, m_place;
    std::set<std::filesystem::path> m_known;
    mutable std::mutex m_mutex;
    std::filesystem::path m_keep; // from here on guarded by it
    Bytes m_toKeep, m_fromKeep;
    std::uint64_t m_countToKeep = 0, m_countFromKeep = 0;
    int m_clients = 0, m_cuts = 0;
    std::uint64_t m_next = UINT64_MAX; ///< where the next connection is cut
    Fd m_listener;
    std::vector<std::unique_ptr<Connection>> m_connections;
    std::jthread m_thread; ///< goes first
};

/// The session channels of machines below a folder of libvirt's.
[[nodiscard]] std::set<std::filesystem::path> channelsBelow(const std::filesystem::path &folder);
/// Connects to a Unix socket; nothing where nobody listens.
[[nodiscard]] Fd connectToSocket(const std::filesystem::path &path);
/// Listens on one. Ends the process where that can't be done.
[[nodiscard]] Fd listenOnSocket(const std::filesystem::path &path);

} // namespace kastellan::test
