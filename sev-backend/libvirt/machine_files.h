// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"
#include "sev-backend/image/vm_image.h"
#include "sev-backend/libvirt/choice.h"
#include "sev-backend/libvirt/place.h"

namespace kastellan::sev::libvirt {

/// What a machine is started from, on the owner's machine: the keep image, or the workload that is itself a machine.
struct MachineFiles {
    std::filesystem::path firmware, kernel, initrd, disk; ///< absolute; empty: none
    std::string diskFormat; ///< "raw" or "qcow2"
    std::string commandLine;
    std::optional<VmImage> image; ///< opened, and every file as it says
    std::optional<std::filesystem::path> givenFirmware;

    /// Those that the host's QEMU opens.
    [[nodiscard]] std::vector<HostFile> forHost() const;
};

/// Finds and checks them. `imageFolder` where the request names none; empty: the usual one.
[[nodiscard]] Result<MachineFiles> findFiles(
    const MachineRequest &request, const std::string &technology, const std::filesystem::path &imageFolder);
/// Puts what is measured, and the launch digest that it has, into the plan. A digest that the owner gave stays.
[[nodiscard]] Status measureFiles(const MachineFiles &files, const Choice &choice, unsigned vcpus, LaunchPlan &plan);

} // namespace kastellan::sev::libvirt
