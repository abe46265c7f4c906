// SPDX-License-Identifier: Apache-2.0
// One action on its way from arguments to outcome. Private to this room.
#pragma once

#include "core/base/output_files.h"
#include "sev-backend/firmware/oca.h"
#include "sev-backend/firmware/situation.h"

#include <map>

namespace kastellan::sev {

/// What an action was told, what it found, and what it read. Made anew for the plan and for the performance.
struct ActionRun {
    const PlatformSurroundings &host;
    std::optional<Situation> now; ///< none for actions that need no platform
    ActionPlan plan;

    // What `prepare` has read and checked.
    std::optional<legacy::Certificate> csr, pek, oca;
    std::optional<OcaKey> key;
    std::vector<Endorsement> extra; ///< certificates that were given for an export
    SnpConfig config;
    std::optional<VlekHashstick> hashstick;

    [[nodiscard]] Platform &platform() const { return *now->platform; }
    [[nodiscard]] bool has(const char *argument) const { return plan.arguments.contains(argument); }
    [[nodiscard]] std::string text(const char *argument, std::string otherwise = {}) const;
    /// "" and "yes" are yes, "no" is no.
    [[nodiscard]] bool flag(const char *argument) const;
    /// The content of an input file of at most `limit` bytes.
    [[nodiscard]] Result<Bytes> input(const char *argument, std::uint64_t limit = 1u << 20) const;
    /// Refuses an output that can't be written: a missing folder, an existing file without "force".
    [[nodiscard]] Status checkOutput(const char *argument) const;
    void step(std::string sentence) { plan.steps.push_back(std::move(sentence)); }
    void consequence(std::string sentence) { plan.consequences.push_back(std::move(sentence)); }
    /// What it does, as errors say it.
    [[nodiscard]] std::string what() const;
};

/// Writes all files or none, and names them in the outcome.
[[nodiscard]] Result<ActionOutcome> writeOutputs(const ActionRun &run, std::vector<ExportFile> files, std::string summary);

/// What an action may not meet.
enum class GuestRule : std::uint8_t { Any, NoneEnds };

/// One row of the table of actions.
struct ActionRow {
    PlatformAction described;
    bool needsPlatform = true, needsSnp = false, needsUnowned = false;
    GuestRule guests = GuestRule::Any;
    std::vector<SevCommand> commands; ///< those that permission is needed for
    Status (*prepare)(ActionRun &run) = nullptr; ///< checks and reads all input, and says steps and consequences
    Result<ActionOutcome> (*perform)(ActionRun &run, const Progress &progress) = nullptr;
};
[[nodiscard]] const std::vector<ActionRow> &actionRows();
/// Reads what this user may not, once an administrator's password was given.
inline constexpr std::string_view lookAction = "look";
/// An unknown id is an Input error that lists them.
[[nodiscard]] Result<const ActionRow *> findAction(std::string_view id);

// The rows, by subject.
void addExportActions(std::vector<ActionRow> &rows);
void addOwnershipActions(std::vector<ActionRow> &rows);
void addSnpActions(std::vector<ActionRow> &rows);

[[nodiscard]] PlatformAction described(
    std::string id, std::string title, std::string summary, ActionEffect effect, std::vector<ActionParameter> parameters);
/// The title of an action without the dots that say that a form follows.
[[nodiscard]] std::string withoutDots(std::string_view title);
/// What it does, as errors say it: "reset the platform".
[[nodiscard]] std::string actionWords(const PlatformAction &action);
// Parameters that several share.
[[nodiscard]] ActionParameter inputFile(std::string id, std::string label, std::string help, bool required = true);
[[nodiscard]] ActionParameter outputFile(std::string id, std::string label, std::string help);
[[nodiscard]] ActionParameter forceFlag();

} // namespace kastellan::sev
