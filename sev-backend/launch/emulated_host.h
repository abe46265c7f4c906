// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "sev-backend/emulator/processor.h"

#include <mutex>

namespace kastellan::sev {

class ImageFiles;
class ProcessKeep;

/// What the emulated host launches, and what that has to be.
struct EmulatedHostOptions {
    std::filesystem::path image; ///< the keep image's folder
    std::vector<MeasuredFile> reference; ///< its files as they were built
    LaunchDigest referenceDigest; ///< and the launch digest that they have
    std::filesystem::path processor = dataFolder() / "emulated";
};

/// The host "emulated": keeps are sandboxed processes, measured and attested by the emulated firmware.
class EmulatedHost final : public Host {
public:
    explicit EmulatedHost(EmulatedHostOptions options);

    [[nodiscard]] HostInfo info() const override;
    /// Makes the processor's identity on first use (seconds).
    [[nodiscard]] Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop) override;
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) override;
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) override;
    [[nodiscard]] std::shared_ptr<HostInspector> inspector() override;
    [[nodiscard]] std::shared_ptr<PlatformControl> platform() override;

private:
    /// One processor for all that this host does; who manages the platform may outlive the host.
    struct Opened {
        std::filesystem::path folder;
        std::mutex mutex;
        std::shared_ptr<Processor> processor; // guarded by mutex
        [[nodiscard]] Result<std::shared_ptr<Processor>> open(const Progress &progress, std::stop_token stop);
    };
    [[nodiscard]] Result<std::shared_ptr<Processor>> processor(const Progress &progress, std::stop_token stop) const;

    EmulatedHostOptions m_options;
    std::shared_ptr<Opened> m_opened = std::make_shared<Opened>();
};

} // namespace kastellan::sev
