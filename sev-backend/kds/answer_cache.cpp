// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/answer_cache.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/file.h"

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
    KASTELLAN_TRY(makeFolder(m_folder));
    return writeFileAtomically(
        file(address), Writer().raw(asBytes(magic)).text(address).number(now).raw(sha256(body).view()).sized(body).take());
}

} // namespace kastellan::sev::kds
