// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan {

/// What became of one check.
enum class CheckState {
    Pass,
    Fail, ///< a launch with one of `blocks` would fail
    Warning, ///< works, but should be mended
    Unknown, ///< could not be looked at: `saw` says why
    Skipped, ///< makes no sense because of `skippedFor`
    Info, ///< a fact, nothing to judge
};
[[nodiscard]] std::string_view name(CheckState state); ///< "pass", "fail", "warning", "unknown", "skipped", "info"
[[nodiscard]] Result<CheckState> checkStateFromName(std::string_view name);

/// One thing that was looked at on a host. Ids are dotted and stable (docs/readiness.md).
struct ReadinessCheck {
    std::string id; ///< "cpu.snp"
    std::string area; ///< heading under which people see it: "Processor", "Firmware", "Kernel"…
    std::string title; ///< "SEV-SNP in the processor"
    CheckState state = CheckState::Unknown;
    std::string parent; ///< id of the check below which it is shown; empty: at the top of its area
    std::vector<std::string> needs; ///< ids of the checks without which this one makes no sense
    std::string skippedFor; ///< Skipped: the id of the cause
    std::string looked; ///< what was looked at: "CPUID 0x8000001f EAX bit 4"
    std::string saw; ///< what was there
    std::string means; ///< what that means
    std::string remedy; ///< what to do, for people: where in the firmware's setup, which parameter; empty: nothing
    std::string command; ///< what can be pasted into a shell; empty: nothing
    std::string source; ///< specification, bulletin or issue
    std::vector<std::string> blocks; ///< protections that a failure rules out: "sev", "es", "snp"
    bool operator==(const ReadinessCheck &) const = default;
};

/// Whether one protection can be had.
struct ReadinessVerdict {
    enum class State { Ready, NotReady, Unknown };
    std::string protection; ///< "sev", "es", "snp"; "emulated" for the emulated host
    std::string title; ///< "SEV-SNP"
    State state = State::Unknown;
    std::string sentence; ///< one plain sentence
    std::vector<std::string> causes; ///< ids of the checks that decide: first the one to mend first
    bool operator==(const ReadinessVerdict &) const = default;
};
[[nodiscard]] std::string_view name(ReadinessVerdict::State state); ///< "ready", "not ready", "unknown"
[[nodiscard]] Result<ReadinessVerdict::State> verdictStateFromName(std::string_view name);

/// All that was found out about a host. Help, never proof.
struct Readiness {
    std::string host; ///< its id
    std::string title; ///< for people
    bool emulated = false;
    std::int64_t time = 0; ///< when it was looked at, Unix seconds
    std::string lookedAt; ///< "this computer", "a recording of HOST, DATE", "HOST over ssh", "what libvirt says of URI"
    std::string root; ///< the file tree that was looked at; not "/" in a build root or container
    std::vector<ReadinessVerdict> verdicts; ///< sev, es, snp
    std::vector<ReadinessCheck> checks; ///< in the order of showing; a parent before its children
    std::vector<std::pair<std::string, std::string>> facts; ///< processor, firmware, kernel… for showing
    [[nodiscard]] const ReadinessCheck *check(std::string_view id) const;
    [[nodiscard]] const ReadinessVerdict *verdict(std::string_view protection) const;
};

/// The most text that a readiness is read from, bytes.
inline constexpr std::size_t readinessLimit = std::size_t{4} << 20;
/// docs/json.md; stable.
[[nodiscard]] std::string toJson(const Readiness &readiness);
/// From another machine's keepctl or a file: bounded, and nothing in it is trusted.
[[nodiscard]] Result<Readiness> readinessFromJson(std::string_view json);

struct InspectOptions {
    bool probes = true; ///< also start what takes time: a guest on /dev/kvm, libvirt, QEMU
    bool redactChipId = false; ///< of a recording: without the chip's identity
};

/// Looks at one host.
class HostInspector {
public:
    virtual ~HostInspector() = default;
    /// Blocking, seconds with probes.
    [[nodiscard]] virtual Result<Readiness> inspect(const InspectOptions &options, const Progress &progress, std::stop_token stop) = 0;
    /// A capability file's text: all that `inspect` looks at, for another machine to judge (docs/readiness.md).
    [[nodiscard]] virtual Result<std::string> record(const InspectOptions &options, const Progress &progress, std::stop_token stop) = 0;
};

} // namespace kastellan
