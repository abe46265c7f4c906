// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/machine/launch_parameters.h"

namespace kastellan::sev {

/// Derives what decides the launch digest from QEMU's command line: machine and its memory encryption object, firmware, vCPUs, direct boot.
/// Text that is no command line of QEMU's is an Input error; what is wrong with the machine is told as problems.
[[nodiscard]] Result<DerivedLaunch> fromQemu(std::string_view commandLine, std::string_view name);
/// The same from words that are split already; the first one may be the program.
[[nodiscard]] Result<DerivedLaunch> fromQemuWords(const std::vector<std::string> &words, std::string_view name);
/// The same from libvirt's domain XML (a domain alone, or within its status or a snapshot).
[[nodiscard]] Result<DerivedLaunch> fromLibvirt(std::string_view xml, std::string_view name);

} // namespace kastellan::sev
