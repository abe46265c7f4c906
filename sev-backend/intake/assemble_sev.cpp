// SPDX-License-Identifier: Apache-2.0
// Which certificates of the legacy chain belong together: by their signatures, and only where none fits by being the only one.
#include "sev-backend/intake/library.h"
#include "sev-backend/legacy/emulated_root.h"
#include "sev-backend/legacy/launch_owner.h"

#include <algorithm>

namespace kastellan::sev::intake {
namespace {

/// All certificates of one role, the files' own first.
std::vector<const SevPart *> withRole(const Library &own, const Library *pool, std::string_view role)
{
    std::vector<const SevPart *> parts;
    for (const Library *library : {&own, pool})
        if (library)
            for (const auto &part : library->sev())
                if (part.role == role)
                    parts.push_back(&part);
    return parts;
}

bool signs(const SevPart &issuer, const SevPart &subject, Budget &budget)
{
    if (!budget.take())
        return false;
    if (subject.certificate && issuer.certificate)
        return legacy::signedBy(*subject.certificate, *issuer.certificate);
    if (subject.certificate && issuer.authority)
        return legacy::signedBy(*subject.certificate, *issuer.authority);
    return subject.authority && issuer.authority && legacy::signedBy(*subject.authority, *issuer.authority);
}

/// The certificates from a PEK up, as far as they are there.
class Chains {
public:
    Chains(const Library &own, const Library *pool, Budget &budget)
        : m_budget(budget)
        , m_pdhs(withRole(own, pool, "pdh"))
        , m_peks(withRole(own, pool, "pek"))
        , m_ocas(withRole(own, pool, "oca"))
        , m_ceks(withRole(own, pool, "cek"))
        , m_asks(withRole(own, pool, "ask"))
        , m_arks(withRole(own, pool, "ark"))
    {
    }

    [[nodiscard]] bool empty() const
    {
        return m_pdhs.empty() && m_peks.empty() && m_ocas.empty() && m_ceks.empty() && m_asks.empty() && m_arks.empty();
    }
    [[nodiscard]] const std::vector<const SevPart *> &pdhs() const { return m_pdhs; }
    [[nodiscard]] const std::vector<const SevPart *> &peks() const { return m_peks; }

    /// Who signed `subject`, else a damaged one or the only one, so that the findings can say what is wrong with it.
    [[nodiscard]] const SevPart *issuer(const std::vector<const SevPart *> &candidates, const SevPart *subject) const
    {
        constexpr std::size_t most = 64;
        if (subject)
            for (const SevPart *candidate : std::span(candidates).first(std::min(candidates.size(), most)))
                if (signs(*candidate, *subject, m_budget))
                    return candidate;
        return candidates.empty() ? nullptr : candidates.front();
    }
    /// The CEK of a PEK: a platform hands out one that nobody signed, AMD's key server the same key with a signature.
    [[nodiscard]] const SevPart *cekOf(const SevPart *pek) const
    {
        const SevPart *unsignedOne = nullptr;
        for (const SevPart *cek : m_ceks) {
            if (m_budget.spent())
                break;
            if (pek && !signs(*cek, *pek, m_budget))
                continue;
            if (std::ranges::any_of(m_asks, [&](const SevPart *ask) { return !m_budget.spent() && signs(*ask, *cek, m_budget); }))
                return cek;
            if (!unsignedOne || (cek->certificate && cek->certificate->slot(0).usage == legacy::Usage::Ask))
                unsignedOne = cek;
        }
        return unsignedOne || m_ceks.empty() ? unsignedOne : m_ceks.front();
    }
    void addFrom(Evidence &evidence, const SevPart *pek) const
    {
        const SevPart *cek = cekOf(pek), *ask = issuer(m_asks, cek), *ark = issuer(m_arks, ask);
        for (const SevPart *part : {pek, issuer(m_ocas, pek), cek, ask, ark})
            if (part)
                evidence.endorsements.push_back({part->role, part->bytes});
    }
    [[nodiscard]] const SevPart *pekOf(const SevPart *pdh) const { return issuer(m_peks, pdh); }
    [[nodiscard]] const SevPart *pekOf(const legacy::AttestationReport &report) const
    {
        for (const SevPart *pek : m_peks)
            if (pek->certificate && m_budget.take() && report.signedBy(*pek->certificate))
                return pek;
        return m_peks.empty() ? nullptr : m_peks.front();
    }

private:
    Budget &m_budget;
    std::vector<const SevPart *> m_pdhs, m_peks, m_ocas, m_ceks, m_asks, m_arks;
};

/// The X.509 certificate that names an emulated chain's root.
void addEmulatedRoot(Evidence &evidence, const Library &own, const Library *pool, Budget &budget)
{
    const auto ark = std::ranges::find(evidence.endorsements, "ark", &Endorsement::role);
    if (ark == evidence.endorsements.end())
        return;
    const auto key = legacy::CaCertificate::parse(ark->der, "ARK");
    if (!key)
        return;
    for (const Library *library : {&own, pool})
        if (library)
            for (const X509Part *root : library->roots())
                if (budget.take() && !legacy::emulatedRootName(root->certificate.der(), *key).empty()) {
                    evidence.endorsements.push_back({"emulated-root", root->certificate.der()});
                    return;
                }
}

} // namespace

void assembleSev(std::vector<FoundEvidence> &into, const std::vector<EvidencePart> &reports, const std::vector<EvidencePart> &measures,
    const Library &own, const Library *pool, Budget &budget)
{
    if (reports.empty() && measures.empty() && own.sev().empty())
        return;
    const Chains chains(own, pool, budget);
    for (const auto &part : reports) {
        FoundEvidence found{part.file, part.offset, {"sev-report", part.bytes, {}}};
        const auto report = legacy::AttestationReport::parse(part.bytes, part.file);
        chains.addFrom(found.evidence, report ? chains.pekOf(*report) : nullptr);
        into.push_back(std::move(found));
    }
    // The files' own chains: one for each PDH, else for each PEK, else of what there is.
    const Chains ownChains(own, nullptr, budget);
    const auto chain = [&](const SevPart *pdh, const SevPart *pek) {
        // A chain can be of several files: it is named by the one that holds its first certificate.
        const SevPart &first = pdh ? *pdh : pek ? *pek : own.sev().front();
        FoundEvidence found{first.file, first.offset, {"sev-chain", pdh ? pdh->bytes : Bytes(), {}}};
        chains.addFrom(found.evidence, pek);
        return found;
    };
    std::vector<FoundEvidence> made;
    constexpr std::size_t most = 1000;
    for (const SevPart *pdh : std::span(ownChains.pdhs()).first(std::min(ownChains.pdhs().size(), most)))
        made.push_back(chain(pdh, chains.pekOf(pdh)));
    if (made.empty() && reports.empty())
        for (const SevPart *pek : std::span(ownChains.peks()).first(std::min(ownChains.peks().size(), most)))
            made.push_back(chain(nullptr, pek));
    if (made.empty() && reports.empty() && !ownChains.empty())
        made.push_back(chain(nullptr, nullptr));
    bool ownersPart = false;
    for (auto &found : made)
        addEmulatedRoot(found.evidence, own, pool, budget);
    for (const auto &part : measures) {
        ownersPart = ownersPart || legacy::LaunchRecord::parse(part.bytes);
        FoundEvidence found{part.file, part.offset, {"sev-launch-measure", part.bytes, {}}};
        if (!made.empty()) {
            if (!made.front().evidence.report.empty())
                found.evidence.endorsements.push_back({"pdh", made.front().evidence.report});
            const auto &links = made.front().evidence.endorsements;
            found.evidence.endorsements.insert(found.evidence.endorsements.end(), links.begin(), links.end());
        }
        into.push_back(std::move(found));
    }
    if (ownersPart && made.size() == 1) // the chain of the launch, and no evidence beside it
        return;
    for (auto &found : made)
        into.push_back(std::move(found));
}

} // namespace kastellan::sev::intake
