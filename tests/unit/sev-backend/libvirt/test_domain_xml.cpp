// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/domain_xml.h"
#include "sev-backend/libvirt/edited_xml.h"

#include <QtCore/QProcess>
#include <QtCore/QStandardPaths>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <functional>

using namespace kastellan;
using namespace kastellan::sev::libvirt;

class TestDomainXml : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesComeFromTheKeep();
    void whatDecidesTrust();
    void everyCombinationIsValid();
    void unknownElementsStay();
    void ownElementsArePutBack();
    void changedTrustIsRefused_data();
    void changedTrustIsRefused();
    void brokenIsRefused_data();
    void brokenIsRefused();
    void memoryIsTheOwners();
    void launchValues();
};

namespace {

DomainSpec sample(const std::string &technology = "snp")
{
    DomainSpec spec;
    spec.keep = *KeepId::from(*fromHex("00112233445566778899aabbccddeeff"), "id");
    spec.memoryMiB = 448;
    spec.cpuModel = "EPYC-v4";
    spec.firmware = "/images/firmware.fd";
    spec.kernel = "/images/kernel";
    spec.initrd = "/images/initrd";
    spec.commandLine = "console=ttyS0 panic=-1 a<b&c";
    spec.technology = technology;
    spec.policy = technology == "snp" ? 0x30000 : technology == "es" ? 0x0f : 0x0b;
    spec.cbitPosition = 51;
    spec.reducedPhysBits = 1;
    return spec;
}

std::string replaced(std::string text, std::string_view what, std::string_view with)
{
    const auto at = text.find(what);
    if (at == std::string::npos)
        qFatal("the sample has no %s", std::string(what).c_str());
    return text.replace(at, what.size(), with);
}

} // namespace

void TestDomainXml::namesComeFromTheKeep()
{
    const std::string xml = domainXml(sample());
    QVERIFY(xml.contains("<name>kastellan-00112233445566778899aabbccddeeff</name>"));
    QVERIFY(xml.contains("<uuid>00112233-4455-6677-8899-aabbccddeeff</uuid>"));
    QCOMPARE(domainXml(sample()), xml);
}

void TestDomainXml::whatDecidesTrust()
{
    const std::string snp = domainXml(sample());
    for (const char *part : {"<loader readonly=\"yes\" type=\"rom\">/images/firmware.fd</loader>", "machine=\"q35\"",
             "<launchSecurity type=\"sev-snp\" kernelHashes=\"yes\">", "<policy>0x30000</policy>", "<memballoon model=\"none\" />",
             "<cmdline>console=ttyS0 panic=-1 a&lt;b&amp;c</cmdline>", "iommu=\"on\"", "org.kastellan.session.0"})
        QVERIFY2(snp.contains(part), part);
    QVERIFY(!snp.contains("pflash") && !snp.contains("nvram") && !snp.contains("<interface"));
    const std::string es = domainXml(sample("es"));
    QVERIFY(es.contains("<launchSecurity type=\"sev\" kernelHashes=\"yes\">") && es.contains("<policy>0x000f</policy>"));
    const std::string none = domainXml(sample("none"));
    QVERIFY(!none.contains("launchSecurity") && !none.contains("iommu"));
}

void TestDomainXml::everyCombinationIsValid()
{
    const QString validate = QStandardPaths::findExecutable(QStringLiteral("virt-xml-validate"));
    if (validate.isEmpty())
        QSKIP("there is no virt-xml-validate");
    const QTemporaryDir folder;
    const auto isValid = [&](const DomainSpec &spec) {
        const QString path = folder.filePath(QStringLiteral("domain.xml"));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return QByteArray("no file");
        file.write(QByteArray::fromStdString(domainXml(spec)));
        file.close();
        QProcess program;
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start(validate, {path, QStringLiteral("domain")});
        program.waitForFinished();
        return program.exitCode() == 0 ? QByteArray() : program.readAll() + domainXml(spec).c_str();
    };
    using Change = std::function<void(DomainSpec &)>;
    const std::vector<Change> networks{[](DomainSpec &) {}, [](DomainSpec &spec) { spec.network = "user"; },
        [](DomainSpec &spec) {
            spec.network = "user";
            spec.ports = {{"tcp", 8080, 80}, {"udp", 53, 53}};
        },
        [](DomainSpec &spec) { spec.network = "bridge:br0"; }};
    const std::vector<Change> boots{[](DomainSpec &) {},
        [](DomainSpec &spec) {
            spec.disk = "/images/disk.qcow2";
            spec.diskFormat = "qcow2";
        },
        [](DomainSpec &spec) {
            spec.kernel = spec.initrd = spec.commandLine = {};
            spec.disk = "/images/disk.raw";
        }};
    const std::vector<Change> extras{[](DomainSpec &) {},
        [](DomainSpec &spec) {
            spec.hostData = spec.idBlock = spec.idAuth = spec.workarounds = "QUJD";
            spec.dhCert = spec.session = "QUJD";
            spec.authorKey = spec.vlek = true;
            spec.emulator = "/folder/qemu-system-x86_64";
            spec.type = "qemu";
            spec.vcpus = 4;
            spec.memfd = false;
        }};
    for (const char *technology : {"snp", "es", "sev", "none"})
        for (const auto &network : networks)
            for (const auto &boot : boots)
                for (const auto &extra : extras) {
                    DomainSpec spec = sample(technology);
                    network(spec);
                    boot(spec);
                    extra(spec);
                    QCOMPARE(isValid(spec), QByteArray());
                }
}

void TestDomainXml::unknownElementsStay()
{
    const DomainSpec spec = sample();
    std::string edited = replaced(domainXml(spec), "<memory ", "<!-- mine --><title>Mine</title><memory ");
    edited = replaced(edited, "</devices>", "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices>");
    const auto held = heldToPlan(edited, spec, "mine.xml");
    QVERIFY2(held.has_value(), held ? "" : held.error().message().c_str());
    QVERIFY(held->contains("<!-- mine -->") && held->contains("<title>Mine</title>") && held->contains("/dev/urandom"));
    QVERIFY(held->contains(spec.commandLine.substr(0, 20)));
}

void TestDomainXml::ownElementsArePutBack()
{
    DomainSpec spec = sample();
    spec.hostData = "QUJD";
    spec.emulator = "/folder/qemu-system-x86_64";
    std::string edited = domainXml(spec);
    edited = replaced(edited, "<name>kastellan-00112233445566778899aabbccddeeff</name>", "<name>other</name>");
    edited = replaced(edited, "<uuid>00112233-4455-6677-8899-aabbccddeeff</uuid>", "");
    edited = replaced(edited, "org.kastellan.session.0", "org.other.0");
    edited = replaced(edited, "<hostData>QUJD</hostData>", "<hostData>WFla</hostData>");
    edited = replaced(edited, "<emulator>/folder/qemu-system-x86_64</emulator>", "<emulator>/tmp/evil</emulator>");
    edited = replaced(edited, "<on_reboot>destroy</on_reboot>", "<on_reboot>restart</on_reboot>");
    const auto held = heldToPlan(edited, spec, "mine.xml");
    QVERIFY2(held.has_value(), held ? "" : held.error().message().c_str());
    for (const char *part : {"<name>kastellan-00112233445566778899aabbccddeeff</name>", "<uuid>00112233", "org.kastellan.session.0",
             "org.other.0", "<hostData>QUJD</hostData>", "/folder/qemu-system-x86_64", "<on_reboot>destroy</on_reboot>"})
        QVERIFY2(held->contains(part), part);
    QVERIFY(!held->contains("WFla") && !held->contains("evil") && !held->contains("restart"));
}

void TestDomainXml::changedTrustIsRefused_data()
{
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<QByteArray>("with");
    QTest::addColumn<QByteArray>("element");
    const auto row = [](const char *what, const char *with, const char *element) {
        QTest::addRow("%s: %s", element, with) << QByteArray(what) << QByteArray(with) << QByteArray(element);
    };
    row("type=\"kvm\"", "type=\"qemu\"", "<domain type>");
    row(">1</vcpu>", ">2</vcpu>", "<vcpu>");
    row("/images/firmware.fd", "/tmp/other.fd", "<os>/<loader>");
    row("type=\"rom\"", "type=\"pflash\"", "<os>/<loader type>");
    row("/images/kernel", "/tmp/kernel", "<os>/<kernel>");
    row("/images/initrd", "/tmp/initrd", "<os>/<initrd>");
    row("panic=-1", "init=/bin/sh", "<os>/<cmdline>");
    row("EPYC-v4", "EPYC-Milan", "<cpu>/<model>");
    row("mode=\"custom\"", "mode=\"host-passthrough\"", "<cpu mode>");
    row("sev-snp", "sev", "<launchSecurity type>");
    row("kernelHashes=\"yes\"", "", "<launchSecurity kernelHashes>");
    row("0x30000", "0xb0000", "<launchSecurity>/<policy>");
    row("<os>", "<os firmware='efi'>", "<os firmware>");
    row("<os>", "<os><nvram>/tmp/x</nvram>", "<os>/<nvram>");
    row("machine=\"q35\"", "machine=\"pc\"", "<os>/<type machine>");
    row("<os>", "<os><kernel>/tmp/first</kernel>", "<kernel>");
    row("<features>",
        "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-bios'/></qemu:commandline><features>",
        "<qemu:commandline>");
    row("<features>",
        "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg value='-bios'/></q:commandline><features>",
        "<q:commandline>");
    row("<features>", "<override xmlns='http://libvirt.org/schemas/domain/qemu/1.0'/><features>", "<override>");
    row("</devices>", "<disk type='file'><source file='/tmp/d'/><target dev='vdb'/></disk></devices>", "<disk>");
    row("</devices>", "<filesystem><source dir='/'/><target dir='all'/></filesystem></devices>", "<filesystem>");
}

void TestDomainXml::changedTrustIsRefused()
{
    QFETCH(const QByteArray, what);
    QFETCH(const QByteArray, with);
    QFETCH(const QByteArray, element);
    const DomainSpec spec = sample();
    const auto held = heldToPlan(replaced(domainXml(spec), what.toStdString(), with.toStdString()), spec, "mine.xml");
    QVERIFY(!held);
    QCOMPARE(held.error().kind, ErrorKind::Input);
    QVERIFY2(held.error().where.contains(element.toStdString()), held.error().message().c_str());
}

void TestDomainXml::brokenIsRefused_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("no XML") << QByteArray("hello");
    QTest::newRow("torn") << QByteArray("<domain><name>x");
    QTest::newRow("another element") << QByteArray("<network/>");
    QTest::newRow("bare") << QByteArray("<domain/>");
    QTest::newRow("too large") << QByteArray("<domain>" + QByteArray(2 << 20, ' ') + "</domain>");
    QTest::newRow("too deep") << QByteArray(
        "<domain>" + QByteArray("<a>").repeated(5000) + QByteArray("</a>").repeated(5000) + "</domain>");
}

void TestDomainXml::brokenIsRefused()
{
    QFETCH(const QByteArray, xml);
    const auto held = heldToPlan(xml.toStdString(), sample(), "mine.xml");
    QVERIFY(!held);
    QVERIFY2(held.error().where.starts_with("mine.xml"), held.error().message().c_str());
}

void TestDomainXml::memoryIsTheOwners()
{
    const DomainSpec spec = sample();
    const auto held = heldToPlan(replaced(domainXml(spec), "<memory unit=\"MiB\">448", "<memory unit=\"GiB\">2"), spec, "mine.xml");
    QVERIFY(held);
    QCOMPARE(memoryOf(*held), std::optional<std::uint64_t>(2048));
    QCOMPARE(memoryOf("<domain><memory>1048576</memory></domain>"), std::optional<std::uint64_t>(1024));
    QCOMPARE(memoryOf("<domain><memory>many</memory></domain>"), std::nullopt);
}

void TestDomainXml::launchValues()
{
    LaunchValues values;
    values.kernel = "/pool/kernel";
    values.hostData = "QUJD";
    const auto snp = withLaunchValues(domainXml(sample()), values);
    QVERIFY(snp);
    QVERIFY(snp->contains("<kernel>/pool/kernel</kernel>") && snp->contains("<hostData>QUJD</hostData>"));
    QVERIFY(snp->contains("<initrd>/images/initrd</initrd>"));
    values = {};
    values.dhCert = "RA==";
    values.session = "RQ==";
    const auto es = withLaunchValues(domainXml(sample("es")), values);
    QVERIFY(es && es->contains("<dhCert>RA==</dhCert>") && es->contains("<session>RQ==</session>"));
    values = {};
    values.moreWords = "kastellan.owner=12";
    DomainSpec spec = sample();
    spec.commandLine = "quiet kastellan.unattested";
    const auto words = withLaunchValues(domainXml(spec), values);
    QVERIFY(words && words->contains("<cmdline>quiet kastellan.unattested kastellan.owner=12</cmdline>"));
}

QTEST_GUILESS_MAIN(TestDomainXml)
#include "test_domain_xml.moc"
