// SPDX-License-Identifier: Apache-2.0
// SEV and SEV-ES without SNP: the chain PDH, PEK, OCA and CEK, ASK, ARK, in AMD's own certificate forms (SEV API 0.24, chapter 2;
// sev-formats 2.1 to 2.3).
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/certificates/root_keys.h"
#include "sev-backend/legacy/certificate.h"

#include <array>

namespace kastellan::sev {

/// One certificate of the chain, as far as it can be read.
struct LegacyLink {
    std::string_view role;
    Bytes bytes; ///< empty: it is not there
    std::optional<legacy::Certificate> certificate; ///< PDH, PEK, OCA, CEK
    std::optional<legacy::CaCertificate> authority; ///< ASK, ARK
    std::string problem; ///< why it can't be read, though it is there

    [[nodiscard]] bool there() const { return !bytes.empty(); }
    [[nodiscard]] bool read() const { return certificate || authority; }
    [[nodiscard]] std::string name() const; ///< "PEK"
};

/// All that follows from the evidence and its endorsements alone.
struct LegacyChain {
    LegacyLink pdh{"pdh", {}, {}, {}, {}}, pek{"pek", {}, {}, {}, {}}, oca{"oca", {}, {}, {}, {}}, cek{"cek", {}, {}, {}, {}},
        ask{"ask", {}, {}, {}, {}}, ark{"ark", {}, {}, {}, {}};
    std::vector<std::string> contradictions; ///< two different certificates in one role
    const RootKey *askKey = nullptr; ///< the built-in key of the ASK: of the one given, else the one that signed the CEK
    const RootKey *arkKey = nullptr; ///< the built-in key of the ARK that is given
    std::string emulatedRoot; ///< "emulated:<fingerprint>" of the ARK that is given, where an X.509 certificate names it; else empty
    std::vector<std::string> faults; ///< signatures that do not verify, in words
    std::vector<std::string> unsure; ///< signatures whose issuer is missing
    bool pdhSigned = false, pekSigned = false, ocaSigned = false, cekSigned = false, askSigned = false, arkSigned = false;

    [[nodiscard]] std::array<const LegacyLink *, 6> links() const { return {&pdh, &pek, &oca, &cek, &ask, &ark}; }
    /// "Naples" to "Turin", of the pinned keys; empty when there is none.
    [[nodiscard]] std::string_view product() const;
    /// Whether a key that is built in ends the chain.
    [[nodiscard]] bool pinned() const;
};
/// Evidence of the kinds "sev-chain" (its report is the PDH), "sev-report" and "sev-launch-measure". The role "emulated-root" is the X.509
/// certificate that an emulated platform's root is named by.
[[nodiscard]] LegacyChain readLegacyChain(const Evidence &evidence);
[[nodiscard]] bool isLegacyKind(std::string_view kind);

/// The findings about such evidence. Unreadable evidence is a failing finding, never an error.
[[nodiscard]] std::vector<Finding> appraiseLegacy(const Evidence &evidence, const ReferenceValues &expected);
/// Of the kind "none", a keep that was launched without evidence: undecided, whatever is expected.
[[nodiscard]] std::vector<Finding> appraiseNothing(const ReferenceValues &expected);
/// Everything that can be read of it.
[[nodiscard]] EvidenceView describeLegacy(const Evidence &evidence);

namespace checks {
extern const Check sevFormat, sevComplete, sevSignatures, sevUsages, sevEncoding, sevReportSignature, sevExpected;
extern const Check sevPolicyReserved, sevPolicyDebug, sevPolicySharing, sevPolicyMigration, sevPolicyEs, sevPolicyApi;
extern const Check sevNonce, sevDigest, sevMeasure, sevSession, sevFirmware;
extern const Check evidencePresent;
} // namespace checks
/// All of them, in the order of docs/appraisal.md.
[[nodiscard]] std::span<const Check *const> legacyChecks();

} // namespace kastellan::sev
