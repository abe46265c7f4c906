// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/sev_device.h"

#include "sev-backend/emulator/registers.h"

#include <linux/ioctl.h>
#include <linux/psp-sev.h>

#include <cerrno>
#include <cstddef>

namespace kastellan::sev {
namespace {

constexpr std::size_t blobLimit = 0x4000; // SEV_FW_BLOB_MAX_SIZE of the driver
constexpr std::size_t allocationLimit = std::size_t{4} << 20; // what the kernel's page allocator gives at once
constexpr int notSupported = 524; // ENOTSUPP, which Linux has for itself
constexpr auto certificateSize = static_cast<std::uint32_t>(legacy::Certificate::size);

/// Reads a structure of the caller.
template <typename T>
bool get(CallerMemory &memory, std::uint64_t address, T &value)
{
    return memory.read(address, {reinterpret_cast<std::uint8_t *>(&value), sizeof value});
}
template <typename T>
bool put(CallerMemory &memory, std::uint64_t address, const T &value)
{
    return memory.write(address, {reinterpret_cast<const std::uint8_t *>(&value), sizeof value});
}

} // namespace

struct EmulatedSevDevice::Call {
    sev_issue_cmd command{};
    CallerMemory &memory;
    bool writable = false;

    /// What the driver makes of a firmware's answer.
    template <typename T>
    int result(const Answer<T> &answer)
    {
        command.error = static_cast<std::uint32_t>(answer ? FirmwareStatus::Success : answer.error());
        return fromStatus();
    }
    int fromStatus()
    {
        if (const FirmwareStatus status{command.error}; status == firmwareBusy || status == firmwareThrottled) {
            command.error = static_cast<std::uint32_t>(SEV_RET_NO_FW_CALL);
            return EBUSY;
        }
        return command.error == 0 ? 0 : EIO;
    }
    [[nodiscard]] bool lengthRefused() const { return command.error == static_cast<std::uint32_t>(FirmwareStatus::InvalidLength); }

    /// A buffer for the firmware to read, as psp_copy_user_blob has it.
    int blob(std::uint64_t address, std::uint64_t length, Bytes &into)
    {
        if (address == 0 || length == 0 || length > blobLimit)
            return EINVAL;
        into.resize(length);
        return memory.read(address, into) ? 0 : EFAULT;
    }
};

EmulatedSevDevice::EmulatedSevDevice(std::shared_ptr<Processor> processor)
    : m_processor(std::move(processor))
{
}

std::optional<std::uint64_t> EmulatedSevDevice::msr(unsigned, std::uint32_t index) const
{
    return hostRegister(m_processor->profile(), index);
}

IoctlAnswer EmulatedSevDevice::ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool writable)
{
    // The kernel takes the number as 32 bits, whatever a C library made of it.
    if (static_cast<std::uint32_t>(request) != static_cast<std::uint32_t>(SEV_ISSUE_CMD))
        return {EINVAL};
    Call call{{}, memory, writable};
    if (!get(memory, argument, call.command))
        return {EFAULT};
    if (call.command.cmd >= SEV_MAX)
        return {EINVAL};
    const std::lock_guard lock(m_mutex);
    const int error = dispatch(call);
    if (!put(memory, argument, call.command))
        return {EFAULT};
    return {error};
}

int EmulatedSevDevice::dispatch(Call &call)
{
    switch (call.command.cmd) {
    case SEV_FACTORY_RESET:
        return factoryReset(call);
    case SEV_PLATFORM_STATUS:
        return platformStatus(call);
    case SEV_PEK_GEN:
        return generate(call, true);
    case SEV_PEK_CSR:
        return pekCsr(call);
    case SEV_PDH_GEN:
        return generate(call, false);
    case SEV_PDH_CERT_EXPORT:
        return pdhExport(call);
    case SEV_PEK_CERT_IMPORT:
        return pekImport(call);
    case SEV_GET_ID:
        return oldId(call);
    case SEV_GET_ID2:
        return id(call);
    case SNP_PLATFORM_STATUS:
        return snpStatus(call);
    case SNP_COMMIT:
        return snpCommit(call);
    case SNP_SET_CONFIG:
        return snpConfig(call);
    case SNP_VLEK_LOAD:
        return vlekLoad(call);
    default:
        return EINVAL;
    }
}

/// What the driver does before a command that needs an initialised platform.
int EmulatedSevDevice::initialize(Call &call)
{
    const auto view = m_processor->platform().view();
    if (view && (*view)->initialized)
        return 0;
    return call.result(m_processor->legacy().init());
}

int EmulatedSevDevice::factoryReset(Call &call)
{
    if (!call.writable)
        return EPERM;
    LegacyFirmware &firmware = m_processor->legacy();
    const auto status = firmware.platformStatus();
    if (!status)
        return call.result(status);
    if (status->state == SevState::Working)
        return EBUSY;
    if (status->state == SevState::Init)
        if (const int error = call.result(firmware.shutdown()))
            return error;
    return call.result(firmware.factoryReset());
}

int EmulatedSevDevice::platformStatus(Call &call)
{
    const auto status = m_processor->legacy().platformStatus();
    if (const int error = call.result(status))
        return error;
    return call.memory.write(call.command.data, status->encode()) ? 0 : EFAULT;
}

int EmulatedSevDevice::generate(Call &call, bool pek)
{
    if (!call.writable)
        return EPERM;
    if (const int error = initialize(call))
        return error;
    return call.result(pek ? m_processor->legacy().pekGen() : m_processor->legacy().pdhGen());
}

int EmulatedSevDevice::pekCsr(Call &call)
{
    if (!call.writable)
        return EPERM;
    sev_user_data_pek_csr input{};
    if (!get(call.memory, call.command.data, input))
        return EFAULT;
    const bool buffer = input.address != 0 && input.length != 0;
    if (buffer && input.length > blobLimit)
        return EFAULT;
    if (const int error = initialize(call))
        return error;
    const auto csr = m_processor->legacy().pekCsr(buffer ? input.length : 0);
    const int error = call.result(csr);
    if (csr || call.lengthRefused())
        input.length = certificateSize;
    if (!put(call.memory, call.command.data, input))
        return EFAULT;
    if (error)
        return error;
    return call.memory.write(input.address, *csr) ? 0 : EFAULT;
}

int EmulatedSevDevice::pdhExport(Call &call)
{
    const auto view = m_processor->platform().view();
    if (!view || !(*view)->initialized) {
        if (!call.writable)
            return EPERM;
        if (const int error = initialize(call))
            return error;
    }
    sev_user_data_pdh_cert_export input{};
    if (!get(call.memory, call.command.data, input))
        return EFAULT;
    const bool buffers = input.pdh_cert_address != 0 && input.pdh_cert_len != 0 && input.cert_chain_address != 0;
    if (buffers && (input.pdh_cert_len > blobLimit || input.cert_chain_len > blobLimit))
        return EFAULT;
    const auto exported = m_processor->legacy().pdhCertExport(buffers ? input.pdh_cert_len : 0, buffers ? input.cert_chain_len : 0);
    const int error = call.result(exported);
    if (exported || call.lengthRefused()) {
        input.pdh_cert_len = certificateSize;
        input.cert_chain_len = 3 * certificateSize;
    }
    if (!put(call.memory, call.command.data, input))
        return EFAULT;
    if (error)
        return error;
    return call.memory.write(input.pdh_cert_address, exported->pdh) && call.memory.write(input.cert_chain_address, exported->chain)
        ? 0
        : EFAULT;
}

int EmulatedSevDevice::pekImport(Call &call)
{
    if (!call.writable)
        return EPERM;
    sev_user_data_pek_cert_import input{};
    if (!get(call.memory, call.command.data, input))
        return EFAULT;
    Bytes pek, oca;
    if (const int error = call.blob(input.pek_cert_address, input.pek_cert_len, pek))
        return error;
    if (const int error = call.blob(input.oca_cert_address, input.oca_cert_len, oca))
        return error;
    if (const int error = initialize(call))
        return error;
    return call.result(m_processor->legacy().pekCertImport(pek, oca));
}

int EmulatedSevDevice::oldId(Call &call)
{
    if (m_processor->profile().firmware < FirmwareVersion{0, 16, 0})
        return notSupported;
    const auto id = m_processor->legacy().getId(sizeof(sev_user_data_get_id));
    if (const int error = call.result(id))
        return error;
    return call.memory.write(call.command.data, *id) ? 0 : EFAULT;
}

int EmulatedSevDevice::id(Call &call)
{
    if (m_processor->profile().firmware < FirmwareVersion{0, 16, 0})
        return notSupported;
    sev_user_data_get_id2 input{};
    if (!get(call.memory, call.command.data, input))
        return EFAULT;
    const bool buffer = input.address != 0 && input.length != 0;
    if (buffer && input.length > allocationLimit)
        return ENOMEM;
    const auto id = m_processor->legacy().getId(buffer ? input.length : 0);
    const int error = call.result(id);
    if (id || call.lengthRefused())
        input.length = static_cast<std::uint32_t>(m_processor->profile().chipIdLength());
    if (!put(call.memory, call.command.data, input))
        return EFAULT;
    if (error)
        return error;
    return call.memory.write(input.address, *id) ? 0 : EFAULT;
}

int EmulatedSevDevice::snpStatus(Call &call)
{
    const auto view = m_processor->platform().view();
    if (!view || !(*view)->snpInitialized || call.command.data == 0)
        return EINVAL;
    const auto status = m_processor->snp().status();
    if (const int error = call.result(status))
        return error;
    return call.memory.write(call.command.data, status->encode()) ? 0 : EFAULT;
}

int EmulatedSevDevice::snpCommit(Call &call)
{
    // Of all commands that change something the driver asks for writing here alone not.
    const auto view = m_processor->platform().view();
    if (!view || !(*view)->snpInitialized)
        return EINVAL;
    return call.result(m_processor->snp().commit());
}

int EmulatedSevDevice::snpConfig(Call &call)
{
    const auto view = m_processor->platform().view();
    if (!view || !(*view)->snpInitialized || call.command.data == 0)
        return EINVAL;
    if (!call.writable)
        return EPERM;
    std::array<std::uint8_t, SnpConfig::size> config{};
    static_assert(sizeof(sev_user_data_snp_config) == SnpConfig::size);
    if (!call.memory.read(call.command.data, config))
        return EFAULT;
    return call.result(m_processor->snp().config(config));
}

int EmulatedSevDevice::vlekLoad(Call &call)
{
    const auto view = m_processor->platform().view();
    if (!view || !(*view)->snpInitialized || call.command.data == 0)
        return EINVAL;
    if (!call.writable)
        return EPERM;
    sev_user_data_snp_vlek_load input{};
    if (!get(call.memory, call.command.data, input))
        return EFAULT;
    if (input.len != sizeof input || input.vlek_wrapped_version != 0)
        return EINVAL;
    Bytes stick;
    if (const int error = call.blob(input.vlek_wrapped_address, sizeof(sev_user_data_snp_wrapped_vlek_hashstick), stick))
        return error;
    return call.result(m_processor->snp().vlekLoad(stick));
}

} // namespace kastellan::sev
