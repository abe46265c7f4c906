// SPDX-License-Identifier: Apache-2.0
// Hex dumps with offsets, as xxd and hexdump -C print them, and as people paste them into messages.
#include "sev-backend/intake/parts.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kastellan::sev::intake {
namespace {

int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// One line: the offset, and up to 32 bytes behind it. The characters that the bytes stand for come after two blanks or a bar.
bool readLine(std::string_view line, std::uint64_t &offset, Bytes &bytes)
{
    constexpr std::size_t mostBytes = 32;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), offset, 16);
    std::size_t at = static_cast<std::size_t>(end - line.data());
    if (error != std::errc{} || at < 4)
        return false;
    if (at < line.size() && line[at] == ':')
        ++at;
    if (at == line.size())
        return true; // the last line of hexdump: the size alone
    if (line[at] != ' ' && line[at] != '\t')
        return false;
    while (at < line.size() && bytes.size() < mostBytes) {
        std::size_t blanks = 0;
        for (; at < line.size() && (line[at] == ' ' || line[at] == '\t'); ++at)
            ++blanks;
        // hexdump -C leaves two blanks in the middle of a line, too.
        if (at == line.size() || line[at] == '|' || (blanks > 1 && !bytes.empty() && (bytes.size() != 8 || blanks > 2)))
            return !bytes.empty();
        bool any = false;
        for (; at + 1 < line.size() && digit(line[at]) >= 0 && digit(line[at + 1]) >= 0 && bytes.size() < mostBytes; at += 2) {
            bytes.push_back(static_cast<std::uint8_t>(digit(line[at]) << 4 | digit(line[at + 1])));
            any = true;
        }
        if (!any)
            return !bytes.empty();
    }
    return !bytes.empty();
}

} // namespace

bool lookHexDump(Looker &looker, const Part &part)
{
    std::string_view text = asText(part.bytes);
    Bytes all, line;
    std::size_t lines = 0;
    bool repeats = false; // "*" stands for lines like the one before
    while (!text.empty()) {
        const std::string_view row = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(row.size() + 1, text.size()));
        const std::string_view trimmed = row.substr(0, row.find_last_not_of(" \t\r") + 1);
        if (trimmed.empty())
            continue;
        if (trimmed == "*" && lines) {
            repeats = true;
            continue;
        }
        std::uint64_t offset = 0;
        const Bytes before = std::exchange(line, {});
        if (!readLine(trimmed, offset, line))
            return false;
        if (repeats) {
            constexpr std::uint64_t most = std::uint64_t{1} << 20;
            if (before.empty() || offset > most)
                return false;
            while (all.size() < offset)
                all.insert(all.end(), before.begin(), before.end());
        }
        repeats = false;
        if (offset != all.size() || !looker.spend(part, 0, line.size()))
            return false;
        all.insert(all.end(), line.begin(), line.end());
        ++lines;
    }
    return lines > 1 && looker.look(part.derived(all, "hex dump"));
}

} // namespace kastellan::sev::intake
