// SPDX-License-Identifier: Apache-2.0
// What is wrong with the virtual machine as it was described, and with the files it is made of. The words are those of libvirt 11.3, QEMU
// 10.0 and edk2.
#include "sev-backend/failures/rows.h"

namespace kastellan::sev {
namespace {

constexpr FailureRow rows[] = {
    {"machine.pflash", "SNP does not work with pflash",
        "pflash with kvm requires kvm readonly memory support|sev-snp-guest*if=pflash|sev-snp-guest*pflash0=|"
        "kvm_set_user_memory_region2 failed*flags=0x6|kvm_set_user_memory_region2 failed*start=0xff",
        "Private memory can't be made read-only, so a firmware image in pflash can't be mapped into an SNP guest.",
        "Attach the firmware as a rom (QEMU: -bios; libvirt: <loader type='rom' stateless='yes'>) and leave <nvram> out.",
        "AMDESE/AMDSEV#223, AMDESE/AMDSEV#236"},
    {"machine.memory-region", "KVM did not take the guest's memory", "kvm_set_user_memory_region2 failed|kvm_set_user_memory_region failed",
        "A part of the machine is backed by memory of a kind that this kernel does not take for guests with SEV: a shared or huge-page "
        "backend, "
        "or a firmware image in pflash.",
        "Leave <memoryBacking> out (SNP: memfd, private), attach the firmware as a rom, and use a kernel of at least 6.11.",
        "AMDESE/AMDSEV#236, amd/sev-utils#17"},
    {"machine.no-guid-table", "The firmware image is not one for SEV",
        "firmware guid table block not found|failed to locate and/or save reset vector|"
        "failed to locate sev metadata header",
        "The image has no table that tells where SEV's data lies: it is no OVMF, a build for something else, or the split image of "
        "variables.",
        "Use OVMF's AmdSev build (package ovmf-amdsev): one file, OVMF.amdsev.fd. 'keepctl measure snp --ovmf FILE' shows what a file has.",
        "AMDESE/AMDSEV#218"},
    {"machine.kernel-hashes", "The firmware does not check kernel hashes",
        "guest firmware has no hashes table guid|hashes table area is invalid|kernel-hashes*not found|measured direct kernel boot is not "
        "supported|"
        "cannot map hashes table guest memory",
        "Kernel, initrd and command line are measured by a table that only OVMF's AmdSev build has room for; this image has none, or this "
        "QEMU "
        "does not know kernel hashes.",
        "Use OVMF's AmdSev build (package ovmf-amdsev), and a QEMU of at least 9.1 for SNP.",
        "AMDESE/AMDSEV#93, AMDESE/AMDSEV#262, AMDESE/AMDSEV#198"},
    {"machine.hash-mismatch", "The firmware found another kernel, initrd or command line than was measured",
        "hash comparison failed for|verifyblob*mismatch|blob verifier*failed",
        "What the host gave to the firmware is not what the measured table of hashes names. The guest does not start it.",
        "Launch it again; if it comes back, the host exchanges files: do not use it.", "AMDESE/qemu#10"},
    {"machine.cbitpos", "cbitpos is not this processor's", "cbitpos check failed|reduced_phys_bits check failed|cbitpos*invalid",
        "The position of the encryption bit is a property of the host's processor, and the domain names another one.",
        "Take cbitpos and reducedPhysBits out of the domain, or write those of 'virsh domcapabilities': libvirt knows the host's. They are "
        "not "
        "part of the launch digest.",
        "aleph-im/aleph-vm#1040, coconut-svsm/svsm#894"},
    {"machine.launch-security", "This host's QEMU does not offer that protection",
        "launch security is not supported with this qemu binary|invalid parameter type 'sev-snp-guest'|'sev-snp-guest' is not a valid|"
        "invalid object type*sev-|qemu does not support sev guest|sev is not supported on this host|unsupported configuration*launch "
        "security",
        "libvirt asked QEMU what it can, and SEV or SEV-SNP was not in the answer: the host has no working SEV, QEMU is older than 9.1 "
        "(SNP), "
        "libvirt older than 10.5, or libvirt's list of capabilities is from before the host was mended.",
        "See 'keepctl host check HOST'. After mending the host, restart libvirt's daemon, and remove /var/cache/libvirt/qemu/capabilities. "
        "Without SEV, rehearse the launch with --rehearse.",
        "AMDESE/AMDSEV#31, AMDESE/AMDSEV#134"},
    {"machine.firmware-missing", "No firmware fits this virtual machine",
        "unable to find 'efi' firmware|unable to find any firmware to satisfy|firmware*doesn't support it|did not find any uefi|"
        "could not load pc bios|unable to find any master var store",
        "No firmware of this host's list fits what the domain asks for: the descriptors in /usr/share/qemu/firmware name none with SEV, or "
        "one "
        "with pflash where a rom is needed; or the file that was named is not there.",
        "Install ovmf-amdsev on that host, or name the firmware by its path with --firmware.",
        "NixOS/nixpkgs#200104, kubevirt/kubevirt#13755"},
    {"machine.cpu-model", "That processor model is not known there",
        "unable to find cpu model|cpu model*not supported by hypervisor|unknown cpu model|guest cpu doesn't match specification|cannot "
        "find cpu model|"
        "host doesn't support requested feature*",
        "The host's QEMU or libvirt is too old for the model, or its processor lacks features of it. Another model is another launch "
        "digest.",
        "Choose a model that both know: 'virsh domcapabilities' lists them; EPYC-v4 is known everywhere and works for SNP.",
        "vexxhost/atmosphere#1933, autotest/tp-qemu#4255"},
    {"machine.hugepages", "Huge pages do not go together with this machine",
        "hugepages is not supported with memfd|hugetlbfs filesystem is not mounted|hugepages: node*not found|unable to find any usable "
        "hugetlbfs|huge pages*cannot allocate "
        "memory|"
        "unable to map backing store for guest ram|hugetlb*cannot allocate|cannot set up guest memory",
        "The memory that the domain asks for is not there: too few huge pages are reserved, the kernel can't back them by memfd, or the "
        "host has "
        "not enough memory.",
        "Leave <hugepages> out, or reserve enough of them; ask for less memory with --memory.",
        "kubevirt/user-guide#509, kubevirt/kubevirt#3781"},
    {"machine.apparmor", "AppArmor denied it", "apparmor=\"denied\"|apparmor*denied",
        "libvirt gives each QEMU a profile that allows the files of its domain alone, and this one was not among them: a path in options "
        "that "
        "libvirt does not read, a link, or a device such as /dev/sev that the profile does not know.",
        "Put images into /var/lib/libvirt/images; for a device or emulator of your own add the rule that the line names to "
        "/etc/apparmor.d/local/abstractions/libvirt-qemu, and reload AppArmor.",
        "spdk/spdk#1158, csmart/ansible-role-virt-infra#13"},
    {"machine.selinux", "SELinux denied it", "avc:*denied*qemu|avc:*denied*svirt|avc:*denied*sev",
        "SELinux lets a virtual machine open only what libvirt labelled for it.",
        "Put images where libvirt labels them (/var/lib/libvirt/images); see the rule with 'ausearch -m avc -ts recent'.",
        "kubevirt/kubevirt#3781"},
    {"machine.image-permission", "QEMU may not read the image",
        "cannot access storage file*permission denied|could not open*permission denied|cannot access backing file*permission denied|"
        "failed to load*permission denied|could not load pc bios*permission denied",
        "On a system connection QEMU runs as a user of its own, which must be able to read the file and to pass through every folder above "
        "it. "
        "Home folders usually forbid that.",
        "Put the file into a storage pool (Kastellan uploads keep images there by itself), or use qemu:///session; do not run QEMU as "
        "root.",
        "cockpit-project/cockpit-machines#1245, virt-manager/virt-manager#266"},
    {"machine.cgroup", "A limit of the cgroup 'misc' is reached", "charge rejected by the misc controller|misc.max*sev|misc: limit",
        "The kernel counts ASIDs by cgroup (sev, sev_es in misc.max), and QEMU's may have no more.",
        "Stop a guest, or raise the number in misc.max of the cgroup that the line names.", "systemd/systemd#30383"},
};

} // namespace

std::span<const FailureRow> machineRows()
{
    return rows;
}

} // namespace kastellan::sev
