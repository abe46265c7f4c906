// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"

#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

namespace kastellan::sev {

/// The thread of another program whose system call is being answered: its memory, descriptors and folders, by /proc and
/// process_vm_readv(2). All that is learned of it is void once its call is over: `waiting` says whether it still waits, and is asked after
/// each reading and before each writing, or the number of the thread could be another's by then.
class Caller final : public CallerMemory {
public:
    Caller(pid_t thread, std::function<bool()> waiting);

    [[nodiscard]] bool read(std::uint64_t address, std::span<std::uint8_t> into) override;
    [[nodiscard]] bool write(std::uint64_t address, ByteView bytes) override;
    /// A text that ends with 0: a path. Not when it cannot be read or is longer than PATH_MAX.
    [[nodiscard]] std::optional<std::string> text(std::uint64_t address);

    /// Where a link of /proc/THREAD leads: "cwd", "fd/3".
    [[nodiscard]] std::optional<std::string> link(const std::string &name) const;
    /// "/proc/THREAD/" and the name.
    [[nodiscard]] std::string place(const std::string &name) const;

    /// The flags that a descriptor was opened with (O_ACCMODE and more), and its offset.
    struct Opened {
        int flags = 0;
        std::uint64_t offset = 0;
    };
    [[nodiscard]] std::optional<Opened> opened(int descriptor) const;
    /// Moves the offset of a descriptor of the program, as a read or a write of this many bytes does.
    [[nodiscard]] bool advance(int descriptor, std::int64_t bytes) const;

private:
    pid_t m_thread;
    std::function<bool()> m_waiting;
};

} // namespace kastellan::sev
