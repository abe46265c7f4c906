// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/policy.h"

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
    policy.require = {"chain.crl", "platform.alias", "firmware.provisional", "tcb.bulletin"};
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
    policy.firmware.allowProvisional =
        report.committedTcb() != report.currentTcb() || report.committedVersion() != report.currentVersion();
    if (*policy.firmware.allowProvisional)
        std::erase(policy.require, "firmware.provisional");

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

} // namespace kastellan::sev
