// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/attach.h"
#include "app/keepctl/auto_host.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/dry_run.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/launch_outcome.h"
#include "app/keepctl/launch_request.h"
#include "core/evidence/expected_digest.h"
#include "core/evidence/json.h"
#include "core/keeps/launch_steps.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {

/// Text where it is UTF-8, else base64: JSON can hold nothing else.
js::Out outputJson(const Captured &captured)
{
    js::Out value = {{"bytes", captured.total}, {"truncated", captured.total > captured.bytes.size()}};
    std::string_view text = asText(captured.bytes);
    if (captured.total > captured.bytes.size())
        text.remove_suffix(splitAtEnd(text));
    try {
        static_cast<void>(js::Out(text).dump());
        value["text"] = text;
    } catch (const js::Out::exception &) {
        value["base64"] = toBase64(captured.bytes);
    }
    return value;
}

/// One launch as a person or a program is told of it.
struct Telling {
    const Invocation &asked;
    bool json = asked.has("json"), quiet = asked.has("quiet"), detach = asked.has("detach");
    std::string host = asked.value("host", "emulated"); ///< as far as is known
    std::optional<LaunchPlan> plan;
    std::vector<HostReason> reasons; ///< why this host, with --host auto
    std::optional<AttachResult> result;
    std::optional<Record> record;
    std::optional<Error> error;

    [[nodiscard]] js::Out toJson(const LaunchOutcome &outcome) const;
    void toPerson(const LaunchOutcome &outcome) const;
};

js::Out Telling::toJson(const LaunchOutcome &outcome) const
{
    const KeepStatus *status = result ? &result->status : nullptr;
    js::Out value = {
        {"verdict", status && !status->verdict.empty() ? js::Out(status->verdict) : js::Out(nullptr)},
        {"emulated", status && status->emulated},
        {"outcome", outcome.name},
        {"keep", plan ? js::Out(toHex(plan->id.view())) : js::Out(nullptr)},
        {"name", plan ? js::Out(plan->name) : js::Out(nullptr)},
        {"host", plan ? js::Out(plan->host) : js::Out(host)},
        {"state", status ? js::Out(name(status->state)) : js::Out(nullptr)},
        {"reason", status ? js::Out(status->reason) : js::Out("")},
        {"execution", status ? js::Out(status->execution) : js::Out("")},
        {"records", status ? js::Out(status->records) : js::Out::array()},
        {"sentence", record ? js::Out(record->appraisal.sentence) : js::Out("")},
        {"overrides", record ? js::Out(record->appraisal.overrides) : js::Out::array()},
        {"findings", js::Out::array()},
        {"exitCode", outcome.name == "exited" ? js::Out(*status->exitCode) : js::Out(nullptr)},
        {"trap", status && !status->trap.empty() ? js::Out(status->trap) : js::Out(nullptr)},
        {"status", outcome.exitCode},
    };
    if (record)
        for (const Finding &finding : record->appraisal.findings)
            value["findings"].push_back(js::toJson(finding));
    if (result && !detach)
        value["output"] = {{"stdout", outputJson(result->captured[0])}, {"stderr", outputJson(result->captured[1])}};
    if (!reasons.empty())
        value["choice"] = reasonsJson(reasons);
    if (error)
        value["error"] = keepctl::toJson(*error);
    return value;
}

void Telling::toPerson(const LaunchOutcome &outcome) const
{
    if (error)
        say(error->message());
    if (!result)
        return;
    const KeepStatus &status = result->status;
    const bool good = outcome.name == "exited" || outcome.name == "running";
    if (quiet && good)
        return;
    if (record)
        note("\n" + appraisalSummary(record->appraisal, 2));
    std::string line =
        "keep " + toHex(status.plan.id.view()).substr(0, 12) + " (" + inLine(status.plan.name) + "): " + std::string(name(status.state));
    if (outcome.name == "exited")
        line += ", the workload exited with " + std::to_string(*status.exitCode);
    if (!status.trap.empty())
        line += ", the workload trapped: " + inLine(status.trap);
    // Of a refusal the checks above say more; an error that ended it was told when it came.
    const std::string reason = status.reason.substr(0, status.reason.find('\n'));
    const bool told = outcome.name == "refused" || outcome.name == "trapped"
        || std::ranges::any_of(result->errors, [&](const std::string &message) { return !reason.empty() && message.starts_with(reason); });
    if (!reason.empty() && !told)
        line += ": " + inLine(reason);
    note(line + "\n");
    // The error itself was told when it came; what the console wrote last was not.
    for (std::size_t at = status.reason.find(lastConsoleLines); at < status.reason.size();) {
        const std::size_t end = std::min(status.reason.find('\n', at + 1), status.reason.size());
        note(inLine(std::string_view(status.reason).substr(at + 1, end - at - 1)) + "\n");
        at = end;
    }
    if (!status.records.empty())
        note("record " + status.records.back() + "; see 'keepctl evidence show " + status.records.back() + "'\n");
}

/// From the options to the end of the keep (or to where it runs). What is known so far stays in `telling` when it fails.
Status launch(const Context &context, Interrupts &interrupts, Telling &telling)
{
    const Invocation &asked = telling.asked;
    ProgressLine progress(telling.quiet);
    KASTELLAN_ASSIGN(const LaunchProfile profile, launchAsked(asked));
    const LaunchRequest &request = profile.request;
    telling.host = request.host;
    KASTELLAN_ASSIGN(auto secrets, readSecrets(profile));
    std::unique_ptr<KeepClient> client;
    {
        const StopOnInterrupt stop(interrupts);
        const auto show = [&](std::string_view doing, std::uint64_t done, std::uint64_t total) { progress.show(doing, done, total); };
        KASTELLAN_ASSIGN(PlannedLaunch planned, planLaunch(request, context, show, stop.token()));
        if (asked.has("save-profile"))
            KASTELLAN_TRY(saveProfile(asked, profile, planned.plan.host));
        telling.plan = std::move(planned.plan);
        telling.reasons = std::move(planned.reasons);
        if (telling.plan->machine && telling.plan->machine->technology == "none")
            say("UNATTESTED: nothing measures this keep and nothing proves what runs in it; its host can read and change everything");
        if (telling.plan->machine && telling.plan->machine->request.rehearse && !request.machine.rehearse)
            say("REHEARSAL: this machine has no SEV, and emulated firmware protects nothing; --rehearse asks for that without this line");
        if (!telling.quiet) {
            progress.clear();
            note(reasonsText(telling.reasons));
            const LaunchPlan &plan = *telling.plan;
            const std::string digest = expectedDigestHex(plan.expected);
            note("keepctl: plan: " + inLine(plan.name) + " on " + inLine(plan.host) + " (" + inLine(plan.protection) + "), accepted root "
                + inLine(plan.expected.root).substr(0, 32)
                + (digest.empty() ? "" : ", expected launch digest " + digest.substr(0, 16) + "\u2026") + "\n");
        }
        KASTELLAN_ASSIGN(client, keeps::launch(*telling.plan, std::move(secrets)));
        if (stop.token().stop_requested())
            static_cast<void>(client->stop(0));
    }
    AttachOptions options;
    options.untilRunning = telling.detach;
    options.capture = telling.json;
    options.quiet = telling.quiet;
    options.console = asked.has("console");
    Attachment attachment(std::move(client), telling.plan->id, options, interrupts, progress);
    telling.result = attachment.run();
    telling.error = telling.result->lost;
    return {};
}

} // namespace

int keepLaunch(const Invocation &asked, const Context &context)
{
    if (asked.has("dry-run"))
        return dryRunOfLaunch(asked, context);
    Interrupts interrupts;
    Telling telling{.asked = asked, .plan = {}, .reasons = {}, .result = {}, .record = {}, .error = {}};
    if (const Status launched = launch(context, interrupts, telling); !launched)
        telling.error = launched.error();
    LaunchOutcome outcome{"failed", exit_code::notLaunched};
    if (telling.result) {
        const KeepStatus &status = telling.result->status;
        outcome = telling.detach ? detachedOutcome(status) : launchOutcome(status, telling.result->signal);
        if (!status.records.empty())
            if (const auto store = RecordStore::open())
                if (auto record = (*store)->get(status.records.back()))
                    telling.record = std::move(*record);
    } else if (interrupts.first()) {
        outcome = {"stopped", 128 + interrupts.first()};
    } else if (telling.detach && telling.error) {
        outcome.exitCode = exitCodeOf(*telling.error);
    }
    if (!telling.json)
        telling.toPerson(outcome);
    if (telling.json)
        printJson(telling.toJson(outcome));
    else if (telling.detach && telling.result)
        print(toHex(telling.plan->id.view()) + "\n");
    return outcome.exitCode;
}

} // namespace kastellan::keepctl
