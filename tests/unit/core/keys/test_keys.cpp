// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/keys/keys.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;

namespace {

mode_t modeOf(const std::filesystem::path &path)
{
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

} // namespace

class TestKeys : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }
    void cleanup() { m_folder.reset(); }

    void recordKeyIsMadeOnFirstUse()
    {
        QVERIFY(!std::filesystem::exists(m_folder->data() / "keys"));
        const auto signature = keys::signRecord(asBytes("message"));
        QVERIFY2(signature.has_value(), signature ? "" : signature.error().message().c_str());
        QCOMPARE(signature->size(), std::size_t{64});
        const auto file = m_folder->data() / "keys" / "record.pem";
        QCOMPARE(modeOf(file), mode_t{0600});
        QCOMPARE(modeOf(file.parent_path()), mode_t{0700});
        const auto publicPem = keys::recordPublicPem();
        QVERIFY(publicPem);
        QVERIFY(publicPem->starts_with("-----BEGIN PUBLIC KEY-----"));
        QCOMPARE(keys::verifySignature(*publicPem, asBytes("message"), *signature).value(), true);
        QCOMPARE(keys::verifySignature(*publicPem, asBytes("massage"), *signature).value(), false);
        for (std::size_t i = 0; i < signature->size(); ++i) {
            Bytes altered = *signature;
            altered[i] ^= 1;
            QCOMPARE(keys::verifySignature(*publicPem, asBytes("message"), altered).value(), false);
        }
        QCOMPARE(keys::verifySignature(*publicPem, asBytes("message"), {}).value(), false);
    }

    /// Programs that start at the same moment have to agree on one record key.
    void manyProgramsMakeOneRecordKey()
    {
        constexpr int programs = 12;
        int gate[2];
        int answers[2];
        QCOMPARE(::pipe(gate), 0);
        QCOMPARE(::pipe(answers), 0);
        std::vector<pid_t> children;
        for (int i = 0; i < programs; ++i) {
            const pid_t pid = ::fork();
            if (pid == 0) {
                ::close(gate[1]);
                char c = 0;
                if (::read(gate[0], &c, 1) != 0) // ends for all when the parent closes it
                    ::_exit(2);
                const auto pem = keys::recordPublicPem();
                const Sha256 digest = pem ? sha256(asBytes(*pem)) : Sha256{};
                const bool written = ::write(answers[1], digest.bytes.data(), Sha256::size) == static_cast<ssize_t>(Sha256::size);
                ::_exit(written ? 0 : 1);
            }
            children.push_back(pid);
        }
        ::close(gate[0]);
        ::close(gate[1]);
        ::close(answers[1]);
        std::vector<Sha256> seen;
        Sha256 digest;
        while (::read(answers[0], digest.bytes.data(), Sha256::size) == static_cast<ssize_t>(Sha256::size))
            seen.push_back(digest);
        ::close(answers[0]);
        for (const pid_t pid : children)
            ::waitpid(pid, nullptr, 0);
        QCOMPARE(seen.size(), std::size_t{programs});
        for (const auto &each : seen) {
            QVERIFY(!each.isZero());
            QVERIFY(each == seen.front());
        }
    }

    void ownerKeys()
    {
        const auto made = keys::create("alice", "owner");
        QVERIFY2(made.has_value(), made ? "" : made.error().message().c_str());
        QCOMPARE(made->use, std::string("owner"));
        QCOMPARE(modeOf(made->file), mode_t{0600});
        const auto again = keys::create("alice", "owner");
        QVERIFY(!again);
        QCOMPARE(again.error().kind, ErrorKind::Input);
        const auto pem = keys::privatePem("alice");
        QVERIFY(pem);
        QCOMPARE(toHex(keys::spkiDigest(*pem)->view()), made->fingerprint);
        QCOMPARE(toHex(keys::spkiDigest(made->publicPem)->view()), made->fingerprint);
        QVERIFY(keys::create("bob", "owner"));
        QVERIFY(keys::signRecord({}));
        const auto all = keys::list();
        QVERIFY(all);
        QCOMPARE(all->size(), std::size_t{3});
        QCOMPARE((*all)[0].name, std::string("alice"));
        QCOMPARE((*all)[2].use, std::string("record"));
        QVERIFY(keys::remove("bob"));
        QVERIFY(!keys::remove("bob"));
        QVERIFY(!keys::show("bob"));
        QVERIFY(!keys::remove("record"));
        QVERIFY(!keys::privatePem("record"));
        QVERIFY(!keys::create("record", "owner"));
        QVERIFY(!keys::create("carol", "record"));
        QVERIFY(!keys::create("carol", "other"));
    }

    void freshOwnerKeysDiffer()
    {
        const auto one = keys::freshOwnerKey();
        const auto two = keys::freshOwnerKey();
        QVERIFY(one && two);
        QVERIFY(one->second != two->second);
        QVERIFY(*keys::spkiDigest(one->first) == one->second);
    }

    void namesThatLeadElsewhere_data()
    {
        QTest::addColumn<QByteArray>("name");
        const QByteArray names[] = {{}, "..", "../x", "a/b", "/etc/passwd", ".hidden", "-rf", "a b", "a\nb", QByteArray("a\0b", 3),
            "\xc3\xa4", QByteArray(65, 'a')};
        for (const auto &name : names)
            QTest::addRow("'%s'", name.toPercentEncoding().constData()) << name;
    }
    void namesThatLeadElsewhere()
    {
        QFETCH(QByteArray, name);
        const std::string text = name.toStdString();
        for (const auto &status :
            {keys::create(text, "owner").error(), keys::show(text).error(), keys::remove(text).error(), keys::privatePem(text).error()}) {
            QCOMPARE(status.kind, ErrorKind::Input);
            QVERIFY(!status.remedy.empty());
        }
        QVERIFY(!std::filesystem::exists(m_folder->data() / "keys"));
    }

    void filesThatOthersCanReadAreRefused()
    {
        QVERIFY(keys::create("alice", "owner"));
        const auto file = m_folder->data() / "keys" / "alice.pem";
        for (const mode_t mode : {0640, 0604, 0620, 0602, 0666}) {
            QCOMPARE(::chmod(file.c_str(), mode), 0);
            const auto pem = keys::privatePem("alice");
            QVERIFY(!pem);
            QVERIFY2(pem.error().remedy.find("chmod 600") != std::string::npos, pem.error().message().c_str());
            QVERIFY(!keys::list());
        }
        QCOMPARE(::chmod(file.c_str(), 0600), 0);
        QVERIFY(keys::privatePem("alice"));
        QCOMPARE(::chmod(file.parent_path().c_str(), 0777), 0);
        QVERIFY(!keys::privatePem("alice"));
    }

    void filesOfOthersAreRefused()
    {
        if (::geteuid() != 0)
            QSKIP("only root can give a file to another user");
        QVERIFY(keys::create("alice", "owner"));
        const auto file = m_folder->data() / "keys" / "alice.pem";
        if (::chown(file.c_str(), 1, 1) != 0)
            QSKIP("this user namespace has no other user");
        const auto pem = keys::privatePem("alice");
        QVERIFY(!pem);
        QVERIFY2(pem.error().remedy.find("chown") != std::string::npos, pem.error().message().c_str());
    }

    void linksAndPipesAreRefused()
    {
        QVERIFY(keys::create("alice", "owner"));
        const auto folder = m_folder->data() / "keys";
        std::filesystem::create_symlink(folder / "alice.pem", folder / "bob.pem");
        QVERIFY(!keys::privatePem("bob"));
        std::filesystem::remove(folder / "bob.pem");
        QCOMPARE(::mkfifo((folder / "bob.pem").c_str(), 0600), 0);
        QVERIFY(!keys::privatePem("bob"));
        std::filesystem::remove(folder / "bob.pem");
        std::filesystem::create_directory(folder / "bob.pem");
        QVERIFY(!keys::privatePem("bob"));
    }

    void whatIsNoKeyIsNamed()
    {
        QVERIFY(
            writeFileAtomically((std::filesystem::create_directories(m_folder->data() / "keys"), m_folder->data() / "keys" / "junk.pem"),
                asBytes("-----BEGIN PRIVATE KEY-----\nAAAA\n")));
        QCOMPARE(::chmod((m_folder->data() / "keys").c_str(), 0700), 0);
        const auto pem = keys::privatePem("junk");
        QVERIFY(!pem);
        QVERIFY(pem.error().where.ends_with("junk.pem"));
        QVERIFY(!keys::spkiDigest("no key"));
        QVERIFY(!keys::verifySignature("no key", {}, {}));
    }

    /// A key with a passphrase must not make us ask on the terminal.
    void passphraseIsNotAskedFor()
    {
        const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                 "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBAAAAAAAAAAAAAAAAAA\n"
                                 "AAAAAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQAAAAAAAAAAAAAAAA\n"
                                 "AAAAAARAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
                                 "-----END ENCRYPTED PRIVATE KEY-----\n";
        QVERIFY(!keys::spkiDigest(encrypted));
    }

private:
    std::optional<test::DataFolder> m_folder;
};

QTEST_APPLESS_MAIN(TestKeys)
#include "test_keys.moc"
