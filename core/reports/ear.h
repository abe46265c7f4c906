// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

namespace kastellan {

/// The claims of an appraisal for machines: an EAT Attestation Result (draft-ietf-rats-ear-04) with an AR4SI trustworthiness vector
/// (draft-ietf-rats-ar4si). A claim of the vector that nothing was found out about is left out.
struct TrustVector {
    /// AR4SI's numbers: 2 affirming, 32 and up a warning, 96 and up contraindicated; 0: no claim.
    int instanceIdentity = 0, configuration = 0, executables = 0, hardware = 0, runtimeOpaque = 0;
};
[[nodiscard]] TrustVector trustVectorOf(const Appraisal &appraisal);

/// The tier of a whole appraisal: `trusted` affirms; `authentic` warns, for nothing said what should run; `undecided` claims nothing;
/// `refused`, and all that is emulated, is contraindicated.
enum class EarTier : std::uint8_t { None = 0, Affirming = 2, Warning = 32, Contraindicated = 96 };
[[nodiscard]] EarTier earTierOf(const Appraisal &appraisal);

struct EarOptions {
    /// Names of the claims: those of the current draft, or those that Veraison's programs have used since 2023.
    enum class Profile : std::uint8_t { Draft04, Veraison2023 } profile = Profile::Draft04;
    std::string developer = "urn:kastellan"; ///< who made the verifier, as a URI; never empty
    std::string build; ///< of the verifier: "kastellan 0.1.0"
    std::string submodule = "snp"; ///< label of the attester
    std::vector<std::string> policyIds; ///< URIs of what was appraised against, in order (`policyIdOf`)
    Bytes nonce; ///< 8 to 64 bytes that the evidence was bound to; empty: none
    std::int64_t issued = 0; ///< Unix seconds
    std::string keyPem; ///< private key: P-384 signs with ES384, Ed25519 with EdDSA
};
/// Names the reference values, policy file included: "ni:///sha-256;…" (RFC 6920) of their canonical JSON.
[[nodiscard]] std::string policyIdOf(const ReferenceValues &expected);

/// A signed JWT (RFC 7519, compact form). An Input error for a key of another kind.
[[nodiscard]] Result<std::string> earJwt(const Appraisal &appraisal, const EarOptions &options);
/// A signed CWT (RFC 8392): tag 61, COSE_Sign1 (RFC 9052).
[[nodiscard]] Result<Bytes> earCwt(const Appraisal &appraisal, const EarOptions &options);

/// A user's key that signs attestation results, P-384, made on first use under the name "results". The text is secret: wipe it.
[[nodiscard]] Result<std::string> earKeyPem();

} // namespace kastellan
