// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "sev-backend/libvirt/connection.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <vector>

namespace kastellan::sev::libvirt {

/// Carries bytes between a libvirt stream and a socket of ours, until either side ends. libvirt's own client takes in whatever the daemon
/// sends, however slowly it is read; so what waits is bounded here. What we send waits in a thread of its own: a guest that does not read
/// makes libvirt stop listening to that connection.
class StreamPump : public std::enable_shared_from_this<StreamPump> {
public:
    struct Private {
        explicit Private() = default;
    };
    enum class Kind {
        Channel, ///< both ways; one that lets over 16 MiB wait is cut
        Console, ///< read alone; what does not fit into 1 MiB that waits is dropped
    };
    /// `stream` was opened with VIR_STREAM_NONBLOCK, and its connection is nobody else's where it is a channel. Yields the socket's other
    /// end.
    /// `afterwards` is called once it has ended, in a thread that may wait. `made`: gets the pump, which holds itself.
    [[nodiscard]] static Result<Fd> start(std::shared_ptr<Connection> connection, StreamHandle stream, Kind kind,
        std::function<void()> afterwards = {}, std::weak_ptr<StreamPump> *made = nullptr);
    /// Ends it, and waits until the daemon knows, at most so long: libvirt 11.3's daemon never rests again once it has written to a machine
    /// that is gone, so nothing may be on its way to one that is to be destroyed.
    void endAndWait(std::chrono::milliseconds patience);
    StreamPump(Private, std::shared_ptr<Connection> connection, StreamHandle stream, Kind kind, Fd ours, std::function<void()> afterwards);
    ~StreamPump() = default;
    StreamPump(const StreamPump &) = delete;
    StreamPump &operator=(const StreamPump &) = delete;

private:
    [[nodiscard]] Status begin();
    void streamReady(int events); // these five in the loop's thread
    void receive();
    void flush();
    void stop();
    void close();
    void sendAll(); // these two in the sender's
    [[nodiscard]] bool send(const std::uint8_t *data, std::size_t size);
    void end(); // in any

    const std::shared_ptr<Connection> m_connection;
    const StreamHandle m_stream;
    const Kind m_kind;
    const Fd m_ours;
    const std::function<void()> m_afterwards;
    std::vector<std::uint8_t> m_waiting; // of the loop's thread, as the next three
    int m_watch = -1;
    bool m_registered = false, m_stopped = false;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_writable = false, m_ended = false, m_aborted = false; // guarded by m_mutex
};

} // namespace kastellan::sev::libvirt
