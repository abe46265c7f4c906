// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/emulator_sev_device.h"

#include "sev-backend/abi/firmware_status.h"

#include <linux/ioctl.h>
#include <linux/psp-sev.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace kastellan::sev {
namespace {

/// The memory of this process, limited to what one command may touch: its structures and buffers.
class OwnMemory final : public CallerMemory {
public:
    void allow(void *memory, std::size_t size) { m_allowed.push_back({reinterpret_cast<std::uintptr_t>(memory), size}); }
    [[nodiscard]] bool read(std::uint64_t address, std::span<std::uint8_t> into) override
    {
        if (!within(address, into.size()))
            return false;
        std::memcpy(into.data(), reinterpret_cast<const void *>(static_cast<std::uintptr_t>(address)), into.size());
        return true;
    }
    [[nodiscard]] bool write(std::uint64_t address, ByteView bytes) override
    {
        if (!within(address, bytes.size()))
            return false;
        std::memcpy(reinterpret_cast<void *>(static_cast<std::uintptr_t>(address)), bytes.data(), bytes.size());
        return true;
    }

private:
    struct Range {
        std::uint64_t start;
        std::size_t size;
    };
    [[nodiscard]] bool within(std::uint64_t address, std::size_t size) const
    {
        for (const auto &[start, length] : m_allowed)
            if (address >= start && address - start <= length && size <= length - (address - start))
                return true;
        return false;
    }
    std::vector<Range> m_allowed;
};

} // namespace

EmulatorSevDevice::EmulatorSevDevice(std::shared_ptr<EmulatedDevice> device, bool writable)
    : m_device(std::move(device))
    , m_writable(writable)
{
}

DeviceAccess EmulatorSevDevice::access() const
{
    DeviceAccess access{true, true, m_writable, false, {}, {}};
    if (!m_writable)
        access.why = "the emulated device was opened for reading only";
    return access;
}

CommandAnswer EmulatorSevDevice::issue(SevCall &call, bool write)
{
    const auto notAsked = static_cast<std::uint32_t>(FirmwareStatus::NoFirmwareCall);
    if (const auto misfit = call.misfit())
        return {EINVAL, notAsked, *misfit};
    if (write && !m_writable)
        return {EACCES, notAsked, {}};
    call.bind();
    sev_issue_cmd command{};
    command.cmd = static_cast<std::uint32_t>(call.command);
    command.data = call.structure.empty() ? 0 : reinterpret_cast<std::uintptr_t>(call.structure.data());
    OwnMemory memory;
    memory.allow(&command, sizeof command);
    memory.allow(call.structure.data(), call.structure.size());
    for (auto &buffer : call.buffers)
        memory.allow(buffer.data(), buffer.size());
    const IoctlAnswer answer = m_device->ioctl(SEV_ISSUE_CMD, reinterpret_cast<std::uintptr_t>(&command), memory, write);
    call.clearAddresses();
    return {answer.error, command.error, {}};
}

} // namespace kastellan::sev
