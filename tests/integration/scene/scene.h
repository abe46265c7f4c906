// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/keeps/planner.h"
#include "tests/integration/scene/watch.h"
#include "tests/support/data_folder.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kastellan::test {

/// What a test wants launched.
struct Wanted {
    std::string module{}; ///< of tests/integration/workloads: "hello"
    std::vector<std::string> args{};
    std::map<std::string, std::string> secrets{};
    std::string execution = "interpreter";
    std::string toml{}; ///< Keep.toml beside the module, if not empty
    std::function<void(LaunchPlan &)> change{}; ///< a last change of the plan
};

/// A data folder of its own with an emulated processor, the keeps launched in it, and a look at what they left behind.
class Scene {
public:
    Scene();
    ~Scene();
    Scene(const Scene &) = delete;
    Scene &operator=(const Scene &) = delete;

    [[nodiscard]] const DataFolder &folder() const { return m_data; }
    [[nodiscard]] Result<LaunchPlan> plan(const Wanted &wanted);
    /// Null when it could not be launched: `problem` says why.
    [[nodiscard]] std::unique_ptr<Watch> launch(const Wanted &wanted);
    [[nodiscard]] std::unique_ptr<Watch> launch(const LaunchPlan &plan, const std::map<std::string, std::string> &secrets = {});
    [[nodiscard]] const std::string &problem() const { return m_problem; }

    [[nodiscard]] std::vector<Record> records(const KeepId &keep);
    /// Kills whatever still runs here. For tests that end early.
    void killAll();
    /// What the keeps left behind although they have ended: processes, sockets, mounts, files; one line each. Waits a moment for
    /// processes to go.
    [[nodiscard]] std::string leftovers();

private:
    void collectLeftovers(std::string &lines) const;
    DataFolder m_data;
    std::string m_mounts;
    std::string m_problem;
    std::vector<KeepId> m_keeps;
};

/// The folder with the compiled modules of the tests, and that with the keep image of this build.
[[nodiscard]] std::filesystem::path workloadFolder();
[[nodiscard]] std::filesystem::path keepImageFolder();

} // namespace kastellan::test

/// For a Watch or Scene pointer that must be there.
#define REQUIRE_LAUNCHED(watch, scene) QVERIFY2(watch, (scene).problem().c_str())
/// A condition about a keep; tells its whole story when it does not hold.
#define VERIFY_KEEP(condition, watch) QVERIFY2(condition, (watch).story().c_str())
