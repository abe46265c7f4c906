// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/evidence/evidence.h"
#include "core/keeps/launcher.h"

#include <memory>

namespace kastellan::keepctl {

/// What the commands work with; made by main from the backends.
struct Context {
    std::shared_ptr<HostRegistry> hosts;
    std::shared_ptr<EvidenceBackend> backend;
};

/// What keepctl exits with (table.h).
namespace exit_code {
inline constexpr int done = 0, negative = 1, usage = 2, environment = 3;
inline constexpr int notLaunched = 125, refused = 126, notStarted = 127, trapped = 134, ended = 137;
} // namespace exit_code
/// The exit code of an error, for every command but a foreground launch.
[[nodiscard]] int exitCodeOf(const Error &error);

/// Runs the command that was asked for, and yields the exit code. Errors are printed by the caller.
[[nodiscard]] Result<int> run(const Invocation &asked, const Context &context);

// One function for each command. Each prints its result itself.
[[nodiscard]] Result<int> hostList(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostShow(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostAdd(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostRemove(const Invocation &asked);
[[nodiscard]] Result<int> hostExplain(const Invocation &asked);
[[nodiscard]] Result<int> keepPlan(const Invocation &asked, const Context &context);
/// Prints its own errors too: JSON holds them beside all else.
[[nodiscard]] int keepLaunch(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> keepDomainXml(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> keepList(const Invocation &asked);
[[nodiscard]] Result<int> keepShow(const Invocation &asked);
[[nodiscard]] Result<int> keepLogs(const Invocation &asked);
[[nodiscard]] Result<int> keepStop(const Invocation &asked);
[[nodiscard]] Result<int> keepRemove(const Invocation &asked);
[[nodiscard]] Result<int> keepAttest(const Invocation &asked);
[[nodiscard]] Result<int> keepRecover(const Invocation &asked);
[[nodiscard]] Result<int> keepImportReport(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceList(const Invocation &asked);
[[nodiscard]] Result<int> evidenceShow(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceVerify(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceDiff(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceExport(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceFsck(const Invocation &asked);
[[nodiscard]] Result<int> evidencePolicy(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> measureProcess(const Invocation &asked);
[[nodiscard]] Result<int> measureSev(const Invocation &asked);
[[nodiscard]] Result<int> measureEs(const Invocation &asked);
[[nodiscard]] Result<int> measureSnp(const Invocation &asked);
[[nodiscard]] Result<int> measureSvsm(const Invocation &asked);
[[nodiscard]] Result<int> measureVm(const Invocation &asked);
[[nodiscard]] Result<int> measureOvmfHash(const Invocation &asked);
[[nodiscard]] Result<int> measureIdBlock(const Invocation &asked);
[[nodiscard]] Result<int> measureKeyDigest(const Invocation &asked);
[[nodiscard]] Result<int> ownerSession(const Invocation &asked);
[[nodiscard]] Result<int> ownerMeasurement(const Invocation &asked);
[[nodiscard]] Result<int> ownerSecret(const Invocation &asked);
[[nodiscard]] Result<int> ownerReport(const Invocation &asked);
[[nodiscard]] Result<int> ownerVmsa(const Invocation &asked);
[[nodiscard]] Result<int> profileList(const Invocation &asked);
[[nodiscard]] Result<int> profileShow(const Invocation &asked);
[[nodiscard]] Result<int> profileRemove(const Invocation &asked);
[[nodiscard]] Result<int> keysList(const Invocation &asked);
[[nodiscard]] Result<int> keysCreate(const Invocation &asked);
[[nodiscard]] Result<int> keysShow(const Invocation &asked);
[[nodiscard]] Result<int> keysRemove(const Invocation &asked);
[[nodiscard]] Result<int> certsImport(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> certsList(const Invocation &asked);
[[nodiscard]] Result<int> certsShow(const Invocation &asked);
[[nodiscard]] Result<int> certsVerify(const Invocation &asked);
[[nodiscard]] Result<int> certsExport(const Invocation &asked);
[[nodiscard]] Result<int> certsRemove(const Invocation &asked);
[[nodiscard]] Result<int> certsFetch(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostPins(const Invocation &asked);
[[nodiscard]] Result<int> hostPin(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostUnpin(const Invocation &asked);
[[nodiscard]] Result<int> hostCheck(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostRecord(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostStatus(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> hostCerts(const Invocation &asked, const Context &context);
/// All that is done with a host's firmware.
[[nodiscard]] Result<int> hostAction(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceReappraise(const Invocation &asked, const Context &context);
[[nodiscard]] Result<int> evidenceHold(const Invocation &asked);
[[nodiscard]] Result<int> evidenceRelease(const Invocation &asked);
[[nodiscard]] Result<int> evidencePurge(const Invocation &asked);
[[nodiscard]] Result<int> evidenceBackup(const Invocation &asked);
[[nodiscard]] Result<int> evidenceRestore(const Invocation &asked);
[[nodiscard]] Result<int> activityLog(const Invocation &asked);
[[nodiscard]] Result<int> emulate(const Invocation &asked);
[[nodiscard]] Result<int> imageBuild(const Invocation &asked);
[[nodiscard]] Result<int> imageShow(const Invocation &asked);
[[nodiscard]] Result<int> imageVerify(const Invocation &asked);

} // namespace kastellan::keepctl
