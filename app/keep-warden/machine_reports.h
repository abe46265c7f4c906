// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/kernel_words.h"
#include "app/keep-warden/machine_ports.h"
#include "app/keep-warden/report_source.h"

#include <memory>

namespace kastellan::warden {

/// What a keep that is a virtual machine proves itself with.
struct MachineReports {
    std::unique_ptr<ReportSource> source;
    bool device = false; ///< requests to /dev/sev-guest have to stay allowed
    bool tsm = false; ///< and below /sys/kernel/config/tsm
};

/// The first that is there: the firmware by the guest's own device or configfs-tsm (SEV-SNP); the session secret (SEV, SEV-ES); the
/// emulated firmware at its port (rehearsals); an owner named on the command line, without evidence. None of them: an Environment error,
/// for such a keep serves nobody.
[[nodiscard]] Result<MachineReports> findReports(const KernelWords &words, MachinePorts &ports);

} // namespace kastellan::warden
