// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/policy.h"
#include "sev-backend/legacy/owner.h"

namespace kastellan::sev::legacy {

/// Bits of the SEV guest policy (SEV API specification, section 3; sev-formats 2.9).
[[nodiscard]] std::span<const FlagBit> policyBits();
/// "0x5 (no-debug, es)", with the least firmware version where the policy asks for one.
[[nodiscard]] std::string policyText(Policy policy);
/// A number ("0x0005"), or words joined by commas: no-debug, no-key-sharing, es, no-send, domain, sev, api=MAJOR.MINOR (the names of other
/// tools too: nodbg, noks, nosend). An unknown word or a reserved bit is an Input error.
[[nodiscard]] Result<Policy> parsePolicy(std::string_view text);

} // namespace kastellan::sev::legacy
