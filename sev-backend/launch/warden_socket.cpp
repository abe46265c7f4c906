// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/warden_socket.h"

#include "core/base/file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

Result<sockaddr_un> address(const fs::path &path, const char *what)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string &text = path.native();
    if (text.size() >= sizeof address.sun_path)
        return badInput(what, text, "a socket's path has at most 107 bytes", "Set XDG_RUNTIME_DIR to a shorter path.");
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return address;
}

} // namespace

fs::path wardenSocketPath(const KeepId &keep)
{
    return runtimeFolder() / (toHex(keep.view()).substr(0, 16) + ".warden");
}

Result<Fd> listenForWarden(const fs::path &path)
{
    constexpr const char *what = "make the keep's socket";
    KASTELLAN_TRY(makeFolder(path.parent_path()));
    KASTELLAN_ASSIGN(const sockaddr_un name, address(path, what));
    std::error_code code;
    fs::remove(path, code);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // No umask: it belongs to every thread. The folder is closed to others already.
    if (!fd || ::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0
        || ::listen(fd.get(), 8) != 0)
        return systemError(what, path.string(), errno);
    return fd;
}

Result<Fd> connectToWarden(const fs::path &path, WardenStream purpose)
{
    constexpr const char *what = "connect to the keep's warden";
    KASTELLAN_ASSIGN(const sockaddr_un name, address(path, what));
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return systemError(what, path.string(), errno);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0) {
        if (errno == ECONNREFUSED || errno == ENOENT)
            return environment(what, path.string(), "nobody listens there any more", "See the keep's log for why its warden ended.");
        return systemError(what, path.string(), errno);
    }
    const char word = static_cast<char>(purpose);
    if (::send(fd.get(), &word, 1, MSG_NOSIGNAL) != 1)
        return systemError(what, path.string(), errno);
    return fd;
}

} // namespace kastellan::sev
