// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/chain.h"

#include "sev-backend/certificates/root_keys.h"

namespace kastellan::sev {
namespace {

/// What stands in every name of AMD's certificates (AMD 57230, tables 4 to 11).
constexpr std::pair<const char *, const char *> amdEntries[] = {
    {"O", "Advanced Micro Devices"}, {"OU", "Engineering"}, {"C", "US"}, {"L", "Santa Clara"}, {"ST", "CA"}};

const std::string &label(const Certificate &certificate)
{
    return certificate.commonName().empty() ? certificate.subject() : certificate.commonName();
}

void checkAuthority(Faults &faults, const Certificate &certificate)
{
    const auto &constraints = certificate.constraints();
    if (!constraints.ca)
        faults.push_back(label(certificate) + " is not a certificate authority (basic constraints)");
    if (!constraints.hasKeyUsage || !constraints.mayCertSign)
        faults.push_back(label(certificate) + " may not sign certificates (key usage)");
    if (certificate.rsaModulus().size() < 512)
        faults.push_back(label(certificate) + " has a key of " + certificate.keyText() + ", and RSA 4096 is expected");
}

} // namespace

bool isVlek(const Certificate &leaf)
{
    return leaf.commonName() == "SEV-VLEK";
}

RootIdentity identifyRoot(const Certificate &ark)
{
    RootIdentity root;
    if (const RootKey *key = findRootKey("ARK", ark.rsaModulus(), ark.rsaExponent())) {
        root.kind = RootIdentity::Kind::Amd;
        root.product = productFromText(key->product);
        root.text = "amd";
        return root;
    }
    const bool emulated = ark.organization() == emulatedOrganization;
    root.kind = emulated ? RootIdentity::Kind::Emulated : RootIdentity::Kind::Unknown;
    if (emulated)
        root.product = productFromText(ark.commonName());
    root.text = (emulated ? "emulated:" : "unknown:") + toHex(ark.fingerprint().bytes);
    return root;
}

Faults signatureFaults(const Chain &chain)
{
    Faults faults;
    const auto check = [&faults](const Certificate &certificate, const Certificate &issuer) {
        if (auto status = certificate.signatureBy(issuer); !status)
            faults.push_back("the signature of " + label(certificate) + ": " + status.error().why);
    };
    check(chain.ark, chain.ark);
    check(chain.ask, chain.ark);
    check(chain.leaf, chain.ask);
    return faults;
}

Faults nameFaults(const Chain &chain, const RootIdentity &root)
{
    Faults faults;
    const auto issued = [&faults](const Certificate &certificate, const Certificate &issuer) {
        if (!certificate.namesIssuer(issuer))
            faults.push_back(label(certificate) + " names '" + certificate.issuer() + "' as its issuer, and the next certificate is '"
                + issuer.subject() + "'");
    };
    issued(chain.ark, chain.ark);
    issued(chain.ask, chain.ark);
    issued(chain.leaf, chain.ask);

    const bool vlek = isVlek(chain.leaf);
    const std::string product(root.product == Product::Unknown ? std::string_view() : name(root.product));
    const auto expect = [&faults](const Certificate &certificate, const std::string &expected) {
        if (certificate.commonName() != expected)
            faults.push_back("'" + label(certificate) + "' stands where '" + expected + "' is expected");
    };
    if (!product.empty()) {
        expect(chain.ark, "ARK-" + product);
        expect(chain.ask, (vlek ? "SEV-VLEK-" : "SEV-") + product);
    }
    if (!vlek)
        expect(chain.leaf, "SEV-VCEK");
    if (root.kind == RootIdentity::Kind::Amd)
        for (const auto *certificate : {&chain.ark, &chain.ask, &chain.leaf})
            for (const auto &[entry, value] : amdEntries)
                if (const std::string actual = certificate->subjectEntry(entry); actual != value)
                    faults.push_back(
                        label(*certificate) + " has " + entry + "='" + actual + "' in its name, and AMD's have '" + value + "'");
    if (root.kind == RootIdentity::Kind::Emulated)
        for (const auto *certificate : {&chain.ark, &chain.ask, &chain.leaf})
            if (certificate->organization() != emulatedOrganization)
                faults.push_back(label(*certificate) + " does not name itself emulated, and its root does");
    return faults;
}

Faults constraintFaults(const Chain &chain)
{
    Faults faults;
    checkAuthority(faults, chain.ark);
    checkAuthority(faults, chain.ask);
    if (chain.ask.constraints().pathLength.value_or(0) != 0)
        faults.push_back(label(chain.ask) + " allows further authorities below it");
    if (chain.ark.constraints().pathLength == 0)
        faults.push_back(label(chain.ark) + " allows no authority below it, and has one");
    if (chain.leaf.constraints().ca)
        faults.push_back(label(chain.leaf) + " is a certificate authority, and must not be");
    if (!chain.leaf.isP384())
        faults.push_back(label(chain.leaf) + " has a key of " + chain.leaf.keyText() + ", and EC P-384 is expected");
    for (const auto *certificate : {&chain.ark, &chain.ask, &chain.leaf})
        if (certificate->constraints().unknownCritical)
            faults.push_back(label(*certificate) + " has a critical extension that is not known");
    return faults;
}

Faults dateFaults(const Chain &chain, std::int64_t at)
{
    Faults faults;
    for (const auto *certificate : {&chain.ark, &chain.ask, &chain.leaf}) {
        if (at < certificate->notBefore())
            faults.push_back(label(*certificate) + " is valid only from " + timeText(certificate->notBefore()));
        if (at > certificate->notAfter())
            faults.push_back(label(*certificate) + " was valid until " + timeText(certificate->notAfter()));
    }
    return faults;
}

} // namespace kastellan::sev
