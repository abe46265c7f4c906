// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/page_info.h"

namespace kastellan::sev {

/// SEV_FEATURES of a VMSA (AMD64 Architecture Programmer's Manual, volume 2, table B-2), bit 0: SNP is active.
inline constexpr std::uint64_t snpActive = 0x1;

/// What a VMM decides about a virtual processor's first state.
struct VmsaOptions {
    std::uint32_t eip = 0xfffffff0; ///< where it starts: the reset vector
    std::uint32_t cpuSignature = 0; ///< CPUID Fn0000_0001 EAX, found in RDX at reset
    std::uint64_t sevFeatures = snpActive;
    std::uint32_t mxcsr = 0x1f80; ///< as KVM sets it from Linux 6.10 on; 0 before
    std::uint16_t fcw = 0x37f; ///< the same
};
/// CPUID signature (Fn0000_0001 EAX) of a combined family, model and stepping.
[[nodiscard]] std::uint32_t cpuSignature(unsigned family, unsigned model, unsigned stepping);
/// The page with a virtual processor's state at reset, as QEMU and KVM make it.
[[nodiscard]] std::array<std::uint8_t, pageSize> qemuVmsa(const VmsaOptions &options);

} // namespace kastellan::sev
