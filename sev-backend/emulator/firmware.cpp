// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/firmware.h"

#include "core/base/digest.h"
#include "sev-backend/abi/id_block.h"
#include "sev-backend/emulator/report_maker.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

using enum FirmwareStatus;
constexpr std::size_t guestLimit = 1024;
constexpr std::uint64_t addressLimit = std::uint64_t{1} << 52;
constexpr std::string_view sealPurpose = "guest-context";

/// The table of a CPUID page: at most 64 leaves of 48 bytes behind a head of 16 bytes; what is reserved is zero.
bool cpuidPageGood(ByteView page)
{
    const auto zero = [page](std::size_t offset, std::size_t length) {
        return std::ranges::all_of(page.subspan(offset, length), [](std::uint8_t byte) { return byte == 0; });
    };
    const auto count = loadLe<std::uint32_t>(page, 0);
    if (count > 64 || !zero(4, 12))
        return false;
    for (std::size_t i = 0; i < count; ++i)
        if (!zero(16 + i * 48 + 40, 8))
            return false;
    return true;
}

bool signatureGood(const P384Key &key, ByteView message, ByteView signature)
{
    return key.verifies(message, signature.first(72), signature.subspan(72, 72))
        && std::ranges::all_of(signature.subspan(144), [](std::uint8_t byte) { return byte == 0; });
}

} // namespace

Firmware::Firmware(Identity identity, const Profile &profile, std::uint32_t reportVersion, bool maskChipId)
    : m_identity(std::move(identity))
    , m_profile(profile)
    , m_reportVersion(reportVersion)
    , m_reportedChipId(maskChipId ? ChipId{} : m_identity.chipId())
{
}

GuestContext *Firmware::find(GuestHandle guest)
{
    const auto at = m_guests.find(guest.value);
    return at == m_guests.end() ? nullptr : &at->second;
}

std::size_t Firmware::guestCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_guests.size();
}

Answer<GuestHandle> Firmware::adopt(GuestContext guest)
{
    if (m_guests.size() >= guestLimit)
        return std::unexpected(ResourceLimit);
    const GuestHandle handle{m_nextHandle++};
    m_guests.emplace(handle.value, std::move(guest));
    return handle;
}

FirmwareStatus Firmware::checkPolicy(GuestPolicy policy) const
{
    if (policy.invalid())
        return InvalidParam;
    const auto wanted = std::pair(policy.abiMajor(), policy.abiMinor());
    if (wanted > std::pair<unsigned, unsigned>(m_profile.firmware.major, m_profile.firmware.minor))
        return PolicyFailure;
    const auto &platform = m_profile.platformInfo;
    if (!policy.has(GuestPolicy::Smt) && platform.has(PlatformInfo::SmtEnabled))
        return PolicyFailure;
    if (policy.has(GuestPolicy::RaplDisabled) && !platform.has(PlatformInfo::RaplDisabled))
        return PolicyFailure;
    if (policy.has(GuestPolicy::CiphertextHiding) && !platform.has(PlatformInfo::CiphertextHiding))
        return PolicyFailure;
    if (policy.has(GuestPolicy::MemAes256Xts) && m_profile.product == Product::Milan)
        return PolicyFailure; // that product encrypts with 128 bits
    if (policy.has(GuestPolicy::MigrateMa))
        return PolicyFailure; // there is no migration agent here
    return Success;
}

Answer<GuestHandle> Firmware::launchStart(GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw)
{
    const std::lock_guard lock(m_mutex);
    if (const auto status = checkPolicy(policy); status != Success)
        return std::unexpected(status);
    GuestContext guest;
    guest.policy = policy;
    guest.gosvw = gosvw;
    guest.launchTcb = m_profile.tcb().bytes();
    guest.launchMitigations = m_profile.mitigations;
    guest.reportId = randomFixed<ReportId>();
    return adopt(std::move(guest));
}

Answer<void> Firmware::launchUpdate(GuestHandle handle, PageType type, std::uint64_t gpa, ByteView pages)
{
    const std::lock_guard lock(m_mutex);
    GuestContext *guest = find(handle);
    if (!guest)
        return std::unexpected(InvalidGuest);
    if (guest->state != GuestContext::State::Launching)
        return std::unexpected(InvalidGuestState);
    if (type < PageType::Normal || type > PageType::Cpuid)
        return std::unexpected(InvalidParam);
    if (pages.empty() || pages.size() % pageSize != 0)
        return std::unexpected(InvalidPageSize);
    if (gpa % pageSize != 0 || gpa >= addressLimit || pages.size() > addressLimit - gpa)
        return std::unexpected(InvalidAddress);
    if (type == PageType::Cpuid)
        for (std::size_t at = 0; at < pages.size(); at += pageSize)
            if (!cpuidPageGood(pages.subspan(at, pageSize)))
                return std::unexpected(InvalidParam);
    // Every VMSA is given at the same address, which is no page of the guest's memory.
    if (type != PageType::Vmsa && !guest->claim(gpa, pages.size()))
        return std::unexpected(InvalidPageState);
    if (contentsMeasured(type))
        guest->measurement.addPages(type, gpa, pages);
    else
        guest->measurement.addAddresses(type, gpa, pages.size() / pageSize);
    return {};
}

FirmwareStatus Firmware::checkIdBlock(GuestContext &guest, const LaunchFinish &finish)
{
    const auto block = IdBlock::decode(finish.idBlock);
    const auto auth = IdAuthView::from(finish.idAuth);
    if (!block || !auth)
        return InvalidLength;
    if (block->version != 1 || auth->idKeyAlgorithm() != IdAuthView::ecdsaP384Sha384 || !auth->reservedClear())
        return InvalidParam;
    const auto idKey = P384Key::fromFirmware(auth->idKey());
    if (!idKey)
        return InvalidParam;
    if (!signatureGood(*idKey, finish.idBlock, auth->blockSignature()))
        return BadSignature;
    if (finish.authorKey) {
        if (auth->authorKeyAlgorithm() != IdAuthView::ecdsaP384Sha384)
            return InvalidParam;
        const auto authorKey = P384Key::fromFirmware(auth->authorKey());
        if (!authorKey)
            return InvalidParam;
        if (!signatureGood(*authorKey, auth->idKey(), auth->idKeySignature()))
            return BadSignature;
    }
    if (block->launchDigest != guest.measurement.digest())
        return BadMeasurement;
    if (block->policy != guest.policy)
        return PolicyFailure;
    guest.familyId = block->familyId;
    guest.imageId = block->imageId;
    guest.guestSvn = block->guestSvn;
    guest.idBlockUsed = true;
    guest.idKeyDigest.bytes = sha384(auth->idKey()).bytes;
    guest.authorKeyUsed = finish.authorKey;
    if (finish.authorKey)
        guest.authorKeyDigest.bytes = sha384(auth->authorKey()).bytes;
    return Success;
}

Answer<void> Firmware::launchFinish(GuestHandle handle, const LaunchFinish &finish)
{
    const std::lock_guard lock(m_mutex);
    GuestContext *guest = find(handle);
    if (!guest)
        return std::unexpected(InvalidGuest);
    if (guest->state != GuestContext::State::Launching)
        return std::unexpected(InvalidGuestState);
    if (finish.idBlock.empty()) {
        if (finish.authorKey || !finish.idAuth.empty())
            return std::unexpected(InvalidParam);
    } else if (const auto status = checkIdBlock(*guest, finish); status != Success) {
        return std::unexpected(status);
    }
    guest->hostData = finish.hostData;
    guest->vcekDisabled = finish.vcekDisabled;
    guest->state = GuestContext::State::Running;
    return {};
}

ReportResponse Firmware::report(GuestHandle handle, ByteView request)
{
    const std::lock_guard lock(m_mutex);
    const GuestContext *guest = find(handle);
    if (!guest)
        return {InvalidGuest, {}};
    if (guest->state != GuestContext::State::Running)
        return {InvalidGuestState, {}};
    const auto message = ReportRequest::decode(request);
    if (!message)
        return {InvalidParam, {}};
    // There is no VLEK here; a guest may also have been launched with the wish that the VCEK signs nothing for it.
    if (message->key == ReportRequest::Key::Vlek || guest->vcekDisabled)
        return {InvalidKey, {}};
    const ReportInputs inputs{m_profile, m_reportedChipId, m_reportVersion, message->vmpl, message->reportData};
    return {Success, makeReport(*guest, inputs, m_identity.vcekKey())};
}

Answer<void> Firmware::decommission(GuestHandle handle)
{
    const std::lock_guard lock(m_mutex);
    if (m_guests.erase(handle.value) == 0)
        return std::unexpected(InvalidGuest);
    return {};
}

Answer<LaunchDigest> Firmware::measurement(GuestHandle handle)
{
    const std::lock_guard lock(m_mutex);
    const GuestContext *guest = find(handle);
    if (!guest)
        return std::unexpected(InvalidGuest);
    return guest->measurement.digest();
}

Answer<Bytes> Firmware::save(GuestHandle handle)
{
    const std::lock_guard lock(m_mutex);
    const GuestContext *guest = find(handle);
    if (!guest)
        return std::unexpected(InvalidGuest);
    return seal(guest->encode(), m_identity.derive(sealPurpose));
}

Result<GuestHandle> Firmware::restore(ByteView sealed)
{
    const std::lock_guard lock(m_mutex);
    KASTELLAN_ASSIGN(const Bytes plain, unseal(sealed, m_identity.derive(sealPurpose)));
    KASTELLAN_ASSIGN(GuestContext guest, GuestContext::decode(plain));
    const auto handle = adopt(std::move(guest));
    if (!handle)
        return environment(
            "restore a guest of the emulated firmware", {}, message(handle.error()), std::string(describe(handle.error()).remedy));
    return *handle;
}

} // namespace kastellan::sev
