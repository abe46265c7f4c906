// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/platform_status.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

std::unexpected<Error> wrongSize(const char *what, std::size_t has, std::size_t needs)
{
    return badInput(what, {}, "it has " + std::to_string(has) + " bytes, and needs " + std::to_string(needs));
}

constexpr std::uint32_t bit(unsigned number, bool on)
{
    return on ? 1u << number : 0;
}

/// The first byte in a range that is set, or nothing.
std::optional<std::size_t> firstSet(ByteView bytes, std::size_t offset, std::size_t length)
{
    for (std::size_t at = offset; at < offset + length; ++at)
        if (bytes[at] != 0)
            return at;
    return std::nullopt;
}

TcbBytes tcbAt(ByteView bytes, std::size_t offset)
{
    TcbBytes tcb;
    std::ranges::copy(bytes.subspan(offset, TcbBytes::size), tcb.bytes.begin());
    return tcb;
}

} // namespace

std::string_view name(SevState state)
{
    switch (state) {
    case SevState::Uninit:
        return "UNINIT";
    case SevState::Init:
        return "INIT";
    case SevState::Working:
        return "WORKING";
    }
    return "unknown";
}

std::array<std::uint8_t, SevPlatformStatus::size> SevPlatformStatus::encode() const
{
    std::array<std::uint8_t, size> bytes{version.major, version.minor, static_cast<std::uint8_t>(state)};
    storeLe<std::uint32_t>(bytes, 3, bit(0, externallyOwned) | bit(8, es));
    bytes[7] = version.build;
    storeLe<std::uint32_t>(bytes, 8, guests);
    return bytes;
}

Result<SevPlatformStatus> SevPlatformStatus::decode(ByteView bytes)
{
    if (bytes.size() != size)
        return wrongSize("read the platform's status", bytes.size(), size);
    const auto flags = loadLe<std::uint32_t>(bytes, 3);
    SevPlatformStatus status;
    status.version = {bytes[7], bytes[1], bytes[0]};
    status.state = static_cast<SevState>(bytes[2]);
    status.externallyOwned = flags & 1;
    status.es = (flags >> 8) & 1;
    status.guests = loadLe<std::uint32_t>(bytes, 8);
    return status;
}

std::array<std::uint8_t, SnpPlatformStatus::size> SnpPlatformStatus::encode() const
{
    std::array<std::uint8_t, size> bytes{major, minor, static_cast<std::uint8_t>(initialized)};
    bytes[3] = static_cast<std::uint8_t>(bit(0, rmpInitialized) | bit(1, aliasChecked) | bit(3, tio));
    storeLe<std::uint32_t>(bytes, 4, build);
    storeLe<std::uint32_t>(bytes, 8,
        bit(0, maskChipId) | bit(1, maskChipKey) | bit(2, vlekLoaded) | bit(3, featureInfo) | bit(4, raplDisabled)
            | bit(5, ciphertextHidingCapable) | bit(6, ciphertextHiding) | bit(7, tioEnabled));
    storeLe<std::uint32_t>(bytes, 12, guests);
    std::ranges::copy(currentTcb.bytes, bytes.begin() + 16);
    std::ranges::copy(reportedTcb.bytes, bytes.begin() + 24);
    return bytes;
}

Result<SnpPlatformStatus> SnpPlatformStatus::decode(ByteView bytes)
{
    if (bytes.size() != size)
        return wrongSize("read the SNP platform's status", bytes.size(), size);
    const auto flags = loadLe<std::uint32_t>(bytes, 8);
    const auto flag = [flags](unsigned number) { return ((flags >> number) & 1) != 0; };
    SnpPlatformStatus status;
    status.major = bytes[0];
    status.minor = bytes[1];
    status.initialized = bytes[2] == 1;
    status.rmpInitialized = bytes[3] & 1;
    status.aliasChecked = bytes[3] & 2;
    status.tio = bytes[3] & 8;
    status.build = loadLe<std::uint32_t>(bytes, 4);
    status.maskChipId = flag(0);
    status.maskChipKey = flag(1);
    status.vlekLoaded = flag(2);
    status.featureInfo = flag(3);
    status.raplDisabled = flag(4);
    status.ciphertextHidingCapable = flag(5);
    status.ciphertextHiding = flag(6);
    status.tioEnabled = flag(7);
    status.guests = loadLe<std::uint32_t>(bytes, 12);
    status.currentTcb = tcbAt(bytes, 16);
    status.reportedTcb = tcbAt(bytes, 24);
    return status;
}

std::array<std::uint8_t, SnpConfig::size> SnpConfig::encode() const
{
    std::array<std::uint8_t, size> bytes{};
    std::ranges::copy(reportedTcb.bytes, bytes.begin());
    storeLe<std::uint32_t>(bytes, 8, bit(0, maskChipId) | bit(1, maskChipKey));
    return bytes;
}

Result<SnpConfig> SnpConfig::decode(ByteView bytes)
{
    constexpr const char *what = "read an SNP configuration";
    if (bytes.size() != size)
        return wrongSize(what, bytes.size(), size);
    const auto mask = loadLe<std::uint32_t>(bytes, 8);
    if (mask & ~3u)
        return badInput(what, "offset 8", "a reserved bit of the mask is set");
    if (const auto at = firstSet(bytes, 12, size - 12))
        return badInput(what, "offset " + std::to_string(*at), "a reserved byte is set");
    SnpConfig config;
    config.reportedTcb = tcbAt(bytes, 0);
    config.maskChipId = mask & 1;
    config.maskChipKey = mask & 2;
    return config;
}

std::array<std::uint8_t, VlekHashstick::size> VlekHashstick::encode() const
{
    std::array<std::uint8_t, size> bytes{};
    std::ranges::copy(iv, bytes.begin());
    std::ranges::copy(wrapped, bytes.begin() + 0x10);
    std::ranges::copy(tcb.bytes, bytes.begin() + 0x190);
    std::ranges::copy(tag, bytes.begin() + 0x1a0);
    return bytes;
}

Result<VlekHashstick> VlekHashstick::decode(ByteView bytes)
{
    constexpr const char *what = "read a VLEK hashstick";
    if (bytes.size() != size)
        return wrongSize(what, bytes.size(), size);
    for (const auto &[offset, length] : {std::pair<std::size_t, std::size_t>{12, 4}, {0x198, 8}})
        if (const auto at = firstSet(bytes, offset, length))
            return badInput(what, "offset " + std::to_string(*at), "a reserved byte is set");
    VlekHashstick stick;
    std::ranges::copy(bytes.first(12), stick.iv.begin());
    std::ranges::copy(bytes.subspan(0x10, wrappedSize), stick.wrapped.begin());
    stick.tcb = tcbAt(bytes, 0x190);
    std::ranges::copy(bytes.subspan(0x1a0, 16), stick.tag.begin());
    return stick;
}

} // namespace kastellan::sev
