// SPDX-License-Identifier: Apache-2.0
#include "appraised.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/certificate.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/vectors.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;
using test::appraised;
using test::failures;
using test::outcomeOf;
using test::verdictOf;

namespace {

struct Case {
    Evidence evidence;
    ReferenceValues expected;
    std::int64_t at = 0;
};

/// An emulated report with everything expected that can be.
Case emulatedCase(std::uint32_t version)
{
    const auto processor = test::emulatedProcessor({.reportVersion = version});
    const auto guest = *processor->launchStart(GuestPolicy());
    Case result;
    LaunchFinish finish;
    finish.hostData.bytes.fill(3);
    static_cast<void>(processor->launchFinish(guest, finish));
    ReportRequest request;
    request.reportData.bytes.fill(9);
    result.evidence.report = ReportResponse::decode(processor->guestRequest(guest, request.encode()))->report;
    result.evidence.endorsements = processor->endorsements();
    result.expected.root = processor->rootFingerprint();
    result.expected.launchDigest = *processor->measurement(guest);
    result.expected.reportData = request.reportData;
    result.expected.hostData = finish.hostData;
    result.expected.vmpl = 0;
    result.at = std::time(nullptr);
    return result;
}

/// The finding that must fail beside the signature when a byte of this field changes, given what was expected. Null: none.
const char *fieldFinding(std::size_t offset, std::uint32_t version)
{
    namespace at = report_offset;
    const auto within = [offset](std::size_t first, std::size_t length) { return offset >= first && offset < first + length; };
    for (const auto &range : reservedRanges(version))
        if (within(range.offset, range.length))
            return "report.reserved";
    if (within(at::reportData, 64))
        return "report.data";
    if (within(at::measurement, 48))
        return "launch.digest";
    if (within(at::hostData, 32))
        return "report.hostdata";
    if (within(at::vmpl, 4))
        return "report.vmpl";
    if (within(at::chipId, 64))
        return "chip.certificate";
    if (within(at::reportIdMa, 32))
        return "policy.migration";
    if (within(at::signatureAlgorithm, 4))
        return "report.key";
    if (within(at::reportedTcb, 8))
        return "tcb.certificate";
    return nullptr;
}

} // namespace

class TestAppraisalFlips : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyByteOfAnEmulatedReport_data();
    void everyByteOfAnEmulatedReport();
    void everyByteOfARealReport();
    void everyLengthOfAReport();
    void everyByteOfTheCertificates();
    void everyLengthOfTheCertificates();

private:
    static void flipAll(const Case &good, std::uint32_t version);
};

void TestAppraisalFlips::flipAll(const Case &good, std::uint32_t version)
{
    const auto before = appraised(good.evidence, good.expected, good.at);
    QVERIFY2(verdictOf(before) == QLatin1String("trusted"), before.sentence.c_str());
    for (std::size_t at = 0; at < good.evidence.report.size(); ++at) {
        for (const unsigned mask : {1u << at % 8, 0xffu}) {
            if (mask == 0xff && at % 16 != 0)
                continue; // one bit of every byte; all bits of some
            Evidence changed = good.evidence;
            changed.report[at] ^= static_cast<std::uint8_t>(mask);
            const auto appraisal = appraised(changed, good.expected, good.at);
            const auto why = QStringLiteral("offset 0x%1, mask 0x%2: %3").arg(at, 0, 16).arg(mask, 0, 16).arg(failures(appraisal));
            QVERIFY2(verdictOf(appraisal) == QLatin1String("refused"), qPrintable(why));
            // Behind the signature only the reserved bytes can tell.
            const bool isSigned = at < ReportView::signedSize || at < report_offset::tail;
            QVERIFY2(
                outcomeOf(appraisal, "report.signature") == (isSigned ? QLatin1String("fail") : QLatin1String("pass")), qPrintable(why));
            // The first bytes of a flipped version decide what is reserved; there the signature must do.
            if (const char *finding = fieldFinding(at, version); finding && at >= 4)
                QVERIFY2(outcomeOf(appraisal, finding) == QLatin1String("fail"), qPrintable(why));
            // Describing what was tampered with never fails either.
            QVERIFY(test::backend().describe(changed).has_value());
        }
    }
}

void TestAppraisalFlips::everyByteOfAnEmulatedReport_data()
{
    QTest::addColumn<unsigned>("version");
    QTest::newRow("version 5") << 5u;
    QTest::newRow("version 3") << 3u;
}

void TestAppraisalFlips::everyByteOfAnEmulatedReport()
{
    QFETCH(unsigned, version);
    flipAll(emulatedCase(version), version);
}

void TestAppraisalFlips::everyByteOfARealReport()
{
    KASTELLAN_NEED_VECTORS();
    Case real;
    const auto authorities = *Certificate::fromPem(asText(test::vector("snp-milan/cert_chain.pem")));
    real.evidence.report = test::vector("snp-milan/report.bin");
    real.evidence.endorsements = {
        {"vcek", test::vector("snp-milan/vcek.der")}, {"ask", authorities[0].der()}, {"ark", authorities[1].der()}};
    const auto report = *ReportView::from(real.evidence.report);
    real.expected.launchDigest = report.measurement();
    real.expected.reportData = report.reportData();
    real.expected.hostData = report.hostData();
    real.expected.vmpl = report.vmpl();
    real.at = Certificate::fromDer(real.evidence.endorsements[0].der)->notBefore() + 86400;
    flipAll(real, 2);
}

void TestAppraisalFlips::everyLengthOfAReport()
{
    const Case good = emulatedCase(5);
    for (std::size_t length = 0; length < 1300; ++length) {
        if (length == ReportView::size)
            continue;
        Evidence changed = good.evidence;
        changed.report.resize(length);
        const auto appraisal = appraised(changed, good.expected, good.at);
        QCOMPARE(failures(appraisal), QStringLiteral("report.format"));
        QCOMPARE(verdictOf(appraisal), QStringLiteral("refused"));
        const auto view = test::backend().describe(changed);
        QVERIFY(view.has_value());
        QCOMPARE(view->fields.front().length, length);
    }
    Evidence other = good.evidence;
    other.kind = "something else";
    QCOMPARE(failures(appraised(other, good.expected, good.at)), QStringLiteral("report.format"));
    QVERIFY(!test::backend().describe(other).has_value());
}

// No changed byte of a certificate may leave the evidence trusted.
void TestAppraisalFlips::everyByteOfTheCertificates()
{
    const Case good = emulatedCase(5);
    for (std::size_t which = 0; which < 3; ++which)
        for (std::size_t at = 0; at < good.evidence.endorsements[which].der.size(); at += which == 0 ? 1 : 5) {
            Evidence changed = good.evidence;
            changed.endorsements[which].der[at] ^= 0x01;
            const auto appraisal = appraised(changed, good.expected, good.at);
            QVERIFY2(verdictOf(appraisal) == QLatin1String("refused"),
                qPrintable(QStringLiteral("%1 at %2: %3")
                        .arg(QString::fromStdString(changed.endorsements[which].role))
                        .arg(at)
                        .arg(QString::fromStdString(appraisal.sentence))));
            static_cast<void>(test::backend().describe(changed));
        }
}

void TestAppraisalFlips::everyLengthOfTheCertificates()
{
    const Case good = emulatedCase(5);
    for (std::size_t which = 0; which < 3; ++which)
        for (std::size_t length = 0; length < good.evidence.endorsements[which].der.size(); length += which == 0 ? 1 : 3) {
            Evidence changed = good.evidence;
            changed.endorsements[which].der.resize(length);
            const auto appraisal = appraised(changed, good.expected, good.at);
            QCOMPARE(outcomeOf(appraisal, "chain.complete"), QStringLiteral("fail"));
            QCOMPARE(verdictOf(appraisal), QStringLiteral("refused"));
        }
}

QTEST_GUILESS_MAIN(TestAppraisalFlips)
#include "test_appraisal_flips.moc"
