// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/evidence/finding.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kastellan {

/// One certificate or revocation list, as it came.
struct Endorsement {
    std::string role; ///< "ark", "ask", "vcek", "vlek", "crl"; under SEV without SNP "pdh", "pek", "oca", "cek", "ask", "ark"
    Bytes der; ///< DER, or AMD's own form where the kind of evidence has that
};

/// What a keep says of itself, as raw bytes, with what backs it.
struct Evidence {
    std::string kind = "snp-report"; ///< names the format for the backend: also "sev-chain", "sev-report", "sev-launch-measure"
    Bytes report;
    std::vector<Endorsement> endorsements;
};

/// What the owner expects, fixed in the plan and never widened later.
struct ReferenceValues {
    std::string root = "amd"; ///< "amd" or "emulated:<hex SHA-256 of the emulated root certificate>"
    std::optional<LaunchDigest> launchDigest;
    std::optional<Sha256> shortLaunchDigest; ///< 32 bytes: of a keep under SEV or SEV-ES without SNP
    std::optional<ReportData> reportData; ///< where we asked for the report; its absence makes freshness unknown and advisory
    std::optional<HostData> hostData;
    std::vector<std::pair<std::string, unsigned>> minimumTcb; ///< level name ("snp", "bl", "tee", "ucode", "fmc") and floor
    std::optional<unsigned> vmpl; ///< default: 0 expected where we launched the keep
    bool allowDebug = false;
    bool strict = false; ///< advisory findings become required
    std::string policy; ///< a policy file's text, in the backend's words (docs/policy.md); joined with the values above; empty: none
};

/// One field of a raw report, as the backend explains it. The window draws whatever it is told.
struct Field {
    std::size_t offset = 0, length = 0;
    std::string name, value, meaning;
};

/// One named level of a TCB: "snp" 23.
struct TcbLevel {
    std::string name;
    unsigned value = 0;
};
/// The same levels as different parts of the evidence state them: "certificate", "reported", "current", "committed", "launch", "minimum".
struct TcbColumn {
    std::string name;
    std::vector<TcbLevel> levels;
};

/// One certificate for a person: what a chain drawing needs.
struct CertificateView {
    std::string role, subject, issuer, serial, key, notBefore, notAfter, sha256;
    bool emulated = false;
    bool signatureGood = false; ///< its signature by the next one up verifies (for a root: by itself, and it is pinned)
    bool issuerMissing = false; ///< the next one up is not there: nothing can be said of the signature
    std::vector<std::pair<std::string, std::string>> extensions; ///< name and value, e.g. TCB parts and chip id
};

/// All that can be shown of one piece of evidence.
struct EvidenceView {
    std::string technology; ///< "AMD SEV-SNP"
    std::string product; ///< "Milan", "Genoa", …
    std::vector<Field> fields;
    std::vector<TcbColumn> tcb;
    std::vector<CertificateView> chain; ///< leaf first, root last
};

/// A file as a person has it. Its name is for messages: it never decides what the file is.
struct InputFile {
    std::string name;
    Bytes bytes;
};

/// One thing that was recognised within a file.
struct FoundPart {
    std::string file; ///< the input's name; what is packed in it adds its own: "bundle.zip: report.bin"
    std::size_t offset = 0, length = 0; ///< there, in bytes
    std::string form; ///< a stable word of the backend: "snp-report" (docs/evidence.md)
    std::string what; ///< for people
};
/// What could not be read, and why.
struct UnknownPart {
    std::string file;
    std::size_t offset = 0;
    std::string why;
};
/// One piece of evidence with the endorsements that fit it.
struct FoundEvidence {
    std::string file; ///< where it came from, as in FoundPart
    std::size_t offset = 0;
    Evidence evidence;
};
/// What files turned out to be.
struct Recognised {
    std::vector<FoundEvidence> evidence;
    std::vector<FoundPart> found;
    std::vector<UnknownPart> unknown;
};

/// Certificates and revocation lists that were read once, for the evidence of many files. Never changes; safe in several threads.
class EndorsementPool {
public:
    virtual ~EndorsementPool() = default;
    [[nodiscard]] virtual std::size_t size() const = 0; ///< how many there are
};

/// What a TEE's backend does for the engine; sev-backend implements it, core and ui know this only.
class EvidenceBackend {
public:
    virtual ~EvidenceBackend() = default;
    /// The findings about genuineness and reference values. Unreadable evidence is a failing finding, never an error.
    [[nodiscard]] virtual std::vector<Finding> appraise(
        const Evidence &evidence, const ReferenceValues &expected, std::int64_t at) const = 0;
    /// Everything that can be read, for showing. Never judges.
    [[nodiscard]] virtual Result<EvidenceView> describe(const Evidence &evidence) const = 0;
    /// Finds out what files are, by their content alone, and gives each piece of evidence the endorsements that fit it: those of the
    /// files, else of the pool. Bounded in time and memory whatever the files hold. What can't be read is listed with its reason.
    [[nodiscard]] virtual Recognised recognise(std::span<const InputFile> files, const EndorsementPool *pool = nullptr) const = 0;
    /// The endorsements of files, for `recognise`. `what`, where given, receives what was found in them, without evidence.
    [[nodiscard]] virtual std::shared_ptr<const EndorsementPool> pool(
        std::span<const InputFile> files, Recognised *what = nullptr) const = 0;
    /// Which platform the evidence is from, as a stable text that two pieces of evidence of the same processor share: "chip:0123…". Empty
    /// when the evidence does not say (masked). It is what the evidence says: `appraise` finds whether that is true.
    [[nodiscard]] virtual std::string platformIdentity(const Evidence & /*evidence*/) const { return {}; }
    /// Whether a revocation list is about the root behind this evidence: by the name of its issuer, with `isSigned` also by its signature.
    [[nodiscard]] virtual bool concerns(const Evidence & /*evidence*/, ByteView /*list*/, bool /*isSigned*/) const { return false; }
};

/// The inputs of the two bindings of the design; all go into the record so that an auditor can compute them again.
struct Binding {
    KeepId keep;
    FixedBytes<struct NonceTag, 64> nonce;
    FixedBytes<struct ExporterTag, 32> exporter; ///< RFC 9266 EXPORTER-Channel-Binding, empty context
    Sha256 wardenKey; ///< SHA-256 of the warden's DER SubjectPublicKeyInfo
    std::optional<Sha256> manifest; ///< of the canonical delivery manifest, once delivered
    std::optional<ReportData> first; ///< the session's first report_data, for the second binding

    /// SHA-512("kastellan-attest-1" || nonce || exporter || wardenKey || keep).
    [[nodiscard]] ReportData attestData() const;
    /// SHA-512("kastellan-deliver-1" || first || manifest). `first` and `manifest` must be set.
    [[nodiscard]] ReportData deliverData() const;
};
using Nonce = decltype(Binding::nonce);
using Exporter = decltype(Binding::exporter);

} // namespace kastellan
