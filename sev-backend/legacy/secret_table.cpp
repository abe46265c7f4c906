// SPDX-License-Identifier: Apache-2.0
#include "core/base/codec.h"
#include "sev-backend/legacy/owner.h"
#include "sev-backend/measurement/guid.h"

#include <algorithm>

namespace kastellan::sev::legacy {
namespace {

constexpr Guid tableGuid = guidLe("1e74f542-71dd-4d66-963e-ef4287ff173b");
constexpr std::size_t maximumTable = 16384, entryHeader = 20;

Result<Bytes> guidBytes(const std::string &text)
{
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-'))
            return badInput("read a GUID", "'" + text + "'", "it does not have the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        if (!dash)
            digits += text[i];
    }
    auto bytes = fromHex(digits);
    if (!bytes || bytes->size() != 16 || text.size() != 36)
        return badInput("read a GUID", "'" + text + "'", "it does not have the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    std::reverse(bytes->begin(), bytes->begin() + 4);
    std::reverse(bytes->begin() + 4, bytes->begin() + 6);
    std::reverse(bytes->begin() + 6, bytes->begin() + 8);
    return bytes;
}

} // namespace

Result<Bytes> secretTable(const std::vector<SecretEntry> &entries)
{
    Writer writer;
    std::size_t total = entryHeader;
    for (const auto &entry : entries)
        total += entryHeader + entry.value.size();
    if (entries.empty())
        return badInput("build a secret table", {}, "there is no secret");
    const std::size_t padded = (total + 15) / 16 * 16;
    if (padded > maximumTable)
        return badInput("build a secret table", {},
            "the secrets take " + std::to_string(padded) + " bytes, and the firmware accepts at most 16384",
            "Deliver large secrets over the attested session instead.");
    writer.raw(tableGuid.view()).number(static_cast<std::uint32_t>(total));
    for (const auto &entry : entries) {
        KASTELLAN_ASSIGN(const Bytes guid, guidBytes(entry.guid));
        if (std::ranges::all_of(guid, [](auto byte) { return byte == 0; }))
            return badInput("build a secret table", "'" + entry.guid + "'", "an all-zero GUID would end the table");
        writer.raw(guid).number(static_cast<std::uint32_t>(entryHeader + entry.value.size())).raw(entry.value);
    }
    Bytes table = writer.take();
    table.resize(padded);
    return table;
}

} // namespace kastellan::sev::legacy
