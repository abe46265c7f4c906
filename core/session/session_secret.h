// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan {

/// Names the session secret in the table of secrets that SEV firmware puts into a guest (confidential computing secret area;
/// sev-formats 2.12).
inline constexpr const char *sessionSecretGuid = "6f9bd9c5-3f0c-4b5f-9a3e-5d6f6c0d7a51";

/// What a keep under SEV or SEV-ES is given before it runs, for it can't report from inside: only the keep that was measured gets it. Wiped
/// when destroyed.
struct SessionSecret {
    Sha256 key; ///< random, for this launch alone
    Sha256 ownerKey; ///< SHA-256 of the owner key's SubjectPublicKeyInfo: what HOST_DATA is under SNP
    SessionSecret() = default;
    SessionSecret(const SessionSecret &) = default;
    SessionSecret &operator=(const SessionSecret &) = default;
    ~SessionSecret();

    /// 64 bytes: key, then owner key.
    [[nodiscard]] Bytes bytes() const;
    [[nodiscard]] static Result<SessionSecret> parse(ByteView bytes);
    /// What the warden answers in place of a report: "KSC1", then HMAC-SHA-256(key, "kastellan-session-code-1" || data); 36 bytes.
    [[nodiscard]] Bytes code(const ReportData &data) const;
    /// In constant time.
    [[nodiscard]] bool made(ByteView code, const ReportData &data) const;
};

} // namespace kastellan
