// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/hosts/pins.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

#include <optional>

#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;

class TestHostPins : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }

    void firstUse()
    {
        QVERIFY(hostPins()->empty());
        QVERIFY(!std::filesystem::exists(file()));
        QVERIFY(!hostPin("emulated")->has_value());
        QCOMPARE(pinHostFirst({"emulated", "chip:01", 5})->identity, std::string("chip:01"));
        QCOMPARE(pinHostFirst({"emulated", "chip:02", 6})->identity, std::string("chip:01")); // the first one holds
        QCOMPARE(hostPin("emulated")->value(), (HostPin{"emulated", "chip:01", 5}));
        QVERIFY(pinHost({"emulated", "chip:03", 7}));
        QVERIFY(pinHost({"qemu+ssh://other/system", "chip:04", 8}));
        QCOMPARE(hostPins()->size(), 2u);
        QCOMPARE(hostPin("emulated")->value().identity, std::string("chip:03"));
        QVERIFY(*unpinHost("emulated"));
        QVERIFY(!*unpinHost("emulated"));
        QVERIFY(!hostPin("emulated")->has_value());
        struct stat status{};
        QCOMPARE(::stat(file().c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777u, 0600u);
    }

    void aDamagedFileNeverCountsAsNone_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("no JSON") << QByteArrayLiteral("pins");
        QTest::newRow("no schema") << QByteArrayLiteral("{\"pins\": []}");
        QTest::newRow("newer") << QByteArrayLiteral("{\"schema\": \"kastellan-pins-2\", \"pins\": []}");
        QTest::newRow("half a pin") << QByteArrayLiteral("{\"schema\": \"kastellan-pins-1\", \"pins\": [{\"host\": \"a\"}]}");
        QTest::newRow("pins is no list") << QByteArrayLiteral("{\"schema\": \"kastellan-pins-1\", \"pins\": 3}");
    }
    void aDamagedFileNeverCountsAsNone()
    {
        QFETCH(QByteArray, content);
        QVERIFY(makeFolder(m_folder->data()));
        QVERIFY(writeFileAtomically(file(), asBytes(content.toStdString())));
        const auto pin = hostPin("emulated");
        QVERIFY(!pin);
        QVERIFY2(!pin.error().remedy.empty() && pin.error().where.find("pins.json") != std::string::npos, pin.error().message().c_str());
        QVERIFY(!pinHostFirst({"emulated", "chip:01", 5}));
        QCOMPARE(QByteArray::fromStdString(std::string(asText(*readFile(file(), 1000)))), content); // left for a person to look at
        const Finding finding = identityFinding("emulated", pin, "chip:01");
        QVERIFY(finding.outcome == Outcome::Unknown && finding.required && !finding.remedy.empty());
    }

    void finding()
    {
        const Result<std::optional<HostPin>> none = std::nullopt, pinned = HostPin{"h", "chip:01", 5};
        const Finding first = identityFinding("h", none, "chip:01");
        QVERIFY(first.outcome == Outcome::Info && !first.required && first.id == "platform.identity");
        const Finding same = identityFinding("h", pinned, "chip:01");
        QVERIFY(same.outcome == Outcome::Pass && same.required && same.remedy.empty());
        const Finding other = identityFinding("h", pinned, "chip:02");
        QVERIFY(other.outcome == Outcome::Fail && other.required);
        QVERIFY(other.remedy.find("keepctl host unpin h") != std::string::npos);
        QCOMPARE(other.expected, std::string("chip:01"));
        QCOMPARE(other.actual, std::string("chip:02"));
        const Finding masked = identityFinding("h", pinned, "");
        QVERIFY(masked.outcome == Outcome::Unknown && masked.required);
        QVERIFY(identityFinding("h", none, "").outcome == Outcome::Info);
    }

    /// Many programs pin at once: each host ends up with one pin, and none is lost.
    void severalPrograms()
    {
        std::vector<pid_t> programs;
        for (int program = 0; program < 6; ++program) {
            const pid_t pid = ::fork();
            if (pid == 0) {
                bool good = true;
                for (int i = 0; i < 5; ++i)
                    good = good && pinHostFirst({"h" + std::to_string(i), "chip:" + std::to_string(program), 1});
                ::_exit(good && pinHostFirst({"own" + std::to_string(program), "chip:0", 1}) ? 0 : 1);
            }
            programs.push_back(pid);
        }
        for (const pid_t pid : programs) {
            int status = 0;
            QCOMPARE(::waitpid(pid, &status, 0), pid);
            QCOMPARE(status, 0);
        }
        QCOMPARE(hostPins()->size(), 11u);
    }

private:
    [[nodiscard]] std::filesystem::path file() const { return m_folder->data() / "pins.json"; }
    std::optional<test::DataFolder> m_folder;
};

QTEST_GUILESS_MAIN(TestHostPins)
#include "test_host_pins.moc"
