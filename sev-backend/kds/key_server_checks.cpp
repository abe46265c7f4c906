// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/crl.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "sev-backend/kds/key_server.h"
#include "sev-backend/legacy/built_in.h"

#include <algorithm>
#include <cctype>

namespace kastellan::sev::kds {
namespace {

constexpr auto checking = "check the key server's answer";

std::unexpected<Error> wrong(std::string why)
{
    return fail(ErrorKind::Environment, checking, {}, std::move(why),
        "It was not stored. Check the address of the key server, and whether a proxy or a mirror answers in its place.");
}

/// What came instead of a certificate, so that a person sees a proxy's page for what it is.
std::string looksLike(ByteView bytes)
{
    if (bytes.empty())
        return "it is empty";
    const std::string_view text = asText(bytes).substr(0, 200);
    const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    if (first != std::string_view::npos && text[first] == '<')
        return "it is a web page";
    if (first != std::string_view::npos && (text[first] == '{' || text[first] == '['))
        return "it is JSON";
    return "it begins with " + toHex(bytes.first(std::min<std::size_t>(bytes.size(), 8)));
}

Status inDate(const Certificate &certificate, std::int64_t now)
{
    if (now < certificate.notBefore() || now > certificate.notAfter())
        return wrong(certificate.commonName() + " is valid from " + timeText(certificate.notBefore()) + " to "
            + timeText(certificate.notAfter()) + ", and now is " + timeText(now));
    return {};
}

} // namespace

Result<Authorities> readAuthorities(ByteView pem, Product product, Kind kind, const std::string &root, std::int64_t now)
{
    const auto certificates = Certificate::fromPem(asText(pem));
    if (!certificates)
        return wrong("it should be two certificates in PEM, and " + looksLike(pem) + " (" + certificates.error().why + ")");
    if (certificates->size() != 2)
        return wrong("it should be two certificates, and there are " + std::to_string(certificates->size()));
    const bool rootFirst = certificates->front().commonName().starts_with("ARK-");
    const Authorities authorities{(*certificates)[rootFirst ? 1 : 0], (*certificates)[rootFirst ? 0 : 1]};
    const RootIdentity identity = identifyRoot(authorities.root);
    if (identity.text != root)
        return wrong("its root '" + authorities.root.subject() + "' is " + identity.text + ", and '" + root + "' is accepted");
    if (const auto status = authorities.root.signatureBy(authorities.root); !status)
        return wrong("the root's signature: " + status.error().why);
    if (const auto status = authorities.authority.signatureBy(authorities.root); !status)
        return wrong("the signature of the intermediate: " + status.error().why);
    const std::string expected = (kind == Kind::Vlek ? "SEV-VLEK-" : "SEV-") + std::string(name(product));
    if (identity.product != product || authorities.authority.commonName() != expected)
        return wrong("it is the chain of '" + authorities.authority.commonName() + "', and that of '" + expected + "' was asked for");
    if (!authorities.authority.constraints().ca || !authorities.authority.namesIssuer(authorities.root))
        return wrong("the intermediate is no authority below this root");
    KASTELLAN_TRY(inDate(authorities.root, now));
    KASTELLAN_TRY(inDate(authorities.authority, now));
    return authorities;
}

Result<Certificate> readVcek(ByteView der, const Authorities &authorities, ByteView chip, const TcbVersion &tcb, std::int64_t now)
{
    auto certificate = Certificate::fromDer(der);
    if (!certificate)
        return wrong("it should be a certificate in DER, and " + looksLike(der) + " (" + certificate.error().why + ")");
    if (const auto status = certificate->signatureBy(authorities.authority); !status)
        return wrong("the signature of the VCEK: " + status.error().why);
    const Chain chain{authorities.root, authorities.authority, *certificate};
    for (const Faults &faults : {nameFaults(chain, identifyRoot(authorities.root)), constraintFaults(chain)})
        if (!faults.empty())
            return wrong(faults.front());
    KASTELLAN_TRY(inDate(*certificate, now));
    const auto extensions = readVekExtensions(*certificate);
    if (!extensions)
        return wrong(extensions.error().why);
    if (!extensions->hardwareId
        || !std::ranges::equal(*extensions->hardwareId, chip.first(std::min(chip.size(), extensions->hardwareId->size()))))
        return wrong("it is the certificate of another chip than the one asked for");
    if (extensions->tcb != tcb)
        return wrong("it is for the TCB " + extensions->tcb.text() + ", and " + tcb.text() + " was asked for");
    return std::move(*certificate);
}

Status checkList(ByteView der, const Certificate &root, std::int64_t now)
{
    constexpr std::int64_t day = 86'400;
    const auto list = RevocationList::fromDer(der);
    if (!list)
        return wrong("it should be a revocation list in DER, and " + looksLike(der) + " (" + list.error().why + ")");
    if (const auto status = list->signatureBy(root); !status)
        return wrong("the signature of the revocation list: " + status.error().why);
    if (list->thisUpdate() > now + day)
        return wrong("the revocation list is of " + timeText(list->thisUpdate()) + ", and now is " + timeText(now));
    if (list->nextUpdate() != 0 && now > list->nextUpdate())
        return wrong("the revocation list is out of date: the next one was due " + timeText(list->nextUpdate()));
    return {};
}

Status checkCek(ByteView bytes)
{
    const auto cek = legacy::Certificate::parse(bytes, "answer");
    if (!cek)
        return wrong("it should be a CEK of 2084 bytes, and " + looksLike(bytes) + " (" + cek.error().why + ")");
    if (cek->usage() != legacy::Usage::Cek)
        return wrong("it is a " + legacy::nameOf(cek->usage()) + ", and a CEK was asked for");
    if (!legacy::builtInAsk(*cek))
        return wrong("none of AMD's ASKs signed the CEK");
    return {};
}

Result<std::vector<Bytes>> readSevAuthorities(ByteView bytes, std::string_view product)
{
    const auto ask = legacy::CaCertificate::parse(bytes, "answer");
    if (!ask)
        return wrong("it should be an ASK and an ARK, and " + looksLike(bytes) + " (" + ask.error().why + ")");
    const auto ark = legacy::CaCertificate::parse(bytes.subspan(ask->size()), "answer");
    if (!ark || ask->size() + ark->size() != bytes.size())
        return wrong("it should be an ASK and an ARK, and something else follows the first");
    const RootKey *askKey = legacy::pinnedKey("ASK", *ask), *arkKey = legacy::pinnedKey("ARK", *ark);
    if (ask->usage() != legacy::Usage::Ask || ark->usage() != legacy::Usage::Ark || !askKey || !arkKey)
        return wrong("its keys are not those of AMD's ASK and ARK");
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
    if (askKey->product != arkKey->product || !std::ranges::equal(arkKey->product, product, same))
        return wrong("they are of " + std::string(arkKey->product) + ", and those of " + std::string(product) + " were asked for");
    if (!legacy::signedBy(*ark, *ark) || !legacy::signedBy(*ask, *ark))
        return wrong("their signatures do not verify");
    return std::vector<Bytes>{toBytes(ask->bytes()), toBytes(ark->bytes())};
}

} // namespace kastellan::sev::kds
