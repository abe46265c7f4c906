// SPDX-License-Identifier: Apache-2.0
// Which certificates and lists belong to an SNP report: by chip, TCB, signature and issuer, never by order or name of a file.
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/built_in_authorities.h"
#include "sev-backend/intake/library.h"

#include <algorithm>
#include <span>

namespace kastellan::sev::intake {
namespace {

constexpr std::size_t mostTried = 256; ///< keys that are tried on one report

std::span<const X509Part *const> compared(const std::vector<const X509Part *> &candidates)
{
    return std::span(candidates).first(std::min(candidates.size(), Budget::mostCompared));
}

bool verifies(const X509Part &leaf, const ReportView &report, Budget &budget)
{
    return leaf.key && budget.take() && leaf.key->verifies(report.signedBytes(), report.signatureR(), report.signatureS());
}

/// How well a leaf fits without asking its key.
int fit(const X509Part &leaf, const ReportView &report, bool sameChip)
{
    int score = sameChip ? 8 : 0;
    if (leaf.extensions && TcbVersion(report.reportedTcb(), leaf.extensions->tcb.layout()) == leaf.extensions->tcb)
        score += 4;
    if ((leaf.role == "vlek") == (report.signingKey() == SigningKey::Vlek))
        score += 2;
    const Product product = report.product().product;
    if (leaf.extensions && product != Product::Unknown && leaf.extensions->product == product)
        score += 1;
    return score;
}

/// The leaf of a library that signed the report, or that is about its chip and TCB; null if none does.
const X509Part *signer(const Library &library, const ReportView &report, Budget &budget)
{
    const X509Part *best = nullptr;
    int bestFit = -1;
    bool several = false;
    const auto ofChip = library.leavesOf(report.chipId().view());
    for (const X509Part *leaf : compared(ofChip)) {
        const int score = fit(*leaf, report, true);
        several = several || score == bestFit;
        if (score > bestFit) {
            best = leaf;
            bestFit = score;
            several = false;
        }
    }
    // A report that a VLEK signed names its chip too.
    constexpr int chipAndTcb = 12;
    if (best && bestFit >= chipAndTcb && !several && report.signingKey() != SigningKey::Vlek)
        return best;
    // A VLEK, a masked chip id, or more than one that would do: the keys themselves say.
    std::size_t tried = 0;
    for (const X509Part *leaf : library.leaves()) {
        if (++tried > mostTried)
            break;
        if (verifies(*leaf, report, budget))
            return leaf;
    }
    return best;
}

/// Of what was put down together with a single report, the leaf that fits best: it does not sign it, and the findings will say so.
const X509Part *nearestLeaf(const Library &library, const ReportView &report)
{
    const X509Part *best = nullptr;
    int bestFit = -1;
    for (const X509Part *leaf : library.leaves())
        if (const int score = fit(*leaf, report, false); score > bestFit) {
            best = leaf;
            bestFit = score;
        }
    return best;
}

/// Who issued `subject`: by name and signature, else by name.
const X509Part *issuerOf(const std::vector<const X509Part *> &candidates, const Certificate &subject, Budget &budget)
{
    const X509Part *named = nullptr;
    std::size_t count = 0;
    for (const X509Part *candidate : compared(candidates))
        if (subject.namesIssuer(candidate->certificate)) {
            named = named ? named : candidate;
            ++count;
        }
    if (count <= 1)
        return named;
    for (const X509Part *candidate : compared(candidates))
        if (subject.namesIssuer(candidate->certificate) && budget.take() && subject.signatureBy(candidate->certificate))
            return candidate;
    return named;
}

/// Without a name that fits: the only one there, or the one of the product.
const X509Part *likelyOf(const std::vector<const X509Part *> &candidates, Product product)
{
    if (candidates.size() == 1)
        return candidates.front();
    for (const X509Part *candidate : compared(candidates))
        if (product != Product::Unknown && productFromText(candidate->certificate.commonName()) == product)
            return candidate;
    return nullptr;
}

/// The same of a pool, whose certificates are there for other reports too: one of another product is no answer.
const X509Part *sharedOf(const std::vector<const X509Part *> &candidates, Product product)
{
    const X509Part *likely = likelyOf(candidates, product);
    const bool other = likely && product != Product::Unknown && productFromText(likely->certificate.commonName()) != product;
    return other ? nullptr : likely;
}

using Members = const std::vector<const X509Part *> &(Library::*)() const;

const X509Part *issuer(const Library &own, const Library *pool, Members members, const Certificate &subject, Budget &budget)
{
    const X509Part *found = issuerOf((own.*members)(), subject, budget);
    return found || !pool ? found : issuerOf((pool->*members)(), subject, budget);
}

/// The lists of the roots that were met: finding them costs a signature for each.
class Lists {
public:
    const std::vector<const CrlPart *> &of(const Library &library, const Certificate &root)
    {
        const std::pair key(&library, root.fingerprint());
        const auto known = m_known.find(key);
        return known != m_known.end() ? known->second : m_known.emplace(key, library.listsOf(root)).first->second;
    }

private:
    std::map<std::pair<const Library *, Sha256>, std::vector<const CrlPart *>> m_known;
};

/// The root whose lists count: the one that is there, else AMD's own, which is built in.
const Certificate *signerOfLists(const X509Part *leaf, const X509Part *authority, const X509Part *root)
{
    if (root)
        return &root->certificate;
    const Certificate *above = authority ? &authority->certificate : leaf ? builtInIssuer(leaf->certificate) : nullptr;
    return above ? builtInIssuer(*above) : nullptr;
}

/// False when they are too many to be copied.
bool addLists(Evidence &evidence, std::vector<const CrlPart *> lists, const std::vector<const X509Part *> &chain, Budget &budget)
{
    std::size_t size = 0;
    for (const CrlPart *list : lists)
        size += list->der.size();
    if (!budget.copy(size))
        return false;
    // The newest comes last, and behind it one that revokes something of this chain: whoever looks at one list alone looks at that.
    std::ranges::stable_sort(lists, {}, [&](const CrlPart *part) {
        const bool revokes = std::ranges::any_of(
            chain, [&](const X509Part *link) { return link->certificate.serial() != "0" && part->list.revokes(link->certificate); });
        return std::pair(revokes, part->list.thisUpdate());
    });
    for (const CrlPart *list : lists)
        evidence.endorsements.push_back({"crl", list->der});
    return true;
}

} // namespace

void assembleSnp(
    std::vector<FoundEvidence> &into, const std::vector<EvidencePart> &reports, const Library &own, const Library *pool, Budget &budget)
{
    Lists lists;
    for (const auto &part : reports) {
        FoundEvidence found{part.file, part.offset, {"snp-report", part.bytes, {}}};
        const auto report = *ReportView::from(found.evidence.report);
        const X509Part *leaf = signer(own, report, budget);
        if (!leaf && pool)
            leaf = signer(*pool, report, budget);
        if (!leaf && reports.size() == 1)
            leaf = nearestLeaf(own, report);

        const Product product = leaf && leaf->extensions ? leaf->extensions->product : report.product().product;
        const X509Part *authority = leaf ? issuer(own, pool, &Library::authorities, leaf->certificate, budget) : nullptr;
        if (!authority && (reports.size() == 1 || !leaf))
            authority = likelyOf(own.authorities(), product);
        if (!authority && pool)
            authority = sharedOf(pool->authorities(), product);
        const X509Part *root = authority ? issuer(own, pool, &Library::roots, authority->certificate, budget) : nullptr;
        if (!root)
            root = likelyOf(own.roots(), product);
        if (!root && pool)
            root = sharedOf(pool->roots(), product);

        std::vector<const X509Part *> chain;
        for (const X509Part *link : {leaf, authority, root})
            if (link) {
                chain.push_back(link);
                found.evidence.endorsements.push_back({link->role, link->certificate.der()});
            }
        // With some of the lists only, a revocation could go unseen: then it has to be undecided.
        const Certificate *signsLists = signerOfLists(leaf, authority, root);
        if (signsLists
            && (!addLists(found.evidence, lists.of(own, *signsLists), chain, budget)
                || (pool && !addLists(found.evidence, lists.of(*pool, *signsLists), chain, budget))))
            found.evidence.endorsements.clear();
        into.push_back(std::move(found));
    }
    // A list that no root here signed still has to be seen where there is one report: it fails.
    if (reports.size() == 1 && !into.empty()) {
        auto &evidence = into.back().evidence;
        const bool has = std::ranges::any_of(evidence.endorsements, [](const Endorsement &entry) { return entry.role == "crl"; });
        if (!has && own.lists().size() == 1)
            evidence.endorsements.push_back({"crl", own.lists().front().der});
    }
}

} // namespace kastellan::sev::intake
