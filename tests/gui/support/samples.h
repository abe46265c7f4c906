// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/keeps/launcher.h"
#include "core/keeps/plan.h"

#include <string>

namespace kastellan::test {

/// A plan as a host would make it, for a keep whose id is `number` in its last byte.
[[nodiscard]] LaunchPlan samplePlan(const std::string &name, unsigned char number);
/// A libvirt connection without SEV, where a launch can be rehearsed.
[[nodiscard]] HostInfo sampleMachineHost();
/// One with SEV-SNP that is ready; one that offers nothing and rehearses nothing; a cluster.
[[nodiscard]] HostInfo sampleReadyMachineHost();
[[nodiscard]] HostInfo sampleBareHost();
[[nodiscard]] HostInfo sampleCluster();
/// What a cluster is asked for.
[[nodiscard]] std::string sampleYaml();
/// What such a host decides of a machine.
[[nodiscard]] MachinePlan sampleMachine(const MachineRequest &request);
/// A keep in a state, with the timeline that leads there.
[[nodiscard]] KeepStatus sampleKeep(const std::string &name, unsigned char number, KeepState state);
/// An appraisal with findings of every area: those of a trusted keep, changed to come to the verdict.
[[nodiscard]] Appraisal sampleAppraisal(Verdict verdict);
[[nodiscard]] Record sampleRecord(const KeepStatus &keep, const std::string &kind, Verdict verdict);
/// What a backend would read out of the sample's evidence.
[[nodiscard]] EvidenceView sampleView();
/// The smallest module that can be run: it exports _start and does nothing.
[[nodiscard]] Bytes sampleModule();

} // namespace kastellan::test
