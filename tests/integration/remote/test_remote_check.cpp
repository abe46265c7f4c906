// SPDX-License-Identifier: Apache-2.0
// Looking at another machine over a real ssh, with keepctl there and without; everything that can be wrong with it; and libvirt daemons
// that do not answer.
#include "../keepctl/program.h"
#include "core/base/error.h"
#include "sev-backend/readiness/inspectors.h"
#include "tests/integration/remote/ssh_server.h"
#include "tests/support/session_daemon.h"

#include <QtCore/QDirIterator>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QStandardPaths>
#include <QtTest/QTest>

#include <csignal>
#include <optional>
#include <thread>

#include <sys/stat.h>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

/// Children of any of a process's threads.
bool hasChildren(qint64 pid)
{
    QDirIterator threads(u"/proc/%1/task"_s.arg(pid), QDir::Dirs | QDir::NoDotAndDotDot);
    while (threads.hasNext()) {
        QFile children(threads.next() + u"/children"_s);
        if (children.open(QIODevice::ReadOnly) && !children.readAll().trimmed().isEmpty())
            return true;
    }
    return false;
}

} // namespace

#define NEED_HERE()                                                                                                                        \
    if (!m_server)                                                                                                                         \
    QSKIP("not here")

class TestRemoteCheck : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = SshServer::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        m_server.emplace(m_there);
        m_here.set(u"PATH"_s, m_server->clientPath());
    }

    void init()
    {
        if (!m_server)
            return;
        m_server->know(SshServer::Known::Right);
        m_server->admit(true);
    }

    void keepctlIsThere()
    {
        NEED_HERE();
        m_there.giveKeepctl();
        const Ran ran = check({u"--no-probes"_s, u"--json"_s});
        QVERIFY2(ran.exit == 0 || ran.exit == 1, ran.all());
        QCOMPARE(ran.json()["looked_at"_L1].toString(), address() + u" over ssh"_s);
        QVERIFY(ran.json()["checks"_L1].toArray().size() > 60);
        // The same as looking there by hand, recorded from here.
        const Ran record = m_here.run({u"host"_s, u"record"_s, u"--no-probes"_s, u"--redact-chip-id"_s, u"--host"_s, address()});
        QVERIFY2(record.exit == 0, record.all());
        QCOMPARE(record.json()["schema"_L1].toString(), u"kastellan-host-1"_s);
        const Ran again = m_here.run({u"host"_s, u"check"_s, u"--json"_s, u"--from"_s, m_here.write(u"there.json"_s, record.out)});
        QCOMPARE(again.json()["verdicts"_L1], ran.json()["verdicts"_L1]);
    }

    void whatStandsInTheWay_data()
    {
        QTest::addColumn<QByteArray>("keepctl");
        QTest::addColumn<int>("exit");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("no keepctl") << QByteArray() << 3 << QByteArray("there is no keepctl|qemu+ssh://HOST/system");
        QTest::newRow("one that can't record") << QByteArray("echo \"keepctl: there is no verb 'record'\" >&2; exit 2") << 3
                                               << QByteArray("no verb 'record'|Install the same version");
        QTest::newRow("one that records otherwise")
            << QByteArray(R"(echo '{"schema": "kastellan-host-9", "facts": {}}')") << 2 << QByteArray("kastellan-host-9|from ssh://");
        QTest::newRow("one that says nothing") << QByteArray("exit 0") << 2 << QByteArray("from ssh://");
        QTest::newRow("one that talks before") << QByteArray("echo 'Welcome to epyc1'; echo '{}'") << 2 << QByteArray("from ssh://");
        QTest::newRow("one that never stops talking") << QByteArray("exec yes '{'") << 3 << QByteArray("too much");
        QTest::newRow("one that crashes") << QByteArray("kill -SEGV $$") << 3 << QByteArray("ended by a signal");
        QTest::newRow("escapes") << QByteArray(R"(printf '\033[31mred\007' >&2; exit 2)") << 3 << QByteArray("red");
    }

    void whatStandsInTheWay()
    {
        NEED_HERE();
        QFETCH(QByteArray, keepctl);
        QFETCH(int, exit);
        QFETCH(QByteArray, says);
        keepctl.isEmpty() ? m_there.takeKeepctl() : m_there.giveKeepctl(keepctl);
        const Ran ran = check({u"--no-probes"_s});
        QCOMPARE(ran.exit, exit);
        for (const QByteArray &part : says.split('|'))
            QVERIFY2(ran.err.contains(part), ran.all());
        QVERIFY2(!ran.err.contains('\x1b') && !ran.err.contains('\a'), ran.all());
    }

    void wrongKeys_data()
    {
        QTest::addColumn<int>("known");
        QTest::addColumn<bool>("admitted");
        QTest::addColumn<QByteArray>("says");
        QTest::addColumn<QByteArray>("notThis");
        QTest::newRow("unknown") << int(SshServer::Known::Nothing) << true
                                 << QByteArray("ssh does not know that machine|Host key verification failed|[libvirt.ssh-host]")
                                 << QByteArray("another key");
        QTest::newRow("changed") << int(SshServer::Known::AnotherKey) << true
                                 << QByteArray(
                                        "another key than the one that ssh knows|ssh-keygen -R|Nothing was sent|[libvirt.ssh-changed]")
                                 << QByteArray("does not know");
        QTest::newRow("not admitted") << int(SshServer::Known::Right) << false
                                      << QByteArray("ssh was not let in|ssh-copy-id|[libvirt.ssh-key]") << QByteArray("another key");
    }

    void wrongKeys()
    {
        NEED_HERE();
        QFETCH(int, known);
        QFETCH(bool, admitted);
        QFETCH(QByteArray, says);
        QFETCH(QByteArray, notThis);
        m_there.giveKeepctl();
        m_server->know(SshServer::Known(known));
        m_server->admit(admitted);
        for (const QString &uri : {address(), libvirt()}) {
            const Ran ran = m_here.run({u"host"_s, u"check"_s, u"--no-probes"_s, u"--host"_s, uri});
            QCOMPARE(ran.exit, 3);
            for (const QByteArray &part : says.split('|'))
                QVERIFY2(ran.err.contains(part), ran.all());
            QVERIFY2(!ran.err.contains(notThis), ran.all());
        }
    }

    /// On a terminal as little as without one.
    void nobodyIsAsked()
    {
        NEED_HERE();
        if (QStandardPaths::findExecutable(u"script"_s).isEmpty())
            QSKIP("there is no script");
        m_server->know(SshServer::Known::Nothing);
        for (const QString &uri : {address(), libvirt()}) {
            const auto process =
                m_here.startShell(u"script -qec \"keepctl host check --no-probes --host $1\" /dev/null </dev/null"_s, {uri});
            const Ran ran = Program::finish(*process);
            QVERIFY2(ran.exit == 3 && ran.out.contains("ssh does not know that machine"), ran.all());
            QVERIFY2(!ran.out.contains("(yes/no"), ran.all());
        }
    }

    void nobodyListens()
    {
        NEED_HERE();
        const QString nowhere = u"127.0.0.1:"_s + QString::number(freePort());
        for (const QString &uri : QStringList{u"ssh://"_s + nowhere, u"qemu+ssh://"_s + nowhere + u"/session"_s}) {
            const Ran ran = m_here.run({u"host"_s, u"check"_s, u"--host"_s, uri});
            QVERIFY2(ran.exit == 3 && ran.err.contains("The machine was not reached"), ran.all());
        }
    }

    void libvirtAlone()
    {
        NEED_HERE();
        m_there.takeKeepctl();
        const Ran ran = m_here.run({u"host"_s, u"check"_s, u"--json"_s, u"--host"_s, libvirt()});
        QVERIFY2(ran.exit == 0 || ran.exit == 1, ran.all());
        QCOMPARE(ran.json()["looked_at"_L1].toString(), u"what libvirt alone says of "_s + libvirt());
        QByteArray states;
        for (const auto &one : ran.json()["checks"_L1].toArray())
            if (one["id"_L1].toString() == "libvirt.answers"_L1)
                states += one["state"_L1].toString().toUtf8();
        QCOMPARE(states, QByteArray("pass"));
        QVERIFY(m_there.libvirtd() > 1);
    }

    void cancelled()
    {
        NEED_HERE();
        const QString begun = m_there.path(u"begun"_s);
        QVERIFY(::mkfifo(begun.toUtf8().constData(), 0600) == 0);
        m_there.giveKeepctl("echo $$ > " + begun.toUtf8() + "; exec sleep 1000");
        const auto process = m_here.start({u"host"_s, u"check"_s, u"--host"_s, address()});
        QFile there(begun);
        QVERIFY(there.open(QIODevice::ReadOnly)); // when it is open, keepctl runs there
        const auto pid = static_cast<pid_t>(there.readAll().trimmed().toInt());
        QVERIFY(pid > 1);
        QElapsedTimer clock;
        clock.start();
        QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit == 4 || ran.exit == 130, ran.all());
        QVERIFY2(ran.err.contains("it was stopped"), ran.all());
        QVERIFY(clock.elapsed() < 30'000);
        endProcess(pid, SIGTERM); // no ssh without a terminal ends what it has started there
    }

    void aDaemonThatHangs()
    {
        NEED_HERE();
        QVERIFY(m_here.run({u"host"_s, u"check"_s, u"--host"_s, libvirt()}).exit <= 1); // it runs
        const pid_t daemon = m_there.libvirtd();
        QVERIFY(daemon > 1 && ::kill(daemon, SIGSTOP) == 0);
        // In time…
        qputenv("PATH", m_server->clientPath().toUtf8());
        auto inspector = kastellan::sev::makeLibvirtInspector(libvirt().toStdString(), std::chrono::seconds(1));
        QVERIFY(inspector);
        QElapsedTimer clock;
        clock.start();
        const auto looked = (*inspector)->inspect({}, {}, {});
        QVERIFY(!looked && clock.elapsed() >= 1000 && clock.elapsed() < 30'000);
        const std::string why = looked.error().message();
        QVERIFY2(why.find("did not answer within 1 seconds") != std::string::npos, why.c_str());
        // … and at once, for who does not want to wait.
        std::stop_source stop;
        std::thread person([&stop] { stop.request_stop(); });
        inspector = kastellan::sev::makeLibvirtInspector(libvirt().toStdString(), std::chrono::hours(1));
        const auto given = (*inspector)->inspect({}, {}, stop.get_token());
        person.join();
        QVERIFY(!given && given.error().kind == kastellan::ErrorKind::Cancelled);
        const auto process = m_here.start({u"host"_s, u"check"_s, u"--host"_s, libvirt()});
        QVERIFY(waitFor([&process] { return hasChildren(process->processId()); })); // its ssh: it asks
        QVERIFY(::kill(static_cast<pid_t>(process->processId()), SIGINT) == 0);
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit != 0 && ran.exit != 1 && ran.exit != -1, ran.all());
        // Of many hosts, one that hangs holds up no other.
        QCOMPARE(m_here.run({u"host"_s, u"add"_s, libvirt(), u"--name"_s, u"hangs"_s}).exit, 0);
        const Ran list = m_here.run({u"host"_s, u"list"_s, u"--check"_s, u"--timeout"_s, u"1"_s});
        QVERIFY2(list.exit == 0 && list.out.contains("within 1 seconds"), list.all());
        QCOMPARE(::kill(daemon, SIGCONT), 0);
        QVERIFY2(m_here.run({u"host"_s, u"check"_s, u"--host"_s, libvirt()}).exit <= 1, "it goes on");
    }

private:
    [[nodiscard]] QString address() const { return u"ssh://"_s + m_server->address(); }
    [[nodiscard]] QString libvirt() const { return u"qemu+ssh://"_s + m_server->address() + u"/session"_s; }
    [[nodiscard]] Ran check(const QStringList &options)
    {
        return m_here.run(QStringList{u"host"_s, u"check"_s, u"--host"_s, address()} + options);
    }
    OtherMachine m_there;
    std::optional<SshServer> m_server;
    Program m_here;
};

QTEST_GUILESS_MAIN(TestRemoteCheck)
#include "test_remote_check.moc"
