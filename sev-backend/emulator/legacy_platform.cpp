// SPDX-License-Identifier: Apache-2.0
// The platform half of the legacy firmware: SEV API 0.24, chapter 5.
#include "sev-backend/emulator/legacy_authority.h"
#include "sev-backend/emulator/legacy_firmware.h"
#include "sev-backend/legacy/certificate_maker.h"

#include <openssl/crypto.h>

namespace kastellan::sev {
namespace {

using enum FirmwareStatus;
using legacy::Algorithm;
using legacy::Usage;
constexpr std::size_t certificateSize = legacy::Certificate::size;

/// The number of the chip's own key: there is one.
constexpr std::uint64_t chipKey = 0;

Bytes certificateOf(const EmulatedPlatform &platform, Usage usage, Algorithm algorithm, const P384PrivateKey &key)
{
    const FirmwareVersion &version = platform.profile().firmware;
    return legacy::unsignedCertificate(usage, algorithm, key, version.major, version.minor);
}

/// The chip's certificate, and those above it: made once, for RSA-PSS signatures differ every time.
FirmwareStatus makeChipCertificates(EmulatedState &state, const EmulatedPlatform &platform)
{
    const Authority &authority = platform.identity().authority();
    if (state.ark.empty() || state.ask.empty()) {
        auto made = LegacyAuthority::make(authority);
        if (!made)
            return HwerrorPlatform;
        state.ark = std::move(made->ark);
        state.ask = std::move(made->ask);
    }
    if (state.cek.empty()) {
        // The key server, which certifies chips, writes version 0.14 into all of them.
        Bytes cek = legacy::unsignedCertificate(Usage::Cek, Algorithm::EcdsaSha256, platform.key("cek", chipKey), 0, 14);
        if (!signCek(cek, authority))
            return HwerrorPlatform;
        state.cek = std::move(cek);
    }
    return Success;
}

/// Whether an owner's certificate is one: an OCA on P-384 or P-256, signed by itself.
FirmwareStatus checkOwner(const Result<legacy::Certificate> &oca)
{
    if (!oca || oca->usage() != Usage::Oca || !oca->point()
        || (oca->algorithm() != Algorithm::EcdsaSha256 && oca->algorithm() != Algorithm::EcdsaSha384))
        return InvalidCertificate;
    return signedBy(*oca, *oca) ? Success : BadSignature;
}

} // namespace

LegacyFirmware::LegacyFirmware(EmulatedPlatform &platform)
    : m_platform(platform)
{
}

FirmwareStatus LegacyFirmware::makePdh(EmulatedState &state, const EmulatedPlatform &platform)
{
    const std::uint64_t number = ++state.keysMade;
    Bytes pdh = certificateOf(platform, Usage::Pdh, Algorithm::EcdhSha256, platform.key("pdh", number));
    legacy::signInto(pdh, 0, Usage::Pek, platform.key("pek", state.pekKey));
    state.pdh = std::move(pdh);
    state.pdhKey = number;
    return Success;
}

FirmwareStatus LegacyFirmware::makeKeys(EmulatedState &state, const EmulatedPlatform &platform, bool owner)
{
    if (const auto status = makeChipCertificates(state, platform); status != Success)
        return status;
    if (owner || state.oca.empty()) {
        const std::uint64_t number = ++state.keysMade;
        const P384PrivateKey key = platform.key("oca", number);
        Bytes oca = certificateOf(platform, Usage::Oca, Algorithm::EcdsaSha256, key);
        legacy::signInto(oca, 0, Usage::Oca, key);
        state.oca = std::move(oca);
        state.ocaKey = number;
        state.externallyOwned = false;
    }
    const std::uint64_t number = ++state.keysMade;
    Bytes pek = certificateOf(platform, Usage::Pek, Algorithm::EcdsaSha256, platform.key("pek", number));
    legacy::signInto(pek, 0, Usage::Oca, platform.key("oca", state.ocaKey));
    legacy::signInto(pek, 1, Usage::Cek, platform.key("cek", chipKey));
    state.pek = std::move(pek);
    state.pekKey = number;
    return makePdh(state, platform);
}

Answer<EmulatedPlatform::View> LegacyFirmware::withKeys()
{
    auto view = m_platform.view();
    if (!view || !(*view)->initialized || (!(*view)->pek.empty() && !(*view)->cek.empty()))
        return view;
    // The kernel initialised this platform before anybody asked: its keys are made when they are first needed.
    const auto made = m_platform.change([this](EmulatedState &state) {
        return state.initialized && state.pek.empty() ? makeKeys(state, m_platform, false) : makeChipCertificates(state, m_platform);
    });
    if (!made)
        return std::unexpected(made.error());
    return m_platform.view();
}

Answer<EmulatedPlatform::View> LegacyFirmware::ready()
{
    auto view = withKeys();
    if (!view)
        return view;
    if ((*view)->epoch != m_epoch) {
        endAll();
        m_epoch = (*view)->epoch;
    }
    if (!(*view)->initialized)
        return std::unexpected(InvalidPlatformState);
    return view;
}

void LegacyFirmware::endAll()
{
    if (m_guests.empty())
        return;
    m_guests.clear();
    m_platform.setLegacyGuests(0);
}

Answer<void> LegacyFirmware::init(bool es)
{
    if (const auto status = m_platform.enter(EmulatedCommand::Init); status != Success)
        return std::unexpected(status);
    return m_platform.change([this, es](EmulatedState &state) {
        if (state.initialized)
            return InvalidPlatformState;
        state.initialized = true;
        state.es = es;
        return state.pek.empty() ? makeKeys(state, m_platform, false) : Success;
    });
}

Answer<void> LegacyFirmware::shutdown()
{
    if (const auto status = m_platform.enter(EmulatedCommand::Shutdown); status != Success)
        return std::unexpected(status);
    const auto done = m_platform.change([](EmulatedState &state) {
        state.initialized = false;
        state.es = false;
        ++state.epoch;
        return Success;
    });
    const std::lock_guard lock(m_mutex);
    if (done)
        endAll();
    return done;
}

Answer<void> LegacyFirmware::factoryReset()
{
    if (const auto status = m_platform.enter(EmulatedCommand::FactoryReset); status != Success)
        return std::unexpected(status);
    return m_platform.change(
        [](EmulatedState &state) {
            if (state.initialized)
                return InvalidPlatformState;
            for (Bytes *certificate : {&state.oca, &state.pek, &state.pdh})
                certificate->clear();
            state.ocaKey = state.pekKey = state.pdhKey = 0;
            state.externallyOwned = false;
            return Success;
        },
        true);
}

Answer<SevPlatformStatus> LegacyFirmware::platformStatus()
{
    if (const auto status = m_platform.enter(EmulatedCommand::PlatformStatus); status != Success)
        return std::unexpected(status);
    const auto view = m_platform.view();
    if (!view && view.error() != SecureDataInvalid)
        return std::unexpected(view.error());
    SevPlatformStatus status;
    status.version = m_platform.profile().firmware;
    if (!view) // stored data are damaged: it could not be initialised
        return status;
    status.guests = m_platform.guests().legacy;
    status.state = !(*view)->initialized ? SevState::Uninit : status.guests > 0 ? SevState::Working : SevState::Init;
    status.externallyOwned = (*view)->externallyOwned;
    status.es = (*view)->initialized && (*view)->es;
    return status;
}

Answer<void> LegacyFirmware::pekGen()
{
    if (const auto status = m_platform.enter(EmulatedCommand::PekGen); status != Success)
        return std::unexpected(status);
    return m_platform.change([this](EmulatedState &state) {
        if (!state.initialized || m_platform.guestsInChange().legacy > 0)
            return InvalidPlatformState;
        return makeKeys(state, m_platform, true);
    });
}

Answer<Bytes> LegacyFirmware::pekCsr(std::size_t room)
{
    if (const auto status = m_platform.enter(EmulatedCommand::PekCsr); status != Success)
        return std::unexpected(status);
    const auto view = withKeys();
    if (!view)
        return std::unexpected(view.error());
    if (!(*view)->initialized || m_platform.guests().legacy > 0)
        return std::unexpected(InvalidPlatformState);
    if (room < certificateSize)
        return std::unexpected(InvalidLength);
    return certificateOf(m_platform, Usage::Pek, Algorithm::EcdsaSha256, m_platform.key("pek", (*view)->pekKey));
}

Answer<void> LegacyFirmware::pekCertImport(ByteView pek, ByteView oca)
{
    if (const auto status = m_platform.enter(EmulatedCommand::PekCertImport); status != Success)
        return std::unexpected(status);
    if (const auto view = withKeys(); !view)
        return std::unexpected(view.error());
    return m_platform.change([&](EmulatedState &state) {
        if (!state.initialized || m_platform.guestsInChange().legacy > 0)
            return InvalidPlatformState;
        if (state.externallyOwned)
            return AlreadyOwned;
        if (pek.size() != certificateSize || oca.size() != certificateSize)
            return InvalidLength;
        const auto owner = legacy::Certificate::parse(oca, "OCA");
        if (const auto status = checkOwner(owner); status != Success)
            return status;
        const auto subject = legacy::Certificate::parse(pek, "PEK");
        if (!subject || subject->usage() != Usage::Pek || !legacy::holds(*subject, m_platform.key("pek", state.pekKey)))
            return InvalidCertificate;
        if (!signedBy(*subject, *owner))
            return BadSignature;
        // The owner's signature stays where the owner has put it, or moves to the first slot; the chip's goes beside it.
        Bytes certificate = toBytes(pek);
        const bool second = subject->slot(0).usage != Usage::Oca;
        legacy::signInto(certificate, second ? 0 : 1, Usage::Cek, m_platform.key("cek", chipKey));
        state.pek = std::move(certificate);
        state.oca = toBytes(oca);
        state.ocaKey = 0;
        state.externallyOwned = true;
        return makePdh(state, m_platform);
    });
}

Answer<void> LegacyFirmware::pdhGen()
{
    if (const auto status = m_platform.enter(EmulatedCommand::PdhGen); status != Success)
        return std::unexpected(status);
    if (const auto view = withKeys(); !view)
        return std::unexpected(view.error());
    return m_platform.change(
        [this](EmulatedState &state) { return state.initialized ? makePdh(state, m_platform) : InvalidPlatformState; });
}

Answer<LegacyFirmware::Export> LegacyFirmware::pdhCertExport(std::size_t pdhRoom, std::size_t chainRoom)
{
    if (const auto status = m_platform.enter(EmulatedCommand::PdhCertExport); status != Success)
        return std::unexpected(status);
    const auto view = withKeys();
    if (!view)
        return std::unexpected(view.error());
    if (!(*view)->initialized)
        return std::unexpected(InvalidPlatformState);
    if (pdhRoom < certificateSize || chainRoom < 3 * certificateSize)
        return std::unexpected(InvalidLength);
    Export result{(*view)->pdh, (*view)->pek};
    for (const Bytes *certificate : {&(*view)->oca, &(*view)->cek})
        result.chain.insert(result.chain.end(), certificate->begin(), certificate->end());
    return result;
}

Answer<Bytes> LegacyFirmware::getId(std::size_t room)
{
    if (const auto status = m_platform.enter(EmulatedCommand::GetId); status != Success)
        return std::unexpected(status);
    const std::size_t size = m_platform.profile().chipIdLength();
    if (room < size)
        return std::unexpected(InvalidLength);
    return toBytes(m_platform.identity().chipId().view().first(size));
}

Answer<Bytes> LegacyFirmware::askArk()
{
    const auto made = m_platform.change([this](EmulatedState &state) { return makeChipCertificates(state, m_platform); });
    if (!made)
        return std::unexpected(made.error());
    const auto view = m_platform.view();
    if (!view)
        return std::unexpected(view.error());
    Bytes both = (*view)->ask;
    both.insert(both.end(), (*view)->ark.begin(), (*view)->ark.end());
    return both;
}

} // namespace kastellan::sev
