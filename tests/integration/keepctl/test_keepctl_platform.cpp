// SPDX-License-Identifier: Apache-2.0
// keepctl host status, certs, and all that manages a platform, as people and scripts use it: on the emulated host, and on a computer
// without the device.
#include "program.h"
#include "tests/support/emulated_identity.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlPlatform : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { giveEmulatedIdentity(m_program.dataFolder().toStdString()); }

    void statusAndCertificates()
    {
        const Ran status = m_program.run({u"host"_s, u"status"_s, u"emulated"_s, u"--json"_s});
        QVERIFY2(status.exit == 0, status.all());
        const QJsonObject view = status.json();
        QVERIFY(view["emulated"_L1].toBool());
        QCOMPARE(view["ownership"_L1].toArray().size(), 6);
        QCOMPARE(view["reports"_L1].toArray().size(), 3);
        QCOMPARE(view["actions"_L1].toArray().size(), 14);
        QVERIFY(view["running"_L1].toArray().isEmpty());
        const Ran text = m_program.run({u"host"_s, u"status"_s, u"emulated"_s});
        QVERIFY2(
            text.exit == 0 && text.out.contains("INIT") && !text.out.contains("kdsintf.amd.com") && text.out.contains("EMULATED") == false,
            text.all());
        QVERIFY2(text.out.contains("proves the procedure"), text.all());
        const Ran certs = m_program.run({u"host"_s, u"certs"_s, u"emulated"_s});
        QVERIFY2(certs.exit == 0 && certs.out.contains("good") && !certs.out.contains("BAD") && certs.out.contains("PDH"), certs.all());
        QVERIFY(m_program.run({u"host"_s, u"certs"_s, u"emulated"_s, u"--json"_s}).json()["good"_L1].toBool());
        const Ran kds = m_program.run({u"host"_s, u"kds"_s, u"emulated"_s});
        QVERIFY2(kds.exit == 0 && kds.out.contains("keepctl host certs emulated") && !kds.out.contains("https://"), kds.all());
    }

    void withoutADeviceEverythingSaysSo()
    {
        if (QFile::exists(u"/dev/sev"_s))
            QSKIP("this computer has /dev/sev");
        for (const QStringList &words : {QStringList{u"status"_s}, {u"certs"_s}, {u"kds"_s}, {u"reset"_s, u"--yes"_s},
                 {u"commit"_s, u"--dry-run"_s}, {u"export-chain"_s, u"-o"_s, m_program.path(u"none"_s)}}) {
            const Ran ran = m_program.run(QStringList{u"host"_s} + words);
            QVERIFY2(ran.exit == 3 && ran.err.contains("/dev/sev") && ran.err.contains("ccp"), ran.all());
        }
        QVERIFY(!QFile::exists(m_program.path(u"none"_s)));
    }

    void nothingHappensUnasked()
    {
        const Ran refused = m_program.run({u"host"_s, u"self-own"_s, u"emulated"_s});
        QVERIFY2(refused.exit == 2 && refused.err.contains("PEK_GEN") && refused.err.contains("--yes"), refused.all());
        const Ran json = m_program.run({u"host"_s, u"self-own"_s, u"emulated"_s, u"--json"_s});
        QVERIFY2(json.exit == 2 && !json.json()["performed"_L1].toBool(true) && !json.json()["error"_L1].toObject().isEmpty(), json.all());
        const Ran dry = m_program.run({u"host"_s, u"commit"_s, u"emulated"_s, u"--dry-run"_s, u"--json"_s});
        QVERIFY2(dry.exit == 0, dry.all());
        QCOMPARE(dry.json()["plan"_L1]["effect"_L1].toString(), u"irreversible"_s);
        QVERIFY(!m_program.run({u"log"_s}).out.contains("platform"));
    }

    void ownershipInThreeStepsAndInOne()
    {
        const auto host = [this](const QStringList &words) { return m_program.run(QStringList{u"host"_s} + words); };
        Ran ran = host({u"generate-oca"_s, u"-c"_s, u"oca.cert"_s, u"-k"_s, u"oca.key"_s});
        QVERIFY2(ran.exit == 0, ran.all());
        QCOMPARE(QFile::permissions(m_program.path(u"oca.key"_s)) & 0x00ff, QFile::Permissions());
        QCOMPARE(host({u"generate-oca"_s, u"-c"_s, u"oca.cert"_s, u"-k"_s, u"oca.key"_s}).exit, 2);
        ran = host({u"csr"_s, u"emulated"_s, u"-o"_s, u"pek.csr"_s});
        QVERIFY2(ran.exit == 0 && QFile(m_program.path(u"pek.csr"_s)).size() == 2084, ran.all());
        ran = host({u"sign-csr"_s, u"--csr"_s, u"pek.csr"_s, u"--oca-certificate"_s, u"oca.cert"_s, u"--oca-key"_s, u"oca.key"_s, u"-o"_s,
            u"pek.cert"_s});
        QVERIFY2(ran.exit == 0, ran.all());
        ran = host({u"import"_s, u"emulated"_s, u"--pek"_s, u"pek.cert"_s, u"--oca-certificate"_s, u"oca.cert"_s, u"--yes"_s, u"--json"_s});
        QVERIFY2(ran.exit == 0 && ran.json()["performed"_L1].toBool(), ran.all());
        // Another program sees it, and the chain that is exported carries the owner.
        ran = host({u"export-chain"_s, u"emulated"_s, u"-o"_s, u"platform.cert"_s, u"--layout"_s, u"sevctl-full"_s});
        QVERIFY2(ran.exit == 0, ran.all());
        const Ran shown = m_program.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s, u"platform.cert"_s});
        QVERIFY2(shown.out.contains("PEK") && shown.out.contains("OCA"), shown.all());
        ran = host({u"provision"_s, u"emulated"_s, u"--oca-certificate"_s, u"oca.cert"_s, u"--oca-key"_s, u"oca.key"_s, u"--yes"_s});
        QVERIFY2(ran.exit == 3 && ran.err.contains("self-own"), ran.all());
        QVERIFY(host({u"self-own"_s, u"emulated"_s, u"--yes"_s}).exit == 0);
        ran = host({u"import"_s, u"emulated"_s, u"--pek"_s, u"pek.cert"_s, u"--oca-certificate"_s, u"oca.cert"_s, u"--yes"_s});
        QVERIFY2(ran.exit == 2 && ran.err.contains("another endorsement key"), ran.all());
        QVERIFY(host({u"provision"_s, u"emulated"_s, u"--oca-certificate"_s, u"oca.cert"_s, u"--oca-key"_s, u"oca.key"_s, u"--yes"_s}).exit
            == 0);
        QVERIFY(host({u"status"_s, u"emulated"_s}).out.contains("an OCA from outside"));
        QVERIFY(host({u"rotate-pdh"_s, u"emulated"_s, u"--yes"_s}).exit == 0);
        QVERIFY(host({u"reset"_s, u"emulated"_s, u"--yes"_s}).exit == 0);
        const QByteArray log = m_program.run({u"log"_s}).out;
        for (const char *what : {"platform generate-oca", "platform import", "platform reset", "key=oca.key"})
            QVERIFY2(log.contains(what), log.constData());
    }

    void configurationIsPersistent()
    {
        Ran ran = m_program.run({u"host"_s, u"set-config"_s, u"emulated"_s, u"--mask-chip-id"_s, u"--yes"_s});
        QVERIFY2(ran.exit == 0, ran.all());
        const auto masked = [this] {
            const auto view = m_program.run({u"host"_s, u"status"_s, u"emulated"_s, u"--json"_s}).json();
            for (const auto &section : view["sections"_L1].toArray())
                for (const auto &fact : section["facts"_L1].toArray())
                    if (fact["id"_L1] == "snp.mask-chip-id"_L1)
                        return fact["value"_L1].toString();
            return QString();
        };
        QCOMPARE(masked(), u"yes"_s);
        QVERIFY(m_program.run({u"host"_s, u"reset-config"_s, u"emulated"_s, u"--yes"_s}).exit == 0);
        QCOMPARE(masked(), u"no"_s);
        ran = m_program.run({u"host"_s, u"set-config"_s, u"emulated"_s, u"--snp"_s, u"255"_s, u"--yes"_s});
        QVERIFY2(ran.exit == 2 && ran.err.contains("higher"), ran.all());
        ran =
            m_program.run({u"host"_s, u"vlek-load"_s, u"emulated"_s, u"--hashstick"_s, m_program.write(u"stick"_s, QByteArray(432, '\1'))});
        QVERIFY2(ran.exit == 2 && ran.err.contains("reserved"), ran.all());
    }

    void keepsThatRunAreNamed()
    {
        const Ran launched = m_program.run(
            {u"keep"_s, u"launch"_s, u"--detach"_s, u"--name"_s, u"guest-of-mine"_s, u"-a"_s, u"1000000"_s, example("compute")});
        QVERIFY2(launched.exit == 0, launched.all());
        const Ran refused = m_program.run({u"host"_s, u"reset"_s, u"emulated"_s, u"--yes"_s});
        QVERIFY2(refused.exit == 3 && refused.err.contains("guest-of-mine"), refused.all());
        const Ran commit = m_program.run({u"host"_s, u"commit"_s, u"emulated"_s, u"--dry-run"_s});
        QVERIFY2(commit.exit == 0 && commit.out.contains("guest-of-mine"), commit.all());
        const Ran shown = m_program.run({u"host"_s, u"status"_s, u"emulated"_s});
        // Commands are named as they are typed.
        QVERIFY2(shown.out.contains("guest-of-mine") && shown.out.contains("reset-config, commit, vlek-load"), shown.all());
        QVERIFY2(!shown.out.contains("snp-"), shown.all());
        QVERIFY(m_program.run({u"keep"_s, u"stop"_s, u"--grace"_s, u"0"_s, u"guest-of-mine"_s}).exit == 0);
        QVERIFY(!m_program.run({u"host"_s, u"status"_s, u"emulated"_s}).out.contains("guest-of-mine"));
    }

    void theKernelsDriverIsSpokenTo()
    {
        // keepctl itself under the emulated /dev/sev: real system calls, in a process of its own.
        const auto under = [this](const QStringList &words) {
            return m_program.run(
                QStringList{u"emulate"_s, u"--"_s, qEnvironmentVariable("KASTELLAN_BIN") + u"/keepctl"_s, u"host"_s} + words);
        };
        const Ran status = under({u"status"_s, u"--json"_s});
        QVERIFY2(status.exit == 0, status.all());
        QCOMPARE(status.json()["reached_by"_L1].toString(), u"/dev/sev"_s);
        QVERIFY(!status.json()["emulated"_L1].toBool(true)); // it can't know
        // What was reset is uninitialised: nothing to show, and that is no good news.
        const Ran reset = m_program.run({u"host"_s, u"reset"_s, u"emulated"_s, u"--yes"_s});
        QVERIFY2(reset.exit == 0, reset.all());
        QCOMPARE(under({u"certs"_s}).exit, 3);
        QVERIFY(under({u"rotate-pdh"_s, u"--yes"_s}).exit == 0); // initialises it
        // What is shown is not taken for AMD's.
        const Ran certs = under({u"certs"_s});
        QVERIFY2(certs.exit == 1 && certs.out.contains("emulated, or false"), certs.all());
        for (const QStringList &words : {QStringList{u"self-own"_s, u"--yes"_s}, {u"rotate-pdh"_s, u"--yes"_s}, {u"commit"_s, u"--yes"_s},
                 {u"set-config"_s, u"--mask-chip-id"_s, u"--yes"_s}, {u"reset-config"_s, u"--yes"_s}, {u"kds"_s},
                 {u"export-chain"_s, u"-o"_s, u"under.cert"_s}, {u"generate-oca"_s, u"-c"_s, u"under.oca"_s, u"-k"_s, u"under.key"_s},
                 {u"provision"_s, u"--oca-certificate"_s, u"under.oca"_s, u"--oca-key"_s, u"under.key"_s, u"--yes"_s}}) {
            const Ran ran = under(words);
            QVERIFY2(ran.exit == 0, ran.all());
        }
        QVERIFY(m_program.run({u"host"_s, u"status"_s, u"emulated"_s}).out.contains("an OCA from outside"));
        const Ran fault = m_program.run({u"emulate"_s, u"--fault"_s, u"pdh-gen=HWERROR_UNSAFE"_s, u"--"_s,
            qEnvironmentVariable("KASTELLAN_BIN") + u"/keepctl"_s, u"host"_s, u"rotate-pdh"_s, u"--yes"_s});
        QVERIFY2(fault.exit == 3 && fault.err.contains("HWERROR_UNSAFE (0x14)"), fault.all());
        QVERIFY(under({u"reset"_s, u"--yes"_s}).exit == 0);
    }

    void addressesOfOtherHosts()
    {
        QCOMPARE(m_program.run({u"host"_s, u"status"_s, u"ssh://elsewhere"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"status"_s, u"qemu+ext:///system?command=x"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"status"_s, u"nowhere"_s}).exit, 2);
        const Ran ran = m_program.run({u"host"_s, u"status"_s, u"test:///default"_s});
        QVERIFY2(ran.exit == 0 && ran.out.contains("libvirt"), ran.all());
    }

private:
    Program m_program;
};

QTEST_GUILESS_MAIN(TestKeepctlPlatform)
#include "test_keepctl_platform.moc"
