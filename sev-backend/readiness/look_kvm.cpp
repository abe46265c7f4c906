// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/fd.h"

#include <cerrno>
#include <format>

#include <fcntl.h>
#include <linux/kvm.h>

namespace kastellan::sev {
namespace {

std::string_view exitName(std::uint32_t reason)
{
    switch (reason) {
    case KVM_EXIT_UNKNOWN:
        return "KVM_EXIT_UNKNOWN";
    case KVM_EXIT_EXCEPTION:
        return "KVM_EXIT_EXCEPTION";
    case KVM_EXIT_SHUTDOWN:
        return "KVM_EXIT_SHUTDOWN";
    case KVM_EXIT_FAIL_ENTRY:
        return "KVM_EXIT_FAIL_ENTRY";
    case KVM_EXIT_INTERNAL_ERROR:
        return "KVM_EXIT_INTERNAL_ERROR";
    case KVM_EXIT_MMIO:
        return "KVM_EXIT_MMIO";
    default:
        return "another reason";
    }
}

std::string story(const KvmOutcome &outcome)
{
    using Step = KvmOutcome::Step;
    const std::string because = outcome.error ? ": " + std::generic_category().message(outcome.error) : std::string();
    switch (outcome.step) {
    case Step::NotOpened:
        return "/dev/kvm does not open" + because;
    case Step::NoKvm:
        return "/dev/kvm is no KVM" + because;
    case Step::WrongApi:
        return std::format("KVM's interface has version {}, and 12 is needed", outcome.api);
    case Step::NoVm:
        return "no virtual machine could be made" + because;
    case Step::NoMemory:
        return "the virtual machine got no memory" + because;
    case Step::NoVcpu:
        return "the virtual machine got no processor" + because;
    case Step::NoRegisters:
        return "the registers of the virtual processor could not be set" + because;
    case Step::NotRun:
        return "the virtual processor does not run" + because;
    case Step::WrongExit:
        return std::format("the guest stopped with {} ({})", exitName(outcome.exitReason), outcome.exitReason);
    case Step::WrongData:
        return "the guest did not write the byte that it should";
    case Step::TimedOut:
        return "the guest did not stop within five seconds";
    case Step::Ran:
        break;
    }
    return "ran";
}

} // namespace

void lookAtKvm(Looking &looking)
{
    auto &facts = looking.facts;
    constexpr const char *how = "a guest of three instructions on /dev/kvm";
    if (!looking.options.probes || !looking.options.machine.kvm) {
        facts.notLooked("kvm.run", how, "probes were not wanted");
        return;
    }
    if (facts.isAbsent("dev.kvm")) {
        facts.absent("kvm.run", how, "there is no /dev/kvm");
        return;
    }
    const KvmOutcome outcome = looking.options.machine.kvm();
    if (outcome.step == KvmOutcome::Step::NotOpened) {
        facts.error("kvm.run", how, outcome.error);
        return;
    }
    facts.set("kvm.run", story(outcome), how);
    if (outcome.api >= 0)
        facts.set("kvm.api", static_cast<std::uint64_t>(outcome.api), "KVM_GET_API_VERSION");
    if (outcome.vmTypes >= 0)
        facts.setHex("kvm.vm_types", static_cast<std::uint64_t>(outcome.vmTypes), "KVM_CAP_VM_TYPES");
    if (outcome.guestMemory >= 0)
        facts.set("kvm.guest_memfd", static_cast<std::uint64_t>(outcome.guestMemory), "KVM_CAP_GUEST_MEMFD");
    if (outcome.attributesKnown)
        facts.setHex("kvm.sev_features", outcome.features, "KVM_GET_DEVICE_ATTR KVM_X86_SEV_VMSA_FEATURES");
    else if (outcome.api >= 0)
        facts.absent("kvm.sev_features", "KVM_GET_DEVICE_ATTR KVM_X86_SEV_VMSA_FEATURES", "this KVM does not tell");
}

} // namespace kastellan::sev
