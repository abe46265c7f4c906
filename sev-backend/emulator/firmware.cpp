// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/firmware.h"

#include "core/base/digest.h"
#include "sev-backend/abi/id_block.h"

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

Firmware::Firmware(EmulatedPlatform &platform, std::uint32_t reportVersion, bool maskChipId)
    : m_platform(platform)
    , m_profile(platform.profile())
    , m_reportVersion(reportVersion)
    , m_maskChipId(maskChipId)
{
}

Firmware::~Firmware() = default;

FirmwareStatus Firmware::enter(EmulatedCommand command) const
{
    if (const auto status = m_platform.enter(command); status != Success)
        return status;
    return m_profile.hasSnp ? Success : Unsupported;
}

Answer<EmulatedPlatform::View> Firmware::ready()
{
    auto view = m_platform.view();
    if (!view)
        return view;
    if ((*view)->snpEpoch != m_epoch) {
        m_epoch = (*view)->snpEpoch;
        if (!m_guests.empty()) {
            m_guests.clear();
            m_platform.setSnpGuests(0);
        }
    }
    if (!(*view)->snpInitialized)
        return std::unexpected(InvalidPlatformState);
    return view;
}

Answer<GuestContext *> Firmware::find(GuestHandle guest)
{
    if (const auto view = ready(); !view)
        return std::unexpected(view.error());
    const auto at = m_guests.find(guest.value);
    if (at == m_guests.end())
        return std::unexpected(InvalidGuest);
    return &at->second;
}

std::size_t Firmware::guestCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_guests.size();
}

Answer<GuestHandle> Firmware::adopt(GuestContext guest)
{
    if (const auto view = ready(); !view)
        return std::unexpected(view.error());
    if (m_guests.size() >= guestLimit)
        return std::unexpected(ResourceLimit);
    const GuestHandle handle{m_nextHandle++};
    m_guests.emplace(handle.value, std::move(guest));
    m_platform.setSnpGuests(m_guests.size());
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
    if (const auto status = enter(EmulatedCommand::SnpLaunchStart); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    if (const auto view = ready(); !view)
        return std::unexpected(view.error());
    if (const auto status = checkPolicy(policy); status != Success)
        return std::unexpected(status);
    GuestContext guest;
    guest.policy = policy;
    guest.gosvw = gosvw;
    guest.launchTcb = m_profile.tcb().bytes();
    guest.launchMitigations = m_profile.mitigations;
    m_platform.draw(guest.reportId.bytes);
    return adopt(std::move(guest));
}

Answer<void> Firmware::launchUpdate(GuestHandle handle, PageType type, std::uint64_t gpa, ByteView pages)
{
    if (const auto status = enter(EmulatedCommand::SnpLaunchUpdate); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    const auto found = find(handle);
    if (!found)
        return std::unexpected(found.error());
    GuestContext *const guest = *found;
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
    if (const auto status = enter(EmulatedCommand::SnpLaunchFinish); status != Success)
        return std::unexpected(status);
    const std::lock_guard lock(m_mutex);
    const auto found = find(handle);
    if (!found)
        return std::unexpected(found.error());
    GuestContext *const guest = *found;
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

Answer<LaunchDigest> Firmware::measurement(GuestHandle handle)
{
    const std::lock_guard lock(m_mutex);
    const auto found = find(handle);
    if (!found)
        return std::unexpected(found.error());
    const GuestContext *const guest = *found;
    return guest->measurement.digest();
}

Answer<Bytes> Firmware::save(GuestHandle handle)
{
    const std::lock_guard lock(m_mutex);
    const auto found = find(handle);
    if (!found)
        return std::unexpected(found.error());
    const GuestContext *const guest = *found;
    return seal(guest->encode(), m_platform.identity().derive(sealPurpose));
}

Result<GuestHandle> Firmware::restore(ByteView sealed)
{
    const std::lock_guard lock(m_mutex);
    KASTELLAN_ASSIGN(const Bytes plain, unseal(sealed, m_platform.identity().derive(sealPurpose)));
    KASTELLAN_ASSIGN(GuestContext guest, GuestContext::decode(plain));
    const auto handle = adopt(std::move(guest));
    if (!handle)
        return environment(
            "restore a guest of the emulated firmware", {}, message(handle.error()), std::string(describe(handle.error()).remedy));
    return *handle;
}

} // namespace kastellan::sev
