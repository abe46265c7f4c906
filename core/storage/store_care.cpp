// SPDX-License-Identifier: Apache-2.0
// Holds, and purging what is old: contents go, the chain stays.
#include "core/base/file.h"
#include "core/storage/purge_list.h"
#include "core/storage/sqlite_store.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace kastellan::storage {
namespace {

/// Every digest that a stored content names. It finds too many rather than too few: what it finds is kept.
void collectDigests(std::string_view content, std::set<Sha256> &into)
{
    constexpr std::string_view mark = "\"sha256\":\"";
    for (std::size_t at = content.find(mark); at != std::string_view::npos; at = content.find(mark, at + 1)) {
        const std::string_view text = content.substr(at + mark.size(), 64);
        if (const auto bytes = fromHex(text); bytes && bytes->size() == Sha256::size)
            into.insert(*Sha256::from(*bytes, "a digest"));
    }
}

std::int64_t nowSeconds()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

Status SqliteStore::hold(const RecordHold &hold)
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(m_database, Transaction::Kind::Write));
    KASTELLAN_ASSIGN(Statement there,
        m_database.prepare("SELECT EXISTS (SELECT 1 FROM purged WHERE purged.seq = records.seq) FROM records WHERE id = ?"));
    there.bind(1, std::string_view(hold.id));
    KASTELLAN_ASSIGN(const bool row, there.step());
    if (!row)
        return badInput("hold a record", hold.id, "there is no such record", "keepctl evidence list shows those that are there.");
    if (there.number(0) != 0)
        return badInput("hold a record", hold.id, "its content was purged already");
    KASTELLAN_ASSIGN(Statement insert, m_database.prepare("INSERT OR REPLACE INTO holds (id, at, who, why) VALUES (?, ?, ?, ?)"));
    insert.bind(1, std::string_view(hold.id)).bind(2, hold.at).bind(3, std::string_view(hold.who));
    KASTELLAN_TRY(insert.bind(4, std::string_view(hold.why)).run());
    return transaction.commit();
}

Result<bool> SqliteStore::release(std::string_view id)
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(Statement statement, m_database.prepare("DELETE FROM holds WHERE id = ? RETURNING 1"));
    statement.bind(1, id);
    KASTELLAN_ASSIGN(const bool there, statement.step());
    if (there)
        KASTELLAN_TRY(statement.run());
    return there;
}

Result<std::vector<RecordHold>> SqliteStore::holds()
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(Statement statement, m_database.prepare("SELECT id, at, who, why FROM holds ORDER BY at, id"));
    std::vector<RecordHold> all;
    for (;;) {
        KASTELLAN_ASSIGN(const bool row, statement.step());
        if (!row)
            return all;
        all.push_back({statement.text(0), statement.number(1), statement.text(2), statement.text(3)});
    }
}

Result<std::vector<std::pair<std::string, std::string>>> SqliteStore::purged()
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(Statement statement,
        m_database.prepare(
            "SELECT records.id, other.id FROM purged JOIN records USING (seq) JOIN records AS other ON other.seq = purged.by "
            "ORDER BY purged.seq"));
    std::vector<std::pair<std::string, std::string>> all;
    for (;;) {
        KASTELLAN_ASSIGN(const bool row, statement.step());
        if (!row)
            return all;
        all.emplace_back(statement.text(0), statement.text(1));
    }
}

Result<std::vector<RecordSummary>> SqliteStore::purgeable(const PurgeRequest &request, std::vector<std::int64_t> &numbers) const
{
    KASTELLAN_ASSIGN(Statement statement,
        m_database.prepare("SELECT " + std::string(summaryColumns)
            + ", seq FROM (SELECT *, row_number() OVER "
              "(PARTITION BY keep ORDER BY seq DESC) AS newest FROM records WHERE kind <> 'purge') AS old WHERE newest > ?1 AND "
              "created < ?2 AND id NOT IN (SELECT id FROM holds) AND seq NOT IN (SELECT seq FROM purged) ORDER BY seq"));
    statement.bind(1, static_cast<std::int64_t>(std::min<std::size_t>(request.keepNewest, INT64_MAX))).bind(2, request.before);
    std::vector<RecordSummary> records;
    for (;;) {
        KASTELLAN_ASSIGN(const bool row, statement.step());
        if (!row)
            return records;
        records.push_back(summaryFrom(statement));
        numbers.push_back(statement.number(8));
    }
}

/// Takes away the contents of these records, which `purged` names already, and the blobs that no other record needs.
Result<std::uint64_t> SqliteStore::purgeBlobs(const std::vector<std::int64_t> &numbers) const
{
    std::set<Sha256> unused, needed;
    std::uint64_t bytes = 0;
    for (const std::int64_t number : numbers) {
        KASTELLAN_ASSIGN(Statement content, m_database.prepare("DELETE FROM contents WHERE seq = ? RETURNING content"));
        content.bind(1, number);
        KASTELLAN_ASSIGN(const bool row, content.step());
        if (!row)
            continue;
        const std::string text = content.text(0);
        bytes += text.size();
        collectDigests(text, unused);
        KASTELLAN_TRY(content.run());
    }
    KASTELLAN_ASSIGN(Statement live, m_database.prepare("SELECT content FROM contents"));
    for (;;) {
        KASTELLAN_ASSIGN(const bool row, live.step());
        if (!row)
            break;
        collectDigests(asText(live.blob(0)), needed);
    }
    for (const Sha256 &digest : unused) {
        if (needed.contains(digest))
            continue;
        KASTELLAN_ASSIGN(Statement allow, m_database.prepare("INSERT INTO purging (sha256) VALUES (?)"));
        KASTELLAN_TRY(allow.bind(1, digest.view()).run());
        KASTELLAN_ASSIGN(Statement remove, m_database.prepare("DELETE FROM blobs WHERE sha256 = ? RETURNING length(content)"));
        remove.bind(1, digest.view());
        KASTELLAN_ASSIGN(const bool row, remove.step());
        if (row) {
            bytes += static_cast<std::uint64_t>(remove.number(0));
            KASTELLAN_TRY(remove.run());
        }
    }
    KASTELLAN_TRY(m_database.execute("DELETE FROM purging"));
    return bytes;
}

Result<Purged> SqliteStore::purge(const PurgeRequest &request)
{
    const std::scoped_lock guard(m_mutex);
    // What is taken away is overwritten in the file too.
    KASTELLAN_TRY(m_database.execute("PRAGMA secure_delete = ON"));
    Purged result;
    {
        KASTELLAN_ASSIGN(
            Transaction transaction, Transaction::begin(m_database, request.onlyTell ? Transaction::Kind::Read : Transaction::Kind::Write));
        std::vector<std::int64_t> numbers;
        KASTELLAN_ASSIGN(result.records, purgeable(request, numbers));
        KASTELLAN_ASSIGN(Statement held,
            m_database.prepare(
                "SELECT count(*) FROM records JOIN holds USING (id) WHERE created < ? AND seq NOT IN (SELECT seq FROM purged)"));
        held.bind(1, request.before);
        KASTELLAN_ASSIGN(const bool counted, held.step());
        result.held = counted ? static_cast<std::size_t>(held.number(0)) : 0;
        if (request.onlyTell || result.records.empty())
            return result;

        std::vector<PurgedRecord> list;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            KASTELLAN_ASSIGN(Statement hash, m_database.prepare("SELECT hash FROM records WHERE seq = ?"));
            hash.bind(1, numbers[i]);
            KASTELLAN_ASSIGN(const bool row, hash.step());
            list.push_back({numbers[i], result.records[i], row ? hash.fixed<Sha256>(0) : Sha256{}});
        }
        Record record;
        record.kind = purgeKind;
        record.created = nowSeconds();
        record.evidence.kind = "none";
        record.manifest = purgeListText(list);
        record.notes = std::to_string(list.size()) + (list.size() == 1 ? " record was" : " records were") + " purged by " + request.who
            + (request.why.empty() ? "" : ": " + request.why);
        record.appraisal.sentence = record.notes;
        record.appraisal.at = record.created;
        KASTELLAN_ASSIGN(const auto appended, appendWithin(record));
        result.record = appended.second;
        for (const std::int64_t number : numbers) {
            KASTELLAN_ASSIGN(Statement mark, m_database.prepare("INSERT INTO purged (seq, by) VALUES (?, ?)"));
            KASTELLAN_TRY(mark.bind(1, number).bind(2, static_cast<std::int64_t>(appended.first)).run());
        }
        KASTELLAN_ASSIGN(result.bytes, purgeBlobs(numbers));
        KASTELLAN_TRY(transaction.commit());
    }
    // The log of changes still holds the old pages until it is written back; when others are at work, that happens later.
    static_cast<void>(m_database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    return result;
}

} // namespace kastellan::storage

namespace kastellan {

Result<std::unique_ptr<RecordCare>> RecordCare::open(const std::filesystem::path &path)
{
    KASTELLAN_ASSIGN(auto store, storage::SqliteStore::open(path.empty() ? dataFolder() / "evidence.db" : path));
    return store;
}

} // namespace kastellan
