// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"

#include <filesystem>

namespace kastellan::sev {

/// The host "local": this computer's own processor. Says what there is; this version launches nothing on it.
class LocalHost final : public Host {
public:
    /// `root` is put before every path that is looked at: for tests.
    explicit LocalHost(std::filesystem::path root = {});

    [[nodiscard]] HostInfo info() const override;
    [[nodiscard]] Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop) override;
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) override;
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) override;
    [[nodiscard]] std::shared_ptr<HostInspector> inspector() override;
    [[nodiscard]] std::shared_ptr<PlatformControl> platform() override;

private:
    std::filesystem::path m_root;
    std::shared_ptr<PlatformControl> m_platform; ///< one, for it knows whether a password was given
};

} // namespace kastellan::sev
