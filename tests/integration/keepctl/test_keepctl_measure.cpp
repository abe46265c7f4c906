// SPDX-License-Identifier: Apache-2.0
// keepctl measure as people use it: published digests, machines from their descriptions, explanations, ID blocks.
#include "program.h"
#include "tests/support/firmware_image.h"
#include "tests/support/vectors.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlMeasure : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void published_data();
    void published();
    void digestAlone();
    void numbersAsSevSnpMeasureTakesThem();
    void ec2OffersBoth();
    void wrongUsage_data();
    void wrongUsage();
    void fromQemu();
    void fromLibvirt();
    void theKindThatTheMachineHas();
    void explanation();
    void expectsAReport();
    void pages();
    void vmsasAreWrittenOrNone();
    void aBigInitrdInLittleMemory();
    void idBlock();
    void idBlockOfAMachine();
    void idBlockIsAcceptedByQemuAndLibvirt();
    void keyDigest();

private:
    QString put(const char *name, const kastellan::Bytes &content)
    {
        return m_program.write(
            QString::fromUtf8(name), QByteArray(reinterpret_cast<const char *>(content.data()), qsizetype(content.size())));
    }
    Ran measure(const QStringList &arguments) { return m_program.run(QStringList{u"measure"_s} + arguments); }
    QString key(const char *name);
    Program m_program;
    QString m_ovmf, m_kernel;
};

namespace {

QString vectorPath(const char *path)
{
    return qEnvironmentVariable("KASTELLAN_VECTORS") + QLatin1Char('/') + QString::fromUtf8(path);
}
const QString amdSev = u"ovmf/ovmf_AmdSev_suffix.bin"_s;

} // namespace

void TestKeepctlMeasure::initTestCase()
{
    m_ovmf = put("OVMF.fd", FirmwareImage{}.bytes());
    m_kernel = m_program.write(u"vmlinuz"_s, "kernel");
}

QString TestKeepctlMeasure::key(const char *name)
{
    const QString file = m_program.path(QString::fromUtf8(name));
    if (!QFile::exists(file))
        Program::finish(*m_program.startShell(u"openssl ecparam -name secp384r1 -genkey -noout -out \"$1\""_s, {file}));
    return file;
}

void TestKeepctlMeasure::published_data()
{
    QTest::addColumn<QString>("words"); // A: the firmware
    QTest::addColumn<QByteArray>("digest");
    const auto row = [](const char *name, const char *words, const char *digest) {
        QTest::newRow(name) << QString::fromUtf8(words) << QByteArray(digest);
    };
    row("snp",
        "snp --vcpus 1 --vcpu-type EPYC-v4 --kernel /dev/null --initrd /dev/null --append console=ttyS0_loglevel=7 --guest-features 0x21",
        "803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977");
    row("snp by hash",
        "snp --vcpus 1 --vcpu-sig 0x800f12 --kernel /dev/null --append console=ttyS0_loglevel=7 --snp-ovmf-hash "
        "086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74",
        "6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa");
    row("family", "snp --vcpus 1 --vcpu-family 23 --vcpu-model 1 --vcpu-stepping 2",
        "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d");
    row("gce", "snp --vcpus 4 --vmm-type gce --kernel /dev/null",
        "5c5debf100fc339f90276e761ee1f1658d08922c3b20e2a2e6c7a6c3370b2452a15a00eae11886a93d6fd1e7ab81e29d");
    row("ec2", "snp --vcpus 1 --vmm-type ec2 --kernel /dev/null --quiet",
        "0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056");
    row("es", "es --vcpus 4 --vcpu-type EPYC-v4 --kernel /dev/null", "0dccbcaba8e90b261bd0d2e1863a2f9da714768b7b2a19363cd6ae35aa90de91");
    row("sev", "sev --kernel /dev/null --append console=ttyS0_loglevel=7",
        "82a3ee5d537c3620628270c292ae30cb40c3c878666a7890ee7ef2a08fb535ff");
    row("ovmf-hash", "ovmf-hash", "086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74");
}

void TestKeepctlMeasure::published()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QString, words);
    QFETCH(QByteArray, digest);
    QStringList arguments = words.split(u' ') + QStringList{u"--ovmf"_s, vectorPath(amdSev.toUtf8())};
    for (QString &argument : arguments)
        if (argument.startsWith(u"console="_s))
            argument.replace(u'_', u' ');
    const Ran ran = measure(arguments);
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.out, digest + '\n');
    QCOMPARE(ran.err, QByteArray());
    const Ran base64 = measure(arguments + QStringList{u"--output-format"_s, u"base64"_s});
    QCOMPARE(base64.out.trimmed(), QByteArray::fromHex(digest).toBase64()); // of the bytes, not of the hex digits
}

void TestKeepctlMeasure::digestAlone()
{
    const Ran json = measure(
        {u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"2"_s, u"--vcpu-type"_s, u"EPYC-Turin"_s, u"--kernel"_s, m_kernel, u"--json"_s});
    QVERIFY2(json.exit == 0, json.all());
    const QJsonObject value = json.json();
    QCOMPARE(value["kind"_L1].toString(), u"SEV-SNP"_s);
    QCOMPARE(value["digest"_L1].toString().size(), 96);
    QCOMPARE(value["parameters"_L1]["vcpu_sig"_L1].toString(), u"0xb00f00"_s);
    QCOMPARE(value["parameters"_L1]["kernel"_L1]["sha256"_L1].toString(),
        QString::fromUtf8(QCryptographicHash::hash(QByteArray("kernel"), QCryptographicHash::Sha256).toHex()));
}

void TestKeepctlMeasure::numbersAsSevSnpMeasureTakesThem()
{
    const QStringList common{u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpu-sig"_s, u"0xa00f11"_s};
    const Ran hex = measure(common + QStringList{u"--vcpus"_s, u"0x10"_s, u"--guest-features"_s, u"0x21"_s});
    const Ran decimal = measure(common + QStringList{u"--vcpus"_s, u"16"_s, u"--guest-features"_s, u"33"_s});
    QVERIFY2(hex.exit == 0, hex.all());
    QCOMPARE(hex.out, decimal.out);
}

void TestKeepctlMeasure::ec2OffersBoth()
{
    const QStringList common{u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"1"_s, u"--vmm-type"_s, u"ec2"_s};
    const Ran first = measure(common), other = measure(common + QStringList{u"--ec2-rdx"_s, u"0"_s});
    QVERIFY2(first.exit == 0, first.all());
    QVERIFY(first.out != other.out);
    QVERIFY2(first.err.contains("disagree") && first.err.contains(other.out.trimmed()), first.all());
    const QJsonObject json = measure(common + QStringList{u"--json"_s}).json();
    QCOMPARE(json["alternatives"_L1].toArray()[0]["digest"_L1].toString().toUtf8(), other.out.trimmed());
}

void TestKeepctlMeasure::wrongUsage_data()
{
    QTest::addColumn<QString>("words");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no firmware") << u"snp --vcpus 1 --vcpu-type EPYC"_s << QByteArray("--ovmf");
    QTest::newRow("no vcpus") << u"snp --ovmf OVMF.fd --vcpu-type EPYC"_s << QByteArray("--vcpus");
    QTest::newRow("no cpu") << u"snp --ovmf OVMF.fd --vcpus 1"_s << QByteArray("--vcpu-type");
    QTest::newRow("unknown cpu") << u"snp --ovmf OVMF.fd --vcpus 1 --vcpu-type EPYC-Milano"_s << QByteArray("Did you mean EPYC-Milan?");
    QTest::newRow("two cpus") << u"snp --ovmf OVMF.fd --vcpus 1 --vcpu-type EPYC --vcpu-sig 1"_s << QByteArray("Give one");
    QTest::newRow("part of a cpu") << u"snp --ovmf OVMF.fd --vcpus 1 --vcpu-family 25"_s << QByteArray("all three");
    QTest::newRow("vmm") << u"snp --ovmf OVMF.fd --vcpus 1 --vcpu-type EPYC --vmm-type xen"_s << QByteArray("QEMU, ec2, gce or krun");
    QTest::newRow("initrd alone") << u"snp --ovmf OVMF.fd --vcpus 1 --vcpu-type EPYC --initrd vmlinuz"_s << QByteArray("--kernel");
    QTest::newRow("a text as firmware") << u"snp --ovmf vmlinuz --vcpus 1 --vcpu-type EPYC"_s << QByteArray("OVMF");
    QTest::newRow("two descriptions") << u"vm --from-qemu x --from-libvirt y"_s << QByteArray("one of the two");
    QTest::newRow("no machine") << u"vm --ovmf OVMF.fd"_s << QByteArray("sev, es, snp or svsm");
    QTest::newRow("no vmsa") << u"sev --ovmf OVMF.fd --expect 00"_s << QByteArray("64 hex digits");
}

void TestKeepctlMeasure::wrongUsage()
{
    QFETCH(QString, words);
    QFETCH(QByteArray, says);
    const Ran ran = measure(words.split(u' '));
    QCOMPARE(ran.exit, 2);
    QCOMPARE(ran.out, QByteArray());
    QVERIFY2(ran.err.contains(says), ran.all());
}

void TestKeepctlMeasure::fromQemu()
{
    const QString line =
        u"qemu-system-x86_64 -enable-kvm -machine q35,confidential-guest-support=sev0 -cpu EPYC-v4 -smp 3 -bios %1 -object "
        "sev-snp-guest,id=sev0,policy=0x30000,kernel-hashes=on -kernel %2 -append 'a  b '"_s.arg(m_ovmf, m_kernel);
    const Ran derived = measure({u"snp"_s, u"--from-qemu"_s, line});
    QVERIFY2(derived.exit == 0, derived.all());
    const Ran byHand = measure({u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"3"_s, u"--vcpu-type"_s, u"EPYC-v4"_s, u"--kernel"_s,
        m_kernel, u"--append"_s, u"a  b "_s});
    QCOMPARE(derived.out, byHand.out);
    for (const char *said : {"-smp 3", "-cpu EPYC-v4", "vCPUs:", "SEV-SNP"})
        QVERIFY2(derived.err.contains(said), derived.all());
    QVERIFY2(measure({u"snp"_s, u"--quiet"_s, u"--from-qemu"_s, line}).err.isEmpty(), "quiet");
    // From a file, as /proc/PID/cmdline has it; what is given by hand counts more.
    QByteArray words;
    for (const QString &word :
        {u"qemu"_s, u"-machine"_s, u"q35,confidential-guest-support=s"_s, u"-object"_s, u"sev-snp-guest,id=s,kernel-hashes=on"_s, u"-cpu"_s,
            u"host"_s, u"-bios"_s, m_ovmf, u"-kernel"_s, m_kernel, u"-append"_s, u"a  b "_s})
        words += word.toUtf8() + '\0';
    const QString file = m_program.write(u"cmdline"_s, words);
    const Ran unknown = measure({u"snp"_s, u"--from-qemu"_s, u"@"_s + file});
    QCOMPARE(unknown.exit, 2);
    QVERIFY2(unknown.err.contains("host") && unknown.err.contains("--vcpu-sig"), unknown.all());
    const Ran known = measure({u"snp"_s, u"--from-qemu"_s, u"@"_s + file, u"--vcpu-type"_s, u"EPYC-v4"_s, u"--vcpus"_s, u"3"_s});
    QVERIFY2(known.exit == 0, known.all());
    QCOMPARE(known.out, byHand.out);
}

void TestKeepctlMeasure::fromLibvirt()
{
    const QByteArray domain = "<domain type='kvm'><vcpu>2</vcpu><os><loader type='pflash'>" + m_ovmf.toUtf8()
        + "</loader></os><cpu><model>EPYC-Genoa</model></cpu><launchSecurity "
          "type='sev-snp'><policy>0x30000</policy></launchSecurity></domain>";
    const QString file = m_program.write(u"guest.xml"_s, domain);
    const Ran flash = measure({u"vm"_s, u"--from-libvirt"_s, file});
    QCOMPARE(flash.exit, 1); // such a machine does not start
    QVERIFY2(flash.err.contains("fault: ") && flash.err.contains("type='rom'"), flash.all());
    const Ran byHand = measure({u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"2"_s, u"--vcpu-type"_s, u"EPYC-Genoa"_s});
    QCOMPARE(flash.out, byHand.out);
    const QJsonObject json = measure({u"vm"_s, u"--json"_s, u"--from-libvirt"_s, file}).json();
    QCOMPARE(json["problems"_L1].toArray()[0]["weight"_L1].toString(), u"fault"_s);
    QCOMPARE(json["taken"_L1].toArray()[0]["from"_L1].toString(), u"<launchSecurity type='sev-snp'>"_s);
    QByteArray good = domain;
    good.replace("pflash", "rom");
    const Ran rom = measure({u"vm"_s, u"--from-libvirt"_s, m_program.write(u"good.xml"_s, good)});
    QVERIFY2(rom.exit == 0, rom.all());
    QCOMPARE(rom.out, byHand.out);
}

void TestKeepctlMeasure::theKindThatTheMachineHas()
{
    const QString line =
        u"qemu -enable-kvm -machine q35,confidential-guest-support=s -object sev-guest,id=s,policy=5 -cpu EPYC -bios "_s + m_ovmf;
    const Ran wrong = measure({u"snp"_s, u"--from-qemu"_s, line});
    QCOMPARE(wrong.exit, 2);
    QVERIFY2(wrong.err.contains("'keepctl measure es'"), wrong.all());
    const Ran right = measure({u"vm"_s, u"--from-qemu"_s, line});
    QVERIFY2(right.exit == 0, right.all());
    QCOMPARE(right.out.trimmed().size(), 64);
}

void TestKeepctlMeasure::explanation()
{
    const QStringList common{u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpu-type"_s, u"EPYC-v4"_s, u"--kernel"_s, m_kernel, u"--append"_s};
    const QByteArray seen = measure(common + QStringList{u"quiet"_s, u"--vcpus"_s, u"4"_s, u"--guest-features"_s, u"0x21"_s}).out.trimmed();
    const Ran ran = measure(common + QStringList{u"quiet\n"_s, u"--vcpus"_s, u"4"_s, u"--explain"_s, QString::fromUtf8(seen)});
    QCOMPARE(ran.exit, 1);
    QVERIFY2(ran.err.contains("guest features 0x21") && ran.err.contains("without") && ran.err.contains("NOT the expected"), ran.all());
    QCOMPARE(ran.out.count('\n'), 1); // the digest alone
    const QJsonObject json =
        measure(common + QStringList{u"quiet"_s, u"--vcpus"_s, u"5"_s, u"--json"_s, u"--expect"_s, QString::fromUtf8(seen)}).json();
    QCOMPARE(json["matches"_L1].toBool(true), false);
    QCOMPARE(json["explanations"_L1].toArray()[0]["options"_L1].toString(), u"--guest-features 0x21 --vcpus 4"_s);
    const Ran same = measure(
        common + QStringList{u"quiet"_s, u"--vcpus"_s, u"4"_s, u"--guest-features"_s, u"0x21"_s, u"--expect"_s, QString::fromUtf8(seen)});
    QCOMPARE(same.exit, 0);
    const Ran never = measure(common + QStringList{u"x"_s, u"--vcpus"_s, u"4"_s, u"--expect"_s, QString(96, u'0')});
    QCOMPARE(never.exit, 1);
    QVERIFY2(never.err.contains("Nothing that was tried"), never.all());
    // Other firmware beside the given one is tried, and what --candidates names.
    QDir().mkpath(m_program.path(u"more"_s));
    const QString other = put("more/OVMF.other.fd", FirmwareImage{.pages = 7}.bytes());
    const QByteArray withOther = measure({u"snp"_s, u"--ovmf"_s, other, u"--vcpus"_s, u"1"_s, u"--vcpu-type"_s, u"EPYC"_s}).out.trimmed();
    const QStringList alone{
        u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"1"_s, u"--vcpu-type"_s, u"EPYC"_s, u"--expect"_s, QString::fromUtf8(withOther)};
    QVERIFY(measure(alone).err.contains("Nothing that was tried"));
    const Ran candidate = measure(alone + QStringList{u"--candidates"_s, m_program.path(u"more"_s)});
    QVERIFY2(candidate.err.contains("OVMF.other.fd"), candidate.all());
}

void TestKeepctlMeasure::expectsAReport()
{
    KASTELLAN_NEED_VECTORS();
    const QString report = vectorPath("snp-milan/report.bin");
    const QJsonObject json = measure(
        {u"snp"_s, u"--json"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"1"_s, u"--vcpu-type"_s, u"EPYC"_s, u"--expect"_s, u"@"_s + report})
                                 .json();
    QCOMPARE(json["expected"_L1].toString(),
        u"7a1e5c266c0108dbc9bb94fa926951320940915d0aafb42464bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f"_s);
}

void TestKeepctlMeasure::pages()
{
    const Ran ran = measure({u"snp"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"2"_s, u"--vcpu-type"_s, u"EPYC"_s, u"--pages"_s});
    const QByteArrayList lines = ran.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 2 + 2 + 1 + 1 + 1 + 2 + 1);
    QVERIFY2(lines[0].startsWith("0x0000ffffe000  NORMAL") && lines[0].endsWith("OVMF"), lines[0]);
    QVERIFY2(lines[8].contains("VMSA of vCPU 1"), lines[8]);
    QVERIFY(measure({u"es"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"2"_s, u"--vcpu-type"_s, u"EPYC"_s, u"--pages"_s})
            .out.contains("VMSA of vCPU 1"));
}

void TestKeepctlMeasure::vmsasAreWrittenOrNone()
{
    const QStringList dump{u"es"_s, u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"3"_s, u"--vcpu-type"_s, u"EPYC"_s, u"--dump-vmsa"_s};
    const QString last = m_program.write(u"vmsa2.bin"_s, "mine");
    const Ran refused = measure(dump);
    QCOMPARE(refused.exit, 2);
    QVERIFY2(refused.err.contains("--force"), refused.all());
    QVERIFY(!QFile::exists(m_program.path(u"vmsa0.bin"_s)));
    QVERIFY2(measure(dump + QStringList{u"--force"_s}).exit == 0, "force");
    QCOMPARE(QFileInfo(m_program.path(u"vmsa0.bin"_s)).size(), 4096);
    QCOMPARE(QFileInfo(last).size(), 4096);
    QVERIFY(!QFile::exists(m_program.path(u"vmsa3.bin"_s)));
    // No temporary file is left.
    QVERIFY(QDir(m_program.path(u"."_s)).entryList({u".vmsa*"_s}, QDir::Files | QDir::Hidden).isEmpty());
}

void TestKeepctlMeasure::aBigInitrdInLittleMemory()
{
    const QString initrd = m_program.path(u"initrd"_s);
    QFile file(initrd);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(300 << 20)); // sparse
    const Ran ran = Program::finish(*m_program.startShell(
        u"ulimit -d 65536; keepctl measure snp --ovmf \"$1\" --vcpus 192 --vcpu-type EPYC --kernel \"$2\" --initrd \"$3\""_s,
        {m_ovmf, m_kernel, initrd}));
    QVERIFY2(ran.exit == 0, ran.all());
    QFile::remove(initrd);
}

void TestKeepctlMeasure::idBlock()
{
    const QString id = key("id.pem"), author = key("author.pem"), digest(96, u'a');
    const QStringList common{u"id-block"_s, u"--digest"_s, digest, u"--id-key"_s, id};
    const QJsonObject json = measure(common
        + QStringList{u"--author-key"_s, author, u"--svn"_s, u"7"_s, u"--family-id"_s, u"000102030405060708090a0b0c0d0e0f"_s, u"--json"_s})
                                 .json();
    const QByteArray block = QByteArray::fromBase64(json["id_block"_L1].toString().toUtf8()),
                     auth = QByteArray::fromBase64(json["id_auth"_L1].toString().toUtf8());
    QCOMPARE(block.size(), 96);
    QCOMPARE(auth.size(), 4096);
    QCOMPARE(block.first(48), QByteArray(48, '\xaa'));
    QCOMPARE(block.mid(48, 16).toHex(), QByteArray("000102030405060708090a0b0c0d0e0f"));
    QCOMPARE(block[0x54], char(7));
    QCOMPARE(
        json["id_key_digest"_L1].toString().toUtf8(), QCryptographicHash::hash(auth.mid(0x240, 0x404), QCryptographicHash::Sha384).toHex());
    QCOMPARE(json["id_key_digest"_L1].toString().toUtf8(), measure({u"key-digest"_s, id}).out.trimmed());
    const Ran qemu = measure(common + QStringList{u"--format"_s, u"qemu"_s});
    QVERIFY2(qemu.out.startsWith("id-block=") && qemu.out.contains(",id-auth=") && !qemu.out.contains("author-key-enabled"), qemu.all());
    const Ran libvirt = measure(common + QStringList{u"--format"_s, u"libvirt"_s, u"--author-key"_s, author});
    QVERIFY2(libvirt.out.contains("authorKey='yes'") && libvirt.out.contains("<idBlock>"), libvirt.all());
    const QString file = m_program.path(u"block.bin"_s), authFile = m_program.path(u"auth.bin"_s);
    const QStringList toFiles = common + QStringList{u"--id-block-file"_s, file, u"--id-auth-file"_s, authFile};
    QCOMPARE(measure(toFiles).exit, 0);
    QCOMPARE(QFileInfo(file).size(), 96);
    QCOMPARE(QFileInfo(authFile).size(), 4096);
    QFile::remove(file);
    QCOMPARE(measure(toFiles).exit, 2); // auth.bin is there: neither is written
    QVERIFY(!QFile::exists(file));
    const Ran policy = measure(common + QStringList{u"--policy"_s, u"0x1"_s});
    QCOMPARE(policy.exit, 2);
    QVERIFY2(policy.err.contains("bit 17"), policy.all());
    QVERIFY(measure({u"id-block"_s, u"--digest"_s, digest}).err.contains("--id-key"));
}

void TestKeepctlMeasure::idBlockOfAMachine()
{
    const QStringList machine{u"--ovmf"_s, m_ovmf, u"--vcpus"_s, u"2"_s, u"--vcpu-type"_s, u"EPYC"_s};
    const QJsonObject json = measure(QStringList{u"id-block"_s, u"--json"_s, u"--id-key"_s, key("id.pem")} + machine).json();
    QCOMPARE(json["digest"_L1].toString().toUtf8(), measure(QStringList{u"snp"_s} + machine).out.trimmed());
}

void TestKeepctlMeasure::idBlockIsAcceptedByQemuAndLibvirt()
{
    const QStringList common{
        u"id-block"_s, u"--digest"_s, QString(96, u'a'), u"--id-key"_s, key("id.pem"), u"--author-key"_s, key("author.pem"), u"--format"_s};
    const QByteArray properties = measure(common + QStringList{u"qemu"_s}).out.trimmed();
    // QEMU looks at the blocks when it makes the object, before it finds that there is no SEV.
    const auto qemu = [this](const QByteArray &text) {
        return Program::finish(*m_program.startShell(
            u"timeout 60 qemu-system-x86_64 -machine q35,confidential-guest-support=s -accel tcg -nodefaults -display none -object \"sev-snp-guest,id=s,cbitpos=51,reduced-phys-bits=1,$1\""_s,
            {QString::fromUtf8(text)}));
    };
    const Ran taken = qemu(properties);
    if (taken.exit == 127 || taken.err.contains("not found") || taken.err.contains("invalid object type"))
        QSKIP("there is no QEMU with sev-snp-guest");
    QVERIFY2(!taken.err.contains("parameter length") && !taken.err.contains("id-block") && !taken.err.contains("id-auth"), taken.all());
    QByteArray wrong = properties;
    const Ran refused = qemu(wrong.replace("id-auth=", "id-auth=AAAA"));
    QVERIFY2(refused.err.contains("parameter length"), refused.all()); // it does look

    const QByteArray elements = measure(common + QStringList{u"libvirt"_s}).out;
    const auto valid = [this](const QByteArray &security) {
        const QString file = m_program.write(u"signed.xml"_s,
            "<domain type='kvm'><name>g</name><memory unit='MiB'>512</memory><vcpu>1</vcpu><os><type arch='x86_64' "
            "machine='q35'>hvm</type><loader readonly='yes' "
            "type='rom'>/x</loader></os>"
                + security + "</domain>");
        return Program::finish(*m_program.startShell(u"virt-xml-validate \"$1\" domain"_s, {file}));
    };
    const Ran schema = valid(elements);
    if (schema.exit == 127)
        QSKIP("there is no virt-xml-validate");
    QVERIFY2(schema.exit == 0, schema.all());
    QByteArray misspelt = elements;
    QVERIFY(valid(misspelt.replace("idAuth", "idProof")).exit != 0);
}

void TestKeepctlMeasure::keyDigest()
{
    const QString plain = key("plain.pem"), sealed = m_program.path(u"sealed.pem"_s),
                  passphrase = m_program.write(u"passphrase"_s, "horse\n");
    Program::finish(
        *m_program.startShell(u"openssl pkcs8 -topk8 -in \"$1\" -out \"$2\" -passout file:\"$3\""_s, {plain, sealed, passphrase}));
    const Ran without = measure({u"key-digest"_s, sealed});
    QCOMPARE(without.exit, 2);
    QVERIFY2(without.err.contains("passphrase"), without.all());
    const Ran with = measure({u"key-digest"_s, sealed, u"--passphrase"_s, passphrase});
    QVERIFY2(with.exit == 0, with.all());
    QCOMPARE(with.out, measure({u"key-digest"_s, plain}).out);
    QCOMPARE(
        measure({u"id-block"_s, u"--json"_s, u"--digest"_s, QString(96, u'1'), u"--id-key"_s, sealed, u"--id-key-passphrase"_s, passphrase})
            .json()["id_key_digest"_L1]
            .toString()
            .toUtf8(),
        with.out.trimmed());
}

QTEST_GUILESS_MAIN(TestKeepctlMeasure)
#include "test_keepctl_measure.moc"
