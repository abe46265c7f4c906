// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/keeps/plan.h"
#include "sev-backend/measurement/process_keep.h"

#include <filesystem>
#include <vector>

namespace kastellan::sev {

/// Bytes that nobody can change any more, us included: a memory file with all seals, mapped read-only. What is measured is what is run.
class SealedBytes {
public:
    /// Copies a regular file of at most `limit` bytes; symbolic links are not followed.
    [[nodiscard]] static Result<SealedBytes> fromFile(int folder, const char *name, const std::string &where, std::uint64_t limit);
    SealedBytes(SealedBytes &&other) noexcept;
    SealedBytes &operator=(SealedBytes &&other) noexcept;
    ~SealedBytes();

    [[nodiscard]] ByteView view() const { return {m_data, m_size}; }
    [[nodiscard]] int fd() const { return m_fd.get(); }
    [[nodiscard]] std::uint32_t mode() const { return m_mode; } ///< 0755 if its owner may execute it, else 0644

private:
    SealedBytes() = default;
    Fd m_fd;
    const std::uint8_t *m_data = nullptr;
    std::size_t m_size = 0;
    std::uint32_t m_mode = 0644;
};

/// The files of a keep image, as they lay in its folder at one moment.
class ImageFiles {
public:
    static constexpr std::size_t countLimit = 4096;
    static constexpr unsigned depthLimit = 16;
    static constexpr std::uint64_t sizeLimit = std::uint64_t{1} << 30; ///< bytes of all files

    /// Reads every file of the folder, by path ascending. Anything but folders and regular files is an Input error, and so is an image over
    /// a limit; a folder that is not there is an Environment error.
    [[nodiscard]] static Result<ImageFiles> read(const std::filesystem::path &folder);

    /// Views into the sealed bytes, which must outlive them.
    [[nodiscard]] const std::vector<KeepFile> &files() const { return m_files; }
    [[nodiscard]] std::uint64_t size() const;
    /// Of each file, in the same order: the sealed memory.
    [[nodiscard]] const std::vector<SealedBytes> &bytes() const { return m_bytes; }
    [[nodiscard]] const KeepFile *find(std::string_view path) const;
    /// What differs from the reference, a line for each file: "/usr/bin/keep-warden: its SHA-256 is …, and … was built".
    [[nodiscard]] std::vector<std::string> differences(const std::vector<MeasuredFile> &reference) const;

private:
    std::vector<SealedBytes> m_bytes;
    std::vector<KeepFile> m_files;
};

} // namespace kastellan::sev
