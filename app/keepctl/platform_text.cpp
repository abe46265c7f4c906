// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/platform_text.h"

#include "app/keepctl/output.h"
#include "core/base/text.h"
#include "core/evidence/json.h"

#include <algorithm>
#include <iterator>

namespace kastellan::keepctl {
namespace {

/// Actions by the verbs that are typed for them.
std::vector<std::string> typed(std::vector<std::string> actions)
{
    for (auto &action : actions)
        if (action == "snp-config")
            action = "set-config";
        else if (action == "snp-config-reset")
            action = "reset-config";
        else if (action == "snp-commit")
            action = "commit";
    return actions;
}

std::vector<std::pair<std::string, std::string>> rowsOf(const std::vector<PlatformFact> &list)
{
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto &fact : list)
        rows.emplace_back(fact.name, inLine(fact.value));
    return rows;
}

std::string heading(std::string_view text)
{
    return "\n" + painted(1, Colour::Bold, text) + "\n";
}

std::string tcbTable(const std::vector<TcbColumn> &columns)
{
    std::vector<std::string> header{"TCB"};
    for (const auto &level : columns.front().levels)
        header.push_back(level.name);
    Table table(header);
    for (const auto &column : columns) {
        std::vector<std::string> row{column.name};
        for (const auto &level : column.levels)
            row.push_back(std::to_string(level.value));
        table.add(std::move(row));
    }
    return table.text(1);
}

bool tellsNothing(const CertificateView &view)
{
    return view.issuerMissing;
}

/// From the root down, as it signed. The OCA is a root of its own, which signs the PEK beside the CEK.
std::string chainText(const std::vector<CertificateView> &chain)
{
    std::string text, indent;
    std::vector<CertificateView> ordered;
    std::ranges::copy_if(chain, std::back_inserter(ordered), [](const auto &view) { return view.role != "oca"; });
    if (ordered.size() != chain.size()) {
        std::vector<CertificateView> owner;
        std::ranges::copy_if(chain, std::back_inserter(owner), [](const auto &view) { return view.role == "oca"; });
        for (auto &view : owner) {
            view.role = "owner";
            view.subject += ": signs itself, and the PEK beside the CEK";
        }
        text = chainText(owner);
    }
    for (auto view = ordered.rbegin(); view != ordered.rend(); ++view) {
        const char *word = tellsNothing(*view) ? "open  " : view->signatureGood ? "good  " : "BAD   ";
        const Colour colour = tellsNothing(*view) ? Colour::Yellow : view->signatureGood ? Colour::Green : Colour::Red;
        text += indent + (indent.empty() ? "" : "└─ ") + painted(1, colour, word) + inLine(view->subject)
            + (view->emulated ? " (emulated)" : "") + "\n";
        const std::string below = indent + (indent.empty() ? "" : "   ") + "        ";
        if (!view->notAfter.empty())
            text += below + "valid " + view->notBefore + " to " + view->notAfter + "\n";
        text += below + "sha256 " + view->sha256 + "\n";
        for (const auto &[name, value] : view->extensions)
            text += below + inLine(name) + ": " + inLine(value) + "\n";
        indent += indent.empty() ? " " : "   ";
    }
    return text;
}

js::Out parsed(const std::string &text)
{
    js::Out value = js::Out::parse(text, nullptr, false);
    return value.is_discarded() ? js::Out(text) : value;
}

} // namespace

std::string viewText(const PlatformView &view)
{
    std::string text = facts({{"host", inLine(view.host)}, {"platform", inLine(view.title)}, {"reached by", inLine(view.reachedBy)},
        {"emulated", view.emulated ? "yes: proves the procedure, nothing about hardware" : ""}});
    for (const auto &section : view.sections)
        text += heading(section.title) + facts(rowsOf(section.facts), 2);
    if (!view.tcb.empty())
        text += "\n" + tcbTable(view.tcb);
    text += heading("What runs");
    if (view.running.empty())
        text += "  nothing protected: maintenance ends nothing\n";
    for (const auto &guest : view.running)
        text += "  " + inLine(guest.name) + ": ended by " + joined(typed(guest.endedBy))
            + (guest.disturbedBy.empty() ? "" : "; other proofs after " + joined(typed(guest.disturbedBy))) + "\n";
    if (!view.problems.empty())
        text += heading("Not shown");
    for (const auto &problem : view.problems)
        text += "  " + inLine(problem) + "\n";
    return text;
}

std::string certificatesText(const PlatformView &view)
{
    std::string text = painted(1, Colour::Bold, "Ownership") + "\n";
    text += view.ownership.empty() ? "nothing could be read\n" : chainText(view.ownership);
    text += heading("Behind reports");
    if (view.reports.empty())
        text += view.emulated ? "this emulated processor has no SEV-SNP, or it is not initialised: no reports, no VCEK\n"
                              : "no VCEK or VLEK of this chip and TCB is known here: 'keepctl host kds' shows where it is\n";
    else
        text += chainText(view.reports);
    for (const auto &problem : view.problems)
        text += "\n" + inLine(problem) + "\n";
    return text;
}

bool certificatesGood(const PlatformView &view)
{
    const auto good = [](const CertificateView &one) { return one.signatureGood || tellsNothing(one); };
    return std::ranges::all_of(view.ownership, good) && std::ranges::all_of(view.reports, good);
}

std::string planText(const ActionPlan &plan)
{
    std::string text = painted(1, Colour::Bold, "Plan: " + plan.title) + " (" + std::string(name(plan.effect)) + ")\n";
    for (std::size_t i = 0; i < plan.steps.size(); ++i)
        text += "  " + std::to_string(i + 1) + ". " + inLine(plan.steps[i]) + "\n";
    if (!plan.consequences.empty())
        text += "What follows:\n";
    for (const auto &consequence : plan.consequences)
        text += "  - " + inLine(consequence) + "\n";
    if (!plan.guests.empty())
        text += "What proves itself otherwise afterwards: " + inLine(joined(plan.guests)) + "\n";
    if (plan.needsPrivilege)
        text += "This user may not do that: polkit will ask for an administrator's password.\n";
    return text;
}

std::string outcomeText(const ActionOutcome &outcome)
{
    std::string text = inLine(outcome.summary) + "\n" + facts(rowsOf(outcome.facts), 2);
    for (const auto &file : outcome.files)
        text += "  " + inLine(file) + "\n";
    return text;
}

js::Out viewJson(const PlatformView &view)
{
    return parsed(toJson(view));
}

js::Out planJson(const ActionPlan &plan)
{
    return parsed(toJson(plan));
}

js::Out outcomeJson(const ActionOutcome &outcome)
{
    return parsed(toJson(outcome));
}

} // namespace kastellan::keepctl
