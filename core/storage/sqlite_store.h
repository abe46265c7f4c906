// SPDX-License-Identifier: Apache-2.0
// The evidence store on SQLite. Private to core/storage and its tests.
#pragma once

#include "core/storage/database.h"
#include "core/storage/record_care.h"
#include "core/storage/record_store.h"

#include <mutex>

namespace kastellan::storage {

/// How long to wait for another program that writes.
inline constexpr int usualBusyMilliseconds = 15'000;

/// What `summaryFrom` reads, in its order.
inline constexpr std::string_view summaryColumns = "id, keep, keep_name, host, kind, created, verdict, emulated";
/// The summary in the first columns of a row.
[[nodiscard]] RecordSummary summaryFrom(const Statement &row);

class SqliteStore : public RecordStore, public RecordCare {
public:
    [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(
        const std::filesystem::path &path, int busyMilliseconds = usualBusyMilliseconds);

    [[nodiscard]] Result<std::string> append(const Record &record) override;
    [[nodiscard]] Result<Record> get(std::string_view idOrUniquePrefix) override;
    [[nodiscard]] Result<std::vector<RecordSummary>> list(std::string_view keep, std::size_t limit, std::size_t offset) override;
    [[nodiscard]] Result<std::vector<std::string>> check(std::size_t *checked) override;
    [[nodiscard]] Status logActivity(const ActivityEntry &entry) override;
    [[nodiscard]] Result<std::vector<ActivityEntry>> activity(std::size_t limit) override;
    [[nodiscard]] Result<std::pair<Sha256, Bytes>> head() override;

    [[nodiscard]] Status hold(const RecordHold &hold) override;
    [[nodiscard]] Result<bool> release(std::string_view id) override;
    [[nodiscard]] Result<std::vector<RecordHold>> holds() override;
    [[nodiscard]] Result<Purged> purge(const PurgeRequest &request) override;
    [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> purged() override;
    [[nodiscard]] Status backup(const std::filesystem::path &file) override;

    [[nodiscard]] const Database &database() const { return m_database; }

private:
    explicit SqliteStore(Database database)
        : m_database(std::move(database))
    {
    }
    struct Head {
        std::uint64_t count = 0;
        Sha256 hash;
        Bytes signature;
    };
    [[nodiscard]] Result<Head> readHead() const;
    [[nodiscard]] Status checkHead(const Head &head) const;
    [[nodiscard]] Status checkRecords(const Head &head, std::vector<std::string> &problems, std::size_t &checked) const;
    /// Within a transaction of the caller's, which commits. Yields the record's number and id.
    [[nodiscard]] Result<std::pair<std::uint64_t, std::string>> appendWithin(const Record &record) const;
    [[nodiscard]] Result<std::vector<RecordSummary>> purgeable(const PurgeRequest &request, std::vector<std::int64_t> &numbers) const;
    [[nodiscard]] Result<std::uint64_t> purgeBlobs(const std::vector<std::int64_t> &numbers) const;
    [[nodiscard]] Status checkBlobs(std::vector<std::string> &problems) const;
    [[nodiscard]] Result<Bytes> blob(const Sha256 &digest) const;

    Database m_database;
    std::mutex m_mutex; ///< one thread at a time within a transaction
};

} // namespace kastellan::storage
