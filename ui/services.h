// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/hosts/notices.h"
#include "core/hosts/platform_control.h"
#include "core/hosts/readiness.h"
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

/// What importing certificates came to.
struct CertificateImport {
    std::size_t read = 0, added = 0; ///< recognised; and of those not in the store before
    bool newList = false; ///< a revocation list is new: evidence that was good may not be any more
    std::vector<UnknownPart> unknown; ///< what was not understood
};

/// What the windows do with the certificate store, as `keepctl certs` does it. All may block: worker threads only.
struct CertificateFunctions {
    /// All of the store with their states at this time; nothing when there is no store yet.
    std::function<Result<std::vector<KnownCertificate>>(std::int64_t at)> list;
    /// Files and folders, recognised by content. An Input error when there is no certificate in them.
    std::function<Result<CertificateImport>(const std::vector<std::string> &paths)> import;
    /// A certificate of the store and all behind it as a PEM text (AMD's own forms: as they are), leaf first. By its SHA-256.
    std::function<Result<Bytes>(const std::string &sha256)> chain;
    /// A record appraised at this time by what is known today: with the store's revocation lists.
    std::function<Result<Appraisal>(const Record &record, std::int64_t at)> reappraise;
};

/// All that the windows need of the engine. app/kastellan hands in the real ones, tests hand in fakes; ui itself knows no backend.
struct Services {
    std::shared_ptr<HostRegistry> hosts;
    std::shared_ptr<EvidenceBackend> backend;
    std::function<Result<std::unique_ptr<RecordStore>>()> openStore;
    KeepFunctions keeps;
    CertificateFunctions certificates;
    /// Does what was planned and logs it (core/hosts/platform_log.h). Worker threads only.
    std::function<Result<ActionOutcome>(PlatformControl &, const ActionPlan &, const Progress &, std::stop_token, Status *notLogged)>
        performPlatform;
    std::function<Result<LaunchPlan>(const LaunchRequest &, Host &, const Progress &, std::stop_token)> plan;
    std::filesystem::path examples; ///< folder whose folders are example workloads; empty: none
};

} // namespace kastellan::ui
