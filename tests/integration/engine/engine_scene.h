// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-loader/engine.h"
#include "fake_machine.h"
#include "tests/support/data_folder.h"

namespace kastellan::test {

/// One keep's engine in this thread, with all that it tells.
class EngineScene {
public:
    /// The plan of a keep on the made-up host: technology "sev", "es", or "none".
    EngineScene(const DataFolder &folder, std::shared_ptr<MachineWorld> world, const std::string &technology);

    LaunchPlan plan;
    std::vector<Secret> secrets;
    loader::CompleteEvidence complete; ///< what finds certificates; none
    /// Called when the keep enters a state, or a step is told; with it a test acts in the middle.
    std::function<void(loader::Engine &, const std::string &)> onTold;

    /// Launches, and runs until the state is final or `until` says that it is enough (then the loader has died).
    void launch(const std::function<bool()> &until = {});
    /// A new loader for the keep of a loader that died.
    void resume(const std::function<bool()> &until = {});

    /// From any thread: calls in the loop.
    std::function<void(std::function<void(loader::Engine &)>)> post;

    [[nodiscard]] const KeepStatus &status() const { return m_status; }
    [[nodiscard]] std::vector<Record> records() const;
    [[nodiscard]] std::string logged(LogEntry::Stream stream) const;
    [[nodiscard]] std::string story() const;
    [[nodiscard]] std::filesystem::path folder() const { return m_folder; }
    std::vector<std::string> progress;
    std::vector<RunningKeep::Use> uses;
    bool timedOut = false;

private:
    void run(bool launching, const std::function<bool()> &until);
    std::filesystem::path m_folder;
    std::shared_ptr<MachineWorld> m_world;
    std::string m_ownerKey;
    KeepStatus m_status;
};

} // namespace kastellan::test

/// A condition about the keep; tells its whole story when it does not hold.
#define VERIFY_SCENE(condition, scene) QVERIFY2(condition, (scene).story().c_str())
