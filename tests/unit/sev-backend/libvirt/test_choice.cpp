// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/choice.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;
using namespace kastellan::sev::libvirt;

class TestChoice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void capabilitiesAreRead();
    void neverWeaker_data();
    void neverWeaker();
    void modelsWithoutSignature();
    void policies();
    void contradictions_data();
    void contradictions();
};

namespace {

Offer milan()
{
    Offer offer;
    offer.emulator = "/usr/bin/qemu-system-x86_64";
    offer.domainType = "kvm";
    offer.mostVcpus = 255;
    offer.sev = true;
    offer.sectypes = {"sev", "sev-snp"};
    offer.guests = 410;
    offer.esGuests = 99;
    offer.cpuModels = {"EPYC", "EPYC-v4", "EPYC-Milan", "qemu64"};
    offer.hostModel = "EPYC-Milan";
    offer.cbitPosition = 51;
    return offer;
}

} // namespace

void TestChoice::capabilitiesAreRead()
{
    const auto offer =
        parseOffer(R"(<domainCapabilities><path>/usr/bin/qemu</path><domain>kvm</domain><machine>pc-q35-10.0</machine><vcpu max='288'/>
        <cpu><mode name='host-model' supported='yes'><model fallback='forbid'>EPYC-Genoa</model></mode>
        <mode name='custom' supported='yes'><model usable='yes'>EPYC</model><model usable='yes'>EPYC-v4</model></mode></cpu>
        <memoryBacking supported='yes'><enum name='sourceType'><value>memfd</value></enum></memoryBacking>
        <devices><interface supported='yes'><enum name='backendType'><value>default</value><value>passt</value></enum></interface></devices>
        <features><sev supported='yes'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits><maxGuests>410</maxGuests><maxESGuests>99</maxESGuests></sev>
        <launchSecurity supported='yes'><enum name='sectype'><value>sev</value><value>sev-snp</value></enum></launchSecurity></features></domainCapabilities>)");
    QVERIFY(offer);
    QCOMPARE(offer->technologies(), (std::vector<std::string>{"snp", "es", "sev"}));
    QCOMPARE(offer->mostVcpus, 288u);
    QCOMPARE(offer->hostModel, std::string("EPYC-Genoa"));
    QVERIFY(offer->passt && offer->memfd && offer->cbitPosition == 51u);
    QVERIFY(!parseOffer("<domainCapabilities"));
    QVERIFY(!parseOffer("<capabilities/>"));
    const auto none = parseOffer("<domainCapabilities><features><sev supported='no'/></features></domainCapabilities>");
    QVERIFY(none && none->technologies().empty());
}

void TestChoice::neverWeaker_data()
{
    QTest::addColumn<QStringList>("sectypes");
    QTest::addColumn<int>("esGuests");
    QTest::addColumn<QByteArray>("demanded");
    QTest::addColumn<QByteArray>("chosen"); // empty: refused
    const QStringList both{QStringLiteral("sev"), QStringLiteral("sev-snp")}, sev{QStringLiteral("sev")}, snp{QStringLiteral("sev-snp")};
    QTest::newRow("strongest") << both << 9 << QByteArray() << QByteArray("snp");
    QTest::newRow("as demanded") << both << 9 << QByteArray("sev") << QByteArray("sev");
    QTest::newRow("es as demanded") << both << 9 << QByteArray("es") << QByteArray("es");
    QTest::newRow("stronger than demanded") << snp << 0 << QByteArray("es") << QByteArray("snp");
    QTest::newRow("es has no room, snp is stronger") << both << 0 << QByteArray("es") << QByteArray("snp");
    QTest::newRow("snp is not there") << sev << 9 << QByteArray("snp") << QByteArray();
    QTest::newRow("es is not there") << sev << 0 << QByteArray("es") << QByteArray();
    QTest::newRow("nothing is there") << QStringList() << 0 << QByteArray() << QByteArray();
}

void TestChoice::neverWeaker()
{
    QFETCH(const QStringList, sectypes);
    QFETCH(const int, esGuests);
    QFETCH(const QByteArray, demanded);
    QFETCH(const QByteArray, chosen);
    Offer offer = milan();
    offer.sectypes.clear();
    for (const QString &type : sectypes)
        offer.sectypes.push_back(type.toStdString());
    offer.esGuests = static_cast<unsigned>(esGuests);
    MachineRequest request;
    request.technology = demanded.toStdString();
    const auto choice = choose(request, offer, "qemu:///system");
    QCOMPARE(choice.has_value(), !chosen.isEmpty());
    if (choice)
        QCOMPARE(choice->technology, chosen.toStdString());
    else
        QVERIFY2(choice.error().remedy.contains("--rehearse") && choice.error().remedy.contains("--unattested"),
            choice.error().message().c_str());
}

void TestChoice::modelsWithoutSignature()
{
    MachineRequest request;
    QCOMPARE(choose(request, milan(), "h")->cpuModel, std::string("EPYC-Milan")); // the host's own
    Offer intel = milan();
    intel.hostModel = "Skylake-Server";
    QCOMPARE(choose(request, intel, "h")->cpuModel, std::string("EPYC-v4"));
    request.cpuModel = "EPYC-v4";
    Offer old = milan();
    old.cpuModels = {"EPYC"};
    QCOMPARE(choose(request, old, "h")->cpuModel, std::string("EPYC")); // the same processor to a libvirt without versions
    request.cpuModel = "qemu64";
    QVERIFY(!choose(request, milan(), "h"));
    request.unattested = true; // nothing is measured
    QCOMPARE(choose(request, milan(), "h")->cpuModel, std::string("qemu64"));
    request = {};
    request.cpuModel = "EPYC-Turin";
    QVERIFY(!choose(request, milan(), "h")); // QEMU there does not know it
}

void TestChoice::policies()
{
    MachineRequest request;
    QCOMPARE(choose(request, milan(), "h")->policy, std::uint64_t(0x30000));
    request.technology = "es";
    QCOMPARE(choose(request, milan(), "h")->policy, std::uint64_t(0xf));
    request.technology = "sev";
    QCOMPARE(choose(request, milan(), "h")->policy, std::uint64_t(0xb));
    request.policy = 0xf; // demands more than was chosen
    QVERIFY(!choose(request, milan(), "h"));
    request.technology = "es";
    request.policy = 0xb; // gives up what was chosen
    QVERIFY(!choose(request, milan(), "h"));
    request.technology = "snp";
    request.policy = 0x10000; // bit 17
    QVERIFY(!choose(request, milan(), "h"));
}

void TestChoice::contradictions_data()
{
    QTest::addColumn<MachineRequest>("request");
    const auto row = [](const char *name, auto change) {
        MachineRequest request;
        change(request);
        QTest::newRow(name) << request;
    };
    row("unattested and rehearsed", [](MachineRequest &r) { r.unattested = r.rehearse = true; });
    row("unattested and a technology", [](MachineRequest &r) {
        r.unattested = true;
        r.technology = "snp";
    });
    row("no such technology", [](MachineRequest &r) { r.technology = "tdx"; });
    row("too many vCPUs", [](MachineRequest &r) { r.vcpus = 256; });
    row("no vCPU", [](MachineRequest &r) { r.vcpus = 0; });
    row("no such network", [](MachineRequest &r) { r.network = "nat"; });
    row("a bridge without a name", [](MachineRequest &r) { r.network = "bridge:"; });
    row("ports without a network", [](MachineRequest &r) { r.ports = {{"tcp", 1, 1}}; });
    row("ports without passt", [](MachineRequest &r) {
        r.network = "user";
        r.ports = {{"tcp", 1, 1}};
    });
    row("half an ID block", [](MachineRequest &r) { r.idBlock = toBase64(Bytes(96)); });
    row("an ID block under ES", [](MachineRequest &r) {
        r.technology = "es";
        r.idBlock = toBase64(Bytes(96));
        r.idAuth = toBase64(Bytes(4096));
    });
    row("a short ID block", [](MachineRequest &r) {
        r.idBlock = toBase64(Bytes(95));
        r.idAuth = toBase64(Bytes(4096));
    });
    row("an author key alone", [](MachineRequest &r) { r.authorKey = true; });
}

void TestChoice::contradictions()
{
    QFETCH(const MachineRequest, request);
    QVERIFY(!choose(request, milan(), "h"));
}

QTEST_GUILESS_MAIN(TestChoice)
#include "test_choice.moc"
