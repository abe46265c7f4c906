// SPDX-License-Identifier: Apache-2.0
#include "app/keep-runner/seccomp.h"

#include <cerrno>
#include <cstddef>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::runner {
namespace {

constexpr std::uint32_t x32 = 0x40000000; // the other numbering of the same architecture

void add(std::vector<sock_filter> &program, std::uint32_t code, std::uint32_t value, std::uint8_t yes = 0, std::uint8_t no = 0)
{
    program.push_back({static_cast<std::uint16_t>(code), yes, no, value});
}

void load(std::vector<sock_filter> &program, std::size_t offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

} // namespace

Status allowOnly(std::span<const Allowed> calls)
{
    constexpr const char *what = "limit the system calls";
    std::vector<sock_filter> program;
    load(program, offsetof(seccomp_data, arch));
    add(program, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(seccomp_data, nr));
    add(program, BPF_JMP | BPF_JGE | BPF_K, x32, 0, 1);
    add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    for (const Allowed &call : calls) {
        const auto number = static_cast<std::uint32_t>(call.number);
        if (call.argument < 0) {
            add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
            add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
            continue;
        }
        add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4);
        load(program, offsetof(seccomp_data, args) + 8 * static_cast<std::size_t>(call.argument)); // little-endian: the low word is first
        add(program, BPF_JMP | BPF_JSET | BPF_K, call.mask, 1, 0);
        add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
        return systemError(what, {}, errno);
    return {};
}

} // namespace kastellan::runner
