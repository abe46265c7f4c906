// SPDX-License-Identifier: Apache-2.0
#include "app/kastellan/certificates.h"

#include "core/certificates/certificate_store.h"
#include "core/evidence/reappraise.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/store/chains.h"
#include "sev-backend/store/layouts.h"
#include "sev-backend/store/read.h"
#include "sev-backend/store/state.h"

#include <algorithm>

namespace kastellan {

namespace {

Result<std::vector<StoredCertificate>> stored()
{
    KASTELLAN_ASSIGN(const auto store, CertificateStore::openExisting());
    return store ? store->list() : std::vector<StoredCertificate>{};
}

/// Short, for people: the common name, and for which chip.
std::string titleOf(const StoredCertificate &certificate)
{
    constexpr std::size_t shownChip = 12;
    const std::string &subject = certificate.subject;
    const auto common = subject.find("CN=");
    std::string title = common == std::string::npos ? subject : subject.substr(common + 3, subject.find(", ", common) - common - 3);
    if (!certificate.chip.empty())
        title += " (chip " + certificate.chip.substr(0, shownChip) + (certificate.chip.size() > shownChip ? "…" : "")
            + (certificate.tcb.empty() ? "" : ", " + certificate.tcb) + ")";
    return title;
}

Result<std::vector<KnownCertificate>> list(std::int64_t at)
{
    KASTELLAN_ASSIGN(const auto all, stored());
    const auto states = sev::statesOf(all, at);
    std::vector<KnownCertificate> known;
    known.reserve(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const StoredCertificate &one = all[i];
        known.push_back({toHex(one.digest.view()), one.role, titleOf(one), one.issuer, one.product, one.chip, one.tcb, one.notBefore,
            one.notAfter, states[i].word, states[i].why, states[i].good, one.emulated, one.source});
    }
    return known;
}

Result<ui::CertificateImport> import(const std::vector<std::string> &paths)
{
    KASTELLAN_ASSIGN(const auto inputs, sev::readInputs(paths));
    sev::ReadCertificates read = sev::readCertificates(inputs);
    if (read.certificates.empty())
        return badInput("import certificates", paths.empty() ? "" : paths.front(),
            "there is no certificate or revocation list of AMD SEV in what was given");
    KASTELLAN_ASSIGN(const auto known, stored());
    ui::CertificateImport done;
    done.read = read.certificates.size();
    done.newList = std::ranges::any_of(read.certificates, [&](const StoredCertificate &certificate) {
        return certificate.role == "crl" && !std::ranges::contains(known, certificate.digest, &StoredCertificate::digest);
    });
    done.unknown = std::move(read.unknown);
    KASTELLAN_ASSIGN(const auto store, CertificateStore::open());
    KASTELLAN_ASSIGN(done.added, store->add(std::move(read.certificates)));
    return done;
}

Result<Bytes> chain(const std::string &sha256)
{
    KASTELLAN_ASSIGN(const auto store, CertificateStore::openExisting());
    if (!store)
        return badInput("export certificates", sha256.substr(0, 16), "the certificate store is empty");
    KASTELLAN_ASSIGN(const StoredCertificate leaf, store->find(sha256));
    KASTELLAN_ASSIGN(const auto all, store->list());
    Bytes out;
    for (const StoredCertificate &certificate : sev::chainOf(leaf, all)) {
        const Bytes part = certificate.format == "sev" ? certificate.bytes : toBytes(std::string_view(sev::toPem(certificate)));
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

/// The store's revocation lists that are signed by the root of a record join its evidence.
Result<Appraisal> today(const Record &record, std::int64_t at, const EvidenceBackend &backend)
{
    KASTELLAN_ASSIGN(const auto all, stored());
    Record known = record;
    for (const Endorsement &endorsement : record.evidence.endorsements) {
        if (endorsement.role != "ark")
            continue;
        const auto root = sev::Certificate::fromDer(endorsement.der);
        for (const StoredCertificate &certificate : all) {
            if (!root || certificate.role != "crl"
                || std::ranges::contains(known.evidence.endorsements, certificate.bytes, &Endorsement::der))
                continue;
            if (const auto revocations = sev::RevocationList::fromDer(certificate.bytes); revocations && revocations->signatureBy(*root))
                known.evidence.endorsements.push_back({"crl", certificate.bytes});
        }
    }
    return reappraise(known, backend, at);
}

} // namespace

ui::CertificateFunctions certificateFunctions(std::shared_ptr<EvidenceBackend> backend)
{
    ui::CertificateFunctions functions;
    functions.list = list;
    functions.import = import;
    functions.chain = chain;
    functions.reappraise = [backend = std::move(backend)](const Record &record, std::int64_t at) { return today(record, at, *backend); };
    return functions;
}

} // namespace kastellan
