// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/firmware/sev_device.h"

#include <filesystem>
#include <functional>
#include <mutex>

namespace kastellan::sev {

/// The platform through the kernel's driver: SEV_ISSUE_CMD on /dev/sev.
class KernelSevDevice final : public SevDevice {
public:
    /// As ioctl(2): -1 and errno on failure.
    using Ioctl = std::function<int(int fd, unsigned long request, void *argument)>;
    /// Another path and another ioctl are for tests.
    explicit KernelSevDevice(std::filesystem::path path = "/dev/sev", Ioctl ioctl = {});

    [[nodiscard]] std::string name() const override { return m_path.string(); }
    [[nodiscard]] DeviceAccess access() const override;
    /// Opens the device for the one command, for writing only where that is asked for.
    [[nodiscard]] CommandAnswer issue(SevCall &call, bool write) override;

private:
    std::filesystem::path m_path;
    Ioctl m_ioctl;
    std::mutex m_mutex;
};

} // namespace kastellan::sev
