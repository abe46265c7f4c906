// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/rehearsal/monitor_talk.h"

#include <vector>

#include <poll.h>

namespace kastellan::sev {

/// Carries one monitor's talk between its sockets, descriptors included, with bounded buffers.
class MonitorProxy {
public:
    /// `listener`: where clients come to; or `client`: the only one. `qemu`: the other end of QEMU's monitor.
    MonitorProxy(MonitorSubject &subject, Fd listener, Fd client, Fd qemu);

    /// Adds what to wait for.
    void wants(std::vector<pollfd> &entries) const;
    /// Does what can be done for one of them.
    void handle(const pollfd &entry);
    /// QEMU closed its end: it is gone, or about to.
    [[nodiscard]] bool qemuGone() const { return !m_qemu; }
    [[nodiscard]] const std::optional<Refusal> &refusal() const { return m_talk.refusal(); }
    /// Brings the client what QEMU said last, and lets it go. Waits two seconds at most.
    void farewell();
    [[nodiscard]] std::vector<int> descriptors() const { return {m_listener.get(), m_client.get(), m_qemu.get()}; }

private:
    void accept();
    void readClient();
    void writeClient();
    void readQemu();
    void writeQemu();
    void dropClient();

    MonitorTalk m_talk;
    Fd m_listener, m_client, m_qemu;
};

} // namespace kastellan::sev
