// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

namespace kastellan::keepctl {

/// The bytes of a report in hex, field by field: offset, bytes, and the name of the field that they are.
[[nodiscard]] std::string hexText(ByteView bytes, const std::vector<Field> &fields, int fd);

} // namespace kastellan::keepctl
