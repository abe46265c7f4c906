// SPDX-License-Identifier: Apache-2.0
// What a batch goes through, and what it remembers of it.
#include "app/keepctl/batch_items.h"
#include "app/keepctl/evidence_files.h"
#include "core/base/digest.h"
#include "core/base/file.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::keepctl;
namespace fs = std::filesystem;

class TestKeepctlBatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Anybody can find two paths whose digests begin alike: the second one must be looked at all the same.
    void anItemIsKnownByItsWholeDigest()
    {
        const fs::path path = fs::path(m_folder.path().toStdString()) / "journal";
        {
            auto journal = BatchJournal::open(path, "references");
            QVERIFY(journal);
            (*journal)->note("done", "authentic");
            QVERIFY((*journal)->flush());
        }
        std::string text(asText(readFile(path, 4096).value()));
        Sha256 other = sha256(asBytes("hostile"));
        other.bytes[31] ^= 1;
        text += "authentic " + toHex(other.view()) + "\n";
        QVERIFY(writeFileAtomically(path, asBytes(text)));
        const auto journal = BatchJournal::open(path, "references");
        QVERIFY(journal);
        QVERIFY((*journal)->isDone("done"));
        QVERIFY(!(*journal)->isDone("hostile"));
        QVERIFY(!BatchJournal::open(path, "other references"));
        for (const std::string_view damage : {"authentic 00ff\n", "authentic\n", "authentic zz\n"}) {
            QVERIFY(writeFileAtomically(path, asBytes(text + std::string(damage))));
            QVERIFY(!BatchJournal::open(path, "references"));
        }
    }

    /// A list that can't be read to its end is no shorter list.
    void aListThatBreaksOffIsAnError()
    {
        auto items = BatchItems::open("/proc/self/mem");
        QVERIFY(items);
        const auto item = (*items)->next();
        QVERIFY(!item);
        QVERIFY2(item.error().message().contains("read further"), item.error().message().c_str());
    }

    void aGivenListHoldsOne()
    {
        Recognised recognised;
        recognised.found = {{"lists/a.crl", 0, 10, "x509-crl", "a list"}, {"b.zip: c.crl", 0, 10, "x509-crl", "a list"},
            {"d.der", 0, 10, "x509-ask", "a certificate"}};
        recognised.unknown = {{"e.crl", 0, "it is damaged"}};
        const auto need = [&](const std::string &path) { return needLists(std::vector{path}, recognised); };
        for (const char *path : {"lists", "lists/", "lists/a.crl", "b.zip"})
            QVERIFY2(need(path), path);
        for (const char *path : {"d.der", "lis", "e.crl", "nothing"})
            QVERIFY2(!need(path), path);
        QVERIFY(need("e.crl").error().why.contains("damaged"));
        QVERIFY(anyUnusable(std::vector<std::string>{"d.der", "e.crl"}, recognised));
        QVERIFY(!anyUnusable(std::vector<std::string>{"d.der", "b.zip"}, recognised));
    }

private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestKeepctlBatch)
#include "test_keepctl_batch.moc"
