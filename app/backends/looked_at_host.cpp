// SPDX-License-Identifier: Apache-2.0
#include "app/backends/looked_at_host.h"

namespace kastellan {
namespace {

class LookedAtHost final : public Host {
public:
    LookedAtHost(std::string id, std::shared_ptr<HostInspector> inspector, std::string instead)
        : m_id(std::move(id))
        , m_inspector(std::move(inspector))
        , m_instead(std::move(instead))
    {
    }

    [[nodiscard]] HostInfo info() const override
    {
        HostInfo info;
        info.id = info.name = m_id;
        const auto looked = m_inspector->inspect({.probes = true}, {}, {});
        if (!looked) {
            info.state = looked.error().kind == ErrorKind::Environment ? "not ready" : "unknown";
            info.why = looked.error().why;
            info.remedy = looked.error().remedy;
            return info;
        }
        info.facts = looked->facts;
        for (const auto &[label, value] : info.facts)
            if (label == "Processor")
                info.platform = value;
        const ReadinessVerdict *first = nullptr; // of the least demanding that says something
        bool unknown = false;
        for (const char *technology : {"snp", "es", "sev"}) {
            const ReadinessVerdict *verdict = looked->verdict(technology);
            if (!verdict)
                continue;
            if (verdict->state == ReadinessVerdict::State::Ready)
                info.technologies.emplace_back(technology);
            unknown |= verdict->state == ReadinessVerdict::State::Unknown;
            first = verdict;
        }
        info.state = !info.technologies.empty() ? "ready" : unknown || !first ? "unknown" : "not ready";
        if (first)
            info.why = first->sentence;
        if (first && !first->causes.empty())
            if (const ReadinessCheck *cause = looked->check(first->causes.front()))
                info.remedy = cause->remedy;
        return info;
    }
    [[nodiscard]] Status prepare(LaunchPlan &, const Progress &, std::stop_token) override { return launchesNot("plan a launch"); }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return launchesNot("start the keep");
    }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return launchesNot("find the keep again");
    }
    [[nodiscard]] std::shared_ptr<HostInspector> inspector() override { return m_inspector; }

private:
    [[nodiscard]] std::unexpected<Error> launchesNot(const char *what) const
    {
        return badInput(what, m_id, "this host can only be looked at", m_instead);
    }
    std::string m_id;
    std::shared_ptr<HostInspector> m_inspector;
    std::string m_instead;
};

} // namespace

std::shared_ptr<Host> lookedAtHost(std::string id, std::shared_ptr<HostInspector> inspector, std::string instead)
{
    return std::make_shared<LookedAtHost>(std::move(id), std::move(inspector), std::move(instead));
}

} // namespace kastellan
