// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/abi/id_block.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "sev-backend/measurement/process_keep.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/profile_rows.h"
#include "tests/support/vectors.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

QString text(FirmwareStatus status)
{
    return QString::fromStdString(message(status));
}
template <typename T>
FirmwareStatus statusOf(const Answer<T> &answer)
{
    return answer ? FirmwareStatus::Success : answer.error();
}

/// An ID authentication block as an owner makes it.
Bytes authBlock(const P384PrivateKey &idKey, const P384PrivateKey &authorKey, ByteView block)
{
    Bytes auth(IdAuthView::size);
    storeLe<std::uint32_t>(auth, 0, 1);
    storeLe<std::uint32_t>(auth, 4, 1);
    const auto put = [&auth](std::size_t offset, ByteView bytes) {
        std::ranges::copy(bytes, auth.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    const auto idPublic = idKey.publicFirmwareKey();
    put(0x040, idKey.sign(block).bytes);
    put(0x240, idPublic.bytes);
    put(0x680, authorKey.sign(idPublic.bytes).bytes);
    put(0x880, authorKey.publicFirmwareKey().bytes);
    return auth;
}

} // namespace

#define COMPARE_STATUS(answer, expected) QCOMPARE(text(statusOf(answer)), text(FirmwareStatus::expected))

class TestEmulatedFirmware : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void launchesAProcessKeep();
    void reportsOfEveryVersion_data();
    void reportsOfEveryVersion();
    void certificatesHaveTheRealShapes_data();
    void certificatesHaveTheRealShapes();
    void refusesPolicies_data();
    void refusesPolicies();
    void refusesUpdates();
    void refusesOutOfOrder();
    void idBlock();
    void idBlockOfTheVectors();
    void refusesRequests();
    void savedGuestComesBack();
    void savedGuestCantBeChanged();
    void everyStatusHasWords();
};

void TestEmulatedFirmware::launchesAProcessKeep()
{
    const auto processor = test::emulatedProcessor();
    Bytes warden(300000, 7), runner(5000, 9);
    const auto keep = ProcessKeep::layOut({{"/usr/bin/keep-warden", 0755, warden}, {"/usr/bin/keep-runner", 0755, runner}});
    QVERIFY(keep.has_value());
    const auto guest = processor->launchStart(GuestPolicy());
    QVERIFY(guest.has_value());
    for (const auto &run : keep->runs())
        QVERIFY(processor->launchUpdate(*guest, run.type, run.gpa, run.pages).has_value());
    LaunchFinish finish;
    finish.hostData.bytes.fill(0x5a);
    QVERIFY(processor->launchFinish(*guest, finish).has_value());

    ReportRequest request;
    request.reportData.bytes.fill(0xa5);
    request.vmpl = 1;
    const auto response = ReportResponse::decode(processor->guestRequest(*guest, request.encode()));
    QVERIFY(response.has_value());
    QCOMPARE(text(response->status), text(FirmwareStatus::Success));
    const auto report = ReportView::from(response->report);
    QVERIFY(report.has_value());
    QCOMPARE(report->version(), 5u);
    QCOMPARE(toHex(report->measurement().bytes), toHex(measureProcessKeep(*keep).bytes));
    QCOMPARE(toHex(report->hostData().bytes), toHex(finish.hostData.bytes));
    QCOMPARE(toHex(report->reportData().bytes), toHex(request.reportData.bytes));
    QCOMPARE(report->vmpl(), 1u);
    QCOMPARE(report->policy().raw(), GuestPolicy::standard);
    QVERIFY(report->withoutMigrationAgent());
    QVERIFY(!report->reservedViolation().has_value());
    QCOMPARE(report->product().product, Product::Genoa);
    const auto key = P384Key::of(processor->identity().vcek());
    QVERIFY(key->verifies(report->signedBytes(), report->signatureR(), report->signatureS()));

    // Another guest has another identity, and the handle of one that ended is no handle.
    const auto other = processor->launchStart(GuestPolicy());
    QVERIFY(processor->launchFinish(*other, {}).has_value());
    const auto second = ReportResponse::decode(processor->guestRequest(*other, request.encode()));
    QVERIFY(ReportView::from(second->report)->reportId() != report->reportId());
    QVERIFY(processor->decommission(*guest).has_value());
    const auto gone = ReportResponse::decode(processor->guestRequest(*guest, request.encode()));
    QCOMPARE(text(gone->status), text(FirmwareStatus::InvalidGuest));
    QVERIFY(!processor->decommission(*guest).has_value());
}

void TestEmulatedFirmware::reportsOfEveryVersion_data()
{
    test::addProfileRows();
}

void TestEmulatedFirmware::reportsOfEveryVersion()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, version);
    QFETCH(bool, masked);
    const Profile &which = **findProfile(profile.toStdString());
    const auto processor = test::emulatedProcessor({&which, version, masked});
    const auto guest = processor->launchStart(GuestPolicy());
    QVERIFY(processor->launchFinish(*guest, {}).has_value());
    const auto response = ReportResponse::decode(processor->guestRequest(*guest, ReportRequest().encode()));
    const auto report = ReportView::from(response->report);
    QVERIFY(report.has_value());
    QCOMPARE(report->version(), version);
    const auto violation = report->reservedViolation();
    QVERIFY2(!violation, violation ? (violation->field + " at " + std::to_string(violation->offset)).c_str() : "");
    QCOMPARE(report->chipIdMasked(), masked);
    const auto about = report->product();
    if (version >= 3)
        QCOMPARE(about.product, which.product);
    else if (masked)
        QCOMPARE(about.product, Product::Unknown);
    else
        QCOMPARE(about.layout, layoutOf(which.product));
    QCOMPARE(TcbVersion(report->reportedTcb(), layoutOf(which.product)).text(), which.tcb().text());
    QVERIFY(P384Key::of(processor->identity().vcek())->verifies(report->signedBytes(), report->signatureR(), report->signatureS()));
}

void TestEmulatedFirmware::certificatesHaveTheRealShapes_data()
{
    QTest::addColumn<QString>("profile");
    for (const auto &profile : profiles())
        QTest::addRow("%s", std::string(profile.id).c_str()) << QString::fromStdString(std::string(profile.id));
}

void TestEmulatedFirmware::certificatesHaveTheRealShapes()
{
    QFETCH(QString, profile);
    const Profile &which = **findProfile(profile.toStdString());
    const auto processor = test::emulatedProcessor({.profile = &which});
    const Identity &identity = processor->identity();
    const Chain chain{identity.authority().ark(), identity.authority().ask(), identity.vcek()};
    const auto root = identifyRoot(chain.ark);
    QCOMPARE(root.kind, RootIdentity::Kind::Emulated);
    QCOMPARE(root.product, which.product);
    QCOMPARE(root.text, processor->rootFingerprint());
    const auto now = static_cast<std::int64_t>(std::time(nullptr));
    for (const auto &faults : {signatureFaults(chain), nameFaults(chain, root), constraintFaults(chain), dateFaults(chain, now)})
        QVERIFY2(faults.empty(), faults.empty() ? "" : faults.front().c_str());
    QVERIFY(!dateFaults(chain, now + 8LL * 365 * 86400).empty());
    QVERIFY(!dateFaults(chain, now - 3 * 86400).empty());
    for (const auto *certificate : {&chain.ark, &chain.ask, &chain.leaf}) {
        QVERIFY(certificate->subject().contains("Kastellan EMULATED"));
        QVERIFY(!certificate->subject().contains("Advanced Micro Devices"));
        QVERIFY(!certificate->issuer().contains("Advanced Micro Devices"));
    }
    QCOMPARE(chain.ark.keyText(), std::string("RSA 4096"));
    QCOMPARE(chain.leaf.serial(), std::string("0"));
    QCOMPARE(chain.ark.commonName(), "ARK-" + std::string(name(which.product)));
    const auto extensions = readVekExtensions(chain.leaf);
    QVERIFY2(extensions.has_value(), extensions ? "" : extensions.error().message().c_str());
    QCOMPARE(extensions->tcb, which.tcb());
    QCOMPARE(extensions->product, which.product);
    QCOMPARE(extensions->hardwareId->size(), chipIdSize(which.product));
}

void TestEmulatedFirmware::refusesPolicies_data()
{
    QTest::addColumn<quint64>("policy");
    QTest::addColumn<QString>("status");
    const auto row = [](const char *name, GuestPolicy policy, FirmwareStatus status) {
        QTest::newRow(name) << quint64{policy.raw()} << text(status);
    };
    const GuestPolicy good;
    row("standard", good, FirmwareStatus::Success);
    row("oldest version", GuestPolicy(0x3013a), FirmwareStatus::Success);
    row("debug", good.with(GuestPolicy::Debug), FirmwareStatus::Success);
    row("bit 17 clear", good.with(GuestPolicy::MustBeOne, false), FirmwareStatus::InvalidParam);
    row("bit 26", GuestPolicy(0x30000 | 1ull << 26), FirmwareStatus::InvalidParam);
    row("bit 63", GuestPolicy(0x30000 | 1ull << 63), FirmwareStatus::InvalidParam);
    row("newer minor", GuestPolicy(0x3013b), FirmwareStatus::PolicyFailure);
    row("newer major", GuestPolicy(0x30200), FirmwareStatus::PolicyFailure);
    row("without SMT", good.with(GuestPolicy::Smt, false), FirmwareStatus::PolicyFailure);
    row("RAPL off", good.with(GuestPolicy::RaplDisabled), FirmwareStatus::PolicyFailure);
    row("ciphertext hiding", good.with(GuestPolicy::CiphertextHiding), FirmwareStatus::PolicyFailure);
    row("migration agent", good.with(GuestPolicy::MigrateMa), FirmwareStatus::PolicyFailure);
}

void TestEmulatedFirmware::refusesPolicies()
{
    QFETCH(quint64, policy);
    QFETCH(QString, status);
    const auto processor = test::emulatedProcessor();
    QCOMPARE(text(statusOf(processor->firmware().launchStart(GuestPolicy(policy), {}))), status);
    const auto guest = processor->launchStart(GuestPolicy(policy));
    if (!guest) {
        QVERIFY(QString::fromStdString(guest.error().message()).contains(status));
        QVERIFY(!guest.error().remedy.empty());
    }
    // Milan encrypts with 128 bits; the others with 256.
    COMPARE_STATUS(processor->firmware().launchStart(GuestPolicy().with(GuestPolicy::MemAes256Xts), {}), Success);
    const auto milan = test::emulatedProcessor({.profile = *findProfile("milan")});
    COMPARE_STATUS(milan->firmware().launchStart(GuestPolicy().with(GuestPolicy::MemAes256Xts), {}), PolicyFailure);
}

void TestEmulatedFirmware::refusesUpdates()
{
    const auto processor = test::emulatedProcessor();
    Firmware &firmware = processor->firmware();
    const auto guest = firmware.launchStart(GuestPolicy(), {});
    const Bytes page(pageSize), pages(3 * pageSize), odd(pageSize + 1);
    const auto before = *firmware.measurement(*guest);
    COMPARE_STATUS(firmware.launchUpdate({999}, PageType::Normal, 0, page), InvalidGuest);
    COMPARE_STATUS(firmware.launchUpdate(*guest, static_cast<PageType>(0), 0, page), InvalidParam);
    COMPARE_STATUS(firmware.launchUpdate(*guest, static_cast<PageType>(7), 0, page), InvalidParam);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, 0, {}), InvalidPageSize);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, 0, odd), InvalidPageSize);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, 1, page), InvalidAddress);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, 1ull << 52, page), InvalidAddress);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, (1ull << 52) - pageSize, pages), InvalidAddress);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, ~0ull - 4095, page), InvalidAddress);
    Bytes cpuid(pageSize);
    cpuid[0] = 65;
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Cpuid, 0, cpuid), InvalidParam);
    cpuid[0] = 1;
    cpuid[16 + 40] = 1;
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Cpuid, 0, cpuid), InvalidParam);
    QCOMPARE(*firmware.measurement(*guest), before); // what was refused left nothing behind

    for (const auto type : {PageType::Normal, PageType::Zero, PageType::Unmeasured, PageType::Secrets, PageType::Cpuid}) {
        const std::uint64_t gpa = 0x10000ull * static_cast<std::uint64_t>(type);
        COMPARE_STATUS(firmware.launchUpdate(*guest, type, gpa, page), Success);
        COMPARE_STATUS(firmware.launchUpdate(*guest, type, gpa, page), InvalidPageState);
        COMPARE_STATUS(firmware.launchUpdate(*guest, type, gpa - 2 * pageSize, pages), InvalidPageState);
        COMPARE_STATUS(firmware.launchUpdate(*guest, type, gpa + pageSize, pages), Success);
    }
    // The VMSAs of all processors lie at one address.
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Vmsa, vmsaGpa, page), Success);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Vmsa, vmsaGpa, page), Success);
}

void TestEmulatedFirmware::refusesOutOfOrder()
{
    const auto processor = test::emulatedProcessor();
    Firmware &firmware = processor->firmware();
    const auto guest = firmware.launchStart(GuestPolicy(), {});
    const Bytes page(pageSize);
    QCOMPARE(text(firmware.report(*guest, ReportRequest().encode()).status), text(FirmwareStatus::InvalidGuestState));
    COMPARE_STATUS(firmware.launchFinish({77}, {}), InvalidGuest);
    COMPARE_STATUS(firmware.launchFinish(*guest, {}), Success);
    COMPARE_STATUS(firmware.launchFinish(*guest, {}), InvalidGuestState);
    COMPARE_STATUS(firmware.launchUpdate(*guest, PageType::Normal, 0, page), InvalidGuestState);
    const auto before = firmware.guestCount();
    for (std::size_t i = before; i < 1024; ++i)
        QVERIFY(firmware.launchStart(GuestPolicy(), {}).has_value());
    COMPARE_STATUS(firmware.launchStart(GuestPolicy(), {}), ResourceLimit);
    COMPARE_STATUS(firmware.decommission(*guest), Success);
    COMPARE_STATUS(firmware.launchStart(GuestPolicy(), {}), Success);
}

void TestEmulatedFirmware::idBlock()
{
    const auto processor = test::emulatedProcessor();
    Firmware &firmware = processor->firmware();
    const auto idKey = P384PrivateKey::make(), authorKey = P384PrivateKey::make();
    const Bytes page(pageSize, 3);
    const auto launch = [&] {
        const auto guest = firmware.launchStart(GuestPolicy(), {});
        static_cast<void>(firmware.launchUpdate(*guest, PageType::Normal, 0, page));
        return *guest;
    };
    IdBlock block;
    block.launchDigest = *firmware.measurement(launch());
    block.guestSvn = 7;
    block.familyId.bytes.fill(1);
    block.imageId.bytes.fill(2);
    const auto finishWith = [&](const IdBlock &signedBlock, bool author) {
        LaunchFinish finish;
        finish.idBlock = toBytes(ByteView(signedBlock.encode()));
        finish.idAuth = authBlock(idKey, authorKey, finish.idBlock);
        finish.authorKey = author;
        return finish;
    };
    for (const bool author : {false, true}) {
        const auto guest = launch();
        COMPARE_STATUS(firmware.launchFinish(guest, finishWith(block, author)), Success);
        const auto response = firmware.report(guest, ReportRequest().encode());
        const auto report = ReportView::from(response.report);
        QCOMPARE(report->guestSvn(), 7u);
        QCOMPARE(report->familyId(), block.familyId);
        QCOMPARE(report->imageId(), block.imageId);
        QCOMPARE(toHex(report->idKeyDigest().bytes), toHex(sha384(idKey.publicFirmwareKey().bytes).bytes));
        QCOMPARE(report->authorKeyUsed(), author);
        QCOMPARE(toHex(report->authorKeyDigest().bytes),
            author ? toHex(sha384(authorKey.publicFirmwareKey().bytes).bytes) : toHex(KeyDigest{}.bytes));
    }
    const auto refusal = [&](const LaunchFinish &finish) { return text(statusOf(firmware.launchFinish(launch(), finish))); };
    auto changed = block;
    changed.launchDigest.bytes[0] ^= 1;
    QCOMPARE(refusal(finishWith(changed, false)), text(FirmwareStatus::BadMeasurement));
    changed = block;
    changed.policy = block.policy.with(GuestPolicy::Debug);
    QCOMPARE(refusal(finishWith(changed, false)), text(FirmwareStatus::PolicyFailure));
    changed = block;
    changed.version = 2;
    QCOMPARE(refusal(finishWith(changed, false)), text(FirmwareStatus::InvalidParam));
    // One bit anywhere in what was signed, in the keys or in the signatures.
    const auto good = finishWith(block, true);
    for (const std::size_t offset : {0x00u, 0x30u, 0x54u, 0x5fu}) {
        auto finish = good;
        finish.idBlock[offset] ^= 0x10;
        const auto why = refusal(finish);
        QVERIFY2(why == text(FirmwareStatus::BadSignature), qPrintable(why));
    }
    const std::pair<std::size_t, FirmwareStatus> bits[] = {{0x000, FirmwareStatus::InvalidParam}, {0x004, FirmwareStatus::InvalidParam},
        {0x008, FirmwareStatus::InvalidParam}, {0x040, FirmwareStatus::BadSignature}, {0x088, FirmwareStatus::BadSignature},
        {0x040 + 144, FirmwareStatus::BadSignature}, {0x240, FirmwareStatus::InvalidParam}, {0x244, FirmwareStatus::InvalidParam},
        {0x640, FirmwareStatus::InvalidParam}, {0x644, FirmwareStatus::InvalidParam}, {0x680, FirmwareStatus::BadSignature},
        {0x880, FirmwareStatus::InvalidParam}, {0xc84, FirmwareStatus::InvalidParam}, {0xfff, FirmwareStatus::InvalidParam}};
    for (const auto &[offset, status] : bits) {
        auto finish = good;
        finish.idAuth[offset] ^= 0x10;
        QCOMPARE(refusal(finish), text(status));
    }
    auto without = good;
    without.idBlock.clear();
    QCOMPARE(refusal(without), text(FirmwareStatus::InvalidParam));
    auto cut = good;
    cut.idAuth.pop_back();
    QCOMPARE(refusal(cut), text(FirmwareStatus::InvalidLength));
}

void TestEmulatedFirmware::idBlockOfTheVectors()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes auth = test::vector("id-block/test_auth_block.bin");
    IdBlock block;
    block.launchDigest = *LaunchDigest::from(
        *fromHex("a14d638341e5674628fe1e02fbedebe5e5ab4faf1dd72d8966068e615bb99efd13d214b35c231715b38e263dc6059745"), "digest");
    const auto view = IdAuthView::from(auth);
    QVERIFY(view.has_value());
    QVERIFY(view->reservedClear());
    QCOMPARE(toBase64(sha384(view->idKey()).bytes), std::string("WfssaG36T+9J84M5qndckAUcKNVzg93DuvO160sUlt87DbvcuuX+J2d6ZEggdz/i"));
    QCOMPARE(toBase64(sha384(view->authorKey()).bytes), std::string("7tgRafsMteDsNHlPEo/U4MSkb2fGWhrfqB/LJLzAiMJyNpt//D6ytq9qQoShs2xf"));
    const auto idKey = P384Key::fromFirmware(view->idKey()), authorKey = P384Key::fromFirmware(view->authorKey());
    QVERIFY(idKey.has_value() && authorKey.has_value());
    QVERIFY(authorKey->verifies(view->idKey(), view->idKeySignature().first(72), view->idKeySignature().subspan(72, 72)));
    QVERIFY(idKey->verifies(block.encode(), view->blockSignature().first(72), view->blockSignature().subspan(72, 72)));
}

void TestEmulatedFirmware::refusesRequests()
{
    const auto processor = test::emulatedProcessor();
    const auto guest = processor->launchStart(GuestPolicy());
    QVERIFY(processor->launchFinish(*guest, {}).has_value());
    const auto ask = [&](ByteView request) {
        const Bytes response = processor->guestRequest(*guest, request);
        return response.size() == ReportResponse::size ? text(ReportResponse::decode(response)->status) : QStringLiteral("wrong size");
    };
    const auto good = ReportRequest().encode();
    QCOMPARE(ask(good), text(FirmwareStatus::Success));
    for (std::size_t length = 0; length < good.size(); ++length)
        QCOMPARE(ask(ByteView(good).first(length)), text(FirmwareStatus::InvalidParam));
    for (std::size_t offset = 0x40; offset < good.size(); ++offset) {
        auto changed = good;
        changed[offset] = 0x80;
        QCOMPARE(ask(changed), text(FirmwareStatus::InvalidParam));
    }
    ReportRequest vlek;
    vlek.key = ReportRequest::Key::Vlek;
    QCOMPARE(ask(vlek.encode()), text(FirmwareStatus::InvalidKey));
    const auto silent = processor->launchStart(GuestPolicy());
    QVERIFY(processor->launchFinish(*silent, {.hostData = {}, .idBlock = {}, .idAuth = {}, .authorKey = false, .vcekDisabled = true})
            .has_value());
    QCOMPARE(text(processor->firmware().report(*silent, good).status), text(FirmwareStatus::InvalidKey));
}

void TestEmulatedFirmware::savedGuestComesBack()
{
    const auto first = test::emulatedProcessor();
    const auto guest = first->launchStart(GuestPolicy());
    const Bytes pages(5 * pageSize, 1);
    QVERIFY(first->launchUpdate(*guest, PageType::Normal, 0x100000, pages).has_value());
    QVERIFY(first->launchUpdate(*guest, PageType::Normal, 0x200000, pages).has_value());
    const auto halfway = first->saveGuest(*guest);
    LaunchFinish finish;
    finish.hostData.bytes.fill(4);
    QVERIFY(first->launchFinish(*guest, finish).has_value());
    const auto running = first->saveGuest(*guest);
    QVERIFY(halfway.has_value() && running.has_value());

    const auto second = test::emulatedProcessor();
    const auto again = second->restoreGuest(*running);
    QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
    const auto request = ReportRequest().encode();
    const Bytes before = ReportResponse::decode(first->guestRequest(*guest, request))->report;
    const Bytes after = ReportResponse::decode(second->guestRequest(*again, request))->report;
    QCOMPARE(toHex(ByteView(after).first(ReportView::signedSize)), toHex(ByteView(before).first(ReportView::signedSize)));
    // A launch that was saved halfway goes on, and knows which pages it has.
    const auto going = second->restoreGuest(*halfway);
    COMPARE_STATUS(second->firmware().launchUpdate(*going, PageType::Normal, 0x100000, pages), InvalidPageState);
    COMPARE_STATUS(second->firmware().launchUpdate(*going, PageType::Normal, 0x300000, pages), Success);
}

void TestEmulatedFirmware::savedGuestCantBeChanged()
{
    const auto processor = test::emulatedProcessor();
    const auto guest = processor->launchStart(GuestPolicy());
    const Bytes saved = *processor->saveGuest(*guest);
    QVERIFY(!ByteView(saved).empty());
    for (std::size_t at = 0; at < saved.size(); ++at) {
        Bytes changed = saved;
        changed[at] ^= 1;
        QVERIFY(!processor->restoreGuest(changed).has_value());
        QVERIFY(!processor->restoreGuest(ByteView(saved).first(at)).has_value());
    }
    const auto other = test::emulatedProcessor({.profile = *findProfile("milan")});
    const auto moved = other->restoreGuest(saved);
    QVERIFY(!moved.has_value());
    QVERIFY(moved.error().why.contains("another emulated processor"));
    QVERIFY(processor->restoreGuest(saved).has_value());
}

void TestEmulatedFirmware::everyStatusHasWords()
{
    for (unsigned code = 0; code <= 0x27; ++code) {
        if (code == 0x1e)
            continue; // never assigned
        const auto words = describe(static_cast<FirmwareStatus>(code));
        QVERIFY2(words.name != "UNKNOWN_STATUS", std::to_string(code).c_str());
        QVERIFY(!words.explanation.empty());
        QVERIFY(code == 0 || !words.remedy.empty());
    }
    QCOMPARE(describe(static_cast<FirmwareStatus>(0x1234)).name, std::string_view("UNKNOWN_STATUS"));
}

QTEST_GUILESS_MAIN(TestEmulatedFirmware)
#include "test_emulated_firmware.moc"
