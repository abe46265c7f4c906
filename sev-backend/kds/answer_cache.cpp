// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/answer_cache.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/file.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace kastellan::sev::kds {
namespace {
constexpr std::string_view magic = "KSTLKDS1";
constexpr std::size_t largest = std::size_t{5} << 20;
} // namespace

std::filesystem::path AnswerCache::file(std::string_view address) const
{
    return m_folder / toHex(sha256(asBytes(address)).view());
}

std::optional<AnswerCache::Entry> AnswerCache::get(std::string_view address) const
{
    if (m_folder.empty())
        return {};
    const auto content = readFile(file(address), largest);
    if (!content)
        return {};
    Reader reader(*content);
    const bool ours = asText(reader.raw(magic.size())) == magic && reader.text(2000) == address;
    Entry entry;
    entry.fetched = reader.number<std::int64_t>();
    const auto digest = reader.fixed<Sha256>();
    entry.body = toBytes(reader.sized(largest));
    if (!ours || !reader.finish("a cached answer") || sha256(entry.body) != digest)
        return {};
    return entry;
}

Status AnswerCache::put(std::string_view address, ByteView body, std::int64_t now) const
{
    if (m_folder.empty())
        return {};
    const Bytes content = Writer().raw(asBytes(magic)).text(address).number(now).raw(sha256(body).view()).sized(body).take();
    if (content.size() > m_limit)
        return {};
    KASTELLAN_TRY(makeFolder(m_folder));
    KASTELLAN_TRY(writeFileAtomically(file(address), content));
    keepBelowLimit();
    return {};
}

void AnswerCache::keepBelowLimit() const
{
    struct File {
        std::filesystem::file_time_type written;
        std::filesystem::path path;
        std::uint64_t size = 0;
    };
    std::vector<File> files;
    std::uint64_t total = 0;
    std::error_code code;
    for (std::filesystem::directory_iterator at(m_folder, code), end; !code && at != end; at.increment(code)) {
        std::error_code one; // others may remove files at the same time
        if (!at->is_regular_file(one))
            continue;
        File file{at->last_write_time(one), at->path(), at->file_size(one)};
        if (one)
            continue;
        total += file.size;
        files.push_back(std::move(file));
    }
    if (total <= m_limit)
        return;
    std::ranges::sort(files, [](const File &a, const File &b) { return std::tie(a.written, a.path) < std::tie(b.written, b.path); });
    for (const auto &file : files) {
        if (total <= m_limit)
            return;
        if (std::filesystem::remove(file.path, code) || !code)
            total -= file.size;
    }
}

} // namespace kastellan::sev::kds
