// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/auto_host.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/keep_use.h"
#include "app/keepctl/launch_request.h"
#include "app/keepctl/machine_text.h"
#include "app/keepctl/output.h"
#include "core/evidence/expected_digest.h"
#include "core/evidence/json.h"
#include "core/keeps/leftovers.h"

namespace kastellan::keepctl {

namespace {

std::string idOf(const KeepStatus &status)
{
    return toHex(status.plan.id.view());
}

std::string verdictText(const KeepStatus &status)
{
    if (status.plan.machine && status.plan.machine->technology == "none")
        return status.verdict + (status.verdict.empty() ? "UNATTESTED" : " (UNATTESTED)");
    return status.verdict.empty() || !status.emulated ? status.verdict : status.verdict + " (emulated)";
}

std::string launchDigestText(const LaunchPlan &plan)
{
    const std::string digest = expectedDigestHex(plan.expected);
    return digest.empty() ? "not compared" : digest;
}

std::string planText(const LaunchPlan &plan)
{
    std::string secrets, floors;
    for (const std::string &secret : plan.secretNames)
        secrets += (secrets.empty() ? "" : ", ") + secret;
    for (const auto &[part, least] : plan.expected.minimumTcb)
        floors += (floors.empty() ? "" : ", ") + part + " at least " + std::to_string(least);
    std::uint64_t size = 0;
    for (const MeasuredFile &file : plan.image)
        size += file.size;
    std::vector<std::pair<std::string, std::string>> rows{{"keep", toHex(plan.id.view())}, {"name", plan.name}, {"host", plan.host},
        {"protection", plan.protection}, {"workload", plan.workload}, {"workload digest", toHex(plan.workloadDigest.view())},
        {"execution", plan.execution}, {"secrets", secrets.empty() ? "none" : secrets + " (sent once the evidence was found good)"},
        {"owner key", plan.ownerKey}, {"accepted root", plan.expected.root}, {"launch digest", launchDigestText(plan)},
        {"TCB floors", floors}, {"debugging", plan.expected.allowDebug ? "ALLOWED: the host may read the keep's memory" : "forbidden"},
        {"sandbox",
            plan.machine         ? ""
                : plan.noSandbox ? "GIVEN UP where it cannot be made"
                                 : "required"},
        {"advisory checks", plan.expected.strict ? "required (strict)" : "shown"},
        {"measured", std::to_string(plan.image.size()) + " files, " + sizeText(size)}};
    for (auto &fact : machineFacts(plan))
        rows.push_back(std::move(fact));
    std::string text = facts(rows);
    for (const MeasuredFile &file : plan.image)
        text += "  " + inLine(file.path) + "  " + sizeText(file.size) + "  " + toHex(file.sha256.view()) + "\n";
    if (!plan.configuration.empty())
        text += "configuration (Keep.toml):\n" + [&] {
            std::string lines, line;
            for (const char c : plan.configuration + "\n") {
                if (c != '\n') {
                    line += c;
                    continue;
                }
                if (!line.empty())
                    lines += "  " + inLine(line) + "\n";
                line.clear();
            }
            return lines;
        }();
    return text;
}

js::Out useJson(const std::map<KeepId, KeepUse> &uses, const KeepStatus &status)
{
    const auto use = uses.find(status.plan.id);
    if (use == uses.end())
        return nullptr;
    return {{"cpu_seconds", use->second.cpuSeconds}, {"memory", use->second.memory}};
}

std::string statusText(const KeepStatus &status, const std::map<KeepId, KeepUse> &uses)
{
    const auto use = uses.find(status.plan.id);
    std::string records;
    for (const std::string &record : status.records)
        records += (records.empty() ? "" : ", ") + record;
    std::string text = facts({{"keep", idOf(status)}, {"name", status.plan.name}, {"state", std::string(name(status.state))},
        {"reason", status.reason}, {"verdict", verdictText(status)}, {"host", status.plan.host}, {"protection", status.plan.protection},
        {"workload", status.plan.workload}, {"execution", status.execution},
        {"exit code", status.exitCode ? std::to_string(*status.exitCode) : ""}, {"trap", status.trap}, {"records", records},
        {"log", sizeText(status.logBytes)}, {"uses", use == uses.end() ? "" : useText(use->second)},
        {"loader",
            status.loaderAlive          ? "alive"
                : isFinal(status.state) ? ""
                                        : "gone; see 'keepctl keep recover'"}});
    for (const auto &[state, at] : status.timeline)
        text += "  " + timeTextMs(at) + "  " + std::string(name(state)) + "\n";
    return text;
}

} // namespace

Result<int> keepPlan(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const LaunchProfile profile, launchAsked(asked));
    const LaunchRequest &request = profile.request;
    KASTELLAN_ASSIGN(const auto secrets, readSecrets(profile)); // a file that cannot be read is better found now
    Interrupts interrupts;
    ProgressLine progress(false);
    const StopOnInterrupt stop(interrupts);
    KASTELLAN_ASSIGN(const PlannedLaunch planned,
        planLaunch(
            request, context, [&](std::string_view doing, std::uint64_t done, std::uint64_t total) { progress.show(doing, done, total); },
            stop.token()));
    progress.clear();
    if (asked.has("save-profile"))
        KASTELLAN_TRY(saveProfile(asked, profile, planned.plan.host));
    const LaunchPlan &plan = planned.plan;
    note(reasonsText(planned.reasons));
    if (asked.has("json"))
        printJson(planJson(plan));
    else
        print(planText(plan));
    return exit_code::done;
}

Result<int> keepList(const Invocation &asked)
{
    keeps::clearAllLeftovers();
    std::vector<Error> problems;
    js::Out list = js::Out::array(), unreadable = js::Out::array();
    const auto all = keeps::list(&problems);
    const auto uses = useOf(all);
    // Only keeps in machines tell what they use.
    std::vector<std::string> columns{"KEEP", "NAME", "STATE", "VERDICT", "HOST", "SINCE (UTC)"};
    if (!uses.empty())
        columns.emplace_back("USES");
    Table table(columns);
    for (const KeepStatus &status : all) {
        if (asked.has("running") && isFinal(status.state))
            continue;
        if (asked.has("json")) {
            list.push_back(statusJson(status));
            list.back()["use"] = useJson(uses, status);
        }
        std::vector<std::string> row{idOf(status).substr(0, 12), status.plan.name, std::string(name(status.state)), verdictText(status),
            status.plan.host, timeText(status.since)};
        if (!uses.empty())
            row.push_back(uses.contains(status.plan.id) ? useText(uses.at(status.plan.id)) : "");
        table.add(std::move(row));
    }
    for (const Error &problem : problems) {
        unreadable.push_back(toJson(problem));
        say(problem.message());
    }
    if (asked.has("json"))
        printJson({{"keeps", std::move(list)}, {"unreadable", std::move(unreadable)}});
    else
        print(table.text(1, 2));
    return problems.empty() ? exit_code::done : exit_code::environment;
}

Result<int> keepShow(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeepStatus status, findKeep(asked.operands.front()));
    static_cast<void>(keeps::clearLeftovers(status.plan.id)); // what is left, its status says
    const auto uses = useOf({status});
    if (asked.has("json")) {
        js::Out value = statusJson(status);
        value["use"] = useJson(uses, status);
        printJson(value);
    } else {
        print(statusText(status, uses));
    }
    return exit_code::done;
}

Result<int> keepRemove(const Invocation &asked)
{
    int code = exit_code::done;
    for (const std::string &given : asked.operands) {
        const auto found = findKeep(given);
        const Status removed = found ? keeps::remove(found->plan.id) : Status(std::unexpected(found.error()));
        if (!removed) { // the others are removed all the same
            say(removed.error().message());
            code = std::max(code, exitCodeOf(removed.error()));
            continue;
        }
        logActivity("remove keep", idOf(*found), "done");
        note("keepctl: removed the keep " + idOf(*found).substr(0, 12) + " (" + inLine(found->plan.name) + "); its evidence stays\n");
    }
    return code;
}

Result<int> keepRecover(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeepStatus found, findKeep(asked.operands.front()));
    if (isFinal(found.state) && !found.wardenAlive && found.state != KeepState::Failed)
        return fail(ErrorKind::Negative, "recover the keep", found.plan.name, "it has ended: it is " + std::string(name(found.state)));
    KASTELLAN_TRY(keeps::recover(found.plan.id));
    KASTELLAN_ASSIGN(const KeepStatus after, keeps::status(found.plan.id));
    logActivity("recover keep", idOf(found), std::string(name(after.state)));
    note("keepctl: the keep " + idOf(after).substr(0, 12) + " (" + inLine(after.plan.name) + ") is " + std::string(name(after.state))
        + (after.loaderAlive ? ", and has a loader\n" : "\n"));
    return after.loaderAlive ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
