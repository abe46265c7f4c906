// SPDX-License-Identifier: Apache-2.0
// What the firmware, or KVM before it, refuses of a launch. The words are those of QEMU 9.1 to 10.0 (target/i386/sev.c) and of Linux 6.12
// (arch/x86/kvm/svm/sev.c); what they meant was found in the issues that are named.
#include "sev-backend/failures/rows.h"

namespace kastellan::sev {
namespace {

constexpr FailureRow rows[] = {
    {"launch.bad-measurement", "The launch digest is not the one that the ID block demands",
        "snp_launch_finish*fw_error=11 |bad measurement*snp|bad_measurement",
        "The firmware measured what was launched, and the ID block names another digest. Something that is measured differs: firmware "
        "image, "
        "kernel, initrd, command line, number or model of virtual processors, or the features of the VMSA that this host's kernel sets.",
        "Have the difference explained: 'keepctl measure snp' computes the digest from the same files, and 'keepctl evidence verify' with "
        "an "
        "expected machine says which input explains a digest. Make the ID block anew from the digest that was computed.",
        "AMDESE/AMDSEV#195, AMDESE/AMDSEV#212"},
    {"launch.session", "The owner's session does not belong to this platform or policy",
        ": launch_start ret=*fw_error=11 |: launch_start ret=*fw_error=10 |: launch_start ret=*fw_error=6 ",
        "The session blob is bound to the platform's PDH key and to the guest's policy. It was made for another platform, for another "
        "policy, "
        "or before the PDH key was made anew; or session and certificate were given as files where their base64 is wanted.",
        "Make the session from the chain that the host shows now: 'keepctl host certs HOST', then launch again. Do not change the policy "
        "in "
        "the domain afterwards.",
        "AMDESE/AMDSEV#70, enarx-archive/sevctl#96"},
    {"launch.id-block", "The ID block was refused",
        "snp_launch_finish*fw_error=22 |snp_launch_finish*fw_error=10 |snp_launch_finish*fw_error=7 ",
        "The firmware could not use the ID block or its authentication: the policy in it is not the one of the launch, a signature does "
        "not "
        "verify, or a field has a wrong form. Some firmware also refuses an ID block without an author key.",
        "Make both anew with 'keepctl measure id-block', with the same policy as the launch; with older firmware sign with an author key, "
        "too.",
        "AMDESE/sev-guest#13"},
    {"launch.policy", "The guest's policy was refused", "launch_start ret=*fw_error=7 |policy is not allowed|policy_failure",
        "The policy demands what this platform does not give, or forbids how it is configured: a newer firmware ABI, no SMT, a single "
        "socket, "
        "no debugging.",
        "Compare the policy with the platform ('keepctl host status HOST'): most often the demanded ABI is newer than the firmware, or SMT "
        "is "
        "on and the policy forbids it.",
        "AMDESE/AMDSEV#212"},
    {"launch.snp-start", "SNP_LAUNCH_START was refused before the firmware was asked", "snp_launch_start ret=-22 fw_error=0 ",
        "KVM found the parameters invalid. Known causes: the firmware image is attached as pflash, where SNP needs a rom; the policy lacks "
        "bit 17 (reserved, must be one) or bit 16 (SMT), or demands a single socket, which Linux 6.12 does not offer; QEMU and kernel are "
        "from different versions of the SNP interface.",
        "Use <loader type='rom'> and no <nvram>, and a policy such as 0x30000; use a QEMU of at least 9.1 on a kernel of at least 6.11.",
        "AMDESE/AMDSEV#223, AMDESE/AMDSEV#253"},
    {"launch.kvm-abi", "QEMU and the host's kernel speak different versions of the SEV interface",
        "launch_start ret=-25 |failed to initialize ret=-25 |failed to initialize ret=-95 |inappropriate ioctl for device*sev|"
        "sev*inappropriate ioctl for device|inappropriate ioctl",
        "The kernel does not know the call that was made: its KVM was built for another version of the SEV or SNP interface, or its module "
        "kvm_amd was loaded without the protection that is asked for.",
        "Update kernel and QEMU together (SNP: Linux of at least 6.11 and QEMU of at least 9.1), and see 'keepctl host check' for the "
        "parameters of kvm_amd.",
        "enarx/enarx#2578, AMDESE/AMDSEV#216, AMDESE/AMDSEV#258"},
    {"launch.no-asid", "No address space id is left",
        "failed to initialize ret=-16 |asid is already owned|asid_owned|no more asids|sev: no asid",
        "Every guest with SEV holds one of the processor's key slots (ASIDs), and SEV-ES and SEV-SNP have a range of their own whose size "
        "is "
        "set in the BIOS. All that this guest could have are taken, or a limit of the 'misc' cgroup is reached.",
        "Stop a guest that is not needed; or raise 'SEV-ES ASID Space Limit' in the BIOS ('keepctl host check' shows the ranges), or the "
        "limit "
        "in misc.max of QEMU's cgroup.",
        "AMDESE/AMDSEV#33, AMDESE/AMDSEV#68"},
    {"launch.asid-range", "The processor has no address space ids for this protection", "failed to initialize ret=-22 ",
        "KVM could not begin a guest of this kind. Most often the BIOS gives no ASIDs to SEV-ES and SEV-SNP (their limit is 1 or 0), or "
        "the "
        "virtual machine asks for features of the VMSA that this kernel does not offer.",
        "Raise 'SEV-ES ASID Space Limit' in the BIOS, look at 'keepctl host check', and take features out of the domain that this host "
        "does "
        "not have.",
        "AMDESE/AMDSEV#33, AMDESE/AMDSEV#215"},
    {"launch.cpuid", "The firmware does not accept the CPUID values of this model",
        "sev-snp: cpuid validation failed|failed update cpuid page",
        "Under SNP the firmware checks what the guest is told about its processor. The model that was chosen promises something that this "
        "processor does not have, or tells of caches and threads in another way.",
        "Choose a named model that is not newer than the host's processor, such as EPYC-v4, without extra features.", "NVIDIA/nvtrust#91"},
    {"launch.memlock", "Memory can't be pinned",
        "locked pages exceed the lock limit|sev: failure locking*pages|failed to register region*cannot allocate memory",
        "Memory of a guest with SEV can't be moved, so all of it is pinned, and the limit of locked memory (RLIMIT_MEMLOCK) of QEMU's "
        "process is "
        "smaller.",
        "Raise it: for a system connection set <memtune><hard_limit> above the guest's memory; for a session connection set 'memlock' for "
        "the "
        "user in /etc/security/limits.d, and log in again.",
        "enarx-archive/enarx-keepldr#14"},
    {"launch.es-unavailable", "The host has no SEV-ES",
        "guest policy requires sev-es, but host sev-es support unavailable|kvm_amd: sev-es disabled",
        "The policy demands an encrypted register state, and this host's KVM was loaded without SEV-ES: the module's parameter is off, or "
        "the "
        "BIOS left no ASIDs for it.",
        "Set kvm_amd.sev_es=1, and raise 'SEV-ES ASID Space Limit' in the BIOS; 'keepctl host check --for es' names what is missing.",
        "virtee/sevctl#116"},
    {"launch.secret-area", "The firmware has no place for the secret", "no secret area found in ovmf|secret area*not found",
        "The firmware image names no area of memory that a launch secret can be put into.",
        "Use OVMF's AmdSev build (package ovmf-amdsev): it has one.", "tianocore/edk2#8677"},
    {"launch.firmware", "The SEV firmware refused the launch", "fw_error=*'|fw_err=|fw_error=", "A command of the launch failed.",
        "'keepctl host status HOST' and 'keepctl host check HOST' tell the state of platform and kernel.", "AMDESE/AMDSEV#170"},
};

} // namespace

std::span<const FailureRow> launchRows()
{
    return rows;
}

} // namespace kastellan::sev
