// SPDX-License-Identifier: Apache-2.0
// What the readers of this room collect, before it is put together.
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/certificates/p384.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "sev-backend/legacy/certificate.h"

#include <set>
#include <string>
#include <vector>

namespace kastellan::sev::intake {

/// How much is read at most. What is beyond is named, and left.
struct Limits {
    std::size_t depth = 6; ///< texts in archives in texts…
    std::size_t parts = 50'000; ///< entries of archives, blocks of texts, values of JSON, over all files
    std::size_t derived = std::size_t{256} << 20; ///< bytes unpacked or decoded, over all files
    std::size_t found = 20'000; ///< parts that are listed
    std::size_t scan = std::size_t{4} << 20; ///< files up to this size are searched through for a report
};

/// Bytes that are looked at, and where they come from.
struct Part {
    ByteView bytes;
    std::string file; ///< the input's name, with that of what is packed in it
    std::size_t offset = 0; ///< of the first byte in `file`
    std::size_t depth = 0;
    std::string key; ///< of a value in JSON or a "key: value" text; else empty
    /// Some bytes of it, named the same.
    [[nodiscard]] Part at(std::size_t from, std::size_t size) const { return {bytes.subspan(from, size), file, offset + from, depth, key}; }
    /// Bytes that were made of it.
    [[nodiscard]] Part derived(ByteView content, const std::string &name) const { return {content, file + ": " + name, 0, depth + 1, {}}; }
};

/// A certificate of SNP's X.509 chain, with what assigning it needs.
struct X509Part {
    Certificate certificate;
    std::string role; ///< "ark", "ask", "asvk", "vcek", "vlek"; empty for one that is none of them
    std::optional<VekExtensions> extensions; ///< of a VCEK or VLEK
    std::optional<P384Key> key;
};
struct CrlPart {
    RevocationList list;
    Bytes der;
};
/// A certificate of the legacy chain; without `read` it is damaged, and goes into the evidence so that it is refused.
struct SevPart {
    std::string role; ///< "pdh", "pek", "oca", "cek", "ask", "ark"
    Bytes bytes;
    std::optional<legacy::Certificate> certificate;
    std::optional<legacy::CaCertificate> authority;
    std::string file; ///< where it came from
    std::size_t offset = 0;
};
/// Evidence itself: a report or a launch measurement.
struct EvidencePart {
    Bytes bytes;
    std::string file;
    std::size_t offset = 0;
};

/// All that was collected. Nothing is in it twice.
struct Parts {
    std::vector<EvidencePart> snpReports, sevReports, measures;
    std::vector<X509Part> certificates;
    std::vector<CrlPart> lists;
    std::vector<SevPart> sev;
    std::vector<FoundPart> found;
    std::vector<UnknownPart> unknown;
};

/// Reads files. Each reader takes what it knows and says whether it did; the first that did ends the search.
class Looker {
public:
    explicit Looker(const Limits &limits = {})
        : m_limits(limits)
    {
    }
    /// Finds out what a part is. False if nothing knows it; the reason is in `whyNot` then.
    bool look(const Part &part);
    /// A file of the caller: what stays unknown is listed.
    void file(const InputFile &input);

    // For the readers.
    void found(const Part &part, std::size_t length, std::string form, std::string what);
    void unknown(const Part &part, std::string why);
    void reason(std::string why); ///< why a part was not taken, should no other reader take it
    void snpReport(const Part &part, ByteView bytes, const std::string &form, const std::string &what);
    void sevReport(const Part &part);
    void measure(const Part &part);
    void launchRecord(const Part &part);
    bool x509(const Part &part, Certificate certificate);
    bool crl(const Part &part);
    void sevCertificate(const Part &part, SevPart sev);
    /// Whether a further part, and so many derived bytes, may be looked at. Says so once when not.
    [[nodiscard]] bool spend(const Part &part, std::size_t parts, std::size_t bytes);
    [[nodiscard]] const Limits &limits() const { return m_limits; }
    [[nodiscard]] Parts take() { return std::move(m_parts); }

private:
    [[nodiscard]] bool isNew(ByteView bytes); ///< by SHA-256
    Limits m_limits;
    Parts m_parts;
    std::set<Sha256> m_seen;
    std::string m_reason;
    std::size_t m_spentParts = 0, m_spentBytes = 0;
    bool m_saidSpent = false;
};

// The readers, in the order in which they are tried.
bool lookArchive(Looker &looker, const Part &part); ///< zip, tar, gzip
bool lookSevChain(Looker &looker, const Part &part); ///< certificates of the legacy chain, one after another
bool lookSnp(Looker &looker, const Part &part); ///< reports, raw and in their wrappers
bool lookSevReport(
    Looker &looker, const Part &part); ///< legacy attestation report, 208 bytes; launch measurement with the owner's part, 240
bool lookTable(Looker &looker, const Part &part); ///< GHCB certificate table
bool lookDer(Looker &looker, const Part &part); ///< certificates and lists, one after another
bool lookText(Looker &looker, const Part &part); ///< PEM, JSON, text protocol buffers, hex, base64, "key: value"
bool lookProto(Looker &looker, const Part &part); ///< go-sev-guest's Attestation or Report
bool lookSize(Looker &looker, const Part &part); ///< what has no mark but its size: a launch measurement
bool lookScan(Looker &looker, const Part &part); ///< a report anywhere within

/// How many of the marks of an SNP report the bytes carry, and of how many. At least 1184 bytes.
struct Marks {
    int set = 0, of = 0;
    [[nodiscard]] bool likely() const { return set + 2 >= of; }
    [[nodiscard]] bool sure() const { return set == of; }
};
[[nodiscard]] Marks reportMarks(ByteView bytes);
/// "SNP attestation report, version 3".
[[nodiscard]] std::string reportWords(ByteView report);
/// Whether nothing but zero bytes is there.
[[nodiscard]] bool allZero(ByteView bytes);

/// Values of the fields of go-sev-guest's `sevsnp.Report` by field number, as both its forms yield them.
struct ProtoReport {
    std::vector<std::pair<unsigned, std::uint64_t>> numbers;
    std::vector<std::pair<unsigned, Bytes>> bytes;
};
/// The 1184 bytes that they were made of; an error names the field that is wrong.
[[nodiscard]] Result<Bytes> reportOf(const ProtoReport &fields);
/// Name and number of the fields, for the text form.
[[nodiscard]] std::optional<unsigned> protoReportField(std::string_view name);
/// The text form: "report: { version: 2 …". False when it is none; a broken one leaves a reason.
bool lookTextProto(Looker &looker, const Part &part);
bool lookJson(Looker &looker, const Part &part);
bool lookPem(Looker &looker, const Part &part);
bool lookHexDump(Looker &looker, const Part &part);

} // namespace kastellan::sev::intake
