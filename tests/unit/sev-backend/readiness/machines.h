// SPDX-License-Identifier: Apache-2.0
// Machines that tests judge: healthy ones of each generation, and changes that make them as users report them. Every value says where it
// comes from: the specification whose bits it is made of, the kernel's code, or the report of a user.
#pragma once

#include "sev-backend/readiness/facts.h"

namespace kastellan::test {

/// One fact that a machine is described by.
struct MachineFact {
    std::string key;
    std::string value; ///< "!absent", "!denied", "!failed WHY" and "!not looked" where there is none
    std::string source;
};

struct Machine {
    std::string name; ///< "Genoa"
    std::vector<MachineFact> facts;
    std::string sev, es, snp; ///< expected verdicts
    std::vector<std::string> failing; ///< ids of all checks that fail
    std::vector<std::string> skipped; ///< of some that are skipped for it
    std::vector<std::string> warning; ///< ids of all checks with a warning
    std::vector<std::string> unknown; ///< ids of all checks that are unknown
    std::string source;
};

/// Naples, Rome, Milan, Genoa and Turin as they should be, by name.
[[nodiscard]] const Machine &healthy(std::string_view name);
[[nodiscard]] const std::vector<Machine> &healthyMachines();
/// Each a healthy one with something wrong.
[[nodiscard]] const std::vector<Machine> &brokenMachines();

[[nodiscard]] sev::HostFacts factsOf(const Machine &machine);

} // namespace kastellan::test
