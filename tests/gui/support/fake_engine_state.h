// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/logs/keep_log.h"
#include "tests/gui/support/fake_engine.h"

#include <deque>
#include <map>
#include <set>

namespace kastellan::test {

/// What looking at a host finds that is ready.
[[nodiscard]] inline HostLook readyLook()
{
    HostLook look;
    look.time = 1'790'000'000;
    look.state = "ready";
    look.why = "Keeps can run under SEV-SNP.";
    look.platform = "AMD EPYC 9354, QEMU 10.0, libvirt 11.3";
    look.machines = true;
    look.technologies = {"snp", "es", "sev"};
    return look;
}

/// A host of the fake engine: launches come to what the engine was told.
class FakeHost : public Host {
public:
    explicit FakeHost(HostInfo info)
        : m_info(std::move(info))
    {
    }
    HostInfo info() const override { return m_info; }
    Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token) override
    {
        progress("measuring the keep image", 1, 2);
        const LaunchPlan sample = samplePlan(plan.name, 0);
        plan.protection = sample.protection;
        plan.image = sample.image;
        if (m_info.machines) {
            const MachineRequest request = plan.machine ? plan.machine->request : MachineRequest{};
            plan.machine = sampleMachine(request);
            if (m_info.id.starts_with("kubevirt://"))
                plan.machine->domainXml = sampleYaml();
            if (!request.domainXml.empty()) {
                constexpr std::string_view kernel = "<kernel>/var/lib/keep/kernel</kernel>";
                if (!request.domainXml.contains(kernel))
                    return badInput("use the edited domain", "the edited XML, <os>/<kernel>",
                        "it says another kernel, and '/var/lib/keep/kernel' was planned",
                        "It is measured: give another image, or --kernel.");
                plan.machine->domainXml = request.domainXml;
            }
            plan.policy = request.policy.value_or(plan.machine->technology == "snp" ? 0x30000 : 0xf);
        }
        const auto expected = plan.expected.launchDigest;
        plan.expected.root = sample.expected.root;
        if (plan.machine && (plan.machine->technology == "es" || plan.machine->technology == "sev"))
            plan.expected.shortLaunchDigest = Sha256{};
        else
            plan.expected.launchDigest = expected ? expected : sample.expected.launchDigest;
        return {};
    }
    Result<std::unique_ptr<RunningKeep>> start(const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return fail(ErrorKind::Internal, "start a keep", {}, "the windows never start one themselves");
    }
    Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return fail(ErrorKind::Internal, "resume a keep", {}, "the windows never do that themselves");
    }

    std::shared_ptr<HostInspector> inspector() override
    {
        const std::scoped_lock lock(mutex);
        return looks;
    }
    std::shared_ptr<PlatformControl> platform() override
    {
        const std::scoped_lock lock(mutex);
        return firmware;
    }
    std::mutex mutex;
    std::shared_ptr<FakeInspector> looks;
    std::shared_ptr<FakePlatform> firmware;

private:
    HostInfo m_info;
};

/// The hosts of the fake engine.
class FakeEngine::Hosts : public HostRegistry {
public:
    std::vector<std::shared_ptr<Host>> hosts() const override
    {
        const std::scoped_lock lock(mutex);
        return all;
    }
    Result<std::shared_ptr<Host>> find(std::string_view id) const override
    {
        const std::scoped_lock lock(mutex);
        for (const auto &host : all)
            if (host->info().id == id)
                return host;
        return badInput("find the host", std::string(id), "no host has this name");
    }
    mutable std::mutex mutex;
    FakeHost &fake(const std::string &id) const
    {
        const auto found = find(id);
        if (!found)
            throw std::runtime_error(found.error().message());
        return static_cast<FakeHost &>(**found);
    }
    std::vector<std::shared_ptr<Host>> all;
};

/// All that the fake engine holds; under its lock.
struct FakeEngine::State {
    std::shared_ptr<Hosts> hosts = std::make_shared<Hosts>();
    std::vector<KeepStatus> keeps; ///< newest first
    std::vector<Record> records; ///< oldest first
    std::vector<ActivityEntry> activity;
    std::map<std::string, std::vector<std::pair<Client *, std::deque<KeepEvent> *>>> clients;
    std::map<std::string, std::unique_ptr<KeepLogWriter>> logs;
    std::set<std::string> failing;
    std::vector<std::string> secrets, calls, imported;
    std::vector<KnownCertificate> certificates;
    std::function<Appraisal(const Record &)> today;
    std::string input;
    Outcome outcome = Outcome::Ends;
    std::string failure = "The warden ended before it answered.";
    Verdict attested = Verdict::Trusted;
    bool stubborn = false;
    HostLook look = readyLook();
    std::vector<HostInfo> clusters;
    std::optional<KeepState> hold;
    std::string held;
    unsigned records_ = 0;
};

} // namespace kastellan::test
