// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/store/chains.h"

#include "sev-backend/certificates/certificate.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev {
namespace {

using All = std::span<const StoredCertificate>;

const StoredCertificate *x509Issuer(const StoredCertificate &subject, All all)
{
    const auto certificate = Certificate::fromDer(subject.bytes);
    if (!certificate || subject.role == "ark")
        return nullptr;
    for (const auto &other : all)
        if (other.format == "x509" && (other.role == "ark" || other.role == "ask" || other.role == "asvk"))
            if (const auto issuer = Certificate::fromDer(other.bytes);
                issuer && certificate->namesIssuer(*issuer) && certificate->signatureBy(*issuer))
                return &other;
    return nullptr;
}

const StoredCertificate *newestList(const StoredCertificate &root, All all)
{
    const auto ark = Certificate::fromDer(root.bytes);
    const StoredCertificate *newest = nullptr;
    for (const auto &other : all)
        if (ark && other.format == "crl" && (!newest || other.notBefore > newest->notBefore))
            if (const auto list = RevocationList::fromDer(other.bytes); list && list->signatureBy(*ark))
                newest = &other;
    return newest;
}

/// The one of this role that signed it, in either form of the legacy chain.
const StoredCertificate *legacyIssuer(const StoredCertificate &subject, std::string_view role, All all)
{
    const auto key = legacy::Certificate::parse(subject.bytes, subject.source);
    const auto authority = legacy::CaCertificate::parse(subject.bytes, subject.source);
    for (const auto &other : all) {
        if (other.format != "sev" || other.role != role)
            continue;
        if (role == "ask" || role == "ark") {
            const auto issuer = legacy::CaCertificate::parse(other.bytes, other.source);
            if (issuer && ((key && legacy::signedBy(*key, *issuer)) || (!key && authority && legacy::signedBy(*authority, *issuer))))
                return &other;
        } else if (const auto issuer = legacy::Certificate::parse(other.bytes, other.source);
            issuer && key && legacy::signedBy(*key, *issuer)) {
            return &other;
        }
    }
    return nullptr;
}

} // namespace

bool isLeaf(const StoredCertificate &certificate)
{
    return certificate.role == "vcek" || certificate.role == "vlek" || certificate.role == "pdh";
}

std::vector<StoredCertificate> chainOf(const StoredCertificate &leaf, All all)
{
    std::vector<StoredCertificate> chain{leaf};
    if (leaf.format == "x509") {
        const StoredCertificate *last = &leaf;
        while (const StoredCertificate *issuer = x509Issuer(*last, all)) {
            chain.push_back(*issuer);
            last = issuer;
        }
        if (last->role == "ark")
            if (const StoredCertificate *list = newestList(*last, all))
                chain.push_back(*list);
        return chain;
    }
    // Each step of the legacy chain: who is signed, and by which role.
    static constexpr std::pair<std::string_view, std::string_view> steps[] = {
        {"pdh", "pek"}, {"pek", "oca"}, {"pek", "cek"}, {"cek", "ask"}, {"ask", "ark"}};
    for (const auto &[subject, issuer] : steps)
        for (std::size_t i = 0; i < chain.size(); ++i)
            if (chain[i].role == subject)
                if (const StoredCertificate *found = legacyIssuer(chain[i], issuer, all)) {
                    chain.push_back(*found);
                    break;
                }
    return chain;
}

} // namespace kastellan::sev
