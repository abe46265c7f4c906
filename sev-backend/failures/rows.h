// SPDX-License-Identifier: Apache-2.0
// The parts of the table of failures, and what its numbers mean. Private to this folder.
#pragma once

#include "sev-backend/failures/failures.h"

namespace kastellan::sev {

/// What the firmware, or KVM before it, refuses of a launch.
[[nodiscard]] std::span<const FailureRow> launchRows();
/// What is wrong with processor, BIOS, kernel and KVM of the host.
[[nodiscard]] std::span<const FailureRow> platformRows();
/// What is wrong with the virtual machine as it was described, and with the files it is made of.
[[nodiscard]] std::span<const FailureRow> machineRows();
/// What stands between us and libvirt's daemon.
[[nodiscard]] std::span<const FailureRow> connectionRows();

/// What the numbers in a line mean, as whole sentences with a blank before them: the firmware's answer (fw_error=, error 0x) by name and
/// meaning; then KVM's (ret=-22). Empty where there is none.
[[nodiscard]] std::string numbersIn(std::string_view line);
/// What to do about the firmware's answer; empty where there is none, or it is zero.
[[nodiscard]] std::string numbersRemedy(std::string_view line);

} // namespace kastellan::sev
