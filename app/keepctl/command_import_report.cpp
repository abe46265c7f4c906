// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/hosts/pins.h"
#include "core/keeps/whole_machine.h"
#include "sev-backend/appraisal/demanded.h"

#include <algorithm>
#include <ctime>

namespace kastellan::keepctl {
namespace {

constexpr const char *what = "import the report";

/// The one report that the files hold.
Result<Evidence> reportOf(const Context &context, const std::vector<std::string> &files)
{
    KASTELLAN_ASSIGN(Recognised recognised, evidenceOf(*context.backend, files));
    std::erase_if(recognised.evidence, [](const FoundEvidence &found) { return found.evidence.kind != "snp-report"; });
    if (recognised.evidence.size() != 1)
        return badInput(what, files.front(),
            recognised.evidence.empty() ? "there is no SEV-SNP report in it"
                                        : "there are " + std::to_string(recognised.evidence.size()) + " reports in it",
            "Give the files of one report.");
    return std::move(recognised.evidence.front().evidence);
}

Result<Record> appraise(const KeepStatus &status, Evidence evidence, const Context &context)
{
    const LaunchPlan &plan = status.plan;
    Record record;
    record.keep = toHex(plan.id.view());
    record.keepName = plan.name;
    record.host = plan.host;
    record.kind = "import";
    record.created = std::time(nullptr);
    record.expected = plan.expected;
    record.plan = toJson(plan);
    // A report for another owner does not fit. One of another machine of this owner's image may: it is not fresh.
    KASTELLAN_ASSIGN(const Bytes owner, fromHex(plan.ownerKey));
    KASTELLAN_ASSIGN(record.expected.hostData, HostData::from(owner, "the owner key's digest"));
    record.evidence = std::move(evidence);
    Appraisal &appraisal = record.appraisal;
    appraisal.at = record.created;
    appraisal.emulated = plan.expected.root.starts_with("emulated:");
    appraisal.findings = context.backend->appraise(record.evidence, record.expected, record.created);
    for (auto &finding : sev::demandedFindings(record.evidence.report, plan))
        appraisal.findings.push_back(std::move(finding));
    appraisal.findings.push_back(machineFinding());
    if (auto disk = diskFinding(*plan.machine->request.whole))
        appraisal.findings.push_back(std::move(*disk));
    appraisal.findings.push_back(importedFinding());
    const std::string pinned = plan.host + (appraisal.emulated ? "#rehearsal" : "");
    appraisal.findings.push_back(identityFinding(pinned, kastellan::hostPin(pinned), context.backend->platformIdentity(record.evidence)));
    if (record.expected.strict)
        for (auto &finding : appraisal.findings)
            if (finding.outcome != Outcome::Info)
                finding.required = true;
    if (record.expected.allowDebug)
        appraisal.overrides.emplace_back("--allow-debug");
    decide(appraisal);
    return record;
}

} // namespace

Result<int> keepImportReport(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const KeepStatus status, findKeep(asked.operands.front()));
    if (!status.plan.machine || !status.plan.machine->request.whole)
        return badInput(what, status.plan.name, "this keep's warden makes its reports itself, for questions of ours",
            "Use 'keepctl keep attest'; a report by itself is appraised with 'keepctl evidence verify'.");
    if (status.plan.machine->technology != "snp")
        return fail(ErrorKind::Negative, what, status.plan.name,
            "only SEV-SNP makes reports inside, and this machine was launched without it", "Launch it with --technology snp.");
    KASTELLAN_ASSIGN(Evidence evidence, reportOf(context, {asked.operands.begin() + 1, asked.operands.end()}));
    KASTELLAN_ASSIGN(Record record, appraise(status, std::move(evidence), context));
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(record.id, store->append(record));
    const bool good = record.appraisal.verdict == Verdict::Trusted || record.appraisal.verdict == Verdict::Authentic;
    if (asked.has("json")) {
        printJson({{"keep", record.keep}, {"record", record.id}, {"appraisal", js::toJson(record.appraisal)}});
    } else {
        print(appraisalSummary(record.appraisal, 1));
        print("record " + record.id + "; see 'keepctl evidence show " + record.id + "'\n");
    }
    return good ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
