// SPDX-License-Identifier: Apache-2.0
#include "core/storage/schema.h"

#include <algorithm>
#include <array>
#include <span>

namespace kastellan::storage {
namespace {

constexpr std::int64_t applicationId = 0x4b415354; // "KAST", in the file's header (sqlite.org/fileformat2.html 1.3.17)

struct Object {
    const char *name;
    const char *sql;
    [[nodiscard]] constexpr std::string_view view() const { return name; }
};

/// Summaries and contents lie apart, so that lists read little. Everything but the head and the activity can only be added to.
constexpr std::array version1 = {
    Object{"records",
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, keep TEXT NOT NULL, keep_name TEXT NOT NULL, "
        "host TEXT NOT NULL, kind TEXT NOT NULL, created INTEGER NOT NULL, verdict TEXT NOT NULL, emulated INTEGER NOT NULL, "
        "previous BLOB NOT NULL, hash BLOB NOT NULL) STRICT"},
    Object{"records_keep", "CREATE INDEX records_keep ON records (keep, seq)"},
    Object{"contents", "CREATE TABLE contents (seq INTEGER PRIMARY KEY REFERENCES records, content TEXT NOT NULL) STRICT"},
    Object{"blobs", "CREATE TABLE blobs (sha256 BLOB PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID"},
    Object{"head",
        "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL) "
        "STRICT"},
    Object{"activity",
        "CREATE TABLE activity (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT "
        "NULL, "
        "outcome TEXT NOT NULL) STRICT"},
    Object{"records_no_update",
        "CREATE TRIGGER records_no_update BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'records are append-only'); END"},
    Object{"records_no_delete",
        "CREATE TRIGGER records_no_delete BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'records are append-only'); END"},
    Object{"contents_no_update",
        "CREATE TRIGGER contents_no_update BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'records are append-only'); END"},
    Object{"contents_no_delete",
        "CREATE TRIGGER contents_no_delete BEFORE DELETE ON contents BEGIN SELECT RAISE(ABORT, 'records are append-only'); END"},
    Object{
        "blobs_no_update", "CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs BEGIN SELECT RAISE(ABORT, 'blobs are append-only'); END"},
    Object{
        "blobs_no_delete", "CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs BEGIN SELECT RAISE(ABORT, 'blobs are append-only'); END"},
    Object{"head_no_delete", "CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the head stays'); END"},
    Object{"activity_no_update",
        "CREATE TRIGGER activity_no_update BEFORE UPDATE ON activity BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END"},
    Object{"activity_no_delete",
        "CREATE TRIGGER activity_no_delete BEFORE DELETE ON activity BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END"},
};

/// Retention: contents of records that a purge record names, and blobs that are being purged, may go.
constexpr std::array version2 = {
    Object{"holds",
        "CREATE TABLE holds (id TEXT PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL) STRICT, WITHOUT ROWID"},
    Object{"purged", "CREATE TABLE purged (seq INTEGER PRIMARY KEY REFERENCES records, by INTEGER NOT NULL REFERENCES records) STRICT"},
    Object{"purging", "CREATE TABLE purging (sha256 BLOB PRIMARY KEY) STRICT, WITHOUT ROWID"},
    Object{"purged_no_update",
        "CREATE TRIGGER purged_no_update BEFORE UPDATE ON purged BEGIN SELECT RAISE(ABORT, 'what was purged stays so'); END"},
    Object{"purged_no_delete",
        "CREATE TRIGGER purged_no_delete BEFORE DELETE ON purged BEGIN SELECT RAISE(ABORT, 'what was purged stays so'); END"},
    Object{"contents_no_delete",
        "CREATE TRIGGER contents_no_delete BEFORE DELETE ON contents WHEN NOT EXISTS (SELECT 1 FROM purged WHERE seq = OLD.seq) BEGIN "
        "SELECT "
        "RAISE(ABORT, 'records are append-only'); END"},
    Object{"blobs_no_delete",
        "CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs WHEN NOT EXISTS (SELECT 1 FROM purging WHERE sha256 = OLD.sha256) BEGIN "
        "SELECT "
        "RAISE(ABORT, 'blobs are append-only'); END"},
};

constexpr std::array<std::span<const Object>, 2> versions = {version1, version2};

/// Whether a version before `version` has a trigger of this name, which this version's takes the place of.
bool replaces(std::size_t version, std::string_view name)
{
    for (std::size_t earlier = 0; earlier < version; ++earlier)
        for (const auto &object : versions[earlier])
            if (object.name == name)
                return true;
    return false;
}

std::unexpected<Error> notOurs(const Database &database)
{
    return badInput("open the evidence store", database.path().string(), "it is an SQLite database of another program",
        "Move it away, or choose another data folder with KASTELLAN_DATA.");
}

} // namespace

int newestVersion()
{
    return static_cast<int>(versions.size());
}

Status migrate(const Database &database, int newest)
{
    const auto isCurrent = [&]() -> Result<bool> {
        KASTELLAN_ASSIGN(const std::int64_t version, database.number("PRAGMA user_version"));
        KASTELLAN_ASSIGN(const std::int64_t id, database.number("PRAGMA application_id"));
        return version == newest && id == applicationId;
    };
    KASTELLAN_ASSIGN(const bool current, isCurrent());
    if (current) // the usual case needs no lock
        return {};
    for (;;) {
        // Whoever gets the write lock first migrates; the others then find the new version.
        KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(database, Transaction::Kind::Write));
        KASTELLAN_ASSIGN(const std::int64_t version, database.number("PRAGMA user_version"));
        KASTELLAN_ASSIGN(const std::int64_t id, database.number("PRAGMA application_id"));
        if (version == 0) {
            KASTELLAN_ASSIGN(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
            if (id != 0 || tables != 0)
                return notOurs(database);
        } else if (id != applicationId) {
            return notOurs(database);
        }
        if (version > newest)
            return environment("open the evidence store", database.path().string(),
                "it was written by a newer Kastellan: it has version " + std::to_string(version)
                    + ", and this program knows versions up to " + std::to_string(newest),
                "Update Kastellan, or choose another data folder with KASTELLAN_DATA. Nothing was changed.");
        if (version == newest)
            return {};
        for (const auto &object : versions[static_cast<std::size_t>(version)]) {
            if (replaces(static_cast<std::size_t>(version), object.name))
                KASTELLAN_TRY(database.execute("DROP TRIGGER " + std::string(object.name)));
            KASTELLAN_TRY(database.execute(object.sql));
        }
        KASTELLAN_TRY(database.execute(
            "PRAGMA application_id = " + std::to_string(applicationId) + "; PRAGMA user_version = " + std::to_string(version + 1)));
        KASTELLAN_TRY(transaction.commit());
    }
}

Result<std::vector<std::string>> schemaProblems(const Database &database)
{
    std::vector<std::string> problems;
    for (std::size_t version = 0; version < versions.size(); ++version)
        for (const auto &object : versions[version]) {
            if (std::ranges::any_of(std::span(versions).subspan(version + 1),
                    [&](const auto &later) { return std::ranges::contains(later, std::string_view(object.name), &Object::view); }))
                continue;
            KASTELLAN_ASSIGN(Statement statement, database.prepare("SELECT sql FROM sqlite_schema WHERE name = ?"));
            statement.bind(1, std::string_view(object.name));
            KASTELLAN_ASSIGN(const bool there, statement.step());
            if (!there)
                problems.push_back(std::string("store: '") + object.name + "' was removed from its tables and triggers");
            else if (statement.text(0) != object.sql)
                problems.push_back(std::string("store: '") + object.name + "' was changed");
        }
    return problems;
}

} // namespace kastellan::storage
