// SPDX-License-Identifier: Apache-2.0
// Every real vector in every form in which people have it.
#include "forms.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/certificates/certificate.h"
#include "tests/support/vectors.h"

#include <QTest>

#include <algorithm>

using namespace kastellan;
using test::joinedBytes;
using test::pem;
using test::vector;
using test::wrapped;

namespace {

const EvidenceBackend &backend()
{
    static const auto instance = sev::makeEvidenceBackend();
    return *instance;
}

/// A time at which all vectors are valid.
constexpr std::int64_t then = 1785542400; // 2026-08-01

struct Snp {
    Bytes report, leaf, ask, ark;
};
Snp snp(const std::string &name)
{
    const bool old = name == "snp-milan";
    const auto authorities = *sev::Certificate::fromPem(asText(vector(old ? "snp-milan/cert_chain.pem" : "reports/" + name + "/ca.pem")));
    return {vector((old ? name : "reports/" + name) + "/report.bin"), vector(old ? "snp-milan/vcek.der" : "reports/" + name + "/vek.der"),
        authorities[0].der(), authorities[1].der()};
}

Recognised look(std::vector<InputFile> files)
{
    return backend().recognise(files);
}
Recognised look(const Bytes &bytes)
{
    // A name that lies: it must not matter.
    return look({{"certificate.pem", bytes}});
}
Recognised look(const std::string &text)
{
    return look(toBytes(text));
}

Appraisal appraised(const Evidence &evidence, const ReferenceValues &expected = {})
{
    Appraisal appraisal;
    appraisal.findings = backend().appraise(evidence, expected, then);
    decide(appraisal);
    return appraisal;
}

std::string rolesOf(const Evidence &evidence)
{
    std::string roles;
    for (const auto &entry : evidence.endorsements)
        roles += (roles.empty() ? "" : " ") + entry.role;
    return roles;
}

std::string unknownsOf(const Recognised &recognised)
{
    std::string text;
    for (const auto &part : recognised.unknown)
        text += part.file + "@" + std::to_string(part.offset) + ": " + part.why + "\n";
    return text;
}

/// As xxd prints it, or hexdump -C with its "*" for lines that repeat.
std::string dump(const Bytes &bytes, bool canonical)
{
    std::string text, last;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        std::string hex, plain;
        for (std::size_t i = at; i < std::min(at + 16, bytes.size()); ++i) {
            hex += toHex(ByteView(bytes).subspan(i, 1)) + (canonical ? (i % 16 == 7 ? "  " : " ") : (i % 2 ? " " : ""));
            plain += bytes[i] > 0x20 && bytes[i] < 0x7f ? static_cast<char>(bytes[i]) : '.';
        }
        if (canonical && hex == last) {
            if (!text.ends_with("*\n"))
                text += "*\n";
            continue;
        }
        last = hex;
        char offset[24];
        std::snprintf(offset, sizeof offset, "%08zx", at);
        text += offset + std::string(canonical ? "  " : ": ") + hex + " " + (canonical ? "|" : "") + plain + (canonical ? "|" : "") + "\n";
    }
    return canonical ? text + "000004a0\n" : text;
}

struct Naples {
    Bytes pdh = vector("sev-naples/pdh.cert"), pek = vector("sev-naples/pek.cert"), oca = vector("sev-naples/oca.cert"),
          cek = vector("sev-naples/cek.cert"), askArk = vector("sev-roots/ask_ark_naples.cert");
    [[nodiscard]] Bytes chain() const { return joinedBytes({pek, oca, cek}); }
    [[nodiscard]] Bytes shortExport() const { return joinedBytes({pdh, pek, oca, cek}); }
    [[nodiscard]] Bytes fullExport() const { return joinedBytes({pdh, pek, oca, cek, askArk}); }
};

} // namespace

class TestIntakeForms : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyFormOfAReport_data();
    void everyFormOfAReport();
    void certificatesInAnyOrderAndForm_data();
    void certificatesInAnyOrderAndForm();
    void attestationFilesAppraiseAlone();
    void severalReportsGetTheirOwn();
    void aWrongCertificateIsStillGiven();
    void azureRuntimeDataIsCompared();
    void goWritesCharactersByNumber();
    void theRequestIsNamed();
    void everyFormOfALegacyChain_data();
    void everyFormOfALegacyChain();
    void theUnsignedArkIsRefusedByName();
    void rootsOfEveryProduct_data();
    void rootsOfEveryProduct();
    void aPlatformsOwnCekGivesWayToTheSignedOne();
    void launchMeasurementsAndOwnerCertificates();
    void whatIsNoneOfOurs();
};

void TestIntakeForms::everyFormOfAReport_data()
{
    KASTELLAN_NEED_VECTORS();
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("report");
    QTest::addColumn<QByteArray>("form");
    for (const char *name : {"snp-milan", "milan-v3", "genoa-v3"}) {
        const Snp one = snp(name);
        const auto add = [&](const char *form, const Bytes &input, const char *word = "snp-report") {
            QTest::newRow((std::string(name) + " " + form).c_str())
                << QByteArray(reinterpret_cast<const char *>(input.data()), static_cast<qsizetype>(input.size()))
                << QByteArray(reinterpret_cast<const char *>(one.report.data()), static_cast<qsizetype>(one.report.size()))
                << QByteArray(word);
        };
        const std::string hex = toHex(one.report), base64 = toBase64(one.report);
        std::string upper = hex, url = base64;
        std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
        std::ranges::replace(url, '+', '-');
        std::ranges::replace(url, '/', '_');
        while (url.ends_with('='))
            url.pop_back();
        add("raw", one.report);
        add("raw with padding", joinedBytes({one.report, Bytes(2912)}));
        add("hex", toBytes(hex));
        add("hex, 0x, upper case, a line end", toBytes("0x" + upper + "\n"));
        add("hex in lines", toBytes(wrapped(hex, 32)));
        add("xxd", toBytes(dump(one.report, false)));
        add("hexdump -C", toBytes(dump(one.report, true)));
        add("base64", toBytes(base64));
        add("base64 in lines", toBytes(wrapped(base64, 76)));
        add("base64url without padding", toBytes(url));
        add("response of 4000 bytes", test::response(one.report), "snp-response");
        add("response without padding", test::response(one.report, 0), "snp-response");
        add("response in hex", toBytes(toHex(test::response(one.report))), "snp-response");
        add("ioctl buffer", test::ioctlBuffer(one.report), "snp-response");
        add("azure hcl", test::hclBlob(one.report), "azure-hcl");
        const std::vector<sev::GhcbTableEntry> entries{{sev::ghcbVcek, one.leaf}, {sev::ghcbAsk, one.ask}, {sev::ghcbArk, one.ark}};
        add("with a table", joinedBytes({one.report, *sev::writeGhcbTable(entries)}));
        add("with DER behind", joinedBytes({one.report, one.leaf}));
        add("proto attestation", test::protoAttestation(one.report, one.leaf, one.ask, one.ark), "go-sev-guest");
        add("proto attestation without certificates", test::protoAttestation(one.report), "go-sev-guest");
        add("proto report", test::protoReport(one.report), "go-sev-guest");
        add("text proto", toBytes(test::textAttestation(one.report, one.leaf)), "go-sev-guest");
        add("json", toBytes(R"({"attestation": {"report": ")" + base64 + R"(", "other": 3}})"));
        add("json, hex", toBytes(R"([{"x": ")" + hex + R"("}])"));
        add("record",
            toBytes(R"({"schema": "kastellan-record-1", "expected": {"report_data": ")" + hex.substr(160, 128)
                + R"("}, "evidence": {"kind": "snp-report", "report": {"base64": ")" + base64
                + R"("}, "endorsements": [{"role": "vcek", "der": {"base64": ")" + toBase64(one.leaf) + R"("}}]}})"));
        add("zip", *reports::zipped({{"certificates/vcek.der", one.leaf}, {"readme.txt", toBytes("hello")}, {"report.bin", one.report}}));
        add("zip in a zip", *reports::zipped({{"a.zip", *reports::zipped({{"report.bin", one.report}})}}));
        add("within something else", joinedBytes({Bytes(777, 0xa5), one.report, Bytes(99, 0x5a)}));
        add("a line of a log", toBytes("Nov 23 host attest: report=" + base64 + " done\n"));
    }
}

void TestIntakeForms::everyFormOfAReport()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, report);
    QFETCH(QByteArray, form);
    const auto recognised = look(Bytes(input.begin(), input.end()));
    QVERIFY2(recognised.evidence.size() == 1, unknownsOf(recognised).c_str());
    const auto &evidence = recognised.evidence.front().evidence;
    QCOMPARE(evidence.kind, std::string("snp-report"));
    QVERIFY(evidence.report == Bytes(report.begin(), report.end()));
    const auto found = std::ranges::count_if(recognised.found, [&](const FoundPart &part) { return part.form == form.toStdString(); });
    QCOMPARE(found, 1);
    QVERIFY2(recognised.unknown.empty(), unknownsOf(recognised).c_str());
}

void TestIntakeForms::certificatesInAnyOrderAndForm_data()
{
    QTest::addColumn<int>("form");
    for (int form = 0; form < 10; ++form)
        QTest::newRow(std::to_string(form).c_str()) << form;
}

void TestIntakeForms::certificatesInAnyOrderAndForm()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(int, form);
    for (const char *name : {"snp-milan", "milan-v3", "genoa-v3"}) {
        const Snp one = snp(name);
        std::vector<InputFile> files;
        // The authorities of other products must not get in the way.
        for (const char *other : {"ark-turin", "ask-turin", "ark-genoa", "ask-milan", "ask-genoa", "ark-milan"})
            if (form % 2)
                files.push_back({other, vector(std::string("snp-roots/") + other + ".pem")});
        switch (form / 2) {
        case 0:
            files.insert(files.end(), {{"1", one.ark}, {"2", one.leaf}, {"3", one.report}, {"4", one.ask}});
            break;
        case 1:
            files.insert(
                files.begin(), {{"all", toBytes(pem(one.ark) + "some words\n" + pem(one.leaf) + pem(one.ask))}, {"r", one.report}});
            break;
        case 2:
            files.insert(files.end(), {{"all", joinedBytes({one.leaf, one.ask, one.ark})}, {"r", toBytes(toHex(one.report))}});
            break;
        case 3: {
            // A cloud's metadata service answers with JSON that holds PEM.
            std::string chain = test::pem(one.ask) + test::pem(one.ark), leaf = test::pem(one.leaf);
            const auto inJson = [](const std::string &text) {
                std::string escaped;
                for (const char c : text)
                    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
                return escaped;
            };
            files.push_back({"thim",
                toBytes(
                    R"({"vcekCert":")" + inJson(leaf) + R"(","tcbm":"DB18000000000004","certificateChain":")" + inJson(chain) + R"("})")});
            files.push_back({"r", one.report});
            break;
        }
        default:
            files.insert(files.begin(),
                {{"z",
                    *reports::zipped(
                        {{"a/ark.pem", toBytes(pem(one.ark))}, {"b", one.report}, {"c/vek", one.leaf}, {"d", toBytes(pem(one.ask))}})}});
        }
        const auto recognised = look(files);
        QCOMPARE(recognised.evidence.size(), 1u);
        QCOMPARE(rolesOf(recognised.evidence[0].evidence), std::string("vcek ask ark"));
        const auto appraisal = appraised(recognised.evidence[0].evidence);
        QVERIFY2(appraisal.verdict == Verdict::Authentic, appraisal.sentence.c_str());
        QVERIFY2(recognised.unknown.empty(), unknownsOf(recognised).c_str());
    }
}

void TestIntakeForms::attestationFilesAppraiseAlone()
{
    KASTELLAN_NEED_VECTORS();
    for (const std::string name : {"milan-v3", "genoa-v3"}) {
        const auto alone = look(vector("reports/" + name + "/attestation.bin"));
        QCOMPARE(alone.evidence.size(), 1u);
        QCOMPARE(rolesOf(alone.evidence[0].evidence), std::string("vcek"));
        QVERIFY(appraised(alone.evidence[0].evidence).verdict == Verdict::Authentic); // AMD's authorities are built in
        const auto with = look({{"a", vector("reports/" + name + "/attestation.bin")}, {"b", vector("reports/" + name + "/ca.pem")}});
        QVERIFY(appraised(with.evidence[0].evidence).verdict == Verdict::Authentic);
        ReferenceValues expected;
        expected.launchDigest = *LaunchDigest::from(ByteView(with.evidence[0].evidence.report).subspan(0x90, 48), "digest");
        QVERIFY(appraised(with.evidence[0].evidence, expected).verdict == Verdict::Trusted);
    }
}

void TestIntakeForms::severalReportsGetTheirOwn()
{
    KASTELLAN_NEED_VECTORS();
    std::vector<InputFile> reportsFirst, certificates;
    for (const char *name : {"snp-milan", "milan-v3", "genoa-v3"}) {
        const Snp one = snp(name);
        reportsFirst.push_back({name, one.report});
        for (const Bytes &der : {one.ark, one.leaf, one.ask})
            certificates.push_back({"c", der});
    }
    auto all = reportsFirst;
    all.insert(all.begin(), certificates.begin(), certificates.end());
    const auto recognised = look(all);
    QCOMPARE(recognised.evidence.size(), 3u);
    for (const auto &found : recognised.evidence)
        QVERIFY2(appraised(found.evidence).verdict == Verdict::Authentic, found.file.c_str());
    // The same from a pool.
    const auto pool = backend().pool(certificates);
    QCOMPARE(pool->size(), 7u); // the Milan authorities are there once
    for (const auto &report : reportsFirst) {
        const InputFile files[] = {report};
        const auto one = backend().recognise(files, pool.get());
        QCOMPARE(one.evidence.size(), 1u);
        QVERIFY(appraised(one.evidence[0].evidence).verdict == Verdict::Authentic);
    }
    // A pool with another product's authorities alone is no answer: the certificates are missing, and nothing contradicts.
    const InputFile genoa[] = {{"r", vector("reports/genoa-v3/report.bin")}}, milan[] = {{"c", vector("snp-milan/cert_chain.pem")}};
    const auto foreign = backend().recognise(genoa, backend().pool(milan).get());
    QCOMPARE(foreign.evidence.size(), 1u);
    QVERIFY(foreign.evidence[0].evidence.endorsements.empty());
    QVERIFY(appraised(foreign.evidence[0].evidence).verdict == Verdict::Undecided);
    // Twice the same report is one piece of evidence.
    QCOMPARE(look({reportsFirst[0], {"again", toBytes(toHex(reportsFirst[0].bytes))}}).evidence.size(), 1u);
}

void TestIntakeForms::aWrongCertificateIsStillGiven()
{
    KASTELLAN_NEED_VECTORS();
    const Snp milan = snp("snp-milan"), other = snp("milan-v3");
    const auto recognised = look({{"r", milan.report}, {"v", other.leaf}, {"c", vector("snp-milan/cert_chain.pem")}});
    const auto appraisal = appraised(recognised.evidence[0].evidence);
    QVERIFY(appraisal.verdict == Verdict::Refused);
    const auto failed = [&](std::string_view id) {
        return std::ranges::any_of(
            appraisal.findings, [&](const Finding &finding) { return finding.id == id && finding.outcome == Outcome::Fail; });
    };
    QVERIFY(failed("report.signature"));
    QVERIFY(failed("chip.certificate"));
}

void TestIntakeForms::azureRuntimeDataIsCompared()
{
    KASTELLAN_NEED_VECTORS();
    Bytes report = snp("snp-milan").report;
    auto recognised = look(test::hclBlob(report));
    QVERIFY(recognised.found[0].what.contains("does NOT bind"));
    QCOMPARE(recognised.found[0].offset, 0x20u);
    const Bytes blob = test::hclBlob(report);
    const std::string runtime = R"({"keys":[],"vm-configuration":{"secure-boot":true}})";
    const auto digest = sha256(asBytes(runtime));
    std::ranges::fill(std::span(report).subspan(0x50, 64), 0);
    std::ranges::copy(digest.bytes, report.begin() + 0x50);
    recognised = look(test::hclBlob(report));
    QVERIFY(recognised.found[0].what.contains("binds the blob's runtime data"));
}

// Go's writer puts two bytes that happen to be one character of UTF-8 as its number, and others as they are.
void TestIntakeForms::goWritesCharactersByNumber()
{
    KASTELLAN_NEED_VECTORS();
    Bytes report = snp("snp-milan").report;
    std::string expected = "report_data: \"\\u0085\xc3\xa9\\U0001F512\\n\\\"'";
    const Bytes begin{0xc2, 0x85, 0xc3, 0xa9, 0xf0, 0x9f, 0x94, 0x92, '\n', '"', '\''};
    std::ranges::fill(std::span(report).subspan(0x50, 64), std::uint8_t{'.'});
    std::ranges::copy(begin, report.begin() + 0x50);
    expected += std::string(64 - begin.size(), '.') + "\"\n";
    std::string text = test::textAttestation(report);
    const auto at = text.find("report_data");
    text.replace(at, text.find('\n', at) + 1 - at, expected);
    const auto recognised = look(text);
    QVERIFY2(recognised.evidence.size() == 1, unknownsOf(recognised).c_str());
    QVERIFY(recognised.evidence[0].evidence.report == report);
}

void TestIntakeForms::theRequestIsNamed()
{
    KASTELLAN_NEED_VECTORS();
    const Snp one = snp("snp-milan");
    const Bytes request(one.report.begin() + 0x50, one.report.begin() + 0x90);
    const auto recognised = look({{"request.bin", request}, {"report.bin", one.report}});
    QVERIFY(recognised.unknown.empty());
    QVERIFY(std::ranges::any_of(recognised.found, [](const FoundPart &part) { return part.form == "report-data"; }));
    // Another file's 64 bytes stay unknown.
    QCOMPARE(look({{"request.bin", Bytes(64, 0xee)}, {"report.bin", one.report}}).unknown.size(), 1u);
}

void TestIntakeForms::everyFormOfALegacyChain_data()
{
    KASTELLAN_NEED_VECTORS();
    QTest::addColumn<int>("form");
    static constexpr const char *names[] = {"files", "files backwards", "pdh.cert and cert_chain.cert", "short export", "full export",
        "full export in base64", "zip of sev-tool", "query-sev-capabilities", "QMP answer", "virsh nodesevinfo", "domcapabilities",
        "export and roots", "hex"};
    for (int form = 0; form < static_cast<int>(std::size(names)); ++form)
        QTest::newRow(names[form]) << form;
}

void TestIntakeForms::everyFormOfALegacyChain()
{
    QFETCH(int, form);
    const Naples n;
    const std::string pdh = toBase64(n.pdh), chain = toBase64(n.chain());
    std::vector<InputFile> files;
    switch (form) {
    case 0:
        files = {{"pdh.cert", n.pdh}, {"pek.cert", n.pek}, {"oca.cert", n.oca}, {"cek.cert", n.cek}, {"ask_ark.cert", n.askArk}};
        break;
    case 1:
        files = {{"a", n.askArk}, {"b", n.cek}, {"c", n.oca}, {"d", n.pek}, {"e", n.pdh}};
        break;
    case 2:
        files = {{"cert_chain.cert", n.chain()}, {"pdh.cert", n.pdh}};
        break;
    case 3:
        files = {{"x", n.shortExport()}};
        break;
    case 4:
        files = {{"x", n.fullExport()}};
        break;
    case 5:
        files = {{"x", toBytes(wrapped(toBase64(n.fullExport()), 76))}};
        break;
    case 6: {
        const Bytes ask(n.askArk.begin(), n.askArk.begin() + 832), ark(n.askArk.begin() + 832, n.askArk.end());
        files = {{"certs_export.zip",
            *reports::zipped({{"ark.cert", ark}, {"ask.cert", ask}, {"cek.cert", n.cek}, {"oca.cert", n.oca}, {"pdh.cert", n.pdh},
                {"pek.cert", n.pek}})}};
        break;
    }
    case 7:
        files = {{"caps.json",
            toBytes(R"({"pdh": ")" + pdh + R"(", "cert-chain": ")" + chain + R"(", "cpu0-id": ")" + toBase64(Bytes(64, 7))
                + R"(", "cbitpos": 47, "reduced-phys-bits": 1})")}};
        break;
    case 8:
        files = {{"qmp.json",
            toBytes(R"({"return": {"reduced-phys-bits": 1, "cbitpos": 47, "cert-chain": ")" + chain + R"(", "pdh": ")" + pdh + R"("}})")}};
        break;
    case 9:
        files = {{"sev.txt", toBytes("pdh             : " + pdh + "\ncert-chain      : " + chain + "\ncbitpos         : 47\n")}};
        break;
    case 10:
        files = {{"caps.xml",
            toBytes("<domainCapabilities><features><sev supported='yes'><pdh>" + pdh + "</pdh><cert-chain>" + chain
                + "</cert-chain></sev></features></domainCapabilities>\n")}};
        break;
    case 11:
        files = {{"roots", n.askArk}, {"rome", vector("sev-roots/ask_ark_rome.cert")}, {"milan", vector("sev-roots/ask_ark_milan.cert")},
            {"export", n.shortExport()}};
        break;
    default:
        files = {{"x", toBytes(toHex(n.shortExport()))}};
    }
    const auto recognised = look(files);
    QVERIFY2(recognised.unknown.empty(), unknownsOf(recognised).c_str());
    QCOMPARE(recognised.evidence.size(), 1u);
    const auto &evidence = recognised.evidence[0].evidence;
    QCOMPARE(evidence.kind, std::string("sev-chain"));
    QVERIFY(evidence.report == n.pdh);
    const auto appraisal = appraised(evidence);
    QVERIFY2(appraisal.verdict == Verdict::Authentic, appraisal.sentence.c_str());
    const auto view = backend().describe(evidence);
    QVERIFY(view.has_value());
    QCOMPARE(view->product, std::string("Naples"));
    QVERIFY(std::ranges::all_of(view->chain, &CertificateView::signatureGood));
    std::size_t covered = 0;
    for (const auto &field : view->fields)
        covered += field.length;
    QCOMPARE(covered, evidence.report.size());
}

void TestIntakeForms::theUnsignedArkIsRefusedByName()
{
    KASTELLAN_NEED_VECTORS();
    const Naples n;
    const Bytes ask(n.askArk.begin(), n.askArk.begin() + 832);
    const auto recognised = look({{"export", n.shortExport()}, {"ask", ask}, {"ark.cert.bad", vector("sev-naples/ark.cert.bad")}});
    QCOMPARE(recognised.evidence.size(), 1u);
    const auto appraisal = appraised(recognised.evidence[0].evidence);
    QVERIFY(appraisal.verdict == Verdict::Refused);
    const auto complete = std::ranges::find(appraisal.findings, "sev.complete", &Finding::id);
    QVERIFY(complete->outcome == Outcome::Fail);
    QVERIFY2(complete->actual.contains("the signature is missing"), complete->actual.c_str());
}

void TestIntakeForms::rootsOfEveryProduct_data()
{
    QTest::addColumn<QByteArray>("product");
    for (const char *product : {"naples", "rome", "milan", "genoa", "turin"})
        QTest::newRow(product) << QByteArray(product);
}

void TestIntakeForms::rootsOfEveryProduct()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QByteArray, product);
    const auto recognised = look(vector("sev-roots/ask_ark_" + product.toStdString() + ".cert"));
    QCOMPARE(recognised.evidence.size(), 1u);
    const auto appraisal = appraised(recognised.evidence[0].evidence);
    QVERIFY(appraisal.verdict == Verdict::Undecided); // roots alone prove nothing of a platform
    const auto pinned = std::ranges::find(appraisal.findings, "root.pinned", &Finding::id);
    QVERIFY2(pinned->outcome == Outcome::Pass, pinned->actual.c_str());
    QVERIFY2(QByteArray(pinned->actual.c_str()).toLower().contains(product), pinned->actual.c_str());
    // A root that is not AMD's does not pass for one.
    ReferenceValues emulated;
    emulated.root = "emulated:" + std::string(64, '0');
    QVERIFY(appraised(recognised.evidence[0].evidence, emulated).verdict == Verdict::Refused);
}

void TestIntakeForms::aPlatformsOwnCekGivesWayToTheSignedOne()
{
    KASTELLAN_NEED_VECTORS();
    const Naples n;
    Bytes own = n.cek;
    std::fill(own.begin() + 0x414, own.end(), 0);
    storeLe<std::uint32_t>(own, 0x414, 0x1000);
    storeLe<std::uint32_t>(own, 0x61c, 0x1000);
    const Bytes chain = joinedBytes({n.pek, n.oca, own});
    auto recognised = look({{"pdh.cert", n.pdh}, {"cert_chain.cert", chain}});
    auto appraisal = appraised(recognised.evidence[0].evidence);
    QVERIFY(appraisal.verdict == Verdict::Refused);
    QVERIFY2(appraisal.sentence.contains("signed by nobody")
            || std::ranges::any_of(appraisal.findings, [](const Finding &finding) { return finding.actual.contains("signed by nobody"); }),
        appraisal.sentence.c_str());
    recognised = look({{"pdh.cert", n.pdh}, {"cert_chain.cert", chain}, {"cek.cert", n.cek}, {"ask_ark.cert", n.askArk}});
    QCOMPARE(recognised.evidence.size(), 1u);
    QVERIFY(appraised(recognised.evidence[0].evidence).verdict == Verdict::Authentic);
}

void TestIntakeForms::launchMeasurementsAndOwnerCertificates()
{
    const std::string measure = "lswbxWxI9gckya16JQvdFtpYmNO4b+3inAPpqsgoBI7DE/q1EcIWsVBbGy6pkDxA";
    for (const std::string &text : {measure, measure + "\n", R"({"data": ")" + measure + R"("})", "sev-measurement : " + measure + "\n"}) {
        const auto recognised = look(text);
        QVERIFY2(recognised.evidence.size() == 1, (text + unknownsOf(recognised)).c_str());
        QCOMPARE(recognised.evidence[0].evidence.kind, std::string("sev-launch-measure"));
        const auto appraisal = appraised(recognised.evidence[0].evidence);
        QVERIFY(appraisal.verdict == Verdict::Undecided);
        QVERIFY(backend().describe(recognised.evidence[0].evidence)->fields.size() == 2);
    }
    QCOMPARE(look(*fromBase64(measure)).evidence.size(), 1u);
    // A digest in hex, and 48 bytes under another name, are none.
    QVERIFY(look(toHex(*fromBase64(measure))).evidence.empty());
    QVERIFY(look(R"({"measured": ")" + measure + R"("})").evidence.empty());
    // The owner's own certificate is no evidence of a platform.
    Bytes godh(2084);
    storeLe<std::uint32_t>(godh, 0, 1);
    storeLe<std::uint32_t>(godh, 8, 0x1003);
    storeLe<std::uint32_t>(godh, 12, 3);
    storeLe<std::uint32_t>(godh, 16, 2);
    storeLe<std::uint32_t>(godh, 0x414, 0x1000);
    storeLe<std::uint32_t>(godh, 0x61c, 0x1000);
    const auto owner = look(toBase64(godh));
    QVERIFY(owner.evidence.empty());
    QCOMPARE(owner.found[0].form, std::string("sev-godh"));
}

void TestIntakeForms::whatIsNoneOfOurs()
{
    const auto why = [](const Bytes &bytes) {
        const auto recognised = look(bytes);
        return recognised.evidence.empty() && recognised.unknown.size() == 1 ? recognised.unknown[0].why : std::string("?");
    };
    QVERIFY(why({}).contains("empty"));
    QVERIFY(why(toBytes("hello, world\n")).contains("text"));
    QVERIFY(why(toBytes("{\"a\": 1}")).contains("JSON"));
    QVERIFY(why(toBytes("{\"a\": ")).contains("JSON"));
    QVERIFY(why(Bytes(1000, 0xff)).contains("no form"));
    QVERIFY(why(toBytes(pem(Bytes(100, 3), "EC PRIVATE KEY"))).contains("PRIVATE KEY"));
    QVERIFY(why(toBytes("-----BEGIN CERTIFICATE-----\nAAAA\n")).contains("without an end"));
    QVERIFY(why(toBytes("PK\x03\x04zzzz")).contains("archive"));
    Bytes refused(4000);
    refused[0] = 0x16;
    QVERIFY2(why(refused).contains("INVALID_PARAM"), why(refused).c_str());
    Bytes head(500);
    head[0] = 2;
    head[10] = 2; // policy bit 17
    QVERIFY2(why(head).contains("500 of 1184"), why(head).c_str());
}

QTEST_GUILESS_MAIN(TestIntakeForms)
#include "test_intake_forms.moc"
