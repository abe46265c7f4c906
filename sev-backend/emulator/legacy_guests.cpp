// SPDX-License-Identifier: Apache-2.0
// The guest half of the legacy firmware: SEV API 0.24, chapter 6.
#include "core/base/codec.h"
#include "sev-backend/emulator/legacy_firmware.h"
#include "sev-backend/legacy/certificate_maker.h"
#include "sev-backend/legacy/openssl_handles.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace kastellan::sev {
namespace {

using enum FirmwareStatus;
constexpr std::size_t blockSize = 16, vmsaSize = 4096, sessionSize = 128, secretLimit = 16384, guestLimit = 1024;
constexpr std::size_t measureSize = 48, headerSize = 52, attestationSize = 208;
constexpr legacy::Policy noKeySharing = 1u << 1, encryptedState = 1u << 2, knownPolicy = 0xffff003f;

using CipherContext = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// AES-128 in counter mode; nothing if OpenSSL refuses.
std::optional<Bytes> aesCtr(ByteView key, ByteView iv, ByteView text)
{
    const CipherContext context(EVP_CIPHER_CTX_new());
    Bytes result(text.size());
    int length = 0;
    if (!context || EVP_DecryptInit_ex2(context.get(), EVP_aes_128_ctr(), key.data(), iv.data(), nullptr) != 1
        || EVP_DecryptUpdate(context.get(), result.data(), &length, text.data(), static_cast<int>(text.size())) != 1)
        return std::nullopt;
    return result;
}

/// The x-coordinate that two keys agree on, big-endian; nothing when the other is no point of the curve.
std::optional<Bytes> agree(const P384PrivateKey &own, const legacy::EcPoint &other)
{
    const legacy::Key peer = legacy::publicKey(other);
    const legacy::KeyContext context(EVP_PKEY_CTX_new(own.handle(), nullptr));
    Bytes z(48);
    std::size_t length = z.size();
    const bool good = peer && context && EVP_PKEY_derive_init(context.get()) == 1
        && EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 && EVP_PKEY_derive(context.get(), z.data(), &length) == 1
        && length == z.size();
    ERR_clear_error();
    if (!good)
        return std::nullopt;
    return z;
}

bool same(const Sha256 &expected, ByteView given)
{
    return equalConstantTime(expected.bytes, given);
}

} // namespace

FirmwareStatus LegacyFirmware::checkPolicy(legacy::Policy policy, bool es) const
{
    const FirmwareVersion &version = m_platform.profile().firmware;
    const auto wanted = std::pair<unsigned, unsigned>((policy >> 16) & 0xff, policy >> 24);
    if ((policy & ~knownPolicy) || wanted > std::pair<unsigned, unsigned>(version.major, version.minor))
        return PolicyFailure;
    return (policy & encryptedState) && !es ? PolicyFailure : Success;
}

FirmwareStatus LegacyFirmware::openSession(const LegacyLaunch &launch, const EmulatedState &state, legacy::TransportKeys &keys) const
{
    if (launch.godh.size() != legacy::Certificate::size || launch.session.size() != sessionSize)
        return InvalidLength;
    const auto owner = legacy::Certificate::parse(launch.godh, "GODH");
    if (!owner || owner->usage() != legacy::Usage::Pdh || !owner->point() || owner->point()->curve != 2
        || (owner->algorithm() != legacy::Algorithm::EcdhSha256 && owner->algorithm() != legacy::Algorithm::EcdhSha384))
        return InvalidCertificate;
    auto z = agree(m_platform.key("pdh", state.pdhKey), *owner->point());
    if (!z)
        return InvalidCertificate;
    const ByteView session = launch.session;
    const ByteView nonce = session.first(16), wrapped = session.subspan(0x10, 32), iv = session.subspan(0x30, 16);
    Bytes master = legacy::deriveKey(*z, "sev-master-secret", nonce, 16);
    Bytes kek = legacy::deriveKey(master, "sev-kek", {}, 16), kik = legacy::deriveKey(master, "sev-kik", {}, 16);
    FirmwareStatus status = BadMeasurement;
    if (same(hmacSha256(kik, {wrapped}), session.subspan(0x40, 32))) {
        auto plain = aesCtr(kek, iv, wrapped);
        if (plain) {
            std::copy_n(plain->begin(), 16, keys.tek.begin());
            std::copy_n(plain->begin() + 16, 16, keys.tik.begin());
            OPENSSL_cleanse(plain->data(), plain->size());
            const Bytes policy = Writer().number(launch.policy).take();
            if (same(hmacSha256(keys.tik, {policy}), session.subspan(0x60, 32)))
                status = Success;
        }
    }
    for (Bytes *secret : {&*z, &master, &kek, &kik})
        OPENSSL_cleanse(secret->data(), secret->size());
    return status;
}

Answer<LegacyHandle> LegacyFirmware::launchStart(const LegacyLaunch &launch)
{
    if (const auto status = m_platform.enter(EmulatedCommand::LaunchStart); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    const auto view = ready();
    if (!view)
        return std::unexpected(view.error());
    if (const auto status = checkPolicy(launch.policy, (*view)->es); status != Success)
        return std::unexpected(status);
    if (launch.sharesKeyWith != 0) {
        const auto other = m_guests.find(launch.sharesKeyWith);
        if (other == m_guests.end())
            return std::unexpected(InvalidGuest);
        if (other->second.policy != launch.policy || (launch.policy & noKeySharing))
            return std::unexpected(PolicyFailure);
    }
    Guest guest;
    guest.policy = launch.policy;
    if (launch.godh.empty() && launch.session.empty()) {
        m_platform.draw(guest.keys.tek);
        m_platform.draw(guest.keys.tik);
    } else if (launch.godh.empty() || launch.session.empty()) {
        return std::unexpected(InvalidParam);
    } else if (const auto status = openSession(launch, **view, guest.keys); status != Success) {
        return std::unexpected(status);
    }
    if (m_guests.size() >= guestLimit)
        return std::unexpected(ResourceLimit);
    const LegacyHandle handle = m_nextHandle++;
    m_guests.emplace(handle, std::move(guest));
    m_platform.setLegacyGuests(m_guests.size());
    // Another program may have shut the platform down before it could see this guest.
    if (const auto now = ready(); !now)
        return std::unexpected(now.error());
    if (!m_guests.contains(handle))
        return std::unexpected(InvalidPlatformState);
    return handle;
}

Answer<LegacyFirmware::Entered> LegacyFirmware::enter(EmulatedCommand command, LegacyHandle handle)
{
    if (const auto status = m_platform.enter(command); status != Success)
        return std::unexpected(status);
    std::unique_lock lock(m_mutex);
    if (const auto view = ready(); !view)
        return std::unexpected(view.error());
    const auto at = m_guests.find(handle);
    if (at == m_guests.end())
        return std::unexpected(InvalidGuest);
    return Entered{std::move(lock), &at->second};
}

Answer<void> LegacyFirmware::activate(LegacyHandle handle, std::uint32_t asid)
{
    const auto entered = enter(EmulatedCommand::Activate, handle);
    if (!entered)
        return std::unexpected(entered.error());
    Guest &guest = *entered->guest;
    if (guest.asid != 0)
        return std::unexpected(Active);
    // Guests with encrypted state have the lower ASIDs, the others those from the first SEV ASID on.
    const Profile &profile = m_platform.profile();
    const bool es = guest.policy & encryptedState;
    if (asid == 0 || asid > profile.asids || es != (asid < profile.minSevAsid))
        return std::unexpected(InvalidAsid);
    if (std::ranges::any_of(m_guests, [asid](const auto &entry) { return entry.second.asid == asid; }))
        return std::unexpected(AsidOwned);
    if (m_usedAsids.contains(asid))
        return std::unexpected(DfFlushRequired);
    guest.asid = asid;
    return {};
}

Answer<void> LegacyFirmware::launchUpdateData(LegacyHandle handle, std::uint64_t address, ByteView data)
{
    const auto entered = enter(EmulatedCommand::LaunchUpdateData, handle);
    if (!entered)
        return std::unexpected(entered.error());
    Guest &guest = *entered->guest;
    if (guest.state != LegacyGuestState::Updating)
        return std::unexpected(InvalidGuestState);
    if (guest.asid == 0)
        return std::unexpected(Inactive);
    if (address % blockSize != 0)
        return std::unexpected(InvalidAddress);
    if (data.empty() || data.size() % blockSize != 0)
        return std::unexpected(InvalidLength);
    guest.content.add(data);
    return {};
}

Answer<void> LegacyFirmware::launchUpdateVmsa(LegacyHandle handle, std::uint64_t address, ByteView page)
{
    const auto entered = enter(EmulatedCommand::LaunchUpdateVmsa, handle);
    if (!entered)
        return std::unexpected(entered.error());
    Guest &guest = *entered->guest;
    if (guest.state != LegacyGuestState::Updating)
        return std::unexpected(InvalidGuestState);
    if (!(guest.policy & encryptedState))
        return std::unexpected(PolicyFailure);
    if (guest.asid == 0)
        return std::unexpected(Inactive);
    if (address % vmsaSize != 0)
        return std::unexpected(InvalidAddress);
    if (page.size() != vmsaSize)
        return std::unexpected(InvalidLength);
    guest.content.add(page);
    return {};
}

Answer<legacy::LaunchMeasure> LegacyFirmware::launchMeasure(LegacyHandle handle, std::size_t room)
{
    const auto entered = enter(EmulatedCommand::LaunchMeasure, handle);
    if (!entered)
        return std::unexpected(entered.error());
    Guest &guest = *entered->guest;
    if (guest.state != LegacyGuestState::Updating)
        return std::unexpected(InvalidGuestState);
    if (room < measureSize)
        return std::unexpected(InvalidLength);
    legacy::LaunchMeasure result;
    m_platform.draw(result.nonce);
    guest.digest = guest.content.finish();
    const FirmwareVersion &version = m_platform.profile().firmware;
    result.measure =
        legacy::launchMeasurement(guest.keys.tik, {version.major, version.minor, version.build}, guest.policy, guest.digest, result.nonce);
    guest.measure = result.measure;
    guest.state = LegacyGuestState::Secret;
    return result;
}

Answer<Bytes> LegacyFirmware::launchSecret(LegacyHandle handle, const legacy::SecretPacket &packet, std::uint64_t address, std::size_t room)
{
    const auto entered = enter(EmulatedCommand::LaunchSecret, handle);
    if (!entered)
        return std::unexpected(entered.error());
    const Guest &guest = *entered->guest;
    if (guest.state != LegacyGuestState::Secret)
        return std::unexpected(InvalidGuestState);
    if (guest.asid == 0)
        return std::unexpected(Inactive);
    if (address % blockSize != 0)
        return std::unexpected(InvalidAddress);
    if (packet.header.size() != headerSize || packet.payload.empty() || packet.payload.size() % blockSize != 0
        || packet.payload.size() > secretLimit || room < packet.payload.size())
        return std::unexpected(InvalidLength);
    const ByteView header = packet.header;
    const auto flags = loadLe<std::uint32_t>(header, 0);
    if (flags == 1) // compressed
        return std::unexpected(Unsupported);
    if (flags != 0)
        return std::unexpected(InvalidParam);
    const ByteView iv = header.subspan(4, 16);
    const auto length = static_cast<std::uint32_t>(packet.payload.size());
    const Bytes head = Writer().number<std::uint8_t>(1).number(flags).raw(iv).number(length).number(length).take();
    if (!same(hmacSha256(guest.keys.tik, {head, packet.payload, guest.measure.view()}), header.subspan(20, 32)))
        return std::unexpected(BadMeasurement);
    auto plain = aesCtr(guest.keys.tek, iv, packet.payload);
    if (!plain)
        return std::unexpected(HwerrorPlatform);
    return *plain;
}

Answer<void> LegacyFirmware::launchFinish(LegacyHandle handle)
{
    const auto entered = enter(EmulatedCommand::LaunchFinish, handle);
    if (!entered)
        return std::unexpected(entered.error());
    if (entered->guest->state != LegacyGuestState::Secret)
        return std::unexpected(InvalidGuestState);
    entered->guest->state = LegacyGuestState::Running;
    return {};
}

Answer<Bytes> LegacyFirmware::attestation(LegacyHandle handle, const std::array<std::uint8_t, 16> &nonce, std::size_t room)
{
    const auto entered = enter(EmulatedCommand::Attestation, handle);
    if (!entered)
        return std::unexpected(entered.error());
    const Guest &guest = *entered->guest;
    if (guest.state == LegacyGuestState::Updating) // nothing is measured yet
        return std::unexpected(InvalidGuestState);
    if (room < attestationSize)
        return std::unexpected(InvalidLength);
    const auto view = withKeys();
    if (!view)
        return std::unexpected(view.error());
    Bytes report = Writer().raw(nonce).raw(guest.digest.bytes).number(guest.policy).take();
    const auto signature = legacy::signSha256(m_platform.key("pek", (*view)->pekKey), report);
    return Writer()
        .raw(report)
        .number(std::uint32_t(legacy::Usage::Pek))
        .number(std::uint32_t(legacy::Algorithm::EcdsaSha256))
        .number<std::uint32_t>(0)
        .raw(signature)
        .take();
}

Answer<LegacyGuestStatus> LegacyFirmware::guestStatus(LegacyHandle handle)
{
    const auto entered = enter(EmulatedCommand::GuestStatus, handle);
    if (!entered)
        return std::unexpected(entered.error());
    return LegacyGuestStatus{entered->guest->policy, entered->guest->asid, entered->guest->state};
}

Answer<void> LegacyFirmware::deactivate(LegacyHandle handle)
{
    const auto entered = enter(EmulatedCommand::Deactivate, handle);
    if (!entered)
        return std::unexpected(entered.error());
    if (entered->guest->asid == 0)
        return std::unexpected(Inactive);
    m_usedAsids.insert(std::exchange(entered->guest->asid, 0));
    m_cachesDirty = true;
    return {};
}

Answer<void> LegacyFirmware::decommission(LegacyHandle handle)
{
    const auto entered = enter(EmulatedCommand::Decommission, handle);
    if (!entered)
        return std::unexpected(entered.error());
    if (entered->guest->asid != 0)
        return std::unexpected(Active);
    m_guests.erase(handle);
    m_platform.setLegacyGuests(m_guests.size());
    return {};
}

void LegacyFirmware::wbinvd()
{
    const std::lock_guard lock(m_mutex);
    m_cachesDirty = false;
}

Answer<void> LegacyFirmware::dfFlush()
{
    if (const auto status = m_platform.enter(EmulatedCommand::DfFlush); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    if (const auto view = ready(); !view)
        return std::unexpected(view.error());
    if (m_cachesDirty)
        return std::unexpected(WbinvdRequired);
    m_usedAsids.clear();
    return {};
}

} // namespace kastellan::sev
