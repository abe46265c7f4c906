// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "core/session/warden_session.h"
#include "tests/support/legacy_machine.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace kastellan::test {

/// What goes on in a made-up host, and what is wrong with it. One keep.
struct MachineWorld {
    explicit MachineWorld(sev::Processor &which)
        : processor(which)
    {
    }
    ~MachineWorld() { end(); }
    void end();

    sev::Processor &processor;
    // How it misbehaves.
    Bytes content = Bytes(4096, 0x42); ///< what the host measures
    std::optional<sev::legacy::Policy> saidPolicy; ///< what it says the policy is
    std::optional<sev::legacy::PlatformBuild> saidBuild;
    std::string saidMeasurement; ///< of another launch
    std::string root; ///< up to which the owner's side verifies the platform; empty: the emulated one
    bool measures = true; ///< false: it runs at once, and nobody measured it
    bool admitFails = false, boots = true;
    std::string console; ///< what it writes there at its start
    std::function<void()> onAdmit; ///< in the thread that admits
    /// In the thread that calls "start", "connect", "admit", "use", "kill", "resume" or "clear", before anything else: it may wait there.
    std::function<void(std::string_view)> onCall;
    std::atomic<int> resumesRefused{0}; ///< so many times the host can't be reached
    bool killFails = false; ///< and what is left can't be taken away
    /// What the warden answers to a challenge in place of its code.
    std::function<Bytes(const SessionSecret &, const ReportData &)> answer;
    bool exits = true; ///< the workload ends by itself

    // What was seen.
    std::atomic<int> starts{0}, admits{0}, injected{0}, kills{0}, clears{0}, runs{0};
    std::optional<sev::legacy::LaunchOwner> owner;
    std::string measurement; ///< that the firmware gave
    std::vector<std::string> deliveredItems; ///< guarded by mutex
    std::mutex mutex;

    // The machine.
    std::unique_ptr<LegacyMachine> machine;
    Fd endEvent;
    std::jthread warden;
    std::vector<Fd> knocking; ///< streams for the warden; guarded by mutex
    Fd wake;
    std::atomic<bool> stopping{false}, exitNow{false}, there{false};
    void called(std::string_view call) const
    {
        if (onCall)
            onCall(call);
    }
    void boot(std::optional<SessionSecret> secret, Sha256 ownerKey);
};

/// A host with one machine.
class FakeMachineHost final : public Host {
public:
    explicit FakeMachineHost(std::shared_ptr<MachineWorld> world)
        : m_world(std::move(world))
    {
    }
    [[nodiscard]] HostInfo info() const override { return {}; }
    [[nodiscard]] Status prepare(LaunchPlan &, const Progress &, std::stop_token) override { return {}; }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) override;
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) override;
    [[nodiscard]] Status clear(const KeepStatus &status, const std::string &folder) override;
    [[nodiscard]] std::string left(const KeepStatus &status, const std::string &folder) const override;

private:
    std::shared_ptr<MachineWorld> m_world;
};

} // namespace kastellan::test
