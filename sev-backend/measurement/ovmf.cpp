// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/ovmf.h"

#include "sev-backend/measurement/guid.h"

#include <algorithm>
#include <cstdio>

namespace kastellan::sev {
namespace {

constexpr Guid footerGuid = guidLe("96b582de-1fb2-45f7-baea-a366c55a082d");
constexpr Guid resetGuid = guidLe("00f771de-1a7e-4fcb-890e-68c77e2fb44e");
constexpr Guid hashTableGuid = guidLe("7255371f-3a3b-4b04-927b-1da6efa8d454");
constexpr Guid secretGuid = guidLe("4c2eb361-7d9b-4cc3-8081-127c90d3d294");
constexpr Guid metadataGuid = guidLe("dc886566-984a-4798-a75e-5585a7bf67cc");
constexpr Guid svsmGuid = guidLe("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd");

constexpr std::size_t tableEndFromFileEnd = 32; // the reset vector takes the last 16 bytes, and 16 more are reserved
constexpr std::size_t entryTail = 18; // u16 length and GUID close each entry
constexpr std::size_t pageSize = 4096;
constexpr std::size_t maximumSections = 4096;

std::string at(std::string_view name, std::size_t offset)
{
    char text[32];
    std::snprintf(text, sizeof text, "0x%zx", offset);
    return std::string(name) + ", offset " + text;
}

Guid guidAt(ByteView view, std::size_t offset)
{
    Guid guid;
    std::copy_n(view.begin() + static_cast<std::ptrdiff_t>(offset), 16, guid.bytes.begin());
    return guid;
}

} // namespace

std::string nameOf(MetadataSection::Type type)
{
    switch (type) {
    case MetadataSection::Type::SecMemory:
        return "SNP_SEC_MEM";
    case MetadataSection::Type::Secrets:
        return "SNP_SECRETS";
    case MetadataSection::Type::Cpuid:
        return "CPUID";
    case MetadataSection::Type::SvsmCaa:
        return "SVSM_CAA";
    case MetadataSection::Type::KernelHashes:
        return "SNP_KERNEL_HASHES";
    }
    char text[32];
    std::snprintf(text, sizeof text, "type 0x%x", static_cast<unsigned>(type));
    return text;
}

Result<Ovmf> Ovmf::parse(ByteView image, std::string_view name)
{
    const std::string what = "read the firmware image";
    if (image.size() < tableEndFromFileEnd + entryTail || image.size() > (1ull << 32))
        return badInput(what, std::string(name), "it has " + std::to_string(image.size()) + " bytes: too few or too many for an OVMF image",
            "Give the whole OVMF file.");
    const std::size_t footer = image.size() - tableEndFromFileEnd - entryTail;
    if (guidAt(image, footer + 2) != footerGuid)
        return badInput(what, at(name, footer + 2), "there is no OVMF table of GUIDs at its end",
            "Give an OVMF build with SEV support (OVMF_CODE or OVMF.amdsev).");
    const std::size_t tableSize = loadLe<std::uint16_t>(image, footer);
    if (tableSize < entryTail || tableSize > footer + entryTail)
        return badInput(what, at(name, footer), "the table's length " + std::to_string(tableSize) + " does not fit into the file");

    Ovmf ovmf;
    ovmf.m_image = image;
    const std::size_t begin = footer + entryTail - tableSize;
    std::size_t end = footer;
    std::optional<std::uint32_t> metadataOffset;
    while (end > begin) {
        if (end - begin < entryTail)
            return badInput(what, at(name, begin), "the table of GUIDs has " + std::to_string(end - begin) + " bytes too many");
        const std::size_t tail = end - entryTail;
        const std::size_t length = loadLe<std::uint16_t>(image, tail);
        if (length < entryTail || length > end - begin)
            return badInput(what, at(name, tail), "an entry's length " + std::to_string(length) + " does not fit into the table");
        const std::size_t data = end - length;
        const std::size_t size = length - entryTail;
        const Guid guid = guidAt(image, tail + 2);
        const auto need = [&](std::size_t wanted) { return size >= wanted; };
        const auto tooShort = [&] {
            return badInput(what, at(name, data), "an entry of the table of GUIDs has " + std::to_string(size) + " bytes only");
        };
        if (guid == resetGuid) {
            if (!need(4))
                return tooShort();
            ovmf.m_reset = loadLe<std::uint32_t>(image, data);
        } else if (guid == hashTableGuid || guid == secretGuid) {
            if (!need(8))
                return tooShort();
            (guid == secretGuid ? ovmf.m_secret : ovmf.m_hashTable) =
                FirmwareArea{loadLe<std::uint32_t>(image, data), loadLe<std::uint32_t>(image, data + 4)};
        } else if (guid == metadataGuid) {
            if (!need(4))
                return tooShort();
            metadataOffset = loadLe<std::uint32_t>(image, data);
        } else if (guid == svsmGuid) {
            if (!need(4))
                return tooShort();
            ovmf.m_svsm = loadLe<std::uint32_t>(image, data);
        }
        end = data;
    }
    if (metadataOffset)
        KASTELLAN_TRY(ovmf.readMetadata(*metadataOffset, name));
    return ovmf;
}

Status Ovmf::readMetadata(std::uint32_t offsetFromEnd, std::string_view name)
{
    const std::string what = "read the firmware's SEV metadata";
    if (offsetFromEnd > m_image.size() || offsetFromEnd < 16)
        return badInput(
            what, std::string(name), "it should begin " + std::to_string(offsetFromEnd) + " bytes before the end, outside the file");
    const std::size_t header = m_image.size() - offsetFromEnd;
    if (asText(m_image.subspan(header, 4)) != "ASEV")
        return badInput(what, at(name, header), "it does not begin with ASEV");
    const auto size = loadLe<std::uint32_t>(m_image, header + 4);
    const auto version = loadLe<std::uint32_t>(m_image, header + 8);
    const auto count = loadLe<std::uint32_t>(m_image, header + 12);
    if (version != 1)
        return badInput(what, at(name, header + 8), "its version is " + std::to_string(version) + ", and this program knows version 1");
    if (size > offsetFromEnd || count > maximumSections || size != 16 + count * 12)
        return badInput(
            what, at(name, header + 4), std::to_string(count) + " sections do not fit into its " + std::to_string(size) + " bytes");
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t item = header + 16 + i * 12;
        const MetadataSection section{
            loadLe<std::uint32_t>(m_image, item), loadLe<std::uint32_t>(m_image, item + 4), loadLe<std::uint32_t>(m_image, item + 8)};
        if (section.gpa % pageSize || section.size % pageSize || std::uint64_t(section.gpa) + section.size > (1ull << 32))
            return badInput(what, at(name, item), "section " + std::to_string(i) + " is not whole pages below 4 GiB");
        m_sections.push_back(section);
    }
    m_hasMetadata = true;
    return {};
}

bool Ovmf::hasKernelHashesSection() const
{
    return m_hashTable && m_hashTable->gpa != 0 && std::ranges::any_of(m_sections, [&](const MetadataSection &section) {
        return section.type == std::uint32_t(MetadataSection::Type::KernelHashes) && section.gpa <= m_hashTable->gpa
            && m_hashTable->gpa - section.gpa < section.size;
    });
}

} // namespace kastellan::sev
