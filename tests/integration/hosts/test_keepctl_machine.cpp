// SPDX-License-Identifier: Apache-2.0
// A whole virtual machine as the workload, through a real libvirtd and a real QEMU (TCG), without evidence: launched, run to its end,
// recorded.
#include "../keepctl/program.h"
#include "tests/support/initrd.h"
#include "tests/support/session_daemon.h"

#include <QtTest/QTest>

#include <optional>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

QString kernel()
{
    return QString::fromStdString(cloudKernel());
}

QByteArray initrd(const std::vector<InitrdFile> &files)
{
    const auto archive = makeInitrd(files);
    return {reinterpret_cast<const char *>(archive.data()), static_cast<qsizetype>(archive.size())};
}

} // namespace

class TestKeepctlMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = SessionDaemon::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        if (kernel().isEmpty())
            QSKIP("there is no kernel (linux-image-cloud-amd64)");
        m_daemon.emplace();
        m_program.emplace();
        for (const auto &[name, value] : m_daemon->environment())
            m_program->set(name, value);
        m_initrd = m_program->path(u"initrd"_s);
        writeInitrdOf(qEnvironmentVariable("KASTELLAN_BIN").toStdString() + "/tests/whole-machine-init", m_initrd.toStdString());
        m_disk = m_program->write(u"disk.raw"_s, QByteArray(1 << 20, 'd'));
    }

    void runsToItsEnd()
    {
        if (!m_program)
            QSKIP("not here");
        const Ran ran = m_program->run(launch({u"--console"_s, u"--name"_s, u"whole"_s, u"--disk"_s, m_disk}));
        QVERIFY2(ran.exit == 0, ran.all());
        QVERIFY2(ran.err.contains("HELLO FROM A WHOLE MACHINE"), ran.all());
        QVERIFY2(
            ran.err.contains("verdict: undecided") && ran.err.contains("disk.unmeasured") && ran.err.contains("--unattested"), ran.all());
        const Ran shown = m_program->run({u"keep"_s, u"show"_s, u"--json"_s, u"whole"_s});
        QCOMPARE(shown.json()["state"_L1].toString(), u"stopped"_s);
        QCOMPARE(shown.json()["verdict"_L1].toString(), u"undecided"_s);
        // Its record is there, and no report is imported without SEV-SNP.
        const Ran record = m_program->run({u"evidence"_s, u"show"_s, u"--json"_s, u"whole"_s});
        QVERIFY2(record.exit <= 1 && record.out.contains("disk.unmeasured"), record.all());
        const Ran imported = m_program->run({u"keep"_s, u"import-report"_s, u"whole"_s, m_disk});
        QVERIFY2(imported.exit == 1 && imported.err.contains("SEV-SNP"), imported.all());
        QCOMPARE(m_program->run({u"keep"_s, u"remove"_s, u"whole"_s}).exit, 0);
    }

    void rehearsed()
    {
        if (!m_program)
            QSKIP("not here");
        const Ran host = m_program->run({u"host"_s, u"show"_s, u"--json"_s, u"qemu:///session"_s});
        if (!host.json()["rehearses"_L1].toBool())
            QSKIP("no rehearsal can be launched here: see 'keepctl host show qemu:///session'");
        const auto verdict = [this](const QString &technology, const QStringList &more) {
            const Ran ran = m_program->run(
                QStringList{u"keep"_s, u"launch"_s, u"--json"_s, u"--host"_s, u"qemu:///session"_s, u"--rehearse"_s, u"--technology"_s,
                    technology, u"--kernel"_s, kernel(), u"--initrd"_s, m_initrd, u"--append"_s, u"console=ttyS0 panic=-1 quiet"_s}
                + more);
            return ran.json()["verdict"_L1].toString() + (ran.json()["emulated"_L1].toBool() ? u" emulated "_s : u" "_s)
                + QString::number(ran.exit);
        };
        // Measured before it runs: decided. Able to report for itself: undecided until it does.
        QCOMPARE(verdict(u"sev"_s, {}), u"trusted emulated 0"_s);
        QCOMPARE(verdict(u"sev"_s, {u"--disk"_s, m_disk}), u"authentic emulated 0"_s);
        QCOMPARE(verdict(u"snp"_s, {}), u"undecided emulated 0"_s);
    }

    void neverWeakerThanDemandedAndNeverASecret()
    {
        if (!m_program)
            QSKIP("not here");
        const QStringList machine{u"--kernel"_s, kernel(), u"--initrd"_s, m_initrd, u"--host"_s, u"qemu:///session"_s};
        const Ran demanded = m_program->run(QStringList{u"keep"_s, u"plan"_s} + machine + QStringList{u"--technology"_s, u"snp"_s});
        QVERIFY2(demanded.exit != 0 && demanded.out.isEmpty(), demanded.all());
        const Ran silent = m_program->run(QStringList{u"keep"_s, u"plan"_s} + machine);
        QVERIFY2(
            silent.exit == 0 && silent.out.contains("(rehearsal)"), silent.all()); // it demands nothing, and is told that it gets nothing
        const QString secret = u"key="_s + m_program->write(u"key"_s, "k");
        const Ran given = m_program->run(launch({u"--secret"_s, secret}));
        QVERIFY2(given.exit == 125 && given.err.contains("no warden"), given.all());
        const Ran both = m_program->run(launch({example("hello")}));
        QVERIFY2(both.exit == 125 && both.err.contains("module"), both.all());
        const Ran emulated = m_program->run({u"keep"_s, u"launch"_s, u"--kernel"_s, kernel(), u"--host"_s, u"emulated"_s});
        QVERIFY2(emulated.exit == 125 && emulated.err.contains("virtual machines"), emulated.all());
        // No domain is left of any of them.
        QCOMPARE(SessionDaemon::domains(), QByteArray());
    }

    void stopped()
    {
        if (!m_program)
            QSKIP("not here");
        // A machine that waits for ever: its init is not there, and panics are not left.
        const QString empty = m_program->write(u"empty"_s, initrd({{"nothing", 0100644, {'x'}}}));
        const Ran detached = m_program->run({u"keep"_s, u"launch"_s, u"-d"_s, u"--name"_s, u"waits"_s, u"--host"_s, u"qemu:///session"_s,
            u"--unattested"_s, u"--kernel"_s, kernel(), u"--initrd"_s, empty, u"--append"_s, u"console=ttyS0 panic=0"_s});
        QVERIFY2(detached.exit == 0, detached.all());
        const Ran asked = m_program->run({u"keep"_s, u"attest"_s, u"waits"_s});
        QVERIFY2(asked.exit != 0 && asked.err.contains("import-report"), asked.all());
        const Ran stop = m_program->run({u"keep"_s, u"stop"_s, u"waits"_s});
        QVERIFY2(stop.exit == 0, stop.all());
        QCOMPARE(m_program->run({u"keep"_s, u"show"_s, u"--json"_s, u"waits"_s}).json()["state"_L1].toString(), u"stopped"_s);
    }

private:
    [[nodiscard]] QStringList launch(const QStringList &more) const
    {
        return QStringList{u"keep"_s, u"launch"_s, u"--host"_s, u"qemu:///session"_s, u"--unattested"_s, u"--kernel"_s, kernel(),
                   u"--initrd"_s, m_initrd, u"--append"_s, u"console=ttyS0 panic=-1 quiet"_s}
        + more;
    }
    std::optional<SessionDaemon> m_daemon;
    std::optional<Program> m_program; // ends its keeps before the daemon does
    QString m_initrd, m_disk;
};

QTEST_GUILESS_MAIN(TestKeepctlMachine)
#include "test_keepctl_machine.moc"
