// SPDX-License-Identifier: Apache-2.0
#include "appraised.h"
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/emulator/report_maker.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/profile_rows.h"

#include <QFile>
#include <QTest>

#include <thread>

using namespace kastellan;
using namespace kastellan::sev;
using test::actualOf;
using test::appraised;
using test::failures;
using test::outcomeOf;
using test::verdictOf;

namespace {

constexpr std::int64_t day = 86400;

/// A processor whose reports and certificates a test can bend, and sign again with the right keys.
class Bench {
public:
    explicit Bench(const Profile &profile = defaultProfile(), std::uint32_t version = 5, bool masked = false)
        : m_profile(profile)
        , m_processor(test::emulatedProcessor({&profile, version, masked}))
    {
        const auto guest = *m_processor->launchStart(GuestPolicy());
        static_cast<void>(m_processor->launchFinish(guest, {}));
        evidence.report = ReportResponse::decode(m_processor->guestRequest(guest, ReportRequest().encode()))->report;
        evidence.endorsements = m_processor->endorsements();
        expected.root = m_processor->rootFingerprint();
        expected.launchDigest = LaunchDigest();
    }
    const Identity &identity() const { return m_processor->identity(); }
    const Authority &authority() const { return identity().authority(); }
    /// The VCEK's content, for bending.
    Authority::Leaf leaf() const
    {
        Authority::Leaf leaf;
        leaf.productName = m_profile.productName;
        leaf.structVersion = m_profile.structVersion;
        leaf.tcb = m_profile.tcb();
        leaf.hardwareId = toBytes(identity().chipId().view().first(chipIdSize(m_profile.product)));
        leaf.notBefore = std::time(nullptr) - day;
        leaf.notAfter = std::time(nullptr) + day;
        return leaf;
    }
    void certify(const Authority::Leaf &leaf, const P384PrivateKey &key)
    {
        evidence.endorsements[0].der = authority().issue(leaf, key.handle())->der();
    }
    void certify(const Authority::Leaf &leaf) { certify(leaf, identity().vcekKey()); }
    /// Changes bytes of the report and signs it again, as a firmware gone wrong would.
    template <typename T>
    void write(std::size_t offset, T value)
    {
        storeLe<T>(evidence.report, offset, value);
        signReport(evidence.report, identity().vcekKey());
    }
    Appraisal appraise() const { return appraised(evidence, expected); }

    Evidence evidence;
    ReferenceValues expected;

private:
    const Profile &m_profile;
    std::unique_ptr<Processor> m_processor;
};

} // namespace

class TestAppraisalEmulated : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyProfileAndVersion_data();
    void everyProfileAndVersion();
    void neverForAmd();
    void anotherEmulatedPlatform();
    void policies();
    void platform();
    void tcbOrder();
    void tcbAgainstCertificate();
    void chipId();
    void vlek();
    void brokenExtensions();
    void revocation();
    void versions();
    void everyByteIsDescribed_data();
    void everyByteIsDescribed();
    void everyFindingIsComplete();
    void everyFindingIsDocumented();
    void garbageNeverCrashes();
    void manyThreads();
};

void TestAppraisalEmulated::everyProfileAndVersion_data()
{
    test::addProfileRows();
}

void TestAppraisalEmulated::everyProfileAndVersion()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, version);
    QFETCH(bool, masked);
    const Profile &which = **findProfile(profile.toStdString());
    const Bench bench(which, version, masked);
    const auto appraisal = bench.appraise();
    QCOMPARE(failures(appraisal), QString());
    QCOMPARE(verdictOf(appraisal), QStringLiteral("trusted"));
    QCOMPARE(outcomeOf(appraisal, "chip.certificate"), masked ? QStringLiteral("info") : QStringLiteral("pass"));
    const auto view = test::backend().describe(bench.evidence);
    QCOMPARE(view->product, std::string(name(which.product)));
    QVERIFY(view->technology.contains("emulated"));
    QCOMPARE(view->tcb.front().name, std::string("certificate"));
    QCOMPARE(view->tcb.front().levels.size(), TcbVersion::parts(layoutOf(which.product)).size());
    for (const auto &column : view->tcb)
        for (std::size_t i = 0; i < column.levels.size(); ++i) {
            QCOMPARE(column.levels[i].name, view->tcb.front().levels[i].name);
            QCOMPARE(column.levels[i].value, view->tcb.front().levels[i].value);
        }
    for (const auto &certificate : view->chain)
        QVERIFY(certificate.emulated && certificate.signatureGood);
}

void TestAppraisalEmulated::neverForAmd()
{
    Bench bench;
    bench.expected.root = "amd";
    const auto appraisal = bench.appraise();
    QCOMPARE(failures(appraisal), QStringLiteral("root.kind,root.pinned"));
    QCOMPARE(actualOf(appraisal, "root.kind"), QStringLiteral("emulated"));
}

void TestAppraisalEmulated::anotherEmulatedPlatform()
{
    Bench genoa;
    const Bench milan(**findProfile("milan"));
    genoa.expected.root = milan.expected.root;
    QCOMPARE(failures(genoa.appraise()), QStringLiteral("root.pinned"));
    // A root that does not say that it is emulated is unknown, whoever made it: here its leaf stands in its place.
    genoa.evidence.endorsements[2].der = milan.evidence.endorsements[0].der;
    QVERIFY(failures(genoa.appraise()).contains(QLatin1String("root.pinned")));
}

void TestAppraisalEmulated::policies()
{
    const auto with = [](std::uint64_t policy, bool allowDebug = false) {
        Bench bench;
        bench.expected.allowDebug = allowDebug;
        bench.write<std::uint64_t>(report_offset::policy, policy);
        return bench.appraise();
    };
    const GuestPolicy good;
    QCOMPARE(failures(with(good.with(GuestPolicy::Debug).raw())), QStringLiteral("policy.debug"));
    const auto allowed = with(good.with(GuestPolicy::Debug).raw(), true);
    QCOMPARE(verdictOf(allowed), QStringLiteral("trusted"));
    QCOMPARE(outcomeOf(allowed, "policy.debug"), QStringLiteral("fail (advisory)"));
    QVERIFY(QString::fromStdString(allowed.sentence).contains(QLatin1String("debug")));
    QCOMPARE(failures(with(good.with(GuestPolicy::MigrateMa).raw())), QStringLiteral("policy.migration"));
    QCOMPARE(failures(with(good.with(GuestPolicy::MustBeOne, false).raw())), QStringLiteral("policy.reserved"));
    for (unsigned bit = 26; bit < 64; ++bit)
        QCOMPARE(failures(with(good.raw() | std::uint64_t{1} << bit)), QStringLiteral("policy.reserved"));
    for (const unsigned bit : {0u, 8u, 16u, 20u, 21u, 22u, 23u, 24u, 25u})
        QCOMPARE(failures(with(good.raw() ^ std::uint64_t{1} << bit)), QString());
    Bench agent;
    agent.write<std::uint8_t>(report_offset::reportIdMa + 5, 1);
    QCOMPARE(failures(agent.appraise()), QStringLiteral("policy.migration"));
}

void TestAppraisalEmulated::platform()
{
    for (unsigned bit = 0; bit < 64; ++bit) {
        Bench bench;
        bench.write<std::uint64_t>(report_offset::platformInfo, std::uint64_t{1} << bit);
        const bool known = bit < 6 || bit == 7;
        const auto appraisal = bench.appraise();
        QCOMPARE(failures(appraisal), known ? QString() : QStringLiteral("report.reserved"));
        QCOMPARE(outcomeOf(appraisal, "platform.alias"), bit == 5 ? QStringLiteral("pass (advisory)") : QStringLiteral("fail (advisory)"));
    }
    Bench strict;
    strict.write<std::uint64_t>(report_offset::platformInfo, 1);
    strict.expected.strict = true;
    QVERIFY(failures(strict.appraise()).contains(QLatin1String("platform.alias")));
    for (unsigned bit = 5; bit < 32; ++bit) {
        Bench bench;
        bench.write<std::uint32_t>(report_offset::flags, 1u << bit);
        QCOMPARE(failures(bench.appraise()), QStringLiteral("report.reserved"));
    }
    Bench unsignedReport;
    unsignedReport.write<std::uint32_t>(report_offset::flags, 7u << 2);
    QCOMPARE(failures(unsignedReport.appraise()), QStringLiteral("report.key"));
    Bench algorithm;
    algorithm.write<std::uint32_t>(report_offset::signatureAlgorithm, 2);
    QCOMPARE(failures(algorithm.appraise()), QStringLiteral("report.key"));
}

void TestAppraisalEmulated::tcbOrder()
{
    const auto own = defaultProfile().tcb();
    const auto with = [&](std::size_t offset, TcbPart part, int change) {
        Bench bench;
        TcbVersion tcb = own;
        tcb.set(part, static_cast<std::uint8_t>(*tcb.part(part) + change));
        std::ranges::copy(tcb.bytes().bytes, bench.evidence.report.begin() + static_cast<std::ptrdiff_t>(offset));
        bench.write<std::uint8_t>(report_offset::vmpl, 0); // signs
        return failures(bench.appraise());
    };
    QCOMPARE(with(report_offset::currentTcb, TcbPart::Snp, 1), QString());
    QCOMPARE(with(report_offset::currentTcb, TcbPart::Snp, -1), QStringLiteral("tcb.order"));
    QCOMPARE(with(report_offset::committedTcb, TcbPart::Microcode, -1), QStringLiteral("tcb.order"));
    QCOMPARE(with(report_offset::committedTcb, TcbPart::Microcode, 1), QStringLiteral("tcb.order"));
    QCOMPARE(with(report_offset::reportedTcb, TcbPart::Bootloader, 1), QStringLiteral("tcb.certificate,tcb.order"));
    Bench version;
    version.write<std::uint8_t>(report_offset::currentVersion + 1, 57);
    QCOMPARE(failures(version.appraise()), QStringLiteral("tcb.order"));
    Bench reserved;
    reserved.write<std::uint8_t>(report_offset::currentTcb + 3, 1);
    QCOMPARE(failures(reserved.appraise()), QStringLiteral("report.reserved"));
}

void TestAppraisalEmulated::tcbAgainstCertificate()
{
    for (const auto &profile : profiles())
        for (const auto part : TcbVersion::parts(layoutOf(profile.product))) {
            Bench bench(profile);
            auto leaf = bench.leaf();
            bench.certify(leaf);
            QCOMPARE(failures(bench.appraise()), QString());
            leaf.tcb.set(part, static_cast<std::uint8_t>(*leaf.tcb.part(part) + 1));
            bench.certify(leaf);
            QCOMPARE(failures(bench.appraise()), QStringLiteral("tcb.certificate"));
        }
    // Levels from 128 on take two bytes in the certificate.
    for (const unsigned level : {127u, 128u, 169u, 255u}) {
        Bench bench;
        auto leaf = bench.leaf();
        leaf.tcb.set(TcbPart::Microcode, static_cast<std::uint8_t>(level));
        bench.certify(leaf);
        for (const std::size_t offset : {report_offset::currentTcb, report_offset::committedTcb, report_offset::reportedTcb})
            bench.write<std::uint8_t>(offset + 7, static_cast<std::uint8_t>(level));
        QCOMPARE(failures(bench.appraise()), QString());
    }
}

void TestAppraisalEmulated::chipId()
{
    for (const auto &profile : profiles()) {
        const std::size_t size = chipIdSize(profile.product);
        Bench wrapped(profile);
        auto leaf = wrapped.leaf();
        leaf.wrapHardwareId = true;
        wrapped.certify(leaf);
        QCOMPARE(failures(wrapped.appraise()), QString());
        // A chip id may begin like a DER tag; both forms are told apart by length alone.
        for (const std::uint8_t first : {0x02, 0x04, 0x30}) {
            Bench bench(profile);
            leaf = bench.leaf();
            leaf.hardwareId[0] = first;
            leaf.hardwareId[1] = static_cast<std::uint8_t>(size - 2);
            bench.certify(leaf);
            bench.write<std::uint8_t>(report_offset::chipId, first);
            bench.write<std::uint8_t>(report_offset::chipId + 1, static_cast<std::uint8_t>(size - 2));
            QCOMPARE(failures(bench.appraise()), QString());
            bench.write<std::uint8_t>(report_offset::chipId + size - 1, static_cast<std::uint8_t>(leaf.hardwareId[size - 1] ^ 1));
            QCOMPARE(failures(bench.appraise()), QStringLiteral("chip.certificate"));
        }
        Bench other(profile);
        leaf = other.leaf();
        leaf.hardwareId.resize(size == 8 ? 64 : 8); // the size of the other products
        other.certify(leaf);
        QCOMPARE(failures(other.appraise()), QStringLiteral("chip.certificate"));
        Bench none(profile);
        leaf = none.leaf();
        leaf.hardwareId.clear();
        none.certify(leaf);
        QCOMPARE(failures(none.appraise()), QStringLiteral("chip.certificate"));
    }
    Bench turin(**findProfile("turin"));
    turin.write<std::uint8_t>(report_offset::chipId + 8, 1); // behind the eight bytes
    QCOMPARE(failures(turin.appraise()), QStringLiteral("chip.certificate"));
}

void TestAppraisalEmulated::vlek()
{
    Bench bench;
    auto leaf = bench.leaf();
    leaf.commonName = "SEV-VLEK";
    leaf.hardwareId.clear();
    leaf.cspId = "Example Cloud";
    bench.certify(leaf);
    bench.evidence.endorsements[0].role = "vlek";
    // The ASK is not an ASVK, and the report says VCEK.
    QCOMPARE(failures(bench.appraise()), QStringLiteral("chain.names,report.key"));
    bench.write<std::uint32_t>(report_offset::flags, 1u << 2);
    const auto appraisal = bench.appraise();
    QCOMPARE(failures(appraisal), QStringLiteral("chain.names"));
    QCOMPARE(outcomeOf(appraisal, "chip.certificate"), QStringLiteral("info"));
    // A VCEK's report with a certificate that calls itself something else.
    Bench odd;
    leaf = odd.leaf();
    leaf.commonName = "SEV-OTHER";
    odd.certify(leaf);
    QCOMPARE(failures(odd.appraise()), QStringLiteral("chain.names"));
}

void TestAppraisalEmulated::brokenExtensions()
{
    Bench product;
    auto leaf = product.leaf();
    leaf.productName = "Milan-B0";
    product.certify(leaf);
    QCOMPARE(failures(product.appraise()), QStringLiteral("report.product"));
    // A key that is not the chip's.
    Bench key;
    key.certify(key.leaf(), P384PrivateKey::make());
    QCOMPARE(failures(key.appraise()), QStringLiteral("report.signature"));
    // The layout of another product: fmc is not there.
    Bench layout(**findProfile("turin"));
    leaf = layout.leaf();
    leaf.tcb = TcbVersion(TcbLayout::Milan);
    layout.certify(leaf);
    QCOMPARE(outcomeOf(layout.appraise(), "tcb.certificate"), QStringLiteral("fail"));
    QVERIFY(actualOf(layout.appraise(), "tcb.certificate").contains(QLatin1String("fmcSPL")));
}

void TestAppraisalEmulated::revocation()
{
    Bench bench;
    const std::int64_t now = std::time(nullptr);
    const auto withList = [&](const std::vector<std::uint64_t> &serials, std::int64_t from, std::int64_t until) {
        Evidence evidence = bench.evidence;
        evidence.endorsements.push_back({"crl", *bench.authority().revocationList(serials, from, until)});
        return appraised(evidence, bench.expected, now);
    };
    QCOMPARE(outcomeOf(bench.appraise(), "chain.crl"), QStringLiteral("unknown (advisory)"));
    QCOMPARE(outcomeOf(withList({}, now - day, now + day), "chain.crl"), QStringLiteral("pass (advisory)"));
    QCOMPARE(outcomeOf(withList({0, 5, 0x30001}, now - day, now + day), "chain.crl"), QStringLiteral("pass (advisory)"));
    QCOMPARE(outcomeOf(withList({}, now - 2 * day, now - day), "chain.crl"), QStringLiteral("unknown (advisory)"));
    QCOMPARE(outcomeOf(withList({}, now + day, now + 2 * day), "chain.crl"), QStringLiteral("unknown (advisory)"));
    const auto revoked = withList({0x20001}, now - 2 * day, now - day);
    QCOMPARE(failures(revoked), QStringLiteral("chain.crl"));
    QVERIFY(actualOf(revoked, "chain.crl").contains(QLatin1String("SEV-Genoa")));

    const Bench other(**findProfile("milan"));
    Evidence foreign = bench.evidence;
    foreign.endorsements.push_back({"crl", *other.authority().revocationList({}, now - day, now + day)});
    QCOMPARE(outcomeOf(appraised(foreign, bench.expected), "chain.crl"), QStringLiteral("fail (advisory)"));
    Bytes list = *bench.authority().revocationList({}, now - day, now + day);
    for (std::size_t at = 0; at < list.size(); at += 3) {
        Bytes changed = list;
        changed[at] ^= 1;
        foreign.endorsements.back().der = changed;
        QCOMPARE(outcomeOf(appraised(foreign, bench.expected), "chain.crl"), QStringLiteral("fail (advisory)"));
    }
    foreign.endorsements.back().der = toBytes("not a list");
    QCOMPARE(outcomeOf(appraised(foreign, bench.expected), "chain.crl"), QStringLiteral("fail (advisory)"));
}

void TestAppraisalEmulated::versions()
{
    for (const std::uint32_t version : {0u, 1u, 6u, 0xffffffffu}) {
        Bench bench;
        bench.write<std::uint32_t>(report_offset::version, version);
        QVERIFY(failures(bench.appraise()).contains(QLatin1String("report.version")));
        QVERIFY(test::backend().describe(bench.evidence).has_value());
    }
    Bench unknown;
    unknown.write<std::uint8_t>(report_offset::cpuidFamily, 0x42);
    QCOMPARE(failures(unknown.appraise()), QStringLiteral("report.product"));
    QVERIFY(actualOf(unknown.appraise(), "report.product").contains(QLatin1String("unknown product")));
    Bench milan;
    milan.write<std::uint8_t>(report_offset::cpuidModel, 0x01);
    QCOMPARE(failures(milan.appraise()), QStringLiteral("report.product"));
}

void TestAppraisalEmulated::everyByteIsDescribed_data()
{
    QTest::addColumn<unsigned>("version");
    for (const unsigned version : {0u, 2u, 3u, 4u, 5u, 99u})
        QTest::addRow("version %u", version) << version;
}

void TestAppraisalEmulated::everyByteIsDescribed()
{
    QFETCH(unsigned, version);
    Bench bench;
    bench.write<std::uint32_t>(report_offset::version, version);
    const auto view = test::backend().describe(bench.evidence);
    QVERIFY(view.has_value());
    std::size_t offset = 0;
    for (const auto &field : view->fields) {
        QCOMPARE(field.offset, offset);
        QVERIFY(field.length > 0);
        QVERIFY(!field.name.empty() && !field.value.empty() && !field.meaning.empty());
        offset += field.length;
    }
    QCOMPARE(offset, ReportView::size);
}

void TestAppraisalEmulated::everyFindingIsComplete()
{
    Bench good, bad;
    good.expected.minimumTcb = bad.expected.minimumTcb = {{"snp", 1}};
    bad.evidence.report.assign(ReportView::size, 0xee);
    bad.expected.root = "amd";
    bad.expected.minimumTcb = {{"snp", 255}};
    for (const auto *bench : {&good, &bad})
        for (const auto &finding : bench->appraise().findings) {
            QVERIFY(!finding.expected.empty() && !finding.actual.empty() && !finding.why.empty() && !finding.source.empty());
            const bool wantsRemedy = finding.outcome == Outcome::Fail || finding.outcome == Outcome::Unknown;
            QVERIFY2(finding.remedy.empty() != wantsRemedy, finding.id.c_str());
        }
}

void TestAppraisalEmulated::everyFindingIsDocumented()
{
    QFile file(qEnvironmentVariable("KASTELLAN_SOURCE", QStringLiteral(".")) + QStringLiteral("/docs/appraisal.md"));
    QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
    const QString text = QString::fromUtf8(file.readAll());
    for (const auto *check : allChecks())
        QVERIFY2(
            text.contains(QStringLiteral("| `%1` |").arg(QString::fromStdString(std::string(check->id)))), std::string(check->id).c_str());
    Bench bench;
    bench.expected.minimumTcb = {{"snp", 1}};
    for (const auto &finding : bench.appraise().findings)
        QVERIFY2(std::ranges::any_of(allChecks(), [&](const Check *check) { return check->id == finding.id; }), finding.id.c_str());
}

void TestAppraisalEmulated::garbageNeverCrashes()
{
    const Bench bench;
    for (unsigned fill = 0; fill < 256; ++fill) {
        Evidence evidence = bench.evidence;
        evidence.report.assign(ReportView::size, static_cast<std::uint8_t>(fill));
        QCOMPARE(verdictOf(appraised(evidence, bench.expected)), QStringLiteral("refused"));
        QVERIFY(test::backend().describe(evidence).has_value());
        evidence = bench.evidence;
        for (auto &endorsement : evidence.endorsements)
            endorsement.der.assign(100 * fill, static_cast<std::uint8_t>(fill));
        QCOMPARE(verdictOf(appraised(evidence, bench.expected)), QStringLiteral("refused"));
        evidence.endorsements[0].der.assign(10u << 20, static_cast<std::uint8_t>(fill));
        if (fill % 64 == 0)
            QCOMPARE(verdictOf(appraised(evidence, bench.expected)), QStringLiteral("refused"));
    }
    for (const std::int64_t at : {std::int64_t{0}, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
        QCOMPARE(failures(appraised(bench.evidence, bench.expected, at)), QStringLiteral("chain.dates"));
}

void TestAppraisalEmulated::manyThreads()
{
    const Bench genoa, milan(**findProfile("milan"));
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                for (int round = 0; round < 50; ++round) {
                    const Bench &bench = (round + i) % 2 ? genoa : milan;
                    Evidence evidence = bench.evidence;
                    evidence.endorsements.push_back({"other", Bytes(static_cast<std::size_t>(round * 4 + i))}); // misses the cache
                    wrong += verdictOf(appraised(evidence, bench.expected)) != QLatin1String("trusted");
                    wrong += verdictOf(bench.appraise()) != QLatin1String("trusted");
                }
            });
    }
    QCOMPARE(wrong.load(), 0);
}

QTEST_GUILESS_MAIN(TestAppraisalEmulated)
#include "test_appraisal_emulated.moc"
