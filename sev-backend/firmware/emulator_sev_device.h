// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"
#include "sev-backend/firmware/sev_device.h"

#include <memory>

namespace kastellan::sev {

/// The platform of the emulated firmware in this process: the same structures and the same errors as through the kernel's driver.
class EmulatorSevDevice final : public SevDevice {
public:
    /// `writable` false: as a user who may only read the device.
    explicit EmulatorSevDevice(std::shared_ptr<EmulatedDevice> device, bool writable = true);

    [[nodiscard]] std::string name() const override { return "the emulated firmware"; }
    [[nodiscard]] DeviceAccess access() const override;
    [[nodiscard]] CommandAnswer issue(SevCall &call, bool write) override;

private:
    std::shared_ptr<EmulatedDevice> m_device;
    bool m_writable;
};

} // namespace kastellan::sev
