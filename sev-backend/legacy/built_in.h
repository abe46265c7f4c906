// SPDX-License-Identifier: Apache-2.0
// The keys of AMD's authorities that are built in, held against certificates of the legacy chain. All who verify one ask here.
#pragma once

#include "sev-backend/certificates/root_keys.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev::legacy {

/// The built-in ASK that signed a CEK, in the slot and with the algorithm that an ASK of that size uses; null when none did.
[[nodiscard]] const RootKey *builtInAsk(const Certificate &cek);
/// The row of an authority in a role ("ARK", "ASK"), by its whole RSA key; null when it is not AMD's.
[[nodiscard]] const RootKey *pinnedKey(std::string_view role, const CaCertificate &authority);

} // namespace kastellan::sev::legacy
