// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"
#include "sev-backend/appraisal/legacy_chain.h"
#include "sev-backend/legacy/guest_policy.h"
#include "sev-backend/legacy/launch_owner.h"

#include <algorithm>
#include <format>

namespace kastellan::sev {
namespace {

using legacy::Algorithm;
using legacy::Usage;

constexpr const char *notGiven = "nothing was given to compare with";

bool zeros(ByteView bytes)
{
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

void addRoot(Findings &findings, const LegacyChain &chain, const ReferenceValues &expected)
{
    const std::string kind = expected.root.starts_with("emulated:") ? "emulated" : expected.root;
    const bool any = chain.ark.there() || chain.ask.there() || chain.cek.there();
    if (!any) {
        findings.add(checks::rootKind, Outcome::Unknown, kind, "no certificate of AMD is there");
        findings.add(checks::rootPinned, Outcome::Unknown, expected.root, "no certificate of AMD is there");
        return;
    }
    const bool pinned = chain.pinned();
    const bool emulated = !pinned && !chain.emulatedRoot.empty();
    constexpr const char *fromAmd = "Take ASK and ARK from AMD (ask_ark_PRODUCT.cert), or give none: the keys of both are built in.";
    const std::string actualKind = pinned ? "amd" : emulated ? "emulated" : "unknown";
    auto &kindFinding = findings.verdict(checks::rootKind, kind == actualKind, kind, actualKind);
    if (!pinned && kind == "amd")
        kindFinding.remedy = fromAmd;
    std::string actual = "a key that is none of AMD's roots";
    if (pinned)
        actual = "amd: " + std::string(chain.product()) + (chain.ark.there() ? "" : ", by the built-in key of its ASK");
    else if (emulated)
        actual = chain.emulatedRoot;
    else if (chain.ark.there() && !chain.ark.read())
        actual = "an ARK that can't be read: " + chain.ark.problem;
    const bool accepted = pinned ? expected.root == "amd" : emulated && expected.root == chain.emulatedRoot;
    auto &pinnedFinding = findings.verdict(checks::rootPinned, accepted, expected.root, actual);
    if (!pinned && kind == "amd")
        pinnedFinding.remedy = fromAmd;
}

void addComplete(Findings &findings, const Evidence &evidence, const LegacyChain &chain)
{
    const std::string expected = evidence.kind != "sev-report"
        ? "PDH, PEK, OCA, CEK, and ASK and ARK or a CEK that AMD's built-in keys signed"
        : "PEK, OCA, CEK, and ASK and ARK or a CEK that AMD's built-in keys signed";
    std::vector<std::string> missing, problems = chain.contradictions;
    for (const LegacyLink *link : chain.links()) {
        const bool needed = link == &chain.pdh ? evidence.kind != "sev-report"
            : link == &chain.ask               ? chain.askKey == nullptr && !chain.cek.there()
            : link == &chain.ark               ? chain.askKey == nullptr && chain.ask.there()
                                               : true;
        if (!link->there() && needed)
            missing.push_back(link->name());
        if (link->there() && !link->read())
            problems.push_back(link->name() + ": " + link->problem);
    }
    if (!problems.empty())
        findings.add(checks::sevComplete, Outcome::Fail, expected, joined(problems));
    else if (!missing.empty())
        findings.add(checks::sevComplete, Outcome::Unknown, expected, "missing: " + joined(missing));
    else
        findings.add(checks::sevComplete, Outcome::Pass, expected, "all there");
}

void addSignatures(Findings &findings, const LegacyChain &chain)
{
    const std::string expected = "PDH by PEK, PEK by OCA and CEK, OCA by itself, CEK by ASK, ASK and ARK by ARK";
    if (!chain.faults.empty())
        findings.add(checks::sevSignatures, Outcome::Fail, expected, joined(chain.faults));
    else if (!chain.unsure.empty())
        findings.add(checks::sevSignatures, Outcome::Unknown, expected, "not known: " + joined(chain.unsure));
    else if (!chain.pekSigned && !chain.arkSigned && !chain.cekSigned)
        findings.add(checks::sevSignatures, Outcome::Unknown, expected, "no certificate is there");
    else
        findings.add(checks::sevSignatures, Outcome::Pass, expected, "all that are there verify");
}

/// What a certificate of each role is for, and with which key.
void addUsages(Findings &findings, const LegacyChain &chain)
{
    std::vector<std::string> faults;
    std::size_t seen = 0;
    const auto usage = [&](const LegacyLink &link, Usage wanted, bool agreement) {
        if (!link.certificate)
            return;
        ++seen;
        const auto &certificate = *link.certificate;
        if (certificate.usage() != wanted)
            faults.push_back(link.name() + ": its key is for " + legacy::nameOf(certificate.usage()));
        const auto key = certificate.algorithm();
        const bool fits = agreement ? key == Algorithm::EcdhSha256 || key == Algorithm::EcdhSha384
                                    : key == Algorithm::EcdsaSha256 || key == Algorithm::EcdsaSha384;
        const bool rsaOwner = wanted == Usage::Oca && (key == Algorithm::RsaSha256 || key == Algorithm::RsaSha384);
        if (!fits && !rsaOwner)
            faults.push_back(link.name() + ": its key is for " + legacy::nameOf(key));
        if (const auto point = certificate.point(); point && point->curve != 2)
            faults.push_back(link.name() + ": its key is not on P-384");
    };
    usage(chain.pdh, Usage::Pdh, true);
    usage(chain.pek, Usage::Pek, false);
    usage(chain.oca, Usage::Oca, false);
    usage(chain.cek, Usage::Cek, false);
    const auto authority = [&](const LegacyLink &link, Usage wanted) {
        if (!link.authority)
            return;
        ++seen;
        if (link.authority->usage() != wanted)
            faults.push_back(link.name() + ": its key is for " + legacy::nameOf(link.authority->usage()));
    };
    authority(chain.ask, Usage::Ask);
    authority(chain.ark, Usage::Ark);
    const std::string expected = "each key for its role: PDH for agreement, the others for signatures, on P-384";
    if (!faults.empty())
        findings.add(checks::sevUsages, Outcome::Fail, expected, joined(faults));
    else if (seen == 0)
        findings.add(checks::sevUsages, Outcome::Unknown, expected, "no certificate can be read");
    else
        findings.add(checks::sevUsages, Outcome::Pass, expected, "as expected");
}

void addEncoding(Findings &findings, const LegacyChain &chain)
{
    std::vector<std::string> faults;
    std::size_t seen = 0;
    constexpr std::size_t ecdsa = 144, number = 48, space = 72;
    for (const LegacyLink *link : chain.links()) {
        if (!link->certificate)
            continue;
        ++seen;
        for (const int index : {0, 1}) {
            const auto slot = link->certificate->slot(index);
            const ByteView bytes = slot.signature;
            bool good = true;
            switch (slot.algorithm) {
            case Algorithm::None:
                good = slot.usage == Usage::Invalid && zeros(bytes);
                break;
            case Algorithm::RsaSha256:
                good = zeros(bytes.subspan(256)) || slot.usage == Usage::Oca;
                break;
            case Algorithm::RsaSha384:
                break;
            case Algorithm::EcdsaSha256:
            case Algorithm::EcdsaSha384:
                good = zeros(bytes.subspan(ecdsa)) && zeros(bytes.subspan(number, space - number))
                    && zeros(bytes.subspan(space + number, space - number));
                break;
            default:
                good = false;
                break;
            }
            if (!good || (slot.usage == Usage::Invalid) != (slot.algorithm == Algorithm::None))
                faults.push_back(link->name() + ": signature " + std::to_string(index + 1) + " is of no form that a platform writes");
        }
    }
    const std::string expected = "unused slots empty, unused bytes zero";
    if (!faults.empty())
        findings.add(checks::sevEncoding, Outcome::Fail, expected, joined(faults));
    else if (seen == 0)
        findings.add(checks::sevEncoding, Outcome::Unknown, expected, "no certificate can be read");
    else
        findings.add(checks::sevEncoding, Outcome::Pass, expected, "as expected");
}

void addPolicy(Findings &findings, legacy::Policy policy, const LegacyChain &chain, const ReferenceValues &expected)
{
    const auto bit = [policy](unsigned number) { return ((policy >> number) & 1) != 0; };
    const std::string text = std::format("{:#x}", policy);
    findings.verdict(checks::sevPolicyReserved, (policy & 0xffc0) == 0, "bits 6 to 15 clear", text);
    auto &debug = findings.verdict(checks::sevPolicyDebug, bit(0), "debugging off", bit(0) ? "debugging off" : "debugging on");
    if (!bit(0) && expected.allowDebug) {
        debug.expected = "debugging off, or --allow-debug";
        debug.required = false;
    }
    findings.verdict(checks::sevPolicySharing, bit(1), "keys not shared", bit(1) ? "keys not shared" : "keys may be shared");
    findings.verdict(checks::sevPolicyMigration, bit(3), "never sent",
        bit(3)       ? "never sent"
            : bit(4) ? "may be sent within its owner's domain"
            : bit(5) ? "may be sent to platforms with SEV"
                     : "may be sent anywhere");
    findings.verdict(checks::sevPolicyEs, bit(2), "SEV-ES", bit(2) ? "SEV-ES" : "SEV without ES");
    const unsigned major = (policy >> 16) & 0xff, minor = (policy >> 24) & 0xff;
    const std::string floor = std::to_string(major) + "." + std::to_string(minor);
    if (!chain.pek.certificate)
        findings.add(checks::sevPolicyApi, Outcome::Unknown, "API " + floor + " or newer", "the PEK that says so is missing");
    else
        findings.verdict(checks::sevPolicyApi,
            std::pair<unsigned, unsigned>(chain.pek.certificate->apiMajor(), chain.pek.certificate->apiMinor()) >= std::pair(major, minor),
            "API " + floor + " or newer",
            "API " + std::to_string(chain.pek.certificate->apiMajor()) + "." + std::to_string(chain.pek.certificate->apiMinor()));
}

void addReport(Findings &findings, const Evidence &evidence, const LegacyChain &chain, const ReferenceValues &expected)
{
    const auto report = legacy::AttestationReport::parse(evidence.report, "report");
    findings.verdict(checks::sevFormat, report.has_value() && zeros(ByteView(evidence.report).subspan(0x3c, 4)),
        "a SEV attestation report of 208 bytes, bytes 0x3c to 0x3f zero",
        !report ? std::to_string(evidence.report.size()) + " bytes" : "208 bytes, " + toHex(ByteView(evidence.report).subspan(0x3c, 4)));
    if (!report)
        return;
    const std::string signature = "ECDSA with the PEK over the first 52 bytes";
    if (!chain.pek.certificate)
        findings.add(checks::sevReportSignature, chain.pek.there() ? Outcome::Fail : Outcome::Unknown, signature,
            chain.pek.there() ? "the PEK can't be read" : "the PEK is missing");
    else
        findings.verdict(checks::sevReportSignature, report->signedBy(*chain.pek.certificate), signature,
            report->signedBy(*chain.pek.certificate) ? "verifies" : "does not verify");
    addPolicy(findings, report->policy(), chain, expected);

    if (expected.reportData) {
        Bytes nonce = toBytes(report->nonce());
        nonce.resize(ReportData::size);
        findings.verdict(
            checks::sevNonce, std::ranges::equal(nonce, expected.reportData->bytes), toHex(expected.reportData->bytes), toHex(nonce));
    } else {
        findings.add(checks::sevNonce, Outcome::Unknown, notGiven, toHex(report->nonce())).required = expected.strict;
    }
    const std::string digest = toHex(report->launchDigest());
    if (expected.shortLaunchDigest)
        findings
            .verdict(checks::sevDigest, std::ranges::equal(expected.shortLaunchDigest->bytes, report->launchDigest()),
                toHex(expected.shortLaunchDigest->bytes), digest)
            .reference = true;
    else
        findings.add(checks::sevDigest, Outcome::Info, notGiven, digest).required = false;
}

/// What the firmware said of a guest that waited, with what its owner had given for it: the measurement is computed again.
void addLaunch(Findings &findings, const legacy::LaunchRecord &record, const LegacyChain &chain, const ReferenceValues &expected)
{
    addPolicy(findings, record.policy, chain, expected);
    const std::string session = "a session of this key (TIK) for the policy " + legacy::policyText(record.policy);
    findings.verdict(
        checks::sevSession, record.sessionFits(), session, record.sessionFits() ? session : "a session of another key or policy");
    const bool authenticated = record.build.apiMajor > 0 || record.build.apiMinor >= 17;
    const std::string version =
        std::format("API {}.{} build {}", unsigned(record.build.apiMajor), unsigned(record.build.apiMinor), unsigned(record.build.build));
    findings.verdict(checks::sevFirmware, authenticated, "API 0.17 or newer, which the measurement covers", version);
    const std::string measure = toHex(record.measure.measure.view()) + ", nonce " + toHex(record.measure.nonce);
    if (!expected.shortLaunchDigest) {
        findings.add(checks::sevMeasure, Outcome::Unknown, notGiven, measure);
        return;
    }
    const std::string wanted = "the measurement of the launch digest " + toHex(expected.shortLaunchDigest->view()) + " by " + version;
    const bool good = record.measures(*expected.shortLaunchDigest);
    findings
        .verdict(checks::sevMeasure, good, wanted, good ? wanted : measure + ": of another digest, policy or firmware, or by another key")
        .reference = true;
}

void addMeasure(Findings &findings, const Evidence &evidence, const LegacyChain &chain, const ReferenceValues &expected)
{
    constexpr const char *forms = "48 bytes: HMAC and nonce; or 240 with the owner's part";
    if (const auto record = legacy::LaunchRecord::parse(evidence.report)) {
        findings.add(checks::sevFormat, Outcome::Pass, forms, "240 bytes");
        return addLaunch(findings, *record, chain, expected);
    }
    const bool good = legacy::LaunchMeasure::parse(evidence.report, "measurement").has_value();
    findings.verdict(checks::sevFormat, good, forms, std::to_string(evidence.report.size()) + " bytes");
    findings.add(checks::sevMeasure, Outcome::Unknown, "an HMAC by the owner's TIK",
        good ? "measure " + toHex(ByteView(evidence.report).first(32)) + ", nonce " + toHex(ByteView(evidence.report).subspan(32))
             : "unreadable");
}

/// What SEV without SNP has no place for.
void addUnsupported(Findings &findings, const Evidence &evidence, const ReferenceValues &expected)
{
    std::vector<std::string> given;
    if (expected.launchDigest)
        given.push_back("a launch digest of 48 bytes (SEV has 32)");
    if (expected.hostData)
        given.push_back("host data");
    if (!expected.minimumTcb.empty())
        given.push_back("a minimum TCB");
    if (expected.vmpl && *expected.vmpl != 0)
        given.push_back("a privilege level");
    if (!expected.policy.empty())
        given.push_back("a policy file, which is about SNP reports");
    if (evidence.kind != "sev-report" && expected.reportData)
        given.push_back("report data");
    if (expected.shortLaunchDigest && evidence.kind != "sev-report"
        && !(evidence.kind == "sev-launch-measure" && legacy::LaunchRecord::parse(evidence.report)))
        given.push_back("a launch digest");
    if (!given.empty())
        findings.add(checks::sevExpected, Outcome::Unknown, joined(given), "this evidence does not state it");
}

} // namespace

std::vector<Finding> appraiseLegacy(const Evidence &evidence, const ReferenceValues &expected)
{
    static const Policy nothing; // policy files are about SNP
    Findings findings(expected.strict, nothing);
    const LegacyChain chain = readLegacyChain(evidence);
    addRoot(findings, chain, expected);
    addComplete(findings, evidence, chain);
    addSignatures(findings, chain);
    addUsages(findings, chain);
    addEncoding(findings, chain);
    if (evidence.kind == "sev-report") {
        addReport(findings, evidence, chain, expected);
    } else if (evidence.kind == "sev-launch-measure") {
        addMeasure(findings, evidence, chain, expected);
    } else if (chain.pdh.there()) {
        findings.verdict(
            checks::sevFormat, chain.pdh.read(), "a PDH certificate of 2084 bytes", chain.pdh.read() ? "2084 bytes" : chain.pdh.problem);
    }
    addUnsupported(findings, evidence, expected);
    return findings.take();
}

std::vector<Finding> appraiseNothing(const ReferenceValues &expected)
{
    Findings findings(expected.strict);
    findings.add(checks::evidencePresent, Outcome::Unknown, "evidence of the keep", "none: nothing measures or attests this keep");
    return findings.take();
}

} // namespace kastellan::sev
