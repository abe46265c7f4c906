// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace kastellan {

/// The steps of a launch in a virtual machine, as progress tells them (KeepEvent::text, without amounts) and as the keep's log keeps them
/// ("step: ..."). Which of them come depends on the technology; the order is this one.
namespace launch_step {
inline constexpr std::string_view chainVerified = "the platform's certificates are verified"; ///< SEV, SEV-ES
inline constexpr std::string_view sessionMade = "the owner's launch session is made"; ///< SEV, SEV-ES
inline constexpr std::string_view measured = "the firmware has measured the waiting machine"; ///< SEV, SEV-ES
inline constexpr std::string_view appraised = "the launch measurement is the expected one, and recorded"; ///< SEV, SEV-ES
inline constexpr std::string_view secretInjected = "the session secret is sealed into the machine"; ///< SEV, SEV-ES
inline constexpr std::string_view running = "the machine runs";
inline constexpr std::string_view booting = "booting"; ///< with seconds: how long, of its patience
inline constexpr std::string_view answered = "its warden has answered";
inline constexpr std::string_view certificates =
    "looking for the platform's certificates"; ///< SEV-SNP: AMD's key server, unless they are here
inline constexpr std::array all = {chainVerified, sessionMade, measured, appraised, secretInjected, running, answered, certificates};
} // namespace launch_step

/// In the reason of a keep that ended before its warden had answered: what stands between the error and the console's last lines.
inline constexpr std::string_view lastConsoleLines = "\nLast lines of the console, where the host can write as well:\n";

/// Whether a text of progress is a step that is worth a line in the log.
[[nodiscard]] inline bool isLaunchStep(std::string_view text)
{
    return std::ranges::find(launch_step::all, text) != launch_step::all.end();
}

} // namespace kastellan
