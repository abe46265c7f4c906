// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/firmware_control.h"

#include "core/base/text.h"
#include "core/hosts/asking.h"
#include "sev-backend/firmware/action_run.h"
#include "sev-backend/firmware/platform_view.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

/// As it is typed, and as the window calls it.
std::string shown(const ActionParameter &parameter)
{
    return "--" + parameter.id + (parameter.label.empty() ? "" : ", " + parameter.label);
}

/// Unknown arguments, missing ones, and those of a wrong kind.
Status checkArguments(const PlatformAction &action, const std::map<std::string, std::string> &arguments)
{
    const std::string what = actionWords(action);
    for (const auto &[id, value] : arguments) {
        const auto parameter = std::ranges::find(action.parameters, id, &ActionParameter::id);
        if (parameter == action.parameters.end())
            return badInput(what, id, "the action has no such parameter");
        using Kind = ActionParameter::Kind;
        if (parameter->kind == Kind::Choice && std::ranges::find(parameter->choices, value) == parameter->choices.end())
            return badInput(
                what, shown(*parameter), "'" + value + "' is not a choice", "Choose one of: " + joined(parameter->choices) + ".");
        if (parameter->kind == Kind::Flag && value != "" && value != "yes" && value != "no")
            return badInput(what, shown(*parameter), "'" + value + "' is neither 'yes' nor 'no'");
    }
    for (const auto &parameter : action.parameters)
        if (parameter.required && (!arguments.contains(parameter.id) || arguments.at(parameter.id).empty()))
            return badInput(what, shown(parameter), "it is needed and was not given", "Give it: " + parameter.help + ".");
    return {};
}

/// Why an action can't be done in this state.
Status checkState(const ActionRow &row, const Situation &now)
{
    const std::string what = actionWords(row.described), where = now.platform->device().name();
    if (row.needsSnp && !now.snp)
        return std::unexpected(now.snpError->during(what));
    if (row.needsSnp && !now.snp->initialized)
        return environment(what, where, "SEV-SNP is not initialised",
            "Load kvm_amd with sev_snp=1, on a kernel and a firmware setup that allow it; 'keepctl host check --for snp' says what is "
            "missing.");
    if (row.guests == GuestRule::NoneEnds) {
        auto ending = now.endedBy(row.described.id);
        if (ending.empty() && now.status.state == SevState::Working)
            ending.push_back("a guest that the firmware knows (state WORKING)");
        if (!ending.empty())
            return environment(what, where, "it would end what runs: " + joined(ending),
                "End these first ('keepctl keep stop' for keeps), and try again.");
    }
    if (row.needsUnowned && now.status.externallyOwned)
        return environment(what, where, "the platform has an owner from outside already",
            "Give that up first with 'self-own' (or 'reset'), then make a new request.");
    for (const SevCommand command : row.commands)
        KASTELLAN_TRY(now.platform->permission(command, now.status.state));
    return {};
}

} // namespace

FirmwareControl::FirmwareControl(PlatformSurroundings host)
    : m_host(std::move(host))
{
}

Result<PlatformView> FirmwareControl::view()
{
    KASTELLAN_ASSIGN(const Situation now, lookAt(m_host, m_unlocked));
    return viewOf(m_host, now);
}

bool FirmwareControl::isLocked() const
{
    if (m_unlocked || m_host.partial)
        return false;
    const auto device = m_host.device();
    return device && Platform(*device).needsPrivilege(SevCommand::PlatformStatus);
}

std::vector<PlatformAction> FirmwareControl::actions()
{
    const bool locked = isLocked();
    const auto now = lookAt(m_host, m_unlocked);
    std::vector<PlatformAction> all;
    for (const auto &row : actionRows()) {
        if (row.described.id == lookAction && !locked)
            continue;
        PlatformAction action = row.described;
        // Whether it can be done shows when a password was given.
        const Status state = !row.needsPlatform || locked ? Status{} : now ? checkState(row, *now) : Status(std::unexpected(now.error()));
        action.available = state.has_value();
        if (!state)
            action.whyNot = state.error().why + (state.error().remedy.empty() ? "" : ". " + state.error().remedy);
        // What holds now is what a level is when it is left as it is.
        if (now && now->snp)
            for (auto &parameter : action.parameters)
                if (const auto part = tcbPartFromName(parameter.id))
                    if (const auto level = TcbVersion(now->snp->currentTcb, now->layout()).part(*part))
                        parameter.preset = std::to_string(*level);
        all.push_back(std::move(action));
    }
    return all;
}

Result<ActionRun> FirmwareControl::prepare(
    const ActionRow &row, const std::string &action, const std::map<std::string, std::string> &arguments) const
{
    KASTELLAN_TRY(checkArguments(row.described, arguments));
    ActionRun run{m_host, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    run.plan.action = action;
    run.plan.arguments = arguments;
    run.plan.title = withoutDots(row.described.title);
    run.plan.effect = row.described.effect;
    if (row.needsPlatform) {
        KASTELLAN_ASSIGN(run.now, lookAt(m_host, true));
        KASTELLAN_TRY(checkState(row, *run.now));
        for (const SevCommand command : row.commands)
            run.plan.needsPrivilege |= run.platform().needsPrivilege(command, run.now->status.state);
        run.plan.guests = run.now->disturbedBy(action);
    }
    KASTELLAN_TRY(row.prepare(run));
    return run;
}

Result<ActionPlan> FirmwareControl::plan(const std::string &action, const std::map<std::string, std::string> &arguments)
{
    KASTELLAN_ASSIGN(const ActionRow *row, findAction(action));
    KASTELLAN_ASSIGN(auto run, prepare(*row, action, arguments));
    return std::move(run.plan);
}

Result<ActionOutcome> FirmwareControl::perform(const ActionPlan &plan, const Progress &progress, std::stop_token stop)
{
    KASTELLAN_ASSIGN(const ActionRow *row, findAction(plan.action));
    const Asking asking(stop);
    KASTELLAN_ASSIGN(auto run, prepare(*row, plan.action, plan.arguments));
    // Nothing was done so far; from here no command is left half done.
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, run.what(), {}, "it was stopped");
    if (progress)
        progress(run.what(), 0, 0);
    m_unlocked = m_unlocked || plan.action == lookAction;
    return row->perform(run, progress);
}

} // namespace kastellan::sev
