// SPDX-License-Identifier: Apache-2.0
// Keeps on another machine through its libvirt, over a real ssh and over real TLS: their image is brought there, their session comes back
// through libvirt, and nothing of them stays there. Without evidence: a rehearsal needs the stand-in for QEMU on the host itself.
#include "../keepctl/program.h"
#include "tests/integration/remote/ssh_server.h"
#include "tests/integration/remote/tls_daemon.h"
#include "tests/support/session_daemon.h"

#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

#include <csignal>
#include <optional>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

#define NEED_HERE()                                                                                                                        \
    if (!m_server)                                                                                                                         \
    QSKIP("not here")

class TestRemoteKeeps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        for (const QString &why : {SshServer::missing(), TlsDaemon::missing()})
            if (!why.isEmpty())
                QSKIP(qPrintable(why));
        if (!QFile::exists(qEnvironmentVariable("KASTELLAN_BUILD") + u"/share/kastellan/vm-image/image.json"_s))
            QSKIP("the keep image for virtual machines was not built: one of its pinned inputs is gone (./dev build vm-image says which)");
        m_server.emplace(m_there);
        m_here.set(u"PATH"_s, m_server->clientPath());
    }

    void launched_data()
    {
        QTest::addColumn<bool>("tls");
        QTest::newRow("qemu+ssh") << false;
        QTest::newRow("qemu+tls") << true;
    }

    void launched()
    {
        NEED_HERE();
        QFETCH(bool, tls);
        const OtherMachine secured;
        std::optional<TlsDaemon> daemon;
        if (tls) {
            daemon.emplace(secured);
            daemon->give(TlsDaemon::Client::Right, m_here.path(u"home"_s));
        }
        const OtherMachine &there = tls ? secured : m_there;
        const QString uri = tls ? daemon->uri() : overSsh();
        const Ran checked = m_here.run({u"host"_s, u"check"_s, u"--json"_s, u"--host"_s, uri});
        QVERIFY2(checked.exit == 0 || checked.exit == 1, checked.all());
        const QString name = tls ? u"over-tls"_s : u"over-ssh"_s;
        const auto keep = launch(uri, name);
        QVERIFY2(becomes(name, u"running"_s), keep->readAllStandardError());
        // The machine runs there; what it was started from was brought there, and is gone already. Its session goes both ways.
        QVERIFY2(there.virsh({u"list"_s, u"--name"_s}).trimmed().startsWith("kastellan-"), there.leftovers());
        QVERIFY2(!there.leftovers().contains("-kernel") && !there.leftovers().contains("-initrd"), there.leftovers());
        const QByteArray input = QByteArray(300'000, 'e') + "\n";
        keep->write(input);
        keep->closeWriteChannel();
        const Ran ran = Program::finish(*keep);
        QVERIFY2(ran.exit == 0 && ran.out == input, ran.err);
        QVERIFY2(ran.err.contains("UNATTESTED"), ran.err);
        for (const char *part : {"-kernel to the host", "-initrd to the host"})
            QVERIFY2(ran.err.contains(part), ran.err);
        QCOMPARE(m_here.run({u"keep"_s, u"show"_s, u"--json"_s, name}).json()["verdict"_L1].toString(), u"undecided"_s);
        QCOMPARE(there.leftovers(), QByteArray());
    }

    void stopped()
    {
        NEED_HERE();
        const auto keep = launch(overSsh(), u"unwanted"_s);
        QVERIFY2(becomes(u"unwanted"_s, u"running"_s), keep->readAllStandardError());
        const Ran stopped = m_here.run({u"keep"_s, u"stop"_s, u"--grace"_s, u"0"_s, u"unwanted"_s});
        QVERIFY2(stopped.exit == 0, stopped.all());
        static_cast<void>(Program::finish(*keep));
        QVERIFY(becomes(u"unwanted"_s, u"stopped"_s));
        QCOMPARE(m_there.leftovers(), QByteArray());
    }

    /// The connection breaks, not the machine: the loader comes back to it, and appraises it again before anything flows.
    void cut()
    {
        NEED_HERE();
        const auto keep = launch(overSsh(), u"cut"_s);
        QVERIFY2(becomes(u"cut"_s, u"running"_s), keep->readAllStandardError());
        m_server->cut();
        keep->write("after the cut\n");
        keep->closeWriteChannel();
        const Ran ran = Program::finish(*keep);
        QVERIFY2(ran.exit == 0 && ran.out == "after the cut\n", ran.all());
        QCOMPARE(m_there.leftovers(), QByteArray());
    }

    void rehearsalsAreForThisMachine()
    {
        NEED_HERE();
        const Ran ran = m_here.run({u"keep"_s, u"launch"_s, u"--host"_s, overSsh(), u"--rehearse"_s, example("hello")});
        QVERIFY2(ran.exit == 125 && ran.err.contains("on the host itself") && ran.err.contains("qemu:///session"), ran.all());
    }

    void certificates_data()
    {
        QTest::addColumn<int>("client");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("of another authority") << int(TlsDaemon::Client::OfAnotherAuthority) << QByteArray("[libvirt.tls]");
        QTest::newRow("trusts another") << int(TlsDaemon::Client::TrustsAnother) << QByteArray("[libvirt.tls]");
        QTest::newRow("without") << int(TlsDaemon::Client::Without) << QByteArray("[libvirt.tls]");
    }

    void certificates()
    {
        NEED_HERE();
        QFETCH(int, client);
        QFETCH(QByteArray, says);
        const OtherMachine there;
        const TlsDaemon daemon(there);
        daemon.give(TlsDaemon::Client(client), m_here.path(u"home"_s));
        const Ran checked = m_here.run({u"host"_s, u"check"_s, u"--host"_s, daemon.uri()});
        QVERIFY2(
            checked.exit == 3 && checked.err.contains("The TLS connection to libvirt failed") && checked.err.contains(says), checked.all());
        const Ran launched = m_here.run({u"keep"_s, u"launch"_s, u"--host"_s, daemon.uri(), u"--unattested"_s, example("hello")});
        QVERIFY2(launched.exit == 125 && launched.err.contains("The TLS connection to libvirt failed"), launched.all());
        QCOMPARE(there.leftovers(), QByteArray());
    }

    void anotherName()
    {
        NEED_HERE();
        const OtherMachine there;
        const TlsDaemon daemon(there);
        daemon.give(TlsDaemon::Client::Right, m_here.path(u"home"_s));
        // It is reached by this name, too; its certificate is for the number alone.
        const Ran wrong = m_here.run({u"host"_s, u"check"_s, u"--host"_s, daemon.uri(u"localhost"_s)});
        QVERIFY2(wrong.exit == 3 && wrong.err.contains("The TLS connection to libvirt failed"), wrong.all());
        const Ran right = m_here.run({u"host"_s, u"check"_s, u"--host"_s, daemon.uri()});
        QVERIFY2(right.exit == 0 || right.exit == 1, right.all());
    }

private:
    [[nodiscard]] QString overSsh() const { return u"qemu+ssh://"_s + m_server->address() + u"/session"_s; }
    [[nodiscard]] std::unique_ptr<QProcess> launch(const QString &uri, const QString &name)
    {
        return m_here.start({u"keep"_s, u"launch"_s, u"--host"_s, uri, u"--unattested"_s, u"--name"_s, name, example("echo")});
    }
    [[nodiscard]] bool becomes(const QString &name, const QString &state)
    {
        return waitFor([&] { return m_here.run({u"keep"_s, u"show"_s, u"--json"_s, name}).json()["state"_L1].toString() == state; });
    }
    OtherMachine m_there;
    std::optional<SshServer> m_server;
    Program m_here;
};

QTEST_GUILESS_MAIN(TestRemoteKeeps)
#include "test_remote_keeps.moc"
