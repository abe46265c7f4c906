// SPDX-License-Identifier: Apache-2.0
#include "core/reports/ear.h"

#include "core/base/digest.h"
#include "core/evidence/json.h"
#include "core/keys/keys.h"
#include "core/reports/cbor.h"
#include "core/reports/ear_signer.h"

#include <algorithm>

namespace kastellan {
namespace {

constexpr int affirming = 2, unsafe = 32, contraindicated = 96, unsupported = 97;

/// Names and CBOR labels of the claims (RFC 9711; draft-ietf-rats-ear-04, section 3).
struct Names {
    std::string_view profile, verifierId, status, vector, policyId, verifierClaims;
    std::string_view identity, configuration, executables, hardware, runtime;
};
constexpr Names draft04{"tag:ietf.org,2026:rats/ear#04", "ear_verifier_id", "ear_status", "ear_trustworthiness_vector",
    "ear_appraisal_policy_ids", "ear_verifier_claims", "instance-identity", "configuration", "executables", "hardware", "runtime-opaque"};
constexpr Names veraison{"tag:github.com,2023:veraison/ear", "ear.verifier-id", "ear.status", "ear.trustworthiness-vector",
    "ear.appraisal-policy-id", "", "instance-identity", "configuration", "executables", "hardware", "runtime-opaque"};
namespace label {
constexpr int iat = 6, nonce = 10, profile = 265, submods = 266, status = 1000, vector = 1001, policyId = 1003, verifierId = 1004,
              verifierClaims = 1006;
}

const Names &namesOf(EarOptions::Profile profile)
{
    return profile == EarOptions::Profile::Veraison2023 ? veraison : draft04;
}

std::string_view tierName(EarTier tier)
{
    switch (tier) {
    case EarTier::Affirming:
        return "affirming";
    case EarTier::Warning:
        return "warning";
    case EarTier::Contraindicated:
        return "contraindicated";
    case EarTier::None:
        break;
    }
    return "none";
}

/// What the findings of some checks come to together.
struct Summary {
    bool passed = false, failed = false, warned = false, unknown = false;
};
template <typename Wanted>
Summary summarize(const Appraisal &appraisal, Wanted wanted)
{
    Summary summary;
    for (const auto &finding : appraisal.findings) {
        if (!wanted(finding))
            continue;
        summary.passed |= finding.outcome == Outcome::Pass;
        summary.failed |= finding.outcome == Outcome::Fail && finding.required;
        summary.warned |= finding.outcome == Outcome::Fail && !finding.required;
        summary.unknown |= finding.outcome == Outcome::Unknown && finding.required;
    }
    return summary;
}

int claim(const Summary &summary)
{
    return summary.failed ? contraindicated : summary.unknown ? 0 : summary.warned ? unsafe : summary.passed ? affirming : 0;
}

bool passes(const Appraisal &appraisal, std::string_view id)
{
    return std::ranges::any_of(
        appraisal.findings, [id](const Finding &finding) { return finding.id == id && finding.outcome == Outcome::Pass; });
}

std::vector<std::pair<std::string_view, std::pair<int, int>>> claims(const TrustVector &vector, const Names &names)
{
    std::vector<std::pair<std::string_view, std::pair<int, int>>> list; // name, label, value
    const auto add = [&list](std::string_view name, int number, int value) {
        if (value != 0)
            list.push_back({name, {number, value}});
    };
    add(names.identity, 0, vector.instanceIdentity);
    add(names.configuration, 1, vector.configuration);
    add(names.executables, 2, vector.executables);
    add(names.hardware, 4, vector.hardware);
    add(names.runtime, 5, vector.runtimeOpaque);
    if (list.empty()) // a vector holds one claim at least: "no claim about the hardware"
        list.push_back({names.hardware, {4, 0}});
    return list;
}

std::vector<std::string> failedIds(const Appraisal &appraisal)
{
    std::vector<std::string> ids;
    for (const auto &finding : appraisal.findings)
        if (finding.required && (finding.outcome == Outcome::Fail || finding.outcome == Outcome::Unknown))
            ids.push_back(finding.id);
    return ids;
}

Status check(const EarOptions &options)
{
    constexpr const char *what = "write an attestation result";
    if (!options.nonce.empty() && (options.nonce.size() < 8 || options.nonce.size() > 64))
        return badInput(what, "nonce", "it has " + std::to_string(options.nonce.size()) + " bytes, and 8 to 64 are allowed");
    if (options.developer.empty() || options.build.empty() || options.submodule.empty())
        return fail(ErrorKind::Internal, what, {}, "the verifier or the attester has no name");
    return {};
}

js::Out claimsJson(const Appraisal &appraisal, const EarOptions &options, const Names &names)
{
    js::Out vector = js::Out::object();
    for (const auto &[name, value] : claims(trustVectorOf(appraisal), names))
        vector[std::string(name)] = value.second;
    js::Out submodule = {{names.status, tierName(earTierOf(appraisal))}, {names.vector, std::move(vector)}};
    if (!options.policyIds.empty()) {
        if (options.profile == EarOptions::Profile::Draft04)
            submodule[std::string(names.policyId)] = options.policyIds;
        else
            submodule[std::string(names.policyId)] = options.policyIds.front();
    }
    if (!names.verifierClaims.empty())
        submodule[std::string(names.verifierClaims)] = {{"kastellan",
            {{"verdict", name(appraisal.verdict)}, {"emulated", appraisal.emulated}, {"sentence", appraisal.sentence}, {"at", appraisal.at},
                {"open", failedIds(appraisal)}}}};
    js::Out out = {
        {"eat_profile", names.profile},
        {"iat", options.issued},
        {names.verifierId, {{"developer", options.developer}, {"build", options.build}}},
    };
    if (!options.nonce.empty())
        out["eat_nonce"] = base64Url(options.nonce);
    out["submods"] = {{options.submodule, std::move(submodule)}};
    return out;
}

Bytes claimsCbor(const Appraisal &appraisal, const EarOptions &options, const Names &names)
{
    CborWriter out;
    const bool nonce = !options.nonce.empty(), extended = !names.verifierClaims.empty();
    out.map(nonce ? 5 : 4);
    out.number(label::iat).number(options.issued);
    if (nonce)
        out.number(label::nonce).bytes(options.nonce);
    out.number(label::profile).text(names.profile);
    out.number(label::submods).map(1).text(options.submodule);
    out.map(2u + (options.policyIds.empty() ? 0 : 1) + (extended ? 1 : 0));
    out.number(label::status).number(static_cast<int>(earTierOf(appraisal)));
    const auto vector = claims(trustVectorOf(appraisal), names);
    out.number(label::vector).map(vector.size());
    for (const auto &[name, value] : vector)
        out.number(value.first).number(value.second);
    if (!options.policyIds.empty()) {
        out.number(label::policyId);
        if (options.profile == EarOptions::Profile::Draft04) {
            out.array(options.policyIds.size());
            for (const auto &id : options.policyIds)
                out.text(id);
        } else {
            out.text(options.policyIds.front());
        }
    }
    if (extended) {
        const auto open = failedIds(appraisal);
        out.number(label::verifierClaims).map(1).text("kastellan").map(5);
        out.text("at").number(appraisal.at);
        out.text("open").array(open.size());
        for (const auto &id : open)
            out.text(id);
        out.text("verdict").text(name(appraisal.verdict));
        out.text("emulated").boolean(appraisal.emulated);
        out.text("sentence").text(appraisal.sentence);
    }
    out.number(label::verifierId).map(2).number(0).text(options.build).number(1).text(options.developer);
    return out.take();
}

} // namespace

TrustVector trustVectorOf(const Appraisal &appraisal)
{
    const auto inAreas = [](std::initializer_list<std::string_view> areas) {
        return [list = std::vector<std::string_view>(areas)](const Finding &finding) { return std::ranges::contains(list, finding.area); };
    };
    TrustVector vector;
    // Advisory fails of the chain (no revocation list) are gaps of knowledge, not faults of the hardware: only TCB ones warn.
    Summary hardware = summarize(appraisal, inAreas({"root", "chain", "report"}));
    const Summary tcb = summarize(appraisal, inAreas({"tcb"}));
    hardware.warned = tcb.warned;
    hardware.failed |= tcb.failed;
    hardware.unknown |= tcb.unknown;
    vector.hardware = claim(hardware);
    if (appraisal.emulated)
        vector.hardware = unsupported; // a software firmware is no hardware that could be vouched for
    vector.configuration = claim(summarize(appraisal, inAreas({"policy", "platform"})));
    vector.executables =
        claim(summarize(appraisal, [](const Finding &finding) { return finding.reference || finding.area == "workload"; }));
    if (!std::ranges::any_of(appraisal.findings, &Finding::reference) && vector.executables == affirming)
        vector.executables = 0; // the workload, in a keep that nobody compared
    vector.instanceIdentity = claim(summarize(appraisal, [](const Finding &finding) {
        return finding.id == "chip.allowed" || finding.id == "platform.identity" || finding.id == "report.id";
    }));
    if (passes(appraisal, "report.signature"))
        vector.runtimeOpaque = passes(appraisal, "policy.debug") && vector.hardware == affirming ? affirming
            : passes(appraisal, "policy.debug")                                                  ? 0
                                                                                                 : contraindicated;
    return vector;
}

EarTier earTierOf(const Appraisal &appraisal)
{
    if (appraisal.emulated || appraisal.verdict == Verdict::Refused)
        return EarTier::Contraindicated;
    if (appraisal.verdict == Verdict::Undecided)
        return EarTier::None;
    // Never better than the worst claim that is made.
    const TrustVector vector = trustVectorOf(appraisal);
    const int worst = std::max({vector.instanceIdentity, vector.configuration, vector.executables, vector.hardware, vector.runtimeOpaque});
    if (worst >= contraindicated)
        return EarTier::Contraindicated;
    return appraisal.verdict == Verdict::Trusted && worst < unsafe ? EarTier::Affirming : EarTier::Warning;
}

std::string policyIdOf(const ReferenceValues &expected)
{
    const js::In sorted = js::In::parse(js::dump(js::toJson(expected))); // members by name
    const Sha256 digest = sha256(asBytes(sorted.dump(-1, ' ', false, js::In::error_handler_t::replace)));
    return "ni:///sha-256;" + base64Url(digest.view());
}

Result<std::string> earJwt(const Appraisal &appraisal, const EarOptions &options)
{
    KASTELLAN_TRY(check(options));
    KASTELLAN_ASSIGN(const EarSigner signer, EarSigner::from(options.keyPem));
    const js::Out header = {{"alg", signer.joseAlgorithm()}, {"typ", "eat+jwt"}, {"kid", signer.keyId()}};
    const std::string text =
        base64Url(asBytes(js::dump(header))) + "." + base64Url(asBytes(js::dump(claimsJson(appraisal, options, namesOf(options.profile)))));
    KASTELLAN_ASSIGN(const Bytes signature, signer.sign(asBytes(text)));
    return text + "." + base64Url(signature);
}

Result<Bytes> earCwt(const Appraisal &appraisal, const EarOptions &options)
{
    KASTELLAN_TRY(check(options));
    KASTELLAN_ASSIGN(const EarSigner signer, EarSigner::from(options.keyPem));
    const Names &names = namesOf(options.profile);
    const Bytes payload = claimsCbor(appraisal, options, names);
    const Bytes protectedHeader = CborWriter()
                                      .map(2)
                                      .number(1)
                                      .number(signer.coseAlgorithm())
                                      .number(3)
                                      .text("application/eat+cwt; eat_profile=\"" + std::string(names.profile) + "\"")
                                      .take();
    const Bytes toSign = CborWriter().array(4).text("Signature1").bytes(protectedHeader).bytes({}).bytes(payload).take();
    KASTELLAN_ASSIGN(const Bytes signature, signer.sign(toSign));
    CborWriter out;
    out.tag(61).tag(18).array(4).bytes(protectedHeader);
    out.map(1).number(4).bytes(asBytes(signer.keyId()));
    out.bytes(payload).bytes(signature);
    return out.take();
}

Result<std::string> earKeyPem()
{
    constexpr std::string_view keyName = "results";
    auto pem = keys::privatePem(keyName);
    if (pem)
        return pem;
    const auto known = keys::show(keyName);
    if (known)
        return pem; // it is there, and can't be used: say why
    KASTELLAN_TRY(keys::create(keyName, "owner"));
    return keys::privatePem(keyName);
}

} // namespace kastellan
