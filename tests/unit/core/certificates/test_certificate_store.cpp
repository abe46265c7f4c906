// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/certificates/certificate_store.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

#include <csignal>
#include <optional>
#include <random>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;

namespace {

StoredCertificate sample(unsigned number, const char *role = "vcek")
{
    StoredCertificate certificate;
    certificate.bytes = Bytes(500 + number % 7 * 1000, static_cast<std::uint8_t>(number));
    storeLe<std::uint32_t>(certificate.bytes, 0, number);
    certificate.format = "x509";
    certificate.role = role;
    certificate.product = number % 2 ? "Milan" : "Genoa";
    certificate.chip = "00" + std::to_string(number);
    certificate.tcb = "bl 3, tee 0, snp 8, ucode 115";
    certificate.subject = "CN=SEV-VCEK";
    certificate.issuer = "CN=SEV-Milan";
    certificate.notBefore = 100;
    certificate.notAfter = 200;
    certificate.source = "test";
    return certificate;
}

} // namespace

class TestCertificateStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }

    void nothingIsMadeByLooking()
    {
        const auto none = CertificateStore::openExisting();
        QVERIFY(none && !*none);
        QVERIFY(!std::filesystem::exists(file()));
    }

    void keepsEachOnce()
    {
        auto store = CertificateStore::open();
        QVERIFY2(store.has_value(), store ? "" : store.error().message().c_str());
        QCOMPARE((*store)->add({sample(1), sample(2), sample(1)}).value(), 2u);
        QCOMPARE((*store)->add({sample(2), sample(3, "ark")}).value(), 1u);
        auto again = CertificateStore::open();
        const auto all = (*again)->list();
        QVERIFY(all);
        QCOMPARE(all->size(), 3u);
        const auto milan = (*again)->list({.role = "vcek", .product = "Milan", .chip = "001", .tcb = sample(1).tcb});
        QCOMPARE(milan->size(), 1u);
        QCOMPARE(milan->front().bytes, sample(1).bytes);
        QCOMPARE(milan->front().digest, sha256(sample(1).bytes));
        QCOMPARE(milan->front().notAfter, 200);
        QCOMPARE(milan->front().source, std::string("test"));
        QVERIFY(milan->front().added > 0);
        QVERIFY((*again)->list({.role = "crl", .product = {}, .chip = {}, .tcb = {}})->empty());
    }

    void onlyTheUserMayRead()
    {
        QVERIFY((*CertificateStore::open())->add({sample(1)}));
        struct stat status{};
        QCOMPARE(::stat(file().c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777u, 0600u);
    }

    void foundByTheBeginningOfTheDigest()
    {
        auto store = CertificateStore::open();
        QVERIFY((*store)->add({sample(1), sample(2)}));
        const std::string digest = toHex(sha256(sample(1).bytes).view());
        QCOMPARE((*store)->find(digest.substr(0, 8))->bytes, sample(1).bytes);
        QCOMPARE((*store)->find(digest)->bytes, sample(1).bytes);
        QString upper = QString::fromStdString(digest.substr(0, 10)).toUpper();
        QVERIFY((*store)->find(upper.toStdString()));
        for (const char *wrong : {"", "abc", "xyzw", "0000000000", "' OR 1=1 --"}) {
            const auto found = (*store)->find(wrong);
            QVERIFY2(!found, wrong);
            QVERIFY(found.error().kind == ErrorKind::Input && !found.error().remedy.empty());
        }
    }

    void removesAllOrNone()
    {
        auto store = CertificateStore::open();
        QVERIFY((*store)->add({sample(1), sample(2)}));
        QVERIFY(!(*store)->remove({sha256(sample(1).bytes), sha256(sample(9).bytes)}));
        QCOMPARE((*store)->list()->size(), 2u);
        QVERIFY((*store)->remove({sha256(sample(1).bytes)}));
        QCOMPARE((*store)->list()->front().bytes, sample(2).bytes);
    }

    void aBadOneAddsNone()
    {
        auto store = CertificateStore::open();
        StoredCertificate empty = sample(2);
        empty.bytes.clear();
        StoredCertificate huge = sample(3);
        huge.bytes.resize((4u << 20) + 1);
        QVERIFY(!(*store)->add({sample(1), empty}));
        QVERIFY(!(*store)->add({sample(1), huge}));
        QVERIFY((*store)->list()->empty());
    }

    void alteredBytesAreNotHandedOut()
    {
        QVERIFY((*CertificateStore::open())->add({sample(1)}));
        sql("UPDATE certificates SET bytes = x'00'");
        const auto all = (*CertificateStore::open())->list();
        QVERIFY(!all);
        QVERIFY2(all.error().why.find("altered") != std::string::npos, all.error().message().c_str());
    }

    void aNewerStoreIsRefusedAndNotTouched()
    {
        QVERIFY((*CertificateStore::open())->add({sample(1)}));
        sql("PRAGMA user_version = 7");
        const auto store = CertificateStore::open();
        QVERIFY(!store);
        const std::string text = store.error().message();
        QVERIFY2(text.find("version 7") != std::string::npos && text.find("up to 1") != std::string::npos, text.c_str());
        sql("PRAGMA user_version = 1");
        QCOMPARE((*CertificateStore::open())->list()->size(), 1u);
    }

    void anotherProgramsFileIsRefused()
    {
        std::filesystem::create_directories(m_folder->data());
        sql("CREATE TABLE theirs (a)");
        const auto store = CertificateStore::open();
        QVERIFY(!store);
        QVERIFY(store.error().why.find("another program") != std::string::npos);
    }

    void noDatabaseIsRefused()
    {
        std::filesystem::create_directories(m_folder->data());
        FILE *out = std::fopen(file().c_str(), "w");
        std::fputs(
            "This is not a database, and it is long enough to be one. This is not a database, and it is long enough to be one.", out);
        std::fclose(out);
        const auto store = CertificateStore::open();
        QVERIFY(!store);
        QVERIFY(!store.error().remedy.empty());
    }

    /// Killed at a random moment, again and again: what was reported is there, and every addition is whole.
    void killedWhileAdding()
    {
        std::mt19937 random(20261123);
        unsigned reported = 0, next = 0;
        for (int round = 0; round < 20; ++round) {
            int ends[2];
            QCOMPARE(::pipe(ends), 0);
            const pid_t pid = ::fork();
            if (pid == 0) {
                auto store = CertificateStore::open();
                for (unsigned i = next; store; ++i) {
                    // Two that belong together: both or none.
                    if (!(*store)->add({sample(2 * i), sample(2 * i + 1)}) || ::write(ends[1], &i, sizeof i) != sizeof i)
                        ::_exit(1);
                }
                ::_exit(1);
            }
            ::close(ends[1]);
            unsigned number = 0;
            for (unsigned i = random() % 8 + 1; i > 0; --i) {
                QCOMPARE(::read(ends[0], &number, sizeof number), static_cast<ssize_t>(sizeof number));
                reported = number + 1;
            }
            ::usleep(static_cast<useconds_t>(random() % 3000)); // anywhere within the next addition: only moves the moment
            ::kill(pid, SIGKILL);
            while (::read(ends[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number))
                reported = number + 1;
            ::close(ends[0]);
            ::waitpid(pid, nullptr, 0);
            const auto all = (*CertificateStore::open())->list();
            QVERIFY2(all.has_value(), all ? "" : all.error().message().c_str());
            QVERIFY(all->size() >= 2 * reported);
            QCOMPARE(all->size() % 2, 0u);
            next = reported;
        }
    }

private:
    [[nodiscard]] std::filesystem::path file() const { return m_folder->data() / "certificates.db"; }
    void sql(const char *text) const
    {
        sqlite3 *database = nullptr;
        QCOMPARE(sqlite3_open(file().c_str(), &database), SQLITE_OK);
        QCOMPARE(sqlite3_exec(database, text, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
    }
    std::optional<test::DataFolder> m_folder;
};

QTEST_GUILESS_MAIN(TestCertificateStore)
#include "test_certificate_store.moc"
