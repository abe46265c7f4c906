// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/emulated_command.h"

#include "core/base/error.h"

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kastellan::sev {

/// What goes wrong on purpose. Rules are separated by commas or line ends:
///
///     COMMAND=FAULT          every time          pek-import=INVALID_CERTIFICATE
///     COMMAND=FAULT#N        the Nth time only   snp-commit=UPDATE_FAILED#2
///     COMMAND=FAULT*N        the first N times   get-report=busy*3
///
/// COMMAND is a name of emulated_command.h, or * for all. FAULT is a status (its name in either case, or its number: 0x24), `busy`,
/// `throttled` (a guest's driver tries again, as Linux does; for others as busy), or `slow:TIME` (slow:200ms, slow:2s, at most a minute),
/// which delays the command and lets it go on. Of several rules that hold, delays add up and the first other fault counts. Times are
/// counted per rule, from when it was made. Copies share the count.
class FaultPlan {
public:
    static constexpr std::size_t textLimit = 4096, ruleLimit = 64;

    FaultPlan() = default;
    /// An unknown command, status, time or form is an Input error that names the rule and what there is.
    [[nodiscard]] static Result<FaultPlan> parse(std::string_view text);
    /// The rules as `parse` reads them; empty when there are none.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool empty() const { return !m_rules; }

    struct Decision {
        std::chrono::milliseconds delay{0};
        FirmwareStatus status = FirmwareStatus::Success; ///< Success: nothing is refused; may be firmwareBusy
    };
    /// Counts one use of a command.
    [[nodiscard]] Decision next(EmulatedCommand command) const;

private:
    struct Rule {
        std::optional<EmulatedCommand> command; ///< nothing: all
        std::chrono::milliseconds delay{0};
        FirmwareStatus status = FirmwareStatus::Success;
        std::uint32_t only = 0, first = 0; ///< 0: no such limit
        std::uint32_t seen = 0;
    };
    struct Rules {
        std::mutex mutex;
        std::vector<Rule> rules;
    };
    [[nodiscard]] static Result<Rule> parseRule(std::string_view text);
    std::shared_ptr<Rules> m_rules;
};

} // namespace kastellan::sev
