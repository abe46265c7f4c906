// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/base/text.h"
#include "core/evidence/json.h"
#include "core/keeps/profile.h"

#include <format>

namespace kastellan::keepctl {

namespace {

/// What would be launched: the workload, or the whole machine's kernel or disk.
std::string workloadOf(const LaunchRequest &request)
{
    if (!request.machine.whole)
        return request.workload.string();
    return request.machine.whole->kernel.empty() ? request.machine.whole->disk : request.machine.whole->kernel;
}

std::string secretsOf(const LaunchProfile &profile)
{
    std::vector<std::string> secrets;
    for (const std::string &name : profile.request.secretNames) {
        const auto file = profile.secretFiles.find(name);
        secrets.push_back(name + (file == profile.secretFiles.end() ? " (to be given)" : " from " + file->second));
    }
    return joined(secrets);
}

std::vector<std::string> identityOf(const MachineRequest &machine)
{
    std::vector<std::string> words;
    if (!machine.idBlock.empty())
        words.emplace_back(machine.authorKey ? "an ID block with an author key" : "an ID block");
    if (machine.vlek)
        words.emplace_back("reports signed by the provider's key (VLEK)");
    if (!machine.workarounds.empty())
        words.emplace_back("guest-visible workarounds");
    return words;
}

std::string textOf(const LaunchProfile &profile)
{
    const LaunchRequest &request = profile.request;
    std::vector<std::string> floors, variables, demands;
    for (const auto &[part, least] : request.minimumTcb)
        floors.push_back(part + " at least " + std::to_string(least));
    for (const auto &[name, value] : request.env)
        variables.push_back(name + "=" + value);
    if (!request.machine.technology.empty())
        demands.push_back(request.machine.technology);
    if (request.machine.rehearse)
        demands.emplace_back("a rehearsal");
    if (request.machine.unattested)
        demands.emplace_back("WITHOUT EVIDENCE");
    return facts({{"profile", profile.name}, {"saved", timeText(profile.saved)}, {"workload", workloadOf(request)}, {"host", request.host},
        {"keep's name", request.name}, {"arguments", joined(request.args, " ")}, {"variables", joined(variables)},
        {"secrets", secretsOf(profile)}, {"owner key", request.ownerKey}, {"protection", joined(demands)},
        {"launch digest",
            request.expectDigest            ? toHex(request.expectDigest->view())
                : request.expectShortDigest ? toHex(request.expectShortDigest->view())
                                            : ""},
        {"TCB floors", joined(floors)},
        {"policy", request.policy.empty() ? "" : "a policy file of " + std::to_string(request.policy.size()) + " bytes"},
        {"advisory checks", request.strict ? "required (strict)" : ""},
        {"guest policy", request.machine.policy ? std::format("{:#x}", *request.machine.policy) : ""},
        {"identity", joined(identityOf(request.machine))}, {"image", request.machine.image}, {"firmware", request.machine.firmware},
        {"network", request.machine.network == "none" ? "" : request.machine.network},
        {"domain", request.machine.domainXml.empty() ? "" : "edited XML"}, {"execution", request.execution},
        {"debugging", request.allowDebug ? "ALLOWED" : ""}, {"sandbox", request.noSandbox ? "GIVEN UP where it cannot be made" : ""}});
}

} // namespace

Result<int> profileList(const Invocation &asked)
{
    std::vector<Error> problems;
    KASTELLAN_ASSIGN(const auto all, profiles::list(&problems));
    for (const Error &problem : problems)
        say(problem.message());
    js::Out list = js::Out::array();
    Table table({"PROFILE", "WORKLOAD", "HOST", "SAVED (UTC)"});
    for (const LaunchProfile &profile : all) {
        list.push_back(js::Out::parse(profiles::toJson(profile)));
        table.add({profile.name, workloadOf(profile.request), profile.request.host, timeText(profile.saved)});
    }
    if (asked.has("json"))
        printJson({{"profiles", std::move(list)}});
    else
        print(table.text(1));
    return problems.empty() ? exit_code::done : exit_code::negative;
}

Result<int> profileShow(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const LaunchProfile profile, profiles::load(asked.operands.front()));
    if (asked.has("json"))
        print(profiles::toJson(profile));
    else
        print(textOf(profile));
    return exit_code::done;
}

Result<int> profileRemove(const Invocation &asked)
{
    const std::string &name = asked.operands.front();
    KASTELLAN_TRY(profiles::remove(name));
    logActivity("remove launch profile", name, "done");
    note("keepctl: removed the launch profile " + inLine(name) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
