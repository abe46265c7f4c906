// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

namespace kastellan::test {

/// A record with every part filled in, made by hand: its report and certificates are bytes without meaning. `number` makes it differ.
[[nodiscard]] Record sampleRecord(unsigned number = 1);
/// What a backend would say of it.
[[nodiscard]] EvidenceView sampleView();

} // namespace kastellan::test
