// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan {

/// What one check came to.
enum class Outcome { Pass, Fail, Unknown, Info };

/// The verdict of an appraisal (docs/appraisal.md).
enum class Verdict { Trusted, Authentic, Undecided, Refused };

/// One check of the evidence. Ids are dotted, stable and documented in docs/appraisal.md.
struct Finding {
    std::string id; ///< "report.signature"
    std::string area; ///< "root", "chain", "report", "tcb", "policy", "binding", "launch", "workload", "sandbox", "platform"
    Outcome outcome = Outcome::Unknown;
    bool required = true; ///< false: advisory
    std::string expected;
    std::string actual;
    std::string why; ///< why it matters
    std::string remedy; ///< what to do when it is not a pass; empty for a pass
    std::string source; ///< specification and section
    bool reference = false; ///< it compared the launch digest, or an ID block of a pinned key: what `trusted` needs
};

/// The findings of one piece of evidence and what they come to.
struct Appraisal {
    Verdict verdict = Verdict::Undecided;
    bool emulated = false; ///< the root is a software firmware's: proves the procedure, nothing about hardware
    std::vector<Finding> findings;
    std::vector<std::string> overrides; ///< named protections that the owner gave up: "--allow-debug"
    std::int64_t at = 0; ///< the time appraised for, Unix seconds
    /// One plain sentence for a banner, e.g. "Refused: the launch digest is not the expected one."
    std::string sentence;
};

[[nodiscard]] std::string_view name(Outcome outcome); ///< "pass", "fail", "unknown", "info"
[[nodiscard]] std::string_view name(Verdict verdict); ///< "trusted", "authentic", "undecided", "refused"
[[nodiscard]] std::optional<Outcome> outcomeFromName(std::string_view name);
[[nodiscard]] std::optional<Verdict> verdictFromName(std::string_view name);
/// A check's name for people: "Report signature" for "report.signature"; of an unknown id, the id in words.
[[nodiscard]] std::string title(std::string_view id);

/// The design's rule: any required fail: refused; else any required unknown: undecided; else trusted if the launch digest (or ID block key)
/// was compared; else authentic. Sets verdict and sentence.
void decide(Appraisal &appraisal);

} // namespace kastellan
