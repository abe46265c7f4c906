// SPDX-License-Identifier: Apache-2.0
// What QEMU and the kernel say when they refuse a protected guest: the words that people search the web for, and that libvirt shows.
#pragma once

#include "sev-backend/abi/firmware_status.h"

#include <expected>
#include <string>
#include <vector>

namespace kastellan::sev {

/// How QEMU would end, and what it would write to its standard error before.
struct Refusal {
    std::vector<std::string> lines; ///< without the program's name and the time, which are put before each
    int exitCode = 1;
    bool aborts = false; ///< ends by SIGABRT instead
};
template <typename T>
using OrRefusal = std::expected<T, Refusal>;
[[nodiscard]] std::unexpected<Refusal> refuse(std::vector<std::string> lines);
[[nodiscard]] std::unexpected<Refusal> abortWith(std::vector<std::string> lines);

/// A status of the firmware as KVM and QEMU hand it on.
struct KernelAnswer {
    int ret = 0; ///< negative errno
    FirmwareStatus status = FirmwareStatus::Success;
    [[nodiscard]] static KernelAnswer firmware(FirmwareStatus status); ///< EIO, or EBUSY where it never took the command
};
/// "ret=-5 fw_error=11 'Bad measurement'"
[[nodiscard]] std::string text(const KernelAnswer &answer);
/// QEMU's text for a firmware status: "Bad measurement"; "unknown error" for those that QEMU does not know.
[[nodiscard]] std::string_view qemuText(FirmwareStatus status);

/// What follows a refused start of the launch: QEMU gives up KVM.
[[nodiscard]] std::unexpected<Refusal> refuseAccelerator(std::vector<std::string> lines);

/// A line as QEMU writes it.
[[nodiscard]] std::string errorLine(std::string_view words, bool timestamps);
/// Writes all of them to standard error.
void say(const Refusal &refusal, bool timestamps);
/// A line of our own there.
void sayOwn(std::string_view words, bool timestamps);

} // namespace kastellan::sev
