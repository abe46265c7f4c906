// SPDX-License-Identifier: Apache-2.0
// What an appraisal proves about a keep, taken together from its findings. Private to core/trust and its tests.
#pragma once

#include "core/evidence/record.h"

namespace kastellan::trust {

/// Which protection the evidence speaks of.
enum class Technology {
    Emulated, ///< software plays the processor: nothing is protected from the machine
    Unattested, ///< no evidence that is known
    Sev, ///< memory encrypted; the hypervisor can change memory and registers
    SevEs, ///< registers encrypted too; the hypervisor can change memory
    SevSnp, ///< memory integrity too
};

struct Proof {
    Technology technology = Technology::Unattested;
    bool genuine = false; ///< signed by a key that leads to the pinned root
    bool firmware = false; ///< and its levels are those of the certificate
    bool closed = false; ///< and neither debugging nor migration opens it to the host
    bool image = false; ///< and the launch digest is the expected one
    bool workload = false; ///< and the delivered workload is the one that was meant
    std::string missing; ///< what is lacking first, in words: "the check 'Launch digest' did not pass"; empty when nothing is
};

/// Emulated evidence proves nothing about hardware, whatever its findings say: then all are false.
[[nodiscard]] Proof proofOf(const Record &record);

} // namespace kastellan::trust
