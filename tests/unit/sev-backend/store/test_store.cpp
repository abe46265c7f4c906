// SPDX-License-Identifier: Apache-2.0
// Certificates in every layout, in and out; who signed what; what is expired or revoked.
#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/legacy/built_in.h"
#include "sev-backend/store/chains.h"
#include "sev-backend/store/layouts.h"
#include "sev-backend/store/read.h"
#include "sev-backend/store/state.h"
#include "sev-backend/store/tree.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/vectors.h"

#include <QTest>

#include <cstdlib>
#include <map>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

constexpr std::int64_t in2026 = 1'795'000'000;

std::string vectorsFolder()
{
    const char *folder = std::getenv("KASTELLAN_VECTORS");
    return folder ? folder : "";
}

ReadCertificates readPaths(const std::vector<std::string> &paths)
{
    return readCertificates(*readInputs(paths));
}

std::vector<StoredCertificate> storeOf(const test::EvidenceMaker &maker)
{
    std::vector<StoredCertificate> all;
    for (const auto &endorsement : maker.evidence.endorsements)
        all.push_back(endorsement.role == "crl" ? *describeCrl(endorsement.der, "test")
                                                : *describeCertificate(*Certificate::fromDer(endorsement.der), "test"));
    return all;
}

std::vector<Sha256> digestsOf(const std::vector<StoredCertificate> &certificates)
{
    std::vector<Sha256> digests;
    for (const auto &certificate : certificates)
        digests.push_back(certificate.digest);
    std::ranges::sort(digests);
    return digests;
}

Bytes joined(const std::vector<StoredCertificate> &chain, std::initializer_list<const char *> roles)
{
    Bytes all;
    for (const char *role : roles) {
        const Bytes &bytes = std::ranges::find(chain, role, &StoredCertificate::role)->bytes;
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
}

const StoredCertificate &leafOf(const std::vector<StoredCertificate> &certificates)
{
    return *std::ranges::find_if(certificates, isLeaf);
}

} // namespace

class TestStore : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void realFiles()
    {
        KASTELLAN_NEED_VECTORS();
        const std::string vectors = vectorsFolder();
        const auto read = readPaths({vectors + "/snp-milan", vectors + "/snp-roots", vectors + "/sev-naples", vectors + "/sev-roots"});
        QCOMPARE(read.certificates.size(), 21u);
        const auto vcek = std::ranges::find(read.certificates, "vcek", &StoredCertificate::role);
        QCOMPARE(vcek->product, std::string("Milan"));
        QCOMPARE(vcek->tcb, std::string("bl 3, tee 0, snp 8, ucode 115"));
        QCOMPARE(vcek->chip.size(), 128u);
        QVERIFY(!vcek->emulated);
        QVERIFY(std::ranges::any_of(read.unknown, [](const UnknownPart &part) { return part.file.ends_with("ark.cert.bad"); }));
        const CertificateTree tree = verifyTree(read.certificates, {.at = in2026, .acceptEmulated = false});
        QVERIFY2(tree.good(), tree.problems.empty() ? "" : tree.problems.front().c_str());
        const std::string text = treeText(tree);
        QVERIFY2(text.find("│") != std::string::npos || text.find("└─ good  SEV-Milan") != std::string::npos, text.c_str());
        // At another time none of them is good.
        const CertificateTree late = verifyTree(read.certificates, {.at = 2'600'000'000, .acceptEmulated = false});
        QVERIFY(late.problems.size() >= 7);
    }

    void legacyLayoutsBothWays_data()
    {
        QTest::addColumn<QByteArray>("layout");
        QTest::addColumn<qulonglong>("size"); // of one file
        QTest::newRow("sevctl export") << QByteArrayLiteral("sevctl") << 8336ull;
        QTest::newRow("sevctl export --full") << QByteArrayLiteral("sevctl-full") << 8336ull + 2 * 832;
        QTest::newRow("sev-tool") << QByteArrayLiteral("sev-tool") << 0ull;
    }
    void legacyLayoutsBothWays()
    {
        KASTELLAN_NEED_VECTORS();
        QFETCH(QByteArray, layout);
        QFETCH(qulonglong, size);
        const std::string vectors = vectorsFolder();
        const auto read = readPaths({vectors + "/sev-naples", vectors + "/sev-roots"});
        const auto chain = chainOf(leafOf(read.certificates), read.certificates);
        QCOMPARE(chain.size(), 6u);
        const auto files = layOut(**findLayout(layout.constData()), false, chain);
        QVERIFY2(files.has_value(), files ? "" : files.error().message().c_str());
        if (size)
            QCOMPARE(files->front().bytes.size(), size);
        std::vector<InputFile> inputs;
        for (const auto &file : *files)
            inputs.push_back({file.name, file.bytes});
        const auto again = readCertificates(inputs);
        QCOMPARE(again.certificates.size(), layout == "sevctl" ? 4u : 6u);
        QVERIFY(again.unknown.empty());
        QVERIFY(
            verifyTree(again.certificates, {.at = in2026, .acceptEmulated = false}).good()); // also without ASK and ARK: they are built in
        if (layout == "sev-tool") {
            const auto pdh = std::ranges::find(*files, "pdh.cert", &OutputFile::name),
                       blob = std::ranges::find(*files, "cert_chain.cert", &OutputFile::name);
            QCOMPARE(pdh->bytes.size(), 2084u);
            QCOMPARE(blob->bytes, joined(chain, {"pek", "oca", "cek"})); // as PDH_CERT_EXPORT hands it out: 6252 bytes
        } else {
            Bytes expected = joined(chain, {"pdh", "pek", "oca", "cek"});
            if (layout == "sevctl-full") {
                const Bytes authorities = joined(chain, {"ask", "ark"});
                expected.insert(expected.end(), authorities.begin(), authorities.end());
            }
            QCOMPARE(files->front().bytes, expected);
        }
    }

    void legacyChainsThatAreNotGood()
    {
        KASTELLAN_NEED_VECTORS();
        const std::string naples = vectorsFolder() + "/sev-naples";
        for (const char *name : {"cek", "pek", "pdh", "oca"}) {
            auto read = readPaths({naples + "/cek.cert", naples + "/pek.cert", naples + "/pdh.cert", naples + "/oca.cert"}).certificates;
            QCOMPARE(read.size(), 4u);
            auto &changed = *std::ranges::find(read, name, &StoredCertificate::role);
            changed.bytes[0x20] ^= 1; // of its key
            const auto tree = verifyTree(read, {.at = in2026, .acceptEmulated = false});
            QVERIFY2(!tree.good(), name);
        }
        // A key whose signer is not there hangs in the air.
        QVERIFY(!verifyTree(readPaths({naples + "/pdh.cert"}).certificates, {.at = in2026, .acceptEmulated = false}).good());
        // The OCA alone proves nothing about AMD, and everything about itself.
        QVERIFY(verifyTree(readPaths({naples + "/oca.cert"}).certificates, {.at = in2026, .acceptEmulated = false}).good());
    }

    void x509LayoutsBothWays_data()
    {
        QTest::addColumn<QByteArray>("layout");
        QTest::addColumn<bool>("pem");
        QTest::addColumn<bool>("vlek");
        for (const bool vlek : {false, true})
            for (const char *layout : {"folder", "ghcb", "pem", "go-sev-guest"})
                for (const bool pem : {false, true})
                    QTest::addRow("%s %d %d", layout, pem, vlek) << QByteArray(layout) << pem << vlek;
    }
    void x509LayoutsBothWays()
    {
        QFETCH(QByteArray, layout);
        QFETCH(bool, pem);
        QFETCH(bool, vlek);
        test::EvidenceMaker maker({.vlek = vlek});
        maker.addList({1});
        const auto all = storeOf(maker);
        const auto chain = chainOf(leafOf(all), all);
        QCOMPARE(chain.size(), 4u);
        const auto files = layOut(**findLayout(layout.constData()), pem, chain);
        QVERIFY2(files.has_value(), files ? "" : files.error().message().c_str());
        std::vector<InputFile> inputs;
        for (const auto &file : *files)
            inputs.push_back({file.name, file.bytes});
        std::ranges::reverse(inputs); // in any order
        const auto again = readCertificates(inputs);
        QCOMPARE(digestsOf(again.certificates), digestsOf(all));
        QVERIFY(again.unknown.empty());
        if (layout == "folder") {
            const char *leaf = vlek ? (pem ? "vlek.pem" : "vlek.der") : (pem ? "vcek.pem" : "vcek.der");
            QVERIFY(std::ranges::contains(*files, leaf, &OutputFile::name));
            QVERIFY(
                std::ranges::contains(*files, vlek ? (pem ? "asvk.pem" : "asvk.der") : (pem ? "ask.pem" : "ask.der"), &OutputFile::name));
        }
        if (layout == "ghcb")
            QCOMPARE(readGhcbTable(files->front().bytes)->size(), 4u);
    }

    void layoutsThatLackSomething()
    {
        test::EvidenceMaker maker;
        const auto all = storeOf(maker);
        const auto alone = layOut(**findLayout("go-sev-guest"), false, std::vector{all.front()});
        QVERIFY(!alone && alone.error().message().find("ask or asvk") != std::string::npos);
        QVERIFY(!layOut(**findLayout("sevctl"), false, all)); // X.509 has no place in it
        QVERIFY(!layOut(**findLayout("der"), false, all));
        QCOMPARE(layOut(**findLayout("der"), false, std::vector{all.front()})->front().bytes, all.front().bytes);
        auto twice = all;
        twice.push_back(all.front());
        QVERIFY(!layOut(**findLayout("ghcb"), false, twice));
        QVERIFY(!findLayout("folders"));
    }

    void emulatedRootsAreSaid()
    {
        test::EvidenceMaker maker;
        maker.addList({1});
        const auto all = storeOf(maker);
        QVERIFY(std::ranges::all_of(all, [](const StoredCertificate &one) { return one.emulated || one.role == "crl"; }));
        const std::int64_t now = std::time(nullptr);
        const auto refused = verifyTree(all, {.at = now, .acceptEmulated = false});
        QVERIFY(!refused.good());
        QVERIFY(treeText(refused).find("EMULATED") != std::string::npos);
        const auto accepted = verifyTree(all, {.at = now, .acceptEmulated = true});
        QVERIFY2(accepted.good(), accepted.problems.empty() ? "" : accepted.problems.front().c_str());
        QCOMPARE(accepted.roots.size(), 1u);
        QCOMPARE(accepted.roots.front().children.size(), 2u); // list and intermediate
    }

    void whatIsWrongIsFound_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("problem");
        QTest::newRow("no root") << 0 << QByteArrayLiteral("what signed it is not there");
        QTest::newRow("no intermediate") << 1 << QByteArrayLiteral("what signed it is not there");
        QTest::newRow("revoked intermediate") << 2 << QByteArrayLiteral("revoked");
        QTest::newRow("list out of date") << 3 << QByteArrayLiteral("out of date");
        QTest::newRow("list of another root") << 4 << QByteArrayLiteral("what signed it is not there");
        QTest::newRow("expired leaf") << 5 << QByteArrayLiteral("valid until");
        QTest::newRow("leaf signed by another") << 6 << QByteArrayLiteral("signature");
        QTest::newRow("list of another root of the same name") << 7 << QByteArrayLiteral("signature");
    }
    void whatIsWrongIsFound()
    {
        QFETCH(int, kind);
        QFETCH(QByteArray, problem);
        test::EvidenceMaker maker, other({.profile = *findProfile("milan")});
        const std::int64_t now = std::time(nullptr);
        if (kind == 2)
            maker.addList({maker.askSerial()});
        else if (kind == 3)
            maker.addList({1}, -2 * test::day, -test::day);
        else if (kind == 4)
            maker.addListOf(other);
        else if (kind == 5) {
            auto leaf = maker.leaf();
            leaf.notAfter = now - 5;
            maker.certify(leaf);
        }
        auto all = storeOf(maker);
        if (kind == 0)
            std::erase_if(all, [](const StoredCertificate &one) { return one.role == "ark"; });
        else if (kind == 1)
            std::erase_if(all, [](const StoredCertificate &one) { return one.role == "ask"; });
        else if (kind == 6) {
            Bytes &bytes = std::ranges::find(all, "vcek", &StoredCertificate::role)->bytes;
            bytes[bytes.size() - 3] ^= 1;
        } else if (kind == 7) {
            Bytes list = *maker.authority().revocationList({1}, now - 5, now + 500);
            list[list.size() - 3] ^= 1;
            all.push_back(*describeCrl(list, "test"));
        }
        const auto tree = verifyTree(all, {.at = now, .acceptEmulated = true});
        QVERIFY(!tree.good());
        QVERIFY2(treeText(tree).find(problem.constData()) != std::string::npos, treeText(tree).c_str());
    }

    void states()
    {
        test::EvidenceMaker maker, milan({.profile = *findProfile("milan")});
        maker.addList({maker.askSerial()});
        auto all = storeOf(maker);
        for (auto &one : storeOf(milan))
            all.push_back(one);
        const std::int64_t now = std::time(nullptr);
        const auto at = [&](std::int64_t time) {
            std::map<std::string, std::string> words;
            const auto states = statesOf(all, time);
            for (std::size_t i = 0; i < all.size(); ++i)
                words[all[i].role + " " + all[i].product] = states[i].word;
            return words;
        };
        auto words = at(now);
        QCOMPARE(words["ask Genoa"], std::string("revoked"));
        QCOMPARE(words["ark Genoa"], std::string("valid"));
        QCOMPARE(words["vcek Genoa"], std::string("valid"));
        QCOMPARE(words["crl Genoa"], std::string("current"));
        QCOMPARE(words["ask Milan"], std::string("valid")); // another root's list says nothing about it
        words = at(now + 2 * test::day);
        QCOMPARE(words["crl Genoa"], std::string("out of date"));
        words = at(now + 36'500 * test::day);
        QCOMPARE(words["ark Milan"], std::string("expired"));
        words = at(5);
        QCOMPARE(words["ark Milan"], std::string("not yet valid"));
        // A list whose root is not there revokes nothing.
        std::erase_if(all, [](const StoredCertificate &one) { return one.role == "ark"; });
        QCOMPARE(at(now)["ask Genoa"], std::string("valid"));
    }

    void builtInAsks()
    {
        KASTELLAN_NEED_VECTORS();
        const auto cek = legacy::Certificate::parse(test::vector("sev-naples/cek.cert"), "cek");
        QVERIFY(legacy::builtInAsk(*cek));
        QCOMPARE(std::string(legacy::builtInAsk(*cek)->product), std::string("Naples"));
        const auto pek = legacy::Certificate::parse(test::vector("sev-naples/pek.cert"), "pek");
        QVERIFY(!legacy::builtInAsk(*pek));
    }

    void amdsAuthoritiesStandIn()
    {
        KASTELLAN_NEED_VECTORS();
        auto read = readPaths({vectorsFolder() + "/snp-milan/vcek.der"}).certificates;
        QCOMPARE(read.size(), 1u);
        const TreeOptions options{.at = in2026, .acceptEmulated = false};
        const auto tree = verifyTree(read, options);
        QVERIFY2(tree.good(), treeText(tree).c_str());
        QCOMPARE(tree.roots.size(), 1u);
        QCOMPARE(tree.roots[0].title, std::string("ARK-Milan"));
        QVERIFY(tree.roots[0].digest.empty() && tree.roots[0].children[0].note.contains("built in"));
        QCOMPARE(tree.roots[0].children[0].children[0].title, std::string("SEV-VCEK"));
        read[0].bytes.back() ^= 1;
        QVERIFY(treeText(verifyTree(read, options)).contains("BAD   SEV-VCEK"));
    }

    void otherCertificatesAreNotTaken()
    {
        const auto read = readCertificates(std::vector<InputFile>{{"a", toBytes("hello")}, {"b", Bytes(1000, 0x30)}, {"c", {}}});
        QVERIFY(read.certificates.empty());
        QVERIFY(!read.unknown.empty());
        QVERIFY(!readInputs(std::vector<std::string>{"/no/such/file"}));
    }
};

QTEST_GUILESS_MAIN(TestStore)
#include "test_store.moc"
