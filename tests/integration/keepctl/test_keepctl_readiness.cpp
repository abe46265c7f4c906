// SPDX-License-Identifier: Apache-2.0
// keepctl host check and record, as people and scripts use them.
#include "program.h"
#include "sev-backend/readiness/recording.h"
#include "tests/unit/sev-backend/readiness/machines.h"

#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray recordingOf(const Machine &machine)
{
    return QByteArray::fromStdString(sev::toRecording(factsOf(machine)));
}

const Machine &brokenMachine(std::string_view name)
{
    for (const auto &machine : brokenMachines())
        if (machine.name == name)
            return machine;
    qFatal("no such machine");
}

QString verdict(const Ran &ran, QLatin1StringView protection)
{
    for (const auto &one : ran.json()["verdicts"_L1].toArray())
        if (one["protection"_L1].toString() == protection)
            return one["state"_L1].toString();
    return {};
}

} // namespace

class TestKeepctlReadiness : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thisComputer()
    {
        const Ran ran = m_program.run({u"host"_s, u"check"_s, u"--no-probes"_s, u"--json"_s});
        QVERIFY2(ran.exit == 0 || ran.exit == 1, ran.all());
        QCOMPARE(ran.json()["host"_L1].toString(), u"local"_s);
        QVERIFY(ran.json()["checks"_L1].toArray().size() > 60);
        const Ran text = m_program.run({u"host"_s, u"check"_s, u"--no-probes"_s});
        QVERIFY2(text.out.contains("SEV-SNP") && text.out.contains("Processor") && !text.out.contains('\x1b'), text.all());
    }

    void emulated()
    {
        const Ran ran = m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"emulated"_s, u"--json"_s});
        QVERIFY2(ran.exit == 0, ran.all());
        QVERIFY(ran.json()["emulated"_L1].toBool());
        QCOMPARE(verdict(ran, "emulated"_L1), u"ready"_s);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"emulated"_s, u"--for"_s, u"snp"_s}).exit, 2);
        QCOMPARE(verdict(m_program.run({u"host"_s, u"check"_s, u"emulated"_s, u"--json"_s}), "emulated"_L1), u"ready"_s);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"emulated"_s, u"--host"_s, u"local"_s}).exit, 2);
        for (const QByteArray &content : {QByteArray("{}"), QByteArray("[]"), QByteArray("{\"schema\": 1}")}) {
            const Ran other = m_program.run({u"host"_s, u"check"_s, u"--from"_s, m_program.write(u"other.json"_s, content)});
            QVERIFY2(other.exit == 2 && other.err.contains("host record"), other.all());
        }
        // The word of 'record' is a file: a host's name there would hold this computer under that name.
        const Ran mistaken = m_program.run({u"host"_s, u"record"_s, u"emulated"_s, u"--no-probes"_s});
        QVERIFY2(mistaken.exit == 2 && mistaken.err.contains("--host emulated"), mistaken.all());
        QVERIFY(!QFile::exists(m_program.path(u"emulated"_s)));
        // A keep image that is another one: no keep would be launched.
        m_program.set(u"KASTELLAN_KEEP_IMAGE"_s, m_program.path(u"nothing"_s));
        const Ran without = m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"emulated"_s});
        m_program.unset(u"KASTELLAN_KEEP_IMAGE"_s);
        QVERIFY2(without.exit == 1 && without.out.contains("EMULATED") && without.out.contains("Install Kastellan again"), without.all());
    }

    void exitCodes_data()
    {
        QTest::addColumn<QString>("machine");
        QTest::addColumn<QString>("protection");
        QTest::addColumn<int>("exit");
        QTest::newRow("any") << u"iommu=pt"_s << QString() << 0;
        QTest::newRow("sev") << u"iommu=pt"_s << u"sev"_s << 0;
        QTest::newRow("snp") << u"iommu=pt"_s << u"snp"_s << 1;
        QTest::newRow("unknown") << u"without probes"_s << u"snp"_s << 1;
        QTest::newRow("nothing") << u"Intel"_s << QString() << 1;
    }

    void exitCodes()
    {
        QFETCH(const QString, machine);
        QFETCH(const QString, protection);
        QFETCH(const int, exit);
        const QString file = m_program.write(u"machine.json"_s, recordingOf(brokenMachine(machine.toStdString())));
        QStringList arguments{u"host"_s, u"check"_s, u"--from"_s, file};
        if (!protection.isEmpty())
            arguments << u"--for"_s << protection;
        const Ran ran = m_program.run(arguments);
        QVERIFY2(ran.exit == exit, ran.all());
    }

    void toDo()
    {
        const QString file = m_program.write(u"machine.json"_s, recordingOf(brokenMachine("no RMP reserved")));
        const Ran ran = m_program.run({u"host"_s, u"check"_s, u"--from"_s, file});
        QVERIFY2(ran.out.contains("to do: In the firmware's setup"), ran.all());
        QVERIFY2(ran.out.contains("skipped because of rmp.reserved"), ran.all());
        QVERIFY(!ran.out.contains("  skipped "));
        const Ran all = m_program.run({u"host"_s, u"check"_s, u"--from"_s, file, u"--all"_s});
        QVERIFY2(all.out.contains("  skipped ") && all.out.contains("because of rmp.reserved"), all.all());
    }

    void hostileRecording()
    {
        Machine machine = healthy("Genoa");
        machine.name = "\x1b[31mevil\n\u202e";
        machine.facts.push_back({"cpu.brand", "<b>\x1b]0;x\a EPYC", ""});
        const QString file = m_program.write(u"evil.json"_s, recordingOf(machine)), html = m_program.path(u"evil.html"_s);
        const Ran ran = m_program.run({u"host"_s, u"check"_s, u"--all"_s, u"--from"_s, file, u"--html"_s, html});
        QVERIFY2(!ran.out.contains('\x1b') && !ran.out.contains('\a'), ran.all());
        QFile page(html);
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QByteArray text = page.readAll();
        QVERIFY(text.contains("&lt;b&gt;") && !text.contains('\x1b') && !text.contains("<b>\u241b"));
        // An existing file is not replaced.
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--from"_s, file, u"--html"_s, html}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--from"_s, file, u"--html"_s, html, u"--force"_s}).exit, 0);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--from"_s, m_program.write(u"no.json"_s, "{}")}).exit, 2);
        QCOMPARE(
            m_program
                .run({u"host"_s, u"check"_s, u"--from"_s, m_program.write(u"empty.json"_s, R"({"schema":"kastellan-host-1","facts":{}})")})
                .exit,
            3);
    }

    void recordAndReplay()
    {
        const QString file = m_program.path(u"here.json"_s);
        const Ran recorded = m_program.run({u"host"_s, u"record"_s, u"--no-probes"_s, u"--redact-chip-id"_s, file});
        QVERIFY2(recorded.exit == 0, recorded.all());
        QCOMPARE(m_program.run({u"host"_s, u"record"_s, u"--no-probes"_s, file}).exit, 2);
        const Ran replayed = m_program.run({u"host"_s, u"check"_s, u"--from"_s, file, u"--json"_s});
        const Ran direct = m_program.run({u"host"_s, u"check"_s, u"--no-probes"_s, u"--json"_s});
        QVERIFY(replayed.json()["looked_at"_L1].toString().startsWith("a recording of "_L1));
        QCOMPARE(replayed.json()["verdicts"_L1], direct.json()["verdicts"_L1]);
        const Ran out = m_program.run({u"host"_s, u"record"_s, u"--no-probes"_s});
        QCOMPARE(out.json()["schema"_L1].toString(), u"kastellan-host-1"_s);
        const Ran emulated = m_program.run({u"host"_s, u"record"_s, u"--host"_s, u"emulated"_s});
        const Ran again =
            m_program.run({u"host"_s, u"check"_s, u"--json"_s, u"--from"_s, m_program.write(u"emulated.json"_s, emulated.out)});
        QVERIFY2(again.exit == 0 && again.json()["emulated"_L1].toBool(), again.all());
    }

    void remote()
    {
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"ssh://-oProxyCommand=x"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"qemu+ssh://h/system?command=x"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"nobody"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"check"_s, u"--host"_s, u"local"_s, u"--from"_s, u"x"_s}).exit, 2);
        // An ssh that runs its command here: what the other side records is judged.
        m_program.write(u"ssh"_s, "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift 2\nexec \"$@\"\n");
        QFile::setPermissions(m_program.path(u"ssh"_s), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        const auto process = m_program.startShell(
            u"PATH=$1:$PATH exec keepctl host check --no-probes --json --host ssh://root@there"_s, {m_program.path(u"."_s)});
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit == 0 || ran.exit == 1, ran.all());
        QCOMPARE(ran.json()["looked_at"_L1].toString(), u"ssh://root@there over ssh"_s);
        QVERIFY(ran.json()["checks"_L1].toArray().size() > 60);
    }

private:
    Program m_program;
};

QTEST_GUILESS_MAIN(TestKeepctlReadiness)
#include "test_keepctl_readiness.moc"
