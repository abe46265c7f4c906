// SPDX-License-Identifier: Apache-2.0
// What `keepctl emulate --interpose` loads into a program: the C library's functions that open, look at, read and control files ask keepctl
// first, and go on as ever with what is not emulated. It keeps nothing, and calls nothing of C++'s library.
#include "sev-backend/presenter/interpose_protocol.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

using kastellan::sev::InterposeReply;
using kastellan::sev::InterposeRequest;

namespace {

using Word = unsigned long;

template <typename T>
Word word(T value)
{
    if constexpr (requires { reinterpret_cast<Word>(value); } && !requires { static_cast<Word>(value); })
        return reinterpret_cast<Word>(value);
    else
        return static_cast<Word>(value);
}

/// Asks; false when there is nobody to ask or the call is none of theirs. Else `result` is what the call yields.
bool ask(long number, const Word (&arguments)[6], long &result)
{
    const char *path = std::getenv("KASTELLAN_INTERPOSE");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path || std::strlen(path) >= sizeof address.sun_path)
        return false;
    std::strcpy(address.sun_path, path);
    const int before = errno;
    const int stream = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (stream < 0) {
        errno = before;
        return false;
    }
    InterposeRequest request;
    request.number = static_cast<int>(number);
    request.thread = static_cast<int>(::syscall(SYS_gettid));
    std::memcpy(request.arguments, arguments, sizeof arguments);

    InterposeReply reply;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec piece{&reply, sizeof reply};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t count = -1;
    // The descriptor is given without close-on-exec, unless the program asked for it.
    const bool connected = ::connect(stream, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        && ::send(stream, &request, sizeof request, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof request);
    if (connected)
        do
            count = ::recvmsg(stream, &message, MSG_CMSG_CLOEXEC);
        while (count < 0 && errno == EINTR);
    ::syscall(SYS_close, stream);
    if (count != static_cast<ssize_t>(sizeof reply) || reply.kind == InterposeReply::Continue) {
        errno = before;
        return false;
    }
    result = static_cast<long>(reply.value);
    if (reply.kind == InterposeReply::Error) {
        errno = static_cast<int>(reply.value);
        result = -1;
        return true;
    }
    errno = before;
    if (reply.kind == InterposeReply::Descriptor) {
        const cmsghdr *header = CMSG_FIRSTHDR(&message);
        int descriptor = -1;
        if (header && header->cmsg_type == SCM_RIGHTS)
            std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        if (descriptor < 0) {
            errno = EMFILE;
            result = -1;
            return true;
        }
        if (!reply.reserved)
            ::syscall(SYS_fcntl, descriptor, F_SETFD, 0);
        result = descriptor;
    }
    return true;
}

/// The call as the program has it: asked about, else made.
template <typename... Arguments>
long call(long number, Arguments... given)
{
    const Word arguments[6] = {word(given)...};
    long result = 0;
    if (ask(number, arguments, result))
        return result;
    return ::syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

/// Whether a descriptor could be one of theirs: known without asking.
bool couldBeTheirs(int descriptor)
{
    char path[32], link[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    const int before = errno;
    const ssize_t length = ::syscall(SYS_readlinkat, AT_FDCWD, path, link, sizeof link);
    errno = before;
    constexpr char theirs[] = "/memfd:kastellan-";
    return length > static_cast<ssize_t>(sizeof theirs) && std::memcmp(link, theirs, sizeof theirs - 1) == 0;
}

template <typename... Arguments>
long onDescriptor(long number, int descriptor, Arguments... given)
{
    return couldBeTheirs(descriptor) ? call(number, descriptor, given...) : ::syscall(number, descriptor, given...);
}

mode_t modeOf(int flags, va_list arguments)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

int openAt(int folder, const char *path, int flags, mode_t mode)
{
    return static_cast<int>(call(SYS_openat, folder, path, flags, mode));
}

int flagsOf(const char *mode)
{
    const bool both = std::strchr(mode, '+');
    const int close = std::strchr(mode, 'e') ? O_CLOEXEC : 0;
    return (both ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY) | close;
}

FILE *openStream(const char *path, const char *mode, const char *name)
{
    const Word arguments[6] = {word(AT_FDCWD), word(path), word(flagsOf(mode))};
    long descriptor = 0;
    if (ask(SYS_openat, arguments, descriptor))
        return descriptor < 0 ? nullptr : ::fdopen(static_cast<int>(descriptor), mode);
    const auto next = reinterpret_cast<FILE *(*)(const char *, const char *)>(::dlsym(RTLD_NEXT, name));
    return next(path, mode);
}

} // namespace

#define INTERPOSED extern "C" __attribute__((visibility("default")))
// The C library declares some of them with attributes that ours need not repeat.
#pragma GCC diagnostic ignored "-Wmissing-declarations"
#pragma GCC diagnostic ignored "-Wattributes"

#define OPEN(NAME)                                                                                                                         \
    INTERPOSED int NAME(const char *path, int flags, ...)                                                                                  \
    {                                                                                                                                      \
        va_list more;                                                                                                                      \
        va_start(more, flags);                                                                                                             \
        const mode_t mode = modeOf(flags, more);                                                                                           \
        va_end(more);                                                                                                                      \
        return openAt(AT_FDCWD, path, flags, mode);                                                                                        \
    }
#define OPEN_AT(NAME)                                                                                                                      \
    INTERPOSED int NAME(int folder, const char *path, int flags, ...)                                                                      \
    {                                                                                                                                      \
        va_list more;                                                                                                                      \
        va_start(more, flags);                                                                                                             \
        const mode_t mode = modeOf(flags, more);                                                                                           \
        va_end(more);                                                                                                                      \
        return openAt(folder, path, flags, mode);                                                                                          \
    }
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)
INTERPOSED int __open_2(const char *path, int flags)
{
    return openAt(AT_FDCWD, path, flags, 0);
}
INTERPOSED int __open64_2(const char *path, int flags)
{
    return openAt(AT_FDCWD, path, flags, 0);
}
INTERPOSED int __openat_2(int folder, const char *path, int flags)
{
    return openAt(folder, path, flags, 0);
}
INTERPOSED int __openat64_2(int folder, const char *path, int flags)
{
    return openAt(folder, path, flags, 0);
}
INTERPOSED FILE *fopen(const char *path, const char *mode)
{
    return openStream(path, mode, "fopen");
}
INTERPOSED FILE *fopen64(const char *path, const char *mode)
{
    return openStream(path, mode, "fopen64");
}
INTERPOSED DIR *opendir(const char *path)
{
    const int descriptor = openAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0);
    return descriptor < 0 ? nullptr : ::fdopendir(descriptor);
}

INTERPOSED int ioctl(int descriptor, unsigned long request, ...) noexcept
{
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (((request >> 8) & 0xff) != 'S')
        return static_cast<int>(::syscall(SYS_ioctl, descriptor, request, argument));
    return static_cast<int>(onDescriptor(SYS_ioctl, descriptor, request, argument));
}

INTERPOSED ssize_t read(int descriptor, void *buffer, size_t size)
{
    return onDescriptor(SYS_read, descriptor, buffer, size);
}
INTERPOSED ssize_t __read_chk(int descriptor, void *buffer, size_t size, size_t)
{
    return onDescriptor(SYS_read, descriptor, buffer, size);
}
INTERPOSED ssize_t write(int descriptor, const void *buffer, size_t size)
{
    return onDescriptor(SYS_write, descriptor, buffer, size);
}
INTERPOSED ssize_t pread(int descriptor, void *buffer, size_t size, off_t offset)
{
    return onDescriptor(SYS_pread64, descriptor, buffer, size, offset);
}
INTERPOSED ssize_t pread64(int descriptor, void *buffer, size_t size, off64_t offset)
{
    return onDescriptor(SYS_pread64, descriptor, buffer, size, offset);
}
INTERPOSED ssize_t __pread_chk(int descriptor, void *buffer, size_t size, off_t offset, size_t)
{
    return onDescriptor(SYS_pread64, descriptor, buffer, size, offset);
}
INTERPOSED ssize_t __pread64_chk(int descriptor, void *buffer, size_t size, off64_t offset, size_t)
{
    return onDescriptor(SYS_pread64, descriptor, buffer, size, offset);
}

INTERPOSED ssize_t pwrite(int descriptor, const void *buffer, size_t size, off_t offset)
{
    return onDescriptor(SYS_pwrite64, descriptor, buffer, size, offset);
}
INTERPOSED ssize_t pwrite64(int descriptor, const void *buffer, size_t size, off64_t offset)
{
    return onDescriptor(SYS_pwrite64, descriptor, buffer, size, offset);
}
INTERPOSED ssize_t readv(int descriptor, const iovec *pieces, int count)
{
    return onDescriptor(SYS_readv, descriptor, pieces, count);
}
INTERPOSED ssize_t writev(int descriptor, const iovec *pieces, int count)
{
    return onDescriptor(SYS_writev, descriptor, pieces, count);
}

struct stat;
struct stat64;
struct statx;
INTERPOSED int stat(const char *path, struct stat *target) noexcept
{
    return static_cast<int>(call(SYS_newfstatat, AT_FDCWD, path, target, 0));
}
INTERPOSED int stat64(const char *path, struct stat64 *target) noexcept
{
    return static_cast<int>(call(SYS_newfstatat, AT_FDCWD, path, target, 0));
}
INTERPOSED int lstat(const char *path, struct stat *target) noexcept
{
    return static_cast<int>(call(SYS_newfstatat, AT_FDCWD, path, target, AT_SYMLINK_NOFOLLOW));
}
INTERPOSED int lstat64(const char *path, struct stat64 *target) noexcept
{
    return static_cast<int>(call(SYS_newfstatat, AT_FDCWD, path, target, AT_SYMLINK_NOFOLLOW));
}
INTERPOSED int fstat(int descriptor, struct stat *target) noexcept
{
    return static_cast<int>(onDescriptor(SYS_fstat, descriptor, target));
}
INTERPOSED int fstat64(int descriptor, struct stat64 *target) noexcept
{
    return static_cast<int>(onDescriptor(SYS_fstat, descriptor, target));
}
INTERPOSED int fstatat(int folder, const char *path, struct stat *target, int flags) noexcept
{
    return static_cast<int>(call(SYS_newfstatat, folder, path, target, flags));
}
INTERPOSED int fstatat64(int folder, const char *path, struct stat64 *target, int flags) noexcept
{
    return static_cast<int>(call(SYS_newfstatat, folder, path, target, flags));
}
INTERPOSED int statx(int folder, const char *path, int flags, unsigned mask, struct statx *target) noexcept
{
    return static_cast<int>(call(SYS_statx, folder, path, flags, mask, target));
}
INTERPOSED int access(const char *path, int mode) noexcept
{
    return static_cast<int>(call(SYS_access, path, mode));
}
INTERPOSED int faccessat(int folder, const char *path, int mode, int flags) noexcept
{
    return static_cast<int>(call(SYS_faccessat2, folder, path, mode, flags));
}
INTERPOSED int mkdir(const char *path, mode_t mode) noexcept
{
    return static_cast<int>(call(SYS_mkdir, path, mode));
}
INTERPOSED int mkdirat(int folder, const char *path, mode_t mode) noexcept
{
    return static_cast<int>(call(SYS_mkdirat, folder, path, mode));
}
INTERPOSED int rmdir(const char *path) noexcept
{
    return static_cast<int>(call(SYS_rmdir, path));
}
INTERPOSED int unlinkat(int folder, const char *path, int flags) noexcept
{
    return static_cast<int>(call(SYS_unlinkat, folder, path, flags));
}
