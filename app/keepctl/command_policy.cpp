// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/launch_request.h"
#include "app/keepctl/output.h"
#include "app/keepctl/suggest.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/appraisal/policy_import.h"

#include <algorithm>
#include <ctime>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

/// The evidence that --from names: files and folders, or one record.
Result<Evidence> evidenceFrom(const std::vector<std::string> &sources, const EvidenceBackend &backend)
{
    constexpr const char *what = "make a policy of evidence";
    if (sources.size() == 1 && !meansFile(sources.front())) {
        KASTELLAN_ASSIGN(const auto store, RecordStore::open());
        auto record = findRecord(*store, sources.front());
        if (record)
            return std::move(record->evidence);
        std::error_code ignored;
        if (!fs::is_directory(sources.front(), ignored))
            return std::unexpected(std::move(record).error());
    }
    KASTELLAN_ASSIGN(const Recognised recognised, recogniseFiles(backend, sources));
    const FoundEvidence *found = nullptr;
    for (const auto &piece : recognised.evidence) {
        if (piece.evidence.kind != "snp-report")
            continue;
        if (found && found->evidence.report != piece.evidence.report)
            return badInput(what, piece.file, "there is more than one report", "Give the files of one report.");
        found = &piece;
    }
    if (!found)
        return badInput(what, sources.front(),
            recognised.unknown.empty() ? "no SNP attestation report is in it" : recognised.unknown.front().why,
            "Give a file or folder with an SNP attestation report.");
    return found->evidence;
}

/// The policy to --output or standard output; with --json in an object, with its notes.
Result<int> deliver(const Invocation &asked, const sev::Policy &policy, const std::string &heading, const std::vector<std::string> &notes)
{
    std::string text = heading;
    for (const auto &note : notes)
        text += "# Note: " + inLine(note) + "\n";
    text += policy.toToml();
    for (const auto &note : notes)
        say(inLine(note));
    const std::string file = asked.value("output", "-");
    if (file != "-") {
        KASTELLAN_TRY(writeExport(file, asBytes(text), asked.has("force")));
    }
    if (asked.has("json"))
        printJson({{"policy", text}, {"output", file == "-" ? js::Out(nullptr) : js::Out(file)}, {"notes", notes}});
    else
        print(file == "-" ? text : inLine(file) + "\n");
    return exit_code::done;
}

Result<int> makeNew(const Invocation &asked, const EvidenceBackend &backend)
{
    if (!asked.has("from"))
        return badInput(
            "understand the command line", {}, "'policy new' needs evidence to begin with", "Give --from FILE or --from RECORD.");
    KASTELLAN_ASSIGN(const Evidence evidence, evidenceFrom(asked.values("from"), backend));
    Appraisal appraisal;
    KASTELLAN_ASSIGN(sev::Policy policy, sev::strictPolicyFor(evidence, backend, std::time(nullptr), &appraisal));
    policy.name = asked.value("name", "strict, from evidence");
    std::vector<std::string> notes;
    std::string heading = "# Made by keepctl from evidence of " + timeText(std::time(nullptr))
        + " UTC: the strictest policy that it meets.\n" + "# What the evidence came to without it: " + inLine(appraisal.sentence) + "\n";
    if (appraisal.verdict == Verdict::Refused || appraisal.verdict == Verdict::Undecided)
        say("this evidence is not proven genuine: " + inLine(appraisal.sentence) + " The policy holds what it claims.");
    return deliver(asked, policy, heading, notes);
}

Result<int> check(const Invocation &asked, const std::string &file)
{
    KASTELLAN_ASSIGN(const std::string text, readPolicyText(file));
    KASTELLAN_ASSIGN(const sev::Policy policy, sev::Policy::parse(text, file));
    if (asked.has("json")) {
        printJson({{"file", file}, {"name", policy.name}, {"root", policy.root}, {"strict", policy.strict}, {"require", policy.require},
            {"overrides", policy.overrides()}, {"policy", policy.toToml()}});
        return exit_code::done;
    }
    print(inLine(file) + ": a policy" + (policy.name.empty() ? std::string() : ": " + inLine(policy.name)) + "\n");
    std::string given;
    for (const auto &override_ : policy.overrides())
        given += (given.empty() ? "" : "; ") + override_;
    std::string require;
    for (const auto &id : policy.require)
        require += (require.empty() ? "" : ", ") + id;
    print(facts({{"root", policy.root.empty() ? "as the command says" : policy.root},
                    {"required besides", policy.strict ? "everything" : require}, {"gives up", given},
                    {"compares",
                        policy.launch.digests.empty() && policy.idBlock.idKeys.empty() && policy.idBlock.authorKeys.empty()
                            ? "neither launch digest nor ID block: at best 'authentic', unless the launch digest is given otherwise"
                            : ""}},
        2));
    return exit_code::done;
}

} // namespace

Result<int> evidencePolicy(const Invocation &asked, const Context &context)
{
    constexpr const char *usage = "understand the command line";
    const std::string &action = asked.operands.front();
    const std::vector<std::string> known{"new", "check", "import"};
    if (std::ranges::find(known, action) == known.end()) {
        const std::string meant = nearest(action, known);
        return badInput(usage, action, "'evidence policy' does not know this",
            meant.empty() ? "Say new, check or import." : "Did you mean " + meant + "?");
    }
    const std::size_t files = action == "new" ? 0 : 1;
    if (asked.operands.size() != files + 1)
        return badInput(
            usage, {}, "'policy " + action + "' takes " + (files ? "one file" : "no file behind it: --from names the evidence"));
    if (action == "new")
        return makeNew(asked, *context.backend);
    const std::string &file = asked.operands[1];
    if (action == "check")
        return check(asked, file);
    auto content = readFile(file, sev::Policy::sizeLimit);
    if (!content)
        return std::unexpected(content.error().during("import a policy"));
    KASTELLAN_ASSIGN(sev::ImportedPolicy imported, sev::importPolicy(asText(*content), file));
    if (asked.has("name"))
        imported.policy.name = asked.value("name");
    return deliver(asked, imported.policy, "# Made by keepctl from " + inLine(file) + ".\n", imported.notes);
}

} // namespace kastellan::keepctl
