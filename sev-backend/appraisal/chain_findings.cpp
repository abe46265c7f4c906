// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"

namespace kastellan::sev {
namespace {

std::string_view kindName(RootIdentity::Kind kind)
{
    switch (kind) {
    case RootIdentity::Kind::Amd:
        return "amd";
    case RootIdentity::Kind::Emulated:
        return "emulated";
    case RootIdentity::Kind::Unknown:
        break;
    }
    return "unknown";
}

void addRoot(Findings &findings, const ChainState &chain, const ReferenceValues &expected, const Policy &policy)
{
    const bool emulatedExpected = expected.root.starts_with("emulated:");
    const std::string kind = emulatedExpected ? "emulated" : expected.root == "amd" ? "amd" : expected.root;
    if (!chain.ark) {
        findings.add(checks::rootKind, Outcome::Unknown, kind, "no root certificate is there");
        findings.add(checks::rootPinned, Outcome::Unknown, expected.root, "no root certificate is there");
        return;
    }
    const std::string actualKind(kindName(chain.root.kind));
    auto &kindFinding = findings.verdict(checks::rootKind, kind == actualKind, kind, actualKind);
    if (kind != actualKind && chain.root.kind == RootIdentity::Kind::Unknown)
        kindFinding.remedy = "Get the certificates from AMD's key server: this root is neither AMD's nor that of an emulated platform.";
    if (kind != actualKind && emulatedExpected && chain.root.kind == RootIdentity::Kind::Amd)
        kindFinding.remedy = "Appraise evidence of real hardware with the root 'amd'.";
    const bool policyRoot = policy.root.empty() || policy.root == chain.root.text;
    const bool sameRoot = policy.root.empty() || policy.root == expected.root;
    auto &pinned = findings.verdict(checks::rootPinned, chain.root.text == expected.root && policyRoot,
        sameRoot ? expected.root : expected.root + ", and by the policy " + policy.root, chain.root.text);
    if (emulatedExpected && chain.root.text != expected.root)
        pinned.remedy = "Accept the root of the emulated platform on which this evidence was made, if you know where that is.";
}

std::string builtInText(const ChainState &chain)
{
    std::string text;
    for (const auto *authority : {&chain.ask, &chain.ark})
        if ((*authority)->isBuiltIn())
            text += (text.empty() ? "" : " and ") + (*authority)->commonName();
    return text.empty() ? "all three" : chain.leaf->commonName() + "; " + text + " by the key that is built in";
}

void addComplete(Findings &findings, const ChainState &chain)
{
    const std::string expected = "ARK, ASK and VCEK (or VLEK), each readable";
    if (!chain.unreadable.empty())
        findings.add(checks::chainComplete, Outcome::Fail, expected, joined(chain.unreadable));
    else if (!chain.missing.empty())
        findings.add(checks::chainComplete, Outcome::Unknown, expected, "missing: " + joined(chain.missing));
    else
        findings.add(checks::chainComplete, Outcome::Pass, expected, builtInText(chain));
}

/// A finding that is known only for a complete chain, unless a fault shows before.
void addFaults(Findings &findings, const Check &check, bool complete, const Faults &faults, std::string expected, std::string good)
{
    if (!faults.empty())
        findings.add(check, Outcome::Fail, std::move(expected), joined(faults));
    else if (!complete)
        findings.add(check, Outcome::Unknown, std::move(expected), "the chain is not complete");
    else
        findings.add(check, Outcome::Pass, std::move(expected), std::move(good));
}

/// The list that says most about this time: one that is valid then, the latest of several; else the latest of all.
const RevocationList *listFor(const ChainState &chain, std::int64_t at)
{
    const RevocationList *best = nullptr;
    const auto valid = [at](const RevocationList &list) { return list.thisUpdate() <= at && at <= list.nextUpdate(); };
    for (const auto &list : chain.crls)
        if (!best || (valid(list) && !valid(*best)) || (valid(list) == valid(*best) && list.thisUpdate() > best->thisUpdate()))
            best = &list;
    return best;
}

/// What keeps a list from saying anything about this time; empty if nothing does.
std::string staleness(const RevocationList &list, std::int64_t at)
{
    if (at < list.thisUpdate())
        return "the list begins only at " + timeText(list.thisUpdate());
    if (list.nextUpdate() == 0)
        return "the list of " + timeText(list.thisUpdate()) + " does not say how long it is valid";
    if (at > list.nextUpdate())
        return "the list is out of date since " + timeText(list.nextUpdate());
    return {};
}

void addCrl(Findings &findings, const ChainState &chain, std::int64_t at)
{
    const std::string expected = "a list by the root, up to date at " + timeText(at) + ", that names neither ARK nor ASK";
    const RevocationList *list = listFor(chain, at);
    const auto add = [&](Outcome outcome, std::string actual) -> Finding & {
        return findings.add(checks::chainCrl, outcome, expected, std::move(actual));
    };
    if (!chain.revoked.empty()) // To know of a revocation and go on would be worse than not to have asked.
        add(Outcome::Fail, "revoked: " + joined(chain.revoked)).required = true;
    else if (!chain.crlProblems.empty())
        add(Outcome::Fail, joined(chain.crlProblems));
    else if (!list && chain.foreignCrls != 0)
        add(Outcome::Fail, "its issuer is not " + chain.ark->subject());
    else if (!list)
        add(Outcome::Unknown, "no revocation list is there");
    else if (!chain.ark)
        add(Outcome::Unknown, "the root that signs the list is not there");
    else if (std::string stale = staleness(*list, at); !stale.empty())
        add(Outcome::Unknown, std::move(stale));
    else
        add(Outcome::Pass,
            "a list of " + timeText(list->thisUpdate()) + ", valid until " + timeText(list->nextUpdate()) + ", names neither");
}

void addLeafRevocation(Findings &findings, const ChainState &chain, std::int64_t at)
{
    if (!chain.leaf)
        return;
    const std::string expected = "a serial number that the list does not name";
    const std::string serial = "serial number 0x" + chain.leaf->serial();
    const RevocationList *list = listFor(chain, at);
    if (chain.leafRevoked)
        findings
            .add(checks::chainLeaf, Outcome::Fail, expected,
                chain.leafNumberless ? "the list names serial number 0, which this certificate has, as every VCEK"
                                     : "revoked: " + chain.leaf->commonName() + " (" + serial + ")")
            .required = true;
    else if (chain.leafNumberless)
        findings.add(checks::chainLeaf, Outcome::Info, expected, "serial number 0, as every VCEK has: no list can name this certificate");
    else if (!list || !chain.ark || !staleness(*list, at).empty())
        findings.add(checks::chainLeaf, Outcome::Unknown, expected, serial + "; no list that is valid at this time");
    else
        findings.add(checks::chainLeaf, Outcome::Pass, expected, serial + " is not named");
}

void addProvider(Findings &findings, const ChainState &chain, const Policy &policy)
{
    if (!chain.leaf || !chain.vlek)
        return; // a VCEK is nobody's but the chip's
    const std::string actual = !chain.extensions ? chain.extensionsProblem : chain.extensions->cspId;
    if (actual.empty() || !chain.extensions) {
        findings.add(checks::chainProvider, Outcome::Fail, "a VLEK that names its provider", actual.empty() ? "it names none" : actual);
        return;
    }
    if (policy.cspIds.empty()) {
        findings.add(checks::chainProvider, Outcome::Info, "nothing was given to compare with", actual).required = false;
        return;
    }
    findings.verdict(checks::chainProvider, std::ranges::find(policy.cspIds, actual) != policy.cspIds.end(), joined(policy.cspIds), actual);
}

} // namespace

std::string joined(const std::vector<std::string> &parts)
{
    std::string text;
    for (const auto &part : parts)
        text += (text.empty() ? "" : "; ") + part;
    return text;
}

void addChainFindings(Findings &findings, const ChainState &chain, const ReferenceValues &expected, const Policy &policy, std::int64_t at)
{
    const bool complete = chain.chain.has_value();
    addRoot(findings, chain, expected, policy);
    addComplete(findings, chain);
    addFaults(findings, checks::chainSignatures, complete, chain.signatures, "ARK signed by itself, ASK by ARK, VCEK or VLEK by ASK",
        "all three verify");
    addFaults(findings, checks::chainNames, complete, chain.names, "the names of one product, each in its role",
        chain.leaf ? chain.leaf->commonName() + ", " + (chain.ask ? chain.ask->commonName() : "") + ", "
                + (chain.ark ? chain.ark->commonName() : "")
                   : std::string());
    addFaults(findings, checks::chainConstraints, complete, chain.constraints,
        "two certificate authorities (RSA 4096) and a key on P-384 that is none", "as expected");
    const Faults dates = chain.chain ? dateFaults(*chain.chain, at) : Faults();
    addFaults(findings, checks::chainDates, complete, dates, "all valid at " + timeText(at), "all valid");
    addCrl(findings, chain, at);
    addLeafRevocation(findings, chain, at);
    addProvider(findings, chain, policy);
}

} // namespace kastellan::sev
