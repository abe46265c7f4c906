// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/local_host.h"

#include "sev-backend/firmware/firmware_control.h"
#include "sev-backend/firmware/hosts_platforms.h"
#include "sev-backend/readiness/inspectors.h"

#include <algorithm>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

std::unexpected<Error> notInThisVersion(const char *action)
{
    return environment(action, "local",
        "this version launches keeps on the emulated host only; launching through libvirt is not part of it yet",
        "Choose the host 'emulated'.");
}

/// Below another root only files are looked at: processor and devices are those of this machine.
std::shared_ptr<HostInspector> inspectorFor(const fs::path &root)
{
    LookOptions options;
    options.root = root;
    if (root.empty())
        options.machine = MachineAccess::real();
    return makeLocalInspector(std::move(options));
}

} // namespace

LocalHost::LocalHost(fs::path root)
    : m_root(std::move(root))
    , m_platform(std::make_shared<FirmwareControl>(localPlatform(m_root)))
{
}

HostInfo LocalHost::info() const
{
    HostInfo info;
    info.id = "local";
    info.name = "This computer";
    const auto looked = inspectorFor(m_root)->inspect({.probes = false}, {}, {});
    if (!looked) {
        info.state = "unknown";
        info.why = looked.error().message();
        return info;
    }
    info.facts = looked->facts;
    const auto processor = std::ranges::find(info.facts, "Processor", &std::pair<std::string, std::string>::first);
    info.platform = processor == info.facts.end() ? "unknown processor" : processor->second;
    // Whatever the least demanding protection lacks, all others lack as well.
    const ReadinessVerdict *verdict = looked->verdict("sev");
    if (verdict && verdict->state == ReadinessVerdict::State::NotReady) {
        const ReadinessCheck *cause = looked->check(verdict->causes.front());
        info.state = "not ready";
        info.why = cause && !cause->means.empty() ? cause->means : verdict->sentence;
        info.remedy = cause ? cause->remedy : std::string();
        return info;
    }
    info.state = "unknown";
    info.why = "SEV seems to be there, but this version launches keeps on the emulated host only.";
    info.remedy = "Choose the host 'emulated'; 'keepctl host check --host local' tells all about this computer.";
    return info;
}

std::shared_ptr<HostInspector> LocalHost::inspector()
{
    return inspectorFor(m_root);
}

Status LocalHost::prepare(LaunchPlan &, const Progress &, std::stop_token)
{
    return notInThisVersion("plan a launch");
}

Result<std::unique_ptr<RunningKeep>> LocalHost::start(const LaunchPlan &, const std::string &, const Progress &, std::stop_token)
{
    return notInThisVersion("start the keep");
}

Result<std::unique_ptr<RunningKeep>> LocalHost::resume(const KeepStatus &, const std::string &)
{
    return notInThisVersion("find the keep again");
}

std::shared_ptr<PlatformControl> LocalHost::platform()
{
    return m_platform;
}

} // namespace kastellan::sev
