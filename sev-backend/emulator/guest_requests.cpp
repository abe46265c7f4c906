// SPDX-License-Identifier: Apache-2.0
// What a running SNP guest asks its firmware for: SEV-SNP firmware ABI 1.58, chapter 7.
#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sev-backend/emulator/firmware.h"
#include "sev-backend/emulator/report_maker.h"

namespace kastellan::sev {
namespace {

using enum FirmwareStatus;

} // namespace

const P384PrivateKey &Firmware::vcekKey(const TcbBytes &tcb)
{
    if (tcb == m_profile.tcb().bytes())
        return identity().vcekKey();
    if (!m_otherKey || m_otherKey->first != tcb)
        m_otherKey.emplace(tcb, identity().keyFor(TcbVersion(tcb, layoutOf(m_profile.product))));
    return m_otherKey->second;
}

ReportResponse Firmware::report(GuestHandle handle, ByteView request, bool extended)
{
    if (const auto status = enter(extended ? EmulatedCommand::GetExtReport : EmulatedCommand::GetReport); status != Success)
        return {status, {}};
    const std::lock_guard lock(m_mutex);
    const auto view = ready();
    if (!view)
        return {view.error(), {}};
    const EmulatedState &state = **view;
    const auto found = find(handle);
    if (!found)
        return {found.error(), {}};
    const GuestContext &guest = **found;
    if (guest.state != GuestContext::State::Running)
        return {InvalidGuestState, {}};
    const auto message = ReportRequest::decode(request);
    if (!message)
        return {InvalidParam, {}};
    // Without a choice a VLEK signs where there is one. A guest may have been launched with the wish that the VCEK signs nothing for it.
    const bool loaded = !state.vlekSeed.empty();
    const bool byVlek = message->key == ReportRequest::Key::Vlek || (message->key == ReportRequest::Key::Default && loaded);
    if (byVlek ? !loaded : guest.vcekDisabled)
        return {InvalidKey, {}};
    const ChipId chipId = m_maskChipId || state.maskChipId ? ChipId{} : identity().chipId();
    ReportInputs inputs{.profile = m_profile,
        .chipId = chipId,
        .version = m_reportVersion,
        .vmpl = message->vmpl,
        .reportData = message->reportData,
        .reportedTcb = state.reportedTcb,
        .committedTcb = state.committedTcb,
        .committedVersion = state.committedVersion,
        .signer = SigningKey::Vcek,
        .chipKeyMasked = state.maskChipKey};
    if (byVlek) {
        if (!m_vlekKey || m_vlekKey->first != state.vlekSeed)
            m_vlekKey.emplace(state.vlekSeed, P384PrivateKey::derive(state.vlekSeed));
        inputs.signer = SigningKey::Vlek;
        return {Success, makeReport(guest, inputs, &m_vlekKey->second)};
    }
    if (state.maskChipKey) { // the host keeps the chip's key out of use
        inputs.signer = SigningKey::None;
        return {Success, makeReport(guest, inputs, nullptr)};
    }
    return {Success, makeReport(guest, inputs, &vcekKey(state.reportedTcb))};
}

KeyResponse Firmware::derivedKey(GuestHandle handle, ByteView bytes)
{
    if (const auto status = enter(EmulatedCommand::GetDerivedKey); status != Success)
        return {status, {}};
    const std::lock_guard lock(m_mutex);
    const auto view = ready();
    if (!view)
        return {view.error(), {}};
    const EmulatedState &state = **view;
    const auto found = find(handle);
    if (!found)
        return {found.error(), {}};
    const GuestContext &guest = **found;
    if (guest.state != GuestContext::State::Running)
        return {InvalidGuestState, {}};
    const auto request = KeyRequest::decode(bytes);
    if (!request)
        return {InvalidParam, {}};
    // A guest can have keys of older images, firmware and mitigations of its own, never of newer ones.
    const TcbLayout layout = layoutOf(m_profile.product);
    const TcbVersion tcb(request->tcb, layout);
    if (request->guestSvn > guest.guestSvn || !tcb.reservedClear() || !TcbVersion(state.committedTcb, layout).atLeast(tcb)
        || (request->launchMitigations & ~guest.launchMitigations))
        return {InvalidParam, {}};
    Bytes root;
    const bool loaded = !state.vlekSeed.empty();
    if (request->fromVmrk) {
        // Without a migration agent the guest's root key is made at launch and dies with the guest.
        root = toBytes(identity().derive("vmrk/" + toHex(guest.reportId.bytes)).bytes);
    } else if (request->key == KeyRequest::KeySelect::Vlek || (request->key == KeyRequest::KeySelect::Default && loaded)) {
        if (!loaded)
            return {InvalidKey, {}};
        root = state.vlekSeed;
    } else {
        if (guest.vcekDisabled || state.maskChipKey)
            return {InvalidKey, {}};
        root = toBytes(identity().derive("derived-key").bytes);
    }
    Writer mixed;
    mixed.raw(asBytes("kastellan-derived-key-1")).number(request->fields).number(request->vmpl);
    const auto mix = [&](KeyRequest::Field field, ByteView value) {
        if (request->mixes(field))
            mixed.raw(value);
    };
    const auto number = [](auto value) { return Writer().number(value).take(); };
    mix(KeyRequest::Policy, number(guest.policy.raw()));
    mix(KeyRequest::ImageId, guest.imageId.bytes);
    mix(KeyRequest::FamilyId, guest.familyId.bytes);
    mix(KeyRequest::Measurement, guest.measurement.digest().bytes);
    mix(KeyRequest::GuestSvn, number(request->guestSvn));
    mix(KeyRequest::Tcb, request->tcb.bytes);
    mix(KeyRequest::LaunchMitigations, number(request->launchMitigations));
    const Bytes content = mixed.take();
    return {Success, hmacSha256(root, {content}).bytes};
}

Answer<SnpGuestStatus> Firmware::guestStatus(GuestHandle handle)
{
    if (const auto status = enter(EmulatedCommand::SnpGuestStatus); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    const auto found = find(handle);
    if (!found)
        return std::unexpected(found.error());
    return SnpGuestStatus{(*found)->policy, (*found)->state, (*found)->vcekDisabled};
}

Answer<void> Firmware::decommission(GuestHandle handle)
{
    if (const auto status = enter(EmulatedCommand::SnpDecommission); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    const auto found = find(handle);
    if (!found)
        return std::unexpected(found.error());
    m_guests.erase(handle.value);
    m_platform.setSnpGuests(m_guests.size());
    return {};
}

} // namespace kastellan::sev
