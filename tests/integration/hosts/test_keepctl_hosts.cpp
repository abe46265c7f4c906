// SPDX-License-Identifier: Apache-2.0
// keepctl host add, remove, list, explain, and --host auto, as people and scripts use them.
#include "../keepctl/program.h"
#include "core/base/file.h"
#include "core/hosts/known_hosts.h"

#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

QJsonObject hostIn(const Ran &ran, const QString &id)
{
    for (const auto &host : ran.json()["hosts"_L1].toArray())
        if (host["id"_L1].toString() == id)
            return host.toObject();
    return {};
}

/// Nobody listens there: looked at quickly, and never ready.
constexpr auto nowhere = "qemu+ssh://127.0.0.1:1/system"_L1;

} // namespace

class TestKeepctlHosts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_program.emplace(); }

    void addListRenameRemove()
    {
        const Ran added = m_program->run({u"host"_s, u"add"_s, nowhere, u"--name"_s, u"epyc1"_s, u"--json"_s});
        QVERIFY2(added.exit == 0, added.all());
        QVERIFY2(added.json()["state"_L1].toString() != u"ready"_s && added.json()["looked"_L1].toInteger() > 0, added.all());
        const Ran list = m_program->run({u"host"_s, u"list"_s, u"--json"_s});
        const QJsonObject host = hostIn(list, nowhere);
        QVERIFY2(list.exit == 0 && host["name"_L1].toString() == u"epyc1"_s, list.all());
        QVERIFY(!host["why"_L1].toString().isEmpty());
        QCOMPARE(host["keeps"_L1].toInt(), 0);
        QVERIFY(!hostIn(list, u"emulated"_s).isEmpty() && !hostIn(list, u"local"_s).isEmpty());
        const Ran text = m_program->run({u"host"_s, u"list"_s});
        QVERIFY2(text.out.contains("epyc1") && text.out.contains(nowhere.data()), text.all());
        // By name, and by another name.
        QCOMPARE(m_program->run({u"host"_s, u"show"_s, u"epyc1"_s, u"--json"_s}).json()["id"_L1].toString(), QString(nowhere));
        QCOMPARE(m_program->run({u"host"_s, u"add"_s, nowhere, u"--name"_s, u"epyc2"_s, u"--no-check"_s}).exit, 0);
        QVERIFY(m_program->run({u"host"_s, u"show"_s, u"epyc1"_s}).exit == 2);
        QCOMPARE(m_program->run({u"host"_s, u"remove"_s, u"epyc2"_s}).exit, 0);
        const Ran again = m_program->run({u"host"_s, u"remove"_s, u"epyc2"_s});
        QVERIFY2(again.exit == 2 && again.err.contains("host list"), again.all());
        QVERIFY(hostIn(m_program->run({u"host"_s, u"list"_s, u"--json"_s}), nowhere).isEmpty());
    }

    void notEveryAddress_data()
    {
        QTest::addColumn<QString>("address");
        QTest::newRow("a word") << u"epyc1"_s;
        QTest::newRow("other driver") << u"xen:///system"_s;
        QTest::newRow("runs a program") << u"qemu+ext:///system?command=/tmp/x"_s;
        QTest::newRow("a parameter that runs a program") << u"qemu+ssh://epyc1/system?command=/tmp/x"_s;
        QTest::newRow("another socket") << u"qemu:///system?socket=/tmp/x"_s;
        QTest::newRow("trusts anyone") << u"qemu+tls://epyc1/system?no_verify=1"_s;
        QTest::newRow("an option of ssh") << u"qemu+ssh://-oProxyCommand=x/system"_s;
        QTest::newRow("an option of ssh, again") << u"ssh://-oProxyCommand=x"_s;
        QTest::newRow("a web page") << u"https://epyc1"_s;
        QTest::newRow("control characters") << u"qemu:///sys\ntem"_s;
    }
    void notEveryAddress()
    {
        QFETCH(QString, address);
        const Ran ran = m_program->run({u"host"_s, u"add"_s, u"--no-check"_s, u"--"_s, address});
        QVERIFY2(ran.exit == 2, ran.all());
        QVERIFY(!QFile::exists(hostsFile()));
        // Nor is one opened that somebody wrote into the file.
        const std::string file = hostsFile().toStdString();
        QVERIFY(makeFolder(m_program->dataFolder().toStdString()));
        std::string escaped = address.toStdString();
        if (escaped.contains('\n'))
            escaped.replace(escaped.find('\n'), 1, "\\n");
        const std::string content = "{\"schema\": \"kastellan-hosts-1\", \"hosts\": [{\"id\": \"" + escaped + "\", \"added\": 1}]}";
        QVERIFY(writeFileAtomically(file, asBytes(content)));
        const Ran check = m_program->run({u"host"_s, u"list"_s, u"--check"_s, u"--json"_s});
        const QJsonObject host = hostIn(check, address);
        QVERIFY2(host["state"_L1].toString() != u"ready"_s && host["technologies"_L1].toArray().isEmpty(), check.all());
    }

    void aDamagedListHidesNothing()
    {
        QVERIFY(makeFolder(m_program->dataFolder().toStdString()));
        QVERIFY(writeFileAtomically(hostsFile().toStdString(), asBytes(std::string_view("{"))));
        const Ran list = m_program->run({u"host"_s, u"list"_s, u"--json"_s});
        QVERIFY2(list.exit == 0 && !hostIn(list, u"emulated"_s).isEmpty(), list.all());
        QVERIFY(hostIn(list, u"hosts.json"_s)["why"_L1].toString().contains(u"hosts.json"_s));
        QCOMPARE(m_program->run({u"host"_s, u"add"_s, u"qemu:///system"_s, u"--no-check"_s}).exit, 3);
        QCOMPARE(m_program->run({u"host"_s, u"show"_s, u"emulated"_s}).exit, 0);
        QVERIFY(m_program->run({u"keep"_s, u"plan"_s, u"--host"_s, u"auto"_s, example("hello")}).exit == 3);
    }

    void automatically()
    {
        // None is ready: the reasons of each, and nothing emulated in its place.
        QCOMPARE(m_program->run({u"host"_s, u"add"_s, nowhere, u"--name"_s, u"epyc1"_s, u"--no-check"_s}).exit, 0);
        QCOMPARE(m_program->run({u"host"_s, u"add"_s, u"ssh://127.0.0.1:1"_s, u"--no-check"_s}).exit, 0);
        const Ran none = m_program->run({u"keep"_s, u"plan"_s, u"--host"_s, u"auto"_s, example("hello")});
        QVERIFY2(none.exit == 3 && none.out.isEmpty(), none.all());
        for (const char *part : {"emulated: It is emulated", "local: ", "qemu+ssh://127.0.0.1:1/system: It is not ",
                 "ssh://127.0.0.1:1: It can only be looked at"})
            QVERIFY2(none.err.contains(part), QByteArray(part + QByteArray(" in ") + none.all()));
        const Ran launched = m_program->run({u"keep"_s, u"launch"_s, u"--json"_s, u"--host"_s, u"auto"_s, example("hello")});
        QVERIFY2(launched.exit == 125 && launched.json()["error"_L1].toObject()["kind"_L1].toString() == u"environment"_s, launched.all());
        QVERIFY(launched.json()["keep"_L1].isNull());
        const Ran detached = m_program->run({u"keep"_s, u"launch"_s, u"-d"_s, u"--host"_s, u"auto"_s, example("hello")});
        QVERIFY2(detached.exit == 3, detached.all());
        // What was found is remembered.
        QVERIFY(hostIn(m_program->run({u"host"_s, u"list"_s, u"--json"_s}), nowhere)["looked"_L1].toInteger() > 0);
    }

    void explain()
    {
        const QString text = u"SNP_LAUNCH_START ret=-22 fw_error=0 ''"_s;
        const Ran pasted = m_program->run({u"host"_s, u"explain"_s, text});
        QVERIFY2(pasted.exit == 0 && pasted.out.contains("loader type='rom'") && pasted.out.contains("AMDESE/AMDSEV#223"), pasted.all());
        const Ran words = m_program->run({u"host"_s, u"explain"_s, u"--"_s, u"SNP_LAUNCH_START"_s, u"ret=-22"_s, u"fw_error=0"_s, u"''"_s});
        QCOMPARE(words.out, pasted.out);
        const Ran piped = m_program->run({u"host"_s, u"explain"_s, u"--json"_s}, text.toUtf8() + "\nKVM does not support guest_memfd\n");
        QCOMPARE(piped.json()["failures"_L1].toArray().size(), 2);
        QCOMPARE(piped.json()["failures"_L1][0]["id"_L1].toString(), u"launch.snp-start"_s);
        // A large log: its end counts.
        const QString log = m_program->write(u"vm.log"_s, QByteArray(3 << 20, '\n') + text.toUtf8());
        QCOMPARE(m_program->run({u"host"_s, u"explain"_s, log}).out, pasted.out);
        const Ran unknown = m_program->run({u"host"_s, u"explain"_s, u"something else"_s});
        QVERIFY2(unknown.exit == 1 && unknown.out.contains("Nothing in it is known"), unknown.all());
        const Ran hostile = m_program->run({u"host"_s, u"explain"_s, u"\x1b[2J KVM does not support guest_memfd"_s});
        QVERIFY2(hostile.exit == 0 && !hostile.out.contains('\x1b'), hostile.all());
    }

private:
    [[nodiscard]] QString hostsFile() const { return m_program->dataFolder() + u"/hosts.json"_s; }
    std::optional<Program> m_program;
};

QTEST_GUILESS_MAIN(TestKeepctlHosts)
#include "test_keepctl_hosts.moc"
