// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/policy.h"

#include "sev-backend/appraisal/findings.h"

#include <algorithm>

namespace kastellan::sev {

const TcbFloors::Levels &TcbFloors::of(Product product) const
{
    const auto own = std::ranges::find(products, product, &std::pair<Product, Levels>::first);
    return own == products.end() ? general : own->second;
}

bool Policy::demands(std::string_view findingId) const
{
    return strict || std::ranges::find(require, findingId) != require.end();
}

std::vector<std::string> Policy::overrides() const
{
    std::vector<std::string> given;
    const std::uint64_t allowed = guestPolicy.allowed.value_or(0);
    for (const auto bit : {GuestPolicy::Debug, GuestPolicy::MigrateMa})
        if ((allowed >> bit) & 1)
            for (const auto &named : GuestPolicy::bits())
                if (named.bit == bit)
                    given.push_back("policy: allows " + std::string(named.name));
    return given;
}

Policy strictPolicyFor(const ReportView &report, Product product, std::string root, std::string vlekProvider)
{
    Policy policy;
    policy.root = std::move(root);
    if (product != Product::Unknown)
        policy.products = {product};
    if (report.hasCpuid())
        policy.steppings = {static_cast<std::uint8_t>(report.cpuidStepping())};
    if (const auto key = report.signingKey(); key == SigningKey::Vcek || key == SigningKey::Vlek)
        policy.signingKey = key;
    if (!vlekProvider.empty())
        policy.cspIds = {std::move(vlekProvider)};

    policy.report.minimumVersion = report.version();
    policy.report.vmpls = {report.vmpl()};
    policy.report.hostData = {report.hostData()};
    if (!report.withoutMigrationAgent())
        policy.report.agentIds = {report.migrationAgentId()};
    if (!report.chipIdMasked())
        policy.report.chipIds = {report.chipId()};

    policy.launch.digests = {report.measurement()};
    policy.launch.familyIds = {report.familyId()};
    policy.launch.imageIds = {report.imageId()};
    policy.launch.minimumGuestSvn = report.guestSvn();

    const GuestPolicy guest = report.policy();
    policy.guestPolicy.minimumAbi = {guest.abiMajor(), guest.abiMinor()};
    policy.guestPolicy.allowed = guest.raw() & maskOf(permissiveBits);
    policy.guestPolicy.required = guest.raw() & maskOf(protectiveBits);
    const std::uint64_t platform = report.platformInfo().raw();
    policy.platformInfo.allowed = platform & maskOf(permissivePlatformBits);
    policy.platformInfo.required = platform & maskOf(protectivePlatformBits);

    const TcbLayout layout = product != Product::Unknown ? layoutOf(product) : report.product().layout;
    const auto levels = [layout](const TcbBytes &bytes) {
        const TcbVersion tcb(bytes, layout);
        TcbFloors::Levels floors;
        for (const auto part : TcbVersion::parts(layout))
            floors.emplace_back(part, tcb.part(part).value_or(0));
        return floors;
    };
    policy.tcb.minimum.general = levels(report.reportedTcb());
    policy.tcb.launch.general = levels(report.launchTcb());
    const FirmwareVersion firmware = report.currentVersion();
    policy.firmware.minimumVersion = firmware;
    policy.firmware.allowProvisional = report.committedTcb() != report.currentTcb() || report.committedVersion() != report.currentVersion();

    if (!report.idKeyDigest().isZero()) {
        policy.idBlock.required = true;
        policy.idBlock.idKeys = {report.idKeyDigest()};
        if (report.authorKeyUsed()) {
            policy.idBlock.authorRequired = true;
            policy.idBlock.authorVouches = false;
            policy.idBlock.authorKeys = {report.authorKeyDigest()};
        }
    }
    if (report.hasMitigations()) {
        policy.mitigations.launch = report.launchMitigations();
        policy.mitigations.current = report.currentMitigations();
    }
    return policy;
}

Result<Policy> strictPolicyFor(const Evidence &evidence, const EvidenceBackend &backend, std::int64_t at, Appraisal *appraisal)
{
    if (evidence.kind != "snp-report")
        return badInput("make a policy of evidence", {}, "it is of the kind '" + evidence.kind + "', and a policy is about SNP reports",
            "Give an SNP attestation report.");
    KASTELLAN_ASSIGN(const ReportView report, ReportView::from(evidence.report));
    const ChainState chain = readChain(evidence.endorsements);
    const bool rootKnown = chain.root.kind != RootIdentity::Kind::Unknown;
    Policy policy = strictPolicyFor(report, productOf(report, chain), rootKnown ? chain.root.text : "amd",
        chain.vlek && chain.extensions ? chain.extensions->cspId : std::string());
    ReferenceValues expected;
    expected.root = policy.root;
    Appraisal own;
    own.at = at;
    own.emulated = chain.root.kind == RootIdentity::Kind::Emulated;
    own.findings = backend.appraise(evidence, expected, at);
    decide(own);
    for (const auto *check : allChecks())
        if (!check->required && std::ranges::any_of(own.findings, [&](const Finding &finding) {
                return finding.id == check->id && finding.outcome == Outcome::Pass;
            }))
            policy.require.emplace_back(check->id);
    if (appraisal)
        *appraisal = std::move(own);
    return policy;
}

} // namespace kastellan::sev
