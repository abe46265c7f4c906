// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/guest_message.h"
#include "sev-backend/abi/id_block.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/abi/vmsa.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;

class TestSevAbi : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void products();
    void productNames();
    void tcbLayouts();
    void tcbOrder();
    void policyBits();
    void platformBits();
    void reportFields();
    void reportProduct();
    void reservedFields_data();
    void reservedFields();
    void messages();
    void idBlockBytes();
    void cpuSignatures();
};

void TestSevAbi::products()
{
    const auto is = [](unsigned family, unsigned model, Product product) { return productFromCpuid(family, model) == product; };
    QVERIFY(is(0x19, 0x00, Product::Milan) && is(0x19, 0x0f, Product::Milan));
    QVERIFY(is(0x19, 0x10, Product::Genoa) && is(0x19, 0x1f, Product::Genoa) && is(0x19, 0xa0, Product::Genoa)
        && is(0x19, 0xaf, Product::Genoa));
    QVERIFY(is(0x1a, 0x00, Product::Turin) && is(0x1a, 0x11, Product::Turin));
    QVERIFY(is(0x1a, 0x50, Product::Venice) && is(0x1a, 0xc7, Product::Venice));
    for (const auto &[family, model] :
        {std::pair(0x19u, 0x20u), {0x19u, 0x9fu}, {0x19u, 0xb0u}, {0x1au, 0x12u}, {0x1au, 0x58u}, {0x17u, 0x01u}, {0u, 0u}, {0xffu, 0xffu}})
        QVERIFY(is(family, model, Product::Unknown));
    QCOMPARE(name(Product::Unknown), std::string_view("unknown product"));
}

void TestSevAbi::productNames()
{
    for (const auto *text : {"Milan", "Milan-B0", "ARK-Milan", "SEV-Milan", "SEV-VLEK-Milan"})
        QCOMPARE(productFromText(text), Product::Milan);
    for (const auto *text : {"Genoa", "Siena", "Bergamo-A0", "SEV-Genoa"})
        QCOMPARE(productFromText(text), Product::Genoa);
    for (const auto *text : {"", "milan", "Mila", "Milano", "ARK-", "SEV-VCEK", "-", "Milan B0", "unknown product"})
        QCOMPARE(productFromText(text), Product::Unknown);
}

void TestSevAbi::tcbLayouts()
{
    TcbBytes raw;
    raw.bytes = {1, 2, 3, 4, 5, 6, 7, 8};
    const TcbVersion milan(raw, TcbLayout::Milan), turin(raw, TcbLayout::Turin);
    QCOMPARE(milan.text(), std::string("bl 1, tee 2, snp 7, ucode 8"));
    QCOMPARE(turin.text(), std::string("fmc 1, bl 2, tee 3, snp 4, ucode 8"));
    QVERIFY(!milan.part(TcbPart::Fmc).has_value());
    QVERIFY(!milan.reservedClear() && !turin.reservedClear());
    TcbVersion made(TcbLayout::Turin);
    for (const auto part : TcbVersion::parts(TcbLayout::Turin))
        QVERIFY(made.set(part, 9));
    QVERIFY(made.reservedClear());
    QCOMPARE(toHex(made.bytes().bytes), std::string("0909090900000009"));
    QVERIFY(!TcbVersion(TcbLayout::Milan).set(TcbPart::Fmc, 1));
    for (const auto part : TcbVersion::parts(TcbLayout::Turin))
        QCOMPARE(tcbPartFromName(name(part)), part);
    QVERIFY(!tcbPartFromName("SNP").has_value());
}

void TestSevAbi::tcbOrder()
{
    TcbVersion low(TcbLayout::Milan), high(TcbLayout::Milan);
    QVERIFY(high.atLeast(low));
    high.set(TcbPart::Snp, 5);
    QVERIFY(high.atLeast(low) && !low.atLeast(high));
    low.set(TcbPart::Tee, 1); // neither is at least the other now
    QVERIFY(!high.atLeast(low) && !low.atLeast(high));
    QVERIFY(!TcbVersion(TcbLayout::Turin).atLeast(TcbVersion(TcbLayout::Milan)));
}

void TestSevAbi::policyBits()
{
    QVERIFY(!GuestPolicy().invalid());
    QVERIFY(GuestPolicy(0x10000).invalid().has_value());
    for (unsigned bit = 26; bit < 64; ++bit)
        QVERIFY(GuestPolicy(0x30000 | std::uint64_t{1} << bit).invalid()->contains(std::to_string(bit)));
    const GuestPolicy policy(0x3001f);
    QCOMPARE(policy.abiMinor(), 0x1fu);
    QCOMPARE(policy.abiMajor(), 0u);
    QCOMPARE(GuestPolicy(0xb0000).text(), std::string("0xb0000 (smt, must-be-one, debug)"));
    QCOMPARE(GuestPolicy().with(GuestPolicy::Debug).raw(), std::uint64_t{0xb0000});
    QCOMPARE(GuestPolicy(0xb0000).with(GuestPolicy::Debug, false), GuestPolicy());
    QCOMPARE(GuestPolicy::bits().size(), std::size_t{10});
}

void TestSevAbi::platformBits()
{
    QVERIFY(!PlatformInfo(0xbf).reservedBit());
    QCOMPARE(PlatformInfo(64).reservedBit(), 6u);
    QCOMPARE(PlatformInfo(256).reservedBit(), 8u);
    QCOMPARE(PlatformInfo(std::uint64_t{1} << 63).reservedBit(), 63u);
    QCOMPARE(PlatformInfo(0x25).text(), std::string("0x25 (smt, ecc, alias-check)"));
}

void TestSevAbi::reportFields()
{
    Bytes bytes(ReportView::size);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(i + (i >> 8));
    const auto report = ReportView::from(bytes);
    QCOMPARE(report->bytes().data(), static_cast<const std::uint8_t *>(bytes.data())); // a view, not a copy
    QCOMPARE(report->guestSvn(), 0x07060504u);
    QCOMPARE(report->policy().raw(), std::uint64_t{0x0f0e0d0c0b0a0908});
    QCOMPARE(report->reportData().bytes[0], std::uint8_t{0x50});
    QCOMPARE(report->measurement().bytes[47], std::uint8_t{0xbf});
    QCOMPARE(report->reportId().bytes[0], std::uint8_t{0x41});
    QCOMPARE(report->chipId().bytes[0], std::uint8_t{0xa1});
    QCOMPARE(report->currentVersion().text(), std::string("235.234.233"));
    QCOMPARE(report->signedBytes().size(), std::size_t{0x2a0});
    QCOMPARE(report->signatureS().data() - bytes.data(), std::ptrdiff_t{0x2e8});
    QCOMPARE(report->signatureS().data() + 72 - bytes.data(), static_cast<std::ptrdiff_t>(report_offset::tail));
    for (const std::size_t size : {0u, 1u, 1183u, 1185u, 4000u})
        QVERIFY(!ReportView::from(Bytes(size)).has_value());
}

void TestSevAbi::reportProduct()
{
    Bytes bytes(ReportView::size);
    const auto report = *ReportView::from(bytes);
    const auto at = [&bytes](std::size_t offset) -> std::uint8_t & { return bytes[offset]; };
    at(0) = 2; // masked
    QCOMPARE(report.product().product, Product::Unknown);
    QVERIFY(!report.product().layoutKnown);
    at(report_offset::chipId + 7) = 1; // eight bytes
    QCOMPARE(report.product().product, Product::Turin);
    at(report_offset::chipId + 8) = 1; // more
    QCOMPARE(report.product().product, Product::Unknown);
    QVERIFY(report.product().layoutKnown);
    QCOMPARE(report.product().layout, TcbLayout::Milan);
    at(0) = 3;
    at(report_offset::cpuidFamily) = 0x1a;
    at(report_offset::cpuidModel) = 0x02;
    QCOMPARE(report.product().product, Product::Turin);
    at(report_offset::cpuidModel) = 0xff;
    QCOMPARE(report.product().product, Product::Unknown);
    QVERIFY(report.product().how.contains("0x1a"));
}

void TestSevAbi::reservedFields_data()
{
    QTest::addColumn<unsigned>("version");
    QTest::addColumn<unsigned>("count"); // bytes that may hold something
    QTest::newRow("2") << 2u << 1184u - (4 + 24 + 1 + 1 + 168 + 368);
    QTest::newRow("3") << 3u << 1184u - (4 + 21 + 1 + 1 + 168 + 368);
    QTest::newRow("4") << 4u << 1184u - (4 + 21 + 1 + 1 + 168 + 368);
    QTest::newRow("5") << 5u << 1184u - (4 + 21 + 1 + 1 + 152 + 368);
}

void TestSevAbi::reservedFields()
{
    QFETCH(unsigned, version);
    QFETCH(unsigned, count);
    Bytes bytes(ReportView::size);
    bytes[0] = static_cast<std::uint8_t>(version);
    if (version >= 3) {
        bytes[report_offset::cpuidFamily] = 0x19;
        bytes[report_offset::cpuidModel] = 0x11;
    } else {
        bytes[report_offset::chipId + 60] = 1;
    }
    QVERIFY(!ReportView::from(bytes)->reservedViolation());
    unsigned free = 4; // the version itself
    for (std::size_t at = 4; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 0x01;
        if (const auto violation = ReportView::from(changed)->reservedViolation())
            QVERIFY(violation->offset == at || at == report_offset::cpuidFamily || at == report_offset::cpuidModel);
        else
            ++free;
    }
    // Besides: of PLATFORM_INFO and the flags word only the first byte, of four TCBs four bytes each.
    QCOMPARE(free, count - 7 - 3 - 16);
}

void TestSevAbi::messages()
{
    ReportRequest request;
    request.reportData.bytes.fill(5);
    request.vmpl = 3;
    const auto bytes = request.encode();
    const auto again = ReportRequest::decode(bytes);
    QCOMPARE(toHex(again->encode()), toHex(bytes));
    for (std::size_t at = 0x40; at < bytes.size(); ++at) {
        auto changed = bytes;
        changed[at] = 0xff;
        QVERIFY(!ReportRequest::decode(changed).has_value());
    }
    const ReportResponse good{FirmwareStatus::Success, Bytes(ReportView::size, 3)};
    const Bytes encoded = good.encode();
    QCOMPARE(encoded.size(), ReportResponse::size);
    QCOMPARE(ReportResponse::decode(encoded)->report, good.report);
    for (std::size_t size = 0; size < ReportResponse::reportOffset + ReportView::size; ++size)
        QVERIFY(!ReportResponse::decode(ByteView(encoded).first(size)).has_value());
    Bytes wrong = encoded;
    wrong[4] = 0;
    QVERIFY(!ReportResponse::decode(wrong).has_value());
    const ReportResponse bad{FirmwareStatus::InvalidParam, {}};
    QCOMPARE(ReportResponse::decode(bad.encode())->status, FirmwareStatus::InvalidParam);
}

void TestSevAbi::idBlockBytes()
{
    IdBlock block;
    block.launchDigest.bytes.fill(1);
    block.familyId.bytes.fill(2);
    block.imageId.bytes.fill(3);
    block.guestSvn = 4;
    block.policy = GuestPolicy(0x30005);
    const auto bytes = block.encode();
    QCOMPARE(toHex(ByteView(bytes).subspan(0x30)),
        std::string("0202020202020202020202020202020203030303030303030303030303030303"
                    "0100000004000000"
                    "0500030000000000"));
    const auto again = IdBlock::decode(bytes);
    QCOMPARE(toHex(again->encode()), toHex(bytes));
    QVERIFY(!IdBlock::decode(ByteView(bytes).first(95)).has_value());
    Bytes auth(IdAuthView::size);
    QVERIFY(IdAuthView::from(auth)->reservedClear());
    for (const std::size_t at : {0x008u, 0x03fu, 0x644u, 0x67fu, 0xc84u, 0xfffu}) {
        Bytes changed = auth;
        changed[at] = 1;
        QVERIFY(!IdAuthView::from(changed)->reservedClear());
    }
    QVERIFY(!IdAuthView::from(Bytes(4095)).has_value());
}

void TestSevAbi::cpuSignatures()
{
    QCOMPARE(cpuSignature(0x19, 0x11, 0), 0x00a10f10u); // EPYC-Genoa
    QCOMPARE(cpuSignature(0x19, 0x01, 1), 0x00a00f11u); // EPYC-Milan
    QCOMPARE(cpuSignature(0x17, 0x01, 2), 0x00800f12u); // EPYC
    QCOMPARE(cpuSignature(6, 0x3, 4), 0x00000634u); // a family that needs no extension
}

QTEST_GUILESS_MAIN(TestSevAbi)
#include "test_sev_abi.moc"
