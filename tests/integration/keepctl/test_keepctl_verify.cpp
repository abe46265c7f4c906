// SPDX-License-Identifier: Apache-2.0
// keepctl evidence verify, show and diff on files, as people and scripts use them.
#include "program.h"
#include "sev-backend/abi/guest_message.h"
#include "sev-backend/certificates/certificate.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/vectors.h"

#include <QDir>
#include <QJsonArray>
#include <QTest>

using namespace kastellan;
using test::Program;

namespace {

QByteArray asQt(ByteView bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

QString vectorPath(const char *path)
{
    return qEnvironmentVariable("KASTELLAN_VECTORS") + QLatin1Char('/') + QLatin1String(path);
}

/// A guest on the emulated processor that answers requests.
struct Source {
    std::unique_ptr<sev::Processor> processor = test::emulatedProcessor();
    sev::GuestHandle guest = *processor->launchStart(sev::GuestPolicy());
    Source() { static_cast<void>(processor->launchFinish(guest, {})); }
    [[nodiscard]] Bytes report(unsigned number)
    {
        sev::ReportRequest request;
        storeLe<std::uint32_t>(request.reportData.bytes, 0, number);
        return sev::ReportResponse::decode(processor->guestRequest(guest, request.encode()))->report;
    }
    [[nodiscard]] QString root() const { return QString::fromStdString(processor->rootFingerprint()); }
    /// All certificates in one PEM-less file after another.
    void certificates(const QDir &folder) const
    {
        for (const auto &[role, der] : processor->endorsements()) {
            QFile file(folder.filePath(QString::fromStdString(role)));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(asQt(der));
        }
    }
};

QStringList words(const char *line)
{
    return QString::fromLatin1(line).split(QLatin1Char(' '));
}

} // namespace

class TestKeepctlVerify : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void realEvidence();
    void emulatedNeedsAcceptance();
    void wrongUse_data();
    void wrongUse();
    void certificatesAlone();
    void standardInput();
    void referenceValuesDecide();
    void policiesAreJoined();
    void anotherMachineIsExplained();
    void showAndDiff();
    void batch();
    void batchGoesOn();
    void batchOfAList();
    void batchRemembersWhatIsNotAccepted();
    void whatCantBeReadDoesNotPass();
};

void TestKeepctlVerify::realEvidence()
{
    KASTELLAN_NEED_VECTORS();
    Program program;
    auto ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), vectorPath("snp-milan"), QStringLiteral("--at"),
        QStringLiteral("2026-01-01"), QStringLiteral("--json")});
    QVERIFY2(ran.exit == 0, ran.all());
    auto json = ran.json();
    QCOMPARE(json[QStringLiteral("verdict")].toString(), QStringLiteral("authentic"));
    QCOMPARE(json[QStringLiteral("accepted")].toBool(), true);
    QCOMPARE(json[QStringLiteral("emulated")].toBool(), false);
    const auto item = json[QStringLiteral("evidence")][0].toObject();
    for (const char *member : {"file", "offset", "kind", "technology", "product", "accepted", "appraisal", "endorsements"})
        QVERIFY2(item.contains(QLatin1String(member)), member);
    QCOMPARE(item[QStringLiteral("endorsements")].toArray().size(), 3);
    QCOMPARE(json[QStringLiteral("found")].toArray().size(), 4);
    QCOMPARE(json[QStringLiteral("unknown")].toArray().size(), 0);
    // Before the certificates were valid it is refused.
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), vectorPath("snp-milan"), QStringLiteral("--at"),
        QStringLiteral("2001-02-03T04:05:06Z")});
    QVERIFY2(ran.exit == 1, ran.all());
    // What runs is what was expected: trusted.
    const Bytes report = test::vector("snp-milan/report.bin");
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), vectorPath("snp-milan/report.bin"), QStringLiteral("--certs"),
        vectorPath("snp-milan"), QStringLiteral("--at"), QStringLiteral("2026-01-01"), QStringLiteral("--expect-digest"),
        QString::fromStdString(toHex(ByteView(report).subspan(0x90, 48)))});
    QVERIFY2(ran.exit == 0 && ran.out.contains("verdict: trusted"), ran.all());
    // The legacy chain.
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), vectorPath("sev-naples/pdh.cert"),
        vectorPath("sev-naples/pek.cert"), vectorPath("sev-naples/oca.cert"), vectorPath("sev-naples/cek.cert")});
    QVERIFY2(ran.exit == 0 && ran.out.contains("Naples"), ran.all());
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), vectorPath("sev-naples")});
    QVERIFY2(ran.exit == 1 && ran.out.contains("signature is missing"), ran.all());
    // Nothing was written, not even in the data folder.
    QVERIFY(QDir(program.dataFolder()).isEmpty());
}

void TestKeepctlVerify::emulatedNeedsAcceptance()
{
    Program program;
    Source source;
    QVERIFY(QDir().mkpath(program.path(QStringLiteral("one"))));
    source.certificates(QDir(program.path(QStringLiteral("one"))));
    program.write(QStringLiteral("one/report"), asQt(source.report(1)));
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), program.path(QStringLiteral("one"))};
    QCOMPARE(program.run(verify).exit, 1); // amd is expected
    QCOMPARE(program.run(verify + QStringList{QStringLiteral("--accept-emulated")}).exit, 1);
    auto ran = program.run(verify + QStringList{QStringLiteral("--root"), source.root()});
    QVERIFY2(ran.exit == 1 && ran.out.contains("--accept-emulated"), ran.all());
    ran = program.run(
        verify + QStringList{QStringLiteral("--root"), source.root(), QStringLiteral("--accept-emulated"), QStringLiteral("--json")});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.json()[QStringLiteral("emulated")].toBool(), true);
    QCOMPARE(ran.json()[QStringLiteral("verdict")].toString(), QStringLiteral("authentic"));
    ran = program.run(verify
        + QStringList{
            QStringLiteral("--root"), QStringLiteral("emulated:") + QString(64, QLatin1Char('a')), QStringLiteral("--accept-emulated")});
    QCOMPARE(ran.exit, 1);
}

void TestKeepctlVerify::wrongUse_data()
{
    QTest::addColumn<QString>("options");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *options, const char *says) {
        QTest::newRow(options) << QString::fromLatin1(options) << QString::fromLatin1(says);
    };
    row("--root nonsense", "--root");
    row("--root emulated:12", "--root");
    row("--expect-digest 00ff", "2 bytes");
    row("--expect-digest xyz!", "--expect-digest");
    row("--report-data zz", "neither hex nor a file");
    row("--host-data 00", "--host-data");
    row("--min-tcb snp", "--min-tcb");
    row("--min-tcb micro=3", "no part of a TCB");
    row("--min-tcb snp=3,", "no part of a TCB");
    row("--min-tcb snp=256", "0 to 255");
    row("--at yesterday", "--at");
    row("--at 2026-02-30", "--at");
    row("--vmpl 4", "--vmpl");
    row("--policy /nowhere", "/nowhere");
    row("--resume /tmp/x", "--resume");
    row("--certs /nowhere", "/nowhere");
}

void TestKeepctlVerify::wrongUse()
{
    QFETCH(QString, options);
    QFETCH(QString, says);
    Program program;
    const QString file = program.write(QStringLiteral("report"), QByteArray(1184, 'x'));
    const auto ran = program.run(QStringList{QStringLiteral("evidence"), QStringLiteral("verify"), file} + options.split(QLatin1Char(' ')));
    QVERIFY2(ran.exit == 2, ran.all());
    QVERIFY2(ran.err.contains(says.toUtf8()), ran.all());
}

void TestKeepctlVerify::certificatesAlone()
{
    Program program;
    Source source;
    QVERIFY(QDir().mkpath(program.path(QStringLiteral("certs"))));
    source.certificates(QDir(program.path(QStringLiteral("certs"))));
    auto ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), program.path(QStringLiteral("certs"))});
    QVERIFY2(ran.exit == 2 && ran.err.contains("no report"), ran.all());
    const QString text = program.write(QStringLiteral("notes.txt"), "nothing of value\n");
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), text, QStringLiteral("--json")});
    QVERIFY2(ran.exit == 2 && ran.json().contains(QStringLiteral("error")), ran.all());
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), program.path(QStringLiteral("missing"))});
    QVERIFY2(ran.exit == 2 && ran.err.contains("missing"), ran.all());
}

void TestKeepctlVerify::standardInput()
{
    Program program;
    Source source;
    const auto ran = program.run(words("evidence verify - --json"), asQt(source.report(1)).toBase64());
    QVERIFY2(ran.exit == 1, ran.all());
    QCOMPARE(ran.json()[QStringLiteral("verdict")].toString(), QStringLiteral("undecided")); // no certificates
    QVERIFY(ran.json()[QStringLiteral("evidence")][0][QStringLiteral("file")].toString().startsWith(QStringLiteral("standard input")));
    // Of a vTPM's blob it is said whether the report binds the data around it.
    const QByteArray head = QByteArray("HCLA") + QByteArray(28, 0), data("{}"), size("\x02\0\0\0", 4), type("\x01\0\0\0", 4);
    const QByteArray blob = head + asQt(source.report(1)) + QByteArray(12, 0) + type + size + data;
    const auto azure = program.run(words("evidence verify -"), blob);
    QVERIFY2(azure.exit == 1 && azure.out.contains("does NOT bind"), azure.all());
}

void TestKeepctlVerify::referenceValuesDecide()
{
    Program program;
    Source source;
    QVERIFY(QDir().mkpath(program.path(QStringLiteral("one"))));
    source.certificates(QDir(program.path(QStringLiteral("one"))));
    const Bytes report = source.report(7);
    program.write(QStringLiteral("one/report"), asQt(report));
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), program.path(QStringLiteral("one")),
        QStringLiteral("--root"), source.root(), QStringLiteral("--accept-emulated"), QStringLiteral("--json")};
    const QString digest = QString::fromStdString(toHex(ByteView(report).subspan(0x90, 48)));
    const QString file = program.write(QStringLiteral("data.bin"), QByteArray("\x07", 1));
    auto ran = program.run(verify
        + QStringList{QStringLiteral("--expect-digest"), digest, QStringLiteral("--report-data"), file, QStringLiteral("--min-tcb"),
            QStringLiteral("snp=1,bl=1"), QStringLiteral("--host-data"), QString(64, QLatin1Char('0')), QStringLiteral("--vmpl"),
            QStringLiteral("0")});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.json()[QStringLiteral("verdict")].toString(), QStringLiteral("trusted"));
    for (const QStringList &wrong : {QStringList{QStringLiteral("--report-data"), QStringLiteral("08")},
             QStringList{QStringLiteral("--min-tcb"), QStringLiteral("snp=255")},
             QStringList{QStringLiteral("--host-data"), QString(64, QLatin1Char('1'))},
             QStringList{QStringLiteral("--vmpl"), QStringLiteral("1")},
             QStringList{QStringLiteral("--expect-digest"), QString(96, QLatin1Char('1'))}}) {
        ran = program.run(verify + wrong);
        QVERIFY2(ran.exit == 1 && ran.json()[QStringLiteral("verdict")].toString() == QLatin1String("refused"), ran.all());
    }
}

void TestKeepctlVerify::policiesAreJoined()
{
    Program program;
    Source source;
    QVERIFY(QDir().mkpath(program.path(QStringLiteral("one"))));
    source.certificates(QDir(program.path(QStringLiteral("one"))));
    program.write(QStringLiteral("one/report"), asQt(source.report(7)));
    const auto verify = [&](const QByteArray &policy) {
        return program.run(
            {QStringLiteral("evidence"), QStringLiteral("verify"), program.path(QStringLiteral("one")), QStringLiteral("--accept-emulated"),
                QStringLiteral("--json"), QStringLiteral("--policy"), program.write(QStringLiteral("policy.toml"), policy)});
    };
    const QByteArray root = "version = 1\nroot = \"" + source.root().toUtf8() + "\"\n";
    auto ran = verify(root);
    QVERIFY2(ran.exit == 0, ran.all()); // the policy says which root
    ran = verify(root + "[launch]\ndigests = [\"" + QByteArray(96, '1') + "\"]\n");
    QVERIFY2(ran.exit == 1 && ran.json()[QStringLiteral("verdict")].toString() == QLatin1String("refused"), ran.all());
    ran = verify(root + "[lunch]\n");
    QVERIFY2(ran.exit == 2 && ran.err.contains("launch"), ran.all());
    // An option goes over the policy's root.
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), program.path(QStringLiteral("one")),
        QStringLiteral("--accept-emulated"), QStringLiteral("--policy"), program.write(QStringLiteral("policy.toml"), root),
        QStringLiteral("--root"), QStringLiteral("amd")});
    QVERIFY2(ran.exit == 1, ran.all());
}

// A machine whose digest is another one, and the change that explains it.
void TestKeepctlVerify::anotherMachineIsExplained()
{
    KASTELLAN_NEED_VECTORS();
    Program program;
    Bytes report = test::vector("snp-milan/report.bin");
    // Guest features 0x21, where 0x1 is what the command line gives.
    const auto digest = *fromHex("803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977");
    std::ranges::copy(digest, report.begin() + 0x90);
    const QString empty = program.write(QStringLiteral("empty"), {});
    const QString machine =
        QStringLiteral("qemu-system-x86_64 -machine q35,confidential-guest-support=sev0 "
                       "-object sev-snp-guest,id=sev0,kernel-hashes=on,cbitpos=51,reduced-phys-bits=1 -smp 1 -cpu EPYC-v4 -bios ")
        + vectorPath("ovmf/ovmf_AmdSev_suffix.bin") + QStringLiteral(" -kernel ") + empty + QStringLiteral(" -initrd ") + empty
        + QStringLiteral(" -append \"console=ttyS0 loglevel=7\"");
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), program.write(QStringLiteral("report"), asQt(report)),
        QStringLiteral("--json"), QStringLiteral("--from-qemu"), machine};
    auto ran = program.run(verify);
    QVERIFY2(ran.exit == 1, ran.all());
    const auto change = ran.json()[QStringLiteral("evidence")][0][QStringLiteral("explanations")][0][QStringLiteral("changes")][0];
    QCOMPARE(change[QStringLiteral("what")].toString(), QStringLiteral("guest-features"));
    QCOMPARE(change[QStringLiteral("option")].toString(), QStringLiteral("--guest-features 0x21"));
    // With the change given, the digest is the expected one, and nothing is to be explained.
    ran = program.run(verify + QStringList{QStringLiteral("--guest-features"), QStringLiteral("0x21")});
    QVERIFY2(!ran.out.contains("explanations"), ran.all());
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), verify[2], QStringLiteral("--vcpus"), QStringLiteral("2")});
    QVERIFY2(ran.exit == 2 && ran.err.contains("--from-qemu"), ran.all());
}

void TestKeepctlVerify::showAndDiff()
{
    Program program;
    Source source;
    const QString a = program.write(QStringLiteral("a"), asQt(source.report(1))),
                  b = program.write(QStringLiteral("b"), asQt(source.report(2)).toHex());
    auto ran = program.run({QStringLiteral("evidence"), QStringLiteral("show"), a, QStringLiteral("--hex")});
    QVERIFY2(ran.exit == 0 && ran.out.contains("report_data") && ran.out.contains("0x02a0"), ran.all());
    QVERIFY(QDir().mkpath(program.path(QStringLiteral("leaf"))));
    source.certificates(QDir(program.path(QStringLiteral("leaf"))));
    QVERIFY(QFile::rename(a, program.path(QStringLiteral("leaf/report"))) && QFile::remove(program.path(QStringLiteral("leaf/ask"))));
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("show"), program.path(QStringLiteral("leaf"))});
    QVERIFY2(ran.exit == 0 && ran.out.contains("its issuer is not there") && !ran.out.contains("not good"), ran.all());
    QVERIFY(QFile::rename(program.path(QStringLiteral("leaf/report")), a));
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("show"), b, QStringLiteral("--json")});
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY(ran.json()[QStringLiteral("evidence")][0][QStringLiteral("view")][QStringLiteral("fields")].toArray().size() > 30);
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("diff"), a, b, QStringLiteral("--json")});
    QVERIFY2(ran.exit == 1 && !ran.json()[QStringLiteral("same")].toBool(), ran.all());
    QStringList names;
    for (const auto &difference : ran.json()[QStringLiteral("differences")].toArray())
        names << difference[QStringLiteral("name")].toString();
    QVERIFY2(names.contains(QStringLiteral("report_data")) && !names.contains(QStringLiteral("measurement")),
        qPrintable(names.join(QLatin1Char(' '))));
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("diff"), a, a});
    QVERIFY2(ran.exit == 0 && ran.out.contains("no difference"), ran.all());
    QVERIFY(QDir(program.dataFolder()).isEmpty());
}

void TestKeepctlVerify::batch()
{
    constexpr int count = 2000;
    Program program;
    Source source;
    const QString fleet = program.path(QStringLiteral("fleet"));
    QVERIFY(QDir().mkpath(fleet));
    source.certificates(QDir(fleet));
    for (int i = 0; i < count; ++i) {
        QByteArray report = asQt(source.report(static_cast<unsigned>(i)));
        if (i % 100 == 7)
            report[0x90] = static_cast<char>(report[0x90] ^ 1);
        program.write(QStringLiteral("fleet/report-%1").arg(i, 5), i % 2 ? report : report.toHex());
    }
    program.write(QStringLiteral("fleet/notes.txt"), "not evidence\n");
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), fleet,
        QStringLiteral("--root"), source.root(), QStringLiteral("--accept-emulated"), QStringLiteral("--json")};
    auto ran = program.run(verify);
    QVERIFY2(ran.exit == 1, ran.all());
    const auto lines = ran.out.trimmed().split('\n');
    QCOMPARE(lines.size(), count + 2); // the notes, the summary
    int authentic = 0, refused = 0, unusable = 0;
    for (qsizetype i = 0; i + 1 < lines.size(); ++i) {
        const auto line = QJsonDocument::fromJson(lines[i]).object();
        const QString verdict = line[QStringLiteral("verdict")].toString();
        authentic += verdict == QLatin1String("authentic");
        if (verdict == QLatin1String("refused")) {
            ++refused;
            QCOMPARE(line[QStringLiteral("failed")].toArray().first().toString(), QStringLiteral("report.signature"));
        }
        unusable += line.contains(QStringLiteral("error"));
    }
    QCOMPARE(refused, count / 100);
    QCOMPARE(authentic, count - count / 100);
    QCOMPARE(unusable, 1);
    const auto summary = QJsonDocument::fromJson(lines.last()).object()[QStringLiteral("summary")].toObject();
    QCOMPARE(summary[QStringLiteral("authentic")].toInt(), authentic);
    QCOMPARE(summary[QStringLiteral("refused")].toInt(), refused);
    QCOMPARE(summary[QStringLiteral("certificates")].toInt(), 3);
    // Without acceptance none of them counts.
    ran = program.run(
        {QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), fleet, QStringLiteral("--root"), source.root()});
    QVERIFY2(ran.exit == 1 && ran.err.contains("EMULATED"), ran.all());
    QVERIFY(QDir(program.dataFolder()).isEmpty());
}

void TestKeepctlVerify::batchGoesOn()
{
    Program program;
    Source source;
    const QString fleet = program.path(QStringLiteral("fleet")), journal = program.path(QStringLiteral("journal"));
    QVERIFY(QDir().mkpath(fleet));
    source.certificates(QDir(fleet));
    for (unsigned i = 0; i < 20; ++i)
        program.write(QStringLiteral("fleet/%1").arg(i), asQt(source.report(i)));
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), fleet,
        QStringLiteral("--root"), source.root(), QStringLiteral("--accept-emulated"), QStringLiteral("--resume"), journal};
    auto ran = program.run(verify);
    QVERIFY2(ran.exit == 0 && ran.out.count('\n') == 20, ran.all());
    // Ten more, and a journal whose last line was cut off by a crash.
    for (unsigned i = 20; i < 30; ++i)
        program.write(QStringLiteral("fleet/%1").arg(i), asQt(source.report(i)));
    QFile file(journal);
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray text = file.readAll();
    QVERIFY(file.resize(text.size() - 10));
    file.close();
    ran = program.run(verify);
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY2(ran.out.count('\n') == 10 || ran.out.count('\n') == 11, ran.all()); // the cut line may be a certificate's
    ran = program.run(verify);
    QVERIFY2(ran.exit == 0 && ran.out.isEmpty() && ran.err.contains("33 done before"), ran.all());
    // Other expectations are another batch.
    ran = program.run(verify + QStringList{QStringLiteral("--strict")});
    QVERIFY2(ran.exit == 2 && ran.err.contains("other reference values"), ran.all());
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), fleet, QStringLiteral("--resume"),
        program.write(QStringLiteral("other"), "precious\n")});
    QVERIFY2(ran.exit == 2 && ran.err.contains("no journal"), ran.all());
}

void TestKeepctlVerify::batchOfAList()
{
    Program program;
    Source source;
    QVERIFY(QDir().mkpath(program.path(QStringLiteral("certs"))));
    source.certificates(QDir(program.path(QStringLiteral("certs"))));
    QByteArray list = "# a fleet\n";
    for (unsigned i = 0; i < 5; ++i)
        list += program.write(QStringLiteral("r%1").arg(i), asQt(source.report(i))).toUtf8() + "\n";
    list += program.path(QStringLiteral("missing")).toUtf8();
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), QStringLiteral("-"),
        QStringLiteral("--certs"), program.path(QStringLiteral("certs")), QStringLiteral("--root"), source.root(),
        QStringLiteral("--accept-emulated")};
    const auto ran = program.run(verify, list);
    QVERIFY2(ran.exit == 2, ran.all()); // one could not be used, the others are good
    QCOMPARE(ran.out.count("authentic  "), 5);
    QVERIFY2(ran.out.contains("unusable"), ran.all());
    // In the order of the list.
    QVERIFY(ran.out.indexOf("/r0") < ran.out.indexOf("/r4"));
}

// One item with several pieces of evidence, of which one is not accepted: the batch that goes on answers as the first one did.
void TestKeepctlVerify::batchRemembersWhatIsNotAccepted()
{
    KASTELLAN_NEED_VECTORS();
    Program program;
    Source source;
    const QString fleet = program.path(QStringLiteral("fleet")), item = program.path(QStringLiteral("fleet/both"));
    QVERIFY(QDir().mkpath(item));
    source.certificates(QDir(item));
    program.write(QStringLiteral("fleet/both/report"), asQt(source.report(1)));
    for (const char *name : {"pdh.cert", "pek.cert", "oca.cert", "cek.cert"})
        QVERIFY(QFile::copy(vectorPath("sev-naples/") + QLatin1String(name), item + QLatin1String("/") + QLatin1String(name)));
    // Neither is accepted with the other's root; without --accept-emulated the one whose root is right is not either.
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), fleet,
        QStringLiteral("--root"), source.root(), QStringLiteral("--resume"), program.path(QStringLiteral("journal"))};
    auto ran = program.run(verify);
    QVERIFY2(ran.exit == 1, ran.all());
    ran = program.run(verify);
    QVERIFY2(ran.exit == 1 && ran.out.isEmpty(), ran.all());
    // Other certificates are another batch.
    ran = program.run(verify + QStringList{QStringLiteral("--certs"), item});
    QVERIFY2(ran.exit == 2 && ran.err.contains("other reference values"), ran.all());
}

// A file that was named and can't be read is no reason to say that all is well.
void TestKeepctlVerify::whatCantBeReadDoesNotPass()
{
    KASTELLAN_NEED_VECTORS();
    Program program;
    const QStringList verify{QStringLiteral("evidence"), QStringLiteral("verify"), vectorPath("snp-milan/report.bin"),
        QStringLiteral("--certs"), vectorPath("snp-milan"), QStringLiteral("--at"), QStringLiteral("2026-01-01")};
    const QString garbage = program.write(QStringLiteral("other-report"), QByteArray(1184, 'x'));
    auto ran = program.run(verify);
    QVERIFY2(ran.exit == 0, ran.all());
    ran = program.run(verify + QStringList{garbage});
    QVERIFY2(ran.exit == 2 && ran.out.contains("verdict: authentic") && ran.out.contains("not read"), ran.all());
    ran = program.run(verify + QStringList{QStringLiteral("--crl"), garbage});
    QVERIFY2(ran.exit == 2 && ran.err.contains("no revocation list"), ran.all());
    ran = program.run({QStringLiteral("evidence"), QStringLiteral("verify"), QStringLiteral("--batch"), vectorPath("snp-milan"),
        QStringLiteral("--crl"), garbage});
    QVERIFY2(ran.exit == 2 && ran.err.contains("no revocation list"), ran.all());
}

QTEST_GUILESS_MAIN(TestKeepctlVerify)
#include "test_keepctl_verify.moc"
