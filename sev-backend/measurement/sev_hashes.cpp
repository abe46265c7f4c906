// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/sev_hashes.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sev-backend/measurement/guid.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr Guid tableGuid = guidLe("9438d606-4f22-4cc9-b479-a793d411fd21");
constexpr Guid commandLineGuid = guidLe("97d02dd8-bd20-4c94-aa78-e7714d36ab2a");
constexpr Guid initrdGuid = guidLe("44baf731-3a2f-4bd7-9af1-41e29169781d");
constexpr Guid kernelGuid = guidLe("4de79437-abd2-427f-b835-d5b172d2045b");
constexpr std::uint16_t entrySize = 50, tableSize = 168;

} // namespace

Sha256 commandLineHash(std::string_view commandLine)
{
    const std::uint8_t nul = 0;
    return sha256({asBytes(commandLine), ByteView(&nul, 1)});
}

Sha256 emptyInitrdHash()
{
    return sha256(ByteView{});
}

Bytes buildHashTable(const BootHashes &hashes)
{
    Writer writer;
    writer.raw(tableGuid.view()).number(tableSize);
    for (const auto &[guid, hash] :
        {std::pair{commandLineGuid, hashes.commandLine}, std::pair{initrdGuid, hashes.initrd}, std::pair{kernelGuid, hashes.kernel}})
        writer.raw(guid.view()).number(entrySize).raw(hash.view());
    Bytes table = writer.take();
    table.resize(hashTableSize);
    return table;
}

Result<Bytes> hashTablePage(const BootHashes &hashes, std::uint32_t gpa)
{
    const std::size_t offset = gpa & 0xfff;
    Bytes page(4096);
    if (offset + hashTableSize > page.size())
        return badInput("place the kernel hashes", "the firmware's hash table area", "the table would cross the end of its page",
            "Use another firmware build.");
    std::ranges::copy(buildHashTable(hashes), page.begin() + static_cast<std::ptrdiff_t>(offset));
    return page;
}

} // namespace kastellan::sev
