// SPDX-License-Identifier: Apache-2.0
// How a desktop's user asks the privileged helper for one platform command (docs/platform.md). One JSON request on its standard input, one
// JSON answer on its standard output.
#pragma once

#include "sev-backend/firmware/sev_device.h"

namespace kastellan::sev {

/// No request and no answer is longer.
inline constexpr std::size_t helperMessageLimit = 128u << 10;

/// {"kastellan-platform-helper": 1, "command": "pek-csr", "structure": HEX, "buffers": [{"bytes": HEX} | {"size": N}]}
[[nodiscard]] std::string encodeRequest(const SevCall &call);
/// Nothing but a call that fits the layout of a known command, with no address in it and only members that are known: anything else is an
/// Input error. What the firmware reads has to be given, what it writes has to have a size alone.
[[nodiscard]] Result<SevCall> decodeRequest(std::string_view text);

/// {"kastellan-platform-helper": 1, "errno": 0, "status": 0, "said": "", "structure": HEX, "buffers": [HEX, …]} with the buffers that the
/// firmware wrote.
[[nodiscard]] std::string encodeAnswer(const SevCall &call, const CommandAnswer &answer);
/// Puts what the firmware wrote into the call that was asked for. An answer that does not fit it is an Environment error.
[[nodiscard]] Result<CommandAnswer> decodeAnswer(std::string_view text, SevCall &call);

} // namespace kastellan::sev
