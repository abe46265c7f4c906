// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <linux/filter.h>

namespace kastellan::sev {

/// The system calls that a keep may make, as a classic BPF program for seccomp(2): an allow-list for this processor's own calling
/// convention. It is the outer bound for the warden and the runner, which tightens it for the workload. Another calling convention (32-bit,
/// x32) ends the keep; a call that is not listed fails with EPERM, and one that libraries replace by an older call with ENOSYS. Not listed
/// are, among others: socket, connect, bind, ptrace, mount, unshare, setns, bpf, keyctl, io_uring, userfaultfd, perf_event_open,
/// process_vm_writev. `ioctls`: requests allowed beyond the harmless ones, for a device that the keep holds open.
[[nodiscard]] std::vector<sock_filter> keepSeccompFilter(std::span<const std::uint32_t> ioctls = {});

/// Whether this kernel takes such filters.
[[nodiscard]] bool seccompAvailable();

} // namespace kastellan::sev
