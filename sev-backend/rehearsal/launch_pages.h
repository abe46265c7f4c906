// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/measurement/vm_measurement.h"

namespace kastellan::sev {

/// Pages that QEMU hands to the SNP firmware with one SNP_LAUNCH_UPDATE.
struct LaunchPages {
    PageType type = PageType::Normal;
    std::uint64_t gpa = 0;
    ByteView view; ///< of the firmware's image, or of `own`
    Bytes own; ///< what was made for this launch
    [[nodiscard]] ByteView pages() const { return own.empty() ? view : ByteView(own); }
};

/// All pages of a launch, in QEMU's order (target/i386/sev.c: firmware, metadata sections in file order, then one VMSA for each processor):
/// contents, where measureSnp has hashes. The views lead into the firmware's image.
[[nodiscard]] Result<std::vector<LaunchPages>> snpLaunchPages(const Ovmf &ovmf, const VmParameters &parameters);

/// The same for LAUNCH_UPDATE_DATA of SEV and SEV-ES: firmware, then the hash table.
[[nodiscard]] Result<std::vector<LaunchPages>> sevLaunchData(
    ByteView firmware, std::uint64_t gpa, const std::optional<BootHashes> &boot, std::optional<FirmwareArea> hashTable);

} // namespace kastellan::sev
