// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/hosts/known_hosts.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

#include <optional>
#include <thread>

#include <sys/stat.h>

using namespace kastellan;

namespace {

HostLook sample()
{
    HostLook look;
    look.time = 1795437470;
    look.state = "ready";
    look.why = "libvirt offers SEV-SNP.";
    look.platform = "AMD EPYC 9354";
    look.machines = true;
    look.technologies = {"snp", "es", "sev"};
    look.facts = {{"QEMU", "10.0.13"}, {"Guests", "509"}};
    return look;
}

} // namespace

class TestKnownHosts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }

    void addedFoundRenamedRemoved()
    {
        QVERIFY(knownHosts()->empty());
        QVERIFY(!std::filesystem::exists(file()));
        QVERIFY(addKnownHost("qemu+ssh://epyc1/system", "epyc1"));
        QVERIFY(addKnownHost("qemu:///session"));
        QCOMPARE(knownHosts()->size(), 2u);
        QCOMPARE((*knownHosts())[0].name, std::string("epyc1"));
        QVERIFY((*knownHosts())[0].added > 1'700'000'000);
        QVERIFY(!(*knownHosts())[0].look);
        QCOMPARE((**knownHost("epyc1")).id, std::string("qemu+ssh://epyc1/system"));
        QCOMPARE((**knownHost("qemu:///session")).id, std::string("qemu:///session"));
        QVERIFY(!*knownHost("") && !*knownHost("epyc2"));
        // The same address: another name renames, the same one is an error.
        QVERIFY(!addKnownHost("qemu:///session"));
        QCOMPARE(addKnownHost("qemu:///session", "mine")->name, std::string("mine"));
        QVERIFY(!addKnownHost("qemu:///session", "mine"));
        // A name leads to one host only.
        const auto twice = addKnownHost("qemu:///system", "epyc1");
        QVERIFY(!twice && twice.error().kind == ErrorKind::Input && twice.error().why.contains("qemu+ssh://epyc1/system"));
        QCOMPARE(knownHosts()->size(), 2u);
        QVERIFY(*removeKnownHost("mine"));
        QVERIFY(!*removeKnownHost("mine"));
        QVERIFY(*removeKnownHost("qemu+ssh://epyc1/system"));
        QVERIFY(knownHosts()->empty());
        struct stat status{};
        QCOMPARE(::stat(file().c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777u, 0600u);
    }

    void wrongWords_data()
    {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("no address") << QByteArray() << QByteArray();
        QTest::newRow("no scheme") << QByteArray("epyc1") << QByteArray();
        QTest::newRow("a blank") << QByteArray("qemu://a b/system") << QByteArray();
        QTest::newRow("a line end") << QByteArray("qemu:///system\n") << QByteArray();
        QTest::newRow("too long") << "qemu://" + QByteArray(1100, 'a') << QByteArray();
        for (const char *name : {"auto", "emulated", "local", "-x", ".x", "a b", "a/b", "qemu:///system", "\xc3\xa4"})
            QTest::newRow(name) << QByteArray("qemu:///system") << QByteArray(name);
        QTest::newRow("long name") << QByteArray("qemu:///system") << QByteArray(65, 'a');
    }
    void wrongWords()
    {
        QFETCH(QByteArray, id);
        QFETCH(QByteArray, name);
        const auto added = addKnownHost(id.toStdString(), name.toStdString());
        QVERIFY(!added && added.error().kind == ErrorKind::Input);
        QVERIFY(!std::filesystem::exists(file()));
    }

    void whatWasFound()
    {
        QVERIFY(addKnownHost("qemu+ssh://epyc1/system"));
        HostLook much = sample();
        much.why = std::string(1999, 'x') + "\xc3\xa4\xc3\xa4"; // cut, and not in the middle of a character
        for (int i = 0; i < 100; ++i)
            much.facts.emplace_back("fact " + std::to_string(i), std::string(3000, 'y'));
        QVERIFY(storeHostLooks({{"qemu+ssh://epyc1/system", sample()}, {"qemu+ssh://removed/system", sample()}}));
        QCOMPARE(*(*knownHosts())[0].look, sample());
        QCOMPARE(knownHosts()->size(), 1u);
        QVERIFY(storeHostLooks({{"qemu+ssh://epyc1/system", much}}));
        const HostLook stored = *(*knownHosts())[0].look;
        QCOMPARE(stored.why, std::string(1999, 'x'));
        QCOMPARE(stored.facts.size(), 64u);
        QCOMPARE(stored.facts[63].second.size(), 2000u);
    }

    void asJson()
    {
        const auto read = hostLookFromJson(toJson(sample()), "test");
        QVERIFY(read);
        QCOMPARE(*read, sample());
        // Strongest first and each once, whatever stands there.
        const auto mixed = hostLookFromJson(R"({"time": 1, "state": "ready", "technologies": ["sev", "snp", "sev"]})", "test");
        QVERIFY(mixed);
        QCOMPARE(mixed->technologies, (std::vector<std::string>{"snp", "sev"}));
        for (const char *wrong :
            {"", "[]", "{}", R"({"time": 1})", R"({"time": -1, "state": "ready"})", R"({"time": 1, "state": "splendid"})",
                R"({"time": 1, "state": "ready", "technologies": ["tdx"]})", R"({"time": 1, "state": "ready", "technologies": [3]})",
                R"({"time": 1, "state": "ready", "facts": [{"label": "a"}]})", R"({"time": 1, "state": "ready", "machines": 1})"})
            QVERIFY2(!hostLookFromJson(wrong, "test"), wrong);
        QVERIFY(
            !hostLookFromJson("{\"time\": 1, \"state\": \"ready\", \"why\": \"" + std::string(std::size_t{2} << 20, 'x') + "\"}", "test"));
    }

    void aDamagedFileNeverCountsAsNone_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("no JSON") << QByteArrayLiteral("hosts");
        QTest::newRow("newer") << QByteArrayLiteral("{\"schema\": \"kastellan-hosts-2\", \"hosts\": []}");
        QTest::newRow("half a host") << QByteArrayLiteral("{\"schema\": \"kastellan-hosts-1\", \"hosts\": [{\"id\": \"a\"}]}");
        QTest::newRow("half a look") << QByteArrayLiteral(
            "{\"schema\": \"kastellan-hosts-1\", \"hosts\": [{\"id\": \"a\", \"added\": 1, \"look\": {}}]}");
    }
    void aDamagedFileNeverCountsAsNone()
    {
        QFETCH(QByteArray, content);
        QVERIFY(makeFolder(m_folder->data()));
        QVERIFY(writeFileAtomically(file(), asBytes(content.toStdString())));
        const auto hosts = knownHosts();
        QVERIFY(!hosts);
        QVERIFY2(
            !hosts.error().remedy.empty() && hosts.error().where.find("hosts.json") != std::string::npos, hosts.error().message().c_str());
        // And nothing writes over it.
        QVERIFY(!addKnownHost("qemu:///system") && !removeKnownHost("a") && !storeHostLooks({{"a", sample()}}));
        QCOMPARE(QByteArray::fromStdString(std::string(asText(*readFile(file(), 1000)))), content);
    }

    void manyAtOnce()
    {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([t] {
                for (int i = 0; i < 5; ++i)
                    static_cast<void>(addKnownHost("qemu+ssh://h" + std::to_string(t) + "-" + std::to_string(i) + "/system"));
            });
        for (auto &thread : threads)
            thread.join();
        QCOMPARE(knownHosts()->size(), 20u);
    }

private:
    [[nodiscard]] std::filesystem::path file() const { return m_folder->data() / "hosts.json"; }
    std::optional<test::DataFolder> m_folder;
};

QTEST_APPLESS_MAIN(TestKnownHosts)
#include "test_known_hosts.moc"
