// SPDX-License-Identifier: Apache-2.0
// From files to certificates with what they say, ready for the store.
#pragma once

#include "core/certificates/certificate_store.h"
#include "core/evidence/evidence.h"
#include "sev-backend/abi/product.h"
#include "sev-backend/certificates/certificate.h"
#include "sev-backend/certificates/crl.h"

#include <span>

namespace kastellan::sev {

/// What files turned out to hold.
struct ReadCertificates {
    std::vector<StoredCertificate> certificates; ///< each once, in the order of the files
    std::vector<UnknownPart> unknown; ///< what was not understood, or is no certificate of SEV's
};
/// Every certificate and revocation list of AMD SEV in the files, in any form that intake knows (docs/certs.md): PEM, DER, chains in any
/// order, GHCB tables, legacy chains, archives, texts.
[[nodiscard]] ReadCertificates readCertificates(std::span<const InputFile> files);
/// The same of files and folders (all plain files in them, not in folders below). A path that cannot be read, over 1000 files, or one over
/// 64 MiB: an error.
[[nodiscard]] Result<std::vector<InputFile>> readInputs(std::span<const std::string> paths);

/// What one certificate says. `source` as in StoredCertificate. One that is none of SEV's is an Input error.
[[nodiscard]] Result<StoredCertificate> describeCertificate(const Certificate &certificate, std::string source);
[[nodiscard]] Result<StoredCertificate> describeCrl(ByteView der, std::string source);
/// Of the legacy chain: 2084 bytes, or AMD's 832 or 1600.
[[nodiscard]] Result<StoredCertificate> describeSev(ByteView bytes, std::string source);

/// The chip id of a report or certificate as the store holds it: lower-case hex of 64 bytes, or of 8 for Turin. Empty for a masked one.
[[nodiscard]] std::string chipText(ByteView chip, Product product);

} // namespace kastellan::sev
