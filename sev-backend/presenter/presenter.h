// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "sev-backend/emulator/devices.h"
#include "sev-backend/presenter/answer_calls.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// What a program is shown.
struct Presentation {
    std::shared_ptr<EmulatedDevice> sev; ///< /dev/sev; null: not there
    std::shared_ptr<EmulatedDevice> guest; ///< /dev/sev-guest; null: not there
    ReportFirmware reports; ///< configfs-tsm; empty: not there
    ModelRegisters registers; ///< /dev/cpu/N/msr
    std::uint32_t privilegeFloor = 0; ///< the guest's VMPL
    bool readOnly = false; ///< devices cannot be opened for writing
    bool interpose = false; ///< a library in the program in place of user notification
    std::function<void(std::string_view)> note; ///< is told of limits, a sentence each; may be empty
};

/// How the program ended.
struct PresentedEnd {
    int status = 0; ///< its exit status, or 128 and the signal's number
    std::optional<Error> notRun = {}; ///< it could not be run at all; `status` is what a shell says: 127 not found, 126 else
    bool busy = false; ///< the firmware still works on a command whose program is gone: end without tidying up
};

/// Runs a program with the emulated devices until it and all that it started have ended. Signals that are sent to us go to the program; the
/// terminal is its own. One at a time in a process, which has no other children meanwhile.
/// Errors: Input when it is static and a library has to do, Environment when nothing can be shown to it.
[[nodiscard]] Result<PresentedEnd> present(const Presentation &presentation, const std::vector<std::string> &program);

/// The library for --interpose, beside the programs of this build or installation.
[[nodiscard]] std::string interposeLibrary();

} // namespace kastellan::sev
