// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/store/state.h"

#include "sev-backend/certificates/built_in_authorities.h"
#include "sev-backend/certificates/crl.h"

#include <algorithm>
#include <iterator>

namespace kastellan::sev {
namespace {

struct SignedList {
    RevocationList list;
    Certificate root;
};

/// The lists that a root among these signed.
std::vector<SignedList> signedLists(std::span<const StoredCertificate> all)
{
    std::vector<Certificate> roots;
    std::ranges::copy_if(
        builtInAuthorities(), std::back_inserter(roots), [](const Certificate &authority) { return authority.namesIssuer(authority); });
    for (const auto &stored : all)
        if (stored.format == "x509" && stored.role == "ark")
            if (auto root = Certificate::fromDer(stored.bytes))
                roots.push_back(std::move(*root));
    std::vector<SignedList> lists;
    for (const auto &stored : all) {
        if (stored.format != "crl")
            continue;
        const auto list = RevocationList::fromDer(stored.bytes);
        for (const auto &root : roots)
            if (list && list->signatureBy(root))
                lists.push_back({*list, root});
    }
    return lists;
}

bool isRevoked(const StoredCertificate &stored, const std::vector<SignedList> &lists)
{
    if (stored.format != "x509" || lists.empty())
        return false;
    const auto certificate = Certificate::fromDer(stored.bytes);
    if (!certificate || certificate->serial() == "0")
        return false;
    for (const auto &[list, root] : lists) {
        // Lists name certificates by serial number alone: only those of the same authority, and of the same world, are meant.
        const bool sameWorld = root.organization() == certificate->organization();
        const bool ofThisRoot = certificate->namesIssuer(root)
            || ((stored.role == "vcek" || stored.role == "vlek") && root.commonName() == "ARK-" + stored.product);
        if (sameWorld && ofThisRoot && list.revokes(*certificate))
            return true;
    }
    return false;
}

} // namespace

std::vector<CertificateState> statesOf(std::span<const StoredCertificate> all, std::int64_t at)
{
    const auto lists = signedLists(all);
    std::vector<CertificateState> states;
    for (const auto &stored : all) {
        CertificateState state{"valid", {}, true};
        if (stored.format == "sev")
            state.word = "no dates";
        else if (at < stored.notBefore)
            state = {"not yet valid", "from " + timeText(stored.notBefore), false};
        else if (stored.format == "crl")
            state = stored.notAfter != 0 && at > stored.notAfter
                ? CertificateState{"out of date", "the next one was due " + timeText(stored.notAfter), false}
                : CertificateState{"current", {}, true};
        else if (at > stored.notAfter)
            state = {"expired", "since " + timeText(stored.notAfter), false};
        if (isRevoked(stored, lists))
            state = {"revoked", "a revocation list of its root names it", false};
        states.push_back(std::move(state));
    }
    return states;
}

} // namespace kastellan::sev
