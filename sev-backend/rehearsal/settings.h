// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <optional>

namespace kastellan::sev {

/// Ways in which a host fails that the firmware's own status codes do not cover: words that stand among the faults of a rehearsal.
enum class HostFault {
    NoAsid, ///< "no-asid": all ASIDs are in use
    NoDevice, ///< "no-device": there is no /dev/sev
    NoPermission, ///< "no-permission": /dev/sev may not be opened
    OldKernel, ///< "old-kernel": KVM does not know the command
    NoSupport, ///< "no-support": KVM refuses this type of guest
    MemoryLock, ///< "memlock": guest memory can't be pinned
    NoVmType, ///< "no-vm-type": KVM was loaded without this protection
    NoGuestMemory, ///< "no-guest-memory": KVM has no private memory (SNP)
    MemoryRegion, ///< "memory-region": KVM does not take the guest's memory
    Cpuid, ///< "cpuid": the firmware does not accept what the guest is told of its processor (SNP)
    // A host that has the right bytes measured and lets the guest boot others:
    TamperedKernel, ///< "tampered-kernel": one bit in its middle
    TamperedInitrd, ///< "tampered-initrd": the same
    TamperedCommandLine, ///< "tampered-command-line": one word more
    // A host that has other bytes measured and booted than the domain names. All of them boot:
    ExchangedFirmware, ///< "exchanged-firmware": one bit in the middle of its largest unused part
    ExchangedKernel, ///< "exchanged-kernel": some zeros behind its end
    ExchangedInitrd, ///< "exchanged-initrd": the same
    ExchangedCommandLine, ///< "exchanged-command-line": one word more
};
[[nodiscard]] std::optional<HostFault> hostFaultFromName(std::string_view name);

/// What `rehearsal.json` says to the stand-in for QEMU (docs/rehearsal.md).
struct RehearsalSettings {
    static constexpr std::size_t fileLimit = 64 * 1024;

    std::filesystem::path qemu; ///< the real one
    std::filesystem::path emulated; ///< the emulated processor's folder
    std::string profile; ///< its id
    std::string seed;
    std::filesystem::path log; ///< empty: none
    std::string faults; ///< of the firmware, as FaultPlan::parse reads them
    std::vector<HostFault> hostFaults;
    std::string made; ///< of what the folder was made: it is in the folder's name, too

    [[nodiscard]] bool has(HostFault fault) const;
    /// Unknown or missing members, relative paths and bad faults are Input errors.
    [[nodiscard]] static Result<RehearsalSettings> parse(ByteView json, std::string_view name);
    [[nodiscard]] Bytes encode() const;
    bool operator==(const RehearsalSettings &) const = default;
};

/// Divides a list of faults into those of the host and those of the firmware; unknown ones are Input errors.
[[nodiscard]] Result<std::pair<std::vector<HostFault>, std::string>> divideFaults(std::string_view faults);

} // namespace kastellan::sev
