// SPDX-License-Identifier: Apache-2.0
// The fake engine's list of hosts, and what it knows of machines.
#include "tests/gui/support/fake_engine_state.h"

#include <algorithm>

namespace kastellan::test {

void FakeEngine::setLook(HostLook look)
{
    const std::scoped_lock lock(m_mutex);
    m_state->look = std::move(look);
}

void FakeEngine::setClusters(std::vector<HostInfo> clusters)
{
    const std::scoped_lock lock(m_mutex);
    m_state->clusters = std::move(clusters);
}

ui::HostListFunctions FakeEngine::hostList()
{
    const auto self = shared_from_this();
    ui::HostListFunctions list;
    list.check = [](const std::string &address) -> Status {
        for (const char *scheme : {"qemu:///", "qemu+ssh://", "kubevirt://", "ssh://"})
            if (address.starts_with(scheme))
                return {};
        return badInput("open a host", address, "its scheme is not known", "Write qemu:///system or qemu+ssh://HOST/system.");
    };
    list.clusters = [self]() -> Result<std::vector<HostInfo>> {
        if (const auto error = self->failure("clusters"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        return self->m_state->clusters;
    };
    list.look = [self](const std::string &address, const Progress &, std::stop_token) -> Result<HostLook> {
        if (const auto error = self->failure("look"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        self->m_state->calls.push_back("look " + address);
        return self->m_state->look;
    };
    list.add = [self](const std::string &address, const std::string &name, const std::optional<HostLook> &look) -> Result<KnownHost> {
        if (const auto error = self->failure("add"))
            return std::unexpected(*error);
        HostInfo info;
        info.id = address;
        info.name = name.empty() ? address : name;
        info.machines = !address.starts_with("ssh://");
        info.state = look ? look->state : "unknown";
        info.why = look ? look->why : "It was not looked at yet.";
        info.platform = look ? look->platform : std::string();
        if (look) {
            info.technologies = look->technologies;
            info.rehearses = look->rehearses;
        }
        self->addHost(std::move(info));
        const std::scoped_lock lock(self->m_mutex);
        self->m_state->calls.push_back("add " + address);
        KnownHost known;
        known.id = address;
        known.name = name;
        known.look = look;
        return known;
    };
    list.remove = [self](const std::string &address) -> Result<bool> {
        if (const auto error = self->failure("removeHost"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_state->hosts->mutex);
        return std::erase_if(self->m_state->hosts->all, [&](const auto &host) { return host->info().id == address; }) > 0;
    };
    return list;
}

namespace {

Result<ui::AutomaticPlan> planOnBest(const LaunchRequest &asked, const HostRegistry &hosts, const Progress &progress, std::stop_token stop)
{
    LaunchRequest request = asked;
    std::vector<HostReason> reasons;
    std::shared_ptr<Host> best;
    for (const auto &host : hosts.hosts()) {
        const HostInfo info = host->info();
        const bool fits = info.machines && !info.emulated && info.state == "ready" && !best;
        if (fits)
            best = host;
        reasons.insert(fits ? reasons.begin() : reasons.end(),
            {info.id, info.name, fits, fits ? "snp" : "",
                fits                ? "It is ready and offers SEV-SNP; no keep runs there."
                    : info.emulated ? "It is emulated: it protects from nobody, and is never chosen automatically."
                                    : "It is not ready: " + info.why});
    }
    if (!best)
        return environment("choose a host", "--host auto", "none of the hosts fits", "Add a host that is ready.");
    request.host = best->info().id;
    auto plan = makePlan(request, *best, progress, std::move(stop));
    if (!plan)
        return std::unexpected(plan.error());
    return ui::AutomaticPlan{std::move(*plan), std::move(reasons)};
}

ui::PolicyWords policyWords(std::string_view technology)
{
    if (technology == "snp")
        return {0x30000,
            {{16, "smt", "the host may use simultaneous multithreading", "the host must not use simultaneous multithreading"},
                {17, "must-be-one", "reserved, as it has to be", "reserved, and wrongly clear", true},
                {19, "debug", "the host may read and change the memory of the guest", "the host can't debug the guest"},
                {20, "single-socket", "the guest runs on one socket only", "the guest may run on several sockets"}}};
    if (technology == "es" || technology == "sev")
        return {technology == "es" ? 0xfu : 0xbu,
            {{0, "no-debug", "the host can't debug the guest", "the host may debug the guest: read and change all of it"},
                {2, "es", "register state is encrypted (SEV-ES)", "register state is open to the host", true}}};
    return {};
}

} // namespace

ui::MachineFunctions FakeEngine::machines()
{
    const auto self = shared_from_this();
    ui::MachineFunctions machines;
    machines.planAutomatically = [self](const LaunchRequest &request, const Progress &progress, const std::stop_token &stop) {
        return planOnBest(request, *self->m_state->hosts, progress, stop);
    };
    machines.importReport = [self](const KeepStatus &keep, const std::vector<std::string> &files) -> Result<Record> {
        if (const auto error = self->failure("importReport"))
            return std::unexpected(*error);
        const std::scoped_lock lock(self->m_mutex);
        self->m_state->imported.push_back(files.front());
        return sampleRecord(keep, "import", Verdict::Authentic);
    };
    machines.policyWords = policyWords;
    machines.explainFailure = [](std::string_view text) -> std::optional<ui::FailureWords> {
        if (!text.contains("SNP_LAUNCH_START"))
            return {};
        return ui::FailureWords{"SNP_LAUNCH_START was refused",
            "The host's firmware refused the guest policy: it demands what this platform does not do.",
            "Allow simultaneous multithreading in the guest policy, or turn it off in the host's BIOS.", "QEMU issue 2571",
            "SNP_LAUNCH_START ret=-22 fw_error=7"};
    };
    return machines;
}

} // namespace kastellan::test
