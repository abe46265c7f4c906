// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include "core/base/digest.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace kastellan {
namespace fs = std::filesystem;

std::unexpected<Error> cannotOpen(std::string what, std::string where, int number)
{
    auto error = systemError(std::move(what), std::move(where), number);
    if (number == ENOENT || number == ENOTDIR || number == ENAMETOOLONG)
        error.error().kind = ErrorKind::Input;
    return error;
}

Result<Bytes> readFile(const fs::path &path, std::uint64_t limit)
{
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return cannotOpen("read a file", path.string(), errno);
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0)
        return systemError("read a file", path.string(), errno);
    if (S_ISDIR(status.st_mode))
        return badInput("read a file", path.string(), "it is a folder", "Name a file in it.");
    const auto tooLarge = [&](std::uint64_t size) {
        return badInput("read a file", path.string(),
            "it has " + std::to_string(size) + " bytes or more, and at most " + std::to_string(limit) + " can be read",
            "Check that this is the file that was meant.");
    };
    if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > limit)
        return tooLarge(static_cast<std::uint64_t>(status.st_size));
    Bytes content;
    content.resize(S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : 65536);
    std::size_t used = 0;
    for (;;) {
        if (used == content.size())
            content.resize(content.size() * 2);
        const ssize_t count = ::read(fd.get(), content.data() + used, content.size() - used);
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return systemError("read a file", path.string(), errno);
        }
        if (count == 0)
            break;
        used += static_cast<std::size_t>(count);
        if (used > limit)
            return tooLarge(used);
    }
    content.resize(used);
    return content;
}

Status writeAll(int fd, ByteView content, std::string_view where)
{
    while (!content.empty()) {
        const ssize_t count = ::write(fd, content.data(), content.size());
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return systemError("write", std::string(where), errno);
        }
        content = content.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Status writeFileAtomically(const fs::path &path, ByteView content, mode_t mode)
{
    std::array<std::uint8_t, 6> suffix{};
    randomBytes(suffix);
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const fs::path temporary = folder / ("." + path.filename().string() + "." + toHex(suffix));
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd)
        return systemError("write a file", path.string(), errno);
    const auto discard = [&](Status status) -> Status {
        ::unlink(temporary.c_str());
        return status;
    };
    if (auto status = writeAll(fd.get(), content, path.string()); !status)
        return discard(std::move(status));
    if (::fsync(fd.get()) != 0)
        return discard(systemError("write a file", path.string(), errno));
    fd.reset();
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return discard(systemError("write a file", path.string(), errno));
    const Fd folderFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folderFd)
        ::fsync(folderFd.get());
    return {};
}

Status makeFolder(const fs::path &path, mode_t mode)
{
    fs::path current;
    for (const auto &part : fs::absolute(path)) {
        current /= part;
        if (::mkdir(current.c_str(), mode) != 0 && errno != EEXIST && errno != EISDIR) {
            const int number = errno;
            struct stat status{};
            if (::stat(current.c_str(), &status) != 0)
                return systemError("make a folder", current.string(), number);
        }
    }
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return systemError("make a folder", path.string(), errno);
    if (!S_ISDIR(status.st_mode))
        return environment("make a folder", path.string(), "a file with this name is there", "Remove it or rename it.");
    if (status.st_uid != ::geteuid())
        return environment("use a folder", path.string(), "it belongs to another user", "Remove it, or choose another place.");
    return {};
}

Result<Fd> lockFile(const fs::path &path)
{
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd)
        return systemError("lock a file", path.string(), errno);
    while (::flock(fd.get(), LOCK_EX) != 0)
        if (errno != EINTR)
            return systemError("lock a file", path.string(), errno);
    return fd;
}

namespace {
fs::path home()
{
    const char *value = std::getenv("HOME");
    return value && *value ? fs::path(value) : fs::path("/");
}
fs::path folderFrom(const char *variable, const char *fallback)
{
    const char *value = std::getenv(variable);
    // The XDG specification says that a relative path is invalid and must be ignored.
    return (value && *value == '/' ? fs::path(value) : home() / fallback) / "kastellan";
}
} // namespace

fs::path dataFolder()
{
    if (const char *value = std::getenv("KASTELLAN_DATA"); value && *value == '/')
        return value;
    return folderFrom("XDG_DATA_HOME", ".local/share");
}

fs::path cacheFolder()
{
    return folderFrom("XDG_CACHE_HOME", ".cache");
}

fs::path runtimeFolder()
{
    if (const char *value = std::getenv("XDG_RUNTIME_DIR"); value && *value == '/' && std::string_view(value).size() < 50)
        return fs::path(value) / "kastellan";
    return "/tmp/kastellan-" + std::to_string(::geteuid());
}

fs::path programFolder()
{
    std::error_code code;
    return fs::read_symlink("/proc/self/exe", code).parent_path();
}

} // namespace kastellan
