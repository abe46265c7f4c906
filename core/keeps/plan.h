// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/keeps/machine.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kastellan {

/// A keep's life (docs/architecture.md). Planned to Running go forward only; the last three are final.
enum class KeepState { Planned, Starting, Attesting, Delivering, Running, Suspect, Stopped, Failed, Refused };
[[nodiscard]] std::string_view name(KeepState state); ///< "planned", …
[[nodiscard]] std::optional<KeepState> keepStateFromName(std::string_view name);
/// Whether the state machine allows the step.
[[nodiscard]] bool mayFollow(KeepState from, KeepState to);
[[nodiscard]] inline bool isFinal(KeepState state)
{
    return state >= KeepState::Stopped;
}

/// One file that is measured before the workload: part of the keep image.
struct MeasuredFile {
    std::string path; ///< in the keep, e.g. "/usr/bin/keep-warden"
    std::uint64_t size = 0;
    Sha256 sha256;
    std::uint32_t mode = 0644; ///< permission bits; measured too
};

/// All that is decided before anything happens; the person sees it, the record keeps it. Holds no secret.
struct LaunchPlan {
    KeepId id;
    std::string name; ///< for people: the workload's file name unless given
    std::string host = "emulated";
    std::string protection; ///< "emulated SEV-SNP", …
    std::string workload; ///< absolute path of the .wasm file, folder or package
    Sha256 workloadDigest; ///< of the module
    std::string configuration; ///< Keep.toml as it will be delivered (canonical text)
    std::vector<std::string> args; ///< overrides and additions from the command line, already merged into `configuration`
    std::vector<std::string> secretNames;
    std::vector<MeasuredFile> image; ///< what is measured
    ReferenceValues expected;
    std::string ownerKey; ///< hex SHA-256 of the DER SubjectPublicKeyInfo: becomes host_data
    std::uint64_t policy = 0; ///< guest policy as the backend encodes it
    std::string execution = "auto"; ///< "interpreter", "aot" or "auto" (aot where a compiler is there)
    bool attestOnly = false;
    bool noSandbox = false; ///< named override: the finding fails, and does not decide
    unsigned reattestSeconds = 0; ///< 0: only by hand
    bool stopOnFailedAttestation = false;
    std::int64_t created = 0; ///< Unix seconds
    std::optional<MachinePlan> machine; ///< where the keep is a virtual machine
};

/// JSON of a plan as stored in plan.json and in records (docs/json.md).
[[nodiscard]] std::string toJson(const LaunchPlan &plan);
[[nodiscard]] Result<LaunchPlan> planFromJson(std::string_view json);

/// What `keep list` shows; state.json in the keep's folder, replaced atomically at each step.
struct KeepStatus {
    LaunchPlan plan;
    KeepState state = KeepState::Planned;
    std::string verdict; ///< of the newest appraisal, empty before
    bool emulated = false;
    std::string reason; ///< why it failed, was refused, or is suspect
    std::int64_t since = 0; ///< when the state was entered, Unix seconds
    std::vector<std::pair<KeepState, std::int64_t>> timeline; ///< state and Unix milliseconds
    std::optional<int> exitCode; ///< of the workload
    std::string trap; ///< set when it ended by a trap
    std::vector<std::string> records; ///< ids of its evidence records, oldest first
    std::int64_t loaderPid = 0; ///< with start time: never a bare number
    std::uint64_t loaderStart = 0; ///< field 22 of /proc/PID/stat
    std::int64_t wardenPid = 0;
    std::uint64_t wardenStart = 0;
    bool loaderAlive = false; ///< computed when read, not stored
    bool wardenAlive = false; ///< computed when read, not stored
    std::uint64_t logBytes = 0;
    std::string execution; ///< "interpreter" or "aot", once running
};
[[nodiscard]] std::string toJson(const KeepStatus &status);
[[nodiscard]] Result<KeepStatus> statusFromJson(std::string_view json);

} // namespace kastellan
