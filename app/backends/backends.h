// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/keeps/launcher.h"

#include <filesystem>
#include <memory>

namespace kastellan {

/// Every host: "emulated", "local", and those that the person added. `find` also opens addresses (app/backends/addresses.h). What is listed
/// never waits for a machine: hosts that were added say what was found when they were last looked at.
[[nodiscard]] std::shared_ptr<HostRegistry> makeHosts();
/// What appraises evidence: AMD SEV's backend. A second technology would be a line there.
[[nodiscard]] std::shared_ptr<EvidenceBackend> makeEvidenceBackend();

/// Where the files of the keep image lie: $KASTELLAN_KEEP_IMAGE, or share/kastellan/keep-image beside the program's folder, in the build
/// folder as where it is installed. What lies there is trusted for nothing: its launch digest has to be the compiled-in one.
[[nodiscard]] std::filesystem::path keepImageFolder();

} // namespace kastellan
