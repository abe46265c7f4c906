// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/chain_state.h"

#include "sev-backend/certificates/built_in_authorities.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

void readCertificate(ChainState &state, std::optional<Certificate> &place, const Endorsement &endorsement)
{
    auto certificate = Certificate::fromDer(endorsement.der);
    if (!certificate) {
        state.unreadable.push_back(endorsement.role + ": " + certificate.error().why);
        return;
    }
    if (place && place->fingerprint() != certificate->fingerprint())
        state.unreadable.push_back("two different certificates claim to be the " + endorsement.role);
    else
        place = std::move(*certificate);
}

/// AMD's own authorities need not be given. One that is given counts, whatever it is.
void useBuiltIn(std::optional<Certificate> &place, const std::optional<Certificate> &below)
{
    if (place || !below)
        return;
    if (const Certificate *authority = builtInIssuer(*below))
        place = *authority;
}

void readCrl(ChainState &state, const Endorsement &endorsement)
{
    auto list = RevocationList::fromDer(endorsement.der);
    if (!list)
        state.crlProblems.push_back(list.error().why);
    else
        state.crls.push_back(std::move(*list));
}

bool isSigned(Faults &faults, const Certificate &certificate, const Certificate &issuer)
{
    const auto status = certificate.signatureBy(issuer);
    if (!status)
        faults.push_back(certificate.commonName() + ": " + status.error().why);
    return status.has_value();
}

void checkCrl(ChainState &state)
{
    state.leafNumberless = state.leaf && state.leaf->serial() == "0";
    if (!state.ark)
        return;
    std::erase_if(state.crls, [&state](const RevocationList &list) {
        if (!list.isBy(*state.ark)) {
            ++state.foreignCrls; // of another product, say: it names none of these
            return true;
        }
        const auto status = list.signatureBy(*state.ark);
        if (!status)
            state.crlProblems.push_back(status.error().why);
        return !status;
    });
    for (const auto &list : state.crls) {
        for (const auto *certificate : {&state.ark, &state.ask})
            if (*certificate && list.revokes(**certificate))
                state.revoked.push_back((*certificate)->commonName() + " (serial number 0x" + (*certificate)->serial() + ")");
        state.leafRevoked |= state.leaf && list.revokes(*state.leaf);
    }
    // Two lists may name the same one.
    std::ranges::sort(state.revoked);
    state.revoked.erase(std::ranges::unique(state.revoked).begin(), state.revoked.end());
}

} // namespace

ChainState readChain(const std::vector<Endorsement> &endorsements)
{
    ChainState state;
    bool vcekGiven = false, vlekGiven = false;
    for (const auto &endorsement : endorsements) {
        const std::string &role = endorsement.role;
        vcekGiven |= role == "vcek";
        vlekGiven |= role == "vlek";
        if (role == "ark")
            readCertificate(state, state.ark, endorsement);
        else if (role == "ask" || role == "asvk")
            readCertificate(state, state.ask, endorsement);
        else if (role == "vcek" || role == "vlek")
            readCertificate(state, state.leaf, endorsement);
        else if (role == "crl")
            readCrl(state, endorsement);
        // Anything else is no endorsement of a report, and changes nothing.
    }
    if (vcekGiven && vlekGiven)
        state.unreadable.push_back("both a VCEK and a VLEK are given");
    useBuiltIn(state.ask, state.leaf);
    useBuiltIn(state.ark, state.ask);
    if (!state.ark)
        state.missing.push_back("ARK (root)");
    if (!state.ask)
        state.missing.push_back("ASK (intermediate)");
    if (!state.leaf)
        state.missing.push_back("VCEK or VLEK");

    if (state.ark) {
        state.root = identifyRoot(*state.ark);
        state.arkSigned = isSigned(state.signatures, *state.ark, *state.ark);
    }
    if (state.ark && state.ask)
        state.askSigned = isSigned(state.signatures, *state.ask, *state.ark);
    if (state.ask && state.leaf)
        state.leafSigned = isSigned(state.signatures, *state.leaf, *state.ask);
    if (state.ark && state.ask && state.leaf) {
        state.chain = Chain{*state.ark, *state.ask, *state.leaf};
        state.names = nameFaults(*state.chain, state.root);
        state.constraints = constraintFaults(*state.chain);
    }
    if (state.leaf) {
        state.vlek = isVlek(*state.leaf);
        if (auto extensions = readVekExtensions(*state.leaf))
            state.extensions = std::move(*extensions);
        else
            state.extensionsProblem =
                extensions.error().where.empty() ? extensions.error().why : extensions.error().where + ": " + extensions.error().why;
        if (auto key = P384Key::of(*state.leaf))
            state.key = std::move(*key);
    }
    checkCrl(state);
    return state;
}

} // namespace kastellan::sev
