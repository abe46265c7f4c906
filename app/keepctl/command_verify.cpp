// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/complete_evidence.h"
#include "app/keepctl/ear_token.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/expected_machine.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/reference_options.h"
#include "app/keepctl/verify_batch.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/evidence/json.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {

/// The worst verdict stands for all.
Verdict worst(Verdict a, Verdict b)
{
    const auto rank = [](Verdict verdict) {
        static constexpr Verdict order[] = {Verdict::Refused, Verdict::Undecided, Verdict::Authentic, Verdict::Trusted};
        return std::ranges::find(order, verdict) - std::begin(order);
    };
    return rank(a) < rank(b) ? a : b;
}

std::string endorsementsText(const Evidence &evidence)
{
    std::string text;
    for (const Endorsement &entry : evidence.endorsements)
        text += (text.empty() ? "" : ", ") + entry.role;
    return text.empty() ? "none that fits" : text;
}

/// Every check, with those that passed.
std::string findingsText(const Appraisal &appraisal, int fd)
{
    Table table({"result", "check", "expected", "actual"});
    for (const Finding &finding : appraisal.findings)
        table.add({std::string(name(finding.outcome)) + (finding.required ? "" : " (advisory)"), finding.id, inLine(finding.expected),
            inLine(finding.actual)});
    return table.text(fd, 0);
}

js::Out itemJson(const FoundEvidence &found, const Result<EvidenceView> &view, const Appraisal &appraisal, bool accepted)
{
    js::Out endorsements = js::Out::array();
    for (const Endorsement &entry : found.evidence.endorsements)
        endorsements.push_back({{"role", entry.role}, {"sha256", toHex(sha256(entry.der).view())}});
    return {{"file", found.file}, {"offset", found.offset}, {"kind", found.evidence.kind},
        {"technology", view ? js::Out(view->technology) : js::Out(nullptr)}, {"product", view ? js::Out(view->product) : js::Out(nullptr)},
        {"accepted", accepted}, {"appraisal", js::toJson(appraisal)}, {"endorsements", std::move(endorsements)}};
}

std::string itemText(const FoundEvidence &found, const Result<EvidenceView> &view, const Appraisal &appraisal, bool findings)
{
    std::string text = painted(1, Colour::Bold, inLine(placeText(found.file, found.offset))) + ": " + kindText(found.evidence.kind);
    if (view)
        text += " (" + view->technology + (view->product.empty() ? "" : ", " + view->product) + ")";
    text += "\n" + facts({{"endorsements", endorsementsText(found.evidence)}, {"appraised for", timeText(appraisal.at) + " UTC"}}, 2);
    text += appraisalSummary(appraisal, 1);
    if (findings)
        text += findingsText(appraisal, 1);
    return text;
}

bool digestDiffers(const Appraisal &appraisal)
{
    return std::ranges::any_of(appraisal.findings, [](const Finding &finding) {
        return finding.outcome == Outcome::Fail && (finding.id == "launch.digest" || finding.id == "sev.digest");
    });
}

} // namespace

bool accepted(const Appraisal &appraisal, bool acceptEmulated)
{
    return (appraisal.verdict == Verdict::Trusted || appraisal.verdict == Verdict::Authentic) && (!appraisal.emulated || acceptEmulated);
}

Result<int> evidenceVerify(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(References references, referencesFrom(asked));
    KASTELLAN_ASSIGN(auto machine, ExpectedMachine::from(asked, references.expected));
    if (asked.has("batch"))
        return verifyBatch(asked, *context.backend, references);
    if (asked.has("resume"))
        return badInput("understand the command line", "--resume", "it is for --batch");
    std::vector<std::string> paths = asked.operands;
    for (const char *option : {"certs", "crl"})
        for (const std::string &path : asked.values(option))
            paths.push_back(path);
    KASTELLAN_ASSIGN(Recognised recognised, evidenceOf(*context.backend, paths));
    KASTELLAN_TRY(needLists(asked.values("crl"), recognised));
    completeEvidence(asked, recognised);

    if (asked.has("ear") && recognised.evidence.size() != 1)
        return badInput("write the attestation result", asked.value("ear"),
            "it is about one piece of evidence, and there are " + std::to_string(recognised.evidence.size()), "Give the files of one.");
    const bool acceptEmulated = asked.has("accept-emulated");
    js::Out items = js::Out::array();
    Verdict all = Verdict::Trusted;
    bool emulated = false, good = true;
    for (const FoundEvidence &found : recognised.evidence) {
        const Appraisal appraisal = appraiseNow(*context.backend, found.evidence, references);
        if (asked.has("ear")) {
            const std::string file = asked.value("ear");
            KASTELLAN_ASSIGN(
                const Bytes token, earToken(asked, appraisal, references.expected, found.evidence.kind, file.ends_with(".cwt")));
            KASTELLAN_TRY(file == "-" ? writeAll(1, token, "standard output") : writeExport(file, token, asked.has("force")));
        }
        const auto view = context.backend->describe(found.evidence);
        const bool fine = accepted(appraisal, acceptEmulated);
        all = worst(all, appraisal.verdict);
        emulated |= appraisal.emulated;
        good &= fine;
        std::optional<std::vector<sev::Explanation>> explanations;
        if (machine && view && digestDiffers(appraisal)) {
            KASTELLAN_ASSIGN(explanations, machine->explain(*view));
        }
        if (asked.has("json")) {
            items.push_back(itemJson(found, view, appraisal, fine));
            if (explanations)
                items.back()["explanations"] = explanationsJson(*explanations);
            continue;
        }
        print(itemText(found, view, appraisal, asked.has("findings")));
        if (explanations)
            print("what explains the launch digest\n" + explanationsText(*explanations));
        if (!fine && appraisal.emulated && (appraisal.verdict == Verdict::Trusted || appraisal.verdict == Verdict::Authentic))
            print("Not accepted: it is emulated, and --accept-emulated was not given.\n");
        if (found.evidence.kind == "snp-report" && recognised.evidence.size() > 1)
            print("\n");
    }
    if (asked.has("json")) {
        js::Out value = {{"verdict", name(all)}, {"emulated", emulated}, {"accepted", good}, {"evidence", std::move(items)}};
        value.update(recognisedJson(recognised));
        printJson(value);
    } else {
        print(recognisedText(recognised, asked.has("findings"), 1));
    }
    if (!good)
        return exit_code::negative;
    // As in a batch: what was named and is nothing that can be appraised must not pass beside what is good.
    return anyUnusable(asked.operands, recognised) ? exit_code::usage : exit_code::done;
}

} // namespace kastellan::keepctl
