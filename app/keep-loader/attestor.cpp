// SPDX-License-Identifier: Apache-2.0
#include "attestor.h"

#include "core/base/digest.h"
#include "core/hosts/pins.h"
#include "core/keeps/whole_machine.h"
#include "core/session/session_secret.h"
#include "core/workload/workload.h"
#include "people.h"
#include "sev-backend/appraisal/demanded.h"
#include "sev-backend/legacy/guest_policy.h"
#include "sev-backend/legacy/launch_owner.h"

#include <algorithm>
#include <chrono>

namespace kastellan::loader {
namespace {

std::string_view name(Attestor::Kind kind)
{
    switch (kind) {
    case Attestor::Kind::Launch:
        return "launch";
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

bool isWhole(const LaunchPlan &plan)
{
    return plan.machine && plan.machine->request.whole;
}

void addMachine(std::vector<Finding> &findings, const LaunchPlan &plan)
{
    findings.push_back(machineFinding());
    if (auto disk = diskFinding(*plan.machine->request.whole))
        findings.push_back(std::move(*disk));
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
    const bool bound = m_launch ? true : binding != others.end() && binding->outcome == Outcome::Pass;
    finding.outcome = moduleIsListed && bound ? Outcome::Pass : Outcome::Fail;
    finding.actual = finding.outcome == Outcome::Pass ? finding.expected
        : !moduleIsListed                             ? "the manifest names another module"
                                                      : "the report binds another manifest";
    if (finding.outcome == Outcome::Fail)
        finding.remedy = "Do not use this keep. Launch it again; if it happens again, the host or the keep image is not honest.";
    return finding;
}

Finding Attestor::codeFinding(ByteView answer, const ReportData &data, const RunningKeep &keep) const
{
    const SessionSecret *secret = keep.sessionSecret();
    const bool good = secret && secret->made(answer, data);
    Finding finding;
    finding.id = "session.code";
    finding.area = "binding";
    finding.outcome = good ? Outcome::Pass : Outcome::Fail;
    finding.expected = "a code over this session, made with the secret that the measured keep was given";
    finding.actual = good ? finding.expected
        : secret          ? "a code of another secret or another session"
                          : "there is no secret to check it with";
    finding.why =
        "Under SEV and SEV-ES nothing inside can ask the firmware for a report. Only the keep that was measured holds the session secret, "
        "so only it can answer.";
    if (!good)
        finding.remedy = "Do not use this keep: what answers is not what was launched. Launch it again.";
    finding.source = "docs/threat-model.md, SEV and SEV-ES";
    return finding;
}

Finding Attestor::demandedPolicy(const Evidence &launch) const
{
    Finding finding;
    finding.id = "sev.policy.demanded";
    finding.area = "policy";
    const auto policy = static_cast<sev::legacy::Policy>(m_plan.policy);
    finding.expected = sev::legacy::policyText(policy);
    const auto record = sev::legacy::LaunchRecord::parse(launch.report);
    finding.actual = record ? sev::legacy::policyText(record->policy) : "unreadable";
    const bool es = !m_plan.machine || m_plan.machine->technology != "es" || (policy & 4);
    finding.outcome = record && record->policy == policy && es ? Outcome::Pass : Outcome::Fail;
    if (!es)
        finding.actual += ": without SEV-ES, which was demanded";
    finding.why = "The guest policy says what the host may do with the keep: it has to be the one of the plan.";
    if (finding.outcome == Outcome::Fail)
        finding.remedy = "Do not use this host: it launched the keep with less protection than was demanded.";
    finding.source = "SEV API 0.24 (AMD 55766), section 3";
    return finding;
}

void Attestor::ownersWord(Finding &workload, bool answered, bool delivered) const
{
    workload.why =
        "SEV and SEV-ES measure what is there before the keep runs, and attest nothing afterwards. That the keep holds this workload is "
        "the word of the warden that was measured, authenticated by the session secret: no hardware proves it.";
    workload.source = "docs/threat-model.md, SEV and SEV-ES";
    workload.required = false;
    workload.remedy = "Launch it under SEV-SNP, where the keep's report proves the workload.";
    if (!delivered)
        return;
    const auto items = workload.outcome; // the manifest was looked at already; only its binding is another
    workload.outcome = Outcome::Unknown;
    workload.actual = "owner's word: the warden says so, by the session secret";
    if (!answered || items == Outcome::Fail) {
        workload.outcome = Outcome::Fail;
        workload.required = true;
        workload.actual = answered ? "the manifest names another module" : "what answers is not the keep that was measured";
        workload.remedy = "Do not use this keep.";
    }
}

Record Attestor::begin(Kind kind) const
{
    Record record;
    record.keep = toHex(m_plan.id.view());
    record.keepName = m_plan.name;
    record.host = m_plan.host;
    record.kind = name(kind);
    record.created = now();
    record.expected = m_plan.expected;
    record.plan = toJson(m_plan);
    record.appraisal.at = record.created;
    record.appraisal.emulated = m_plan.expected.root.starts_with("emulated:");
    return record;
}

Result<Record> Attestor::appraiseLaunch(Evidence evidence, const RunningKeep &keep)
{
    m_launch = std::move(evidence);
    Record record = begin(Kind::Launch);
    record.evidence = *m_launch;
    auto &findings = record.appraisal.findings;
    findings = m_backend->appraise(record.evidence, record.expected, record.created);
    Finding workload = workloadFinding(findings, {});
    if (m_launch->kind != "none") { // the host says that it has no evidence: there is nothing to hold to the plan
        findings.push_back(demandedPolicy(*m_launch));
        ownersWord(workload, true, false);
    }
    if (isWhole(m_plan))
        addMachine(findings, m_plan);
    else
        findings.push_back(std::move(workload));
    return finish(std::move(record), keep, {});
}

Result<Record> Attestor::appraiseWhole(const RunningKeep &keep)
{
    Record record = begin(Kind::Attest);
    record.evidence.kind = "none";
    auto &findings = record.appraisal.findings;
    findings = m_backend->appraise(record.evidence, record.expected, record.created);
    for (auto &finding : findings)
        if (finding.id == "evidence.present" && !launchedUnattested(m_plan))
            finding.remedy = "Have the machine make a report inside, and import it: keepctl keep import-report "
                + toHex(m_plan.id.view()).substr(0, 12) + " FILE.";
    addMachine(findings, m_plan);
    return finish(std::move(record), keep, {});
}

Result<Record> Attestor::imported(const std::string &id) const
{
    KASTELLAN_ASSIGN(Record record, m_store->get(id));
    if (record.kind != "import" || record.keep != toHex(m_plan.id.view()))
        return badInput("take an imported report", id, "it is no imported report of this keep");
    return record;
}

Status Attestor::recallLaunch(const std::string &id)
{
    KASTELLAN_ASSIGN(Record record, m_store->get(id));
    if (record.kind != name(Kind::Launch) || record.keep != toHex(m_plan.id.view()))
        return badInput("continue the keep", m_plan.name, "the record of its launch is not there", "Launch it again.");
    m_launch = std::move(record.evidence);
    return {};
}

Result<Record> Attestor::appraise(
    Kind kind, Bytes answer, const Binding &binding, const RunningKeep &keep, const std::optional<Delivered> &delivered)
{
    Record record = begin(kind);
    record.binding = binding;
    if (delivered)
        record.manifest = manifestForPeople(delivered->manifest);
    const ReportData data = delivered ? binding.deliverData() : binding.attestData();
    auto &findings = record.appraisal.findings;
    if (m_launch) {
        record.evidence = *m_launch;
        findings = m_backend->appraise(record.evidence, record.expected, record.created);
        findings.push_back(demandedPolicy(*m_launch));
        findings.push_back(codeFinding(answer, data, keep));
        const bool answered = findings.back().outcome == Outcome::Pass;
        Finding workload = workloadFinding(findings, delivered);
        ownersWord(workload, answered, delivered.has_value());
        findings.push_back(std::move(workload));
        return finish(std::move(record), keep, delivered);
    }
    if (launchedUnattested(m_plan)) {
        record.evidence.kind = "none";
        findings = m_backend->appraise(record.evidence, record.expected, record.created);
        Finding workload = workloadFinding(findings, {});
        workload.actual = "nothing proves what runs there";
        workload.remedy = "Launch it on a host with SEV.";
        findings.push_back(std::move(workload));
        return finish(std::move(record), keep, delivered);
    }
    record.evidence.report = std::move(answer);
    record.evidence.endorsements = keep.endorsements();
    record.evidence.endorsements.insert(record.evidence.endorsements.end(), m_endorsements.begin(), m_endorsements.end());
    record.expected.reportData = data;
    if (auto owner = fromHex(m_plan.ownerKey))
        if (auto hostData = HostData::from(*owner, "the owner key's digest"))
            record.expected.hostData = *hostData;
    findings = m_backend->appraise(record.evidence, record.expected, record.created);
    for (auto &finding : sev::demandedFindings(record.evidence.report, m_plan))
        findings.push_back(std::move(finding));
    findings.push_back(workloadFinding(findings, delivered));
    return finish(std::move(record), keep, delivered);
}

Result<Record> Attestor::finish(Record record, const RunningKeep &keep, const std::optional<Delivered> &delivered)
{
    Appraisal &appraisal = record.appraisal;
    for (auto &finding : keep.findings())
        appraisal.findings.push_back(std::move(finding));
    if (delivered)
        appraisal.findings.push_back(executionFinding(delivered->execution));
    const std::string identity = m_backend->platformIdentity(record.evidence);
    const std::string pinned = pinName(m_plan.host, m_plan.expected.root, identity);
    const auto pin = hostPin(pinned);
    appraisal.findings.push_back(identityFinding(pinned, pin, identity));
    if (m_plan.expected.strict)
        for (auto &finding : appraisal.findings)
            if (finding.outcome != Outcome::Info && (finding.id != "workload.digest" || delivered || m_launch))
                finding.required = true;
    appraisal.overrides = sev::overridesOf(m_plan);
    if (m_plan.noSandbox) {
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
        const auto done = pinHostFirst({pinned, identity, record.created});
        const std::string outcome = done ? done->identity == identity ? "done" : "another was pinned meanwhile" : done.error().message();
        static_cast<void>(
            log("pin host " + pinned, outcome)); // the record says that it was the first use; the next attestation tries again
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
