// SPDX-License-Identifier: Apache-2.0
#include "app/backends/added_hosts.h"

#include "app/backends/addresses.h"
#include "core/hosts/readiness.h"

#include <ctime>
#include <format>
#include <mutex>

namespace kastellan {
namespace {

/// Looks at the host itself, and keeps what was found for the next list.
class StoringInspector final : public HostInspector {
public:
    StoringInspector(std::shared_ptr<Host> host, std::shared_ptr<HostInspector> inspector, std::string id)
        : m_host(std::move(host))
        , m_inspector(std::move(inspector))
        , m_id(std::move(id))
    {
    }
    Result<Readiness> inspect(const InspectOptions &options, const Progress &progress, std::stop_token stop) override
    {
        auto readiness = m_inspector->inspect(options, progress, stop);
        if (!stop.stop_requested()) {
            HostLook look = lookOf(m_host->info());
            look.time = std::time(nullptr);
            static_cast<void>(storeHostLooks({{m_id, std::move(look)}})); // a list that can't be written stays as it was
        }
        return readiness;
    }
    Result<std::string> record(const InspectOptions &options, const Progress &progress, std::stop_token stop) override
    {
        return m_inspector->record(options, progress, std::move(stop));
    }

private:
    std::shared_ptr<Host> m_host;
    std::shared_ptr<HostInspector> m_inspector;
    std::string m_id;
};

class AddedHost final : public Host {
public:
    explicit AddedHost(KnownHost known)
        : m_known(std::move(known))
    {
    }
    [[nodiscard]] HostInfo info() const override { return infoOf(m_known); }
    [[nodiscard]] Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const auto host, opened());
        return host->prepare(plan, progress, std::move(stop));
    }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) override
    {
        KASTELLAN_ASSIGN(const auto host, opened());
        return host->start(plan, folder, progress, std::move(stop));
    }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) override
    {
        KASTELLAN_ASSIGN(const auto host, opened());
        return host->resume(status, folder);
    }
    [[nodiscard]] Status clear(const KeepStatus &status, const std::string &folder) override
    {
        KASTELLAN_ASSIGN(const auto host, opened());
        return host->clear(status, folder);
    }
    [[nodiscard]] std::string left(const KeepStatus &status, const std::string &folder) const override
    {
        const auto host = opened();
        return host ? (*host)->left(status, folder) : std::string();
    }
    [[nodiscard]] std::shared_ptr<HostInspector> inspector() override
    {
        const auto host = opened();
        auto inspector = host ? (*host)->inspector() : nullptr;
        return inspector ? std::make_shared<StoringInspector>(*host, std::move(inspector), m_known.id) : nullptr;
    }
    [[nodiscard]] std::shared_ptr<PlatformControl> platform() override
    {
        const auto host = opened();
        return host ? (*host)->platform() : nullptr;
    }

private:
    Result<std::shared_ptr<Host>> opened() const
    {
        const std::scoped_lock lock(m_mutex);
        if (!m_host) {
            KASTELLAN_ASSIGN(m_host, hostAt(m_known.id));
        }
        return m_host;
    }
    KnownHost m_known;
    mutable std::mutex m_mutex;
    mutable std::shared_ptr<Host> m_host; // guarded by m_mutex
};

/// Stands in the list where it can't be read: never as if there were no hosts.
class UnreadableList final : public Host {
public:
    explicit UnreadableList(Error error)
        : m_error(std::move(error))
    {
    }
    [[nodiscard]] HostInfo info() const override
    {
        HostInfo info;
        info.id = "hosts.json";
        info.name = "The hosts that you added";
        info.state = "unknown";
        info.why = m_error.message();
        info.remedy = m_error.remedy;
        return info;
    }
    [[nodiscard]] Status prepare(LaunchPlan &, const Progress &, std::stop_token) override { return std::unexpected(m_error); }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return std::unexpected(m_error);
    }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return std::unexpected(m_error);
    }

private:
    Error m_error;
};

} // namespace

HostLook lookOf(const HostInfo &info)
{
    HostLook look;
    look.time = std::time(nullptr);
    look.state = info.state;
    look.why = info.why;
    look.remedy = info.remedy;
    look.platform = info.platform;
    look.machines = info.machines;
    look.rehearses = info.rehearses;
    look.technologies = info.technologies;
    look.facts = info.facts;
    return look;
}

HostInfo infoOf(const KnownHost &known)
{
    HostInfo info;
    info.id = known.id;
    info.name = known.name.empty() ? known.id : known.name;
    info.machines = !known.id.starts_with("ssh://");
    if (!known.look) {
        info.state = "unknown";
        info.why = "It was not looked at yet.";
        info.remedy = "Look at it: keepctl host list --check, or its page in the window.";
        return info;
    }
    const HostLook &look = *known.look;
    info.state = look.state;
    info.why = look.why;
    info.remedy = look.remedy;
    info.platform = look.platform;
    info.machines = look.machines;
    info.rehearses = look.rehearses;
    info.technologies = look.technologies;
    info.facts = look.facts;
    info.facts.emplace_back("Looked at", std::format("{:%Y-%m-%d %H:%M} UTC", std::chrono::sys_seconds(std::chrono::seconds(look.time))));
    return info;
}

std::vector<std::shared_ptr<Host>> addedHosts()
{
    const auto known = knownHosts();
    if (!known)
        return {std::make_shared<UnreadableList>(known.error())};
    std::vector<std::shared_ptr<Host>> hosts;
    hosts.reserve(known->size());
    for (const auto &host : *known)
        hosts.push_back(std::make_shared<AddedHost>(host));
    return hosts;
}

Result<std::shared_ptr<Host>> addedHost(std::string_view idOrName)
{
    KASTELLAN_ASSIGN(auto known, knownHost(idOrName));
    return known ? std::make_shared<AddedHost>(std::move(*known)) : nullptr;
}

} // namespace kastellan
