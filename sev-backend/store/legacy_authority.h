// SPDX-License-Identifier: Apache-2.0
// The legacy chain and the keys of AMD's authorities that are built in.
#pragma once

#include "sev-backend/certificates/root_keys.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev {

/// Whether this ASK signed a CEK.
[[nodiscard]] bool signedByBuiltIn(const legacy::Certificate &subject, const RootKey &key);
/// The built-in ASK that signed a CEK; null when none did.
[[nodiscard]] const RootKey *builtInAsk(const legacy::Certificate &cek);
/// The built-in row of an ARK or ASK, by its RSA key; null when it is not AMD's.
[[nodiscard]] const RootKey *pinnedKey(const legacy::CaCertificate &authority);

} // namespace kastellan::sev
