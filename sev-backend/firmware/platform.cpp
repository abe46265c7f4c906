// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/platform.h"

#include "sev-backend/abi/firmware_status.h"

#include <algorithm>
#include <cerrno>

namespace kastellan::sev {
namespace {

constexpr std::size_t certificateSize = 2084, chainSize = 3 * certificateSize, idSize = 64;

Bytes cut(Bytes bytes, std::size_t length)
{
    bytes.resize(std::min(bytes.size(), length));
    return bytes;
}

} // namespace

bool needsWrite(SevCommand command, std::optional<SevState> state)
{
    switch (layoutOf(command).write) {
    case WriteNeed::Never:
        return false;
    case WriteNeed::Always:
        return true;
    case WriteNeed::BeforeInit:
        break;
    }
    return !state || *state == SevState::Uninit;
}

bool Platform::needsPrivilege(SevCommand command, std::optional<SevState> state) const
{
    const DeviceAccess access = m_device->access();
    return access.privileged && !(access.read && (access.write || !needsWrite(command, state)));
}

Status Platform::permission(SevCommand command, std::optional<SevState> state) const
{
    const DeviceAccess access = m_device->access();
    if (!access.exists)
        return std::unexpected(explain(command, {ENOENT, static_cast<std::uint32_t>(FirmwareStatus::NoFirmwareCall), {}}, *m_device));
    if (access.privileged || (access.read && (access.write || !needsWrite(command, state))))
        return {};
    return std::unexpected(notAllowed(command, access, m_device->name()));
}

Status Platform::issue(SevCall &call, std::optional<SevState> state)
{
    const CommandAnswer answer = m_device->issue(call, needsWrite(call.command, state));
    if (answer.done())
        return {};
    return std::unexpected(explain(call.command, answer, *m_device));
}

Status Platform::issueSized(SevCall &call, std::optional<SevState> state)
{
    const std::size_t offered[] = {call.buffers.at(0).size(), call.buffers.size() > 1 ? call.buffers[1].size() : 0};
    const CommandAnswer answer = m_device->issue(call, needsWrite(call.command, state));
    if (answer.done())
        return {};
    bool larger = false;
    if (answer.status == static_cast<std::uint32_t>(FirmwareStatus::InvalidLength))
        for (std::size_t i = 0; i < call.buffers.size(); ++i)
            if (const std::size_t wanted = call.statedLength(i); wanted > offered[i] && wanted <= sevBufferLimit) {
                call.buffers[i].assign(wanted, 0);
                larger = true;
            }
    return larger ? issue(call, state) : Status(std::unexpected(explain(call.command, answer, *m_device)));
}

Result<SevPlatformStatus> Platform::status()
{
    SevCall call = SevCall::of(SevCommand::PlatformStatus);
    KASTELLAN_TRY(issue(call));
    return SevPlatformStatus::decode(call.structure);
}

Result<SnpPlatformStatus> Platform::snpStatus()
{
    SevCall call = SevCall::of(SevCommand::SnpPlatformStatus);
    KASTELLAN_TRY(issue(call));
    return SnpPlatformStatus::decode(call.structure);
}

Result<Bytes> Platform::id()
{
    SevCall call = SevCall::of(SevCommand::GetId2, {Bytes(idSize)});
    KASTELLAN_TRY(issueSized(call));
    return cut(std::move(call.buffers[0]), call.statedLength(0));
}

Result<ExportedChain> Platform::exportChain(std::optional<SevState> known)
{
    if (!known)
        if (const auto now = status())
            known = now->state;
    SevCall call = SevCall::of(SevCommand::PdhCertExport, {Bytes(certificateSize), Bytes(chainSize)});
    KASTELLAN_TRY(issueSized(call, known));
    return ExportedChain{cut(std::move(call.buffers[0]), call.statedLength(0)), cut(std::move(call.buffers[1]), call.statedLength(1))};
}

Result<Bytes> Platform::pekCsr()
{
    SevCall call = SevCall::of(SevCommand::PekCsr, {Bytes(certificateSize)});
    KASTELLAN_TRY(issueSized(call));
    return cut(std::move(call.buffers[0]), call.statedLength(0));
}

Status Platform::importPek(ByteView pek, ByteView oca)
{
    SevCall call = SevCall::of(SevCommand::PekCertImport, {toBytes(pek), toBytes(oca)});
    return issue(call);
}

Status Platform::generatePek()
{
    SevCall call = SevCall::of(SevCommand::PekGen);
    return issue(call);
}

Status Platform::rotatePdh()
{
    SevCall call = SevCall::of(SevCommand::PdhGen);
    return issue(call);
}

Status Platform::reset()
{
    SevCall call = SevCall::of(SevCommand::FactoryReset);
    return issue(call);
}

Status Platform::setConfig(const SnpConfig &config)
{
    const auto structure = config.encode();
    SevCall call = SevCall::of(SevCommand::SnpSetConfig, {}, toBytes(structure));
    return issue(call);
}

Status Platform::commit()
{
    SevCall call = SevCall::of(SevCommand::SnpCommit);
    return issue(call);
}

Status Platform::loadVlek(const VlekHashstick &hashstick)
{
    SevCall call = SevCall::of(SevCommand::SnpVlekLoad, {toBytes(hashstick.encode())});
    storeLe<std::uint32_t>(call.structure, 0, static_cast<std::uint32_t>(call.structure.size()));
    return issue(call);
}

} // namespace kastellan::sev
