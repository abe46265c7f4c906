// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <string>

namespace kastellan::sev {

/// The guest's memory: made here and given to QEMU as a file of its own, so that what the firmware would have encrypted into it can be
/// written.
class GuestMemory {
public:
    GuestMemory() = default;
    GuestMemory(GuestMemory &&other) noexcept;
    GuestMemory &operator=(GuestMemory &&other) noexcept;
    GuestMemory(const GuestMemory &) = delete;
    GuestMemory &operator=(const GuestMemory &) = delete;
    ~GuestMemory();

    [[nodiscard]] static Result<GuestMemory> make(std::uint64_t size);
    [[nodiscard]] explicit operator bool() const { return m_data != nullptr; }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(m_fd.get()); }
    void keepOnExec() const;
    /// Whether all of these addresses are memory: below the hole that every PC has below 4 GiB, and not where its video memory lies.
    [[nodiscard]] bool covers(std::uint64_t gpa, std::uint64_t length) const;
    /// Writes at a guest physical address that is covered.
    void write(std::uint64_t gpa, ByteView bytes);
    /// Takes our view away: what the guest does with its memory is no business of ours.
    void forget();

private:
    Fd m_fd;
    std::uint8_t *m_data = nullptr;
    std::uint64_t m_mapped = 0;
};

} // namespace kastellan::sev
