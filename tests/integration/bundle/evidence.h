// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

namespace kastellan::test {

/// A record as a launch writes it, from a report of an emulated processor that was really launched, bound and appraised.
/// `altered` is the offset of a byte of the report to flip before the appraisal.
[[nodiscard]] Result<Record> emulatedRecord(std::optional<std::size_t> altered = {});
/// Evidence of real hardware from the test vectors: a folder with report.bin, vek.der and ca.pem.
[[nodiscard]] Record hardwareRecord(const std::string &folder);

} // namespace kastellan::test
