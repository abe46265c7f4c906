// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/kernel_sev_device.h"

#include "core/base/fd.h"
#include "sev-backend/firmware/device_access.h"

#include <linux/psp-sev.h>

#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>

namespace kastellan::sev {

KernelSevDevice::KernelSevDevice(std::filesystem::path path, Ioctl ioctl)
    : m_path(std::move(path))
    , m_ioctl(ioctl ? std::move(ioctl) : [](int fd, unsigned long request, void *argument) { return ::ioctl(fd, request, argument); })
{
}

DeviceAccess KernelSevDevice::access() const
{
    return lookAtDevice(m_path);
}

CommandAnswer KernelSevDevice::issue(SevCall &call, bool write)
{
    const std::lock_guard lock(m_mutex);
    if (const auto misfit = call.misfit())
        return {EINVAL, static_cast<std::uint32_t>(SEV_RET_NO_FW_CALL), *misfit};
    const Fd device(::open(m_path.c_str(), (write ? O_RDWR : O_RDONLY) | O_CLOEXEC));
    if (!device)
        return {errno, static_cast<std::uint32_t>(SEV_RET_NO_FW_CALL), {}};
    call.bind();
    sev_issue_cmd command{};
    command.cmd = static_cast<std::uint32_t>(call.command);
    command.data = call.structure.empty() ? 0 : reinterpret_cast<std::uintptr_t>(call.structure.data());
    int error = 0;
    do
        error = m_ioctl(device.get(), SEV_ISSUE_CMD, &command) == 0 ? 0 : errno;
    while (error == EINTR);
    call.clearAddresses();
    return {error, command.error, {}};
}

} // namespace kastellan::sev
