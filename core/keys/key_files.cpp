// SPDX-License-Identifier: Apache-2.0
#include "core/keys/key_files.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

namespace kastellan::keys {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longestName = 64;
constexpr off_t largestKey = 65536;

bool isAlphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

void wipe(std::string &text)
{
    OPENSSL_cleanse(text.data(), text.size());
}

Status checkName(std::string_view name)
{
    const auto allowed = [](char c) { return isAlphanumeric(c) || c == '.' || c == '_' || c == '-'; };
    if (!name.empty() && name.size() <= longestName && isAlphanumeric(name.front()) && std::ranges::all_of(name, allowed))
        return {};
    return badInput("use a key", "name '" + std::string(name.substr(0, longestName)) + "'", "it is not a name for a key",
        "Use 1 to 64 letters, digits, '.', '_' and '-', and begin with a letter or digit.");
}

Result<fs::path> keysFolder()
{
    fs::path folder = dataFolder() / "keys";
    KASTELLAN_TRY(makeFolder(folder));
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0)
        return systemError("use the folder of keys", folder.string(), errno);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return environment("use the folder of keys", folder.string(), "other users may write to it, and could put keys of theirs there",
            "Look at what lies there, then: chmod 700 '" + folder.string() + "'.");
    return folder;
}

Result<Fd> lockKeys(const fs::path &folder)
{
    return lockFile(folder / ".lock");
}

Result<std::string> readPrivateFile(const fs::path &path, std::int64_t *modified)
{
    constexpr auto doing = "read a private key";
    // O_NONBLOCK: a pipe in the file's place must not hold us up. O_NOFOLLOW: nor may a link lead elsewhere.
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd && errno == ELOOP)
        return environment(doing, path.string(), "it is a symbolic link", "Put the key itself there.");
    if (!fd && errno == ENOENT)
        return badInput(doing, path.string(), "there is no such key", "keepctl keys list shows those that are there.");
    if (!fd)
        return systemError(doing, path.string(), errno);
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0)
        return systemError(doing, path.string(), errno);
    if (!S_ISREG(status.st_mode))
        return environment(doing, path.string(), "it is not a plain file", "Move it away.");
    if (status.st_uid != ::geteuid())
        return environment(doing, path.string(), "it belongs to user " + std::to_string(status.st_uid) + ", who could change it",
            "Move it away, or, if the key is yours: chown " + std::to_string(::geteuid()) + " '" + path.string() + "'.");
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return environment(doing, path.string(), "other users can read or change it, so it is a secret no longer",
            "Make a new key; or, if nobody else has used this machine: chmod 600 '" + path.string() + "'.");
    if (status.st_size > largestKey)
        return badInput(
            doing, path.string(), "it has " + std::to_string(status.st_size) + " bytes, more than any key", "Check that it is a key.");
    if (modified)
        *modified = status.st_mtim.tv_sec;
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const ssize_t count = ::read(fd.get(), text.data() + used, text.size() - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(doing, path.string(), errno);
        if (count == 0)
            break;
        used += static_cast<std::size_t>(count);
    }
    text.resize(used);
    return text;
}

} // namespace kastellan::keys
