// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/machine.h"

#include <QString>

namespace kastellan::ui {

class FactList;

/// "SEV-SNP", "SEV-ES", "SEV"; anything else as it is.
[[nodiscard]] QString technologyName(std::string_view technology);
/// Whether a host's address means a Kubernetes cluster.
[[nodiscard]] bool isCluster(std::string_view host);
/// What a host is given to start a machine: "Domain XML", or "YAML" for a cluster.
[[nodiscard]] QString domainTitle(std::string_view host);
/// The same as CodeView names its language.
[[nodiscard]] QString domainLanguage(std::string_view host);
/// What was decided about a keep's virtual machine, as names and values.
void addMachineFacts(FactList &facts, const MachinePlan &machine);

} // namespace kastellan::ui
