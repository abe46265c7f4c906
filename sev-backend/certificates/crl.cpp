// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/crl.h"

#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/certificates/pss.h"

#include <ctime>

namespace kastellan::sev {
namespace {

constexpr const char *reading = "read a revocation list";

std::optional<std::int64_t> unixTime(const ASN1_TIME *time)
{
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) {
        ERR_clear_error();
        return {};
    }
    return ::timegm(&parts);
}

} // namespace

Result<RevocationList> RevocationList::fromDer(ByteView der)
{
    if (der.size() > sizeLimit)
        return badInput(reading, {}, "it has over 4 MiB");
    const unsigned char *at = der.data();
    RevocationList list;
    list.m_crl.reset(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())), X509_CRL_free);
    if (!list.m_crl)
        return badInput(reading, {}, "it is not a revocation list in DER: " + opensslReason());
    if (at != der.data() + der.size())
        return badInput(reading, "offset " + std::to_string(at - der.data()), "bytes follow the list");
    const auto thisUpdate = unixTime(X509_CRL_get0_lastUpdate(list.m_crl.get()));
    if (!thisUpdate)
        return badInput(reading, {}, "its date can't be read");
    list.m_thisUpdate = *thisUpdate;
    if (const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list.m_crl.get())) {
        const auto nextUpdate = unixTime(next);
        if (!nextUpdate)
            return badInput(reading, {}, "its date can't be read");
        list.m_nextUpdate = *nextUpdate;
    }
    return list;
}

bool RevocationList::isBy(const Certificate &issuer) const
{
    return X509_NAME_cmp(X509_CRL_get_issuer(m_crl.get()), X509_get_subject_name(issuer.handle())) == 0;
}

Status RevocationList::signatureBy(const Certificate &issuer) const
{
    constexpr const char *what = "verify the signature of a revocation list";
    if (!isBy(issuer))
        return badInput(what, {}, "its issuer is not " + issuer.subject());
    const X509_ALGOR *algorithm = nullptr;
    X509_CRL_get0_signature(m_crl.get(), nullptr, &algorithm);
    if (auto status = checkPssSha384(algorithm); !status)
        return badInput(what, {}, status.error().why);
    if (X509_CRL_verify(m_crl.get(), issuer.key()) != 1) {
        ERR_clear_error();
        return badInput(what, {}, "the key of " + issuer.subject() + " did not make it");
    }
    return {};
}

bool RevocationList::revokes(const Certificate &certificate) const
{
    X509_REVOKED *entry = nullptr;
    // 2 would mean "removed from the list" in a delta list, which AMD does not issue: it counts as revoked.
    return X509_CRL_get0_by_serial(m_crl.get(), &entry, const_cast<ASN1_INTEGER *>(X509_get0_serialNumber(certificate.handle()))) != 0;
}

std::size_t RevocationList::count() const
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(m_crl.get());
    return entries ? static_cast<std::size_t>(sk_X509_REVOKED_num(entries)) : 0;
}

} // namespace kastellan::sev
