// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace kastellan::keepctl {

/// The items of a batch, one after another: entries of a folder as it lists them, or lines of a text. Never all at once.
class BatchItems {
public:
    virtual ~BatchItems() = default;
    /// The next path; nothing at the end.
    [[nodiscard]] virtual Result<std::optional<std::string>> next() = 0;
    /// `path` is a folder, a file of lines ('#' begins a comment), or "-" for lines on standard input.
    [[nodiscard]] static Result<std::unique_ptr<BatchItems>> open(const std::string &path);
};

/// What was done already, kept in a file so that a batch that was stopped goes on: a line for each item with the SHA-256 of its path.
class BatchJournal {
public:
    /// Opens or begins it. `references` stands for all that was expected: a journal of other values is an Input error.
    [[nodiscard]] static Result<std::unique_ptr<BatchJournal>> open(const std::filesystem::path &path, const std::string &references);
    /// The word that was noted of an item, if it was done.
    [[nodiscard]] bool isDone(const std::string &item) const;
    void note(const std::string &item, std::string_view verdict);
    /// Writes what was noted since the last call.
    [[nodiscard]] Status flush();
    /// How many items of each word were read from the file.
    [[nodiscard]] const std::vector<std::pair<std::string, std::uint64_t>> &before() const { return m_before; }

private:
    BatchJournal() = default;
    Fd m_file;
    std::string m_name, m_pending;
    struct Hash {
        std::size_t operator()(const Sha256 &digest) const { return loadLe<std::size_t>(digest.bytes, 0); }
    };
    std::unordered_set<Sha256, Hash> m_done; ///< whole: of half a digest others can make a second path
    std::vector<std::pair<std::string, std::uint64_t>> m_before;
};

} // namespace kastellan::keepctl
