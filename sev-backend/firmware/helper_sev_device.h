// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/firmware/sev_device.h"

#include <filesystem>
#include <memory>

namespace kastellan::sev {

/// Where the privileged helper is, and what starts it.
struct HelperPrograms {
    std::filesystem::path pkexec, helper;
    [[nodiscard]] bool there() const { return !pkexec.empty() && !helper.empty(); }
};
/// pkexec on PATH, and kastellan-platform-helper in libexec beside the program's folder, or in the program's own;
/// $KASTELLAN_PLATFORM_HELPER names another one. Empty paths where there is none.
[[nodiscard]] HelperPrograms findHelper();

/// A device of which this user may do a part: what the user may not is done by the helper, for which polkit asks for an administrator's
/// password. A command that is allowed directly never asks.
class HelperSevDevice final : public SevDevice {
public:
    HelperSevDevice(std::shared_ptr<SevDevice> direct, HelperPrograms programs);

    [[nodiscard]] std::string name() const override { return m_direct->name(); }
    [[nodiscard]] DeviceAccess access() const override;
    /// Waits for the person who is asked, or until this thread's Asking (core/hosts/asking.h) stops.
    [[nodiscard]] CommandAnswer issue(SevCall &call, bool write) override;

private:
    [[nodiscard]] CommandAnswer ask(SevCall &call) const;

    std::shared_ptr<SevDevice> m_direct;
    HelperPrograms m_programs;
};

} // namespace kastellan::sev
