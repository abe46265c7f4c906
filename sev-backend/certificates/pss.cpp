// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/pss.h"

#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/asn1t.h>
#include <openssl/rsa.h>

namespace kastellan::sev {
namespace {

using PssPtr = OpensslPtr<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>;
using AlgorithmPtr = OpensslPtr<X509_ALGOR, X509_ALGOR_free>;

int nidOf(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    return OBJ_obj2nid(object);
}

} // namespace

Status checkPssSha384(const X509_ALGOR *algorithm)
{
    const auto bad = [](std::string why) { return badInput("check a signature algorithm", {}, std::move(why)); };
    const ASN1_OBJECT *object = nullptr;
    int type = 0;
    const void *value = nullptr;
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    if (const int nid = OBJ_obj2nid(object); nid != NID_rsassaPss) {
        const char *found = OBJ_nid2sn(nid);
        return bad(std::string("it is ") + (found ? found : "unknown") + ", and not RSASSA-PSS");
    }
    if (type != V_ASN1_SEQUENCE)
        return bad("RSASSA-PSS has no parameters");
    const PssPtr pss(
        static_cast<RSA_PSS_PARAMS *>(ASN1_item_unpack(static_cast<const ASN1_STRING *>(value), ASN1_ITEM_rptr(RSA_PSS_PARAMS))));
    if (!pss) {
        ERR_clear_error();
        return bad("the parameters of RSASSA-PSS can't be read");
    }
    if (!pss->hashAlgorithm || nidOf(pss->hashAlgorithm) != NID_sha384)
        return bad("the hash is not SHA-384");
    if (!pss->maskGenAlgorithm || nidOf(pss->maskGenAlgorithm) != NID_mgf1)
        return bad("the mask is not made by MGF1 with SHA-384");
    X509_ALGOR_get0(nullptr, &type, &value, pss->maskGenAlgorithm);
    const AlgorithmPtr mask(type == V_ASN1_SEQUENCE
            ? static_cast<X509_ALGOR *>(ASN1_item_unpack(static_cast<const ASN1_STRING *>(value), ASN1_ITEM_rptr(X509_ALGOR)))
            : nullptr);
    if (!mask || nidOf(mask.get()) != NID_sha384) {
        ERR_clear_error();
        return bad("the mask is not made by MGF1 with SHA-384");
    }
    if (!pss->saltLength || ASN1_INTEGER_get(pss->saltLength) != 48)
        return bad("the salt does not have 48 bytes");
    if (pss->trailerField && ASN1_INTEGER_get(pss->trailerField) != 1)
        return bad("the trailer field is not 1");
    return {};
}

} // namespace kastellan::sev
