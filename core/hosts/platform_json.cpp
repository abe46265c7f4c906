// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "core/hosts/platform_control.h"

namespace kastellan {
namespace {

js::Out toOut(const PlatformFact &fact)
{
    return {{"id", fact.id}, {"name", fact.name}, {"value", fact.value}, {"meaning", fact.meaning}};
}

js::Out toOut(const std::vector<PlatformFact> &facts)
{
    js::Out list = js::Out::array();
    for (const auto &fact : facts)
        list.push_back(toOut(fact));
    return list;
}

js::Out toOut(const std::vector<TcbColumn> &columns)
{
    js::Out tcb = js::Out::object();
    for (const auto &column : columns) {
        js::Out levels = js::Out::object();
        for (const auto &level : column.levels)
            levels[level.name] = level.value;
        tcb[column.name] = std::move(levels);
    }
    return tcb;
}

js::Out toOut(const std::vector<CertificateView> &chain)
{
    js::Out list = js::Out::array();
    for (const auto &view : chain) {
        js::Out extensions = js::Out::object();
        for (const auto &[name, value] : view.extensions)
            extensions[name] = value;
        list.push_back({{"role", view.role}, {"subject", view.subject}, {"issuer", view.issuer}, {"serial", view.serial}, {"key", view.key},
            {"not_before", view.notBefore}, {"not_after", view.notAfter}, {"sha256", view.sha256}, {"emulated", view.emulated},
            {"signature_good", view.signatureGood}, {"issuer_missing", view.issuerMissing}, {"extensions", std::move(extensions)}});
    }
    return list;
}

} // namespace

std::string_view name(ActionEffect effect)
{
    switch (effect) {
    case ActionEffect::Reads:
        return "reads";
    case ActionEffect::Changes:
        return "changes";
    case ActionEffect::Destroys:
        return "destroys";
    case ActionEffect::Irreversible:
        break;
    }
    return "irreversible";
}

std::string toJson(const PlatformView &view)
{
    js::Out sections = js::Out::array();
    for (const auto &section : view.sections)
        sections.push_back({{"title", section.title}, {"facts", toOut(section.facts)}});
    js::Out running = js::Out::array();
    for (const auto &guest : view.running)
        running.push_back({{"name", guest.name}, {"keep", guest.keep}, {"count", guest.count}, {"ended_by", guest.endedBy},
            {"disturbed_by", guest.disturbedBy}});
    return js::dump({{"host", view.host}, {"title", view.title}, {"reached_by", view.reachedBy}, {"emulated", view.emulated},
        {"guests", view.guests}, {"running", std::move(running)}, {"sections", std::move(sections)}, {"tcb", toOut(view.tcb)},
        {"ownership", toOut(view.ownership)}, {"reports", toOut(view.reports)}, {"problems", view.problems}});
}

std::string toJson(const std::vector<PlatformAction> &actions)
{
    static constexpr std::string_view kinds[] = {"text", "number", "input-file", "output-file", "output-folder", "choice", "flag"};
    js::Out list = js::Out::array();
    for (const auto &action : actions) {
        js::Out parameters = js::Out::array();
        for (const auto &parameter : action.parameters)
            parameters.push_back({{"id", parameter.id}, {"label", parameter.label}, {"help", parameter.help},
                {"kind", kinds[static_cast<std::size_t>(parameter.kind)]}, {"required", parameter.required}, {"choices", parameter.choices},
                {"preset", parameter.preset}});
        list.push_back({{"id", action.id}, {"title", action.title}, {"summary", action.summary}, {"effect", name(action.effect)},
            {"available", action.available}, {"why_not", action.whyNot}, {"parameters", std::move(parameters)}});
    }
    return js::dump(list);
}

std::string toJson(const ActionPlan &plan)
{
    js::Out arguments = js::Out::object();
    for (const auto &[id, value] : plan.arguments)
        arguments[id] = value;
    return js::dump({{"action", plan.action}, {"arguments", std::move(arguments)}, {"title", plan.title}, {"effect", name(plan.effect)},
        {"steps", plan.steps}, {"consequences", plan.consequences}, {"guests", plan.guests}, {"needs_privilege", plan.needsPrivilege}});
}

std::string toJson(const ActionOutcome &outcome)
{
    return js::dump({{"summary", outcome.summary}, {"facts", toOut(outcome.facts)}, {"files", outcome.files}});
}

} // namespace kastellan
