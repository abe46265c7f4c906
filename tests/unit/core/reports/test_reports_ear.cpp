// SPDX-License-Identifier: Apache-2.0
// Attestation results: claims, tiers, and signatures that the openssl program verifies.
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "core/keys/keys.h"
#include "core/reports/cbor.h"
#include "core/reports/ear.h"
#include "core/reports/ear_signer.h"
#include "tests/support/data_folder.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace kastellan;

namespace {

/// A value of CBOR as a test needs it. Integer keys of maps are kept as numbers.
struct Cbor {
    unsigned major = 0;
    std::uint64_t number = 0; ///< value, length, tag
    Bytes bytes;
    std::vector<Cbor> items; ///< of arrays; of maps key, value, key, value; of tags the value
    std::int64_t integer() const { return major == 1 ? -1 - static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number); }
    std::string text() const { return std::string(asText(bytes)); }
    const Cbor *at(std::int64_t key) const
    {
        for (std::size_t i = 0; i + 1 < items.size(); i += 2)
            if (items[i].major <= 1 && items[i].integer() == key)
                return &items[i + 1];
        return nullptr;
    }
    const Cbor *at(std::string_view key) const
    {
        for (std::size_t i = 0; i + 1 < items.size(); i += 2)
            if (items[i].major == 3 && items[i].text() == key)
                return &items[i + 1];
        return nullptr;
    }
};

std::optional<Cbor> decode(ByteView &view)
{
    if (view.empty())
        return {};
    Cbor value;
    value.major = view[0] >> 5;
    const unsigned low = view[0] & 31;
    view = view.subspan(1);
    value.number = low;
    if (low >= 24) {
        const std::size_t size = std::size_t{1} << (low - 24);
        if (low > 27 || view.size() < size)
            return {};
        value.number = 0;
        for (std::size_t i = 0; i < size; ++i)
            value.number = value.number << 8 | view[i];
        view = view.subspan(size);
        const std::uint64_t least = size == 1 ? 24 : std::uint64_t{1} << (4 * size);
        if (value.number < least)
            return {}; // not the shortest form
    }
    if (value.major == 2 || value.major == 3) {
        if (view.size() < value.number)
            return {};
        value.bytes = toBytes(view.first(value.number));
        view = view.subspan(value.number);
    }
    const std::uint64_t count = value.major == 4 ? value.number : value.major == 5 ? 2 * value.number : value.major == 6 ? 1 : 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto item = decode(view);
        if (!item)
            return {};
        value.items.push_back(std::move(*item));
    }
    return value;
}

Cbor decoded(ByteView view)
{
    const auto value = decode(view);
    if (!value || !view.empty())
        qFatal("this is no CBOR");
    return *value;
}

Bytes fromBase64Url(std::string text)
{
    for (char &c : text)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    text.resize((text.size() + 3) / 4 * 4, '=');
    return *fromBase64(text);
}

/// The two numbers of a signature as DER, which the openssl program wants.
Bytes derSignature(ByteView raw)
{
    Bytes der;
    for (const ByteView part : {raw.first(48), raw.subspan(48, 48)}) {
        std::size_t skip = 0;
        while (skip < 47 && part[skip] == 0)
            ++skip;
        const bool pad = part[skip] & 0x80;
        der.push_back(2);
        der.push_back(static_cast<std::uint8_t>(48 - skip + pad));
        if (pad)
            der.push_back(0);
        der.insert(der.end(), part.begin() + static_cast<std::ptrdiff_t>(skip), part.end());
    }
    der.insert(der.begin(), {0x30, static_cast<std::uint8_t>(der.size())});
    return der;
}

Finding finding(std::string id, std::string area, Outcome outcome, bool required = true)
{
    Finding result;
    result.id = std::move(id);
    result.area = std::move(area);
    result.outcome = outcome;
    result.required = required;
    result.reference = result.id == "launch.digest" && outcome != Outcome::Info;
    return result;
}

/// A trusted appraisal, as the backend finds it.
Appraisal genuine()
{
    Appraisal appraisal;
    for (const auto &[id, area] : {std::pair{"root.pinned", "root"}, {"chain.signatures", "chain"}, {"report.signature", "report"},
             {"tcb.certificate", "tcb"}, {"policy.debug", "policy"}, {"launch.digest", "launch"}})
        appraisal.findings.push_back(finding(id, area, Outcome::Pass));
    appraisal.findings.push_back(finding("chain.crl", "chain", Outcome::Unknown, false));
    appraisal.at = 1'700'000'000;
    decide(appraisal);
    return appraisal;
}

Finding &find(Appraisal &appraisal, std::string_view id)
{
    return *std::ranges::find(appraisal.findings, id, &Finding::id);
}

EarOptions options(std::string pem)
{
    EarOptions options;
    options.build = "kastellan test";
    options.policyIds = {"ni:///sha-256;abc"};
    options.nonce = Bytes(64, 7);
    options.issued = 1'700'000'001;
    options.keyPem = std::move(pem);
    return options;
}

} // namespace

class TestReportsEar : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void jwt();
    void cwt();
    void edwards();
    void veraison();
    void tiers();
    void vectors();
    void emulatedNeverAffirms();
    void policyIds();
    void refusedOptions();
    void cborHeads();
    void ownKey();
};

void TestReportsEar::jwt()
{
    const test::DataFolder data;
    const std::string pem = *earKeyPem();
    const auto token = earJwt(genuine(), options(pem));
    QVERIFY2(token.has_value(), token ? "" : token.error().message().c_str());
    const QList<QByteArray> parts = QByteArray::fromStdString(*token).split('.');
    QCOMPARE(parts.size(), 3);
    const auto part = [&parts](int i) { return fromBase64Url(parts[i].toStdString()); };
    const auto header = js::In::parse(part(0)), claims = js::In::parse(part(1));
    QCOMPARE(header.at("alg").get<std::string>(), std::string("ES384"));
    QCOMPARE(header.at("kid").get<std::string>(), keys::show("results")->fingerprint);
    QCOMPARE(claims.at("eat_profile").get<std::string>(), std::string("tag:ietf.org,2026:rats/ear#04"));
    QCOMPARE(claims.at("iat").get<std::int64_t>(), std::int64_t{1'700'000'001});
    QCOMPARE(claims.at("ear_verifier_id").at("build").get<std::string>(), std::string("kastellan test"));
    QVERIFY(fromBase64Url(claims.at("eat_nonce").get<std::string>()) == Bytes(64, 7));
    const auto &snp = claims.at("submods").at("snp");
    QCOMPARE(snp.at("ear_status").get<std::string>(), std::string("affirming"));
    QCOMPARE(snp.at("ear_trustworthiness_vector").dump(),
        std::string("{\"configuration\":2,\"executables\":2,\"hardware\":2,\"runtime-opaque\":2}"));
    QCOMPARE(snp.at("ear_appraisal_policy_ids").dump(), std::string("[\"ni:///sha-256;abc\"]"));
    QCOMPARE(snp.at("ear_verifier_claims").at("kastellan").at("verdict").get<std::string>(), std::string("trusted"));

    // The openssl program says that the key made the signature; and of a changed text that it did not.
    const QTemporaryDir folder;
    const auto file = [&folder](const char *name) { return folder.filePath(QLatin1String(name)); };
    const Bytes signature = part(2);
    QCOMPARE(signature.size(), std::size_t{96});
    QVERIFY(writeFileAtomically(file("signature").toStdString(), derSignature(signature)).has_value());
    QVERIFY(writeFileAtomically(file("key.pem").toStdString(), asBytes(keys::show("results")->publicPem)).has_value());
    for (const bool changed : {false, true}) {
        QByteArray text = parts[0] + '.' + parts[1];
        if (changed)
            text[5] = text[5] == 'a' ? 'b' : 'a';
        QVERIFY(writeFileAtomically(file("text").toStdString(), asBytes(text.toStdString())).has_value());
        QProcess openssl;
        openssl.start(QStringLiteral("openssl"),
            {QStringLiteral("dgst"), QStringLiteral("-sha384"), QStringLiteral("-verify"), file("key.pem"), QStringLiteral("-signature"),
                file("signature"), file("text")});
        QVERIFY(openssl.waitForFinished(30000));
        QCOMPARE(openssl.exitCode() == 0, !changed);
    }
}

void TestReportsEar::cwt()
{
    const test::DataFolder data;
    const std::string pem = *earKeyPem();
    const auto token = earCwt(genuine(), options(pem));
    QVERIFY(token.has_value());
    const Cbor whole = decoded(*token);
    QCOMPARE(whole.major, 6u);
    QCOMPARE(whole.number, std::uint64_t{61});
    const Cbor &sign1 = whole.items[0];
    QCOMPARE(sign1.number, std::uint64_t{18});
    const auto &parts = sign1.items[0].items;
    QCOMPARE(parts.size(), std::size_t{4});
    const Cbor header = decoded(parts[0].bytes), claims = decoded(parts[2].bytes);
    QCOMPARE(header.at(1)->integer(), std::int64_t{-35});
    QCOMPARE(parts[1].at(4)->text(), keys::show("results")->fingerprint);
    QCOMPARE(claims.at(265)->text(), std::string("tag:ietf.org,2026:rats/ear#04"));
    QCOMPARE(claims.at(6)->integer(), std::int64_t{1'700'000'001});
    QVERIFY(claims.at(10)->bytes == Bytes(64, 7));
    QCOMPARE(claims.at(1004)->at(0)->text(), std::string("kastellan test"));
    const Cbor *snp = claims.at(266)->at("snp");
    QVERIFY(snp);
    QCOMPARE(snp->at(1000)->integer(), std::int64_t{2});
    QCOMPARE(snp->at(1001)->at(4)->integer(), std::int64_t{2});
    QCOMPARE(snp->at(1003)->items[0].text(), std::string("ni:///sha-256;abc"));
    QCOMPARE(snp->at(1006)->at("kastellan")->at("verdict")->text(), std::string("trusted"));
    // COSE signs this structure (RFC 9052, section 4.4).
    const Bytes signedText = CborWriter().array(4).text("Signature1").bytes(parts[0].bytes).bytes({}).bytes(parts[2].bytes).take();
    const QTemporaryDir folder;
    const auto file = [&folder](const char *name) { return folder.filePath(QLatin1String(name)); };
    QVERIFY(writeFileAtomically(file("signature").toStdString(), derSignature(parts[3].bytes)).has_value());
    QVERIFY(writeFileAtomically(file("key.pem").toStdString(), asBytes(keys::show("results")->publicPem)).has_value());
    QVERIFY(writeFileAtomically(file("text").toStdString(), signedText).has_value());
    QCOMPARE(QProcess::execute(QStringLiteral("openssl"),
                 {QStringLiteral("dgst"), QStringLiteral("-sha384"), QStringLiteral("-verify"), file("key.pem"),
                     QStringLiteral("-signature"), file("signature"), file("text")}),
        0);
}

void TestReportsEar::edwards()
{
    const test::DataFolder data;
    QVERIFY(keys::recordPublicPem().has_value()); // makes the key
    const auto file = keys::show("record")->file;
    const std::string pem(asText(*readFile(file, 1 << 16)));
    const auto token = earJwt(genuine(), options(pem));
    QVERIFY2(token.has_value(), token ? "" : token.error().message().c_str());
    const auto dot = token->rfind('.');
    QCOMPARE(js::In::parse(fromBase64Url(token->substr(0, token->find('.')))).at("alg").get<std::string>(), std::string("EdDSA"));
    QVERIFY(*keys::verifySignature(*keys::recordPublicPem(), asBytes(token->substr(0, dot)), fromBase64Url(token->substr(dot + 1))));
    QVERIFY(!*keys::verifySignature(*keys::recordPublicPem(), asBytes(token->substr(0, dot - 1)), fromBase64Url(token->substr(dot + 1))));
}

void TestReportsEar::veraison()
{
    const test::DataFolder data;
    EarOptions asked = options(*earKeyPem());
    asked.profile = EarOptions::Profile::Veraison2023;
    const auto token = earJwt(genuine(), asked);
    const auto first = token->find('.');
    const auto claims = js::In::parse(fromBase64Url(token->substr(first + 1, token->rfind('.') - first - 1)));
    QCOMPARE(claims.at("eat_profile").get<std::string>(), std::string("tag:github.com,2023:veraison/ear"));
    QVERIFY(claims.contains("ear.verifier-id"));
    const auto &snp = claims.at("submods").at("snp");
    QCOMPARE(snp.at("ear.status").get<std::string>(), std::string("affirming"));
    QCOMPARE(snp.at("ear.trustworthiness-vector").at("hardware").get<int>(), 2);
    QCOMPARE(snp.at("ear.appraisal-policy-id").get<std::string>(), std::string("ni:///sha-256;abc"));
    const auto cwt = earCwt(genuine(), asked);
    const Cbor whole = decoded(*cwt);
    const Cbor payload = decoded(whole.items[0].items[0].items[2].bytes);
    QCOMPARE(payload.at(266)->at("snp")->at(1003)->text(), std::string("ni:///sha-256;abc"));
}

void TestReportsEar::tiers()
{
    Appraisal appraisal = genuine();
    QVERIFY(earTierOf(appraisal) == EarTier::Affirming);
    find(appraisal, "launch.digest").outcome = Outcome::Info;
    find(appraisal, "launch.digest").reference = false;
    decide(appraisal);
    QCOMPARE(appraisal.verdict, Verdict::Authentic);
    QVERIFY(earTierOf(appraisal) == EarTier::Warning);
    find(appraisal, "tcb.certificate").outcome = Outcome::Unknown;
    decide(appraisal);
    QCOMPARE(appraisal.verdict, Verdict::Undecided);
    QVERIFY(earTierOf(appraisal) == EarTier::None);
    find(appraisal, "tcb.certificate").outcome = Outcome::Fail;
    decide(appraisal);
    QVERIFY(earTierOf(appraisal) == EarTier::Contraindicated);
    // Trusted, and with an advisory fail that counts: a warning.
    Appraisal old = genuine();
    old.findings.push_back(finding("tcb.bulletin", "tcb", Outcome::Fail, false));
    decide(old);
    QCOMPARE(old.verdict, Verdict::Trusted);
    QVERIFY(earTierOf(old) == EarTier::Warning);
}

void TestReportsEar::vectors()
{
    Appraisal appraisal = genuine();
    find(appraisal, "report.signature").outcome = Outcome::Fail;
    TrustVector vector = trustVectorOf(appraisal);
    QCOMPARE(vector.hardware, 96);
    QCOMPARE(vector.runtimeOpaque, 0);
    appraisal = genuine();
    find(appraisal, "launch.digest").outcome = Outcome::Fail;
    QCOMPARE(trustVectorOf(appraisal).executables, 96);
    appraisal = genuine();
    find(appraisal, "policy.debug").outcome = Outcome::Fail;
    QCOMPARE(trustVectorOf(appraisal).configuration, 96);
    QCOMPARE(trustVectorOf(appraisal).runtimeOpaque, 96);
    // Debugging that the owner allowed is still visible to a relying party.
    find(appraisal, "policy.debug").required = false;
    QCOMPARE(trustVectorOf(appraisal).configuration, 32);
    QCOMPARE(trustVectorOf(appraisal).runtimeOpaque, 96);
    decide(appraisal);
    QCOMPARE(appraisal.verdict, Verdict::Trusted);
    QVERIFY(earTierOf(appraisal) == EarTier::Contraindicated);
    appraisal = genuine();
    QCOMPARE(trustVectorOf(appraisal).instanceIdentity, 0);
    appraisal.findings.push_back(finding("chip.allowed", "platform", Outcome::Pass));
    QCOMPARE(trustVectorOf(appraisal).instanceIdentity, 2);
    // A workload that was delivered, in a keep that nobody compared, is no claim.
    appraisal = genuine();
    find(appraisal, "launch.digest").outcome = Outcome::Info;
    find(appraisal, "launch.digest").reference = false;
    appraisal.findings.push_back(finding("workload.digest", "workload", Outcome::Pass));
    QCOMPARE(trustVectorOf(appraisal).executables, 0);
    QCOMPARE(trustVectorOf({}).hardware, 0);
}

void TestReportsEar::emulatedNeverAffirms()
{
    Appraisal appraisal = genuine();
    appraisal.emulated = true;
    decide(appraisal);
    QCOMPARE(appraisal.verdict, Verdict::Trusted);
    QCOMPARE(trustVectorOf(appraisal).hardware, 97);
    QVERIFY(earTierOf(appraisal) == EarTier::Contraindicated);
}

void TestReportsEar::policyIds()
{
    ReferenceValues expected;
    const std::string none = policyIdOf(expected);
    QVERIFY(none.starts_with("ni:///sha-256;"));
    QCOMPARE(policyIdOf(expected), none);
    expected.policy = "version = 1";
    QVERIFY(policyIdOf(expected) != none);
    expected.policy.clear();
    expected.minimumTcb = {{"snp", 1}, {"bl", 2}};
    const std::string one = policyIdOf(expected);
    expected.minimumTcb = {{"bl", 2}, {"snp", 1}}; // the same demand
    QCOMPARE(policyIdOf(expected), one);
}

void TestReportsEar::refusedOptions()
{
    const test::DataFolder data;
    EarOptions asked = options(*earKeyPem());
    asked.nonce = Bytes(7);
    QVERIFY(!earJwt(genuine(), asked).has_value());
    asked.nonce = Bytes(65);
    QVERIFY(!earCwt(genuine(), asked).has_value());
    asked.nonce.clear();
    QVERIFY(earCwt(genuine(), asked).has_value());
    asked.keyPem = "no key";
    QVERIFY(!earJwt(genuine(), asked).has_value());
    QVERIFY(!earCwt(genuine(), asked).has_value());
}

void TestReportsEar::cborHeads()
{
    // RFC 8949, appendix A.
    const auto hex = [](Bytes bytes) { return QString::fromStdString(toHex(bytes)); };
    QCOMPARE(hex(CborWriter().number(0).take()), QStringLiteral("00"));
    QCOMPARE(hex(CborWriter().number(23).take()), QStringLiteral("17"));
    QCOMPARE(hex(CborWriter().number(24).take()), QStringLiteral("1818"));
    QCOMPARE(hex(CborWriter().number(1000).take()), QStringLiteral("1903e8"));
    QCOMPARE(hex(CborWriter().number(1000000).take()), QStringLiteral("1a000f4240"));
    QCOMPARE(hex(CborWriter().number(1000000000000).take()), QStringLiteral("1b000000e8d4a51000"));
    QCOMPARE(hex(CborWriter().number(-1).take()), QStringLiteral("20"));
    QCOMPARE(hex(CborWriter().number(-1000).take()), QStringLiteral("3903e7"));
    QCOMPARE(hex(CborWriter().number(INT64_MIN).take()), QStringLiteral("3b7fffffffffffffff"));
    QCOMPARE(hex(CborWriter().text("IETF").take()), QStringLiteral("6449455446"));
    QCOMPARE(hex(CborWriter().bytes(Bytes{1, 2, 3, 4}).take()), QStringLiteral("4401020304"));
    QCOMPARE(hex(CborWriter().array(2).boolean(true).boolean(false).take()), QStringLiteral("82f5f4"));
    QCOMPARE(hex(CborWriter().map(1).number(1).number(2).take()), QStringLiteral("a10102"));
    QCOMPARE(hex(CborWriter().tag(1).number(1363896240).take()), QStringLiteral("c11a514b67b0"));
}

void TestReportsEar::ownKey()
{
    const test::DataFolder data;
    const auto first = earKeyPem(), second = earKeyPem();
    QVERIFY(first.has_value());
    QVERIFY(*first == *second);
    QCOMPARE(keys::show("results")->use, std::string("owner"));
}

QTEST_GUILESS_MAIN(TestReportsEar)
#include "test_reports_ear.moc"
