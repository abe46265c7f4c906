// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/finding.h"

#include <algorithm>
#include <array>

namespace kastellan {
namespace {

constexpr std::array<std::string_view, 4> outcomeNames = {"pass", "fail", "unknown", "info"};
constexpr std::array<std::string_view, 4> verdictNames = {"trusted", "authentic", "undecided", "refused"};

struct Words {
    std::string_view id, title, failed;
};

/// What a check is called and what its failure means, in the words of a banner. docs/appraisal.md lists every id.
constexpr std::array words = {
    Words{"root.kind", "Kind of root", "the evidence comes from another kind of root than the one accepted"},
    Words{"root.pinned", "Pinned root", "the certificates do not lead to the accepted root"},
    Words{"chain.complete", "Complete chain", "the certificate chain cannot be read"},
    Words{"chain.signatures", "Chain signatures", "a certificate is not signed by the one above it"},
    Words{"chain.names", "Chain names", "a certificate carries a name that does not belong in this chain"},
    Words{"chain.constraints", "Chain constraints", "a certificate may not be used as it is used here"},
    Words{"chain.dates", "Validity dates", "a certificate is not valid at this time"},
    Words{"chain.crl", "Revocation list", "a certificate was revoked, or the revocation list does not hold"},
    Words{"report.format", "Report format", "the report cannot be read"},
    Words{"report.version", "Report version", "the report has a version that is not known"},
    Words{"report.signature", "Report signature", "the report was altered, or another processor signed it"},
    Words{"report.key", "Signing key", "the report was not signed by the kind of key that was certified"},
    Words{"report.reserved", "Reserved fields", "reserved fields of the report are not zero"},
    Words{"report.product", "Product", "the report and the certificates name different products"},
    Words{"report.data", "Fresh binding", "the report was not made for this session"},
    Words{"report.hostdata", "Owner key", "the keep was not started for this owner key"},
    Words{"report.vmpl", "Privilege level", "the report was asked for from another privilege level"},
    Words{"tcb.certificate", "TCB against certificate", "the report and the certificate state different firmware levels"},
    Words{"tcb.order", "TCB order", "the firmware levels of the report contradict each other"},
    Words{"tcb.minimum", "Minimum TCB", "the firmware is older than the owner accepts"},
    Words{"tcb.bulletin", "Security bulletins", "the firmware is older than a published fix"},
    Words{"chip.certificate", "Chip identity", "the report and the certificate name different processors"},
    Words{"platform.identity", "Platform identity", "this is another processor than the one seen before on this host"},
    Words{"platform.alias", "Memory alias check", "memory aliasing was not ruled out on this host"},
    Words{"policy.reserved", "Policy bits", "the guest policy has bits that have no meaning"},
    Words{"policy.debug", "Debugging", "the host may debug the keep and read its memory"},
    Words{"policy.migration", "Migration agent", "a migration agent may read the keep"},
    Words{"launch.digest", "Launch digest", "the launch digest is not the expected one"},
    Words{"workload.digest", "Workload digest", "the keep did not receive the workload that was meant"},
    Words{"workload.execution", "Execution", "the workload is not run as it was planned"},
    Words{"sandbox.isolation", "Sandbox", "the keep is not confined as it has to be"},
    Words{"sandbox.users", "Users of the sandbox", "warden and runner share a user"},
    Words{"session.binding", "Session binding", "the report belongs to another session"},
    Words{"binding.fresh", "Fresh binding", "the report is not fresh"},
    Words{"chain.crl.leaf", "Revocation of the leaf", "the certificate of the report's key was revoked"},
    Words{"chain.provider", "Cloud provider", "the VLEK is another cloud provider's"},
    Words{"policy.file", "Policy file", "the policy file cannot be read"},
    Words{"report.minimum", "Oldest report version", "the report is of an older version than the owner accepts"},
    Words{"report.signer", "Kind of signing key", "the report was signed by another kind of key than the owner accepts"},
    Words{"product.allowed", "Accepted products", "the processor is of a product that the owner does not accept"},
    Words{"product.stepping", "Accepted steppings", "the processor is of a stepping that the owner does not accept"},
    Words{"product.name", "Stepping in the certificate", "the certificate names another stepping than the report"},
    Words{"chip.allowed", "Accepted chips", "the processor is none of those that the owner accepts"},
    Words{"tcb.minimum.committed", "Minimum committed TCB", "the committed firmware is older than the owner accepts"},
    Words{"tcb.minimum.current", "Minimum current TCB", "the running firmware is older than the owner accepts"},
    Words{"tcb.minimum.launch", "Minimum TCB at launch", "the firmware was older at launch than the owner accepts"},
    Words{"firmware.version", "Firmware version", "the SEV firmware is older than the owner accepts"},
    Words{"firmware.provisional", "Committed firmware", "the firmware is provisional, and can be set back"},
    Words{"mitigations.launch", "Mitigations at launch", "mitigations were missing at launch"},
    Words{"mitigations.current", "Mitigations", "mitigations are missing"},
    Words{"policy.abi", "Firmware interface", "the guest policy accepts older firmware than the owner does"},
    Words{"policy.allowed", "Allowed by the guest policy", "the guest policy allows more than the owner accepts"},
    Words{"policy.required", "Demanded by the guest policy", "the guest policy lacks a protection that the owner demands"},
    Words{"platform.allowed", "Allowed platform", "the machine is set up in a way that the owner does not accept"},
    Words{"platform.required", "Demanded of the platform", "the machine lacks a protection that the owner demands"},
    Words{"report.id", "Report id", "the report is about another guest"},
    Words{"report.agent", "Migration agent's id", "another migration agent is bound than the one accepted"},
    Words{"launch.denied", "Denied launch digests", "the launch digest is one that the owner denies"},
    Words{"guest.family", "Guest family", "the guest is of another family than the owner expects"},
    Words{"guest.image", "Guest image", "the guest is another image than the owner expects"},
    Words{"guest.svn", "Guest security version", "the guest has an older security version than the owner accepts"},
    Words{"idblock.present", "ID block", "the launch was not held to an ID block"},
    Words{"idblock.key", "ID block key", "the ID block was not signed by a key that the owner trusts"},
    Words{"idblock.author", "Author key", "the ID key was not signed by an author key that the owner trusts"},
    Words{"idblock.denied", "Denied keys", "the ID block comes from a key that the owner denies"},
    Words{"sev.format", "Evidence format", "the evidence cannot be read"},
    Words{"sev.complete", "Complete chain", "the platform's certificates cannot be read"},
    Words{"sev.signatures", "Chain signatures", "a certificate is not signed by the one above it"},
    Words{"sev.usages", "Key usages", "a key is used for something that it was not made for"},
    Words{"sev.encoding", "Certificate encoding", "a certificate holds bytes that no platform writes"},
    Words{"sev.report.signature", "Report signature", "the report was altered, or another platform signed it"},
    Words{"sev.policy.reserved", "Policy bits", "the guest policy has bits that have no meaning"},
    Words{"sev.policy.debug", "Debugging", "the host may debug the guest and read its memory"},
    Words{"sev.policy.sharing", "Key sharing", "another guest of the host may get the same memory key"},
    Words{"sev.policy.migration", "Migration", "the guest may be sent to another platform"},
    Words{"sev.policy.es", "Register protection", "the hypervisor sees the guest's registers"},
    Words{"sev.policy.api", "Firmware interface", "the policy demands newer firmware than the platform has"},
    Words{"sev.nonce", "Fresh binding", "the report was not made for this question"},
    Words{"sev.digest", "Launch digest", "the launch digest is not the expected one"},
    Words{"sev.measure", "Launch measurement", "the launch measurement is not the owner's"},
    Words{"sev.session", "Launch session", "the launch was not made with the owner's session"},
    Words{"sev.firmware", "Firmware version", "the platform's firmware is too old to state its version"},
    Words{"session.code", "Session code", "what answers is not the keep that was measured"},
    Words{"disk.unmeasured", "Disk", "the disk is not measured, and the host can change it"},
    Words{"workload.machine", "Whole machine", "the workload is another machine"},
    Words{"evidence.present", "Evidence", "there is no evidence"},
    Words{"sev.expected", "Comparable values", "something was expected that this evidence does not state"},
};

std::string inWords(const Finding &finding)
{
    for (const auto &word : words)
        if (word.id == finding.id)
            return std::string(word.failed);
    return "the check " + finding.id + " failed";
}

bool failed(const Finding &finding)
{
    return finding.outcome == Outcome::Fail;
}

/// The owner gave a value to compare with, and the comparison counts for `trusted` whether or not it is required.
bool comparesReference(const Finding &finding)
{
    return finding.reference || finding.id.starts_with("tcb.minimum");
}

bool notCompared(const Finding &finding)
{
    return comparesReference(finding) && (finding.outcome == Outcome::Fail || finding.outcome == Outcome::Unknown);
}

/// "a", "a and b", "a, b and 3 more": a banner names the first few, the table has them all.
std::string joined(const std::vector<std::string> &parts)
{
    constexpr std::size_t most = 3;
    std::string text;
    const std::size_t shown = parts.size() > most ? most - 1 : parts.size();
    for (std::size_t i = 0; i < shown; ++i) {
        if (i)
            text += i + 1 == parts.size() ? " and " : ", ";
        text += parts[i];
    }
    if (parts.size() > shown)
        text += " and " + std::to_string(parts.size() - shown) + " more";
    return text;
}

void add(std::vector<std::string> &parts, std::string part)
{
    if (std::ranges::find(parts, part) == parts.end())
        parts.push_back(std::move(part));
}

std::string joinedIf(const std::vector<Finding> &findings, bool (*wanted)(const Finding &), std::string (*say)(const Finding &))
{
    std::vector<std::string> parts;
    for (const auto &finding : findings)
        if (wanted(finding))
            add(parts, say(finding));
    return joined(parts);
}

bool requiredUnknown(const Finding &finding)
{
    return finding.required && finding.outcome == Outcome::Unknown;
}

bool requiredFail(const Finding &finding)
{
    return finding.required && failed(finding);
}

bool advisoryFail(const Finding &finding)
{
    return !finding.required && failed(finding);
}

std::string titleInSentence(const Finding &finding)
{
    std::string text = title(finding.id);
    // "ID block key" and "TCB…" keep their capitals.
    if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

} // namespace

std::string_view name(Outcome outcome)
{
    return outcomeNames[static_cast<std::size_t>(outcome)];
}

std::string_view name(Verdict verdict)
{
    return verdictNames[static_cast<std::size_t>(verdict)];
}

std::optional<Outcome> outcomeFromName(std::string_view name)
{
    const auto it = std::ranges::find(outcomeNames, name);
    if (it == outcomeNames.end())
        return std::nullopt;
    return static_cast<Outcome>(it - outcomeNames.begin());
}

std::optional<Verdict> verdictFromName(std::string_view name)
{
    const auto it = std::ranges::find(verdictNames, name);
    if (it == verdictNames.end())
        return std::nullopt;
    return static_cast<Verdict>(it - verdictNames.begin());
}

std::string title(std::string_view id)
{
    for (const auto &word : words)
        if (word.id == id)
            return std::string(word.title);
    std::string text(id);
    for (char &c : text)
        if (c == '.' || c == '_' || c == '-')
            c = ' ';
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

void decide(Appraisal &appraisal)
{
    const auto &findings = appraisal.findings;
    const std::string fails = joinedIf(findings, requiredFail, inWords);
    const std::string unknowns = joinedIf(findings, requiredUnknown, titleInSentence);
    const auto passed = [](const Finding &finding) { return finding.outcome == Outcome::Pass; };
    const bool compared = std::ranges::any_of(findings, [&](const Finding &finding) { return finding.reference && passed(finding); });
    const bool allCompared = std::ranges::none_of(findings, notCompared);
    const std::string kind = appraisal.emulated ? " (emulated)" : "";

    if (!fails.empty()) {
        appraisal.verdict = Verdict::Refused;
        appraisal.sentence = "Refused" + kind + ": " + fails + ".";
    } else if (!unknowns.empty()) {
        appraisal.verdict = Verdict::Undecided;
        appraisal.sentence = "Undecided" + kind + ": nothing could be found out about: " + unknowns + ".";
    } else if (std::ranges::none_of(findings, [&](const Finding &finding) { return finding.required && passed(finding); })) {
        appraisal.verdict = Verdict::Undecided;
        appraisal.sentence = "Undecided" + kind + ": nothing that a verdict needs was checked.";
    } else if (compared && allCompared) {
        appraisal.verdict = Verdict::Trusted;
        appraisal.sentence = "Trusted" + kind + ": every required check passed, and what was launched is what was expected.";
    } else {
        appraisal.verdict = Verdict::Authentic;
        appraisal.sentence = "Authentic" + kind + ": genuine and unmodified, but ";
        const std::string open = joinedIf(findings, notCompared, titleInSentence);
        appraisal.sentence +=
            compared ? "not all of what was expected is proven: " + open + "." : "nothing proves that what runs is what should run.";
    }
    // What the owner gave up, and what did not stop the verdict but has to be seen, stands in the banner too.
    if (const std::string advisory = joinedIf(findings, advisoryFail, inWords); !advisory.empty())
        appraisal.sentence += " Note: " + advisory + ".";
    if (!appraisal.overrides.empty())
        appraisal.sentence += " Given up by the owner: " + joined(appraisal.overrides) + ".";
    if (appraisal.emulated)
        appraisal.sentence += " Emulated: this proves the procedure, nothing about hardware.";
}

} // namespace kastellan
