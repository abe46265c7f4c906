// SPDX-License-Identifier: Apache-2.0
// Legacy guests of the emulated firmware: an owner's whole session, the state machine, and every status that is checked.
#include "sev-backend/legacy/owner.h"
#include "sev-backend/legacy/platform_chain.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include "core/base/digest.h"

#include <QTemporaryDir>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t certificateSize = legacy::Certificate::size;
constexpr legacy::Policy es = 1u << 2, noKeySharing = 1u << 1;

} // namespace

class TestEmulatedLegacyGuest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void ownersSession_data();
    void ownersSession();
    void withoutAnOwner();
    void startRefuses_data();
    void startRefuses();
    void sessionsThatAreRefused();
    void sharedKeys();
    void stateMachine();
    void updateRefuses();
    void secretRefuses();
    void activateRefuses();
    void guestsEndWithTheirProgram();

private:
    [[nodiscard]] std::unique_ptr<Processor> open(const char *profile = "genoa") const
    {
        return test::ownProcessor(m_folder->path().toStdString(), {.profile = *findProfile(profile)});
    }
    static legacy::Certificate pdhOf(LegacyFirmware &firmware)
    {
        return *legacy::Certificate::parse(firmware.pdhCertExport(certificateSize, 3 * certificateSize)->pdh, "pdh");
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEmulatedLegacyGuest::ownersSession_data()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<unsigned>("policy");
    for (const auto &profile : allProfiles()) {
        QTest::addRow("%s SEV", std::string(profile.id).c_str()) << QString::fromStdString(std::string(profile.id)) << 1u;
        QTest::addRow("%s SEV-ES", std::string(profile.id).c_str()) << QString::fromStdString(std::string(profile.id)) << (1u | es);
    }
}

// The whole of it, with the owner's side as keepctl has it: session, measurement, secret, attestation.
void TestEmulatedLegacyGuest::ownersSession()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, policy);
    const auto processor = open(profile.toUtf8().constData());
    LegacyFirmware &firmware = processor->legacy();
    const auto session = legacy::newSession(pdhOf(firmware), policy);
    QVERIFY(session.has_value());
    const auto &[blob, keys] = *session;
    const auto guest = firmware.launchStart({.sharesKeyWith = 0, .policy = policy, .godh = blob.godh, .session = blob.session});
    COMPARE_STATUS(guest, Success);
    COMPARE_STATUS(firmware.activate(*guest, policy & es ? 1 : processor->profile().minSevAsid), Success);
    Bytes image(3 * 4096 + 16), vmsa(4096, 7);
    for (std::size_t i = 0; i < image.size(); ++i)
        image[i] = static_cast<std::uint8_t>(i * 7);
    COMPARE_STATUS(firmware.launchUpdateData(*guest, 0, ByteView(image).first(4096)), Success);
    COMPARE_STATUS(firmware.launchUpdateData(*guest, 0x100000, ByteView(image).subspan(4096)), Success);
    if (policy & es)
        COMPARE_STATUS(firmware.launchUpdateVmsa(*guest, 0x200000, vmsa), Success);

    const auto measure = firmware.launchMeasure(*guest, 48);
    COMPARE_STATUS(measure, Success);
    const Sha256 digest = policy & es ? sha256({image, vmsa}) : sha256(image);
    const auto version = processor->profile().firmware;
    const legacy::PlatformBuild build{version.major, version.minor, version.build};
    QCOMPARE(legacy::launchMeasurement(keys.tik, build, policy, digest, measure->nonce), measure->measure);
    QVERIFY(legacy::launchMeasurement(keys.tik, build, policy ^ 1, digest, measure->nonce) != measure->measure);

    const auto table = *legacy::secretTable({{"736869e5-84f0-4973-92ec-06879ce3da0b", toBytes("the secret of the owner")}});
    const auto packet = legacy::sealSecret(table, keys, measure->measure, {1, 2, 3});
    QVERIFY(packet.has_value());
    const auto landed = firmware.launchSecret(*guest, *packet, 0x300000, 16384);
    COMPARE_STATUS(landed, Success);
    QCOMPARE(*landed, table);
    COMPARE_STATUS(firmware.launchFinish(*guest), Success);
    QCOMPARE(firmware.guestStatus(*guest)->state, LegacyGuestState::Running);
    QCOMPARE(firmware.guestStatus(*guest)->policy, policy);

    const std::array<std::uint8_t, 16> nonce{9, 8, 7};
    const auto bytes = firmware.attestation(*guest, nonce, 208);
    COMPARE_STATUS(bytes, Success);
    const auto report = legacy::AttestationReport::parse(*bytes, "report");
    QVERIFY(report.has_value());
    legacy::PlatformChain chain;
    QVERIFY(chain.add(firmware.pdhCertExport(certificateSize, 3 * certificateSize)->chain, "chain").has_value());
    QVERIFY(report->signedBy(*chain.pek));
    QVERIFY(std::ranges::equal(report->nonce(), nonce));
    QVERIFY(std::ranges::equal(report->launchDigest(), digest.bytes));
    QCOMPARE(report->policy(), policy);
    for (const std::size_t offset : {0u, 0x10u, 0x30u, 0x34u, 0x40u, 0x88u}) {
        Bytes changed = *bytes;
        changed[offset] ^= 1;
        QVERIFY(!legacy::AttestationReport::parse(changed, "report")->signedBy(*chain.pek));
    }
    COMPARE_STATUS(firmware.deactivate(*guest), Success);
    COMPARE_STATUS(firmware.decommission(*guest), Success);
    COMPARE_STATUS(firmware.guestStatus(*guest), InvalidGuest);
}

void TestEmulatedLegacyGuest::withoutAnOwner()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto first = *firmware.launchStart({}), second = *firmware.launchStart({});
    const auto one = *firmware.launchMeasure(first, 48), two = *firmware.launchMeasure(second, 48);
    QVERIFY(one.measure != two.measure);
    QVERIFY(one.nonce != two.nonce);
}

void TestEmulatedLegacyGuest::startRefuses_data()
{
    QTest::addColumn<unsigned>("policy");
    QTest::addColumn<QString>("status");
    const auto row = [](const char *name, unsigned policy, FirmwareStatus status) {
        QTest::newRow(name) << policy << test::statusText(status);
    };
    row("nothing", 0, FirmwareStatus::Success);
    row("all that exists", 0x3f, FirmwareStatus::Success);
    row("bit 6", 1u << 6, FirmwareStatus::PolicyFailure);
    row("bit 15", 1u << 15, FirmwareStatus::PolicyFailure);
    row("this version", 58u << 24 | 1u << 16, FirmwareStatus::Success);
    row("an older one with a higher minor number", 200u << 24, FirmwareStatus::Success);
    row("a newer minor one", 59u << 24 | 1u << 16, FirmwareStatus::PolicyFailure);
    row("a newer major one", 2u << 16, FirmwareStatus::PolicyFailure);
}

void TestEmulatedLegacyGuest::startRefuses()
{
    QFETCH(unsigned, policy);
    QFETCH(QString, status);
    const auto processor = open();
    QCOMPARE(test::statusText(
                 test::statusOf(processor->legacy().launchStart({.sharesKeyWith = 0, .policy = policy, .godh = {}, .session = {}}))),
        status);
    // Without SEV-ES at INIT no guest with encrypted state.
    COMPARE_STATUS(processor->legacy().shutdown(), Success);
    COMPARE_STATUS(processor->legacy().init(false), Success);
    LegacyLaunch launch;
    launch.policy = es;
    COMPARE_STATUS(processor->legacy().launchStart(launch), PolicyFailure);
}

void TestEmulatedLegacyGuest::sessionsThatAreRefused()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto session = legacy::newSession(pdhOf(firmware), 1);
    const LegacyLaunch good{.sharesKeyWith = 0, .policy = 1, .godh = session->first.godh, .session = session->first.session};
    COMPARE_STATUS(firmware.launchStart(good), Success);
    LegacyLaunch bad = good;
    bad.policy = 0; // another policy than the owner's
    COMPARE_STATUS(firmware.launchStart(bad), BadMeasurement);
    for (const std::size_t offset : {0x00u, 0x10u, 0x2fu, 0x30u, 0x40u, 0x5fu, 0x60u, 0x7fu}) {
        bad = good;
        bad.session[offset] ^= 1;
        COMPARE_STATUS(firmware.launchStart(bad), BadMeasurement);
    }
    bad = good;
    bad.session.pop_back();
    COMPARE_STATUS(firmware.launchStart(bad), InvalidLength);
    bad = good;
    bad.godh.push_back(0);
    COMPARE_STATUS(firmware.launchStart(bad), InvalidLength);
    bad = good;
    bad.session.clear();
    COMPARE_STATUS(firmware.launchStart(bad), InvalidParam);
    bad = good;
    bad.godh.clear();
    COMPARE_STATUS(firmware.launchStart(bad), InvalidParam);
    for (const std::size_t offset : {0x00u, 0x08u, 0x0cu, 0x10u, 0x14u}) { // version, usage, algorithm, curve, a point off the curve
        bad = good;
        bad.godh[offset] ^= 1;
        COMPARE_STATUS(firmware.launchStart(bad), InvalidCertificate);
    }
    COMPARE_STATUS(firmware.pdhGen(), Success); // the owner has agreed with another key
    COMPARE_STATUS(firmware.launchStart(good), BadMeasurement);
    QCOMPARE(firmware.platformStatus()->guests, 1u); // what was refused left nothing behind
}

void TestEmulatedLegacyGuest::sharedKeys()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    LegacyLaunch launch;
    const auto first = *firmware.launchStart(launch);
    launch.sharesKeyWith = first;
    COMPARE_STATUS(firmware.launchStart(launch), Success);
    launch.sharesKeyWith = 999;
    COMPARE_STATUS(firmware.launchStart(launch), InvalidGuest);
    launch.sharesKeyWith = first;
    launch.policy = 1;
    COMPARE_STATUS(firmware.launchStart(launch), PolicyFailure);
    launch = {};
    launch.policy = noKeySharing;
    launch.sharesKeyWith = *firmware.launchStart(launch);
    COMPARE_STATUS(firmware.launchStart(launch), PolicyFailure);
}

void TestEmulatedLegacyGuest::stateMachine()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const Bytes data(16);
    const legacy::SecretPacket packet{Bytes(52), Bytes(16)};
    COMPARE_STATUS(firmware.launchFinish(77), InvalidGuest);
    COMPARE_STATUS(firmware.launchMeasure(77, 48), InvalidGuest);
    COMPARE_STATUS(firmware.launchUpdateData(77, 0, data), InvalidGuest);
    COMPARE_STATUS(firmware.launchUpdateVmsa(77, 0, data), InvalidGuest);
    COMPARE_STATUS(firmware.launchSecret(77, packet, 0, 16), InvalidGuest);
    COMPARE_STATUS(firmware.attestation(77, {}, 208), InvalidGuest);
    COMPARE_STATUS(firmware.guestStatus(77), InvalidGuest);
    COMPARE_STATUS(firmware.activate(77, 100), InvalidGuest);
    COMPARE_STATUS(firmware.deactivate(77), InvalidGuest);
    COMPARE_STATUS(firmware.decommission(77), InvalidGuest);

    const auto guest = *firmware.launchStart({});
    QCOMPARE(firmware.guestStatus(guest)->state, LegacyGuestState::Updating);
    QCOMPARE(firmware.guestStatus(guest)->asid, 0u);
    COMPARE_STATUS(firmware.launchSecret(guest, packet, 0, 16), InvalidGuestState);
    COMPARE_STATUS(firmware.launchFinish(guest), InvalidGuestState); // not measured yet
    COMPARE_STATUS(firmware.attestation(guest, {}, 208), InvalidGuestState);
    COMPARE_STATUS(firmware.launchUpdateData(guest, 0, data), Inactive);
    COMPARE_STATUS(firmware.deactivate(guest), Inactive);
    COMPARE_STATUS(firmware.activate(guest, 200), Success);
    QCOMPARE(firmware.guestStatus(guest)->asid, 200u);
    COMPARE_STATUS(firmware.launchMeasure(guest, 47), InvalidLength);
    COMPARE_STATUS(firmware.launchMeasure(guest, 48), Success);
    QCOMPARE(firmware.guestStatus(guest)->state, LegacyGuestState::Secret);
    COMPARE_STATUS(firmware.launchMeasure(guest, 48), InvalidGuestState);
    COMPARE_STATUS(firmware.launchUpdateData(guest, 0, data), InvalidGuestState);
    COMPARE_STATUS(firmware.launchUpdateVmsa(guest, 0, Bytes(4096)), InvalidGuestState);
    COMPARE_STATUS(firmware.attestation(guest, {}, 207), InvalidLength);
    COMPARE_STATUS(firmware.attestation(guest, {}, 208), Success);
    COMPARE_STATUS(firmware.launchFinish(guest), Success);
    COMPARE_STATUS(firmware.launchFinish(guest), InvalidGuestState);
    COMPARE_STATUS(firmware.launchSecret(guest, packet, 0, 16), InvalidGuestState);
    COMPARE_STATUS(firmware.decommission(guest), Active);
    COMPARE_STATUS(firmware.deactivate(guest), Success);
    COMPARE_STATUS(firmware.decommission(guest), Success);
    COMPARE_STATUS(firmware.decommission(guest), InvalidGuest);
}

void TestEmulatedLegacyGuest::updateRefuses()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto guest = *firmware.launchStart({});
    QVERIFY(firmware.activate(guest, 100).has_value());
    COMPARE_STATUS(firmware.launchUpdateData(guest, 8, Bytes(16)), InvalidAddress);
    COMPARE_STATUS(firmware.launchUpdateData(guest, 0, {}), InvalidLength);
    COMPARE_STATUS(firmware.launchUpdateData(guest, 0, Bytes(24)), InvalidLength);
    COMPARE_STATUS(firmware.launchUpdateVmsa(guest, 0, Bytes(4096)), PolicyFailure);
    LegacyLaunch launch;
    launch.policy = es;
    const auto encrypted = *firmware.launchStart(launch);
    COMPARE_STATUS(firmware.launchUpdateVmsa(encrypted, 0, Bytes(4096)), Inactive);
    QVERIFY(firmware.activate(encrypted, 1).has_value());
    COMPARE_STATUS(firmware.launchUpdateVmsa(encrypted, 16, Bytes(4096)), InvalidAddress);
    COMPARE_STATUS(firmware.launchUpdateVmsa(encrypted, 0, Bytes(4095)), InvalidLength);
    COMPARE_STATUS(firmware.launchUpdateVmsa(encrypted, 0, Bytes(8192)), InvalidLength);
    COMPARE_STATUS(firmware.launchUpdateVmsa(encrypted, 0, Bytes(4096)), Success);
}

void TestEmulatedLegacyGuest::secretRefuses()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto session = legacy::newSession(pdhOf(firmware), 0);
    const LegacyLaunch launch{.sharesKeyWith = 0, .policy = 0, .godh = session->first.godh, .session = session->first.session};
    const auto guest = *firmware.launchStart(launch);
    const auto measure = *firmware.launchMeasure(guest, 48);
    const auto good = *legacy::sealSecret(Bytes(64, 5), session->second, measure.measure, {});
    COMPARE_STATUS(firmware.launchSecret(guest, good, 0, 64), Inactive);
    QVERIFY(firmware.activate(guest, 100).has_value());
    COMPARE_STATUS(firmware.launchSecret(guest, good, 8, 64), InvalidAddress);
    COMPARE_STATUS(firmware.launchSecret(guest, good, 0, 48), InvalidLength);
    for (const auto &[header, payload] : {std::pair<std::size_t, std::size_t>{51, 64}, {52, 0}, {52, 63}, {52, 16400}})
        COMPARE_STATUS(firmware.launchSecret(guest, {Bytes(header), Bytes(payload)}, 0, 1 << 20), InvalidLength);
    for (std::size_t at = 4; at < good.header.size(); at += 5) {
        auto bad = good;
        bad.header[at] ^= 1;
        COMPARE_STATUS(firmware.launchSecret(guest, bad, 0, 64), BadMeasurement);
    }
    auto bad = good;
    bad.payload[63] ^= 1;
    COMPARE_STATUS(firmware.launchSecret(guest, bad, 0, 64), BadMeasurement);
    bad = good;
    bad.payload.resize(48);
    COMPARE_STATUS(firmware.launchSecret(guest, bad, 0, 64), BadMeasurement);
    bad = good;
    bad.header[0] = 1;
    COMPARE_STATUS(firmware.launchSecret(guest, bad, 0, 64), Unsupported);
    bad.header[0] = 2;
    COMPARE_STATUS(firmware.launchSecret(guest, bad, 0, 64), InvalidParam);
    // Sealed for another launch of the same guest.
    COMPARE_STATUS(firmware.launchSecret(guest, *legacy::sealSecret(Bytes(64, 5), session->second, Sha256(), {}), 0, 64), BadMeasurement);
    COMPARE_STATUS(firmware.launchSecret(guest, good, 0, 64), Success);
}

void TestEmulatedLegacyGuest::activateRefuses()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    LegacyLaunch launch;
    launch.policy = es;
    const auto plain = *firmware.launchStart({}), second = *firmware.launchStart({}), encrypted = *firmware.launchStart(launch);
    COMPARE_STATUS(firmware.activate(plain, 0), InvalidAsid);
    COMPARE_STATUS(firmware.activate(plain, processor->profile().asids + 1), InvalidAsid);
    COMPARE_STATUS(firmware.activate(plain, processor->profile().minSevAsid - 1), InvalidAsid); // those are for SEV-ES
    COMPARE_STATUS(firmware.activate(encrypted, processor->profile().minSevAsid), InvalidAsid);
    COMPARE_STATUS(firmware.activate(encrypted, processor->profile().minSevAsid - 1), Success);
    COMPARE_STATUS(firmware.activate(plain, processor->profile().asids), Success);
    COMPARE_STATUS(firmware.activate(plain, processor->profile().asids - 1), Active);
    COMPARE_STATUS(firmware.activate(second, processor->profile().asids), AsidOwned);
    for (std::size_t guests = 3; guests < 1024; ++guests)
        QVERIFY(firmware.launchStart({}).has_value());
    COMPARE_STATUS(firmware.launchStart({}), ResourceLimit);
}

void TestEmulatedLegacyGuest::guestsEndWithTheirProgram()
{
    const auto first = open();
    {
        const auto second = open(); // as another program has it
        QVERIFY(second->legacy().launchStart({}).has_value());
        QCOMPARE(first->legacy().platformStatus()->state, SevState::Working);
        COMPARE_STATUS(first->legacy().pekGen(), InvalidPlatformState);
        QVERIFY(first->legacy().launchStart({}).has_value());
        QCOMPARE(second->legacy().platformStatus()->guests, 2u);
        // A shutdown here ends the guests there.
        COMPARE_STATUS(first->legacy().shutdown(), Success);
        COMPARE_STATUS(first->legacy().init(), Success);
        COMPARE_STATUS(second->legacy().guestStatus(1), InvalidGuest);
        QCOMPARE(first->legacy().platformStatus()->guests, 0u);
        QVERIFY(second->legacy().launchStart({}).has_value());
    }
    QCOMPARE(first->legacy().platformStatus()->guests, 0u);
}

QTEST_GUILESS_MAIN(TestEmulatedLegacyGuest)
#include "test_emulated_legacy_guest.moc"
