// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace kastellan {

/// One certificate or revocation list with what a backend read out of it. The store knows roles and texts; what they mean is the backend's.
struct StoredCertificate {
    Sha256 digest; ///< of the bytes: its identity
    Bytes bytes; ///< exactly as it is signed: DER, or a format of the backend's own
    std::string format; ///< "x509", "crl", "sev"
    std::string role; ///< "ark", "ask", "asvk", "vcek", "vlek", "crl", "pdh", "pek", "oca", "cek"
    std::string product; ///< "Milan"; empty when it does not say
    std::string chip; ///< lower-case hex; empty when it is for no one chip
    std::string tcb; ///< "bl 3, tee 0, snp 8, ucode 115"; empty when it is for no one TCB
    std::string subject, issuer; ///< for people
    std::int64_t notBefore = 0, notAfter = 0; ///< Unix seconds; of a list: this and the next update; 0: it does not say
    bool emulated = false;
    std::string source; ///< where it came from: a file's name or an address
    std::int64_t added = 0; ///< Unix seconds
};

/// What to look for; empty members match everything.
struct CertificateFilter {
    std::string role, product, chip, tcb;
    [[nodiscard]] bool matches(const StoredCertificate &certificate) const;
};

/// Certificates and revocation lists of this user, each once, in dataFolder()/certificates.db (docs/certs.md). Several programs may use it
/// at once; a kill at any moment leaves whole additions. A newer schema is refused by name. What is in it is trusted for nothing: whoever
/// uses it verifies it.
class CertificateStore {
public:
    /// Opens or makes dataFolder()/certificates.db, or `path`.
    [[nodiscard]] static Result<std::unique_ptr<CertificateStore>> open(const std::filesystem::path &path = {});
    /// Opens it if it is there: null when nothing was ever stored. Makes no file.
    [[nodiscard]] static Result<std::unique_ptr<CertificateStore>> openExisting(const std::filesystem::path &path = {});
    virtual ~CertificateStore() = default;

    /// All or none, durable when it returns. Yields how many were new; `digest` and `added` are filled in here.
    [[nodiscard]] virtual Result<std::size_t> add(std::vector<StoredCertificate> certificates) = 0;
    /// By product, role, chip and TCB.
    [[nodiscard]] virtual Result<std::vector<StoredCertificate>> list(const CertificateFilter &filter = {}) = 0;
    /// By the SHA-256 or a beginning of it of 4 hex digits or more that only one has; anything else is an Input error.
    [[nodiscard]] virtual Result<StoredCertificate> find(std::string_view prefix) = 0;
    /// All or none. A digest that is not there is an Input error.
    [[nodiscard]] virtual Status remove(const std::vector<Sha256> &digests) = 0;
};

} // namespace kastellan
