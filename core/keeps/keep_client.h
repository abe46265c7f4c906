// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/keeps/plan.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

namespace kastellan {

/// What a loader tells its clients. Lines of JSON on the wire (docs/loader-protocol.md); typed here.
struct KeepEvent {
    enum class Kind { Status, Progress, Log, Appraisal, Error, Closed, Use } kind = Kind::Status;
    KeepStatus status; ///< Status: the whole new status
    std::string text; ///< Progress: what is being done; Error: message
    std::uint64_t done = 0, total = 0; ///< Progress
    std::uint64_t logBytes = 0; ///< Log: the log has grown to this size
    std::string recordId; ///< Appraisal: the record that was written
    std::string verdict; ///< Appraisal
    std::int64_t at = 0; ///< Use: Unix milliseconds
    double cpuSeconds = 0; ///< Use: processor time since the keep's start
    std::uint64_t memory = 0; ///< Use: bytes that it takes now
};

/// A client's connection to one loader: one socket, never blocking except where said. Plain C++, so that the command line and the
/// windows share it (a QSocketNotifier on fd() drives it in the window).
class KeepClient {
public:
    /// Connects to the loader of a keep (checks that the peer is our own user). Fails when no loader answers.
    [[nodiscard]] static Result<std::unique_ptr<KeepClient>> connect(const KeepId &id);
    virtual ~KeepClient() = default;

    [[nodiscard]] virtual int fd() const = 0;
    /// Reads what has arrived without blocking and calls back once an event, in order. Closed comes last, once.
    virtual void poll(const std::function<void(const KeepEvent &)> &event) = 0;
    /// Requests; answers come as events. All fail when the loader is gone.
    [[nodiscard]] virtual Status sendInput(ByteView data) = 0;
    [[nodiscard]] virtual Status closeInput() = 0;
    [[nodiscard]] virtual Status stop(unsigned graceSeconds) = 0; ///< stops the workload, then the keep; in any state
    [[nodiscard]] virtual Status attest() = 0;
    /// From now on, or no longer: a Use event every second while the keep runs on a host that tells. Nobody looks while nobody asks.
    [[nodiscard]] virtual Status watchUse(bool /*on*/) { return {}; }
};

/// A secret on its way to the keep: only ever in memory and in the pipe to the loader. Wiped when destroyed.
struct Secret {
    std::string name;
    Bytes value;
    Secret() = default;
    Secret(std::string n, Bytes v)
        : name(std::move(n))
        , value(std::move(v))
    {
    }
    Secret(Secret &&) = default;
    Secret &operator=(Secret &&) = default;
    ~Secret();
};

/// The keeps of this user: folders under dataFolder()/keeps, one loader process each.
namespace keeps {
[[nodiscard]] std::filesystem::path folder(const KeepId &id);
/// The log of a keep (core/logs/keep_log.h reads it).
[[nodiscard]] std::filesystem::path logPath(const KeepId &id);
/// Makes the keep's folder with plan.json and the owner key, and starts `keep-loader` for it, detached from us; secrets go through a pipe.
/// Returns when the loader answers on its socket.
[[nodiscard]] Result<std::unique_ptr<KeepClient>> launch(const LaunchPlan &plan, std::vector<Secret> secrets);
/// Every keep, newest first, with loaderAlive and wardenAlive looked up. Unreadable ones are reported in `problems`, never hidden.
[[nodiscard]] std::vector<KeepStatus> list(std::vector<Error> *problems = nullptr);
[[nodiscard]] Result<KeepStatus> status(const KeepId &id);
/// By whole id, unique prefix (at least 4 digits), or name (the newest with it; ambiguous live ones are an error naming them).
[[nodiscard]] Result<KeepStatus> find(std::string_view idOrName);
/// Starts a new loader for a keep whose loader died while the warden lives; it appraises anew before anything flows again.
/// A keep whose warden is gone too is marked failed.
[[nodiscard]] Status recover(const KeepId &id);
/// Removes a keep that has ended; its evidence records stay. A running one is an error.
[[nodiscard]] Status remove(const KeepId &id);
} // namespace keeps

} // namespace kastellan
