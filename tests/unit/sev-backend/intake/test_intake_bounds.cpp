// SPDX-License-Identifier: Apache-2.0
// Damaged, cut off and hostile files: named, refused, never a crash and never much memory.
#include "forms.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/certificates/certificate.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/vectors.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace kastellan;
using test::joinedBytes;
using test::vector;

namespace {

const EvidenceBackend &backend()
{
    static const auto instance = sev::makeEvidenceBackend();
    return *instance;
}

constexpr std::int64_t then = 1785542400; // 2026-08-01

Recognised look(const Bytes &bytes)
{
    const InputFile files[] = {{"file", bytes}};
    return backend().recognise(files);
}

Verdict verdictOf(const Evidence &evidence)
{
    Appraisal appraisal;
    appraisal.findings = backend().appraise(evidence, {}, then);
    decide(appraisal);
    return appraisal.verdict;
}

/// Runs `check` for 0 to count − 1 on all cores; the first one that it does not hold for, or −1.
template <typename Check>
int firstFailure(std::size_t count, const Check &check)
{
    std::atomic<std::size_t> next = 0;
    std::atomic<int> failed = -1;
    const auto run = [&] {
        for (std::size_t i = next++; i < count && failed < 0; i = next++)
            if (!check(i))
                failed = static_cast<int>(i);
    };
    std::jthread other(run);
    run();
    other.join();
    return failed;
}

Bytes naplesExport()
{
    return joinedBytes({vector("sev-naples/pdh.cert"), vector("sev-naples/pek.cert"), vector("sev-naples/oca.cert"),
        vector("sev-naples/cek.cert"), vector("sev-roots/ask_ark_naples.cert")});
}

} // namespace

class TestIntakeBounds : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyByteOfALegacyChain();
    void everyByteOfAReportIsStillRecognised();
    void everyLength_data();
    void everyLength();
    void zipBombs();
    void manyParts();
    void deepJsonAndText();
    void hostileTables();
    void hostileProto();
    void manyLists();
    void manyLegacyCertificates();
};

// No changed byte of the chain leaves it authentic, whether it is read as a file or appraised as it is.
void TestIntakeBounds::everyByteOfALegacyChain()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes all = naplesExport();
    const auto good = look(all);
    QCOMPARE(good.evidence.size(), 1u);
    QVERIFY(verdictOf(good.evidence[0].evidence) == Verdict::Authentic);
    // Every byte that says something, and every eleventh of the long runs of zeros.
    std::vector<std::size_t> offsets;
    for (std::size_t at = 0; at < all.size(); ++at) {
        const bool within = at >= 8 && at + 8 < all.size()
            && std::ranges::all_of(ByteView(all).subspan(at - 8, 16), [](std::uint8_t byte) { return byte == 0; });
        if (!within || at % 11 == 0)
            offsets.push_back(at);
    }
    const int failed = firstFailure(offsets.size(), [&](std::size_t number) {
        const std::size_t at = offsets[number];
        Bytes changed = all;
        changed[at] ^= static_cast<std::uint8_t>(1u << at % 8);
        // A changed usage makes another kind of certificate, and so perhaps two chains: none is authentic, and one is refused.
        bool refused = false;
        for (const auto &found : look(changed).evidence) {
            const auto verdict = verdictOf(found.evidence);
            if (verdict != Verdict::Refused && verdict != Verdict::Undecided)
                return false;
            refused |= verdict == Verdict::Refused;
        }
        return refused;
    });
    QVERIFY2(failed < 0, failed < 0 ? "" : ("offset " + std::to_string(offsets[static_cast<std::size_t>(failed)])).c_str());
    // The same bytes as endorsements of a record, where no intake stands before the appraisal.
    const Evidence &evidence = good.evidence[0].evidence;
    for (std::size_t which = 0; which <= evidence.endorsements.size(); ++which) {
        const std::size_t size = which ? evidence.endorsements[which - 1].der.size() : evidence.report.size();
        const int wrong = firstFailure(size / 23, [&](std::size_t step) {
            Evidence changed = evidence;
            (which ? changed.endorsements[which - 1].der : changed.report)[step * 23] ^= 0x10;
            return verdictOf(changed) == Verdict::Refused && backend().describe(changed).has_value();
        });
        QVERIFY2(wrong < 0, (std::to_string(which) + " offset " + std::to_string(wrong * 23)).c_str());
    }
}

// A report with a wrong byte is recognised, so that it is refused and not overlooked.
void TestIntakeBounds::everyByteOfAReportIsStillRecognised()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes report = vector("reports/genoa-v3/report.bin");
    for (std::size_t at = 0; at < report.size(); ++at)
        for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
            Bytes changed = report;
            changed[at] ^= static_cast<std::uint8_t>(mask);
            const auto recognised = look(changed);
            QVERIFY2(recognised.evidence.size() == 1, std::to_string(at).c_str());
            QVERIFY(recognised.evidence[0].evidence.report == changed);
        }
}

void TestIntakeBounds::everyLength_data()
{
    KASTELLAN_NEED_VECTORS();
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("step");
    const auto add = [](const char *name, const Bytes &bytes, int step) {
        QTest::newRow(name) << QByteArray(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())) << step;
    };
    const Bytes report = vector("reports/milan-v3/report.bin"), leaf = vector("reports/milan-v3/vek.der");
    add("report", report, 1);
    add("response", test::response(report, 0), 1);
    add("hcl", test::hclBlob(report), 3);
    add("report and table", vector("reports/milan-v3/attestation.bin"), 3);
    add("certificate", leaf, 1);
    add("PEM", toBytes(test::pem(leaf)), 3);
    add("chain in PEM", vector("reports/milan-v3/ca.pem"), 17);
    add("proto", test::protoAttestation(report, leaf), 3);
    add("text proto", toBytes(test::textAttestation(report)), 11);
    add("hex", toBytes(toHex(report)), 7);
    add("base64", toBytes(toBase64(report)), 5);
    add("json", toBytes(R"({"pdh": ")" + toBase64(vector("sev-naples/pdh.cert")) + R"("})"), 7);
    add("zip", *reports::zipped({{"report.bin", report}, {"vcek.der", leaf}}), 5);
    add("legacy certificate", vector("sev-naples/cek.cert"), 1);
    add("legacy export", naplesExport(), 29);
    add("ask_ark", vector("sev-roots/ask_ark_rome.cert"), 7);
    add("table", *sev::writeGhcbTable(std::vector<sev::GhcbTableEntry>{{sev::ghcbVcek, leaf}}), 3);
}

void TestIntakeBounds::everyLength()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, step);
    for (qsizetype length = 0; length < bytes.size(); length += step) {
        const auto recognised = look(Bytes(bytes.begin(), bytes.begin() + length));
        const bool named =
            std::ranges::all_of(recognised.unknown, [](const UnknownPart &part) { return !part.why.empty() && !part.file.empty(); });
        QVERIFY2(named, std::to_string(length).c_str());
        // Either something whole is in what is left, or there is a reason.
        QVERIFY2(!recognised.found.empty() || !recognised.unknown.empty(), std::to_string(length).c_str());
        for (const auto &found : recognised.evidence) {
            const auto verdict = verdictOf(found.evidence);
            // A full export that lost its roots is a short one, under the keys that are built in; what is left of the roots is named.
            const bool shortExport =
                found.evidence.kind == "sev-chain" && length >= 4 * 2084 && (length == 4 * 2084 || !recognised.unknown.empty());
            // A report with its whole leaf needs no more: AMD's authorities are built in.
            const bool wholeLeaf = found.evidence.kind == "snp-report" && !found.evidence.endorsements.empty();
            QVERIFY2(
                verdict == Verdict::Refused || verdict == Verdict::Undecided || shortExport || wholeLeaf, std::to_string(length).c_str());
        }
    }
}

void TestIntakeBounds::zipBombs()
{
    const Bytes zeros(std::size_t{40} << 20);
    const Bytes one = *reports::zipped({{"zeros", zeros}});
    const auto recognised = look(one);
    QVERIFY(recognised.evidence.empty());
    QCOMPARE(recognised.unknown.size(), 1u);
    QVERIFY2(recognised.unknown[0].why.contains("16 MiB"), recognised.unknown[0].why.c_str());
    // Many entries of 15 MiB: the sum is bounded too.
    std::vector<reports::ArchivedFile> many;
    const Bytes large(std::size_t{15} << 20);
    for (int i = 0; i < 30; ++i)
        many.push_back({"part" + std::to_string(i), large});
    const auto sum = look(*reports::zipped(many));
    QVERIFY(std::ranges::any_of(sum.unknown, [](const UnknownPart &part) { return part.why.contains("256 MiB"); }));
    // Archives in archives end.
    Bytes nested = toBytes("end");
    for (int i = 0; i < 12; ++i)
        nested = *reports::zipped({{"a", nested}});
    QVERIFY(look(nested).evidence.empty());
}

void TestIntakeBounds::manyParts()
{
    std::string pem;
    const std::string block = test::pem(Bytes(40, 0x30));
    for (int i = 0; i < 60'000; ++i)
        pem += block;
    const auto recognised = look(toBytes(pem));
    QVERIFY(recognised.unknown.size() <= 20'001);
    QVERIFY(std::ranges::any_of(recognised.unknown, [](const UnknownPart &part) { return !part.why.empty(); }));
}

void TestIntakeBounds::deepJsonAndText()
{
    QVERIFY(look(toBytes(std::string(100'000, '['))).evidence.empty());
    QVERIFY(look(toBytes(std::string(100'000, '{'))).evidence.empty());
    std::string nested = "report";
    for (int i = 0; i < 1000; ++i)
        nested += "{measurement{signature";
    QVERIFY(look(toBytes(nested)).evidence.empty());
    // Base64 of base64 of …
    std::string text = "end of it, at last; nothing is here that anybody would want to read at all";
    for (int i = 0; i < 12; ++i)
        text = toBase64(asBytes(text));
    QVERIFY(look(toBytes(text)).evidence.empty());
}

void TestIntakeBounds::hostileTables()
{
    Bytes table = *sev::writeGhcbTable(std::vector<sev::GhcbTableEntry>{{sev::ghcbVcek, Bytes(100, 0x30)}});
    for (std::size_t at = 0; at < table.size(); ++at)
        for (const unsigned value : {0x00u, 0x7fu, 0xffu}) {
            Bytes changed = table;
            changed[at] = static_cast<std::uint8_t>(value);
            static_cast<void>(look(changed));
        }
}

void TestIntakeBounds::hostileProto()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes good = test::protoAttestation(vector("reports/milan-v3/report.bin"), vector("reports/milan-v3/vek.der"));
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const unsigned value : {0x00u, 0x80u, 0xffu}) {
            Bytes changed = good;
            changed[at] = static_cast<std::uint8_t>(value);
            for (const auto &found : look(changed).evidence)
                QVERIFY(verdictOf(found.evidence) != Verdict::Trusted);
        }
    // A field of the wrong length is named.
    Bytes report;
    test::putNumber(report, 1, 3);
    test::putBytes(report, 12, Bytes(47, 1));
    test::putBytes(report, 28, Bytes(512, 1));
    const auto recognised = look(report);
    QCOMPARE(recognised.unknown.size(), 1u);
    QVERIFY2(recognised.unknown[0].why.contains("measurement"), recognised.unknown[0].why.c_str());
}

// Each report is given the lists of its root: many reports and many lists must not take their product in memory. What there is no room for
// is undecided, and never judged by some of the lists.
void TestIntakeBounds::manyLists()
{
    const test::EvidenceMaker maker;
    std::vector<reports::ArchivedFile> files{{"ark.der", maker.evidence.endorsements[2].der},
        {"ask.der", maker.evidence.endorsements[1].der}, {"vcek.der", maker.evidence.endorsements[0].der}};
    std::vector<std::uint64_t> serials(3000);
    for (std::size_t i = 0; i < serials.size(); ++i)
        serials[i] = 0x7000000000000000u + i;
    for (unsigned i = 0; i < 8; ++i) {
        serials[0] += serials.size() * (i + 1);
        files.push_back({"list" + std::to_string(i), *maker.authority().revocationList(serials, then - 10 - i, then + 1000)});
    }
    const std::size_t listBytes = 8 * files.back().content.size();
    constexpr std::size_t room = std::size_t{256} << 20, reportCount = 800;
    QVERIFY2(listBytes * reportCount > room, std::to_string(listBytes).c_str());
    for (std::size_t i = 0; i < reportCount; ++i) {
        Bytes report = maker.evidence.report;
        storeLe<std::uint32_t>(report, 0x50, static_cast<std::uint32_t>(i)); // report data
        files.push_back({"report" + std::to_string(i), report});
    }
    const auto recognised = look(*reports::zipped(files));
    QCOMPARE(recognised.evidence.size(), reportCount);
    std::size_t bytes = 0, without = 0;
    for (const auto &found : recognised.evidence) {
        const auto lists = std::ranges::count(found.evidence.endorsements, "crl", &Endorsement::role);
        QVERIFY(lists == 8 || found.evidence.endorsements.empty());
        without += found.evidence.endorsements.empty();
        for (const auto &endorsement : found.evidence.endorsements)
            bytes += endorsement.role == "crl" ? endorsement.der.size() : 0;
    }
    QVERIFY2(bytes <= room, std::to_string(bytes).c_str());
    QVERIFY(without > 0 && without < reportCount);
    QVERIFY(std::ranges::any_of(recognised.unknown, [](const UnknownPart &part) { return part.why.contains("give fewer"); }));
}

// Reports, CEKs and ASKs that all might belong together: their product is never gone through.
void TestIntakeBounds::manyLegacyCertificates()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes cek = vector("sev-naples/cek.cert"), both = vector("sev-roots/ask_ark_naples.cert");
    const Bytes ask = toBytes(ByteView(both).first(832));
    std::vector<reports::ArchivedFile> files;
    constexpr unsigned count = 7500;
    for (unsigned i = 0; i < count; ++i) {
        Bytes report(208), key = cek, authority = ask;
        storeLe<std::uint32_t>(report, 0x00, i);
        storeLe<std::uint32_t>(report, 0x34, 0x1002);
        storeLe<std::uint32_t>(report, 0x38, 2);
        storeLe<std::uint32_t>(key, 0x14, i + 1); // another key, which nobody signed
        storeLe<std::uint32_t>(authority, 0x144, i + 1);
        files.push_back({"r" + std::to_string(i), report});
        files.push_back({"c" + std::to_string(i), key});
        files.push_back({"a" + std::to_string(i), authority});
    }
    const auto recognised = look(*reports::zipped(files));
    QVERIFY2(recognised.evidence.size() >= count, std::to_string(recognised.evidence.size()).c_str());
    QVERIFY(std::ranges::any_of(recognised.unknown, [](const UnknownPart &part) { return part.why.contains("give fewer"); }));
    for (const auto &found : std::span(recognised.evidence).first(10))
        QVERIFY(verdictOf(found.evidence) != Verdict::Authentic);
}

QTEST_GUILESS_MAIN(TestIntakeBounds)
#include "test_intake_bounds.moc"
