// SPDX-License-Identifier: Apache-2.0
#include "app/backends/import_report.h"

#include "core/evidence/input_files.h"
#include "core/hosts/pins.h"
#include "core/keeps/whole_machine.h"
#include "sev-backend/appraisal/demanded.h"
#include "sev-backend/appraisal/overrides.h"

#include <algorithm>
#include <ctime>
#include <format>

namespace kastellan {
namespace {

constexpr const char *what = "import the report";

/// The one report that the files hold.
Result<Evidence> reportOf(std::span<const std::string> files, const EvidenceBackend &backend)
{
    const std::string where = files.size() == 1 ? files.front() : std::to_string(files.size()) + " files";
    KASTELLAN_ASSIGN(const Inputs inputs, readInputs(files));
    Recognised recognised = backend.recognise(inputs.files);
    const bool nothing = recognised.evidence.empty() && recognised.found.empty();
    if (nothing && !recognised.unknown.empty()) {
        const UnknownPart &first = recognised.unknown.front();
        return badInput(what, first.file + (first.offset ? std::format(", offset {:#x}", first.offset) : ""), first.why,
            "Give a report in one of the forms of docs/evidence.md.");
    }
    std::string instead;
    for (const FoundPart &part : recognised.found)
        if (instead.size() < 200)
            instead += (instead.empty() ? ", but: " : "; ") + part.what;
    std::erase_if(recognised.evidence, [](const FoundEvidence &found) { return found.evidence.kind != "snp-report"; });
    if (recognised.evidence.size() != 1)
        return badInput(what, where,
            recognised.evidence.empty() ? "there is no SEV-SNP report in it" + instead
                                        : "there are " + std::to_string(recognised.evidence.size()) + " reports in it",
            "Give the files of one report.");
    return std::move(recognised.evidence.front().evidence);
}

} // namespace

Result<Record> importedReport(const KeepStatus &status, std::span<const std::string> files, const EvidenceBackend &backend)
{
    const LaunchPlan &plan = status.plan;
    if (!plan.machine || !plan.machine->request.whole)
        return badInput(what, plan.name, "this keep's warden makes its reports itself, for questions of ours",
            "Use 'keepctl keep attest'; a report by itself is appraised with 'keepctl evidence verify'.");
    if (plan.machine->technology != "snp")
        return fail(ErrorKind::Negative, what, plan.name, "only SEV-SNP makes reports inside, and this machine was launched without it",
            "Launch it with --technology snp.");
    Record record;
    KASTELLAN_ASSIGN(record.evidence, reportOf(files, backend));
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
    Appraisal &appraisal = record.appraisal;
    appraisal.at = record.created;
    appraisal.emulated = plan.expected.root.starts_with("emulated:");
    appraisal.findings = backend.appraise(record.evidence, record.expected, record.created);
    for (auto &finding : sev::demandedFindings(record.evidence.report, plan))
        appraisal.findings.push_back(std::move(finding));
    appraisal.findings.push_back(machineFinding());
    if (auto disk = diskFinding(*plan.machine->request.whole))
        appraisal.findings.push_back(std::move(*disk));
    appraisal.findings.push_back(importedFinding());
    const std::string pinned = plan.host + (appraisal.emulated ? "#rehearsal" : "");
    appraisal.findings.push_back(identityFinding(pinned, hostPin(pinned), backend.platformIdentity(record.evidence)));
    if (record.expected.strict)
        for (auto &finding : appraisal.findings)
            if (finding.outcome != Outcome::Info)
                finding.required = true;
    appraisal.overrides = sev::overridesOf(plan);
    decide(appraisal);
    return record;
}

} // namespace kastellan
