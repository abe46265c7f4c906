// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>
#include <string_view>

namespace kastellan::warden {

/// What the kernel's command line says to the warden. It is measured with the rest of the keep image.
struct KernelWords {
    bool unattested = false; ///< kastellan.unattested: an owner is served without evidence
    std::optional<Sha256> owner; ///< kastellan.owner=HEX: SHA-256 of the owner key's SubjectPublicKeyInfo; only then

    /// Words that do not begin with "kastellan." are the kernel's. An unknown one that does, one said twice, or half a pair is an Input
    /// error: something was meant by it.
    [[nodiscard]] static Result<KernelWords> parse(std::string_view commandLine);
};

} // namespace kastellan::warden
