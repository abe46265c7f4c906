// SPDX-License-Identifier: Apache-2.0
// The platform commands of the emulated legacy firmware: what each does, when it is refused, and with which status.
#include "sev-backend/emulator/legacy_authority.h"
#include "sev-backend/legacy/certificate_maker.h"
#include "sev-backend/legacy/platform_chain.h"
#include "sev-backend/legacy/signature.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include <QTemporaryDir>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t size = legacy::Certificate::size;

/// An owner who takes platforms.
struct Owner {
    P384PrivateKey key = P384PrivateKey::make();
    Bytes certificate = [this] {
        Bytes oca = legacy::unsignedCertificate(legacy::Usage::Oca, legacy::Algorithm::EcdsaSha256, key, 1, 55);
        legacy::signInto(oca, 0, legacy::Usage::Oca, key);
        return oca;
    }();
    [[nodiscard]] Bytes sign(Bytes csr, int slot = 0) const
    {
        legacy::signInto(csr, slot, legacy::Usage::Oca, key);
        return csr;
    }
};

legacy::Certificate parsed(ByteView bytes)
{
    return *legacy::Certificate::parse(bytes, "test");
}

} // namespace

class TestEmulatedLegacyPlatform : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void comesUpInitialised();
    void everyProfileHasAWholeChain_data();
    void everyProfileHasAWholeChain();
    void neverPassesForAmd();
    void stateMachine();
    void lengths();
    void pekGenMakesAllAnew();
    void pdhGenMakesThePdhAlone();
    void importTakesOwnership();
    void importRefuses_data();
    void importRefuses();
    void workingForbids();
    void dfFlush();
    void damageIsSecureDataInvalid();

private:
    [[nodiscard]] fs::path folder() const { return m_folder->path().toStdString(); }
    [[nodiscard]] std::unique_ptr<Processor> open(const char *profile = "genoa") const
    {
        return test::ownProcessor(folder(), {.profile = *findProfile(profile)});
    }
    static legacy::PlatformChain chainOf(LegacyFirmware &firmware)
    {
        legacy::PlatformChain chain;
        const auto exported = firmware.pdhCertExport(size, 3 * size);
        if (!exported || !chain.add(exported->pdh, "pdh") || !chain.add(exported->chain, "chain") || !chain.add(*firmware.askArk(), "ca"))
            qFatal("the chain can't be read");
        return chain;
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEmulatedLegacyPlatform::comesUpInitialised()
{
    const auto processor = open();
    const auto status = processor->legacy().platformStatus();
    QVERIFY(status.has_value());
    QCOMPARE(status->state, SevState::Init);
    QCOMPARE(QString::fromStdString(status->version.text()), QString::fromStdString(processor->profile().firmware.text()));
    QVERIFY(status->es);
    QVERIFY(!status->externallyOwned);
    QCOMPARE(status->guests, 0u);
    // Looking changes nothing: there is no state to keep yet.
    QVERIFY(!fs::exists(folder() / "genoa.platform"));
}

void TestEmulatedLegacyPlatform::everyProfileHasAWholeChain_data()
{
    QTest::addColumn<QString>("profile");
    for (const auto &profile : allProfiles())
        QTest::addRow("%s", std::string(profile.id).c_str()) << QString::fromStdString(std::string(profile.id));
}

void TestEmulatedLegacyPlatform::everyProfileHasAWholeChain()
{
    QFETCH(QString, profile);
    const auto processor = open(profile.toUtf8().constData());
    const auto chain = chainOf(processor->legacy());
    QVERIFY(chain.pdh && chain.pek && chain.oca && chain.cek && chain.ask && chain.ark);
    QVERIFY(signedBy(*chain.ark, *chain.ark));
    QVERIFY(signedBy(*chain.ask, *chain.ark));
    QVERIFY(signedBy(*chain.cek, *chain.ask));
    QVERIFY(signedBy(*chain.oca, *chain.oca));
    QVERIFY(signedBy(*chain.pek, *chain.oca));
    QVERIFY(signedBy(*chain.pek, *chain.cek));
    QVERIFY(signedBy(*chain.pdh, *chain.pek));
    QVERIFY(!signedBy(*chain.pdh, *chain.cek));
    // As real ones are: keys on P-384, the CEK of API 0.14, the rest of the firmware's version.
    QCOMPARE(chain.pdh->algorithm(), legacy::Algorithm::EcdhSha256);
    QCOMPARE(chain.pek->algorithm(), legacy::Algorithm::EcdsaSha256);
    QCOMPARE(chain.pdh->point()->curve, 2u);
    QCOMPARE(unsigned(chain.cek->apiMinor()), 14u);
    QCOMPARE(chain.pek->apiMinor(), processor->profile().firmware.minor);
    QCOMPARE(chain.cek->slot(0).algorithm, chain.ask->modulusBytes() == 256 ? legacy::Algorithm::RsaSha256 : legacy::Algorithm::RsaSha384);
    // A signature that another chain's authority made is none of this one's.
    Bytes changed = toBytes(chain.cek->bytes());
    changed[0x20] ^= 1;
    QVERIFY(!signedBy(parsed(changed), *chain.ask));
}

void TestEmulatedLegacyPlatform::neverPassesForAmd()
{
    const auto processor = open();
    const auto chain = chainOf(processor->legacy());
    const auto verdict = legacy::verify(chain);
    QVERIFY(!verdict.good());
    QVERIFY(verdict.product.empty());
    for (const auto *authority : {&*chain.ask, &*chain.ark}) {
        QVERIFY(isEmulated(*authority));
        QVERIFY(!legacy::productOfArk(*authority).has_value());
    }
}

void TestEmulatedLegacyPlatform::stateMachine()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    COMPARE_STATUS(firmware.init(), InvalidPlatformState); // it is
    COMPARE_STATUS(firmware.factoryReset(), InvalidPlatformState); // only from UNINIT
    const auto before = chainOf(firmware);
    COMPARE_STATUS(firmware.shutdown(), Success);
    QCOMPARE(firmware.platformStatus()->state, SevState::Uninit);
    QVERIFY(!firmware.platformStatus()->es);
    COMPARE_STATUS(firmware.pekGen(), InvalidPlatformState);
    COMPARE_STATUS(firmware.pdhGen(), InvalidPlatformState);
    COMPARE_STATUS(firmware.pekCsr(size), InvalidPlatformState);
    COMPARE_STATUS(firmware.pdhCertExport(size, 3 * size), InvalidPlatformState);
    COMPARE_STATUS(firmware.pekCertImport(Bytes(size), Bytes(size)), InvalidPlatformState);
    COMPARE_STATUS(firmware.dfFlush(), InvalidPlatformState);
    COMPARE_STATUS(firmware.launchStart({}), InvalidPlatformState);
    COMPARE_STATUS(firmware.getId(64), Success); // in every state
    COMPARE_STATUS(firmware.shutdown(), Success);
    COMPARE_STATUS(firmware.init(false), Success);
    QVERIFY(!firmware.platformStatus()->es);
    // A shutdown keeps the keys, a reset does not.
    QVERIFY(std::ranges::equal(chainOf(firmware).pek->bytes(), before.pek->bytes()));
    COMPARE_STATUS(firmware.shutdown(), Success);
    COMPARE_STATUS(firmware.factoryReset(), Success);
    QCOMPARE(firmware.platformStatus()->state, SevState::Uninit);
    COMPARE_STATUS(firmware.factoryReset(), Success);
    COMPARE_STATUS(firmware.init(true), Success);
    const auto after = chainOf(firmware);
    for (const auto member : {&legacy::PlatformChain::pdh, &legacy::PlatformChain::pek, &legacy::PlatformChain::oca})
        QVERIFY(!std::ranges::equal((after.*member)->signedBytes(), (before.*member)->signedBytes()));
    QVERIFY(std::ranges::equal(after.cek->bytes(), before.cek->bytes())); // the chip's own
}

void TestEmulatedLegacyPlatform::lengths()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    COMPARE_STATUS(firmware.pekCsr(0), InvalidLength);
    COMPARE_STATUS(firmware.pekCsr(size - 1), InvalidLength);
    COMPARE_STATUS(firmware.pekCsr(size), Success);
    COMPARE_STATUS(firmware.pdhCertExport(size - 1, 3 * size), InvalidLength);
    COMPARE_STATUS(firmware.pdhCertExport(size, 3 * size - 1), InvalidLength);
    COMPARE_STATUS(firmware.getId(63), InvalidLength);
    QCOMPARE(firmware.getId(64)->size(), std::size_t(64));
    COMPARE_STATUS(firmware.pekCertImport(Bytes(size - 1), Bytes(size)), InvalidLength);
    COMPARE_STATUS(firmware.pekCertImport(Bytes(size), Bytes(size + 1)), InvalidLength);
    const auto turin = open("turin");
    COMPARE_STATUS(turin->legacy().getId(7), InvalidLength);
    QCOMPARE(turin->legacy().getId(64)->size(), std::size_t(8));
    const auto csr = *firmware.pekCsr(size);
    const auto certificate = parsed(csr);
    QCOMPARE(certificate.usage(), legacy::Usage::Pek);
    QCOMPARE(certificate.slot(0).usage, legacy::Usage::Invalid);
    QCOMPARE(certificate.slot(1).usage, legacy::Usage::Invalid);
    QVERIFY(std::ranges::equal(certificate.signedBytes(), chainOf(firmware).pek->signedBytes()));
}

void TestEmulatedLegacyPlatform::pekGenMakesAllAnew()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto before = chainOf(firmware);
    COMPARE_STATUS(firmware.pekGen(), Success);
    const auto after = chainOf(firmware);
    for (const auto member : {&legacy::PlatformChain::pdh, &legacy::PlatformChain::pek, &legacy::PlatformChain::oca})
        QVERIFY(!std::ranges::equal((after.*member)->signedBytes(), (before.*member)->signedBytes()));
    QVERIFY(signedBy(*after.pdh, *after.pek) && signedBy(*after.pek, *after.oca) && signedBy(*after.pek, *after.cek));
    QVERIFY(!signedBy(*before.pdh, *after.pek));
}

void TestEmulatedLegacyPlatform::pdhGenMakesThePdhAlone()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto before = chainOf(firmware);
    COMPARE_STATUS(firmware.pdhGen(), Success);
    const auto after = chainOf(firmware);
    QVERIFY(!std::ranges::equal(after.pdh->signedBytes(), before.pdh->signedBytes()));
    QVERIFY(std::ranges::equal(after.pek->bytes(), before.pek->bytes()));
    QVERIFY(signedBy(*after.pdh, *after.pek));
}

void TestEmulatedLegacyPlatform::importTakesOwnership()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const Owner owner;
    for (const int slot : {0, 1}) { // wherever the owner signs
        const Bytes csr = *firmware.pekCsr(size);
        const auto before = chainOf(firmware);
        COMPARE_STATUS(firmware.pekCertImport(owner.sign(csr, slot), owner.certificate), Success);
        QVERIFY(firmware.platformStatus()->externallyOwned);
        const auto chain = chainOf(firmware);
        QVERIFY(std::ranges::equal(chain.oca->bytes(), owner.certificate));
        QVERIFY(signedBy(*chain.pek, *chain.oca) && signedBy(*chain.pek, *chain.cek) && signedBy(*chain.pdh, *chain.pek));
        QVERIFY(std::ranges::equal(chain.pek->signedBytes(), before.pek->signedBytes()));
        QVERIFY(!std::ranges::equal(chain.pdh->signedBytes(), before.pdh->signedBytes()));
        COMPARE_STATUS(firmware.pekCertImport(owner.sign(csr), owner.certificate), AlreadyOwned);
        COMPARE_STATUS(firmware.pekGen(), Success); // its own again
        QVERIFY(!firmware.platformStatus()->externallyOwned);
    }
    const Bytes csr = *firmware.pekCsr(size);
    COMPARE_STATUS(firmware.pekCertImport(owner.sign(csr), owner.certificate), Success);
    COMPARE_STATUS(firmware.shutdown(), Success);
    QVERIFY(firmware.platformStatus()->externallyOwned);
    COMPARE_STATUS(firmware.factoryReset(), Success);
    QVERIFY(!firmware.platformStatus()->externallyOwned);
}

void TestEmulatedLegacyPlatform::importRefuses_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("status");
    const auto row = [](const char *what, FirmwareStatus status) {
        QTest::newRow(what) << QString::fromUtf8(what) << test::statusText(status);
    };
    row("good", FirmwareStatus::Success);
    row("OCA changed", FirmwareStatus::BadSignature);
    row("OCA not signed", FirmwareStatus::BadSignature);
    row("OCA signed by another", FirmwareStatus::BadSignature);
    row("OCA is a PEK", FirmwareStatus::InvalidCertificate);
    row("OCA for agreement", FirmwareStatus::InvalidCertificate);
    row("OCA of version 2", FirmwareStatus::InvalidCertificate);
    row("PEK not signed", FirmwareStatus::BadSignature);
    row("PEK signed by another", FirmwareStatus::BadSignature);
    row("PEK signature changed", FirmwareStatus::BadSignature);
    row("PEK of an earlier generation", FirmwareStatus::InvalidCertificate);
    row("PEK of another key", FirmwareStatus::InvalidCertificate);
    row("PEK is an OCA", FirmwareStatus::InvalidCertificate);
}

void TestEmulatedLegacyPlatform::importRefuses()
{
    QFETCH(QString, what);
    QFETCH(QString, status);
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const Owner owner, other;
    Bytes csr = *firmware.pekCsr(size);
    Bytes oca = owner.certificate, pek = owner.sign(csr);
    if (what == QLatin1String("OCA changed"))
        oca[0x15] ^= 1, oca[6] ^= 1;
    else if (what == QLatin1String("OCA not signed"))
        oca = legacy::unsignedCertificate(legacy::Usage::Oca, legacy::Algorithm::EcdsaSha256, owner.key, 1, 55);
    else if (what == QLatin1String("OCA signed by another"))
        legacy::signInto(oca, 0, legacy::Usage::Oca, other.key);
    else if (what == QLatin1String("OCA is a PEK"))
        storeLe(oca, 8, std::uint32_t(legacy::Usage::Pek));
    else if (what == QLatin1String("OCA for agreement"))
        storeLe(oca, 12, std::uint32_t(legacy::Algorithm::EcdhSha256));
    else if (what == QLatin1String("OCA of version 2"))
        oca[0] = 2;
    else if (what == QLatin1String("PEK not signed"))
        pek = csr;
    else if (what == QLatin1String("PEK signed by another"))
        pek = other.sign(csr);
    else if (what == QLatin1String("PEK signature changed"))
        pek[0x41c] ^= 1;
    else if (what == QLatin1String("PEK of an earlier generation"))
        QVERIFY(firmware.pekGen().has_value());
    else if (what == QLatin1String("PEK of another key"))
        pek = owner.sign(legacy::unsignedCertificate(legacy::Usage::Pek, legacy::Algorithm::EcdsaSha256, other.key, 1, 58));
    else if (what == QLatin1String("PEK is an OCA"))
        pek = owner.certificate;
    const auto before = chainOf(firmware);
    QCOMPARE(test::statusText(test::statusOf(firmware.pekCertImport(pek, oca))), status);
    if (status != test::statusText(FirmwareStatus::Success)) { // and nothing was changed
        QVERIFY(!firmware.platformStatus()->externallyOwned);
        QVERIFY(std::ranges::equal(chainOf(firmware).pek->bytes(), before.pek->bytes()));
        QVERIFY(std::ranges::equal(chainOf(firmware).pdh->bytes(), before.pdh->bytes()));
    }
}

void TestEmulatedLegacyPlatform::workingForbids()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    const auto guest = firmware.launchStart({});
    QVERIFY(guest.has_value());
    QCOMPARE(firmware.platformStatus()->state, SevState::Working);
    QCOMPARE(firmware.platformStatus()->guests, 1u);
    COMPARE_STATUS(firmware.init(), InvalidPlatformState);
    COMPARE_STATUS(firmware.pekGen(), InvalidPlatformState);
    COMPARE_STATUS(firmware.pekCsr(size), InvalidPlatformState);
    COMPARE_STATUS(firmware.pekCertImport(Bytes(size), Bytes(size)), InvalidPlatformState);
    COMPARE_STATUS(firmware.factoryReset(), InvalidPlatformState);
    COMPARE_STATUS(firmware.pdhGen(), Success);
    COMPARE_STATUS(firmware.pdhCertExport(size, 3 * size), Success);
    COMPARE_STATUS(firmware.decommission(*guest), Success);
    QCOMPARE(firmware.platformStatus()->state, SevState::Init);
    COMPARE_STATUS(firmware.pekGen(), Success);
    // A shutdown ends all guests.
    const auto second = firmware.launchStart({});
    COMPARE_STATUS(firmware.shutdown(), Success);
    QCOMPARE(firmware.platformStatus()->guests, 0u);
    COMPARE_STATUS(firmware.init(), Success);
    COMPARE_STATUS(firmware.guestStatus(*second), InvalidGuest);
}

void TestEmulatedLegacyPlatform::dfFlush()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    COMPARE_STATUS(firmware.dfFlush(), Success);
    const auto first = *firmware.launchStart({}), second = *firmware.launchStart({});
    COMPARE_STATUS(firmware.activate(first, 100), Success);
    COMPARE_STATUS(firmware.deactivate(first), Success);
    COMPARE_STATUS(firmware.activate(second, 100), DfFlushRequired);
    COMPARE_STATUS(firmware.activate(second, 101), Success); // that one nobody has used
    COMPARE_STATUS(firmware.dfFlush(), WbinvdRequired);
    COMPARE_STATUS(firmware.activate(first, 100), DfFlushRequired);
    firmware.wbinvd();
    COMPARE_STATUS(firmware.activate(first, 100), DfFlushRequired);
    COMPARE_STATUS(firmware.dfFlush(), Success);
    COMPARE_STATUS(firmware.activate(first, 100), Success);
}

void TestEmulatedLegacyPlatform::damageIsSecureDataInvalid()
{
    const auto processor = open();
    LegacyFirmware &firmware = processor->legacy();
    QVERIFY(firmware.pekGen().has_value());
    const auto before = chainOf(firmware);
    const auto guest = firmware.launchStart({});
    const fs::path file = folder() / "genoa.platform";
    Bytes content = *readFile(file, 1 << 20);
    content[200] ^= 1;
    QVERIFY(writeFileAtomically(file, content).has_value());
    COMPARE_STATUS(firmware.pekGen(), SecureDataInvalid);
    COMPARE_STATUS(firmware.pdhCertExport(size, 3 * size), SecureDataInvalid);
    COMPARE_STATUS(firmware.init(), SecureDataInvalid);
    COMPARE_STATUS(processor->snp().status(), SecureDataInvalid);
    COMPARE_STATUS(processor->firmware().launchStart(GuestPolicy(), {}), SecureDataInvalid);
    QCOMPARE(firmware.platformStatus()->state, SevState::Uninit);
    QCOMPARE(*readFile(file, 1 << 20), content); // and it is not repaired silently
    COMPARE_STATUS(firmware.factoryReset(), Success);
    COMPARE_STATUS(firmware.init(), Success);
    COMPARE_STATUS(firmware.guestStatus(*guest), InvalidGuest);
    COMPARE_STATUS(processor->snp().status(), Success);
    // No key comes back, although it was forgotten how many there have been.
    const auto after = chainOf(firmware);
    for (const auto member : {&legacy::PlatformChain::pdh, &legacy::PlatformChain::pek, &legacy::PlatformChain::oca})
        QVERIFY(!std::ranges::equal((after.*member)->signedBytes(), (before.*member)->signedBytes()));
    COMPARE_STATUS(firmware.pekGen(), Success);
}

QTEST_GUILESS_MAIN(TestEmulatedLegacyPlatform)
#include "test_emulated_legacy_platform.moc"
