// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/keep_index.h"

#include "core/base/codec.h"
#include "sev-backend/abi/page_info.h"

#include <algorithm>

#include <sys/stat.h>

namespace kastellan::sev {
namespace {

constexpr std::string_view magic = "KASTIDX1";
constexpr const char *reading = "read the index of a process keep";
constexpr const char *writing = "write the index of a process keep";

Status checkEntry(const IndexEntry &entry, const IndexEntry *before, const char *what)
{
    if (auto status = checkImagePath(entry.path); !status)
        return std::unexpected(status.error().during(what));
    if ((entry.mode & S_IFMT) != S_IFREG || (entry.mode & ~static_cast<std::uint32_t>(S_IFMT | 0777)) != 0)
        return badInput(what, entry.path, "it is not a regular file without set-id bits");
    if (entry.gpa % pageSize != 0)
        return badInput(what, entry.path, "it does not begin at a page");
    if (before && entry.path <= before->path)
        return badInput(what, entry.path, "the paths do not ascend, or one is there twice");
    return {};
}

Status checkCommand(const std::vector<std::string> &command, const char *what)
{
    if (command.empty() || command.size() > 256)
        return badInput(what, {}, "the command has " + std::to_string(command.size()) + " words, and may have 1 to 256");
    for (const auto &word : command)
        if (word.contains('\0') || word.size() > KeepIndex::pathLimit)
            return badInput(what, {}, "a word of the command has a NUL, or over 4095 bytes");
    return {};
}

} // namespace

Status checkImagePath(std::string_view path)
{
    const auto bad = [&](std::string why) {
        return badInput("use a path in a keep image", std::string(path.substr(0, 200)), std::move(why));
    };
    if (path.size() > KeepIndex::pathLimit)
        return bad("it has over 4095 bytes");
    if (!path.starts_with('/') || path.size() < 2)
        return bad("it is not absolute, or names the root");
    if (std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return bad("it has a control character");
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const auto part = path.substr(at, end - at);
        if (part.empty() || part == "." || part == "..")
            return bad("a part of it is empty, '.' or '..'");
        at = end + 1;
    }
    return {};
}

Result<Bytes> KeepIndex::encode() const
{
    KASTELLAN_TRY(checkCommand(command, writing));
    Writer body;
    body.number(static_cast<std::uint32_t>(command.size()));
    for (const auto &word : command)
        body.text(word);
    const IndexEntry *before = nullptr;
    for (const auto &entry : files) {
        KASTELLAN_TRY(checkEntry(entry, before, writing));
        before = &entry;
        body.number(entry.gpa).number(entry.size).number(entry.mode).text(entry.path);
    }
    const Bytes content = body.take();
    if (content.size() > limit - headSize)
        return badInput(writing, {}, "it has " + std::to_string(content.size()) + " bytes, and at most 15 MiB fit",
            "Use fewer files or shorter paths.");
    Bytes pages(headSize);
    std::ranges::copy(magic, pages.begin());
    storeLe<std::uint32_t>(pages, 8, 1); // version of this layout
    storeLe<std::uint32_t>(pages, 12, static_cast<std::uint32_t>(files.size()));
    storeLe<std::uint64_t>(pages, 16, headSize + content.size());
    pages.insert(pages.end(), content.begin(), content.end());
    pages.resize((pages.size() + pageSize - 1) / pageSize * pageSize);
    return pages;
}

Result<KeepIndex> KeepIndex::decode(ByteView pages)
{
    if (pages.size() < headSize || pages.size() % pageSize != 0 || pages.size() > (limit + pageSize - 1) / pageSize * pageSize)
        return badInput(reading, {}, "it has " + std::to_string(pages.size()) + " bytes, and needs whole pages, at most 15 MiB");
    if (asText(pages.first(8)) != magic)
        return badInput(reading, "offset 0", "it does not begin with " + std::string(magic));
    if (const auto version = loadLe<std::uint32_t>(pages, 8); version != 1)
        return badInput(reading, "offset 8", "its version is " + std::to_string(version) + ", and this program knows 1",
            "Use a newer version of this program.");
    const auto count = loadLe<std::uint32_t>(pages, 12);
    const auto length = loadLe<std::uint64_t>(pages, 16);
    if (length < headSize || length > pages.size() || pages.size() - length >= pageSize)
        return badInput(reading, "offset 16",
            "it announces " + std::to_string(length) + " bytes in " + std::to_string(pages.size() / pageSize) + " pages");
    const auto zero = [](std::uint8_t byte) { return byte == 0; };
    if (!std::ranges::all_of(pages.subspan(24, headSize - 24), zero) || !std::ranges::all_of(pages.subspan(length), zero))
        return badInput(reading, {}, "a byte that has to be zero is not");
    KeepIndex index;
    Reader reader(pages.subspan(headSize, length - headSize));
    const auto words = reader.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < words && !reader.failed(); ++i)
        index.command.push_back(reader.text(pathLimit));
    for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
        IndexEntry entry;
        entry.gpa = reader.number<std::uint64_t>();
        entry.size = reader.number<std::uint64_t>();
        entry.mode = reader.number<std::uint32_t>();
        entry.path = reader.text(pathLimit);
        if (!reader.failed())
            KASTELLAN_TRY(checkEntry(entry, index.files.empty() ? nullptr : &index.files.back(), reading));
        index.files.push_back(std::move(entry));
    }
    KASTELLAN_TRY(reader.finish(reading));
    KASTELLAN_TRY(checkCommand(index.command, reading));
    return index;
}

} // namespace kastellan::sev
