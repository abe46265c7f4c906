// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/built_in_authorities.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/certificates/p384.h"
#include "sev-backend/certificates/root_keys.h"
#include "sev-backend/certificates/vek_extensions.h"
#include "sev-backend/emulator/certificate_maker.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/vectors.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <QTest>

#include <set>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

/// Signs the same content again, another way than AMD does.
Certificate signedOtherwise(const Certificate &certificate, EVP_PKEY *key, int padding, const EVP_MD *digest, const EVP_MD *mask, int salt)
{
    const unsigned char *at = certificate.der().data();
    const std::unique_ptr<X509, decltype(&X509_free)> copy(d2i_X509(nullptr, &at, static_cast<long>(certificate.der().size())), X509_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX *parameters = nullptr;
    EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, key);
    EVP_PKEY_CTX_set_rsa_padding(parameters, padding);
    if (padding == RSA_PKCS1_PSS_PADDING) {
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt);
        EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, mask);
    }
    if (X509_sign_ctx(copy.get(), context.get()) <= 0)
        std::abort();
    unsigned char *data = nullptr;
    const int size = i2d_X509(copy.get(), &data);
    const Bytes der(data, data + size);
    OPENSSL_free(data);
    return *Certificate::fromDer(der);
}

} // namespace

class TestCertificates : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void signatureAlgorithmIsExact();
    void derAndNothingElse();
    void pem();
    void namesAndDates();
    void levels();
    void hardwareIds();
    void realVcek_data();
    void realVcek();
    void realAuthorities_data();
    void realAuthorities();
    void rootKeyTable();
    void keysInTheFirmwareForm();
    void derivedKeys();
    void revocationLists();
    void constraints();
};

void TestCertificates::signatureAlgorithmIsExact()
{
    const auto processor = test::emulatedProcessor();
    const auto &authority = processor->identity().authority();
    const auto key = *privateKeyFromDer(authority.arkKey());
    QVERIFY(authority.ask().signatureBy(authority.ark()).has_value());
    QVERIFY(!authority.ark().signatureBy(authority.ask()).has_value());
    const auto check = [&](int padding, const EVP_MD *digest, const EVP_MD *mask, int salt) {
        const auto status = signedOtherwise(authority.ask(), key.get(), padding, digest, mask, salt).signatureBy(authority.ark());
        return status ? QStringLiteral("good") : QString::fromStdString(status.error().why);
    };
    QCOMPARE(check(RSA_PKCS1_PSS_PADDING, EVP_sha384(), EVP_sha384(), 48), QStringLiteral("good"));
    QVERIFY(check(RSA_PKCS1_PADDING, EVP_sha384(), nullptr, 0).contains(QLatin1String("not RSASSA-PSS")));
    QCOMPARE(check(RSA_PKCS1_PSS_PADDING, EVP_sha256(), EVP_sha256(), 32), QStringLiteral("the hash is not SHA-384"));
    QCOMPARE(check(RSA_PKCS1_PSS_PADDING, EVP_sha512(), EVP_sha512(), 48), QStringLiteral("the hash is not SHA-384"));
    QVERIFY(check(RSA_PKCS1_PSS_PADDING, EVP_sha384(), EVP_sha256(), 48).contains(QLatin1String("MGF1")));
    QCOMPARE(check(RSA_PKCS1_PSS_PADDING, EVP_sha384(), EVP_sha384(), 32), QStringLiteral("the salt does not have 48 bytes"));
    // A leaf's key can't sign a certificate.
    QVERIFY(!authority.ask().signatureBy(processor->identity().vcek()).has_value());
}

void TestCertificates::derAndNothingElse()
{
    const auto processor = test::emulatedProcessor();
    const Bytes good = processor->identity().vcek().der();
    QVERIFY(Certificate::fromDer(good).has_value());
    Bytes longer = good;
    longer.push_back(0);
    const auto followed = Certificate::fromDer(longer);
    QVERIFY(!followed.has_value());
    QVERIFY(followed.error().why.contains("follow"));
    QVERIFY(!Certificate::fromDer({}).has_value());
    QVERIFY(!Certificate::fromDer(Bytes(Certificate::sizeLimit + 1, 0x30)).has_value());
    for (std::size_t size = 0; size < good.size(); ++size)
        QVERIFY(!Certificate::fromDer(ByteView(good).first(size)).has_value());
    // An indefinite length around the same content is BER, and no DER.
    Bytes indefinite = {0x30, 0x80};
    indefinite.insert(indefinite.end(), good.begin() + 4, good.end());
    indefinite.insert(indefinite.end(), {0, 0});
    QVERIFY(!Certificate::fromDer(indefinite).has_value());
}

void TestCertificates::pem()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes text = test::vector("snp-milan/cert_chain.pem");
    const auto certificates = Certificate::fromPem(asText(text));
    QVERIFY(certificates.has_value());
    QCOMPARE(certificates->size(), std::size_t{2});
    QCOMPARE(certificates->front().commonName(), std::string("SEV-Milan"));
    std::string many;
    for (int i = 0; i < 9; ++i)
        many += asText(text);
    QVERIFY(!Certificate::fromPem(many).has_value());
    QVERIFY(!Certificate::fromPem("").has_value());
    QVERIFY(!Certificate::fromPem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").has_value());
    const auto key = Certificate::fromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    QVERIFY(!key.has_value());
    const std::string broken = std::string(asText(text)).substr(0, text.size() - 200);
    QVERIFY(!Certificate::fromPem(broken).has_value());
}

void TestCertificates::namesAndDates()
{
    const auto key = P384PrivateKey::make();
    const auto rsa = *privateKeyFromDer(test::emulatedProcessor()->identity().authority().askKey());
    CertificateRequest request;
    request.commonName = "a\x01"
                         "b<script>\n,=é";
    request.serial = 0xabcdef;
    request.notBefore = 0;
    request.notAfter = 4102444800; // 2100: needs the other form of a date
    request.key = key.handle();
    request.issuerKey = rsa.get();
    const auto certificate = makeCertificate(request);
    QVERIFY2(certificate.has_value(), certificate ? "" : certificate.error().message().c_str());
    QCOMPARE(certificate->commonName(), request.commonName);
    QVERIFY(std::ranges::none_of(certificate->subject(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }));
    QCOMPARE(certificate->serial(), std::string("abcdef"));
    QCOMPARE(certificate->notBefore(), request.notBefore);
    QCOMPARE(certificate->notAfter(), request.notAfter);
    QCOMPARE(timeText(certificate->notAfter()), std::string("2100-01-01 00:00:00 UTC"));
}

void TestCertificates::levels()
{
    const auto read = [](std::initializer_list<std::uint8_t> bytes) {
        const auto level = readLevel(Bytes(bytes));
        return level ? int{*level} : -1;
    };
    QCOMPARE(read({2, 1, 0}), 0);
    QCOMPARE(read({2, 1, 127}), 127);
    QCOMPARE(read({2, 2, 0, 128}), 128);
    QCOMPARE(read({2, 2, 0, 0xa9}), 169);
    QCOMPARE(read({2, 2, 0, 255}), 255);
    QCOMPARE(read({2, 1, 128}), -1); // negative
    QCOMPARE(read({2, 2, 0, 127}), -1); // not the shortest form
    QCOMPARE(read({2, 2, 1, 0}), -1); // 256
    QCOMPARE(read({2, 0}), -1);
    QCOMPARE(read({2, 2, 0}), -1);
    QCOMPARE(read({2, 1, 5, 0}), -1);
    QCOMPARE(read({4, 1, 5}), -1);
    QCOMPARE(read({}), -1);
}

void TestCertificates::hardwareIds()
{
    for (const std::size_t size : {8u, 64u}) {
        Bytes raw(size, 0x04);
        raw[1] = static_cast<std::uint8_t>(size - 2); // looks like a wrapped one that is shorter
        QCOMPARE(*readHardwareId(raw), raw);
        Bytes wrapped{0x04, static_cast<std::uint8_t>(size)};
        wrapped.insert(wrapped.end(), raw.begin(), raw.end());
        QCOMPARE(*readHardwareId(wrapped), raw);
        wrapped[0] = 0x03;
        QVERIFY(!readHardwareId(wrapped).has_value());
        wrapped[0] = 0x04;
        wrapped[1] ^= 1;
        QVERIFY(!readHardwareId(wrapped).has_value());
    }
    for (std::size_t size = 0; size < 200; ++size)
        if (size != 8 && size != 64)
            QVERIFY(!readHardwareId(Bytes(size, 0xff)).has_value());
}

void TestCertificates::realVcek_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("tcb");
    QTest::addColumn<QString>("product");
    QTest::newRow("milan v2") << "snp-milan/vcek.der" << "bl 3, tee 0, snp 8, ucode 115" << "Milan-B0";
    QTest::newRow("milan v3") << "reports/milan-v3/vek.der" << "bl 4, tee 0, snp 24, ucode 219" << "Milan-B0";
    QTest::newRow("genoa v3") << "reports/genoa-v3/vek.der" << "bl 10, tee 0, snp 23, ucode 84" << "Genoa";
}

void TestCertificates::realVcek()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QString, file);
    QFETCH(QString, tcb);
    QFETCH(QString, product);
    const auto certificate = Certificate::fromDer(test::vector(file.toStdString()));
    QVERIFY2(certificate.has_value(), certificate ? "" : certificate.error().message().c_str());
    QCOMPARE(certificate->serial(), std::string("0"));
    QCOMPARE(certificate->keyText(), std::string("EC P-384"));
    const auto extensions = readVekExtensions(*certificate);
    QVERIFY2(extensions.has_value(), extensions ? "" : extensions.error().message().c_str());
    QCOMPARE(QString::fromStdString(extensions->tcb.text()), tcb);
    QCOMPARE(QString::fromStdString(extensions->productName), product);
    QCOMPARE(extensions->structVersion, 0u);
    QCOMPARE(extensions->hardwareId->size(), std::size_t{64});
}

void TestCertificates::realAuthorities_data()
{
    QTest::addColumn<QString>("product");
    for (const auto *product : {"milan", "genoa", "turin"})
        QTest::newRow(product) << product;
}

void TestCertificates::realAuthorities()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QString, product);
    const auto read = [&](const char *role) {
        return Certificate::fromPem(asText(test::vector("snp-roots/" + std::string(role) + "-" + product.toStdString() + ".pem")))->front();
    };
    const auto ark = read("ark"), ask = read("ask");
    QVERIFY(ark.signatureBy(ark).has_value());
    QVERIFY(ask.signatureBy(ark).has_value());
    QVERIFY(!ark.signatureBy(ask).has_value());
    QVERIFY(ask.namesIssuer(ark) && !ark.namesIssuer(ask));
    QCOMPARE(identifyRoot(ark).kind, RootIdentity::Kind::Amd);
    QCOMPARE(QString::fromLatin1(std::string(name(identifyRoot(ark).product))).toLower(), product);
    QCOMPARE(identifyRoot(ask).kind, RootIdentity::Kind::Unknown); // an intermediate is no root
    QVERIFY(ark.constraints().ca && ask.constraints().ca && ask.constraints().pathLength == 0);

    // The built-in authority is the same but for its bytes.
    const Certificate *builtIn = builtInIssuer(ask);
    QVERIFY(builtIn && builtIn->isBuiltIn() && builtIn->der().empty() && !ark.isBuiltIn());
    QCOMPARE(builtIn->fingerprint(), ark.fingerprint());
    QCOMPARE(builtIn->subject(), ark.subject());
    QCOMPARE(builtIn->issuer(), ark.issuer());
    QCOMPARE(builtIn->serial(), ark.serial());
    QCOMPARE(builtIn->notBefore(), ark.notBefore());
    QCOMPARE(builtIn->notAfter(), ark.notAfter());
    QCOMPARE(builtIn->rsaModulus(), ark.rsaModulus());
    QCOMPARE(builtIn->keyText(), ark.keyText());
    QVERIFY(ask.namesIssuer(*builtIn) && ask.signatureBy(*builtIn) && builtIn->signatureBy(ark) && builtIn->signatureBy(*builtIn));
    QVERIFY(!builtIn->signatureBy(ask) && builtInIssuer(*builtIn) == builtIn);
}

void TestCertificates::rootKeyTable()
{
    std::set<std::string> seen;
    for (const auto &key : rootKeys()) {
        QVERIFY(seen.insert(std::string(key.product) + std::string(key.role)).second);
        QVERIFY(seen.insert(std::string(key.modulus)).second);
        QCOMPARE(key.modulus.size(), key.product == "Naples" ? std::size_t{512} : std::size_t{1024});
        QCOMPARE(key.exponent, 65537u);
        QVERIFY(key.sha256.size() == 64 || key.sevKeyId.size() == 32);
    }
    QCOMPARE(rootKeys().size(), std::size_t{13});
    QVERIFY(!findRootKey("ARK", {}, 65537));
}

void TestCertificates::keysInTheFirmwareForm()
{
    const auto key = P384PrivateKey::make();
    const auto form = key.publicFirmwareKey();
    const auto again = P384Key::fromFirmware(form.bytes);
    QVERIFY(again.has_value());
    const auto message = asBytes("message");
    const auto signature = key.sign(message);
    const ByteView r = signature.view().first(72), s = signature.view().last(72);
    QVERIFY(again->verifies(message, r, s));
    QVERIFY(!again->verifies(asBytes("massage"), r, s));
    QVERIFY(!again->verifies(message, s, r));
    QVERIFY(!again->verifies(message, r.first(71), s));
    const Bytes zero(72), ones(72, 0xff);
    for (const auto &number : {zero, ones}) {
        QVERIFY(!again->verifies(message, number, s));
        QVERIFY(!again->verifies(message, r, number));
        QVERIFY(!again->verifies(message, number, number));
    }
    for (const std::size_t at : {0u, 4u, 51u, 52u, 75u, 76u, 123u, 124u, 0x403u}) {
        auto changed = form;
        changed.bytes[at] ^= 1;
        QVERIFY(!P384Key::fromFirmware(changed.bytes).has_value());
    }
    QVERIFY(!P384Key::fromFirmware(FirmwareKey().bytes).has_value());
    QVERIFY(!P384Key::fromFirmware(ByteView(form.bytes).first(1027)).has_value());
    const auto stored = P384PrivateKey::fromDer(key.toDer());
    QCOMPARE(toHex(stored->publicFirmwareKey().bytes), toHex(form.bytes));
    QVERIFY(!P384PrivateKey::fromDer(asBytes("nonsense")).has_value());
}

void TestCertificates::derivedKeys()
{
    const Bytes seed(64, 1), other(64, 2);
    const auto first = P384PrivateKey::derive(seed), second = P384PrivateKey::derive(seed), third = P384PrivateKey::derive(other);
    QCOMPARE(toHex(first.publicFirmwareKey().bytes), toHex(second.publicFirmwareKey().bytes));
    QVERIFY(first.publicFirmwareKey() != third.publicFirmwareKey());
    // A seed of zeros is the number one: the public key is the base point of the curve (FIPS 186-4, D.1.2.4).
    const auto base = P384PrivateKey::derive(Bytes(64)).publicFirmwareKey();
    Bytes x(base.bytes.begin() + 4, base.bytes.begin() + 52);
    std::ranges::reverse(x);
    QCOMPARE(toHex(x), std::string("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"));
    const auto signature = third.sign(asBytes("x"));
    QVERIFY(P384Key::fromFirmware(third.publicFirmwareKey().bytes)
            ->verifies(asBytes("x"), signature.view().first(72), signature.view().last(72)));
}

void TestCertificates::revocationLists()
{
    const auto processor = test::emulatedProcessor();
    const auto &authority = processor->identity().authority();
    const Bytes der = *authority.revocationList({1, 0x20001}, 1700000000, 1900000000);
    const auto list = RevocationList::fromDer(der);
    QVERIFY(list.has_value());
    QCOMPARE(list->count(), std::size_t{2});
    QCOMPARE(list->thisUpdate(), std::int64_t{1700000000});
    QCOMPARE(list->nextUpdate(), std::int64_t{1900000000});
    QVERIFY(list->signatureBy(authority.ark()).has_value());
    QVERIFY(!list->signatureBy(authority.ask()).has_value());
    QVERIFY(list->revokes(authority.ask()) && !list->revokes(authority.ark()));
    for (std::size_t size = 0; size < der.size(); ++size)
        QVERIFY(!RevocationList::fromDer(ByteView(der).first(size)).has_value());
}

void TestCertificates::constraints()
{
    const auto processor = test::emulatedProcessor();
    const auto &identity = processor->identity();
    Chain chain{identity.authority().ark(), identity.authority().ask(), identity.vcek()};
    QVERIFY(constraintFaults(chain).empty());
    Chain leafAsAuthority = chain;
    leafAsAuthority.ask = chain.leaf;
    QVERIFY(constraintFaults(leafAsAuthority).size() >= 3);
    Chain authorityAsLeaf = chain;
    authorityAsLeaf.leaf = chain.ask;
    QCOMPARE(constraintFaults(authorityAsLeaf).size(), std::size_t{2});
    // An intermediate that allows others below it, and a leaf with a critical extension that nobody knows.
    const auto key = *privateKeyFromDer(identity.authority().arkKey());
    CertificateRequest request;
    request.commonName = "SEV-Genoa";
    request.key = chain.ask.key();
    request.issuer = &chain.ark;
    request.issuerKey = key.get();
    request.authority = true;
    request.notAfter = 4102444800;
    Chain open = chain;
    open.ask = *makeCertificate(request);
    QVERIFY(constraintFaults(open).empty()); // no limit is what AMD's own root has; the root allows it
    QVERIFY(nameFaults(open, identifyRoot(open.ark)).empty());
    request.authority = false;
    open.ask = *makeCertificate(request);
    QCOMPARE(constraintFaults(open).size(), std::size_t{2});
}

QTEST_GUILESS_MAIN(TestCertificates)
#include "test_certificates.moc"
