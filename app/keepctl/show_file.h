// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/commands.h"

namespace kastellan::keepctl {

/// `keepctl evidence show FILE`: every field of each piece of evidence in a file, its TCB and its certificates. Judges nothing.
[[nodiscard]] Result<int> showFile(const Invocation &asked, const Context &context);
/// Levels of a TCB as the parts of the evidence state them; empty where there are none.
[[nodiscard]] std::string tcbText(const EvidenceView &view, int fd);

} // namespace kastellan::keepctl
