// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/authority.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev {

/// The emulated counterparts of AMD's authorities in SEV format, made of the keys of the X.509 ones, as AMD has it from Milan on.
/// RSA-PSS with SHA-256 for 2048 bits, SHA-384 for 4096. Their key ids begin with "EMULATED": such a format has no name to say so.
struct LegacyAuthority {
    Bytes ark, ask;
    [[nodiscard]] static Result<LegacyAuthority> make(const Authority &authority);
};
/// Puts the ASK's signature into the first slot of a CEK certificate.
[[nodiscard]] Status signCek(std::span<std::uint8_t> cek, const Authority &authority);

/// Whether a certificate authority in SEV format says that it is an emulated one.
[[nodiscard]] bool isEmulated(const legacy::CaCertificate &authority);

} // namespace kastellan::sev
