// SPDX-License-Identifier: Apache-2.0
// What is wrong with processor, BIOS, kernel and KVM of the host. The words are those of Linux 6.12 and QEMU 10.0.
#include "sev-backend/failures/rows.h"

namespace kastellan::sev {
namespace {

constexpr FailureRow rows[] = {
    {"platform.bios-off", "Memory encryption is off in the BIOS",
        "memory encryption not enabled by bios|memory encryption not enabled by the bios",
        "The processor has SEV, and the BIOS did not switch memory encryption on, whatever programs say about its features.",
        "Switch SMEE (memory encryption) on in the firmware's setup, and power the machine off and on.", "virtee/sevctl#130"},
    {"platform.rmp-reserved", "The table of page owners (RMP) is not usable",
        "memory for the rmp table has not been reserved|rmp configuration not valid|does not cover full system ram|snp: rmp initialization "
        "failed|"
        "failed to map rmp table",
        "SNP needs a table that covers all memory, which the BIOS reserves. It is missing, or too small for the memory that is installed.",
        "Set 'SNP Memory Coverage' (and 'SEV-SNP support' under NBIO) to enabled in the firmware's setup; vendors name them differently. "
        "Update "
        "the BIOS where it covers too little.",
        "AMDESE/AMDSEV#68, AMDESE/AMDSEV#197"},
    {"platform.rmp-update", "A page could not change its owner",
        "rmpupdate failed|rmpupdate*ret:|unexpected rmp fault|failed to update rmp entry",
        "The kernel could not give a page to the guest or take it back: pages of a guest are used in another way too (huge pages of "
        "another "
        "size, a device, a second mapping), or kernel and QEMU are early versions of SNP.",
        "Update the host's kernel and QEMU; take huge pages and shared memory (vhost-user, virtiofs) out of the domain.",
        "AMDESE/AMDSEV#245, AMDESE/AMDSEV#205, AMDESE/AMDSEV#143"},
    {"guest.pvalidate", "The guest could not validate its memory", "pvalidate failure|failed to validate address|pvalidate*failed",
        "Inside the guest a page was not in the state that it should be: the host changed it, or firmware and kernel of the guest disagree "
        "about what is validated already. Under SNP this is what stops a host that plays tricks with memory.",
        "Use firmware and kernel of one keep image. If those are the ones that were measured, do not trust this host.",
        "tianocore/edk2#2269"},
    {"guest.terminated", "The guest ended itself", "guest requested termination",
        "Firmware or kernel inside found the virtual machine not as it has to be under SEV-ES or SNP (a CPUID page that is missing, a "
        "wrong GHCB "
        "version, memory that does not validate), and asked to be ended.",
        "Use firmware, kernel and processor model of one keep image, and a host kernel of at least 6.11.", "AMDESE/AMDSEV#138"},
    {"platform.iommu", "The IOMMU does not support SNP",
        "iommu disabled or configured in passthrough|iommu is disabled or configured in passthrough|"
        "iommu is either disabled or configured in passthrough|iommu is configured with v2 page table|iommu snp feature not enabled|"
        "snp cannot be supported",
        "The kernel enables SNP only with an IOMMU that translates and that the BIOS told to support SNP.",
        "Take iommu=pt, iommu=off and amd_iommu=pgtbl_v2 off the kernel's command line, enable IOMMU and 'SEV-SNP support' (NBIO) in the "
        "BIOS, "
        "and start again.",
        "AMDESE/AMDSEV#88, AMDESE/AMDSEV#113, AMDESE/AMDSEV#155"},
    {"platform.busy", "The SEV processor does not keep up or hangs",
        "too many firmware commands|sev command*timed out, disabling psp|/dev/sev*device or resource busy|device or resource busy*/dev/sev",
        "Its driver has given up a command, or another program uses the device at this moment.",
        "Wait and try again; after 'disabling PSP' only a start of the machine helps. If it comes back, update BIOS, SEV firmware and "
        "kernel.",
        "AMDESE/AMDSEV#205"},
    {"platform.init", "The SEV firmware could not be initialised",
        "sev: failed to init|sev-snp: failed to init|sev: init failed|sev: init_ex failed|snp_init failed|snp_init_ex failed|"
        "platform state is invalid|invalid_platform_state",
        "The platform is not initialised, and the driver could not do it: an old SEV firmware, BIOS settings that do not fit together, or "
        "SEV-ES and SNP set up so that one of them can't be had.",
        "Update the BIOS and the SEV firmware (/lib/firmware/amd), look at the BIOS settings with 'keepctl host check', and start again.",
        "AMDESE/AMDSEV#271, AMDESE/AMDSEV#176"},
    {"platform.firmware-old", "The SEV firmware is too old for SNP", "sev-snp support requires firmware version",
        "The kernel needs a newer firmware than this processor runs.", "Update the BIOS, or put AMD's newer file into /lib/firmware/amd.",
        "enarx/enarx#1315"},
    {"kvm.no-guest-memory", "KVM gives no private memory",
        "kvm does not support guest_memfd|error creating kvm guest_memfd|guest_memfd*not supported",
        "SNP keeps a guest's memory in guest_memfd, which this kernel's KVM does not offer.",
        "Boot a kernel of at least 6.11 with CONFIG_KVM_AMD_SEV.", "AMDESE/AMDSEV#236"},
    {"kvm.snp-off", "The host's KVM makes no SEV-SNP guests",
        "host kernel does not support requested*snp|kvm_amd: sev-snp disabled|sev-snp is not enabled|parameters/sev_snp: n",
        "The module kvm_amd was loaded without SNP: its parameter is off, or something that SNP needs was missing when it was loaded.",
        "Set kvm_amd.sev_snp=1; 'keepctl host check --for snp' names the first thing that is missing.",
        "AMDESE/AMDSEV#197, AMDESE/AMDSEV#238"},
    {"kvm.sev-off", "The host's KVM makes no guests with SEV",
        "sev is not enabled in kvm|host kernel does not support requested*vm type|host kernel does not support the requested sev "
        "configuration|"
        "kvm_amd: sev disabled|sev is not enabled|parameters/sev: n|parameters/sev_es: n",
        "The module kvm_amd was loaded without this protection: its parameter is off, or the kernel was built without it.",
        "Set sev=1 (and sev_es=1, sev_snp=1) for kvm_amd in /etc/modprobe.d/kvm.conf, load the module again, and see 'keepctl host check'.",
        "virtee/sevctl#116, AMDESE/AMDSEV#36"},
    {"platform.no-device", "There is no SEV device", "/dev/sev*no such file or directory|can't open /dev/sev",
        "The driver ccp found no SEV processor: SEV is off in the BIOS, the driver is not loaded, or QEMU runs in a place (container, "
        "libvirt's "
        "namespace) where the device was not put.",
        "See 'keepctl host check'; for libvirt, the device has to be on the host before its daemon starts.",
        "AMDESE/AMDSEV#30, AMDESE/qemu#12, AMDESE/AMDSEV#191"},
    {"platform.permission", "The SEV device may not be opened", "/dev/sev*permission denied|/dev/sev*operation not permitted",
        "/dev/sev belongs to root, and the user that runs QEMU may not open it.",
        "Use the system's libvirt (qemu:///system), which passes the device to QEMU; or give the device to a group by a udev rule: "
        "KERNEL==\"sev\", GROUP=\"kvm\", MODE=\"0660\".",
        "systemd/systemd#15593"},
    {"kvm.permission", "KVM may not be opened", "could not access kvm kernel module: permission denied|/dev/kvm*permission denied",
        "This user, or the user that runs QEMU, may not open /dev/kvm.", "Join the group 'kvm' and log in again, or use qemu:///system.",
        "voidlinux/void-packages#1095"},
    {"kvm.missing", "There is no KVM",
        "could not access kvm kernel module: no such file|does not support virt type 'kvm'|kvm is not available|domain requires kvm|guest "
        "memory for sev*kvm required|"
        "kvm was enabled when probing*not available now",
        "QEMU can't use KVM on this host: there is no /dev/kvm, or the user that runs QEMU may not open it. SEV needs it.",
        "Switch virtualization (SVM) on in the BIOS, load kvm_amd, and see that QEMU's user may open /dev/kvm; inside a virtual machine "
        "only "
        "the emulated host and rehearsals can be used.",
        "kubevirt/kubevirt#3872"},
    {"kvm.unusable", "KVM answers, and yet runs no guest",
        "kvm internal error|kvm run failed|failed to set msr|kvm: entry failed|error: failed to get msr|kvm: unknown exit",
        "/dev/kvm opens, and the guest stops at its first steps: KVM inside of a virtual machine, a paravirtual KVM, or, for guests with "
        "SEV, "
        "firmware and memory that were not set up as SEV needs them (pflash instead of rom, no measured firmware).",
        "'keepctl host check' starts a guest of three instructions and says whether any guest runs. For SNP use OVMF as rom, and a keep "
        "image's "
        "own firmware.",
        "enarx/enarx#2248, AMDESE/AMDSEV#138"},
};

} // namespace

std::span<const FailureRow> platformRows()
{
    return rows;
}

} // namespace kastellan::sev
