// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/certificate.h"

#include <span>

namespace kastellan::sev {

/// AMD's ARK, ASK and ASVK of Milan, Genoa and Turin, from the built-in table of keys (root_keys.h).
[[nodiscard]] std::span<const Certificate> builtInAuthorities();

/// AMD's authority that a certificate names as its issuer (ASK or ASVK for a VCEK or VLEK, ARK for an ASK or ASVK), of those
/// that are built in; null when it names another. The name alone is compared: whether it signed is still to be checked.
[[nodiscard]] const Certificate *builtInIssuer(const Certificate &certificate);

} // namespace kastellan::sev
