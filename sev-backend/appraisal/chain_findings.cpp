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

void addRoot(Findings &findings, const ChainState &chain, const ReferenceValues &expected)
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
    auto &pinned = findings.verdict(checks::rootPinned, chain.root.text == expected.root, expected.root, chain.root.text);
    if (emulatedExpected && chain.root.text != expected.root)
        pinned.remedy = "Accept the root of the emulated platform on which this evidence was made, if you know where that is.";
}

void addComplete(Findings &findings, const ChainState &chain)
{
    const std::string expected = "ARK, ASK and VCEK (or VLEK), each readable";
    if (!chain.unreadable.empty())
        findings.add(checks::chainComplete, Outcome::Fail, expected, joined(chain.unreadable));
    else if (!chain.missing.empty())
        findings.add(checks::chainComplete, Outcome::Unknown, expected, "missing: " + joined(chain.missing));
    else
        findings.add(checks::chainComplete, Outcome::Pass, expected, "all three");
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

void addCrl(Findings &findings, const ChainState &chain, std::int64_t at)
{
    const std::string expected = "a list of the root that is up to date and names none of these certificates";
    if (!chain.crlProblem.empty()) {
        findings.add(checks::chainCrl, Outcome::Fail, expected, chain.crlProblem);
    } else if (!chain.revoked.empty()) {
        // To know of a revocation and go on would be worse than not to have asked.
        findings.add(checks::chainCrl, Outcome::Fail, expected, "revoked: " + joined(chain.revoked)).required = true;
    } else if (!chain.crl) {
        findings.add(checks::chainCrl, Outcome::Unknown, expected, "no revocation list is there");
    } else if (!chain.ark) {
        findings.add(checks::chainCrl, Outcome::Unknown, expected, "the root that signs the list is not there");
    } else if (at < chain.crl->thisUpdate()) {
        findings.add(checks::chainCrl, Outcome::Unknown, expected, "the list begins only at " + timeText(chain.crl->thisUpdate()));
    } else if (chain.crl->nextUpdate() != 0 && at > chain.crl->nextUpdate()) {
        findings.add(checks::chainCrl, Outcome::Unknown, expected, "the list is out of date since " + timeText(chain.crl->nextUpdate()));
    } else {
        findings.add(checks::chainCrl, Outcome::Pass, expected, "a list of " + timeText(chain.crl->thisUpdate()) + " names none of them");
    }
}

} // namespace

std::string joined(const std::vector<std::string> &parts)
{
    std::string text;
    for (const auto &part : parts)
        text += (text.empty() ? "" : "; ") + part;
    return text;
}

void addChainFindings(Findings &findings, const ChainState &chain, const ReferenceValues &expected, std::int64_t at)
{
    const bool complete = chain.chain.has_value();
    addRoot(findings, chain, expected);
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
}

} // namespace kastellan::sev
