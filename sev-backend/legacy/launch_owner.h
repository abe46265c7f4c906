// SPDX-License-Identifier: Apache-2.0
// The owner's side of launching one guest under SEV or SEV-ES, for whoever starts it: session, measurement, sealed secret.
#pragma once

#include "core/evidence/evidence.h"
#include "core/session/session_secret.h"
#include "sev-backend/legacy/owner.h"
#include "sev-backend/legacy/platform_chain.h"

#include <filesystem>

namespace kastellan::sev::legacy {

/// What a host says of its platform (virNodeGetSEVInfo, query-sev-capabilities), and what backs it.
struct PlatformStatement {
    std::string pdh; ///< base64
    std::string chain; ///< base64: PEK, OCA, CEK
    /// AMD's key server's certificate of this chip, by its CPU id: the CEK that a platform exports is signed by nobody. Empty: the one in
    /// `chain` is signed.
    Bytes signedCek;
    /// Of an emulated platform its ASK and ARK in SEV format ("ask", "ark") and the X.509 certificate that its root is named by
    /// ("emulated-root"; emulatedAuthorities() gives all three). Empty: AMD's keys, which are built in.
    std::vector<Endorsement> authorities;
};

/// What a host says of a guest that waits (virDomainGetLaunchSecurityInfo).
struct LaunchStatement {
    std::string measurement; ///< base64, 48 bytes
    PlatformBuild build; ///< sev-api-major, sev-api-minor, sev-build-id
    Policy policy = 0; ///< sev-policy
};

/// One launch. Holds the transport keys and the session secret, and wipes them when destroyed. They are never in evidence, but for the TIK
/// (docs/threat-model.md, "SEV and SEV-ES").
class LaunchOwner {
public:
    /// Verifies the platform's chain up to the root that the plan accepts, "amd" or "emulated:<fingerprint>" and no other (Negative error
    /// that names the link), then makes keys, owner's certificate, session blob and session secret. `ownerKey`: SHA-256 of the owner key's
    /// SubjectPublicKeyInfo (LaunchPlan::ownerKey).
    [[nodiscard]] static Result<LaunchOwner> begin(
        const PlatformStatement &platform, Policy policy, std::string_view root, const Sha256 &ownerKey);
    LaunchOwner(LaunchOwner &&) = default;
    LaunchOwner &operator=(LaunchOwner &&) = default;

    [[nodiscard]] std::string dhCert() const; ///< base64, for <dhCert>
    [[nodiscard]] std::string session() const; ///< base64, for <session>
    [[nodiscard]] Policy policy() const { return m_policy; } ///< for <policy>
    [[nodiscard]] const std::string &product() const { return m_product; } ///< "Milan"; of an emulated platform "emulated"
    /// What RunningKeep::endorsements() gives: the whole chain.
    [[nodiscard]] const std::vector<Endorsement> &endorsements() const { return m_endorsements; }

    /// What RunningKeep::launchEvidence() gives: never judged here. An Input error when the statement can't be read.
    [[nodiscard]] Result<Evidence> evidence(const LaunchStatement &launched) const;
    /// Whether the guest that waits has exactly this digest, policy and session: a Negative error that says what does not fit.
    [[nodiscard]] Status check(const LaunchStatement &launched, const Sha256 &expectedDigest) const;
    struct Sealed {
        std::string header, secret; ///< base64: VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER and _SECRET
    };
    /// RunningKeep::admit(): checks again, then seals the table with the session secret for this very launch.
    [[nodiscard]] Result<Sealed> seal(const LaunchStatement &launched, const Sha256 &expectedDigest) const;
    /// What RunningKeep::sessionSecret() gives.
    [[nodiscard]] const SessionSecret &secret() const { return m_secret; }

private:
    LaunchOwner() = default;
    Policy m_policy = 0;
    LaunchBlob m_blob;
    TransportKeys m_keys;
    SessionSecret m_secret;
    std::string m_product;
    std::vector<Endorsement> m_endorsements;
};

/// The session secret in a keep's folder, mode 0600, for a loader that takes over. The loader removes it at the keep's end.
inline constexpr const char *sessionSecretFile = "session.key";
[[nodiscard]] Status saveSessionSecret(const std::filesystem::path &folder, const SessionSecret &secret); ///< before admit()
[[nodiscard]] Result<SessionSecret> loadSessionSecret(const std::filesystem::path &folder); ///< in Host::resume()

/// What evidence of the kind "sev-launch-measure" holds, with which anybody can compute the measurement again: 240 bytes, all numbers
/// little-endian (docs/appraisal.md). 48 bytes alone are what the firmware said.
struct LaunchRecord {
    LaunchMeasure measure;
    PlatformBuild build;
    Policy policy = 0;
    std::array<std::uint8_t, 16> tik{};
    Bytes session; ///< 128 bytes
    Sha256 godh; ///< of the owner's certificate
    [[nodiscard]] Bytes bytes() const;
    /// Exactly 240 bytes with the form's mark.
    [[nodiscard]] static Result<LaunchRecord> parse(ByteView bytes);
    [[nodiscard]] bool measures(const Sha256 &digest) const; ///< whether the measurement is that of this launch digest
    [[nodiscard]] bool sessionFits() const; ///< whether the session is of this TIK and policy
};

} // namespace kastellan::sev::legacy
