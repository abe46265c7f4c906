// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/tcb.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr int absent = -1;

int offsetOf(TcbPart part, TcbLayout layout)
{
    const bool turin = layout == TcbLayout::Turin;
    switch (part) {
    case TcbPart::Fmc:
        return turin ? 0 : absent;
    case TcbPart::Bootloader:
        return turin ? 1 : 0;
    case TcbPart::Tee:
        return turin ? 2 : 1;
    case TcbPart::Snp:
        return turin ? 3 : 6;
    case TcbPart::Microcode:
        return 7;
    }
    return absent;
}

constexpr TcbPart allParts[] = {TcbPart::Fmc, TcbPart::Bootloader, TcbPart::Tee, TcbPart::Snp, TcbPart::Microcode};

} // namespace

std::string_view name(TcbPart part)
{
    switch (part) {
    case TcbPart::Fmc:
        return "fmc";
    case TcbPart::Bootloader:
        return "bl";
    case TcbPart::Tee:
        return "tee";
    case TcbPart::Snp:
        return "snp";
    case TcbPart::Microcode:
        return "ucode";
    }
    return "";
}

std::string_view title(TcbPart part)
{
    switch (part) {
    case TcbPart::Fmc:
        return "first mutable code (FMC)";
    case TcbPart::Bootloader:
        return "boot loader of the AMD Secure Processor";
    case TcbPart::Tee:
        return "operating system of the AMD Secure Processor";
    case TcbPart::Snp:
        return "SEV-SNP firmware";
    case TcbPart::Microcode:
        return "microcode of the cores";
    }
    return "";
}

std::optional<TcbPart> tcbPartFromName(std::string_view text)
{
    for (const auto part : allParts)
        if (name(part) == text)
            return part;
    return {};
}

std::vector<TcbPart> TcbVersion::parts(TcbLayout layout)
{
    std::vector<TcbPart> parts;
    for (const auto part : allParts)
        if (offsetOf(part, layout) != absent)
            parts.push_back(part);
    return parts;
}

std::optional<std::uint8_t> TcbVersion::part(TcbPart part) const
{
    const int offset = offsetOf(part, m_layout);
    if (offset == absent)
        return {};
    return m_bytes.bytes[static_cast<std::size_t>(offset)];
}

bool TcbVersion::set(TcbPart part, std::uint8_t level)
{
    const int offset = offsetOf(part, m_layout);
    if (offset == absent)
        return false;
    m_bytes.bytes[static_cast<std::size_t>(offset)] = level;
    return true;
}

bool TcbVersion::reservedClear() const
{
    TcbVersion rest = *this;
    for (const auto part : allParts)
        rest.set(part, 0);
    return rest.m_bytes.isZero();
}

bool TcbVersion::atLeast(const TcbVersion &other) const
{
    if (m_layout != other.m_layout)
        return false;
    // A part that the layout lacks is absent on both sides, and nothing is not less than nothing.
    return std::ranges::none_of(allParts, [&](TcbPart which) { return part(which) < other.part(which); });
}

std::string TcbVersion::text() const
{
    std::string text;
    for (const auto part : allParts)
        if (const auto level = this->part(part)) {
            if (!text.empty())
                text += ", ";
            text += name(part);
            text += ' ';
            text += std::to_string(*level);
        }
    return text;
}

} // namespace kastellan::sev
