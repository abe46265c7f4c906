// SPDX-License-Identifier: Apache-2.0
#include "core/workload/compile_cache.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/workload/workload.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan::workload {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t keySize = 32;
constexpr std::size_t textLimit = 64 * 1024;

/// A file of ours that nobody else could have written; nullopt otherwise.
std::optional<Bytes> readOwn(const fs::path &path, std::uint64_t limit)
{
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != ::geteuid())
        return std::nullopt;
    auto content = readFile(path, limit);
    return content ? std::optional(std::move(*content)) : std::nullopt;
}

Result<Bytes> userKey(const fs::path &folder)
{
    const fs::path file = folder / "compile-cache.key";
    KASTELLAN_TRY(makeFolder(folder));
    KASTELLAN_ASSIGN(const Fd lock, lockFile(folder / "compile-cache.key.lock"));
    struct stat status{};
    if (::lstat(file.c_str(), &status) == 0 && (status.st_mode & 0777) == 0600)
        if (auto key = readOwn(file, keySize); key && key->size() == keySize)
            return std::move(*key);
    // Missing, or not as it was left: with a new key everything is compiled anew.
    Bytes key(keySize);
    randomBytes(key);
    KASTELLAN_TRY(writeFileAtomically(file, key, 0600));
    return key;
}

} // namespace

Result<CompileCache> CompileCache::open()
{
    CompileCache cache;
    cache.m_folder = cacheFolder() / "aot";
    KASTELLAN_TRY(makeFolder(cache.m_folder));
    KASTELLAN_ASSIGN(cache.m_key, userKey(dataFolder()));
    return cache;
}

Sha256 CompileCache::mac(std::string_view kind, std::string_view subject, ByteView content) const
{
    Bytes sizes(16);
    storeLe<std::uint64_t>(sizes, 0, kind.size());
    storeLe<std::uint64_t>(sizes, 8, subject.size());
    return hmacSha256(m_key, {sizes, asBytes(kind), asBytes(subject), content});
}

fs::path CompileCache::path(std::string_view kind, std::string_view subject, std::string_view ending) const
{
    return m_folder / (toHex(mac("name", subject, asBytes(kind)).view()).substr(0, 40) + std::string(ending));
}

std::optional<CompileCache::Entry> CompileCache::find(std::string_view note) const
{
    const fs::path file = path("code", note, ".so");
    const auto tag = readOwn(path("code", note, ".mac"), Sha256::size);
    if (!tag)
        return std::nullopt;
    const auto code = readOwn(file, compiledSizeLimit);
    if (!code)
        return std::nullopt;
    const Sha256 digest = sha256(*code);
    if (!equalConstantTime(*tag, mac("code", note, digest.view()).view()))
        return std::nullopt;
    ::utimensat(AT_FDCWD, file.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
    return Entry{file, digest};
}

Result<CompileCache::Entry> CompileCache::store(std::string_view note, ByteView code) const
{
    const Entry entry{path("code", note, ".so"), sha256(code)};
    // The tag first goes: between the two writes there is no entry, never a wrong one.
    std::error_code ignored;
    fs::remove(path("code", note, ".mac"), ignored);
    KASTELLAN_TRY(writeFileAtomically(entry.file, code, 0600));
    KASTELLAN_TRY(writeFileAtomically(path("code", note, ".mac"), mac("code", note, entry.digest.view()).view(), 0600));
    return entry;
}

Result<Fd> CompileCache::lock(std::string_view note) const
{
    // Sixteen files for all entries: they need not be removed, and two modules rarely wait for each other.
    return lockFile(m_folder / ("lock-" + path("code", note, "").filename().string().substr(0, 1)));
}

std::optional<std::string> CompileCache::remembered(std::string_view about) const
{
    const auto content = readOwn(path("text", about, ".txt"), textLimit);
    if (!content || content->size() < Sha256::size)
        return std::nullopt;
    const ByteView text = ByteView(*content).subspan(Sha256::size);
    if (!equalConstantTime(ByteView(*content).first(Sha256::size), mac("text", about, text).view()))
        return std::nullopt;
    return std::string(asText(text));
}

void CompileCache::remember(std::string_view about, std::string_view text) const
{
    Bytes content = toBytes(mac("text", about, asBytes(text)).view());
    content.insert(content.end(), text.begin(), text.end());
    // It is remembered for speed alone.
    (void)writeFileAtomically(path("text", about, ".txt"), content, 0600);
}

Result<fs::path> CompileCache::workFolder() const
{
    std::string name = (m_folder / "work-XXXXXX").string();
    if (!::mkdtemp(name.data()))
        return systemError("make a folder for the compiler", name, errno);
    return fs::path(name);
}

void CompileCache::prune(std::uint64_t limit) const
{
    struct Old {
        fs::path path;
        fs::file_time_type used;
        std::uint64_t size;
    };
    std::vector<Old> old;
    std::uint64_t total = 0;
    std::error_code code;
    const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (fs::directory_iterator entry(m_folder, code), end; !code && entry != end; entry.increment(code)) {
        std::error_code each;
        const std::string name = entry->path().filename().string();
        const auto used = entry->last_write_time(each);
        const bool stale = !each && used < yesterday;
        if (stale && (name.starts_with("work-") || name.ends_with(".txt") || name.starts_with("."))) {
            fs::remove_all(entry->path(), each); // of a compiler that was killed, or soon written again
        } else if (name.ends_with(".so")) {
            const auto size = entry->file_size(each);
            total += each ? 0 : size;
            if (stale)
                old.push_back({entry->path(), used, size});
        }
    }
    std::ranges::sort(old, {}, &Old::used);
    for (const auto &entry : old) {
        if (total <= limit)
            break;
        std::error_code each;
        fs::remove(fs::path(entry.path).replace_extension(".mac"), each);
        if (fs::remove(entry.path, each))
            total -= entry.size;
    }
}

} // namespace kastellan::workload
