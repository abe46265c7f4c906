// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/port_stream.h"

#include <optional>

namespace kastellan::warden {

// The same as in core/keeps/machine.h, which is the launcher's; a test compares them.
inline constexpr const char *sessionPort = "org.kastellan.session.0"; ///< frames (docs/session.md)
inline constexpr const char *firmwarePort = "org.kastellan.firmware.0"; ///< in rehearsals alone

/// The virtio ports of this machine. Their names become known while the kernel is already running its first program, so they are waited
/// for, by the kernel's own word of new devices.
class MachinePorts {
public:
    [[nodiscard]] static Result<MachinePorts> look();
    /// Opens the port with this name; none: it did not come within this time.
    [[nodiscard]] Result<std::optional<PortStream>> open(std::string_view name, std::chrono::milliseconds most);

private:
    explicit MachinePorts(Fd news)
        : m_news(std::move(news))
    {
    }
    Fd m_news; ///< the kernel's uevents
};

} // namespace kastellan::warden
