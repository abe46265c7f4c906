// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kastellan {

/// What a person asks for; the same from the command line and the wizard.
struct LaunchRequest {
    std::filesystem::path workload;
    std::string host = "emulated";
    std::string name; ///< empty: the workload's
    std::vector<std::string> args; ///< appended to those of Keep.toml
    std::map<std::string, std::string> env; ///< over those of Keep.toml
    std::vector<std::string> secretNames; ///< those that will be given; a secret that Keep.toml asks for and that is missing is an error,
                                          ///< and so is one it does not name
    std::optional<LaunchDigest> expectDigest; ///< over the reference that this build knows; of SEV-SNP and emulated keeps
    std::optional<Sha256> expectShortDigest; ///< the same for SEV and SEV-ES
    std::vector<std::pair<std::string, unsigned>> minimumTcb;
    std::string policy; ///< text of a policy file, in the backend's words; joined with all else that is expected
    std::string execution = "auto";
    std::string ownerKey; ///< name of an owner key; empty: a fresh one for this keep
    bool allowDebug = false, strict = false, noSandbox = false;
    MachineRequest machine; ///< for hosts that start virtual machines
};

/// Everything decided, nothing done: reads the workload, asks the host, fixes the reference values. The plan can be shown, stored and
/// launched.
[[nodiscard]] Result<LaunchPlan> makePlan(
    const LaunchRequest &request, Host &host, const Progress &progress = {}, std::stop_token stop = {});

} // namespace kastellan
