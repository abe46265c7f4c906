// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/rehearsal/firmware_port.h"
#include "sev-backend/rehearsal/monitor_proxy.h"

#include <memory>

namespace kastellan::sev {

/// What runs beside QEMU as long as it does: its monitors' talk, and the warden's port to the firmware. When it dies, QEMU is killed by a
/// guardian of its own.
class Supervisor {
public:
    struct Parts {
        Fd qemu; ///< pidfd; invalid: its end is seen on its monitors
        std::vector<std::unique_ptr<MonitorProxy>> monitors;
        FirmwarePort *port = nullptr;
        bool timestamps = false;
        bool detached = false; ///< standard streams lead nowhere
        std::vector<std::string> sockets; ///< paths to remove at the end
    };
    explicit Supervisor(Parts parts)
        : m_parts(std::move(parts))
    {
    }
    /// In a process of its own: leaves everything behind that belongs to others, and returns when QEMU has ended.
    void run();

private:
    void isolate();
    void startGuardian();
    [[nodiscard]] bool round(int signals);
    void end(const Refusal &refusal);
    Parts m_parts;
};

} // namespace kastellan::sev
