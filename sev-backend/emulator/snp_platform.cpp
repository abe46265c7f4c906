// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/snp_platform.h"

#include "sev-backend/emulator/vlek.h"

#include <ctime>

namespace kastellan::sev {
namespace {

using enum FirmwareStatus;

} // namespace

SnpPlatform::SnpPlatform(EmulatedPlatform &platform)
    : m_platform(platform)
{
}

FirmwareStatus SnpPlatform::enter(EmulatedCommand command) const
{
    if (const auto status = m_platform.enter(command); status != Success)
        return status;
    return m_platform.profile().hasSnp ? Success : Unsupported;
}

FirmwareStatus SnpPlatform::report(EmulatedState &state, const TcbBytes &tcb) const
{
    if (tcb == state.reportedTcb)
        return Success;
    const Profile &profile = m_platform.profile();
    state.reportedTcb = tcb;
    state.vlekSeed.clear();
    state.vlekCsp.clear();
    state.reportedVcek.clear();
    if (tcb == profile.tcb().bytes()) // the identity has that certificate
        return Success;
    const auto certificate = m_platform.identity().certify(profile, TcbVersion(tcb, layoutOf(profile.product)), std::time(nullptr));
    if (!certificate)
        return HwerrorPlatform;
    state.reportedVcek = certificate->der();
    return Success;
}

Answer<void> SnpPlatform::init()
{
    if (const auto status = enter(EmulatedCommand::SnpInit); status != Success)
        return std::unexpected(status);
    return m_platform.change([](EmulatedState &state) {
        if (state.snpInitialized)
            return InvalidPlatformState;
        state.snpInitialized = true;
        return Success;
    });
}

Answer<void> SnpPlatform::shutdown()
{
    if (const auto status = enter(EmulatedCommand::SnpShutdown); status != Success)
        return std::unexpected(status);
    return m_platform.change([](EmulatedState &state) {
        state.snpInitialized = false;
        state.vlekSeed.clear();
        state.vlekCsp.clear();
        ++state.snpEpoch;
        return Success;
    });
}

Answer<SnpPlatformStatus> SnpPlatform::status()
{
    if (const auto status = enter(EmulatedCommand::SnpPlatformStatus); status != Success)
        return std::unexpected(status);
    const auto view = m_platform.view();
    if (!view)
        return std::unexpected(view.error());
    const EmulatedState &state = **view;
    const Profile &profile = m_platform.profile();
    SnpPlatformStatus result;
    result.major = profile.firmware.major;
    result.minor = profile.firmware.minor;
    result.build = profile.firmware.build;
    result.initialized = result.rmpInitialized = state.snpInitialized;
    result.aliasChecked = profile.platformInfo.has(PlatformInfo::AliasCheckComplete);
    result.maskChipId = state.maskChipId;
    result.maskChipKey = state.maskChipKey;
    result.vlekLoaded = !state.vlekSeed.empty();
    result.raplDisabled = profile.platformInfo.has(PlatformInfo::RaplDisabled);
    result.ciphertextHiding = profile.platformInfo.has(PlatformInfo::CiphertextHiding);
    result.guests = m_platform.guests().snp;
    result.currentTcb = profile.tcb().bytes();
    result.reportedTcb = state.reportedTcb;
    return result;
}

Answer<void> SnpPlatform::commit()
{
    if (const auto status = enter(EmulatedCommand::SnpCommit); status != Success)
        return std::unexpected(status);
    return m_platform.change([this](EmulatedState &state) {
        if (!state.snpInitialized)
            return InvalidPlatformState;
        const Profile &profile = m_platform.profile();
        const TcbBytes tcb = profile.tcb().bytes();
        const bool more = state.committedTcb != tcb || state.committedVersion != profile.firmware;
        state.committedTcb = tcb;
        state.committedVersion = profile.firmware;
        // A host that reports less than it might on purpose goes on with that when there was nothing to commit.
        return more ? report(state, tcb) : Success;
    });
}

Answer<void> SnpPlatform::config(ByteView bytes)
{
    if (const auto status = enter(EmulatedCommand::SnpConfig); status != Success)
        return std::unexpected(status);
    return m_platform.change([this, bytes](EmulatedState &state) {
        if (!state.snpInitialized)
            return InvalidPlatformState;
        const auto config = SnpConfig::decode(bytes);
        if (!config)
            return InvalidParam;
        const TcbLayout layout = layoutOf(m_platform.profile().product);
        const TcbBytes tcb = config->reportedTcb.isZero() ? state.committedTcb : config->reportedTcb;
        const TcbVersion wanted(tcb, layout);
        if (!wanted.reservedClear() || !TcbVersion(state.committedTcb, layout).atLeast(wanted))
            return InvalidParam;
        state.maskChipId = config->maskChipId;
        state.maskChipKey = config->maskChipKey;
        return report(state, tcb);
    });
}

Answer<void> SnpPlatform::vlekLoad(ByteView hashstick)
{
    if (const auto status = enter(EmulatedCommand::SnpVlekLoad); status != Success)
        return std::unexpected(status);
    return m_platform.change([this, hashstick](EmulatedState &state) {
        if (!state.snpInitialized)
            return InvalidPlatformState;
        if (hashstick.size() != VlekHashstick::size)
            return InvalidLength;
        const auto stick = VlekHashstick::decode(hashstick);
        if (!stick)
            return InvalidParam;
        auto secret = unwrapVlek(m_platform.identity(), *stick);
        if (!secret)
            return BadMeasurement;
        if (stick->tcb != state.reportedTcb)
            return InvalidParam;
        state.vlekSeed = std::move(secret->seed);
        state.vlekCsp = std::move(secret->csp);
        return Success;
    });
}

Answer<Certificate> SnpPlatform::vcek()
{
    const Profile &profile = m_platform.profile();
    if (!profile.hasSnp)
        return std::unexpected(Unsupported);
    const auto view = m_platform.view();
    if (!view)
        return std::unexpected(view.error());
    const EmulatedState &state = **view;
    if (state.reportedTcb == profile.tcb().bytes())
        return m_platform.identity().vcek();
    auto certificate = state.reportedVcek.empty()
        ? m_platform.identity().certify(profile, TcbVersion(state.reportedTcb, layoutOf(profile.product)), std::time(nullptr))
        : Certificate::fromDer(state.reportedVcek);
    if (!certificate)
        return std::unexpected(HwerrorPlatform);
    return std::move(*certificate);
}

} // namespace kastellan::sev
