// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace kastellan::sev {

/// How far a guest came that was started on /dev/kvm. Plain data: it is passed between processes as its bytes.
struct KvmOutcome {
    enum class Step : std::uint32_t {
        NotOpened,
        NoKvm, ///< it opens, and is no KVM
        WrongApi,
        NoVm,
        NoMemory,
        NoVcpu,
        NoRegisters,
        NotRun, ///< KVM_RUN failed
        WrongExit, ///< it ran, and stopped for another reason than it should
        WrongData, ///< it ran, and did something else than it should
        TimedOut,
        Ran,
    };
    Step step = Step::NotOpened;
    std::int32_t error = 0; ///< errno of the call that failed
    std::int32_t api = -1; ///< KVM_GET_API_VERSION
    std::uint32_t exitReason = 0; ///< KVM_EXIT_… of the last exit
    std::int64_t vmTypes = -1; ///< KVM_CAP_VM_TYPES: bit 2 SEV, 3 SEV-ES, 4 SEV-SNP; -1: not answered
    std::int32_t guestMemory = -1; ///< KVM_CAP_GUEST_MEMFD
    std::int32_t attributesKnown = 0; ///< 1: `features` holds
    std::uint64_t features = 0; ///< KVM_X86_SEV_VMSA_FEATURES: VMSA features that a guest may have
};

/// The calls that the probe makes; a test puts its own behind it.
class KvmCalls {
public:
    virtual ~KvmCalls() = default;
    virtual int open() = 0; ///< /dev/kvm; -1 with errno
    virtual int ioctl(int fd, unsigned long request, unsigned long argument) = 0;
    virtual void *map(int fd, std::size_t size) = 0; ///< shared memory of a descriptor, or fresh memory for -1; null with errno
    virtual void unmap(void *memory, std::size_t size) = 0;
    virtual void close(int fd) = 0;
};

/// Makes a virtual machine with one page of memory and one processor, which writes a byte to a port and halts. Makes nothing but these
/// calls: it may run between fork and _exit.
[[nodiscard]] KvmOutcome probeKvm(KvmCalls &calls);
/// The same on this computer's /dev/kvm, in a process of its own, which is killed after five seconds.
[[nodiscard]] KvmOutcome probeKvm();

} // namespace kastellan::sev
