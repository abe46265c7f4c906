// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/filter.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "AMD's devices are emulated for x86-64 programs alone"
#endif

namespace kastellan::sev {
namespace {

constexpr std::uint32_t x32 = 0x4000'0000;
constexpr std::uint32_t mostRegisters = 64; // bytes of one reading

sock_filter statement(std::uint16_t code, std::uint32_t k)
{
    return {code, 0, 0, k};
}
sock_filter jump(std::uint16_t code, std::uint32_t k, std::uint8_t yes, std::uint8_t no)
{
    return {code, yes, no, k};
}
sock_filter load(std::size_t offset)
{
    return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter answer(std::uint32_t action)
{
    return statement(BPF_RET | BPF_K, action);
}
constexpr std::size_t argument(std::size_t index, bool high = false)
{
    return offsetof(seccomp_data, args) + index * 8 + (high ? 4 : 0);
}

constexpr std::uint16_t equals = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t atLeast = BPF_JMP | BPF_JGE | BPF_K;
constexpr std::uint16_t greater = BPF_JMP | BPF_JGT | BPF_K;
constexpr std::uint16_t bitAnd = BPF_ALU | BPF_AND | BPF_K;

} // namespace

std::vector<sock_filter> presenterFilter(bool guest)
{
    std::vector<sock_filter> program{
        load(offsetof(seccomp_data, arch)),
        jump(equals, AUDIT_ARCH_X86_64, 1, 0),
        answer(SECCOMP_RET_ALLOW),
        load(offsetof(seccomp_data, nr)),
        jump(atLeast, x32, 0, 1),
        answer(SECCOMP_RET_ALLOW),
    };
    const auto ask = [&](std::initializer_list<std::uint32_t> calls) {
        for (const std::uint32_t call : calls) {
            program.push_back(jump(equals, call, 0, 1));
            program.push_back(answer(SECCOMP_RET_USER_NOTIF));
        }
    };
    ask({SYS_openat, SYS_newfstatat, SYS_statx, SYS_open, SYS_stat, SYS_lstat, SYS_fstat, SYS_openat2, SYS_creat, SYS_access, SYS_faccessat,
        SYS_faccessat2, SYS_readlink, SYS_readlinkat, SYS_getxattr, SYS_lgetxattr, SYS_listxattr, SYS_llistxattr});
    if (guest)
        ask({SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_preadv, SYS_preadv2, SYS_pwritev, SYS_pwritev2,
            SYS_mkdir, SYS_mkdirat, SYS_rmdir, SYS_unlinkat});
    else
        for (const std::uint32_t call : {SYS_read, SYS_pread64}) {
            const sock_filter registers[] = {
                jump(equals, call, 0, 8),
                load(argument(2, true)),
                jump(equals, 0, 0, 5),
                load(argument(2)),
                jump(greater, mostRegisters, 3, 0),
                statement(bitAnd, 7),
                jump(equals, 0, 0, 1),
                answer(SECCOMP_RET_USER_NOTIF),
                answer(SECCOMP_RET_ALLOW),
            };
            program.insert(program.end(), std::begin(registers), std::end(registers));
        }
    // Both devices have ioctls of type 'S'; of any other the kernel says what is true of them: ENOTTY.
    const sock_filter devices[] = {
        jump(equals, SYS_ioctl, 0, 4),
        load(argument(1)),
        statement(bitAnd, 0xff00),
        jump(equals, std::uint32_t{'S'} << 8, 0, 1),
        answer(SECCOMP_RET_USER_NOTIF),
        answer(SECCOMP_RET_ALLOW),
    };
    program.insert(program.end(), std::begin(devices), std::end(devices));
    return program;
}

} // namespace kastellan::sev
