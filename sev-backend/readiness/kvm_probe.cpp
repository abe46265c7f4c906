// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/kvm_probe.h"

#include "core/base/fd.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// Names of Linux 6.11 (include/uapi/linux/kvm.h, arch/x86/include/uapi/asm/kvm.h).
#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES 235
#endif
#ifndef KVM_CAP_GUEST_MEMFD
#define KVM_CAP_GUEST_MEMFD 234
#endif
#ifndef KVM_X86_GRP_SEV
#define KVM_X86_GRP_SEV 1
#endif
#ifndef KVM_X86_SEV_VMSA_FEATURES
#define KVM_X86_SEV_VMSA_FEATURES 0
#endif

namespace kastellan::sev {
namespace {

constexpr std::size_t memorySize = 0x2000, codeAt = 0x1000;
constexpr unsigned port = 0x10, byteWritten = 0x4b, mostExits = 16, timeLimit = 5; // seconds
constexpr std::uint8_t code[] = {0xb0, byteWritten, 0xe6, port, 0xf4}; // mov $0x4b, %al; out %al, $0x10; hlt

template <typename Pointer>
unsigned long argument(Pointer *pointer)
{
    return reinterpret_cast<unsigned long>(pointer);
}

/// What was opened and mapped, released in the opposite order.
struct Held {
    explicit Held(KvmCalls &its)
        : calls(its)
    {
    }
    ~Held()
    {
        if (run)
            calls.unmap(run, runSize);
        for (const int fd : {vcpu, vm, kvm})
            if (fd >= 0)
                calls.close(fd);
        if (memory)
            calls.unmap(memory, memorySize);
    }
    Held(const Held &) = delete;
    Held &operator=(const Held &) = delete;
    KvmCalls &calls;
    int kvm = -1, vm = -1, vcpu = -1;
    void *memory = nullptr, *run = nullptr;
    std::size_t runSize = 0;
};

KvmOutcome stopped(KvmOutcome outcome, KvmOutcome::Step step, int error)
{
    outcome.step = step;
    outcome.error = error;
    return outcome;
}

void askCapabilities(Held &held, KvmOutcome &outcome)
{
    outcome.vmTypes = held.calls.ioctl(held.kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);
    outcome.guestMemory = held.calls.ioctl(held.kvm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD);
    kvm_device_attr attribute{};
    attribute.group = KVM_X86_GRP_SEV;
    attribute.attr = KVM_X86_SEV_VMSA_FEATURES;
    attribute.addr = argument(&outcome.features);
    outcome.attributesKnown = held.calls.ioctl(held.kvm, KVM_GET_DEVICE_ATTR, argument(&attribute)) == 0;
}

/// Real mode at `codeAt`, all else as after a reset.
bool setRegisters(Held &held)
{
    kvm_sregs special{};
    if (held.calls.ioctl(held.vcpu, KVM_GET_SREGS, argument(&special)) != 0)
        return false;
    special.cs.base = 0;
    special.cs.selector = 0;
    kvm_regs general{};
    general.rip = codeAt;
    general.rflags = 2;
    return held.calls.ioctl(held.vcpu, KVM_SET_SREGS, argument(&special)) == 0
        && held.calls.ioctl(held.vcpu, KVM_SET_REGS, argument(&general)) == 0;
}

KvmOutcome runGuest(Held &held, KvmOutcome outcome)
{
    using Step = KvmOutcome::Step;
    auto *run = static_cast<kvm_run *>(held.run);
    bool wrote = false;
    for (unsigned i = 0; i < mostExits; ++i) {
        if (held.calls.ioctl(held.vcpu, KVM_RUN, 0) != 0) {
            if (errno == EINTR || errno == EAGAIN)
                continue;
            return stopped(outcome, Step::NotRun, errno);
        }
        outcome.exitReason = run->exit_reason;
        if (run->exit_reason == KVM_EXIT_IO) {
            const auto *data = reinterpret_cast<const std::uint8_t *>(run) + run->io.data_offset;
            if (run->io.data_offset >= held.runSize || run->io.direction != KVM_EXIT_IO_OUT || run->io.port != port || *data != byteWritten)
                return stopped(outcome, Step::WrongData, 0);
            wrote = true;
        } else if (run->exit_reason == KVM_EXIT_HLT) {
            return stopped(outcome, wrote ? Step::Ran : Step::WrongData, 0);
        } else {
            return stopped(outcome, Step::WrongExit, 0);
        }
    }
    return stopped(outcome, Step::WrongExit, 0);
}

class RealCalls final : public KvmCalls {
public:
    int open() override { return ::open("/dev/kvm", O_RDWR | O_CLOEXEC); }
    int ioctl(int fd, unsigned long request, unsigned long value) override { return ::ioctl(fd, request, value); }
    void *map(int fd, std::size_t size) override
    {
        void *memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
        return memory == MAP_FAILED ? nullptr : memory;
    }
    void unmap(void *memory, std::size_t size) override { ::munmap(memory, size); }
    void close(int fd) override { ::close(fd); }
};

} // namespace

KvmOutcome probeKvm(KvmCalls &calls)
{
    using Step = KvmOutcome::Step;
    KvmOutcome outcome;
    Held held(calls);
    if ((held.kvm = calls.open()) < 0)
        return stopped(outcome, Step::NotOpened, errno);
    if ((outcome.api = calls.ioctl(held.kvm, KVM_GET_API_VERSION, 0)) < 0)
        return stopped(outcome, Step::NoKvm, errno);
    if (outcome.api != KVM_API_VERSION)
        return stopped(outcome, Step::WrongApi, 0);
    askCapabilities(held, outcome);
    if ((held.vm = calls.ioctl(held.kvm, KVM_CREATE_VM, 0)) < 0)
        return stopped(outcome, Step::NoVm, errno);
    (void)calls.ioctl(held.vm, KVM_SET_TSS_ADDR, 0xfffb'd000); // some processors need it for real mode, others have none
    if (!(held.memory = calls.map(-1, memorySize)))
        return stopped(outcome, Step::NoMemory, errno);
    std::memcpy(static_cast<std::uint8_t *>(held.memory) + codeAt, code, sizeof code);
    kvm_userspace_memory_region region{};
    region.memory_size = memorySize;
    region.userspace_addr = argument(held.memory);
    if (calls.ioctl(held.vm, KVM_SET_USER_MEMORY_REGION, argument(&region)) != 0)
        return stopped(outcome, Step::NoMemory, errno);
    if ((held.vcpu = calls.ioctl(held.vm, KVM_CREATE_VCPU, 0)) < 0)
        return stopped(outcome, Step::NoVcpu, errno);
    const int size = calls.ioctl(held.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (size < static_cast<int>(sizeof(kvm_run)))
        return stopped(outcome, Step::NoVcpu, size < 0 ? errno : 0);
    held.runSize = static_cast<std::size_t>(size);
    if (!(held.run = calls.map(held.vcpu, held.runSize)))
        return stopped(outcome, Step::NoVcpu, errno);
    if (!setRegisters(held))
        return stopped(outcome, Step::NoRegisters, errno);
    return runGuest(held, outcome);
}

KvmOutcome probeKvm()
{
    KvmOutcome outcome;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return stopped(outcome, KvmOutcome::Step::NotRun, errno);
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return stopped(outcome, KvmOutcome::Step::NotRun, errno);
    if (child == 0) {
        ::signal(SIGALRM, SIG_DFL);
        sigset_t alarm;
        ::sigemptyset(&alarm);
        ::sigaddset(&alarm, SIGALRM);
        ::sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
        ::alarm(timeLimit);
        RealCalls calls;
        const KvmOutcome found = probeKvm(calls);
        ::_exit(::write(ends[1], &found, sizeof found) == static_cast<ssize_t>(sizeof found) ? 0 : 1);
    }
    writing.reset();
    ssize_t got = 0;
    while ((got = ::read(reading.get(), &outcome, sizeof outcome)) < 0 && errno == EINTR) {}
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (got != static_cast<ssize_t>(sizeof outcome))
        return stopped({}, KvmOutcome::Step::TimedOut, 0);
    return outcome;
}

} // namespace kastellan::sev
