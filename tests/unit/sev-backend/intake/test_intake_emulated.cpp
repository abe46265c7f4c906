// SPDX-License-Identifier: Apache-2.0
// What no public sample has: every product and version, masked chip ids, VLEKs, revocation lists, legacy reports with a key of our own.
#include "core/reports/reports.h"
#include "forms.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/appraisal/legacy_chain.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "sev-backend/legacy/owner.h"
#include "tests/support/data_folder.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/sample_record.h"

#include <QTest>

#include <algorithm>
#include <ctime>

using namespace kastellan;
using namespace kastellan::sev;
using test::joinedBytes;

namespace {

const EvidenceBackend &backend()
{
    static const auto instance = makeEvidenceBackend();
    return *instance;
}

struct Made {
    Bytes report, leaf, ask, ark;
    std::string root;
};
Made made(const ProcessorOptions &options)
{
    const auto processor = test::emulatedProcessor(options);
    const auto guest = *processor->launchStart(GuestPolicy());
    static_cast<void>(processor->launchFinish(guest, {}));
    Made result;
    result.report = ReportResponse::decode(processor->guestRequest(guest, ReportRequest().encode()))->report;
    for (const auto &[role, der] : processor->endorsements())
        (role == "ark" ? result.ark : role == "ask" ? result.ask : result.leaf) = der;
    result.root = processor->rootFingerprint();
    return result;
}

Appraisal appraised(const Evidence &evidence, const ReferenceValues &expected)
{
    Appraisal appraisal;
    appraisal.findings = backend().appraise(evidence, expected, std::time(nullptr));
    decide(appraisal);
    return appraisal;
}

Outcome outcomeOf(const Appraisal &appraisal, std::string_view id)
{
    const auto at = std::ranges::find(appraisal.findings, id, &Finding::id);
    return at == appraisal.findings.end() ? Outcome::Info : at->outcome;
}

/// A legacy certificate with a key of ours; signed by nobody yet.
Bytes legacyCertificate(const P384PrivateKey &key, std::uint32_t usage, std::uint32_t algorithm)
{
    Bytes bytes(2084);
    storeLe<std::uint32_t>(bytes, 0, 1);
    bytes[4] = 0;
    bytes[5] = 24;
    storeLe<std::uint32_t>(bytes, 8, usage);
    storeLe<std::uint32_t>(bytes, 12, algorithm);
    const auto firmware = key.publicFirmwareKey(); // curve, x, y: 72 bytes each, at 4 and 0x4c
    std::copy_n(firmware.bytes.begin(), 4 + 144, bytes.begin() + 0x10);
    storeLe<std::uint32_t>(bytes, 0x414, 0x1000);
    storeLe<std::uint32_t>(bytes, 0x61c, 0x1000);
    return bytes;
}
void sign(Bytes &certificate, int slot, const P384PrivateKey &key, std::uint32_t usage)
{
    const std::size_t at = slot ? 0x61c : 0x414;
    storeLe<std::uint32_t>(certificate, at, usage);
    storeLe<std::uint32_t>(certificate, at + 4, 0x102);
    const auto signature = key.sign(ByteView(certificate).first(0x414));
    std::ranges::copy(signature.bytes, certificate.begin() + static_cast<std::ptrdiff_t>(at + 8));
}

/// A platform without AMD above it, and a report of a guest on it.
struct Platform {
    P384PrivateKey pekKey = P384PrivateKey::derive(Bytes(64, 1)), ocaKey = P384PrivateKey::derive(Bytes(64, 2)),
                   cekKey = P384PrivateKey::derive(Bytes(64, 3));
    Bytes pek = legacyCertificate(pekKey, 0x1002, 0x102), oca = legacyCertificate(ocaKey, 0x1001, 0x102),
          cek = legacyCertificate(cekKey, 0x1004, 0x102);
    Platform()
    {
        sign(oca, 0, ocaKey, 0x1001);
        sign(pek, 0, ocaKey, 0x1001);
        sign(pek, 1, cekKey, 0x1004);
    }
    [[nodiscard]] Bytes report(std::uint32_t policy) const
    {
        Bytes bytes(208);
        std::fill_n(bytes.begin(), 16, 0x11);
        std::fill_n(bytes.begin() + 16, 32, 0x22);
        storeLe<std::uint32_t>(bytes, 0x30, policy);
        const auto signature = pekKey.sign(ByteView(bytes).first(0x34));
        storeLe<std::uint32_t>(bytes, 0x34, 0x1002);
        storeLe<std::uint32_t>(bytes, 0x38, 0x102);
        std::ranges::copy(signature.bytes, bytes.begin() + 0x40);
        return bytes;
    }
};

} // namespace

class TestIntakeEmulated : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyProductAndVersion();
    void aMaskedChipIsFoundByItsKey();
    void aVlekIsFoundByItsKey();
    void revocationLists();
    void exportsOfThisProgram();
    void legacyReports();
    void everyByteOfALegacyReport();
    void theRightPekAmongSeveral();
    void whatSevCannotSayIsNotPassedOver();
    void everyLegacyCheckIsDocumented();
};

void TestIntakeEmulated::everyProductAndVersion()
{
    std::vector<InputFile> files;
    std::vector<std::string> roots;
    for (const auto &profile : profiles())
        for (const std::uint32_t version : {2u, 3u, 4u, 5u}) {
            const Made one = made({.profile = &profile, .reportVersion = version});
            files.insert(files.begin(), {"report", toBytes(version % 2 ? toHex(one.report) : toBase64(one.report))});
            if (version == 2)
                files.push_back({"certificates", toBytes(test::pem(one.ark) + test::pem(one.leaf) + test::pem(one.ask))});
            roots.push_back(one.root);
        }
    const auto recognised = backend().recognise(files);
    QCOMPARE(recognised.evidence.size(), roots.size());
    for (const auto &found : recognised.evidence) {
        // Each has the chain of its own product: it passes under exactly one of the roots.
        const bool authentic = std::ranges::any_of(roots, [&](const std::string &root) {
            ReferenceValues expected;
            expected.root = root;
            return appraised(found.evidence, expected).verdict == Verdict::Authentic;
        });
        QVERIFY(authentic);
        QVERIFY(appraised(found.evidence, {}).verdict == Verdict::Refused); // never where amd is expected
    }
}

void TestIntakeEmulated::aMaskedChipIsFoundByItsKey()
{
    const Made masked = made({.maskChipId = true}), other = made({.profile = &profiles().front()});
    const InputFile files[] = {{"a", other.leaf}, {"b", masked.leaf}, {"c", masked.report}};
    const auto recognised = backend().recognise(files);
    QCOMPARE(recognised.evidence.size(), 1u);
    QVERIFY(recognised.evidence[0].evidence.endorsements.front().der == masked.leaf);
}

// A VLEK names no chip: of several the one that signed the report is taken, and not the VCEK of the same chip.
void TestIntakeEmulated::aVlekIsFoundByItsKey()
{
    const auto processor = test::emulatedProcessor();
    const Made one = made({});
    const auto key = P384PrivateKey::derive(Bytes(64, 7)), otherKey = P384PrivateKey::derive(Bytes(64, 8));
    const auto vcek = *Certificate::fromDer(one.leaf);
    const auto extensions = *readVekExtensions(vcek);
    Authority::Leaf leaf{
        "SEV-VLEK", extensions.productName, 0, extensions.tcb, {}, false, "cloud.example", vcek.notBefore(), vcek.notAfter()};
    const auto vlek = *processor->identity().authority().issue(leaf, key.handle());
    leaf.cspId = "other.example";
    const auto other = *processor->identity().authority().issue(leaf, otherKey.handle());
    Bytes report = one.report;
    report[report_offset::flags] = 1 << 2; // SIGNING_KEY: VLEK
    const auto signature = key.sign(ByteView(report).first(ReportView::signedSize));
    std::ranges::copy(signature.bytes, report.begin() + report_offset::signature);
    const InputFile files[] = {{"1", other.der()}, {"2", one.ark}, {"3", report}, {"4", vlek.der()}, {"5", one.ask}, {"6", one.leaf}};
    const auto recognised = backend().recognise(files);
    QCOMPARE(recognised.evidence.size(), 1u);
    const Evidence &evidence = recognised.evidence[0].evidence;
    QCOMPARE(evidence.endorsements.front().role, std::string("vlek"));
    QVERIFY(evidence.endorsements.front().der == vlek.der());
    ReferenceValues expected;
    expected.root = one.root;
    QVERIFY(outcomeOf(appraised(evidence, expected), "report.signature") == Outcome::Pass);
}

void TestIntakeEmulated::revocationLists()
{
    const auto processor = test::emulatedProcessor();
    const Made one = made({});
    const auto &authority = processor->identity().authority();
    const std::int64_t now = std::time(nullptr);
    const Bytes old = *authority.revocationList({}, now - 2000, now + 1000),
                newer = *authority.revocationList({1, 2, 3}, now - 1000, now + 2000);
    const Bytes revoking = *authority.revocationList({std::stoull(authority.ask().serial(), nullptr, 16)}, now - 3000, now + 1000);
    const auto lists = [&](std::vector<InputFile> files) {
        files.insert(files.end(), {{"r", one.report}, {"1", one.leaf}, {"2", one.ask}, {"3", one.ark}});
        const auto recognised = backend().recognise(files);
        return recognised.evidence.at(0).evidence;
    };
    ReferenceValues expected;
    expected.root = one.root;
    auto evidence = lists({{"crl", newer}, {"crl.pem", toBytes(test::pem(old, "X509 CRL"))}});
    QCOMPARE(evidence.endorsements.size(), 5u);
    QVERIFY(evidence.endorsements.back().der == newer);
    QVERIFY(outcomeOf(appraised(evidence, expected), "chain.crl") == Outcome::Pass);
    // A list that revokes something counts more than a newer one that does not.
    evidence = lists({{"x", revoking}, {"y", newer}});
    QVERIFY(evidence.endorsements.back().der == revoking);
    QVERIFY(appraised(evidence, expected).verdict == Verdict::Refused);
    // A list of another root is not this chain's; a lone one is still shown, and fails.
    const auto other = test::emulatedProcessor({.profile = &profiles().front()});
    if (other->rootFingerprint() != one.root) {
        const Bytes foreign = *other->identity().authority().revocationList({}, now - 10, now + 10);
        evidence = lists({{"x", foreign}, {"y", newer}});
        QCOMPARE(evidence.endorsements.size(), 4u);
        QVERIFY(evidence.endorsements.back().der == newer);
    }
}

// What keepctl evidence export writes is read again, whole, and as one piece of evidence.
void TestIntakeEmulated::exportsOfThisProgram()
{
    const test::DataFolder folder; // a bundle is signed with a key of the user
    const Made one = made({});
    Record record = test::sampleRecord();
    record.evidence = {"snp-report", one.report, {{"vcek", one.leaf}, {"ask", one.ask}, {"ark", one.ark}}};
    const auto view = *backend().describe(record.evidence);
    const auto bundle = recordBundle(record, view);
    QVERIFY(bundle.has_value());
    for (const Bytes &file : {toBytes(recordJson(record, &view)), *bundle}) {
        const InputFile files[] = {{"export", file}};
        const auto recognised = backend().recognise(files);
        QVERIFY2(recognised.evidence.size() == 1, recognised.unknown.empty() ? "" : recognised.unknown.front().why.c_str());
        QVERIFY(recognised.evidence[0].evidence.report == one.report);
        QCOMPARE(recognised.evidence[0].evidence.endorsements.size(), 3u);
        ReferenceValues expected;
        expected.root = one.root;
        QVERIFY(appraised(recognised.evidence[0].evidence, expected).verdict == Verdict::Authentic);
    }
}

void TestIntakeEmulated::legacyReports()
{
    const Platform platform;
    const Bytes report = platform.report(0x0d); // no debugging, SEV-ES, never sent
    for (const Bytes &form :
        {report, toBytes(toBase64(report)), toBytes(toHex(report)), toBytes(R"({"return": {"data": ")" + toBase64(report) + R"("}})")}) {
        const InputFile files[] = {{"chain", joinedBytes({platform.pek, platform.oca, platform.cek})}, {"report", form}};
        const auto recognised = backend().recognise(files);
        QCOMPARE(recognised.evidence.size(), 1u);
        const Evidence &evidence = recognised.evidence[0].evidence;
        QCOMPARE(evidence.kind, std::string("sev-report"));
        ReferenceValues expected;
        expected.shortLaunchDigest.emplace();
        expected.shortLaunchDigest->bytes.fill(0x22);
        expected.reportData.emplace();
        std::fill_n(expected.reportData->bytes.begin(), 16, 0x11);
        auto appraisal = appraised(evidence, expected);
        for (const char *id : {"sev.format", "sev.report.signature", "sev.policy.debug", "sev.policy.es", "sev.policy.migration",
                 "sev.policy.reserved", "sev.nonce", "sev.digest", "sev.usages", "sev.encoding"})
            QVERIFY2(outcomeOf(appraisal, id) == Outcome::Pass, id);
        QVERIFY(outcomeOf(appraisal, "sev.policy.sharing") == Outcome::Fail);
        // No key of AMD's signed the CEK.
        QVERIFY(outcomeOf(appraisal, "root.pinned") == Outcome::Fail);
        QVERIFY(appraisal.verdict == Verdict::Refused);
        expected.shortLaunchDigest->bytes[5] ^= 1;
        expected.reportData->bytes[20] = 1;
        appraisal = appraised(evidence, expected);
        QVERIFY(outcomeOf(appraisal, "sev.digest") == Outcome::Fail);
        QVERIFY(outcomeOf(appraisal, "sev.nonce") == Outcome::Fail);
        const auto view = backend().describe(evidence);
        QVERIFY(view && view->technology == "AMD SEV-ES" && view->fields.size() == 7);
    }
    // A policy that allows debugging, and one with a bit that nobody knows.
    const auto of = [&](std::uint32_t policy, bool allow = false) {
        Evidence evidence{"sev-report", platform.report(policy), {{"pek", platform.pek}}};
        ReferenceValues expected;
        expected.allowDebug = allow;
        return appraised(evidence, expected);
    };
    QVERIFY(outcomeOf(of(0x0c), "sev.policy.debug") == Outcome::Fail);
    const auto allowed = of(0x0c, true);
    QVERIFY(!std::ranges::find(allowed.findings, "sev.policy.debug", &Finding::id)->required);
    QVERIFY(outcomeOf(of(0x8d), "sev.policy.reserved") == Outcome::Fail);
    QVERIFY(outcomeOf(of(0x1900000d), "sev.policy.api") == Outcome::Fail); // 0.25, and the PEK is of 0.24
    QVERIFY(outcomeOf(of(0x1800000d), "sev.policy.api") == Outcome::Pass);
}

void TestIntakeEmulated::everyByteOfALegacyReport()
{
    const Platform platform;
    const Bytes report = platform.report(0x0f);
    for (std::size_t at = 0; at < report.size(); ++at)
        for (const unsigned mask : {0x01u, 0xffu}) {
            Bytes changed = report;
            changed[at] ^= static_cast<std::uint8_t>(mask);
            const Evidence evidence{"sev-report", changed, {{"pek", platform.pek}, {"oca", platform.oca}, {"cek", platform.cek}}};
            const auto appraisal = appraised(evidence, {});
            const bool refused =
                outcomeOf(appraisal, "sev.report.signature") == Outcome::Fail || outcomeOf(appraisal, "sev.format") == Outcome::Fail;
            QVERIFY2(refused, std::to_string(at).c_str());
            const InputFile files[] = {{"r", changed}, {"p", platform.pek}};
            QVERIFY2(backend().recognise(files).evidence.size() == 1, std::to_string(at).c_str());
        }
    for (std::size_t length = 0; length < report.size(); ++length) {
        const InputFile files[] = {{"r", Bytes(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(length))}};
        const auto recognised = backend().recognise(files);
        QVERIFY(recognised.evidence.empty() || length == 48); // 48 bytes may be a launch measurement
        if (length != 48)
            QVERIFY(!recognised.unknown.empty() && !recognised.unknown[0].why.empty());
    }
}

void TestIntakeEmulated::theRightPekAmongSeveral()
{
    const Platform platform;
    const auto otherKey = P384PrivateKey::derive(Bytes(64, 9));
    Bytes other = legacyCertificate(otherKey, 0x1002, 0x102);
    sign(other, 0, platform.ocaKey, 0x1001);
    sign(other, 1, platform.cekKey, 0x1004);
    const InputFile files[] = {{"1", other}, {"2", platform.cek}, {"3", platform.pek}, {"4", platform.report(0x0f)}, {"5", platform.oca}};
    const auto recognised = backend().recognise(files);
    QCOMPARE(recognised.evidence.size(), 1u);
    QVERIFY(recognised.evidence[0].evidence.endorsements.front().der == platform.pek);
    QVERIFY(outcomeOf(appraised(recognised.evidence[0].evidence, {}), "sev.report.signature") == Outcome::Pass);
}

void TestIntakeEmulated::whatSevCannotSayIsNotPassedOver()
{
    const Platform platform;
    const Evidence evidence{"sev-report", platform.report(0x0f), {{"pek", platform.pek}}};
    for (int which = 0; which < 5; ++which) {
        ReferenceValues expected;
        if (which == 0)
            expected.launchDigest.emplace();
        if (which == 1)
            expected.hostData.emplace();
        if (which == 2)
            expected.minimumTcb.emplace_back("snp", 1);
        if (which == 3)
            expected.vmpl = 1;
        if (which == 4)
            expected.policy = "version = 1\n";
        QVERIFY(outcomeOf(appraised(evidence, expected), "sev.expected") == Outcome::Unknown);
    }
}

void TestIntakeEmulated::everyLegacyCheckIsDocumented()
{
    QFile file(qEnvironmentVariable("KASTELLAN_SOURCE") + QStringLiteral("/docs/appraisal.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const std::string text = file.readAll().toStdString();
    for (const Check *check : legacyChecks())
        QVERIFY2(text.contains("`" + std::string(check->id) + "`"), check->id.data());
}

QTEST_GUILESS_MAIN(TestIntakeEmulated)
#include "test_intake_emulated.moc"
