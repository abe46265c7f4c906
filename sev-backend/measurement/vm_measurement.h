// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/page_info.h"
#include "sev-backend/measurement/ovmf.h"
#include "sev-backend/measurement/sev_hashes.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kastellan::sev {

/// The program that starts the virtual machine; each sets up its virtual processors a little differently.
enum class Vmm { Qemu, Ec2, Gce, Krun };
[[nodiscard]] std::string_view name(Vmm vmm); ///< "QEMU", "ec2", "gce", "krun"
[[nodiscard]] std::optional<Vmm> vmmFromName(std::string_view name); ///< of either case

/// A CPU model by QEMU's name and the CPUID signature that the guest's RDX holds at reset.
struct CpuModel {
    std::string_view name;
    std::uint32_t signature = 0; ///< CPUID Fn0000_0001 EAX
};
/// Every model that QEMU 10 knows for SEV: "EPYC", "EPYC-v1" … "EPYC-Turin".
[[nodiscard]] std::span<const CpuModel> cpuModels();
[[nodiscard]] std::optional<std::uint32_t> cpuSignatureOf(std::string_view model);

/// All that decides the launch digest of a virtual machine.
struct VmParameters {
    unsigned vcpus = 1;
    std::uint32_t cpuSignature = 0;
    Vmm vmm = Vmm::Qemu;
    std::uint64_t guestFeatures = 1; ///< SEV_FEATURES of the VMSA: 0x1 SNP; 0x21 with debug swap
    std::optional<BootHashes> boot; ///< with direct boot and kernel hashes on
    bool oldVmsa = false; ///< mxcsr and fcw zero: kernels before 6.10
    std::optional<std::uint32_t> ec2Rdx; ///< EC2: published tools disagree (0x600 or 0)
    std::optional<LaunchDigest> ovmfDigest; ///< instead of measuring the image's pages (its metadata is still needed)
    bool operator==(const VmParameters &) const = default;
};

/// One measured range, for the page-by-page dump.
struct MeasuredRange {
    PageType type = PageType::Normal;
    std::uint64_t gpa = 0, pages = 0;
    std::string of; ///< "OVMF", "SNP_SECRETS", "VMSA of vCPU 3"…
    LaunchDigest digest; ///< after it
};

/// One measured page.
struct MeasuredPage {
    PageType type = PageType::Normal;
    std::uint64_t gpa = 0;
    std::string_view of;
    Sha384 contents; ///< SHA-384 of the page; zeros where the address alone is measured
    LaunchDigest digest; ///< after it
};
/// Who is told what is measured, in the order of measuring; either may be missing. An OVMF that is given by its digest has no pages.
struct MeasureListener {
    std::function<void(const MeasuredRange &)> range;
    std::function<void(const MeasuredPage &)> page;
};

/// The 4096 bytes of a virtual processor's first VMSA. `number` 0 boots, the others wait at the firmware's AP reset address.
[[nodiscard]] Result<Bytes> vmsaPage(const VmParameters &parameters, unsigned number, std::optional<std::uint32_t> apReset, bool snp);
/// The same for a machine whose VMPL 0 is COCONUT's SVSM: all its processors begin at the SVSM's own entry, in flat 32-bit mode
/// (sev-formats 2.15; its fcw is 0 and its features are 1, whatever `parameters` says of them).
[[nodiscard]] Bytes svsmVmsaPage(std::uint32_t cpuSignature, std::uint32_t entry);

/// SEV-SNP launch digest (firmware ABI 8.17).
[[nodiscard]] Result<LaunchDigest> measureSnp(const Ovmf &ovmf, const VmParameters &parameters, const MeasureListener &listener = {});
/// The digest before the first VMSA: firmware and the memory that its metadata describes. Machines that differ in their virtual
/// processors alone share it.
[[nodiscard]] Result<LaunchDigest> measureSnpMemory(const Ovmf &ovmf, const VmParameters &parameters, const MeasureListener &listener = {});
/// SEV-SNP launch digest with COCONUT's SVSM: OVMF, the SVSM's image below it and its variables (`varsSize` bytes), the SVSM's
/// metadata, and the same VMSA for every processor (sev-formats 2.14). QEMU only; no direct boot.
[[nodiscard]] Result<LaunchDigest> measureSvsm(
    const Ovmf &ovmf, const Ovmf &svsm, std::uint64_t varsSize, const VmParameters &parameters, const MeasureListener &listener = {});
/// Where the SVSM's image begins in guest memory, and where its processors do.
struct SvsmPlace {
    std::uint64_t gpa = 0;
    std::uint32_t entry = 0;
};
[[nodiscard]] Result<SvsmPlace> placeSvsm(const Ovmf &ovmf, const Ovmf &svsm, std::uint64_t varsSize);
/// The digest of the firmware's own pages alone (sev-snp-measure's snp:ovmf-hash).
[[nodiscard]] LaunchDigest measureOvmfPages(const Ovmf &ovmf);
/// SEV and SEV-ES launch digest: SHA-256 over OVMF, the hash table when booting directly, and for ES the VMSAs.
[[nodiscard]] Result<Sha256> measureSev(const Ovmf &ovmf, const VmParameters &parameters, bool es);

/// SHA-256 of a file of any size, in constant memory. A missing file is an error; "/dev/null" is empty.
[[nodiscard]] Result<Sha256> hashFile(const std::string &path);
/// Kernel and initrd are hashed at the same time; without an initrd its entry is the hash of nothing.
[[nodiscard]] Result<BootHashes> hashBoot(const std::string &kernel, const std::string &initrd, std::string_view commandLine);

} // namespace kastellan::sev
