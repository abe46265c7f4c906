// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/readiness/facts.h"

namespace kastellan::sev {

/// The largest capability file that is read, bytes.
inline constexpr std::size_t recordingLimit = std::size_t{4} << 20;

/// A capability file: all facts as JSON (docs/readiness.md). Holds no secret; the chip's identity unless it was left out.
[[nodiscard]] std::string toRecording(const HostFacts &facts);
/// Reads one. Nothing in it is trusted: sizes, counts and characters are bounded, and every error names the member.
[[nodiscard]] Result<HostFacts> fromRecording(std::string_view json, std::string_view name);

} // namespace kastellan::sev
