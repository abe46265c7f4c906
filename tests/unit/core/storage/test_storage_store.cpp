// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "core/storage/record_store.h"
#include "tests/support/data_folder.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

#include <set>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;

class TestStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }

    void whatIsAppendedComesBack()
    {
        auto store = RecordStore::open();
        QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
        Record record = test::sampleRecord(3);
        const auto id = (*store)->append(record);
        QVERIFY2(id.has_value(), id ? "" : id.error().message().c_str());
        QCOMPARE(id->size(), std::size_t{17});
        QVERIFY(id->starts_with('r'));
        const auto again = (*store)->get(*id);
        QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
        record.id = *id;
        QCOMPARE(js::dump(js::toJson(*again)), js::dump(js::toJson(record)));
        const auto byPrefix = (*store)->get(id->substr(0, 6));
        QVERIFY(byPrefix);
        QCOMPARE(byPrefix->id, *id);
        struct stat status{};
        QCOMPARE(::stat((m_folder->data() / "evidence.db").c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777, mode_t{0600});
    }

    void listsNewestFirst()
    {
        auto store = RecordStore::open();
        std::vector<std::string> ids;
        for (unsigned i = 0; i < 10; ++i)
            ids.push_back(*(*store)->append(test::sampleRecord(i % 2)));
        const auto all = (*store)->list();
        QVERIFY(all);
        QCOMPARE(all->size(), std::size_t{10});
        QCOMPARE(all->front().id, ids.back());
        QCOMPARE(all->back().id, ids.front());
        QCOMPARE(all->front().verdict, std::string("trusted"));
        QVERIFY(all->front().emulated);
        const auto ofKeep = (*store)->list(test::sampleRecord(1).keep);
        QCOMPARE(ofKeep->size(), std::size_t{5});
        QCOMPARE(ofKeep->front().id, ids[9]);
        const auto page = (*store)->list({}, 3, 2);
        QCOMPARE(page->size(), std::size_t{3});
        QCOMPARE(page->front().id, ids[7]);
        QVERIFY((*store)->list("no such keep")->empty());
        std::size_t checked = 0;
        const auto problems = (*store)->check(&checked);
        QVERIFY(problems && problems->empty());
        QCOMPARE(checked, std::size_t{10});
    }

    void unknownAndAmbiguousIds()
    {
        auto store = RecordStore::open();
        QVERIFY((*store)->list()->empty());
        QVERIFY((*store)->check()->empty());
        for (const char *id : {"", "x", "r00000000000000000", "r0'; DROP TABLE records; --", "rZZ", "r~", "R00"}) {
            const auto record = (*store)->get(id);
            QVERIFY2(!record, id);
            QCOMPARE(record.error().kind, ErrorKind::Input);
        }
        QVERIFY((*store)->append(test::sampleRecord(1)));
        QVERIFY((*store)->get("r"));
        QVERIFY((*store)->append(test::sampleRecord(2)));
        const auto several = (*store)->get("r");
        QVERIFY(!several);
        QVERIFY2(several.error().why.find("several") != std::string::npos, several.error().message().c_str());
    }

    /// Certificates are the same from record to record: they are kept once.
    void blobsAreKeptOnce()
    {
        auto store = RecordStore::open();
        Record large = test::sampleRecord(1);
        large.evidence.endorsements.front().der = Bytes(1 << 20, 7);
        for (int i = 0; i < 20; ++i)
            QVERIFY((*store)->append(large));
        store->reset();
        QVERIFY(std::filesystem::file_size(m_folder->data() / "evidence.db") < (3u << 20));
    }

    void activityIsKept()
    {
        auto store = RecordStore::open();
        QVERIFY((*store)->logActivity({1, "alice", "launch", "hello", "trusted"}));
        QVERIFY((*store)->logActivity({2, "alice", "stop", "hello", ""}));
        store->reset();
        store = RecordStore::open();
        const auto all = (*store)->activity();
        QCOMPARE(all->size(), std::size_t{2});
        QCOMPARE(all->front().what, std::string("stop"));
        QCOMPARE(all->back().outcome, std::string("trusted"));
        QCOMPARE((*store)->activity(1)->size(), std::size_t{1});
    }

    void headIsSigned()
    {
        auto store = RecordStore::open();
        QVERIFY((*store)->head()->second.empty());
        QVERIFY((*store)->append(test::sampleRecord(1)));
        const auto first = (*store)->head();
        QCOMPARE(first->second.size(), std::size_t{64});
        QVERIFY((*store)->append(test::sampleRecord(1)));
        const auto second = (*store)->head();
        QVERIFY(first->first != second->first);
    }

    /// Several programs and threads, each with a store of its own, begin with none and append at once.
    void manyProgramsAtOnce()
    {
        constexpr unsigned programs = 5;
        constexpr unsigned each = 20;
        std::vector<pid_t> children;
        for (unsigned i = 0; i < programs; ++i) {
            const pid_t pid = ::fork();
            if (pid == 0) {
                auto store = RecordStore::open();
                for (unsigned n = 0; n < each; ++n)
                    if (!store || !(*store)->append(test::sampleRecord(i)) || !(*store)->logActivity({1, "a", "b", "c", "d"}))
                        ::_exit(1);
                ::_exit(0);
            }
            children.push_back(pid);
        }
        for (const pid_t pid : children) {
            int status = -1;
            ::waitpid(pid, &status, 0);
            QCOMPARE(status, 0);
        }
        auto store = RecordStore::open();
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < 4; ++i)
            threads.emplace_back([&store, i] {
                for (unsigned n = 0; n < 5; ++n)
                    (void)(*store)->append(test::sampleRecord(100 + i));
            });
        threads.clear();
        const auto all = (*store)->list();
        QCOMPARE(all->size(), std::size_t{programs * each + 20});
        std::set<std::string> ids;
        for (const auto &summary : *all)
            ids.insert(summary.id);
        QCOMPARE(ids.size(), all->size());
        QVERIFY((*store)->check()->empty());
        QCOMPARE((*store)->activity()->size(), std::size_t{programs * each});
    }

private:
    std::optional<test::DataFolder> m_folder;
};

QTEST_APPLESS_MAIN(TestStore)
#include "test_storage_store.moc"
