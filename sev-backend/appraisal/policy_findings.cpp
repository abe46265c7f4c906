// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"

#include <format>

namespace kastellan::sev {
namespace {

/// "smt, debug"; "none" for a word without a named bit.
std::string bitNames(std::uint64_t word, std::span<const FlagBit> bits)
{
    std::string text;
    for (const auto &bit : bits)
        if ((word >> bit.bit) & 1)
            (text += text.empty() ? "" : ", ") += bit.name;
    return text.empty() ? "none" : text;
}

struct FlagRules {
    const Check &allowedCheck, &requiredCheck;
    std::span<const FlagBit> bits;
    std::uint64_t permissive;
};

/// At most the allowed of those that give something up, at least the required of those that protect.
void addFlags(
    Findings &findings, const FlagRules &rules, std::uint64_t word, const std::optional<std::uint64_t> &allowed, std::uint64_t required)
{
    if (allowed) {
        const std::uint64_t set = word & rules.permissive;
        const std::uint64_t excess = set & ~*allowed;
        findings.verdict(rules.allowedCheck, excess == 0, "at most: " + bitNames(*allowed, rules.bits),
            excess ? "not allowed: " + bitNames(excess, rules.bits) : bitNames(set, rules.bits));
    }
    if (required) {
        const std::uint64_t missing = required & ~word;
        findings.verdict(rules.requiredCheck, missing == 0, bitNames(required, rules.bits),
            missing ? "missing: " + bitNames(missing, rules.bits) : bitNames(word & required, rules.bits));
    }
}

void addFirmware(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const auto &wanted = subject.policy.firmware;
    const FirmwareVersion current = report.currentVersion(), committed = report.committedVersion();
    if (wanted.minimumVersion || wanted.minimumBuild) {
        const bool pass = (!wanted.minimumVersion || current >= *wanted.minimumVersion)
            && (!wanted.minimumBuild || current.build >= *wanted.minimumBuild);
        std::string expected;
        if (wanted.minimumVersion)
            expected = wanted.minimumVersion->text() + " or newer";
        if (wanted.minimumBuild)
            expected += (expected.empty() ? "build " : ", build ") + std::to_string(*wanted.minimumBuild) + " or higher";
        findings.verdict(checks::firmwareVersion, pass, std::move(expected), current.text());
    }
    const bool same = committed == current && report.committedTcb() == report.currentTcb();
    const auto tcbText = [&](const TcbBytes &bytes) { return TcbVersion(bytes, subject.layout).text(); };
    auto &finding = findings.verdict(checks::firmwareProvisional, same, "all that runs is committed",
        same ? "committed: " + current.text()
             : "runs " + current.text() + " (" + tcbText(report.currentTcb()) + "), committed " + committed.text() + " ("
                + tcbText(report.committedTcb()) + ")");
    if (wanted.allowProvisional)
        finding.required = !*wanted.allowProvisional;
    if (!same && wanted.allowProvisional.value_or(false)) {
        finding.outcome = Outcome::Info;
        finding.expected = "anything: the policy file allows provisional firmware";
        finding.remedy.clear();
    }
}

void addMitigation(Findings &findings, const Check &check, const ReportView &report, std::uint64_t wanted, std::uint64_t actual)
{
    if (wanted == 0)
        return;
    if (!report.hasMitigations()) {
        findings.add(check, Outcome::Fail, "at least " + std::format("{:#x}", wanted), "reports before version 5 do not say");
        return;
    }
    const std::uint64_t missing = wanted & ~actual;
    findings.verdict(check, missing == 0, "at least " + std::format("{:#x}", wanted),
        std::format("{:#x}", actual) + (missing ? ", missing " + std::format("{:#x}", missing) : std::string()));
}

/// The chip by its report, or by the certificate of its key where the host masks it.
void addChip(Findings &findings, const Subject &subject)
{
    const auto &accepted = subject.policy.report.chipIds;
    if (accepted.empty())
        return;
    ChipId chip = subject.report.chipId();
    bool known = !chip.isZero();
    std::string how;
    const auto &extensions = subject.chain.extensions;
    if (!known && !subject.chain.vlek && extensions && extensions->hardwareId && extensions->hardwareId->size() <= ChipId::size) {
        std::ranges::copy(*extensions->hardwareId, chip.bytes.begin());
        known = true;
        how = " (masked in the report; by the certificate of the key that signed it)";
    }
    if (!known) {
        findings.add(checks::chipAllowed, Outcome::Unknown, oneOf(accepted), "the host masks it, and no certificate names the chip");
        return;
    }
    auto &finding = verdictIn(findings, checks::chipAllowed, accepted, chip);
    finding.actual += how;
}

} // namespace

void addPolicyFindings(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const auto &policy = subject.policy;
    addChip(findings, subject);
    addFirmware(findings, subject);
    addMitigation(findings, checks::mitigationsLaunch, report, policy.mitigations.launch, report.launchMitigations());
    addMitigation(findings, checks::mitigationsCurrent, report, policy.mitigations.current, report.currentMitigations());

    const GuestPolicy guest = report.policy();
    if (const auto &least = policy.guestPolicy.minimumAbi)
        findings.verdict(checks::policyAbi, std::pair(guest.abiMajor(), guest.abiMinor()) >= *least,
            std::to_string(least->first) + "." + std::to_string(least->second) + " or newer",
            std::to_string(guest.abiMajor()) + "." + std::to_string(guest.abiMinor()));
    addFlags(findings, {checks::policyAllowed, checks::policyRequired, GuestPolicy::bits(), maskOf(permissiveBits)}, guest.raw(),
        policy.guestPolicy.allowed, policy.guestPolicy.required);
    addFlags(findings, {checks::platformAllowed, checks::platformRequired, PlatformInfo::bits(), maskOf(permissivePlatformBits)},
        report.platformInfo().raw(), policy.platformInfo.allowed, policy.platformInfo.required);
}

} // namespace kastellan::sev
