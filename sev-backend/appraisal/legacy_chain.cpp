// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/legacy_chain.h"

#include "sev-backend/legacy/built_in.h"
#include "sev-backend/legacy/emulated_root.h"

namespace kastellan::sev {
namespace {

using legacy::Usage;

void put(LegacyChain &chain, LegacyLink &link, const Bytes &bytes)
{
    if (link.there()) {
        if (link.bytes != bytes)
            chain.contradictions.push_back("two different certificates claim to be the " + link.name());
        return;
    }
    link.bytes = bytes;
    if (&link == &chain.ask || &link == &chain.ark) {
        if (auto authority = legacy::CaCertificate::parse(bytes, link.name()); !authority)
            link.problem = authority.error().why;
        else if (authority->size() != bytes.size())
            link.problem = "it has " + std::to_string(bytes.size()) + " bytes, and its key says " + std::to_string(authority->size());
        else
            link.authority = std::move(*authority);
        return;
    }
    if (auto certificate = legacy::Certificate::parse(bytes, link.name()))
        link.certificate = std::move(*certificate);
    else
        link.problem = certificate.error().why;
}

template <typename Issuer>
bool check(LegacyChain &chain, const LegacyLink &subject, const LegacyLink &issuer, bool subjectRead, const std::optional<Issuer> &key,
    const auto &verify)
{
    if (!subjectRead)
        return false;
    if (!key) {
        if (!issuer.there())
            chain.unsure.push_back(subject.name() + " by " + issuer.name() + ", which is missing");
        return false;
    }
    const bool good = verify(*key);
    if (!good)
        chain.faults.push_back(subject.name() + " is not signed by " + (&subject == &issuer ? "itself" : "this " + issuer.name()));
    return good;
}

void checkSignatures(LegacyChain &chain)
{
    const auto byCertificate = [&](const LegacyLink &subject, const LegacyLink &issuer) {
        return check(chain, subject, issuer, subject.certificate.has_value(), issuer.certificate,
            [&](const legacy::Certificate &key) { return legacy::signedBy(*subject.certificate, key); });
    };
    chain.pdhSigned = byCertificate(chain.pdh, chain.pek);
    const bool byOca = byCertificate(chain.pek, chain.oca), byCek = byCertificate(chain.pek, chain.cek);
    chain.pekSigned = byOca && byCek;
    chain.ocaSigned = byCertificate(chain.oca, chain.oca);
    if (chain.cek.certificate && !chain.ask.there()) {
        chain.askKey = legacy::builtInAsk(*chain.cek.certificate);
        chain.cekSigned = chain.askKey != nullptr;
        const bool anyByAsk = chain.cek.certificate->slot(0).usage == Usage::Ask || chain.cek.certificate->slot(1).usage == Usage::Ask;
        if (!chain.cekSigned)
            chain.faults.push_back(anyByAsk
                    ? "CEK is not signed by any of AMD's keys that are built in"
                    : "CEK is signed by nobody: it is the platform's own copy, and AMD's key server has the signed one");
    } else {
        chain.cekSigned = check(chain, chain.cek, chain.ask, chain.cek.certificate.has_value(), chain.ask.authority,
            [&](const legacy::CaCertificate &key) { return legacy::signedBy(*chain.cek.certificate, key); });
    }
    if (chain.ask.authority)
        chain.askKey = legacy::pinnedKey("ASK", *chain.ask.authority);
    if (chain.ark.authority)
        chain.arkKey = legacy::pinnedKey("ARK", *chain.ark.authority);
    const auto byAuthority = [&](const LegacyLink &subject, const LegacyLink &issuer) {
        return check(chain, subject, issuer, subject.authority.has_value(), issuer.authority,
            [&](const legacy::CaCertificate &key) { return legacy::signedBy(*subject.authority, key); });
    };
    // An ASK whose key is built in needs no ARK beside it.
    if (chain.ark.there() || !chain.askKey)
        chain.askSigned = byAuthority(chain.ask, chain.ark);
    chain.arkSigned = byAuthority(chain.ark, chain.ark);
}

} // namespace

std::string LegacyLink::name() const
{
    std::string text(role);
    for (char &c : text)
        c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string_view LegacyChain::product() const
{
    return arkKey ? arkKey->product : askKey ? askKey->product : std::string_view();
}

bool LegacyChain::pinned() const
{
    return ark.there() ? arkKey != nullptr : askKey != nullptr;
}

bool isLegacyKind(std::string_view kind)
{
    return kind == "sev-chain" || kind == "sev-report" || kind == "sev-launch-measure";
}

LegacyChain readLegacyChain(const Evidence &evidence)
{
    LegacyChain chain;
    if (evidence.kind == "sev-chain" && !evidence.report.empty())
        put(chain, chain.pdh, evidence.report);
    for (const auto &[role, bytes] : evidence.endorsements)
        for (LegacyLink *link : {&chain.pdh, &chain.pek, &chain.oca, &chain.cek, &chain.ask, &chain.ark})
            if (link->role == role)
                put(chain, *link, bytes);
    if (chain.ark.authority)
        for (const auto &[role, bytes] : evidence.endorsements)
            if (role == "emulated-root" && chain.emulatedRoot.empty())
                chain.emulatedRoot = legacy::emulatedRootName(bytes, *chain.ark.authority);
    checkSignatures(chain);
    return chain;
}

} // namespace kastellan::sev
