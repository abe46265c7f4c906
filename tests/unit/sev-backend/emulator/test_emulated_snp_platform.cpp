// SPDX-License-Identifier: Apache-2.0
// The SNP platform of the emulated firmware, and what it changes in reports and keys: configuration, commit, VLEK.
#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include <QTemporaryDir>

#include <set>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

GuestHandle launched(Processor &processor, const LaunchFinish &finish = {})
{
    const auto guest = processor.launchStart(GuestPolicy());
    if (!guest || !processor.launchFinish(*guest, finish))
        qFatal("the launch failed");
    return *guest;
}

TcbBytes lower(const Profile &profile, TcbPart part)
{
    TcbVersion tcb = profile.tcb();
    tcb.set(part, static_cast<std::uint8_t>(*tcb.part(part) - 1));
    return tcb.bytes();
}

/// The report verifies with the leaf that the processor hands out, and the whole chain holds (but for the length of its RSA keys, which is
/// short here).
void checkReport(Processor &processor, const Bytes &bytes)
{
    const auto view = ReportView::from(bytes);
    QVERIFY(view.has_value());
    const auto endorsements = processor.endorsements();
    QCOMPARE(endorsements.size(), std::size_t(3));
    const Chain chain{
        *Certificate::fromDer(endorsements[2].der), *Certificate::fromDer(endorsements[1].der), *Certificate::fromDer(endorsements[0].der)};
    QVERIFY(P384Key::of(chain.leaf)->verifies(view->signedBytes(), view->signatureR(), view->signatureS()));
    for (const auto &faults : {signatureFaults(chain), nameFaults(chain, identifyRoot(chain.ark))})
        QVERIFY2(faults.empty(), faults.empty() ? "" : faults.front().c_str());
    const auto extensions = readVekExtensions(chain.leaf);
    QVERIFY(extensions.has_value());
    QCOMPARE(QString::fromStdString(extensions->tcb.text()),
        QString::fromStdString(TcbVersion(view->reportedTcb(), layoutOf(processor.profile().product)).text()));
}

KeyRequest withField(KeyRequest::Field field)
{
    KeyRequest request;
    request.fields = 1ull << field;
    return request;
}

} // namespace

class TestEmulatedSnpPlatform : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void status();
    void withoutSnp_data();
    void withoutSnp();
    void initAndShutdown();
    void configLowersTheReportedTcb_data();
    void configLowersTheReportedTcb();
    void configRefuses();
    void masks();
    void commit();
    void vlek();
    void vlekRefuses();
    void certificateTable();
    void derivedKeys();
    void derivedKeysRefused();
    void guestStatus();

private:
    [[nodiscard]] std::unique_ptr<Processor> open(ProcessorOptions options = {}) const
    {
        return test::ownProcessor(m_folder->path().toStdString(), options);
    }
    static Bytes reportOf(Processor &processor, GuestHandle guest, ReportRequest::Key key = ReportRequest::Key::Default)
    {
        ReportRequest request;
        request.key = key;
        return processor.firmware().report(guest, request.encode()).report;
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEmulatedSnpPlatform::status()
{
    const auto processor = open();
    auto status = processor->snp().status();
    COMPARE_STATUS(status, Success);
    const auto version = processor->profile().firmware;
    QCOMPARE(unsigned(status->major), unsigned(version.major));
    QCOMPARE(unsigned(status->minor), unsigned(version.minor));
    QCOMPARE(status->build, std::uint32_t(version.build));
    QVERIFY(status->initialized && status->rmpInitialized && status->aliasChecked);
    QVERIFY(!status->maskChipId && !status->maskChipKey && !status->vlekLoaded);
    QCOMPARE(status->guests, 0u);
    QCOMPARE(status->currentTcb, processor->profile().tcb().bytes());
    QCOMPARE(status->reportedTcb, status->currentTcb);
    const auto guest = launched(*processor);
    const auto other = open(); // as another program
    QCOMPARE(other->snp().status()->guests, 1u);
    launched(*other);
    QCOMPARE(processor->snp().status()->guests, 2u);
    QVERIFY(processor->decommission(guest).has_value());
    QCOMPARE(other->snp().status()->guests, 1u);
}

void TestEmulatedSnpPlatform::withoutSnp_data()
{
    QTest::addColumn<QString>("profile");
    QTest::newRow("naples") << QStringLiteral("naples");
    QTest::newRow("rome") << QStringLiteral("rome");
}

void TestEmulatedSnpPlatform::withoutSnp()
{
    QFETCH(QString, profile);
    const auto processor = open({.profile = *findProfile(profile.toStdString())});
    COMPARE_STATUS(processor->snp().init(), Unsupported);
    COMPARE_STATUS(processor->snp().shutdown(), Unsupported);
    COMPARE_STATUS(processor->snp().status(), Unsupported);
    COMPARE_STATUS(processor->snp().commit(), Unsupported);
    COMPARE_STATUS(processor->snp().config(Bytes(64)), Unsupported);
    COMPARE_STATUS(processor->snp().vlekLoad(Bytes(432)), Unsupported);
    COMPARE_STATUS(processor->snp().vcek(), Unsupported);
    COMPARE_STATUS(processor->firmware().launchStart(GuestPolicy(), {}), Unsupported);
    COMPARE_STATUS(processor->firmware().launchFinish({1}, {}), Unsupported);
    COMPARE_STATUS(processor->firmware().guestStatus({1}), Unsupported);
    QCOMPARE(test::statusText(processor->firmware().report({1}, ReportRequest().encode()).status),
        test::statusText(FirmwareStatus::Unsupported));
    QVERIFY(processor->endorsements().empty());
    QVERIFY(!processor->vlekHashstick().has_value());
    QCOMPARE(QString::fromStdString(processor->describe().profile).toLower(), profile);
}

void TestEmulatedSnpPlatform::initAndShutdown()
{
    const auto processor = open(), other = open();
    COMPARE_STATUS(processor->snp().init(), InvalidPlatformState);
    const auto guest = launched(*processor), elsewhere = launched(*other);
    COMPARE_STATUS(processor->snp().shutdown(), Success);
    QVERIFY(!processor->snp().status()->initialized);
    COMPARE_STATUS(processor->snp().commit(), InvalidPlatformState);
    COMPARE_STATUS(processor->snp().config(Bytes(64)), InvalidPlatformState);
    COMPARE_STATUS(processor->snp().vlekLoad(Bytes(432)), InvalidPlatformState);
    COMPARE_STATUS(processor->firmware().launchStart(GuestPolicy(), {}), InvalidPlatformState);
    COMPARE_STATUS(processor->firmware().measurement(guest), InvalidPlatformState);
    COMPARE_STATUS(processor->snp().init(), Success);
    COMPARE_STATUS(processor->firmware().guestStatus(guest), InvalidGuest);
    COMPARE_STATUS(other->firmware().guestStatus(elsewhere), InvalidGuest); // those of other programs, too
    QCOMPARE(processor->snp().status()->guests, 0u);
    launched(*processor);
}

void TestEmulatedSnpPlatform::configLowersTheReportedTcb_data()
{
    QTest::addColumn<QString>("profile");
    for (const auto &profile : profiles())
        QTest::addRow("%s", std::string(profile.id).c_str()) << QString::fromStdString(std::string(profile.id));
}

void TestEmulatedSnpPlatform::configLowersTheReportedTcb()
{
    QFETCH(QString, profile);
    const auto processor = open({.profile = *findProfile(profile.toStdString())});
    const auto guest = launched(*processor);
    const Bytes before = reportOf(*processor, guest);
    checkReport(*processor, before);
    SnpConfig config;
    config.reportedTcb = lower(processor->profile(), TcbPart::Snp);
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    QCOMPARE(processor->snp().status()->reportedTcb, config.reportedTcb);
    QCOMPARE(processor->snp().status()->currentTcb, processor->profile().tcb().bytes());
    const Bytes after = reportOf(*processor, guest);
    checkReport(*processor, after); // signed by another VCEK, with a certificate for that TCB
    const auto view = *ReportView::from(after);
    QCOMPARE(view.reportedTcb(), config.reportedTcb);
    QCOMPARE(view.currentTcb(), processor->profile().tcb().bytes());
    QCOMPARE(view.committedTcb(), processor->profile().tcb().bytes());
    const auto old = P384Key::of(processor->identity().vcek());
    QVERIFY(!old->verifies(view.signedBytes(), view.signatureR(), view.signatureS()));
    COMPARE_STATUS(processor->snp().config(SnpConfig().encode()), Success); // all zeros: as it was
    checkReport(*processor, reportOf(*processor, guest));
    QCOMPARE(processor->snp().status()->reportedTcb, processor->profile().tcb().bytes());
}

void TestEmulatedSnpPlatform::configRefuses()
{
    const auto processor = open();
    SnpConfig config;
    TcbVersion higher = processor->profile().tcb();
    higher.set(TcbPart::Microcode, static_cast<std::uint8_t>(*higher.part(TcbPart::Microcode) + 1));
    config.reportedTcb = higher.bytes();
    COMPARE_STATUS(processor->snp().config(config.encode()), InvalidParam);
    config.reportedTcb = lower(processor->profile(), TcbPart::Snp);
    const auto good = config.encode();
    COMPARE_STATUS(processor->snp().config(ByteView(good).first(63)), InvalidParam);
    for (const std::size_t offset : {2u, 5u, 9u, 11u, 12u, 40u, 63u}) { // reserved in the TCB, the mask and behind it
        auto bad = good;
        bad[offset] = 1;
        COMPARE_STATUS(processor->snp().config(bad), InvalidParam);
    }
    auto bad = good;
    bad[8] = 4;
    COMPARE_STATUS(processor->snp().config(bad), InvalidParam);
    QCOMPARE(processor->snp().status()->reportedTcb, processor->profile().tcb().bytes());
    COMPARE_STATUS(processor->snp().config(good), Success);
}

void TestEmulatedSnpPlatform::masks()
{
    const auto processor = open();
    const auto guest = launched(*processor);
    SnpConfig config;
    config.maskChipId = true;
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    QVERIFY(processor->snp().status()->maskChipId);
    Bytes report = reportOf(*processor, guest);
    QVERIFY(ReportView::from(report)->chipIdMasked());
    checkReport(*processor, report);
    config.maskChipKey = true;
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    report = reportOf(*processor, guest);
    const auto view = *ReportView::from(report);
    QCOMPARE(view.signingKey(), SigningKey::None);
    QVERIFY(view.chipKeyMasked());
    QVERIFY(std::ranges::all_of(view.signatureR(), [](auto byte) { return byte == 0; }));
    QCOMPARE(test::statusText(processor->firmware().derivedKey(guest, KeyRequest().encode()).status),
        test::statusText(FirmwareStatus::InvalidKey));
    COMPARE_STATUS(processor->snp().config(SnpConfig().encode()), Success);
    QVERIFY(!ReportView::from(reportOf(*processor, guest))->chipIdMasked());
    checkReport(*processor, reportOf(*processor, guest));
}

void TestEmulatedSnpPlatform::commit()
{
    const auto processor = open({.uncommitted = true});
    const Profile &profile = processor->profile();
    const auto guest = launched(*processor);
    const auto before = reportOf(*processor, guest);
    checkReport(*processor, before);
    QCOMPARE(ReportView::from(before)->committedTcb(), lower(profile, TcbPart::Snp));
    QVERIFY(ReportView::from(before)->committedVersion() < profile.firmware);
    QCOMPARE(processor->snp().status()->reportedTcb, lower(profile, TcbPart::Snp));
    SnpConfig config;
    config.reportedTcb = profile.tcb().bytes(); // not committed yet
    COMPARE_STATUS(processor->snp().config(config.encode()), InvalidParam);
    COMPARE_STATUS(processor->snp().commit(), Success);
    const auto after = reportOf(*processor, guest);
    checkReport(*processor, after);
    QCOMPARE(ReportView::from(after)->committedTcb(), profile.tcb().bytes());
    QCOMPARE(ReportView::from(after)->reportedTcb(), profile.tcb().bytes());
    QVERIFY(ReportView::from(after)->committedVersion() == profile.firmware);
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    // What a host reports on purpose stays when there is nothing to commit.
    config.reportedTcb = lower(profile, TcbPart::Bootloader);
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    COMPARE_STATUS(processor->snp().commit(), Success);
    QCOMPARE(processor->snp().status()->reportedTcb, config.reportedTcb);
}

void TestEmulatedSnpPlatform::vlek()
{
    const auto processor = open();
    const auto guest = launched(*processor),
               silent = launched(*processor, {.hostData = {}, .idBlock = {}, .idAuth = {}, .authorKey = false, .vcekDisabled = true});
    QVERIFY(reportOf(*processor, silent).empty());
    const auto stick = processor->vlekHashstick();
    QVERIFY2(stick.has_value(), stick ? "" : stick.error().message().c_str());
    QCOMPARE(stick->size(), std::size_t(432));
    COMPARE_STATUS(processor->snp().vlekLoad(*stick), Success);
    QVERIFY(processor->snp().status()->vlekLoaded);
    for (const auto which : {guest, silent}) {
        const Bytes report = reportOf(*processor, which);
        QCOMPARE(ReportView::from(report)->signingKey(), SigningKey::Vlek);
        checkReport(*processor, report);
    }
    QVERIFY(isVlek(*Certificate::fromDer(processor->endorsements()[0].der)));
    QVERIFY(QString::fromStdString(Certificate::fromDer(processor->endorsements()[1].der)->commonName())
            .contains(QLatin1String("SEV-VLEK-Genoa")));
    const Bytes byVcek = reportOf(*processor, guest, ReportRequest::Key::Vcek);
    QCOMPARE(ReportView::from(byVcek)->signingKey(), SigningKey::Vcek);
    QVERIFY(reportOf(*processor, silent, ReportRequest::Key::Vcek).empty());
    // Another program sees it, and the same authority.
    const auto other = open();
    QVERIFY(other->snp().status()->vlekLoaded);
    checkReport(*other, reportOf(*other, launched(*other)));
    // Another reported TCB makes it useless.
    SnpConfig config;
    config.reportedTcb = lower(processor->profile(), TcbPart::Snp);
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    QVERIFY(!processor->snp().status()->vlekLoaded);
    COMPARE_STATUS(processor->snp().vlekLoad(*stick), InvalidParam); // for another TCB
    const auto lowerStick = processor->vlekHashstick();
    COMPARE_STATUS(processor->snp().vlekLoad(*lowerStick), Success);
    checkReport(*processor, reportOf(*processor, guest));
    COMPARE_STATUS(processor->snp().shutdown(), Success);
    QVERIFY(!processor->snp().status()->vlekLoaded);
}

void TestEmulatedSnpPlatform::vlekRefuses()
{
    const auto processor = open();
    const Bytes good = *processor->vlekHashstick();
    COMPARE_STATUS(processor->snp().vlekLoad(ByteView(good).first(431)), InvalidLength);
    for (const std::size_t offset : {12u, 15u, 0x198u, 0x19fu}) {
        Bytes bad = good;
        bad[offset] = 1;
        COMPARE_STATUS(processor->snp().vlekLoad(bad), InvalidParam);
    }
    for (const std::size_t offset : {0u, 0x10u, 0x18fu, 0x190u, 0x1a0u, 0x1afu}) {
        Bytes bad = good;
        bad[offset] ^= 1;
        COMPARE_STATUS(processor->snp().vlekLoad(bad), BadMeasurement);
    }
    const auto milan = open({.profile = *findProfile("milan")}); // another chip
    COMPARE_STATUS(milan->snp().vlekLoad(good), BadMeasurement);
    QVERIFY(!processor->snp().status()->vlekLoaded);
    COMPARE_STATUS(processor->snp().vlekLoad(good), Success);
}

void TestEmulatedSnpPlatform::certificateTable()
{
    const auto processor = open();
    const auto table = processor->certificateTable();
    QVERIFY(table.has_value());
    const auto entries = readGhcbTable(*table);
    QVERIFY(entries.has_value());
    QCOMPARE(entries->size(), std::size_t(3));
    const auto endorsements = processor->endorsements();
    for (std::size_t i = 0; i < 3; ++i) {
        QCOMPARE(ghcbRole((*entries)[i].guid), std::string_view(endorsements[i].role));
        QCOMPARE((*entries)[i].content, endorsements[i].der);
    }
}

void TestEmulatedSnpPlatform::derivedKeys()
{
    const auto processor = open();
    const Bytes page(4096, 1);
    const auto launchWith = [&](const Bytes &content) {
        const auto guest = *processor->launchStart(GuestPolicy());
        if (!processor->launchUpdate(guest, PageType::Normal, 0, content) || !processor->launchFinish(guest, {}))
            qFatal("the launch failed");
        return guest;
    };
    const auto one = launchWith(page), same = launchWith(page), other = launchWith(Bytes(4096, 2));
    const auto key = [&](GuestHandle guest, const KeyRequest &request) {
        const auto response = processor->firmware().derivedKey(guest, request.encode());
        return response.status == FirmwareStatus::Success ? toHex(response.key) : message(response.status);
    };
    std::set<std::string> seen;
    std::vector<KeyRequest> requests{KeyRequest()};
    for (const auto field : {KeyRequest::Policy, KeyRequest::ImageId, KeyRequest::FamilyId, KeyRequest::Measurement, KeyRequest::GuestSvn,
             KeyRequest::Tcb, KeyRequest::LaunchMitigations})
        requests.push_back(withField(field));
    for (const auto &request : requests) {
        const std::string first = key(one, request);
        QCOMPARE(first.size(), std::size_t(64));
        QVERIFY(seen.insert(first).second); // each selection is another key
        QCOMPARE(key(one, request), first); // always the same
        QCOMPARE(key(same, request), first); // for a guest that is like it
        QCOMPARE(key(other, request) == first, !request.mixes(KeyRequest::Measurement));
    }
    // The values count where they are mixed in.
    KeyRequest request = withField(KeyRequest::Tcb);
    const auto zero = key(one, request);
    request.tcb = lower(processor->profile(), TcbPart::Snp);
    QVERIFY(key(one, request) != zero);
    request.fields = 0;
    QCOMPARE(key(one, request), key(one, KeyRequest()));
    request = {};
    request.vmpl = 1;
    QVERIFY(key(one, request) != key(one, KeyRequest()));
    // The guest's own root key dies with it.
    request = {};
    request.fromVmrk = true;
    QVERIFY(key(one, request) != key(one, KeyRequest()));
    QCOMPARE(key(one, request), key(one, request));
    QVERIFY(key(one, request) != key(same, request));
    // Of the same chip tomorrow, and of another chip.
    const auto later = open();
    const auto again = *later->restoreGuest(*processor->saveGuest(one));
    QCOMPARE(toHex(later->firmware().derivedKey(again, request.encode()).key), key(one, request));
    QCOMPARE(toHex(later->firmware().derivedKey(again, KeyRequest().encode()).key), key(one, KeyRequest()));
    const auto milan = open({.profile = *findProfile("milan")});
    QVERIFY(toHex(milan->firmware().derivedKey(launched(*milan), KeyRequest().encode()).key) != key(one, KeyRequest()));
    // A VLEK is the root where one is loaded, the VCEK where it is asked for.
    const auto before = key(one, KeyRequest());
    COMPARE_STATUS(processor->snp().vlekLoad(*processor->vlekHashstick()), Success);
    QVERIFY(key(one, KeyRequest()) != before);
    request = {};
    request.key = KeyRequest::KeySelect::Vcek;
    QCOMPARE(key(one, request), before);
    request.key = KeyRequest::KeySelect::Vlek;
    QCOMPARE(key(one, request), key(one, KeyRequest()));
}

void TestEmulatedSnpPlatform::derivedKeysRefused()
{
    const auto processor = open();
    const auto guest = launched(*processor),
               silent = launched(*processor, {.hostData = {}, .idBlock = {}, .idAuth = {}, .authorKey = false, .vcekDisabled = true});
    const auto going = *processor->launchStart(GuestPolicy());
    const auto ask = [&](GuestHandle which, ByteView request) {
        return test::statusText(processor->firmware().derivedKey(which, request).status);
    };
    const auto invalid = test::statusText(FirmwareStatus::InvalidParam);
    const Bytes good = KeyRequest().encode();
    QCOMPARE(ask(guest, good), test::statusText(FirmwareStatus::Success));
    QCOMPARE(ask({999}, good), test::statusText(FirmwareStatus::InvalidGuest));
    QCOMPARE(ask(going, good), test::statusText(FirmwareStatus::InvalidGuestState));
    QCOMPARE(ask(silent, good), test::statusText(FirmwareStatus::InvalidKey));
    KeyRequest request;
    request.key = KeyRequest::KeySelect::Vlek;
    QCOMPARE(ask(guest, request.encode()), test::statusText(FirmwareStatus::InvalidKey)); // none is loaded
    QCOMPARE(ask(guest, ByteView(good).first(31)), invalid);
    QCOMPARE(ask(guest, Bytes(33)), invalid);
    for (const auto &[offset, value] :
        {std::pair<std::size_t, std::uint8_t>{0, 6}, {0, 8}, {4, 1}, {8, 0x40}, {8, 0x80}, {15, 1}, {16, 4}}) {
        Bytes bad = good;
        bad[offset] = value;
        QCOMPARE(ask(guest, bad), invalid);
    }
    request = {};
    request.guestSvn = 1; // it has 0
    QCOMPARE(ask(guest, request.encode()), invalid);
    request = {};
    TcbVersion higher = processor->profile().tcb();
    higher.set(TcbPart::Snp, static_cast<std::uint8_t>(*higher.part(TcbPart::Snp) + 1));
    request.tcb = higher.bytes();
    QCOMPARE(ask(guest, request.encode()), invalid);
    request = withField(KeyRequest::LaunchMitigations);
    request.launchMitigations = 1; // which it was not launched with
    QCOMPARE(ask(guest, request.encode()), invalid);
}

void TestEmulatedSnpPlatform::guestStatus()
{
    const auto processor = open();
    const auto guest = *processor->launchStart(GuestPolicy().with(GuestPolicy::Debug));
    auto status = processor->firmware().guestStatus(guest);
    QCOMPARE(status->state, GuestContext::State::Launching);
    QVERIFY(status->policy.has(GuestPolicy::Debug));
    QVERIFY(processor->launchFinish(guest, {}).has_value());
    QCOMPARE(processor->firmware().guestStatus(guest)->state, GuestContext::State::Running);
    COMPARE_STATUS(processor->firmware().guestStatus({999}), InvalidGuest);
}

QTEST_GUILESS_MAIN(TestEmulatedSnpPlatform)
#include "test_emulated_snp_platform.moc"
