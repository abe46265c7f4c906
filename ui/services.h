// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/hosts/choose_host.h"
#include "core/hosts/known_hosts.h"
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
#include <optional>
#include <string>
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

/// What the windows do with the list of hosts, as `keepctl host add|remove` does it. All but `check` may block: worker threads only.
struct HostListFunctions {
    /// Whether an address may be added: its scheme and parameters are held to an allow-list. Opens nothing.
    std::function<Status(const std::string &address)> check;
    /// The contexts of this person's kubeconfig, as hosts that could be added. Asks no cluster.
    std::function<Result<std::vector<HostInfo>>()> clusters;
    /// Looks at a host now; what was found is not stored.
    std::function<Result<HostLook>(const std::string &address, const Progress &, std::stop_token)> look;
    std::function<Result<KnownHost>(const std::string &address, const std::string &name, const std::optional<HostLook> &look)> add;
    std::function<Result<bool>(const std::string &address)> remove;
};

/// One bit of a guest policy, as the backend explains it.
struct PolicyBit {
    unsigned bit = 0;
    std::string name, set, clear; ///< what it means when set, and when clear
    bool fixed = false; ///< it follows from the technology, and is no choice
};
/// The guest policy of a technology.
struct PolicyWords {
    std::uint64_t usual = 0; ///< the strictest usual one
    std::vector<PolicyBit> bits;
};

/// A failure that was recognised by its words (docs/hosts.md).
struct FailureWords {
    std::string what, why, remedy, source;
    std::string said; ///< the line that it was recognised by
};

/// A launch whose host was chosen for it.
struct AutomaticPlan {
    LaunchPlan plan;
    std::vector<HostReason> reasons; ///< every host with why it was chosen or not, the chosen one first
};

/// What the windows need for keeps in virtual machines.
struct MachineFunctions {
    /// Plans on the best of the hosts that fit; looks at all of them. Worker threads only.
    std::function<Result<AutomaticPlan>(const LaunchRequest &, const Progress &, std::stop_token)> planAutomatically;
    /// Appraises a report that was made inside a whole virtual machine and brought by hand; the record is not stored. Worker threads only.
    std::function<Result<Record>(const KeepStatus &, const std::vector<std::string> &files)> importReport;
    std::function<PolicyWords(std::string_view technology)> policyWords;
    /// What a text of QEMU's, libvirt's, the firmware's or the kernel's means; nothing where it is not known. Quick for what a keep's
    /// reason holds.
    std::function<std::optional<FailureWords>(std::string_view text)> explainFailure;
};

/// All that the windows need of the engine. app/kastellan hands in the real ones, tests hand in fakes; ui itself knows no backend.
struct Services {
    std::shared_ptr<HostRegistry> hosts;
    std::shared_ptr<EvidenceBackend> backend;
    std::function<Result<std::unique_ptr<RecordStore>>()> openStore;
    KeepFunctions keeps;
    CertificateFunctions certificates;
    HostListFunctions hostList;
    MachineFunctions machines;
    /// Does what was planned and logs it (core/hosts/platform_log.h). Worker threads only.
    std::function<Result<ActionOutcome>(PlatformControl &, const ActionPlan &, const Progress &, std::stop_token, Status *notLogged)>
        performPlatform;
    std::function<Result<LaunchPlan>(const LaunchRequest &, Host &, const Progress &, std::stop_token)> plan;
    std::filesystem::path examples; ///< folder whose folders are example workloads; empty: none
};

} // namespace kastellan::ui
