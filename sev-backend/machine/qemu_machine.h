// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/machine/qemu_options.h"

#include <map>

namespace kastellan::sev {

/// A word of QEMU's command line with what it came from.
struct QemuWord {
    std::string option; ///< "-smp"
    std::string text; ///< its value as it stands
    QemuOptions values;
    [[nodiscard]] std::string from() const { return option + " " + (text.size() > 200 ? text.substr(0, 200) + "…" : text); }
};

/// What of QEMU's command line concerns the launch digest; the last one counts where QEMU does so.
struct QemuMachine {
    std::map<std::string, std::string, std::less<>> machine; ///< -machine and -M joined
    std::vector<QemuWord> objects, drives, blockdevs, devices, smp, igvm;
    std::optional<QemuWord> cpu, bios, kernel, initrd, append, accel, pflash;
    std::string dataFolder; ///< -L
    bool kvm = false; ///< -enable-kvm
    bool readsConfig = false; ///< -readconfig
    unsigned known = 0; ///< options that were understood

    [[nodiscard]] static Result<QemuMachine> read(const std::vector<std::string> &words, std::string_view name);
};

} // namespace kastellan::sev
