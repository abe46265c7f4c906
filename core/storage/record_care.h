// SPDX-License-Identifier: Apache-2.0
// The care of stored records: retention with holds, backup and restore (docs/records.md).
#pragma once

#include "core/evidence/record.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace kastellan {

/// Somebody wants a record kept, whatever its age.
struct RecordHold {
    std::string id; ///< of the record
    std::int64_t at = 0; ///< Unix seconds
    std::string who, why;
};

/// What to purge.
struct PurgeRequest {
    std::int64_t before = 0; ///< created before this, Unix seconds
    std::size_t keepNewest = 1; ///< but never the newest so many of each keep
    std::string who, why;
    bool onlyTell = false; ///< change nothing
};
struct Purged {
    std::vector<RecordSummary> records; ///< oldest first
    std::size_t held = 0; ///< old enough, and kept for a hold
    std::uint64_t bytes = 0; ///< of contents, reports and certificates that nothing needs any more
    std::string record; ///< the record that names them all; empty when there was nothing to purge
};

/// Of the same store as RecordStore, for the same several programs at once. Each call is done whole or not at all.
class RecordCare {
public:
    [[nodiscard]] static Result<std::unique_ptr<RecordCare>> open(const std::filesystem::path &path = {});
    virtual ~RecordCare() = default;

    /// Keeps a record from being purged; a hold that is there is replaced. `id` is whole, as `get` yields it.
    [[nodiscard]] virtual Status hold(const RecordHold &hold) = 0;
    /// False when there was none.
    [[nodiscard]] virtual Result<bool> release(std::string_view id) = 0;
    [[nodiscard]] virtual Result<std::vector<RecordHold>> holds() = 0;

    /// Takes away contents, reports and certificates of old records. What remains of each is its line in the list and its hash, so that the
    /// chain can be checked as before; a new record of the kind "purge" in the chain names what was taken away. Records of that kind stay.
    [[nodiscard]] virtual Result<Purged> purge(const PurgeRequest &request) = 0;
    /// The ids of purged records, each with that of the record that names it.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, std::string>>> purged() = 0;

    /// A consistent copy of the store in a new file, checked before it gets its name. Other programs may write meanwhile.
    [[nodiscard]] virtual Status backup(const std::filesystem::path &file) = 0;
};

/// What restoring did.
struct Restored {
    std::size_t records = 0; ///< in the store now
    std::filesystem::path before; ///< where the store as it was before lies, if it held anything that the backup lacks
};
/// Puts a backup in the place of the store at `path` (empty: the usual one), in one step: a crash leaves the old or the new one. The backup
/// is checked whole first, with the record key of this user. If the store has records that the backup lacks, it is refused unless `force`;
/// then the store as it was is saved beside it first. Holds that are there now stay. Programs that have the store open see the restored
/// one.
[[nodiscard]] Result<Restored> restoreRecords(const std::filesystem::path &backup, bool force, const std::filesystem::path &path = {});

} // namespace kastellan
