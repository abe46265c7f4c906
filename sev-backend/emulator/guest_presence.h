// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace kastellan::sev {

/// How many guests the emulated platform has, over all programs that use it. Each program has a small file in one folder, which it holds
/// locked: the lock of one that was killed is gone, and so its guests do not count. Calls are made under the platform's lock.
class GuestPresence {
public:
    struct Counts {
        std::uint32_t legacy = 0, snp = 0;
        bool operator==(const Counts &) const = default;
    };

    explicit GuestPresence(std::filesystem::path folder);
    ~GuestPresence();
    GuestPresence(const GuestPresence &) = delete;
    GuestPresence &operator=(const GuestPresence &) = delete;

    /// Says how many this program has. Where the folder can't be written, they count for this program alone.
    void set(const Counts &own);
    /// All programs' together.
    [[nodiscard]] Counts total() const;
    [[nodiscard]] const Counts &own() const { return m_own; }

private:
    std::filesystem::path m_folder;
    std::string m_name;
    Fd m_file;
    Counts m_own;
};

} // namespace kastellan::sev
