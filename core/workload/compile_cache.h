// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <filesystem>
#include <optional>
#include <string>

namespace kastellan::workload {

/// Ahead-of-time code on disk, under cacheFolder()/aot. Nothing of it is believed without its HMAC-SHA-256 under a key of this user (0600,
/// in the data folder): an entry that somebody else put there, or changed, is as if it were not there. Names of entries depend on the key
/// too.
class CompileCache {
public:
    struct Entry {
        std::filesystem::path file;
        Sha256 digest;
    };

    /// Makes folders and key on first use; any number of processes may do so at once.
    [[nodiscard]] static Result<CompileCache> open();

    /// The code that was stored for this note, if it is there, whole and authentic. Marks it as used.
    [[nodiscard]] std::optional<Entry> find(std::string_view note) const;
    /// Stores code. Whole or not at all.
    [[nodiscard]] Result<Entry> store(std::string_view note, ByteView code) const;
    /// Held while an entry is compiled and stored, so that others wait for it instead of doing the same.
    [[nodiscard]] Result<Fd> lock(std::string_view note) const;

    /// A small authenticated text, for what is costly to find out again; nullopt if it is not there or not authentic.
    [[nodiscard]] std::optional<std::string> remembered(std::string_view about) const;
    void remember(std::string_view about, std::string_view text) const;

    /// Makes an empty folder (0700) for one compilation.
    [[nodiscard]] Result<std::filesystem::path> workFolder() const;
    /// Removes what was not used for the longest time until at most `limit` bytes are left, but nothing of the last day.
    void prune(std::uint64_t limit = 2ull << 30) const;

private:
    [[nodiscard]] std::filesystem::path path(std::string_view kind, std::string_view subject, std::string_view ending) const;
    [[nodiscard]] Sha256 mac(std::string_view kind, std::string_view subject, ByteView content) const;

    std::filesystem::path m_folder;
    Bytes m_key;
};

} // namespace kastellan::workload
