// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/base/bytes.h"

#include <optional>

namespace kastellan::keepctl {

/// What --expect-digest names: at most one of the two.
struct ExpectedDigest {
    std::optional<LaunchDigest> snp; ///< 48 bytes: SEV-SNP and emulated keeps
    std::optional<Sha256> sev; ///< 32 bytes: SEV and SEV-ES
};
/// The launch digest that --expect-digest gives as hex or base64, or as @FILE, which holds either or the bytes themselves; neither where
/// the option is not given. Another length or form is an Input error that names the option.
[[nodiscard]] Result<ExpectedDigest> expectedDigest(const Invocation &asked);

} // namespace kastellan::keepctl
