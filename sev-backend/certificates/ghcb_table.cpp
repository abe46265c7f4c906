// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/ghcb_table.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {
namespace {

constexpr const char *reading = "read a GHCB certificate table";
constexpr const char *writing = "write a GHCB certificate table";

struct Role {
    std::string_view name;
    Guid guid;
};
constexpr std::array roles = {
    Role{"vcek", ghcbVcek},
    Role{"vlek", ghcbVlek},
    Role{"ask", ghcbAsk},
    Role{"ark", ghcbArk},
    Role{"crl", ghcbCrl},
    Role{"platform-info", ghcbPlatformInfo},
};

struct Slot {
    Guid guid;
    std::size_t offset = 0, length = 0;
};

/// The entry at `at`, which the caller has found to be within.
Slot slotAt(ByteView table, std::size_t at)
{
    Slot slot;
    std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(at), slot.guid.bytes.size(), slot.guid.bytes.begin());
    slot.offset = loadLe<std::uint32_t>(table, at + 16);
    slot.length = loadLe<std::uint32_t>(table, at + 20);
    return slot;
}

bool isEnd(const Slot &slot)
{
    return slot.guid.isZero() && slot.offset == 0 && slot.length == 0;
}

std::string place(std::size_t index, const Slot &slot)
{
    const std::string_view role = ghcbRole(slot.guid);
    return "entry " + std::to_string(index) + " (" + (role.empty() ? guidTextBe(slot.guid) : std::string(role)) + "), offset "
        + std::to_string(index * ghcbEntrySize);
}

/// Whether two objects share a byte. The sums stay far from overflow: both come from 32-bit numbers.
bool overlap(const Slot &a, const Slot &b)
{
    return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

} // namespace

Result<std::vector<GhcbTableEntry>> readGhcbTable(ByteView table)
{
    if (table.size() > ghcbTableLimit)
        return badInput(reading, {}, "it has " + std::to_string(table.size()) + " bytes, and at most 4 MiB are read");
    std::vector<Slot> slots;
    for (std::size_t at = 0;; at += ghcbEntrySize) {
        if (table.size() - at < ghcbEntrySize)
            return badInput(reading, "offset " + std::to_string(at), "it ends before the entry of zeros that ends the list");
        const Slot slot = slotAt(table, at);
        if (isEnd(slot))
            break;
        if (slots.size() == ghcbEntryLimit)
            return badInput(reading, "offset " + std::to_string(at), "it has more than 64 entries");
        if (slot.guid.isZero())
            return badInput(reading, place(slots.size(), slot), "its GUID is zero, and its offset or length is not");
        if (std::ranges::contains(slots, slot.guid, &Slot::guid))
            return badInput(reading, place(slots.size(), slot), "an object of this GUID is there twice");
        slots.push_back(slot);
    }
    const std::size_t listEnd = (slots.size() + 1) * ghcbEntrySize;
    std::vector<GhcbTableEntry> entries;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const Slot &slot = slots[i];
        if (slot.length == 0)
            return badInput(reading, place(i, slot), "its object is empty");
        if (slot.offset < listEnd)
            return badInput(reading, place(i, slot),
                "its object begins at " + std::to_string(slot.offset) + ", within the list of entries, which ends at "
                    + std::to_string(listEnd));
        if (slot.offset > table.size() || slot.length > table.size() - slot.offset)
            return badInput(reading, place(i, slot),
                "its object reaches from " + std::to_string(slot.offset) + " to " + std::to_string(slot.offset + slot.length)
                    + ", and the table has " + std::to_string(table.size()) + " bytes");
        for (std::size_t other = 0; other < i; ++other)
            if (overlap(slot, slots[other]))
                return badInput(reading, place(i, slot), "its object lies over that of entry " + std::to_string(other));
        entries.push_back({slot.guid, toBytes(table.subspan(slot.offset, slot.length))});
    }
    return entries;
}

Result<Bytes> writeGhcbTable(std::span<const GhcbTableEntry> entries)
{
    if (entries.size() > ghcbEntryLimit)
        return badInput(writing, {}, "there are " + std::to_string(entries.size()) + " objects, and a table holds at most 64");
    Bytes table((entries.size() + 1) * ghcbEntrySize);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto &[guid, content] = entries[i];
        const std::string where = "object " + std::to_string(i) + " (" + guidTextBe(guid) + ")";
        if (guid.isZero())
            return badInput(writing, where, "its GUID is zero, which ends a table");
        if (content.empty())
            return badInput(writing, where, "it is empty");
        if (std::ranges::contains(entries.first(i), guid, &GhcbTableEntry::guid))
            return badInput(writing, where, "an object of this GUID is there twice", "Give one certificate for each role.");
        table.resize((table.size() + 7) / 8 * 8);
        if (content.size() > ghcbTableLimit - table.size())
            return badInput(writing, where, "with it the table would have over 4 MiB");
        std::ranges::copy(guid.bytes, table.begin() + static_cast<std::ptrdiff_t>(i * ghcbEntrySize));
        storeLe(std::span(table), i * ghcbEntrySize + 16, static_cast<std::uint32_t>(table.size()));
        storeLe(std::span(table), i * ghcbEntrySize + 20, static_cast<std::uint32_t>(content.size()));
        table.insert(table.end(), content.begin(), content.end());
    }
    return table;
}

bool looksLikeGhcbTable(ByteView bytes)
{
    if (bytes.size() < 2 * ghcbEntrySize)
        return false;
    const Slot first = slotAt(bytes, 0);
    return !ghcbRole(first.guid).empty() && first.offset >= 2 * ghcbEntrySize && first.offset <= bytes.size()
        && first.length <= bytes.size() - first.offset;
}

std::string_view ghcbRole(const Guid &guid)
{
    const auto *const found = std::ranges::find(roles, guid, &Role::guid);
    return found == roles.end() ? std::string_view() : found->name;
}

std::optional<Guid> ghcbGuid(std::string_view role)
{
    const auto *const found = std::ranges::find(roles, role == "asvk" ? std::string_view("ask") : role, &Role::name);
    if (found == roles.end())
        return {};
    return found->guid;
}

} // namespace kastellan::sev
