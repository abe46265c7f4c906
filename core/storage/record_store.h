// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kastellan {

/// A line of the activity log: who did what when.
struct ActivityEntry {
    std::int64_t at = 0; ///< Unix milliseconds
    std::string who, what, subject, outcome;
};

/// The evidence store: SQLite in WAL mode, append-only, records chained by hash, the head signed by the owner's record key.
/// Several programs may use it at once. A newer schema is refused with a named error; nothing is lost on kill -9 at any moment.
class RecordStore {
public:
    /// Opens or makes dataFolder()/evidence.db (or `path`), and migrates an older schema.
    [[nodiscard]] static Result<std::unique_ptr<RecordStore>> open(const std::filesystem::path &path = {});
    virtual ~RecordStore() = default;
    /// Durable when it returns. Yields the record's id.
    [[nodiscard]] virtual Result<std::string> append(const Record &record) = 0;
    [[nodiscard]] virtual Result<Record> get(std::string_view idOrUniquePrefix) = 0;
    /// Newest first; `keep` filters by keep id when not empty.
    [[nodiscard]] virtual Result<std::vector<RecordSummary>> list(
        std::string_view keep = {}, std::size_t limit = 1000, std::size_t offset = 0) = 0;
    /// Checks every chain link, signature and blob; yields the problems, each naming its record. Reports how many were checked.
    [[nodiscard]] virtual Result<std::vector<std::string>> check(std::size_t *checked = nullptr) = 0;
    [[nodiscard]] virtual Status logActivity(const ActivityEntry &entry) = 0;
    [[nodiscard]] virtual Result<std::vector<ActivityEntry>> activity(std::size_t limit = 1000) = 0;
    /// Hash of the newest record and its detached signature by the record key, for exports.
    [[nodiscard]] virtual Result<std::pair<Sha256, Bytes>> head() = 0;
};

} // namespace kastellan
