// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/bulletins.h"
#include "sev-backend/appraisal/findings.h"

#include <algorithm>
#include <format>

namespace kastellan::sev {
namespace {

std::string shortened(ByteView bytes)
{
    const std::string hex = toHex(bytes);
    return hex.size() <= 32 ? hex : hex.substr(0, 32) + "…";
}

void addChip(Findings &findings, const Subject &subject)
{
    const auto &chain = subject.chain;
    if (!chain.leaf) {
        findings.add(checks::chipCertificate, Outcome::Unknown, "the chip id of the certificate", "the certificate is missing");
        return;
    }
    if (chain.vlek) {
        findings.add(checks::chipCertificate, Outcome::Info, "none: a VLEK is not bound to a chip",
            subject.report.chipIdMasked() ? "masked" : shortened(subject.report.chipId().bytes));
        return;
    }
    if (!chain.extensions || !chain.extensions->hardwareId) {
        findings.add(checks::chipCertificate, Outcome::Fail, "a certificate with a chip id",
            chain.extensions ? "it has none" : chain.extensionsProblem);
        return;
    }
    const Bytes &certified = *chain.extensions->hardwareId;
    const std::string expected = shortened(certified);
    if (subject.report.chipIdMasked()) {
        // The signature, made by a key that only the certified chip has, says which chip it was.
        findings.add(checks::chipCertificate, Outcome::Info, expected, "masked by the host; the signing key belongs to the certified chip");
        return;
    }
    const auto chipId = subject.report.chipId();
    const std::size_t size = chipIdSize(subject.product);
    const bool sizeGood = certified.size() == size || subject.product == Product::Unknown;
    const ByteView own = chipId.view();
    const bool same = sizeGood && std::ranges::equal(own.first(certified.size()), certified)
        && std::ranges::all_of(own.subspan(certified.size()), [](std::uint8_t byte) { return byte == 0; });
    findings.verdict(checks::chipCertificate, same, expected,
        sizeGood ? shortened(own.first(certified.size()))
                 : "the certificate's has " + std::to_string(certified.size()) + " bytes, and this product's have " + std::to_string(size));
}

/// Holds a TCB to floors: of several for one part to the highest.
void addFloors(Findings &findings, const Check &check, const TcbVersion &tcb, const TcbFloors::Levels &first,
    const TcbFloors::Levels &second, const std::vector<std::pair<std::string, unsigned>> &named = {})
{
    if (first.empty() && second.empty() && named.empty())
        return;
    std::vector<std::pair<std::string, unsigned>> floors = named;
    for (const auto *levels : {&first, &second})
        for (const auto &[part, level] : *levels) {
            const auto same = std::ranges::find(floors, name(part), &std::pair<std::string, unsigned>::first);
            if (same == floors.end())
                floors.emplace_back(name(part), level);
            else
                same->second = std::max(same->second, unsigned{level});
        }
    std::string expected, actual;
    bool pass = true;
    for (const auto &[levelName, floor] : floors) {
        const auto part = tcbPartFromName(levelName);
        const auto level = part ? tcb.part(*part) : std::nullopt;
        pass &= level && *level >= floor;
        expected += (expected.empty() ? "" : ", ") + levelName + " ≥ " + std::to_string(floor);
        actual += (actual.empty() ? "" : ", ") + levelName + " " + (level ? std::to_string(*level) : "does not exist in this product");
    }
    findings.verdict(check, pass, std::move(expected), std::move(actual));
}

/// Holds what is reported to the levels of every bulletin of the product.
void addBulletins(Findings &findings, Product product, const TcbVersion &reported)
{
    std::string expected, actual;
    bool pass = true;
    for (const Bulletin &row : bulletins()) {
        if (row.product != product)
            continue;
        const unsigned level = reported.part(row.part).value_or(0);
        pass &= level >= row.minimum;
        expected += (expected.empty() ? "" : "; ") + std::format("{} ≥ {} ({}, {})", name(row.part), row.minimum, name(product), row.id);
        actual += (actual.empty() ? "" : "; ") + std::format("{} {}", name(row.part), level);
    }
    if (!expected.empty())
        findings.verdict(checks::tcbBulletin, pass, std::move(expected), std::move(actual));
}

void addTcb(Findings &findings, const Subject &subject)
{
    const auto &chain = subject.chain;
    const auto version = [&subject](const TcbBytes &bytes) { return TcbVersion(bytes, subject.layout); };
    const auto reported = version(subject.report.reportedTcb());
    const auto committed = version(subject.report.committedTcb());
    const auto current = version(subject.report.currentTcb());

    if (!chain.leaf)
        findings.add(checks::tcbCertificate, Outcome::Unknown, "the TCB of the certificate", "the certificate is missing");
    else if (!chain.extensions)
        findings.add(checks::tcbCertificate, Outcome::Fail, "a certificate that states its TCB", chain.extensionsProblem);
    else
        findings.verdict(checks::tcbCertificate, chain.extensions->tcb == reported, chain.extensions->tcb.text(), reported.text());

    const auto &report = subject.report;
    const bool ordered = committed.atLeast(reported) && current.atLeast(committed) && report.committedVersion() <= report.currentVersion();
    findings.verdict(checks::tcbOrder, ordered, "reported ≤ committed ≤ current",
        ordered && reported == current ? "all the same: " + reported.text()
                                       : "reported " + reported.text() + "; committed " + committed.text() + " ("
                + report.committedVersion().text() + "); current " + current.text() + " (" + report.currentVersion().text() + ")");

    addFloors(findings, checks::tcbMinimum, reported, subject.policy.tcb.minimum.of(subject.product), {}, subject.expected.minimumTcb);
    const auto &floors = subject.policy.tcb;
    addFloors(findings, checks::tcbCommitted, committed, floors.minimum.of(subject.product), floors.committed.of(subject.product));
    addFloors(findings, checks::tcbCurrent, current, floors.minimum.of(subject.product), floors.current.of(subject.product));
    addFloors(findings, checks::tcbLaunch, version(subject.report.launchTcb()), floors.launch.of(subject.product), {});
    addBulletins(findings, subject.product, reported);
}

void addPolicy(Findings &findings, const Subject &subject)
{
    const GuestPolicy policy = subject.report.policy();
    const auto invalid = policy.invalid();
    findings.verdict(checks::policyReserved, !invalid, "bit 17 set, bits 26 to 63 clear", invalid ? *invalid : policy.text());

    const bool debug = policy.has(GuestPolicy::Debug);
    auto &finding = findings.verdict(checks::policyDebug, !debug, "debugging off", debug ? "debugging on" : "debugging off");
    const auto allowed = [&subject](GuestPolicy::Bit bit) { return ((subject.policy.guestPolicy.allowed.value_or(0)) >> bit) & 1; };
    if (debug && (subject.expected.allowDebug || allowed(GuestPolicy::Debug))) {
        finding.expected = subject.expected.allowDebug ? "debugging off, or --allow-debug" : "debugging off, or allowed by the policy file";
        finding.required = false; // given up by the owner: it still shows, and does not decide
    }
    const bool agent = policy.has(GuestPolicy::MigrateMa) || !subject.report.withoutMigrationAgent();
    auto &migration = findings.verdict(checks::policyMigration, !agent, "none",
        policy.has(GuestPolicy::MigrateMa) ? "the policy allows one"
            : agent                        ? "one is bound: " + shortened(subject.report.migrationAgentId().bytes)
                                           : "none");
    if (agent && allowed(GuestPolicy::MigrateMa)) {
        migration.expected = "none, or allowed by the policy file";
        migration.required = false;
    }
}

} // namespace

void addPlatformFindings(Findings &findings, const Subject &subject)
{
    addChip(findings, subject);
    addTcb(findings, subject);
    addPolicy(findings, subject);
    const bool checked = subject.report.platformInfo().has(PlatformInfo::AliasCheckComplete);
    if (!subject.report.hasCpuid() && !checked)
        findings.add(checks::platformAlias, Outcome::Unknown, "checked", "reports of version 2 do not say");
    else
        findings.verdict(checks::platformAlias, checked, "checked", checked ? "checked" : "not checked");
}

} // namespace kastellan::sev
