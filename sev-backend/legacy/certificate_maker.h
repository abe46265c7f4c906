// SPDX-License-Identifier: Apache-2.0
// Makes certificates of the legacy SEV chain: an owner's OCA, signatures of a PEK, and all keys of an emulated platform (sev-formats 2.1).
#pragma once

#include "sev-backend/certificates/p384.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev::legacy {

/// A certificate of a P-384 key with both slots empty, 2084 bytes: what PEK_CSR gives.
[[nodiscard]] Bytes unsignedCertificate(
    Usage usage, Algorithm algorithm, const P384PrivateKey &key, std::uint8_t apiMajor, std::uint8_t apiMinor);
/// Signs one into a slot (0 or 1): ECDSA with SHA-256, as all of them do it.
void signInto(std::span<std::uint8_t> certificate, int slot, Usage signer, const P384PrivateKey &key);
/// r then s, 72 bytes each, little-endian: ECDSA with SHA-256 on P-384.
[[nodiscard]] std::array<std::uint8_t, 144> signSha256(const P384PrivateKey &key, ByteView message);
/// Whether the certificate holds the public half of this key.
[[nodiscard]] bool holds(const Certificate &certificate, const P384PrivateKey &key);

} // namespace kastellan::sev::legacy
