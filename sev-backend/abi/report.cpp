// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/report.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

// Up to version 2 the three CPUID bytes are reserved; up to version 4 the two mitigation vectors.
constexpr ReservedRange reserved2[] = {{0x04c, 4}, {0x188, 24}, {0x1eb, 1}, {0x1ef, 1}, {0x1f8, 168}, {0x330, 368}};
constexpr ReservedRange reserved3[] = {{0x04c, 4}, {0x18b, 21}, {0x1eb, 1}, {0x1ef, 1}, {0x1f8, 168}, {0x330, 368}};
constexpr ReservedRange reserved5[] = {{0x04c, 4}, {0x18b, 21}, {0x1eb, 1}, {0x1ef, 1}, {0x208, 152}, {0x330, 368}};

std::string hexNumber(unsigned value)
{
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(value)};
    return "0x" + toHex(bytes);
}

} // namespace

std::span<const ReservedRange> reservedRanges(std::uint32_t version)
{
    if (version <= 2)
        return reserved2;
    if (version <= 4)
        return reserved3;
    return reserved5;
}

std::string_view name(SigningKey key)
{
    switch (key) {
    case SigningKey::Vcek:
        return "VCEK";
    case SigningKey::Vlek:
        return "VLEK";
    case SigningKey::None:
        return "none";
    }
    return "reserved";
}

std::string FirmwareVersion::text() const
{
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build);
}

Result<ReportView> ReportView::from(ByteView bytes)
{
    if (bytes.size() != size)
        return badInput("read an SNP attestation report", {}, "it has " + std::to_string(bytes.size()) + " bytes, and a report has 1184",
            "Give the raw report, without the wrapper of a firmware response or of a file format.");
    return ReportView(bytes);
}

bool ReportView::withoutMigrationAgent() const
{
    return std::ranges::all_of(m_bytes.subspan(report_offset::reportIdMa, ReportId::size), [](std::uint8_t byte) { return byte == 0xff; });
}

ReportedProduct ReportView::product() const
{
    ReportedProduct result;
    if (hasCpuid()) {
        result.product = productFromCpuid(cpuidFamily(), cpuidModel());
        result.layout = layoutOf(result.product);
        result.layoutKnown = result.product != Product::Unknown;
        result.how = "CPUID family " + hexNumber(cpuidFamily()) + ", model " + hexNumber(cpuidModel());
        return result;
    }
    if (chipIdMasked()) {
        result.how = "report version 2 with a masked chip id says nothing of its product";
        return result;
    }
    const ByteView rest = m_bytes.subspan(report_offset::chipId + 8, ChipId::size - 8);
    result.layoutKnown = true;
    if (std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; })) {
        result.product = Product::Turin;
        result.layout = TcbLayout::Turin;
        result.how = "a chip id of 8 bytes";
    } else {
        result.how = "a chip id of 64 bytes: Milan or Genoa";
    }
    return result;
}

std::optional<ReportView::Reserved> ReportView::reservedViolation() const
{
    if (const std::uint32_t flags = u32(report_offset::flags); flags >> 5) {
        for (std::size_t byte = 0; byte < 4; ++byte)
            if (m_bytes[report_offset::flags + byte] & (byte == 0 ? 0xe0 : 0xff))
                return Reserved{report_offset::flags + byte, "reserved bits of the flags word"};
    }
    if (const auto bit = platformInfo().reservedBit())
        return Reserved{report_offset::platformInfo + *bit / 8, "bit " + std::to_string(*bit) + " of PLATFORM_INFO"};
    for (const auto &range : reservedRanges(version()))
        for (std::size_t offset = range.offset; offset < range.offset + range.length; ++offset)
            if (m_bytes[offset] != 0)
                return Reserved{offset, "reserved"};
    // Which bytes of a TCB are reserved depends on the product; without it only those that no layout uses are held to zero.
    const auto about = product();
    for (const std::size_t offset :
        {report_offset::currentTcb, report_offset::reportedTcb, report_offset::committedTcb, report_offset::launchTcb}) {
        const std::size_t first = about.layoutKnown && about.layout == TcbLayout::Milan ? 2 : 4;
        const std::size_t last = about.layoutKnown && about.layout == TcbLayout::Turin ? 6 : 5;
        for (std::size_t byte = first; byte <= last; ++byte)
            if (m_bytes[offset + byte] != 0)
                return Reserved{offset + byte, "reserved byte of a TCB version"};
    }
    return {};
}

} // namespace kastellan::sev
