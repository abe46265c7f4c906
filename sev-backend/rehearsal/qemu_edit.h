// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/rehearsal/qemu_line.h"

namespace kastellan::sev {

/// The value of an option, as keys and values or as a JSON object, to be changed without touching the rest.
class OptionText {
public:
    explicit OptionText(std::string text)
        : m_text(std::move(text))
    {
    }
    void erase(std::string_view key);
    /// In JSON a dot leads into a member of a member.
    void set(std::string_view key, std::string_view value);
    [[nodiscard]] const std::string &text() const { return m_text; }

private:
    [[nodiscard]] std::vector<std::string> parts() const;
    void join(const std::vector<std::string> &parts);
    std::string m_text;
};

/// What takes the place of what.
struct QemuEdits {
    std::string firmware, kernel, initrd; ///< paths; empty: as they are
    std::optional<std::string> append; ///< another command line of the kernel
    std::string memory; ///< path of the guest's memory
    std::vector<std::pair<MonitorPlace, int>> monitors; ///< the descriptor that QEMU speaks QMP on instead
    int firmwarePort = -1; ///< the descriptor of the warden's port to the firmware
    bool notResettable = false; ///< processors whose state is encrypted can't be reset: the machine ends instead
};
/// The id of the chardev and of the device of the warden's port to the firmware.
inline constexpr const char *firmwareChardev = "kastellan-firmware";
inline constexpr const char *firmwareDevice = "kastellan-firmware-port";

/// The words that the real QEMU gets: of a launch without what protects it, under TCG; of anything else with the monitors exchanged.
[[nodiscard]] std::vector<std::string> edited(const QemuLine &line, const QemuEdits &edits);

} // namespace kastellan::sev
