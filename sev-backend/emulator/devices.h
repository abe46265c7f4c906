// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <cstdint>
#include <span>

namespace kastellan::sev {

/// The memory of the program that issues an ioctl: its addresses, another process's or our own.
class CallerMemory {
public:
    virtual ~CallerMemory() = default;
    /// All or nothing; false: the kernel would say EFAULT.
    [[nodiscard]] virtual bool read(std::uint64_t address, std::span<std::uint8_t> into) = 0;
    [[nodiscard]] virtual bool write(std::uint64_t address, ByteView bytes) = 0;
};

/// What an ioctl yields: 0 or an errno. What the firmware says is in the caller's structures.
struct IoctlAnswer {
    int error = 0;
    bool operator==(const IoctlAnswer &) const = default;
};

/// A device file that the emulated platform answers for, as Linux's driver would: permissions, lengths and errors are the kernel's
/// (drivers/crypto/ccp/sev-dev.c for /dev/sev, drivers/virt/coco/sev-guest for /dev/sev-guest).
class EmulatedDevice {
public:
    virtual ~EmulatedDevice() = default;
    /// `writable`: the file was opened for writing. Safe in several threads.
    [[nodiscard]] virtual IoctlAnswer ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool writable) = 0;
};

} // namespace kastellan::sev
