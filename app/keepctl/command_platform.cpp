// SPDX-License-Identifier: Apache-2.0
#include "app/backends/platforms.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/platform_text.h"
#include "core/evidence/json.h"
#include "core/hosts/asking.h"
#include "core/hosts/platform_log.h"

#include <iostream>

namespace kastellan::keepctl {

namespace {

Result<std::shared_ptr<PlatformControl>> platformOf(const Invocation &asked, const Context &context)
{
    const std::string host = asked.operands.empty() ? "local" : asked.operands.front();
    if (host.find("://") != std::string::npos || context.hosts->find(host))
        return makePlatform(*context.hosts, host);
    KASTELLAN_ASSIGN(const auto found, findHost(*context.hosts, host));
    return makePlatform(*context.hosts, found->info().id);
}

/// The action that a command stands for.
const char *actionOf(Command command)
{
    switch (command) {
    case Command::HostExportChain:
        return "export-chain";
    case Command::HostCsr:
        return "csr";
    case Command::HostGenerateOca:
        return "generate-oca";
    case Command::HostSignCsr:
        return "sign-csr";
    case Command::HostImport:
        return "import";
    case Command::HostProvision:
        return "provision";
    case Command::HostSelfOwn:
        return "self-own";
    case Command::HostRotatePdh:
        return "rotate-pdh";
    case Command::HostReset:
        return "reset";
    case Command::HostSetConfig:
        return "snp-config";
    case Command::HostResetConfig:
        return "snp-config-reset";
    case Command::HostCommit:
        return "snp-commit";
    case Command::HostVlekLoad:
        return "vlek-load";
    default:
        return "kds";
    }
}

/// Options of the command line that are the program's own, not the action's.
bool isOurs(std::string_view option)
{
    return option == "yes" || option == "dry-run" || option == "json";
}

enum class Answer { Yes, No, NotAsked };

/// Asks on the terminal. NotAsked: there is none.
Answer ask(const ActionPlan &plan)
{
    if (!isTerminal(0) || !isTerminal(2))
        return Answer::NotAsked;
    note(plan.effect == ActionEffect::Irreversible ? "There is no way back. Write 'yes' to go on: " : "Write 'yes' to go on: ");
    std::string line;
    std::getline(std::cin, line);
    return line == "yes" ? Answer::Yes : Answer::No;
}

/// One JSON object in all cases: what was planned, and what became of it.
void show(const Invocation &asked, const ActionPlan &plan, const ActionOutcome *outcome, const Error *error = nullptr)
{
    if (!asked.has("json")) {
        print(outcome ? outcomeText(*outcome) : planText(plan));
        return;
    }
    js::Out value{{"performed", outcome != nullptr}, {"plan", planJson(plan)}, {"outcome", outcome ? outcomeJson(*outcome) : js::Out()}};
    if (error)
        value["error"] = toJson(*error);
    printJson(value);
}

} // namespace

Result<int> hostStatus(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const auto platform, platformOf(asked, context));
    KASTELLAN_ASSIGN(const PlatformView view, platform->view());
    if (asked.has("json")) {
        js::Out value = viewJson(view);
        value["actions"] = js::Out::parse(toJson(platform->actions()), nullptr, false);
        printJson(value);
    } else {
        print(viewText(view));
    }
    return exit_code::done;
}

Result<int> hostCerts(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const auto platform, platformOf(asked, context));
    KASTELLAN_ASSIGN(const PlatformView view, platform->view());
    const bool none = view.ownership.empty() && view.reports.empty(), good = !none && certificatesGood(view);
    if (asked.has("json")) {
        js::Out value = viewJson(view);
        printJson({{"host", view.host}, {"emulated", view.emulated}, {"good", good}, {"ownership", value["ownership"]},
            {"reports", value["reports"]}, {"problems", view.problems}});
    } else {
        print(certificatesText(view));
    }
    return good ? exit_code::done : none ? exit_code::environment : exit_code::negative;
}

Result<int> hostAction(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const auto platform, platformOf(asked, context));
    std::map<std::string, std::string> arguments;
    for (const auto &[option, values] : asked.options)
        if (!isOurs(option))
            arguments[option] = values.empty() || values.back().empty() ? "yes" : values.back();
    // Looking before it is planned may ask for a password, too.
    KASTELLAN_ASSIGN(const ActionPlan plan, ([&] {
        Interrupts interrupts;
        const StopOnInterrupt stop(interrupts);
        const Asking asking(stop.token());
        return platform->plan(actionOf(asked.verb->command), arguments);
    }()));
    if (asked.has("dry-run")) {
        show(asked, plan, nullptr);
        return exit_code::done;
    }
    if (plan.effect != ActionEffect::Reads && !asked.has("yes")) {
        note(planText(plan));
        const Answer answer = ask(plan);
        if (answer == Answer::No) {
            note("keepctl: nothing was done\n");
            if (asked.has("json"))
                show(asked, plan, nullptr);
            return exit_code::negative;
        }
        if (answer == Answer::NotAsked) {
            const Error error{ErrorKind::Input, "act on the platform", platform->host(),
                "nobody can be asked: standard input is no terminal, and --yes was not given",
                "Read the plan, and give --yes to have it done."};
            if (!asked.has("json"))
                return std::unexpected(error);
            say(error.message());
            show(asked, plan, nullptr, &error);
            return exit_code::usage;
        }
    }
    ProgressLine line(asked.has("json"));
    Status notLogged;
    Interrupts interrupts; // Ctrl-C gives up a question for a password; a command that is under way is finished
    const StopOnInterrupt stop(interrupts);
    const auto outcome = performAndLog(
        *platform, plan, [&line](std::string_view doing, std::uint64_t done, std::uint64_t total) { line.show(doing, done, total); },
        stop.token(), &notLogged);
    line.clear();
    if (!notLogged)
        say(notLogged.error().message());
    if (!outcome)
        return std::unexpected(outcome.error());
    show(asked, plan, &*outcome);
    return exit_code::done;
}

} // namespace kastellan::keepctl
