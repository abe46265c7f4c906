// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/machine.h"
#include "sev-backend/libvirt/offer.h"
#include "sev-backend/measurement/explain.h"

namespace kastellan::sev::libvirt {

/// How a machine is launched, out of what its owner demands and its host offers.
struct Choice {
    std::string technology; ///< "snp", "es", "sev", or "none"
    std::string cpuModel; ///< QEMU's name, with a known signature
    std::uint64_t policy = 0; ///< as the technology encodes it; 0 for none
    unsigned cbitPosition = 51, reducedPhysBits = 1;
    [[nodiscard]] bool attested() const { return technology != "none"; }
    /// What is measured: SEV, SEV-ES, SEV-SNP.
    [[nodiscard]] GuestKind kind() const;
};

/// "SEV-SNP" for "snp".
[[nodiscard]] std::string_view titleOf(std::string_view technology);

/// Chooses the technology that was demanded, else a stronger one that the host has; where nothing was demanded the strongest. Never a
/// weaker one: the error names what is missing, and how to go on without it. `where`: the host's address. Also an error: demands that
/// contradict each other, more vCPUs than the host has, a CPU model without a known signature or that the host does not know, a network
/// that it has not.
[[nodiscard]] Result<Choice> choose(const MachineRequest &request, const Offer &offer, const std::string &where);

} // namespace kastellan::sev::libvirt
