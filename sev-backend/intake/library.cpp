// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/intake/library.h"

#include <algorithm>

namespace kastellan::sev::intake {
namespace {

constexpr std::size_t chipKey = 8; ///< what every hardware id has
constexpr std::size_t mostLists = 64, mostChecks = 4096; ///< lists that are held against one root, and against all

} // namespace

Library::Library(std::vector<X509Part> certificates, std::vector<CrlPart> lists, std::vector<SevPart> sev)
    : m_certificates(std::move(certificates))
    , m_lists(std::move(lists))
    , m_sev(std::move(sev))
{
    std::size_t checks = 0;
    for (const auto &part : m_certificates) {
        if (part.role == "ark") {
            m_roots.push_back(&part);
            for (const auto &list : m_lists)
                if (checks++ < mostChecks && list.list.signatureBy(part.certificate))
                    m_signed[part.certificate.fingerprint()].push_back(&list);
        } else if (part.role == "ask" || part.role == "asvk") {
            m_authorities.push_back(&part);
        } else {
            m_leaves.push_back(&part);
            if (part.extensions && part.extensions->hardwareId)
                m_byChip.emplace(toBytes(ByteView(*part.extensions->hardwareId).first(chipKey)), &part);
        }
    }
}

std::vector<const X509Part *> Library::leavesOf(ByteView chipId) const
{
    std::vector<const X509Part *> fitting;
    if (allZero(chipId))
        return fitting;
    const auto [begin, end] = m_byChip.equal_range(toBytes(chipId.first(chipKey)));
    for (auto at = begin; at != end; ++at) {
        const Bytes &id = *at->second->extensions->hardwareId;
        if (id.size() <= chipId.size() && std::ranges::equal(id, chipId.first(id.size())) && allZero(chipId.subspan(id.size())))
            fitting.push_back(at->second);
    }
    return fitting;
}

std::vector<const CrlPart *> Library::listsOf(const Certificate &root) const
{
    if (const auto at = m_signed.find(root.fingerprint()); at != m_signed.end())
        return at->second;
    if (std::ranges::any_of(m_roots, [&](const X509Part *part) { return part->certificate.fingerprint() == root.fingerprint(); }))
        return {};
    std::vector<const CrlPart *> lists;
    for (const auto &list : std::span(m_lists).first(std::min(m_lists.size(), mostLists)))
        if (list.list.signatureBy(root))
            lists.push_back(&list);
    return lists;
}

std::vector<FoundEvidence> assemble(Parts parts, const Library *pool, bool &all)
{
    const Library own(std::move(parts.certificates), std::move(parts.lists), std::move(parts.sev));
    std::vector<FoundEvidence> evidence;
    Budget budget;
    assembleSnp(evidence, parts.snpReports, own, pool, budget);
    assembleSev(evidence, parts.sevReports, parts.measures, own, pool, budget);
    all = !budget.spent();
    return evidence;
}

} // namespace kastellan::sev::intake
