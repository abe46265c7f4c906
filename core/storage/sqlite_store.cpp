// SPDX-License-Identifier: Apache-2.0
#include "core/storage/sqlite_store.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "core/keys/keys.h"
#include "core/storage/chain.h"
#include "core/storage/schema.h"

#include <algorithm>

namespace kastellan::storage {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t idBytes = 8;
constexpr std::size_t largestContent = std::size_t{64} << 20;

std::string newId()
{
    std::array<std::uint8_t, idBytes> random{};
    randomBytes(random);
    return "r" + toHex(random);
}

std::string badHead()
{
    return "its head is not signed by this user's record key: the store was changed by another program, or the record key was replaced";
}

constexpr auto headRemedy =
    "Run 'keepctl evidence fsck'. Restore the store and keys/record.pem from the same backup, or move the store away to begin a new one.";

} // namespace

RecordSummary summaryFrom(const Statement &row)
{
    RecordSummary summary;
    summary.id = row.text(0);
    summary.keep = row.text(1);
    summary.keepName = row.text(2);
    summary.host = row.text(3);
    summary.kind = row.text(4);
    summary.created = row.number(5);
    summary.verdict = row.text(6);
    summary.emulated = row.number(7) != 0;
    return summary;
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const fs::path &path, int busyMilliseconds)
{
    KASTELLAN_TRY(makeFolder(path.parent_path()));
    // Switching to WAL needs the file alone; programs that start at the same moment come one after another.
    KASTELLAN_ASSIGN(const Fd lock, lockFile(path.string() + ".lock"));
    KASTELLAN_ASSIGN(Database database, Database::open(path, busyMilliseconds));
    KASTELLAN_TRY(migrate(database));
    {
        KASTELLAN_ASSIGN(Statement mode, database.prepare("PRAGMA journal_mode = WAL"));
        KASTELLAN_ASSIGN(const bool row, mode.step());
        if (!row || mode.text(0) != "wal")
            return environment("open the evidence store", path.string(),
                "this file system cannot share memory between programs, which it needs",
                "Choose a data folder on a local disk with KASTELLAN_DATA.");
    }
    KASTELLAN_TRY(database.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000"));
    return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(database)));
}

Result<SqliteStore::Head> SqliteStore::readHead() const
{
    Head head;
    KASTELLAN_ASSIGN(Statement statement, m_database.prepare("SELECT count, hash, signature FROM head WHERE one = 1"));
    KASTELLAN_ASSIGN(const bool row, statement.step());
    if (row) {
        head.count = static_cast<std::uint64_t>(statement.number(0));
        head.hash = statement.fixed<Sha256>(1);
        head.signature = toBytes(statement.blob(2));
    }
    return head;
}

Status SqliteStore::checkHead(const Head &head) const
{
    constexpr auto doing = "use the evidence store";
    const std::string where = m_database.path().string();
    KASTELLAN_ASSIGN(Statement last, m_database.prepare("SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"));
    KASTELLAN_ASSIGN(const bool row, last.step());
    if (!row && head.count == 0 && head.signature.empty())
        return {};
    if (!row || static_cast<std::uint64_t>(last.number(0)) != head.count || last.fixed<Sha256>(1) != head.hash)
        return environment(
            doing, where, "its records and its signed head do not agree: records were removed or added by another program", headRemedy);
    KASTELLAN_ASSIGN(const std::string key, keys::recordPublicPem());
    KASTELLAN_ASSIGN(const bool good, keys::verifySignature(key, headMessage(head.count, head.hash), head.signature));
    if (!good)
        return environment(doing, where, badHead(), headRemedy);
    return {};
}

Result<std::pair<std::uint64_t, std::string>> SqliteStore::appendWithin(const Record &record) const
{
    Record stored = record;
    stored.id = newId();
    std::vector<std::pair<Sha256, ByteView>> blobs;
    const js::Blobs byDigest{
        .write =
            [&](ByteView bytes) {
                blobs.emplace_back(sha256(bytes), bytes);
                return js::Out{{"sha256", toHex(blobs.back().first.view())}, {"size", bytes.size()}};
            },
        .read = {},
    };
    const std::string content = js::dump(js::toJson(stored, byDigest));
    if (content.size() > largestContent)
        return badInput("write a record", record.keepName,
            "it has " + std::to_string(content.size()) + " bytes, and at most " + std::to_string(largestContent) + " can be kept");

    KASTELLAN_ASSIGN(Head head, readHead());
    // Never put a good signature over a head that somebody else made.
    KASTELLAN_TRY(checkHead(head));
    const std::uint64_t number = head.count + 1;
    const Sha256 hash = recordHash(head.hash, number, content);
    for (const auto &[digest, bytes] : blobs) {
        KASTELLAN_ASSIGN(Statement insert, m_database.prepare("INSERT OR IGNORE INTO blobs (sha256, content) VALUES (?, ?)"));
        KASTELLAN_TRY(insert.bind(1, digest.view()).bind(2, bytes).run());
    }
    KASTELLAN_ASSIGN(Statement summary,
        m_database.prepare("INSERT INTO records (seq, id, keep, keep_name, host, kind, created, verdict, emulated, previous, hash) VALUES "
                           "(?,?,?,?,?,?,?,?,?,?,?)"));
    summary.bind(1, static_cast<std::int64_t>(number)).bind(2, std::string_view(stored.id)).bind(3, std::string_view(stored.keep));
    summary.bind(4, std::string_view(stored.keepName)).bind(5, std::string_view(stored.host)).bind(6, std::string_view(stored.kind));
    summary.bind(7, stored.created).bind(8, name(stored.appraisal.verdict)).bind(9, std::int64_t{stored.appraisal.emulated});
    KASTELLAN_TRY(summary.bind(10, head.hash.view()).bind(11, hash.view()).run());
    KASTELLAN_ASSIGN(Statement contents, m_database.prepare("INSERT INTO contents (seq, content) VALUES (?, ?)"));
    KASTELLAN_TRY(contents.bind(1, static_cast<std::int64_t>(number)).bind(2, std::string_view(content)).run());
    KASTELLAN_ASSIGN(const Bytes signature, keys::signRecord(headMessage(number, hash)));
    KASTELLAN_ASSIGN(Statement newHead,
        m_database.prepare("INSERT INTO head (one, count, hash, signature) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO UPDATE SET count = "
                           "?1, hash = ?2, signature = ?3"));
    KASTELLAN_TRY(newHead.bind(1, static_cast<std::int64_t>(number)).bind(2, hash.view()).bind(3, ByteView(signature)).run());
    return std::pair(number, stored.id);
}

Result<std::string> SqliteStore::append(const Record &record)
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(m_database, Transaction::Kind::Write));
    KASTELLAN_ASSIGN(const auto appended, appendWithin(record));
    KASTELLAN_TRY(transaction.commit());
    return appended.second;
}

Result<Bytes> SqliteStore::blob(const Sha256 &digest) const
{
    KASTELLAN_ASSIGN(Statement statement, m_database.prepare("SELECT content FROM blobs WHERE sha256 = ?"));
    statement.bind(1, digest.view());
    KASTELLAN_ASSIGN(const bool row, statement.step());
    const std::string where = m_database.path().string() + ", blob " + toHex(digest.view());
    if (!row)
        return environment("read a record", where, "it is missing from the store", headRemedy);
    Bytes bytes = toBytes(statement.blob(0));
    if (sha256(bytes) != digest)
        return environment("read a record", where, "its content was altered: the digest does not fit", headRemedy);
    return bytes;
}

Result<Record> SqliteStore::get(std::string_view idOrUniquePrefix)
{
    const std::scoped_lock guard(m_mutex);
    const std::string where = m_database.path().string() + ", record '" + std::string(idOrUniquePrefix.substr(0, 64)) + "'";
    const bool wellFormed = idOrUniquePrefix.starts_with('r') && idOrUniquePrefix.size() <= 1 + 2 * idBytes
        && idOrUniquePrefix.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
    if (!wellFormed)
        return badInput("read a record", where, "it is not the id of a record",
            "Ids are 'r' and up to 16 hexadecimal digits; keepctl evidence list shows them.");
    KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(m_database, Transaction::Kind::Read));
    KASTELLAN_ASSIGN(Statement statement,
        m_database.prepare(
            "SELECT records.seq, id, previous, hash, content, (SELECT id FROM records AS other WHERE other.seq = purged.by) FROM records "
            "LEFT JOIN contents USING (seq) LEFT JOIN purged USING (seq) WHERE id >= ?1 AND id < ?2 LIMIT 2"));
    statement.bind(1, idOrUniquePrefix).bind(2, std::string_view(std::string(idOrUniquePrefix) + "~"));
    KASTELLAN_ASSIGN(const bool row, statement.step());
    if (!row)
        return badInput("read a record", where, "there is no such record", "keepctl evidence list shows those that are there.");
    const std::string id = statement.text(1);
    const std::string content = statement.text(4);
    if (const std::string by = statement.text(5); !by.empty())
        return badInput("read a record", m_database.path().string() + ", record " + id, "its content was purged",
            "Record " + by + " says when, and by whom. A backup of before may still have it.");
    if (recordHash(statement.fixed<Sha256>(2), static_cast<std::uint64_t>(statement.number(0)), content) != statement.fixed<Sha256>(3))
        return environment(
            "read a record", m_database.path().string() + ", record " + id, "it was altered: its hash does not fit", headRemedy);
    KASTELLAN_ASSIGN(const bool another, statement.step());
    if (another)
        return badInput("read a record", where, "several records begin with it, " + id + " and " + statement.text(1) + " among them",
            "Give more digits.");

    const js::Blobs byDigest{
        .write = {},
        .read = [this](const js::In &value, const std::string &place) -> Result<Bytes> {
            js::Object object(value, place);
            const auto digest = object.fixedRequired<Sha256>("sha256");
            KASTELLAN_TRY(object.status());
            return blob(digest);
        },
    };
    KASTELLAN_ASSIGN(const js::In value, js::parse(content, "record " + id, largestContent));
    return js::recordFrom(value, "record " + id, byDigest);
}

Result<std::vector<RecordSummary>> SqliteStore::list(std::string_view keep, std::size_t limit, std::size_t offset)
{
    const std::scoped_lock guard(m_mutex);
    const std::string columns = "SELECT " + std::string(summaryColumns) + " FROM records ";
    KASTELLAN_ASSIGN(Statement statement,
        m_database.prepare(columns + (keep.empty() ? "WHERE ?1 = ''" : "WHERE keep = ?1") + " ORDER BY seq DESC LIMIT ?2 OFFSET ?3"));
    statement.bind(1, keep).bind(2, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
    statement.bind(3, static_cast<std::int64_t>(std::min<std::size_t>(offset, INT64_MAX)));
    std::vector<RecordSummary> all;
    for (;;) {
        KASTELLAN_ASSIGN(const bool row, statement.step());
        if (!row)
            return all;
        all.push_back(summaryFrom(statement));
    }
}

Status SqliteStore::logActivity(const ActivityEntry &entry)
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(
        Statement statement, m_database.prepare("INSERT INTO activity (at, who, what, subject, outcome) VALUES (?, ?, ?, ?, ?)"));
    statement.bind(1, entry.at).bind(2, std::string_view(entry.who)).bind(3, std::string_view(entry.what));
    return statement.bind(4, std::string_view(entry.subject)).bind(5, std::string_view(entry.outcome)).run();
}

Result<std::vector<ActivityEntry>> SqliteStore::activity(std::size_t limit)
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(
        Statement statement, m_database.prepare("SELECT at, who, what, subject, outcome FROM activity ORDER BY seq DESC LIMIT ?"));
    statement.bind(1, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
    std::vector<ActivityEntry> all;
    for (;;) {
        KASTELLAN_ASSIGN(const bool row, statement.step());
        if (!row)
            return all;
        all.push_back({statement.number(0), statement.text(1), statement.text(2), statement.text(3), statement.text(4)});
    }
}

Result<std::pair<Sha256, Bytes>> SqliteStore::head()
{
    const std::scoped_lock guard(m_mutex);
    KASTELLAN_ASSIGN(Head head, readHead());
    return std::pair(head.hash, std::move(head.signature));
}

} // namespace kastellan::storage

namespace kastellan {

Result<std::unique_ptr<RecordStore>> RecordStore::open(const std::filesystem::path &path)
{
    KASTELLAN_ASSIGN(auto store, storage::SqliteStore::open(path.empty() ? dataFolder() / "evidence.db" : path));
    return store;
}

} // namespace kastellan
