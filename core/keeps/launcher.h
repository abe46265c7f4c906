// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/base/progress.h"
#include "core/keeps/plan.h"

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>

namespace kastellan {

class HostInspector; // core/hosts/readiness.h
class PlatformControl; // core/hosts/platform_control.h
struct SessionSecret; // core/session/session_secret.h

/// How a keep ended, from outside.
struct KeepEnd {
    bool bySignal = false;
    int code = 0; ///< exit status or signal number of the warden (or of the virtual machine's process)
    bool known = true; ///< false: it was not our child (found again after its loader's death), so nobody told how it ended
    std::string lastWords; ///< the end of what the warden itself wrote to its standard error; for an error's message
};

/// A started keep, as its loader holds it. Destroying the object does not stop the keep; `kill` does. `connect`, `admit`, `use`,
/// `pressPowerButton` and `kill` may wait for a host that does not answer: the loader calls each in a thread of its own, gives it up after
/// a while, and calls `kill` also while another of them still waits. All others answer at once.
class RunningKeep {
public:
    virtual ~RunningKeep() = default;
    /// A new stream to the warden. A stream may carry bytes of an earlier connection: the frames above it sort that out.
    [[nodiscard]] virtual Result<Fd> connect() = 0;
    /// Becomes readable when the keep has ended (a pidfd, or an eventfd).
    [[nodiscard]] virtual int endFd() const = 0;
    /// After endFd became readable.
    [[nodiscard]] virtual KeepEnd end() = 0;
    /// The process that is the keep, for recovery: pid and start time; 0 when it is not a process of ours.
    [[nodiscard]] virtual std::pair<std::int64_t, std::uint64_t> process() const = 0;
    /// Ends it now and removes everything it left: processes, mounts, sockets, files. Idempotent. Fails when the host could not be told, or
    /// not in time: then the keep's folder still names what is left, and Host::clear takes it away later.
    [[nodiscard]] virtual Status kill() = 0;
    /// Asks a whole machine to end by itself, as its power button would; whether it does, `endFd` tells. A Negative error where there is
    /// nobody to ask so.
    [[nodiscard]] virtual Status pressPowerButton()
    {
        return fail(ErrorKind::Negative, "press the keep's power button", {}, "it has none");
    }
    /// Certificates that back its reports (for the emulated platform: its own).
    [[nodiscard]] virtual std::vector<Endorsement> endorsements() const = 0;
    /// Findings that only the launcher knows: how it is sandboxed, what was overridden.
    [[nodiscard]] virtual std::vector<Finding> findings() const = 0;

    /// SEV and SEV-ES: the keep is measured and waits before its first instruction, and this is what the firmware says of it
    /// ("sev-launch-measure"). None: it runs, and reports from inside.
    [[nodiscard]] virtual std::optional<Evidence> launchEvidence() const { return {}; }
    /// After the launch evidence was appraised, and not refused: gives the waiting keep its session secret (core/session/session_secret.h)
    /// and lets it run.
    [[nodiscard]] virtual Status admit() { return {}; }
    /// The secret that `admit` gave; none where reports come from inside. What the warden answers to a challenge is then no report but a
    /// code made with it.
    [[nodiscard]] virtual const SessionSecret *sessionSecret() const { return nullptr; }
    /// What the machine's console writes, as a stream to read, once; invalid where there is none. The host can write there what it likes.
    [[nodiscard]] virtual Fd takeConsole() { return {}; }
    /// Processor seconds and bytes of memory that the keep has used; none where the host does not say.
    struct Use {
        double cpuSeconds = 0;
        std::uint64_t memory = 0;
    };
    [[nodiscard]] virtual std::optional<Use> use() const { return {}; }
};

/// A host as listed.
struct HostInfo {
    std::string id; ///< "emulated", "local", or a libvirt URI
    std::string name; ///< for people
    std::string state; ///< "ready", "not ready", "unknown"
    std::string why; ///< one sentence
    std::string remedy; ///< what to do when not ready
    std::string platform; ///< "emulated Genoa, SEV-SNP 1.58, root <fingerprint>"…
    bool emulated = false;
    bool machines = false; ///< its keeps are virtual machines: MachineRequest counts
    std::vector<std::string> technologies; ///< then: "snp", "es", "sev", those that it offers, strongest first
    bool rehearses = false; ///< a rehearsal can be launched there, also where it is not ready
    std::vector<std::pair<std::string, std::string>> facts; ///< for showing
};

inline constexpr const char *wardenFile = "warden";

/// A place where keeps can run; sev-backend implements it.
class Host {
public:
    virtual ~Host() = default;
    [[nodiscard]] virtual HostInfo info() const = 0;
    /// Fills in what this host decides: protection, image, policy, expected root and launch digest (computed from the
    /// build's reference values, never from what lies on the host).
    [[nodiscard]] virtual Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop) = 0;
    /// Starts the keep image. `folder` is the keep's own (0700) and holds what recovery needs. A keep that is a process of ours is written
    /// into its file `wardenFile` ("PID START") before it executes anything: the loader may die before it has written its state.
    [[nodiscard]] virtual Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) = 0;
    /// Finds a keep again whose loader died. Fails when it no longer runs.
    [[nodiscard]] virtual Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) = 0;
    /// Takes away what a keep that has ended left on the host, by what its folder says: its machine, volumes, files. Nothing left is no
    /// error. Fails when the host can't be reached, or refuses; may wait for it.
    [[nodiscard]] virtual Status clear(const KeepStatus & /*status*/, const std::string & /*folder*/) { return {}; }
    /// What `clear` would look for, and where, for people: by the keep's folder alone, without asking the host. Empty: nothing.
    [[nodiscard]] virtual std::string left(const KeepStatus & /*status*/, const std::string & /*folder*/) const { return {}; }
    /// Looks whether keeps can run here; none where nothing can be looked at.
    [[nodiscard]] virtual std::shared_ptr<HostInspector> inspector() { return {}; }
    /// The firmware under control; none where it can't be reached.
    [[nodiscard]] virtual std::shared_ptr<PlatformControl> platform() { return {}; }
};

/// All hosts that this program knows. `app` makes it from the backends.
class HostRegistry {
public:
    virtual ~HostRegistry() = default;
    [[nodiscard]] virtual std::vector<std::shared_ptr<Host>> hosts() const = 0;
    [[nodiscard]] virtual Result<std::shared_ptr<Host>> find(std::string_view id) const = 0;
};

} // namespace kastellan
