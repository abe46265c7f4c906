// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/appraisal/policy.h"

namespace kastellan::sev {

/// A policy made from another program's.
struct ImportedPolicy {
    Policy policy;
    /// What could not be carried over, or means something else here: "root_of_trust.cabundles: why".
    std::vector<std::string> notes;
};

/// go-sev-guest's check.Config as a text proto: Policy and RootOfTrust, every field. An unknown field, a value that go-sev-guest
/// refuses, and demands that nothing can meet are Input errors with file and line.
[[nodiscard]] Result<ImportedPolicy> importGoSevGuest(std::string_view text, std::string_view name);
/// The configuration of Enarx' Steward (TOML): its table [snp]. What Steward reads and never compares is held to here, and noted.
[[nodiscard]] Result<ImportedPolicy> importSteward(std::string_view text, std::string_view name);
/// Whichever of the two it is, by its content.
[[nodiscard]] Result<ImportedPolicy> importPolicy(std::string_view text, std::string_view name);

} // namespace kastellan::sev
