// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/answer_calls.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/syscall.h>

namespace kastellan::sev {

CallAnswers::CallAnswers(std::unique_ptr<Tree> tree, std::unique_ptr<Handles> handles, ModelRegisters registers, bool readOnly)
    : m_tree(std::move(tree))
    , m_handles(std::move(handles))
    , m_registers(std::move(registers))
    , m_readOnly(readOnly)
{
}

CallAnswer CallAnswers::answer(const SystemCall &call, Caller &caller)
{
    const auto &argument = call.arguments;
    const auto here = [&](bool follow = true) { return Named{AT_FDCWD, argument[0], follow}; };
    const auto there = [&](bool follow = true) { return Named{call.number32(0), argument[1], follow}; };
    switch (call.number) {
    case SYS_open:
        return open(caller, here(!(argument[1] & O_NOFOLLOW)), argument[1]);
    case SYS_creat:
        return open(caller, here(), O_CREAT | O_WRONLY | O_TRUNC);
    case SYS_openat:
        return open(caller, there(!(argument[2] & O_NOFOLLOW)), argument[2]);
    case SYS_openat2:
        return openHow(caller, call);
    case SYS_stat:
    case SYS_lstat:
        return stat(caller, node(caller, here(call.number == SYS_stat)), argument[1]);
    case SYS_fstat:
        return stat(caller, node(caller, call.number32(0)), argument[1]);
    case SYS_newfstatat:
        return statAt(caller, call);
    case SYS_statx:
        return statx(caller, call);
    case SYS_access:
        return access(caller, here(), call.number32(1));
    case SYS_faccessat:
        return access(caller, there(), call.number32(2));
    case SYS_faccessat2:
        return access(caller, there(!(argument[3] & AT_SYMLINK_NOFOLLOW)), call.number32(2));
    case SYS_readlink:
        return readLink(caller, here(false), argument[1], argument[2]);
    case SYS_readlinkat:
        return readLink(caller, there(false), argument[2], argument[3]);
    case SYS_getxattr: // there, and without any
    case SYS_lgetxattr:
        return node(caller, here(call.number == SYS_getxattr)) ? CallAnswer::error(ENODATA) : CallAnswer();
    case SYS_listxattr:
    case SYS_llistxattr:
        return node(caller, here(call.number == SYS_listxattr)) ? CallAnswer::result(0) : CallAnswer();
    case SYS_mkdir:
        return makeFolder(caller, here(false));
    case SYS_mkdirat:
        return makeFolder(caller, there(false));
    case SYS_rmdir:
        return removeFolder(caller, here(false));
    case SYS_unlinkat:
        return argument[2] & AT_REMOVEDIR ? removeFolder(caller, there(false)) : CallAnswer();
    case SYS_ioctl:
        return control(caller, call);
    case SYS_read:
    case SYS_pread64:
    case SYS_readv:
    case SYS_preadv:
    case SYS_preadv2:
        return read(caller, call);
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
        return write(caller, call);
    default:
        return {};
    }
}

} // namespace kastellan::sev
