// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/launch_pages.h"

namespace kastellan::sev {
namespace {

using Type = MetadataSection::Type;
constexpr std::uint32_t mostSectionBytes = 64u << 20; // nobody's firmware reserves as much, and each byte is a zero in memory here

PageType typeOf(Type section)
{
    return section == Type::Secrets ? PageType::Secrets : section == Type::Cpuid ? PageType::Cpuid : PageType::Zero;
}

} // namespace

Result<std::vector<LaunchPages>> snpLaunchPages(const Ovmf &ovmf, const VmParameters &parameters)
{
    std::vector<LaunchPages> all;
    all.push_back({PageType::Normal, ovmf.gpa(), ovmf.image(), {}});
    std::uint64_t total = 0;
    for (const MetadataSection &section : ovmf.sections()) {
        total += section.size;
        if (section.size == 0 || section.size % pageSize || section.gpa % pageSize || total > mostSectionBytes)
            return badInput("read the firmware's metadata", {}, "its sections are no whole pages, or too many");
        if (Type(section.type) == Type::KernelHashes && parameters.boot && ovmf.hashTable()) {
            const std::uint32_t table = ovmf.hashTable()->gpa, page = table & ~0xfffu;
            if (page < section.gpa || page - section.gpa >= section.size)
                return badInput("read the firmware's metadata", {}, "its hash table lies outside of the section for it");
            KASTELLAN_ASSIGN(Bytes hashes, hashTablePage(*parameters.boot, table));
            if (page > section.gpa)
                all.push_back({PageType::Zero, section.gpa, {}, Bytes(page - section.gpa)});
            all.push_back({PageType::Normal, page, {}, std::move(hashes)});
            if (const std::uint32_t after = page + static_cast<std::uint32_t>(pageSize); after < section.gpa + section.size)
                all.push_back({PageType::Zero, after, {}, Bytes(section.gpa + section.size - after)});
            continue;
        }
        all.push_back({typeOf(Type(section.type)), section.gpa, {}, Bytes(section.size)});
    }
    for (unsigned number = 0; number < parameters.vcpus; ++number) {
        KASTELLAN_ASSIGN(Bytes page, vmsaPage(parameters, number, ovmf.apResetAddress(), true));
        all.push_back({PageType::Vmsa, vmsaGpa, {}, std::move(page)});
    }
    return all;
}

Result<std::vector<LaunchPages>> sevLaunchData(
    ByteView firmware, std::uint64_t gpa, const std::optional<BootHashes> &boot, std::optional<FirmwareArea> hashTable)
{
    std::vector<LaunchPages> all;
    all.push_back({PageType::Normal, gpa, firmware, {}});
    if (boot && hashTable)
        all.push_back({PageType::Normal, hashTable->gpa, {}, buildHashTable(*boot)});
    return all;
}

} // namespace kastellan::sev
