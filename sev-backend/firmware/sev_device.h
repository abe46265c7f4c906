// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/firmware/sev_command.h"

#include <string>

namespace kastellan::sev {

/// What became of a command.
struct CommandAnswer {
    int error = 0; ///< errno of open or ioctl; 0: done
    std::uint32_t status = 0; ///< what the firmware said (abi/firmware_status.h); 0xffffffff: it was not asked
    std::string said; ///< a cause that only the device knows; empty: `error` and `status` say all

    [[nodiscard]] bool done() const { return error == 0; }
};

/// What this user may do with a device.
struct DeviceAccess {
    bool exists = false, read = false, write = false;
    bool privileged = false; ///< what is not ours goes through the helper, which asks for an administrator's password
    std::string why; ///< why something is not allowed: who owns the device, which mode it has
    std::string remedy; ///< group, udev rule
};

/// The commands of one platform, whoever carries them out. Safe in several threads, one command at a time.
class SevDevice {
public:
    virtual ~SevDevice() = default;
    /// "/dev/sev", "the emulated firmware": where errors happen.
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual DeviceAccess access() const = 0;
    /// Carries out one command. `write`: the driver will want a descriptor that is open for writing. What the driver and the firmware
    /// write is in the call afterwards, also lengths that they ask for.
    [[nodiscard]] virtual CommandAnswer issue(SevCall &call, bool write) = 0;
};

} // namespace kastellan::sev
