// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/storage/record_care.h"
#include "core/storage/record_store.h"
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
namespace fs = std::filesystem;

namespace {

std::string firstOf(const Result<std::vector<std::string>> &problems)
{
    return !problems ? problems.error().message() : problems->empty() ? std::string() : problems->front();
}

std::vector<std::string> idsOf(RecordStore &store)
{
    std::vector<std::string> ids;
    const auto records = store.list().value();
    for (const auto &record : records)
        ids.push_back(record.id);
    std::ranges::sort(ids);
    return ids;
}

} // namespace

class TestStorageBackup : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder.emplace();
        m_store = *RecordStore::open();
        append(5);
    }
    void cleanup() { m_store.reset(); }

    void backUpAndRestore()
    {
        const auto before = idsOf(*m_store);
        QVERIFY2(backUp(), m_error.c_str());
        QVERIFY(!backUp()); // never over a file
        QVERIFY(m_error.find("already") != std::string::npos);
        QCOMPARE(filesBeside(file()), 1);
        // Lost altogether, but for the key.
        m_store.reset();
        for (const char *suffix : {"", "-wal", "-shm"})
            fs::remove(place().string() + suffix);
        const auto restored = restoreRecords(file(), false);
        QVERIFY2(restored.has_value(), restored ? "" : restored.error().message().c_str());
        QCOMPARE(restored->records, 5u);
        QVERIFY(restored->before.empty());
        m_store = *RecordStore::open();
        QCOMPARE(idsOf(*m_store), before);
        QVERIFY(m_store->check()->empty());
        append(1);
        QVERIFY(m_store->check()->empty());
        QVERIFY(leftovers().isEmpty());
    }

    void nothingIsLostByRestoring()
    {
        QVERIFY(backUp());
        append(2);
        const auto all = idsOf(*m_store);
        const auto refused = restoreRecords(file(), false);
        QVERIFY(!refused);
        QVERIFY2(refused.error().why.find("lacks") != std::string::npos, refused.error().message().c_str());
        QCOMPARE(idsOf(*m_store), all);
        const auto forced = restoreRecords(file(), true);
        QVERIFY2(forced.has_value(), forced ? "" : forced.error().message().c_str());
        QCOMPARE(forced->records, 5u);
        QCOMPARE(m_store->list()->size(), 5u); // a program that has it open sees it at once
        QVERIFY(m_store->check()->empty());
        const auto saved = RecordStore::open(forced->before);
        QCOMPARE(idsOf(**saved), all);
        QVERIFY((*saved)->check()->empty());
        // And back again.
        QVERIFY(restoreRecords(forced->before, false));
        QCOMPARE(idsOf(*m_store), all);
    }

    /// What somebody wants kept stays kept, though the backup is from before.
    void holdsStay()
    {
        QVERIFY(backUp());
        const std::string id = idsOf(*m_store).front();
        const auto care = *RecordCare::open();
        QVERIFY(care->hold({id, 7, "me", "case 17"}));
        QVERIFY(restoreRecords(file(), false));
        const auto holds = care->holds();
        QCOMPARE(holds->size(), 1u);
        QCOMPARE(holds->front().id + holds->front().why, id + "case 17");
        QVERIFY(m_store->check()->empty());
    }

    void aBackupThatIsNotCleanIsRefused_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::newRow("content") << QByteArrayLiteral(
            "DROP TRIGGER contents_no_update; UPDATE contents SET content = replace(content, 'trusted', 'refused')");
        QTest::newRow("record removed") << QByteArrayLiteral("DROP TRIGGER contents_no_delete; DROP TRIGGER records_no_delete; DELETE FROM "
                                                             "contents WHERE seq = 5; DELETE FROM records WHERE seq = 5");
        QTest::newRow("head") << QByteArrayLiteral("UPDATE head SET signature = zeroblob(64)");
        QTest::newRow("trigger") << QByteArrayLiteral("DROP TRIGGER records_no_delete");
        QTest::newRow("newer") << QByteArrayLiteral("PRAGMA user_version = 99");
    }
    void aBackupThatIsNotCleanIsRefused()
    {
        QFETCH(QByteArray, sql);
        QVERIFY(backUp());
        sqlite3 *raw = nullptr;
        QCOMPARE(sqlite3_open(file().c_str(), &raw), SQLITE_OK);
        QCOMPARE(sqlite3_exec(raw, sql.constData(), nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(raw);
        const auto ids = idsOf(*m_store);
        const auto restored = restoreRecords(file(), true);
        QVERIFY(!restored);
        QVERIFY(!restored.error().remedy.empty());
        QCOMPARE(idsOf(*m_store), ids);
        QVERIFY(m_store->check()->empty());
        QVERIFY(leftovers().isEmpty());
    }

    void cutOrOtherFilesAreRefused()
    {
        QVERIFY(backUp());
        const Bytes whole = *readFile(file(), 64 << 20);
        for (const std::size_t length : {std::size_t{0}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
            const auto cut = m_folder->path() / ("cut" + std::to_string(length));
            QVERIFY(writeFileAtomically(cut, ByteView(whole).first(length)));
            QVERIFY2(!restoreRecords(cut, true), std::to_string(length).c_str());
        }
        QVERIFY(!restoreRecords(m_folder->path() / "none", true));
        QVERIFY(!restoreRecords(place(), true));
        QVERIFY(m_store->check()->empty());
        QCOMPARE(m_store->list()->size(), 5u);
    }

    void anotherUsersBackupIsRefused()
    {
        QVERIFY(backUp());
        m_store.reset();
        fs::rename(m_folder->data() / "keys", m_folder->data() / "other-keys");
        for (const char *suffix : {"", "-wal", "-shm"})
            fs::remove(place().string() + suffix);
        const auto restored = restoreRecords(file(), false);
        QVERIFY(!restored);
        QVERIFY2(restored.error().message().find("record.pem") != std::string::npos, restored.error().message().c_str());
    }

    /// Others write while it is backed up: the copy is one of the store at some moment, and clean.
    void whileOthersWrite()
    {
        const pid_t pid = ::fork();
        if (pid == 0) {
            auto store = RecordStore::open();
            for (unsigned i = 100; store; ++i)
                if (!(*store)->append(test::sampleRecord(i)))
                    ::_exit(1);
            ::_exit(1);
        }
        for (int i = 0; i < 5; ++i)
            QVERIFY2(backUp(i), m_error.c_str());
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        QVERIFY(m_store->check()->empty());
    }

    /// Killed anywhere within a restore: the old store or the new one, whole; what it left behind goes with the next.
    void killedWhileRestoring()
    {
        QVERIFY(backUp());
        append(3);
        const auto now = idsOf(*m_store);
        m_store.reset();
        std::mt19937 random(20261125);
        for (int round = 0; round < 12; ++round) {
            const pid_t pid = ::fork();
            if (pid == 0)
                ::_exit(restoreRecords(file(), true) ? 0 : 1);
            ::usleep(static_cast<useconds_t>(random() % 60'000)); // only moves the moment
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
            auto store = RecordStore::open();
            QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
            const auto problems = (*store)->check();
            QVERIFY2(problems && problems->empty(), firstOf(problems).c_str());
            const auto count = (*store)->list()->size();
            QVERIFY(count == now.size() || count == 5);
            if (count == 5) { // and there is a copy of what was there before
                bool saved = false;
                for (const auto &entry : fs::directory_iterator(m_folder->data()))
                    if (entry.path().filename().string().contains("before-restore-") && entry.path().extension() != ".lock")
                        if (auto copy = RecordStore::open(entry.path()))
                            saved = saved || idsOf(**copy) == now;
                QVERIFY(saved);
                append(0);
                for (unsigned i = 0; i < 3; ++i)
                    QVERIFY((*store)->append(test::sampleRecord(50 + i)));
                break;
            }
        }
        QVERIFY(restoreRecords(file(), true));
        QVERIFY(leftovers().isEmpty());
    }

private:
    void append(unsigned count)
    {
        for (unsigned i = 0; i < count; ++i)
            QVERIFY(m_store->append(test::sampleRecord(i + 1)));
    }
    bool backUp(int number = 0)
    {
        const auto status = (*RecordCare::open())->backup(file(number));
        m_error = status ? "" : status.error().message();
        return status.has_value();
    }
    [[nodiscard]] fs::path place() const { return m_folder->data() / "evidence.db"; }
    [[nodiscard]] fs::path file(int number = 0) const { return m_folder->path() / ("backup" + std::to_string(number) + ".db"); }
    static int filesBeside(const fs::path &file)
    {
        int count = 0;
        for (const auto &entry : fs::directory_iterator(file.parent_path()))
            count += entry.path().filename().string().starts_with(file.filename().string());
        return count;
    }
    [[nodiscard]] QStringList leftovers() const
    {
        QStringList left;
        for (const auto &entry : fs::directory_iterator(m_folder->data()))
            if (entry.path().filename().string().contains("restoring-"))
                left << QString::fromStdString(entry.path().string());
        return left;
    }
    std::optional<test::DataFolder> m_folder;
    std::unique_ptr<RecordStore> m_store;
    std::string m_error;
};

QTEST_GUILESS_MAIN(TestStorageBackup)
#include "test_storage_backup.moc"
