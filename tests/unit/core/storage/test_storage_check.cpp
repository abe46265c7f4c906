// SPDX-License-Identifier: Apache-2.0
// Whoever can write to the file can change it past the triggers; the check has to find every change.
#include "core/storage/record_store.h"
#include "tests/support/data_folder.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

#include <sqlite3.h>

using namespace kastellan;

class TestCheck : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder.emplace();
        auto store = RecordStore::open();
        QVERIFY(store);
        for (unsigned i = 1; i <= 5; ++i)
            m_ids.push_back(*(*store)->append(test::sampleRecord(i)));
        QVERIFY((*store)->check()->empty());
    }
    void cleanup() { m_ids.clear(); }

    void triggersForbidChanges_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::newRow("update") << QByteArrayLiteral("UPDATE records SET verdict = 'trusted'");
        QTest::newRow("delete") << QByteArrayLiteral("DELETE FROM records WHERE seq = 2");
        QTest::newRow("content") << QByteArrayLiteral("UPDATE contents SET content = '{}'");
        QTest::newRow("delete content") << QByteArrayLiteral("DELETE FROM contents");
        QTest::newRow("blob") << QByteArrayLiteral("UPDATE blobs SET content = x'00'");
        QTest::newRow("delete blob") << QByteArrayLiteral("DELETE FROM blobs");
        QTest::newRow("activity") << QByteArrayLiteral("DELETE FROM activity WHERE seq = 1");
        QTest::newRow("head") << QByteArrayLiteral("DELETE FROM head");
    }
    void triggersForbidChanges()
    {
        QFETCH(QByteArray, sql);
        auto store = RecordStore::open();
        QVERIFY((*store)->logActivity({1, "a", "b", "c", "d"}));
        QVERIFY(!run(sql.constData()));
        QVERIFY((*store)->check()->empty());
    }

    void tampering_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("problem");
        const auto row = [](const char *name, const char *sql, const char *problem) {
            QTest::newRow(name) << QByteArray(sql) << QByteArray(problem);
        };
        row("verdict column", "UPDATE records SET verdict = 'refused' WHERE seq = 3", "column 'verdict'");
        row("keep column", "UPDATE records SET keep = 'x' WHERE seq = 3", "column 'keep'");
        row("name column", "UPDATE records SET keep_name = 'x' WHERE seq = 3", "column 'keep_name'");
        row("host column", "UPDATE records SET host = 'x' WHERE seq = 3", "column 'host'");
        row("kind column", "UPDATE records SET kind = 'x' WHERE seq = 3", "column 'kind'");
        row("time column", "UPDATE records SET created = created + 1 WHERE seq = 3", "column 'created'");
        row("emulated column", "UPDATE records SET emulated = 0 WHERE seq = 3", "column 'emulated'");
        row("id column", "UPDATE records SET id = 'r0000000000000000' WHERE seq = 3", "column 'id'");
        row("content", "UPDATE contents SET content = replace(content, 'trusted', 'refused') WHERE seq = 3", "content was altered");
        row("hash", "UPDATE records SET hash = zeroblob(32) WHERE seq = 3", "(number 3): its content was altered");
        row("previous", "UPDATE records SET previous = zeroblob(32) WHERE seq = 3", "(number 3): it does not follow");
        row("blob", "UPDATE blobs SET content = zeroblob(length(content)) ", "");
        row("last record removed", "DELETE FROM contents WHERE seq = 5; DELETE FROM records WHERE seq = 5", "head: it counts 5");
        row("middle record removed", "DELETE FROM contents WHERE seq = 3; DELETE FROM records WHERE seq = 3", "number 3 should stand here");
        row("first record removed", "DELETE FROM contents WHERE seq = 1; DELETE FROM records WHERE seq = 1", "number 1 should stand here");
        row("all removed", "DELETE FROM contents; DELETE FROM records", "head: it counts 5");
        row("all removed with the head", "DELETE FROM contents; DELETE FROM records; UPDATE head SET count = 0, hash = zeroblob(32)",
            "signature");
        row("content removed", "DELETE FROM contents WHERE seq = 2", "(number 2)");
        row("two exchanged",
            "UPDATE records SET seq = 99 WHERE seq = 2; UPDATE records SET seq = 2 WHERE seq = 3; UPDATE records SET seq = 3 WHERE seq = "
            "99;"
            "UPDATE contents SET seq = 99 WHERE seq = 2; UPDATE contents SET seq = 2 WHERE seq = 3; UPDATE contents SET seq = 3 WHERE seq "
            "= 99",
            "(number 2)");
        row("head count", "UPDATE head SET count = 4", "head: it counts 4");
        row("head hash", "UPDATE head SET hash = zeroblob(32)", "head: its hash");
        row("head signature", "UPDATE head SET signature = zeroblob(64)", "signature");
        row("rolled back with the head",
            "DELETE FROM contents WHERE seq = 5; UPDATE head SET count = 4, hash = (SELECT hash FROM records WHERE seq = 4); DELETE FROM "
            "records WHERE seq = 5",
            "signature");
    }
    void tampering()
    {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, problem);
        if (problem.isEmpty()) { // a blob, altered in one byte
            sql = "UPDATE blobs SET content = CAST(substr(content, 1, 9) || x'55' || substr(content, 11) AS BLOB)";
            problem = "its content was altered: the digest does not fit";
        }
        QVERIFY2(tamper(sql.constData()), m_error.c_str());
        auto store = RecordStore::open();
        QVERIFY(store);
        const auto problems = (*store)->check();
        QVERIFY(problems);
        QVERIFY(!problems->empty());
        const std::string all = joined(*problems);
        QVERIFY2(all.find(problem.constData()) != std::string::npos, all.c_str());
    }

    /// Nothing is appended to, and so no good signature put over, what somebody else made of the store.
    void tamperedStoreIsNotSignedAnew()
    {
        QVERIFY(tamper("DELETE FROM contents WHERE seq = 5; UPDATE head SET count = 4, hash = (SELECT hash FROM records WHERE seq = 4); "
                       "DELETE FROM records WHERE seq = 5"));
        auto store = RecordStore::open();
        const auto id = (*store)->append(test::sampleRecord(9));
        QVERIFY(!id);
        QVERIFY2(id.error().why.find("signed") != std::string::npos, id.error().message().c_str());
        QVERIFY(!id.error().remedy.empty());
    }

    void alteredRecordIsNotShown()
    {
        QVERIFY(tamper("UPDATE contents SET content = replace(content, 'trusted', 'refused') WHERE seq = 2"));
        auto store = RecordStore::open();
        QVERIFY(!(*store)->get(m_ids[1]));
        QVERIFY((*store)->get(m_ids[0]));
    }

    void removedTriggersAreNamed()
    {
        QVERIFY(run("DROP TRIGGER records_no_delete"));
        auto store = RecordStore::open();
        const auto problems = (*store)->check();
        QVERIFY(problems && problems->size() == 1);
        QVERIFY(problems->front().find("records_no_delete") != std::string::npos);
    }

    void replacedRecordKeyIsNamed()
    {
        std::filesystem::remove(m_folder->data() / "keys" / "record.pem");
        auto store = RecordStore::open();
        const auto problems = (*store)->check();
        QVERIFY(problems);
        QVERIFY(joined(*problems).find("record key was replaced") != std::string::npos);
        QVERIFY(!(*store)->append(test::sampleRecord(9)));
    }

private:
    static std::string joined(const std::vector<std::string> &lines)
    {
        std::string all;
        for (const auto &line : lines)
            all += line + "\n";
        return all;
    }

    bool run(const char *sql)
    {
        sqlite3 *database = nullptr;
        if (sqlite3_open((m_folder->data() / "evidence.db").c_str(), &database) != SQLITE_OK)
            return false;
        char *error = nullptr;
        const bool good = sqlite3_exec(database, sql, nullptr, nullptr, &error) == SQLITE_OK;
        m_error = error ? error : "";
        sqlite3_free(error);
        sqlite3_close(database);
        return good;
    }

    /// As an attacker would: the triggers out of the way, and put back afterwards, so that only the change itself can be found.
    bool tamper(const std::string &sql)
    {
        sqlite3 *database = nullptr;
        if (sqlite3_open((m_folder->data() / "evidence.db").c_str(), &database) != SQLITE_OK)
            return false;
        std::vector<std::pair<std::string, std::string>> triggers;
        sqlite3_exec(
            database, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
            [](void *all, int, char **columns, char **) {
                static_cast<decltype(triggers) *>(all)->emplace_back(columns[0], columns[1]);
                return 0;
            },
            &triggers, nullptr);
        sqlite3_close(database);
        std::string drop, create;
        for (const auto &[name, text] : triggers) {
            drop += "DROP TRIGGER " + name + ";";
            create += text + ";";
        }
        return triggers.size() == 11 && run((drop + sql + ";" + create).c_str());
    }

    std::optional<test::DataFolder> m_folder;
    std::vector<std::string> m_ids;
    std::string m_error;
};

QTEST_APPLESS_MAIN(TestCheck)
#include "test_storage_check.moc"
