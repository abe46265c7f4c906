// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/evidence/evidence.h"

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan {

/// One fact of a platform, in the backend's words.
struct PlatformFact {
    std::string id; ///< stable, dotted: "snp.tcb.reported"
    std::string name; ///< "Reported TCB"
    std::string value;
    std::string meaning; ///< one sentence; may be empty
};
struct PlatformSection {
    std::string title; ///< "SEV-SNP", "Identity", "Addresses of certificates"
    std::vector<PlatformFact> facts;
};

/// Something protected that runs on a platform, and what would become of it.
struct PlatformGuest {
    std::string name; ///< "keep hello (3f2a90c1)", "2 guests that are no keeps of this user"
    std::string keep; ///< its id, if it is a keep of this user
    std::uint32_t count = 1;
    std::vector<std::string> endedBy; ///< ids of the actions that would end it (and are refused for that), and "shutdown"
    std::vector<std::string> disturbedBy; ///< ids of the actions after which it proves itself with other words
};

/// The platform of a host: its firmware's state, versions, levels and certificates.
struct PlatformView {
    std::string host, title; ///< "AMD SEV firmware 1.58.40"
    std::string reachedBy; ///< "/dev/sev", "the emulated firmware", "libvirt at URI"
    bool emulated = false;
    std::vector<PlatformSection> sections;
    std::vector<TcbColumn> tcb;
    std::vector<CertificateView> ownership; ///< legacy chain: PDH, PEK, OCA, CEK, ASK, ARK; empty when not to be had
    std::vector<CertificateView> reports; ///< chain behind attestation reports: VCEK or VLEK, ASK or ASVK, ARK, as far as known
    std::uint32_t guests = 0; ///< protected guests that run now, as far as the firmware counts them
    std::vector<PlatformGuest> running; ///< what blocks maintenance: guests and keeps
    std::vector<std::string> problems; ///< parts that could not be read, each with its reason and what to do
};

/// What an action does to the platform.
enum class ActionEffect {
    Reads,
    Changes, ///< can be undone by another action
    Destroys, ///< keys or guests' migration are lost
    Irreversible, ///< can never be undone
};
[[nodiscard]] std::string_view name(ActionEffect effect); ///< "reads", "changes", "destroys", "irreversible"

/// What an action wants to be told.
struct ActionParameter {
    enum class Kind { Text, Number, InputFile, OutputFile, OutputFolder, Choice, Flag };
    std::string id; ///< as in the command line's option: "mask-chip-id"
    std::string label, help;
    Kind kind = Kind::Text;
    bool required = false;
    std::vector<std::string> choices;
    std::string preset; ///< what holds when it is not given: shown, may be empty
};

/// Something that can be done with a platform.
struct PlatformAction {
    std::string id; ///< "reset", "provision", "snp-commit"…
    std::string title; ///< "Reset the platform…"
    std::string summary; ///< one sentence
    ActionEffect effect = ActionEffect::Reads;
    std::vector<ActionParameter> parameters;
    bool available = false;
    std::string whyNot; ///< why it is not available now, and what would help
};

/// What would happen, before anything does.
struct ActionPlan {
    std::string action;
    std::map<std::string, std::string> arguments;
    std::string title;
    ActionEffect effect = ActionEffect::Reads;
    std::vector<std::string> steps; ///< in order, each a sentence
    std::vector<std::string> consequences; ///< each a sentence: what is lost, what has to be done afterwards
    std::vector<std::string> guests; ///< what of it ends or is disturbed: protected guests, keeps
    bool needsPrivilege = false; ///< the desktop asks polkit for the helper
};

struct ActionOutcome {
    std::string summary; ///< one sentence, past tense
    std::vector<PlatformFact> facts;
    std::vector<std::string> files; ///< written
};

/// docs/json.md; stable.
[[nodiscard]] std::string toJson(const PlatformView &view);
[[nodiscard]] std::string toJson(const std::vector<PlatformAction> &actions);
[[nodiscard]] std::string toJson(const ActionPlan &plan);
[[nodiscard]] std::string toJson(const ActionOutcome &outcome);

/// The firmware of one host, under control. `sev-backend` implements it. All but `host` may block: worker threads only.
class PlatformControl {
public:
    virtual ~PlatformControl() = default;
    [[nodiscard]] virtual std::string host() const = 0;
    [[nodiscard]] virtual Result<PlatformView> view() = 0;
    /// All of them, also those that are not available now.
    [[nodiscard]] virtual std::vector<PlatformAction> actions() = 0;
    /// Checks state, permission and arguments, and reads all input: what is refused is refused here, before anything is tried.
    [[nodiscard]] virtual Result<ActionPlan> plan(const std::string &action, const std::map<std::string, std::string> &arguments) = 0;
    /// Does it. Files are written all or none. Who calls it logs it (core/hosts/platform_log.h).
    [[nodiscard]] virtual Result<ActionOutcome> perform(const ActionPlan &plan, const Progress &progress, std::stop_token stop) = 0;
};

} // namespace kastellan
