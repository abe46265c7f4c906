// SPDX-License-Identifier: Apache-2.0
// The store when it is killed, when the disk is full, when it may not be written, when it is held, newer, or damaged.
#include "core/base/file.h"
#include "core/storage/record_store.h"
#include "core/storage/sqlite_store.h"
#include "tests/support/data_folder.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

#include <csignal>
#include <random>

#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;

namespace {

/// How many records are in the store, found clean; -1 with a message otherwise.
long cleanCount()
{
    auto store = RecordStore::open();
    if (!store) {
        qWarning("%s", store.error().message().c_str());
        return -1;
    }
    std::size_t checked = 0;
    const auto problems = (*store)->check(&checked);
    if (!problems || !problems->empty()) {
        qWarning("%s", problems ? problems->front().c_str() : problems.error().message().c_str());
        return -1;
    }
    return static_cast<long>(checked);
}

} // namespace

class TestStorageFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }

    /// A program that appends is killed at a random moment, again and again: every record it reported is there.
    void killedWhileAppending()
    {
        std::mt19937 random(20251123);
        std::vector<std::string> reported;
        for (int round = 0; round < 25; ++round) {
            int ends[2];
            QCOMPARE(::pipe(ends), 0);
            const pid_t pid = ::fork();
            if (pid == 0) {
                auto store = RecordStore::open();
                for (unsigned i = 0; store; ++i) {
                    Record record = test::sampleRecord(i);
                    record.evidence.report.resize(100 + i % 7 * 3000);
                    const auto id = (*store)->append(record);
                    if (!id || ::write(ends[1], id->data(), 17) != 17)
                        ::_exit(1);
                }
                ::_exit(1);
            }
            ::close(ends[1]);
            char id[17];
            for (unsigned i = random() % 12; i > 0; --i) {
                QCOMPARE(::read(ends[0], id, sizeof id), static_cast<ssize_t>(sizeof id));
                reported.emplace_back(id, sizeof id);
            }
            ::usleep(static_cast<useconds_t>(random() % 3000)); // anywhere within the next append: not waiting, only moving the moment
            ::kill(pid, SIGKILL);
            while (::read(ends[0], id, sizeof id) == static_cast<ssize_t>(sizeof id))
                reported.emplace_back(id, sizeof id);
            ::close(ends[0]);
            int status = 0;
            ::waitpid(pid, &status, 0);
            QVERIFY(WIFSIGNALED(status));
            QVERIFY(cleanCount() >= static_cast<long>(reported.size()));
        }
        auto store = RecordStore::open();
        for (const auto &id : reported)
            QVERIFY2((*store)->get(id).has_value(), id.c_str());
        QVERIFY(reported.size() > 50);
    }

    /// The file may not grow beyond each of many sizes: the append fails with a name, and what was there stays clean.
    void fileSizeLimit()
    {
        ::signal(SIGXFSZ, SIG_IGN);
        {
            auto store = RecordStore::open();
            QVERIFY((*store)->append(test::sampleRecord(1)));
        }
        struct rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        auto store = RecordStore::open();
        Record large = test::sampleRecord(2);
        large.evidence.report = Bytes(200'000, 5);
        int refused = 0;
        for (rlim_t room = 0; room < 220'000; room += 9'973) {
            large.evidence.report[0] = static_cast<std::uint8_t>(refused + 1);
            const struct rlimit limit{room, before.rlim_max};
            QCOMPARE(::setrlimit(RLIMIT_FSIZE, &limit), 0);
            const auto id = (*store)->append(large);
            QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
            if (!id) {
                ++refused;
                QCOMPARE(id.error().kind, ErrorKind::Environment);
                QVERIFY2(id.error().why.find("nothing was written") != std::string::npos, id.error().message().c_str());
                QCOMPARE(cleanCount(), 1L);
            } else {
                break;
            }
        }
        QVERIFY(refused > 5);
        QVERIFY((*store)->append(large));
        QVERIFY((*store)->check()->empty());
    }

    /// A real full disk: a small tmpfs, filled to the brim.
    void diskFull()
    {
        const auto place = m_folder->data();
        QVERIFY(makeFolder(place));
        if (::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=1m") != 0)
            QSKIP("a file system can only be mounted by root");
        struct Unmount {
            std::filesystem::path path;
            ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
        } const unmount{place};
        QCOMPARE(::chmod(place.c_str(), 0700), 0);
        long whole = 0;
        {
            auto store = RecordStore::open();
            QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
            for (unsigned i = 0;; ++i) {
                Record record = test::sampleRecord(i);
                record.evidence.report = Bytes(20'000, static_cast<std::uint8_t>(i));
                const auto id = (*store)->append(record);
                if (!id) {
                    QCOMPARE(id.error().kind, ErrorKind::Environment);
                    QVERIFY2(id.error().remedy.find("disk space") != std::string::npos, id.error().message().c_str());
                    break;
                }
                ++whole;
                QVERIFY(whole < 100);
            }
            std::size_t checked = 0;
            const auto problems = (*store)->check(&checked);
            QVERIFY(problems && problems->empty());
            QCOMPARE(static_cast<long>(checked), whole);
        }
        QVERIFY(whole > 5);
        QCOMPARE(::mount("tmpfs", place.c_str(), "tmpfs", MS_REMOUNT, "size=8m"), 0);
        auto store = RecordStore::open();
        QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
        QVERIFY((*store)->append(test::sampleRecord(1)));
        QCOMPARE(cleanCount(), whole + 1);
    }

    void readOnlyFolder()
    {
        const auto place = m_folder->data();
        QVERIFY(makeFolder(place));
        if (::geteuid() == 0) { // root may write everywhere, except where the file system says no
            if (::mount("tmpfs", place.c_str(), "tmpfs", MS_RDONLY, nullptr) != 0)
                QSKIP("a file system can only be mounted by root");
        } else {
            QCOMPARE(::chmod(place.c_str(), 0500), 0);
        }
        const auto store = RecordStore::open();
        ::umount2(place.c_str(), MNT_DETACH);
        QVERIFY(!store);
        QCOMPARE(store.error().kind, ErrorKind::Environment);
        QVERIFY2(store.error().where.starts_with(place.string()), store.error().message().c_str());
        QVERIFY(!store.error().remedy.empty());
    }

    void heldByAnotherProgram()
    {
        const auto path = m_folder->data() / "evidence.db";
        {
            auto store = RecordStore::open();
            QVERIFY((*store)->append(test::sampleRecord(1)));
        }
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        auto store = storage::SqliteStore::open(path, 50);
        QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
        QCOMPARE((*store)->list({}, 10, 0)->size(), std::size_t{1}); // readers are not held up
        const auto id = (*store)->append(test::sampleRecord(2));
        QVERIFY(!id);
        QVERIFY2(id.error().why.find("locked") != std::string::npos, id.error().message().c_str());
        QCOMPARE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
        QVERIFY((*store)->append(test::sampleRecord(2)));
        sqlite3_close(other);
    }

    void newerStoreIsRefusedUnchanged()
    {
        const auto path = m_folder->data() / "evidence.db";
        {
            auto store = RecordStore::open();
            QVERIFY((*store)->append(test::sampleRecord(1)));
        }
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "PRAGMA user_version = 42", nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(other);
        const auto before = readFile(path, 1 << 26);
        const auto store = RecordStore::open();
        QVERIFY(!store);
        QVERIFY2(store.error().why.find("version 42") != std::string::npos, store.error().message().c_str());
        QVERIFY2(store.error().why.find("up to 2") != std::string::npos, store.error().message().c_str());
        QVERIFY(store.error().remedy.find("Update") != std::string::npos);
        QVERIFY(*readFile(path, 1 << 26) == *before);
    }

    void otherDatabasesAreRefused()
    {
        QVERIFY(makeFolder(m_folder->data()));
        const auto path = m_folder->data() / "evidence.db";
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "CREATE TABLE bookmarks (url TEXT)", nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(other);
        const auto store = RecordStore::open();
        QVERIFY(!store);
        QVERIFY2(store.error().why.find("another program") != std::string::npos, store.error().message().c_str());
    }

    /// Every page of the file damaged in turn: never a crash, never a wrong record, and the check or the opening names it.
    void damagedFile()
    {
        const auto path = m_folder->data() / "evidence.db";
        Record original = test::sampleRecord(1);
        std::string id;
        {
            auto store = RecordStore::open();
            id = *(*store)->append(original);
            QVERIFY((*store)->append(test::sampleRecord(2)));
        }
        const Bytes whole = *readFile(path, 1 << 26);
        QVERIFY(whole.size() > 20'000);
        for (std::size_t at = 0; at < whole.size(); at += 4096) {
            Bytes damaged = whole;
            for (std::size_t i = at; i < at + 4096 && i < damaged.size(); ++i)
                damaged[i] ^= 0x5a;
            QVERIFY(writeFileAtomically(path, damaged));
            auto store = RecordStore::open();
            if (!store) {
                QVERIFY(!store.error().remedy.empty());
                continue;
            }
            const auto problems = (*store)->check();
            QVERIFY2(!problems || !problems->empty(), std::to_string(at).c_str());
            const auto record = (*store)->get(id);
            if (record)
                QVERIFY(record->evidence.report == original.evidence.report);
        }
        QVERIFY(writeFileAtomically(path, ByteView(whole).first(5000)));
        const auto cut = RecordStore::open();
        QVERIFY(!cut || !(*cut)->check()->empty());
        QVERIFY(writeFileAtomically(path,
            asBytes("this is no database at all, only some text that is long enough to have a header, or is it not? "
                    "One hundred bytes make a header.")));
        const auto junk = RecordStore::open();
        QVERIFY(!junk);
        QVERIFY2(junk.error().why.find("damaged") != std::string::npos, junk.error().message().c_str());
    }

private:
    std::optional<test::DataFolder> m_folder;
};

QTEST_APPLESS_MAIN(TestStorageFaults)
#include "test_storage_faults.moc"
