// SPDX-License-Identifier: Apache-2.0
#include "attestor.h"

#include "core/base/digest.h"
#include "core/hosts/pins.h"
#include "core/workload/workload.h"
#include "people.h"
#include "sev-backend/appraisal/policy.h"

#include <algorithm>
#include <chrono>

namespace kastellan::loader {
namespace {

std::string_view name(Attestor::Kind kind)
{
    switch (kind) {
    case Attestor::Kind::Attest:
        return "attest";
    case Attestor::Kind::Deliver:
        return "deliver";
    case Attestor::Kind::Reattest:
        return "reattest";
    }
    return "attest";
}

std::int64_t now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Finding executionFinding(const std::string &execution)
{
    Finding finding;
    finding.id = "workload.execution";
    finding.area = "workload";
    finding.outcome = Outcome::Info;
    finding.required = false;
    finding.actual = execution == "aot" ? "code that was compiled ahead of time on the owner's machine" : "interpreter";
    finding.why = "Compiled code is faster; the interpreter runs the module's own bytes. Both digests are in the delivery manifest.";
    finding.source = "docs/workloads.md";
    return finding;
}

} // namespace

Attestor::Attestor(const LaunchPlan &plan, std::shared_ptr<EvidenceBackend> backend, std::unique_ptr<RecordStore> store)
    : m_plan(plan)
    , m_backend(std::move(backend))
    , m_store(std::move(store))
{
}

Finding Attestor::workloadFinding(const std::vector<Finding> &others, const std::optional<Delivered> &delivered) const
{
    Finding finding;
    finding.id = "workload.digest";
    finding.area = "workload";
    finding.reference = true;
    finding.why = "The keep recomputes the digests of everything it received and binds them into this report: it proves the workload, not "
                  "the keep image alone.";
    finding.source = "docs/records.md";
    finding.expected = "module sha256:" + toHex(m_plan.workloadDigest.view());
    if (!delivered) {
        finding.required = false; // it becomes required as soon as there is something to prove
        finding.outcome = Outcome::Unknown;
        finding.actual = "nothing was delivered yet";
        finding.remedy = "The report after the delivery proves it.";
        return finding;
    }
    finding.expected += ", manifest sha256:" + toHex(sha256(delivered->manifest).view());
    const auto binding = std::ranges::find(others, "report.data", &Finding::id);
    const auto items = parseManifest(delivered->manifest);
    const bool moduleIsListed = items && std::ranges::any_of(*items, [&](const DeliveryItem &item) {
        return item.name == "module" && item.digest == m_plan.workloadDigest;
    });
    const bool bound = binding != others.end() && binding->outcome == Outcome::Pass;
    finding.outcome = moduleIsListed && bound ? Outcome::Pass : Outcome::Fail;
    finding.actual = finding.outcome == Outcome::Pass ? finding.expected
        : !moduleIsListed                             ? "the manifest names another module"
                                                      : "the report binds another manifest";
    if (finding.outcome == Outcome::Fail)
        finding.remedy = "Do not use this keep. Launch it again; if it happens again, the host or the keep image is not honest.";
    return finding;
}

Result<Record> Attestor::appraise(
    Kind kind, Bytes report, const Binding &binding, const RunningKeep &keep, const std::optional<Delivered> &delivered)
{
    Record record;
    record.keep = toHex(m_plan.id.view());
    record.keepName = m_plan.name;
    record.host = m_plan.host;
    record.kind = name(kind);
    record.created = now();
    record.evidence.report = std::move(report);
    record.evidence.endorsements = keep.endorsements();
    record.expected = m_plan.expected;
    record.expected.reportData = delivered ? binding.deliverData() : binding.attestData();
    if (auto owner = fromHex(m_plan.ownerKey))
        if (auto hostData = HostData::from(*owner, "the owner key's digest"))
            record.expected.hostData = *hostData;
    record.binding = binding;
    record.plan = toJson(m_plan);
    if (delivered)
        record.manifest = manifestForPeople(delivered->manifest);

    Appraisal &appraisal = record.appraisal;
    appraisal.at = record.created;
    appraisal.emulated = m_plan.expected.root.starts_with("emulated:");
    appraisal.findings = m_backend->appraise(record.evidence, record.expected, record.created);
    for (auto &finding : keep.findings())
        appraisal.findings.push_back(std::move(finding));
    appraisal.findings.push_back(workloadFinding(appraisal.findings, delivered));
    if (delivered)
        appraisal.findings.push_back(executionFinding(delivered->execution));
    const std::string identity = m_backend->platformIdentity(record.evidence);
    const auto pin = hostPin(m_plan.host);
    appraisal.findings.push_back(identityFinding(m_plan.host, pin, identity));
    if (m_plan.expected.strict)
        for (auto &finding : appraisal.findings)
            if (finding.outcome != Outcome::Info && (finding.id != "workload.digest" || delivered))
                finding.required = true;
    if (m_plan.expected.allowDebug)
        appraisal.overrides.emplace_back("--allow-debug");
    // A policy that can't be read is a failing finding; then it gives nothing up.
    if (const auto policy = sev::Policy::parse(m_plan.expected.policy.empty() ? "version = 1" : m_plan.expected.policy, "the policy"))
        for (std::string &given : policy->overrides())
            appraisal.overrides.push_back(std::move(given));
    if (m_plan.noSandbox) {
        appraisal.overrides.emplace_back("--no-sandbox");
        // Given up by the owner: it still fails and shows, and does not decide.
        const auto isolation = std::ranges::find(appraisal.findings, "sandbox.isolation", &Finding::id);
        if (isolation != appraisal.findings.end() && !m_plan.expected.strict) {
            isolation->expected += ", or --no-sandbox";
            isolation->required = false;
        }
    }
    decide(appraisal);

    KASTELLAN_ASSIGN(record.id, m_store->append(record));
    const bool genuine = appraisal.verdict == Verdict::Trusted || appraisal.verdict == Verdict::Authentic;
    if (genuine && pin && !*pin && !identity.empty()) {
        const auto pinned = pinHostFirst({m_plan.host, identity, record.created});
        const std::string outcome =
            pinned ? pinned->identity == identity ? "done" : "another was pinned meanwhile" : pinned.error().message();
        static_cast<void>(
            log("pin host " + m_plan.host, outcome)); // the record says that it was the first use; the next attestation tries again
    }
    return record;
}

Status Attestor::log(std::string_view what, std::string_view outcome)
{
    ActivityEntry entry;
    entry.at = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    entry.who = currentUser();
    entry.what = what;
    entry.subject = m_plan.name + " (" + toHex(m_plan.id.view()).substr(0, 12) + ")";
    entry.outcome = outcome;
    return m_store->logActivity(entry);
}

} // namespace kastellan::loader
