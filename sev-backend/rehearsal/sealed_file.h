// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <string>

namespace kastellan::sev {

/// A copy of a file in memory that nobody can change any more: what is measured is what QEMU opens.
class SealedFile {
public:
    static constexpr std::uint64_t limit = std::uint64_t{2} << 30;

    SealedFile() = default;
    SealedFile(SealedFile &&other) noexcept;
    SealedFile &operator=(SealedFile &&other) noexcept;
    SealedFile(const SealedFile &) = delete;
    SealedFile &operator=(const SealedFile &) = delete;
    ~SealedFile();

    /// Copies a regular file (or /dev/null) of at most `limit` bytes. The error says errno in its `why`.
    [[nodiscard]] static Result<SealedFile> copy(const std::string &path, const char *label);

    [[nodiscard]] ByteView view() const { return {m_data, m_size}; }
    /// The same with one bit changed in its middle.
    [[nodiscard]] Result<SealedFile> tampered() const;
    /// The same with some zeros behind its end.
    [[nodiscard]] Result<SealedFile> lengthened() const;
    /// The same with one bit changed in the middle of its largest part that is all ones: what flash is where nothing was written.
    [[nodiscard]] Result<SealedFile> changedWhereUnused() const;

    /// What a program that inherits the descriptor opens: "/proc/self/fd/7".
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(m_fd.get()); }
    /// The descriptor is closed when another program is executed unless it is kept.
    void keepOnExec() const;

private:
    [[nodiscard]] static Result<SealedFile> of(ByteView bytes);
    [[nodiscard]] Status seal();
    Fd m_fd;
    const std::uint8_t *m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace kastellan::sev
