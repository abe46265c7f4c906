// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/keeps/keep_client.h"
#include "core/keeps/launcher.h"
#include "core/keeps/planner.h"
#include "core/storage/record_store.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace kastellan::ui {

/// What the windows do with keeps: the functions of core/keeps/keep_client.h, or a test's. All but `logPath` may block and are
/// called in worker threads only.
struct KeepFunctions {
    std::function<Result<std::unique_ptr<KeepClient>>(const LaunchPlan &, std::vector<Secret>)> launch;
    std::function<Result<std::unique_ptr<KeepClient>>(const KeepId &)> connect;
    std::function<std::vector<KeepStatus>(std::vector<Error> *)> list;
    std::function<Status(const KeepId &)> recover;
    std::function<Status(const KeepId &)> remove;
    std::function<std::filesystem::path(const KeepId &)> logPath;
};

/// All that the windows need of the engine. app/kastellan hands in the real ones, tests hand in fakes; ui itself knows no backend.
struct Services {
    std::shared_ptr<HostRegistry> hosts;
    std::shared_ptr<EvidenceBackend> backend;
    std::function<Result<std::unique_ptr<RecordStore>>()> openStore;
    KeepFunctions keeps;
    std::function<Result<LaunchPlan>(const LaunchRequest &, Host &, const Progress &, std::stop_token)> plan;
    std::filesystem::path examples; ///< folder whose folders are example workloads; empty: none
};

} // namespace kastellan::ui
