// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

#include <string>

namespace kastellan::keepctl {

/// What an emulated verdict is worth; empty when it is not emulated.
[[nodiscard]] std::string emulatedNote(bool emulated);
/// Some lines for the end of a launch: verdict, count of checks, every check that is not a pass with what to do, overrides. Coloured for
/// `fd`.
[[nodiscard]] std::string appraisalSummary(const Appraisal &appraisal, int fd);
/// The chain, leaf first, and each field of the raw report.
[[nodiscard]] std::string chainText(const EvidenceView &view, int fd);
[[nodiscard]] std::string fieldsText(const EvidenceView &view, int fd);

} // namespace kastellan::keepctl
