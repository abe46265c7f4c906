// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/platform_status.h"

namespace kastellan::sev {

/// A file with a wrapped VLEK hashstick, as AMD's key server hands it to a cloud provider: 432 bytes, or hex of them (SEV-SNP firmware ABI
/// 1.58, SNP_VLEK_LOAD; sev-formats 2.16). Only chip and key server can open it; what lies open is checked: reserved bytes that are set,
/// or a key that is all zero, are Input errors. `name` is for messages.
[[nodiscard]] Result<VlekHashstick> readHashstick(ByteView file, std::string_view name);

} // namespace kastellan::sev
