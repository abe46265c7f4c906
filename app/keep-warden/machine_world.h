// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/kernel_words.h"
#include "core/base/fd.h"

namespace kastellan::warden {

// The virtual machine around the warden, as the kernel hands it to its first program: nothing mounted, no descriptor open.

/// Mounts /dev and makes the console descriptors 1 and 2, and nothing descriptor 0. Comes first: errors could not be told before.
[[nodiscard]] Status openConsole();
/// Mounts what is needed to find one's way: /proc (nobody sees the processes of others), /sys with securityfs and configfs, /run for the
/// warden's user. Nothing in them is a device or changes its user; /run alone may hold code, for that is what is compiled ahead of time.
[[nodiscard]] Status mountWorld();
/// Nothing of a workload may reach the console: from now on the kernel says there only what ends the machine.
[[nodiscard]] Status hushKernel();
/// Who is ended where memory runs out: the workload, never the warden. Made while the caller is root and has /proc.
class MemoryOrder {
public:
    /// The caller is spared, and so will be what it starts.
    [[nodiscard]] static Result<MemoryOrder> make();
    /// What is started from now on comes first; and this process again never. Needs no privileges any more.
    [[nodiscard]] Status spare(bool spared);

private:
    explicit MemoryOrder(Fd score)
        : m_score(std::move(score))
    {
    }
    Fd m_score;
};
/// Waits until the kernel has random numbers. Without RDRAND that may take a while, which is said on the console; an error after a minute.
[[nodiscard]] Status awaitRandomNumbers();
[[nodiscard]] Result<KernelWords> readKernelWords();
/// Takes away what was needed only to begin, and makes the root read-only. `configfs` stays where reports come from there.
[[nodiscard]] Status leaveWorld(bool configfs);

} // namespace kastellan::warden
