// SPDX-License-Identifier: Apache-2.0
// Holds and purging: contents go, the chain stays whole, and nobody else can make a record vanish in that way.
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/storage/purge_list.h"
#include "core/storage/record_care.h"
#include "core/storage/record_store.h"
#include "core/storage/schema.h"
#include "core/storage/sqlite_store.h"
#include "tests/support/data_folder.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

#include <csignal>
#include <optional>
#include <random>

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;

namespace {

std::string firstOf(const Result<std::vector<std::string>> &problems)
{
    return !problems ? problems.error().message() : problems->empty() ? std::string() : problems->front();
}

constexpr std::int64_t old = 1'000'000, later = 2'000'000, boundary = 1'500'000;

std::string keepOf(unsigned number)
{
    return std::string(31, '0') + std::to_string(number % 3);
}

Record aged(unsigned number, std::int64_t created)
{
    Record record = test::sampleRecord(number);
    record.keep = keepOf(number);
    record.created = created;
    record.evidence.report = Bytes(1184, static_cast<std::uint8_t>(number)); // of its own
    record.evidence.endorsements = {
        {"ark", Bytes(300, 7)}, {"vcek", Bytes(200, static_cast<std::uint8_t>(number))}}; // a shared one, and its own
    return record;
}

PurgeRequest request(std::size_t newest = 0)
{
    return {boundary, newest, "tester", "test", false};
}

} // namespace

class TestStorageCare : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder.emplace();
        m_ids.clear();
        auto store = RecordStore::open();
        QVERIFY(store);
        for (unsigned i = 0; i < 9; ++i)
            m_ids.push_back(*(*store)->append(aged(i, i < 6 ? old + i : later + i)));
    }

    void purgeTakesTheOldOnesAndKeepsTheChain()
    {
        auto care = RecordCare::open();
        QVERIFY(care);
        const auto purged = (*care)->purge(request());
        QVERIFY2(purged.has_value(), purged ? "" : purged.error().message().c_str());
        QCOMPARE(purged->records.size(), 6u);
        QCOMPARE(purged->records.front().id, m_ids[0]);
        QVERIFY(purged->bytes > 6 * (1184 + 200));
        QVERIFY(!purged->record.empty());

        auto store = RecordStore::open();
        std::size_t checked = 0;
        const auto problems = (*store)->check(&checked);
        QVERIFY2(problems && problems->empty(), firstOf(problems).c_str());
        QCOMPARE(checked, 10u);
        for (unsigned i = 0; i < 6; ++i) {
            const auto record = (*store)->get(m_ids[i]);
            QVERIFY(!record);
            QVERIFY2(record.error().why.find("purged") != std::string::npos, record.error().message().c_str());
            QVERIFY(record.error().remedy.find(purged->record) != std::string::npos);
        }
        for (unsigned i = 6; i < 9; ++i)
            QCOMPARE((*store)->get(m_ids[i])->evidence.report, Bytes(1184, static_cast<std::uint8_t>(i)));
        QCOMPARE((*store)->list()->size(), 10u); // their lines stay
        const auto note = (*store)->get(purged->record);
        QVERIFY2(note.has_value(), note ? "" : note.error().message().c_str());
        QCOMPARE(note->kind, std::string("purge"));
        QVERIFY(note->notes.find("tester") != std::string::npos);
        QCOMPARE(storage::readPurgeList(note->manifest, "list")->size(), 6u);
        QVERIFY((*store)->append(aged(20, later)));
        QVERIFY((*store)->check()->empty());
        QCOMPARE((*care)->purged()->size(), 6u);
    }

    void whatWasPurgedIsNotInTheFileAnyMore()
    {
        (*RecordCare::open())->purge(request()).value();
        const Bytes file = *readFile(m_folder->data() / "evidence.db", 64 << 20);
        const Bytes wal = readFile(m_folder->data() / "evidence.db-wal", 64 << 20).value_or(Bytes());
        for (unsigned i = 0; i < 9; ++i) {
            const Bytes report(400, static_cast<std::uint8_t>(i)); // a run of its report, which no other page has
            const bool there = i != 0 && (!std::ranges::search(file, report).empty() || !std::ranges::search(wal, report).empty());
            QCOMPARE(there, i >= 6);
        }
    }

    void holdsAndTheNewestStay()
    {
        auto care = RecordCare::open();
        QVERIFY((*care)->hold({m_ids[1], 5, "me", "case 17"}));
        const auto told = (*care)->purge({boundary, 0, "tester", "", true});
        QCOMPARE(told->records.size(), 5u);
        QCOMPARE(told->held, 1u);
        QVERIFY(told->record.empty());
        QCOMPARE((*RecordStore::open())->list()->size(), 9u); // told only
        // Of each keep the newest three: 9 records of 3 keeps.
        QCOMPARE((*care)->purge({boundary, 3, "tester", "", true})->records.size(), 0u);
        QCOMPARE((*care)->purge({boundary, 2, "tester", "", true})->records.size(), 2u); // 0 and 2; 1 is held
        QCOMPARE((*care)->purge(request())->records.size(), 5u);
        QVERIFY((*RecordStore::open())->get(m_ids[1]));
        QCOMPARE((*care)->holds()->front().why, std::string("case 17"));
        QVERIFY(*(*care)->release(m_ids[1]));
        QVERIFY(!*(*care)->release(m_ids[1]));
        QCOMPARE((*care)->purge(request())->records.size(), 1u);
        QCOMPARE((*care)->purge(request())->records.size(), 0u); // purge records stay
        QVERIFY((*RecordStore::open())->check()->empty());
        QVERIFY(!(*care)->hold({m_ids[1], 5, "me", ""})); // too late
        QVERIFY(!(*care)->hold({"r0000000000000000", 5, "me", ""}));
    }

    void tampering_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("problem");
        const auto row = [](const char *name, const char *sql, const char *problem) {
            QTest::newRow(name) << QByteArray(sql) << QByteArray(problem);
        };
        row("a content removed as if purged", "INSERT INTO purged VALUES (8, 10); DELETE FROM contents WHERE seq = 8", "no purge names it");
        row("a line of a purged record changed", "DROP TRIGGER records_no_update; UPDATE records SET verdict = 'refused' WHERE seq = 2",
            "columns are not");
        row("its hash changed", "DROP TRIGGER records_no_update; UPDATE records SET hash = zeroblob(32) WHERE seq = 6",
            "hash is not the one");
        row("its content put back", "INSERT INTO contents VALUES (2, '{}')", "its content is there");
        row("a blob that is needed removed", "INSERT INTO purging SELECT sha256 FROM blobs; DELETE FROM blobs; DELETE FROM purging",
            "missing from the store");
    }
    void tampering()
    {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, problem);
        (*RecordCare::open())->purge(request()).value();
        run(sql.constData());
        const auto problems = (*RecordStore::open())->check();
        QVERIFY(problems && !problems->empty());
        std::string all;
        for (const auto &one : *problems)
            all += one + "\n";
        QVERIFY2(all.find(problem.constData()) != std::string::npos, all.c_str());
    }

    /// A store of the first version, as an older program left it, is migrated: nothing lost, and what is new works.
    void anOlderStoreIsMigrated()
    {
        const auto path = m_folder->data() / "evidence.db", older = m_folder->path() / "older.db";
        {
            auto database = storage::Database::open(older, 1000);
            QVERIFY(database);
            QVERIFY(storage::migrate(*database, 1));
            QCOMPARE(*database->number("PRAGMA user_version"), 1);
            QVERIFY(!database->number("SELECT count(*) FROM holds"));
        }
        sqlite3 *raw = nullptr;
        QCOMPARE(sqlite3_open(older.c_str(), &raw), SQLITE_OK);
        const std::string copy = "ATTACH '" + path.string()
            + "' AS new; INSERT INTO records SELECT * FROM new.records; INSERT INTO contents SELECT * FROM new.contents;"
              "INSERT INTO blobs SELECT * FROM new.blobs; INSERT INTO head SELECT * FROM new.head";
        QCOMPARE(sqlite3_exec(raw, copy.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(raw);
        for (const char *suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(path.string() + suffix);
        std::filesystem::copy_file(older, path);

        auto store = RecordStore::open();
        QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
        QVERIFY((*store)->check()->empty());
        QCOMPARE((*store)->list()->size(), 9u);
        QCOMPARE((*RecordCare::open())->purge(request())->records.size(), 6u);
        QVERIFY((*store)->append(aged(30, later)));
        QVERIFY((*store)->check()->empty());
    }

    /// Killed anywhere within a purge: all of it or nothing, and the store checks clean.
    void killedWhilePurging()
    {
        std::mt19937 random(20261124);
        for (int round = 0; round < 12; ++round) {
            init();
            const pid_t pid = ::fork();
            if (pid == 0) {
                auto care = RecordCare::open();
                ::_exit(care && (*care)->purge(request()) ? 0 : 1);
            }
            ::usleep(static_cast<useconds_t>(random() % 25'000)); // only moves the moment
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
            auto store = RecordStore::open();
            QVERIFY(store);
            const auto problems = (*store)->check();
            QVERIFY2(problems && problems->empty(), firstOf(problems).c_str());
            const auto count = (*store)->list()->size();
            QVERIFY(count == 9 || count == 10);
            QCOMPARE((*RecordCare::open())->purged()->size(), count == 9 ? 0u : 6u);
            QCOMPARE((*store)->get(m_ids[0]).has_value(), count == 9);
        }
    }

private:
    void run(const char *sql) const
    {
        sqlite3 *raw = nullptr;
        QCOMPARE(sqlite3_open((m_folder->data() / "evidence.db").c_str(), &raw), SQLITE_OK);
        QCOMPARE(sqlite3_exec(raw, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(raw);
    }
    std::optional<test::DataFolder> m_folder;
    std::vector<std::string> m_ids;
};

QTEST_GUILESS_MAIN(TestStorageCare)
#include "test_storage_care.moc"
