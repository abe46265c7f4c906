// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "core/keeps/launcher.h"
#include "sev-backend/kubevirt/address.h"

#include <memory>
#include <string>
#include <vector>

namespace kastellan::sev::kubevirt {

/// A namespace of a Kubernetes cluster with KubeVirt: a keep is a VirtualMachineInstance there. KubeVirt measures neither kernel nor initrd
/// today and offers no stream to a guest without a network: the verdict is undecided, and nothing is delivered (docs/kubevirt.md).
/// Opening it asks no cluster.
[[nodiscard]] std::shared_ptr<Host> makeHost(Address address);

/// The contexts of this person's kubeconfig, as hosts that can be chosen: kubevirt://CONTEXT/NAMESPACE. Reads files alone, asks no cluster
/// and runs no program. No kubeconfig: none. An error names the file and line that can't be read.
[[nodiscard]] Result<std::vector<HostInfo>> contexts();

/// The VirtualMachineInstance that would be asked for, as YAML; asks no cluster and runs no program. The same request gives the same text.
[[nodiscard]] Result<std::string> dryRun(const Address &address, const MachineRequest &request);

/// What the API alone tells of a cluster: KubeVirt's version and feature gates, nodes with SEV, what this user may do.
[[nodiscard]] std::shared_ptr<HostInspector> makeInspector(Address address);

} // namespace kastellan::sev::kubevirt
