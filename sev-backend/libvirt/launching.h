// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/libvirt/libvirt_host.h"
#include "sev-backend/libvirt/running_machine.h"

namespace kastellan::sev::libvirt {

/// Starts the planned machine (LibvirtHost::start). Whatever it made is taken away again when it fails or is stopped.
[[nodiscard]] Result<std::unique_ptr<RunningKeep>> launchMachine(std::shared_ptr<Connection> connection, const LibvirtHostOptions &options,
    const LaunchPlan &plan, const std::filesystem::path &folder, const Progress &progress, const std::stop_token &stop);
/// Finds one again (LibvirtHost::resume). One that is gone leaves nothing behind, and is a Negative error.
[[nodiscard]] Result<std::unique_ptr<RunningKeep>> resumeMachine(
    std::shared_ptr<Connection> connection, const LibvirtHostOptions &options, const LaunchPlan &plan, const std::filesystem::path &folder);

} // namespace kastellan::sev::libvirt
