// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/missing.h"

#include "core/base/file.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/p384.h"
#include "sev-backend/store/chains.h"
#include "sev-backend/store/read.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

const Endorsement *find(const Evidence &evidence, std::initializer_list<std::string_view> roles)
{
    for (const auto &endorsement : evidence.endorsements)
        if (std::ranges::contains(roles, std::string_view(endorsement.role)))
            return &endorsement;
    return nullptr;
}
const Endorsement *leafOf(const Evidence &evidence)
{
    return find(evidence, {"vcek", "vlek"});
}
const Endorsement *authorityOf(const Evidence &evidence)
{
    return find(evidence, {"ask", "asvk"});
}
bool verifies(const StoredCertificate &stored, const ReportView &report)
{
    const auto certificate = Certificate::fromDer(stored.bytes);
    const auto key = certificate ? P384Key::of(*certificate) : badInput("read a key", {}, "unreadable");
    return key && key->verifies(report.signedBytes(), report.signatureR(), report.signatureS());
}

bool sameGroup(std::string_view a, std::string_view b)
{
    const auto group = [](std::string_view role) { return role == "vlek" ? "vcek" : role == "asvk" ? "ask" : role; };
    return group(a) == group(b);
}

void add(Evidence &evidence, Completed &completed, const StoredCertificate &certificate, const std::string &from)
{
    // Of certificates one in each role, of lists all: whoever sends an older list with the evidence hides what a newer one revokes.
    const bool there = std::ranges::any_of(evidence.endorsements, [&](const Endorsement &own) {
        return sameGroup(own.role, certificate.role) && (own.role != "crl" || own.der == certificate.bytes);
    });
    if (there)
        return;
    evidence.endorsements.push_back({certificate.role, certificate.bytes});
    completed.added.push_back(certificate.role + ": " + from);
}

/// The products that a report may be of: before version 3 it does not tell Milan from Genoa.
std::vector<Product> productsOf(const ReportView &report)
{
    const ReportedProduct reported = report.product();
    if (reported.product != Product::Unknown)
        return {reported.product};
    return reported.layout == TcbLayout::Turin ? std::vector{Product::Turin} : std::vector{Product::Milan, Product::Genoa};
}

} // namespace

EndorsementFinder::EndorsementFinder(
    std::vector<StoredCertificate> certificates, std::unique_ptr<kds::Transport> transport, std::unique_ptr<kds::KeyServer> server)
    : m_certificates(std::move(certificates))
    , m_transport(std::move(transport))
    , m_server(std::move(server))
{
}

EndorsementFinder::~EndorsementFinder() = default;

Result<std::unique_ptr<EndorsementFinder>> EndorsementFinder::open(bool fetch, kds::Saying say)
{
    std::vector<StoredCertificate> certificates;
    KASTELLAN_ASSIGN(const auto store, CertificateStore::openExisting());
    if (store) {
        KASTELLAN_ASSIGN(certificates, store->list());
    }
    kds::Settings settings = kds::usualSettings();
    settings.offline = !fetch;
    settings.say = std::move(say);
    auto transport = kds::curlTransport();
    auto server = std::make_unique<kds::KeyServer>(std::move(settings), *transport, kds::systemClock());
    return std::make_unique<EndorsementFinder>(std::move(certificates), std::move(transport), std::move(server));
}

void EndorsementFinder::fromStore(Evidence &evidence, Completed &completed) const
{
    const std::string from = "from the certificate store";
    const auto report = ReportView::from(evidence.report);
    if (!report)
        return;
    if (!leafOf(evidence)) {
        for (const auto &stored : m_certificates) {
            if (stored.role != (report->signingKey() == SigningKey::Vlek ? "vlek" : "vcek"))
                continue;
            const std::string chip = toHex(report->chipId().view());
            if (!stored.chip.empty() && !report->chipIdMasked() && !chip.starts_with(stored.chip))
                continue;
            if (verifies(stored, *report)) {
                add(evidence, completed, stored, from);
                break;
            }
        }
    }
    // Behind the leaf, wherever it came from, stands what signed it.
    const Endorsement *leaf = leafOf(evidence);
    const auto certificate = leaf ? Certificate::fromDer(leaf->der) : badInput("read", {}, "none");
    const auto described = certificate ? describeCertificate(*certificate, {}) : badInput("read", {}, "none");
    if (!described)
        return;
    std::vector<StoredCertificate> known = m_certificates;
    for (const auto &own : evidence.endorsements)
        if (own.role != "crl")
            if (const auto read = Certificate::fromDer(own.der))
                if (auto stored = describeCertificate(*read, {}))
                    known.push_back(std::move(*stored));
    for (const auto &stored : chainOf(*described, known))
        add(evidence, completed, stored, from);
}

void EndorsementFinder::fromServer(Evidence &evidence, Completed &completed, const std::stop_token &stop)
{
    const auto report = ReportView::from(evidence.report);
    if (!report)
        return;
    const bool vlek = report->signingKey() == SigningKey::Vlek || find(evidence, {"vlek"});
    const kds::Kind kind = vlek ? kds::Kind::Vlek : kds::Kind::Vcek;
    const auto addAll = [&](const std::vector<kds::Fetched> &all) {
        for (const auto &one : all)
            add(evidence, completed, one.certificate, one.cached ? "from the cache of the key server" : "from the key server");
    };
    std::vector<Product> products = productsOf(*report);
    if (const Endorsement *leaf = leafOf(evidence))
        if (const auto certificate = Certificate::fromDer(leaf->der))
            if (const auto described = describeCertificate(*certificate, {})) {
                if (described->emulated)
                    return; // AMD has nothing for it
                if (const Product product = productFromText(described->product); product != Product::Unknown)
                    products = {product};
            }
    std::string why;
    if (!leafOf(evidence)) {
        if (vlek)
            why = "a VLEK is handed out by the operator of the host alone; ask for the certificates with the report";
        for (const Product product : products) {
            if (vlek)
                break;
            const TcbVersion tcb(report->reportedTcb(), layoutOf(product));
            const ChipId chip = report->chipId();
            const auto fetched = m_server->vcek(product, chip.view(), tcb, true, stop);
            if (fetched && std::ranges::any_of(*fetched, [&](const kds::Fetched &one) {
                    return one.certificate.role == "vcek" && verifies(one.certificate, *report);
                })) {
                addAll(*fetched);
                products = {product};
                break;
            }
            why = fetched ? "the key server's VCEK did not sign this report" : fetched.error().message();
        }
        if (!leafOf(evidence))
            completed.missing.push_back((vlek ? "vlek: " : "vcek: ") + why);
    }
    if (products.size() == 1 && (!authorityOf(evidence) || !find(evidence, {"ark"}))) {
        if (const auto fetched = m_server->chain(products.front(), kind, stop))
            addAll(*fetched);
        else
            completed.missing.push_back("chain: " + fetched.error().message());
    }
    if (products.size() == 1) {
        if (auto fetched = m_server->crl(products.front(), kind, stop))
            addAll({std::move(*fetched)});
        else
            completed.missing.push_back("crl: " + fetched.error().message());
    }
}

Completed EndorsementFinder::complete(Evidence &evidence, const std::stop_token &stop)
{
    Completed completed;
    if (evidence.kind != "snp-report")
        return completed;
    fromStore(evidence, completed);
    if (m_server)
        fromServer(evidence, completed, stop);
    return completed;
}

} // namespace kastellan::sev
