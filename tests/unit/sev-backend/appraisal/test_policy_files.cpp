// SPDX-License-Identifier: Apache-2.0
// Policy files as text: what is refused and how; go-sev-guest's and Steward's; the published schemas against real files.
#include "appraised.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/appraisal/policy_import.h"
#include "sev-backend/appraisal/textproto.h"
#include "tests/support/evidence_maker.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;
using test::EvidenceMaker;
using test::failures;
using test::verdictOf;

namespace {

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

std::string hexOf(unsigned byte, std::size_t size)
{
    return toHex(Bytes(size, static_cast<std::uint8_t>(byte)));
}

/// "\x01\x02…", as a text proto has bytes.
std::string escaped(ByteView bytes)
{
    std::string text;
    for (const std::uint8_t byte : bytes)
        text += "\\x" + toHex(std::array{byte});
    return text;
}
std::string escaped(unsigned byte, std::size_t size)
{
    return escaped(Bytes(size, static_cast<std::uint8_t>(byte)));
}

std::string messageOf(const Result<Policy> &policy)
{
    return policy ? std::string("accepted") : policy.error().message();
}

bool noted(const ImportedPolicy &imported, std::string_view what)
{
    return std::ranges::any_of(imported.notes, [what](const std::string &note) { return note.contains(what); });
}

/// The lines of check_schema.py.
QStringList heldTo(const QString &schema, const QStringList &files)
{
    const QString top = qEnvironmentVariable("KASTELLAN_SOURCE", QStringLiteral("."));
    QProcess python;
    python.start(QStringLiteral("python3"),
        QStringList{top + QStringLiteral("/tests/support/check_schema.py"), top + QStringLiteral("/docs/") + schema} + files);
    if (!python.waitForFinished(60000) || python.exitCode() != 0)
        return {QStringLiteral("failed: ") + QString::fromUtf8(python.readAllStandardError())};
    return QString::fromUtf8(python.readAllStandardOutput()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
}

Result<Policy> parsed(const QString &file)
{
    const Bytes text = *readFile(file.toStdString(), 1 << 20);
    return Policy::parse(asText(text), file.toStdString());
}

} // namespace

class TestPolicyFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refused_data();
    void refused();
    void accepted_data();
    void accepted();
    void schemaOfPolicies();
    void schemaOfAppraisals();
    void goSevGuest();
    void goSevGuestRefused_data();
    void goSevGuestRefused();
    void goSevGuestKeys();
    void steward();
    void stewardRefused_data();
    void stewardRefused();
    void textProtos();
    void anyCutOrChangedByteIsNoCrash();
};

void TestPolicyFiles::refused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const std::string &text, const char *says) { QTest::newRow(text.substr(0, 60).c_str()) << q(text) << says; };
    row("", "no 'version'");
    row("version = 2", "line 1");
    row("version = '1'", "line 1");
    row("version = 1\nproduct = 'Milan'", "line 2): there is no key 'product'. Did you mean 'products'?");
    row("version = 1\n[guest_policy]\nalowed = ['smt']",
        "line 3): there is no key 'guest_policy.alowed'. Did you mean 'guest_policy.allowed'?");
    row("version = 1\n[tcb.minimum.genoa]\nfmc = 1", "no 'fmc' before Turin");
    row("version = 1\n[tcb.minimum]\nuocde = 1", "Did you mean 'tcb.minimum.ucode'?");
    row("version = 1\nroot = 'AMD'", "is no root");
    row("version = 1\nroot = 'emulated:12'", "is no root");
    row("version = 1\nrequire = 'chain.clr'", "Did you mean 'chain.crl'?");
    row("version = 1\nrequire = ['report.signature']", "is required without being named");
    row("version = 1\nproducts = 'Bergamo'", "answers to 'Genoa'");
    row("version = 1\nproducts = ['Venice']", "is not known here");
    row("version = 1\nproducts = []", "empty list");
    row("version = 1\nguest_policy.allowed = ['single-socket']", "belongs under 'guest_policy.required'");
    row("version = 1\nguest_policy.required = 'debug'", "belongs under 'guest_policy.allowed'");
    row("version = 1\nguest_policy.required = 'must-be-one'", "is not known here");
    row("version = 1\nplatform_info.allowed = 'ecc'", "belongs under 'platform_info.required'");
    row("version = 1\nguest_policy.minimum_abi = 1.55", "a text as");
    row("version = 1\nguest_policy.minimum_abi = '1.55.2'", "is no version");
    row("version = 1\nguest_policy.minimum_abi = '1'", "is no version");
    row("version = 1\nguest_policy.minimum_abi = '1.256'", "is no version");
    row("version = 1\nfirmware.minimum_version = '1.2.3.4'", "is no version");
    row("version = 1\nfirmware.minimum_version = '1.'", "is no version");
    row("version = 1\nfirmware.minimum_build = 256", "0 to 255");
    row("version = 1\nreport.vmpl = 4", "0 to 3");
    row("version = 1\nreport.vmpl = -1", "0 to 3");
    row("version = 1\ntcb.minimum.snp = 256", "0 to 255");
    row("version = 1\nlaunch.digests = '" + hexOf(1, 47) + "'", "47 bytes, and needs 48");
    row("version = 1\nlaunch.digests = 'xyz'", "not hex");
    row("version = 1\nlaunch.digests = 5", "has to be a text");
    row("version = 1\nreport.chip_ids = '" + hexOf(1, 16) + "'", "needs 64 or 8");
    row("version = 1\nid_block.id_keys = 'abc'", "neither hex nor PEM");
    row("version = 1\nmitigations.launch = -1", "from 0 on");
    row("version = 1\nmitigations.launch = '5'", "from 0 on");
    row("version = 1\nmitigations.launch = '0x10000000000000000'", "64 bits");
    row("version = 1\nstrict = 1", "true or false");
    row("version = 1\ncsp_ids = ''", "it is empty");
    row("version = 1\nlaunch = 5", "a table");
    row("version = 1\nversion = 1", "line 2");
    row("version = 1\n[", "line 2");
}

void TestPolicyFiles::refused()
{
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto policy = Policy::parse(text.toStdString(), "web.toml");
    QVERIFY2(q(messageOf(policy)).contains(says), messageOf(policy).c_str());
    QVERIFY(!policy);
    QCOMPARE(policy.error().kind, ErrorKind::Input);
    QVERIFY(policy.error().where.contains("web.toml"));
}

void TestPolicyFiles::accepted_data()
{
    QTest::addColumn<QString>("text");
    for (const std::string text :
        {"", "name = 'x'", "strict = true", "require = ['chain.crl', 'platform.alias']", "products = ['Milan', 'Turin']",
            "signing_key = 'vlek'\ncsp_ids = 'Some Cloud'", "guest_policy = { allowed = [], minimum_abi = '1.55' }",
            "platform_info = { allowed = ['smt', 'tio'], required = 'tsme' }", "tcb.minimum = { snp = 23, turin = { fmc = 1, snp = 4 } }",
            "firmware = { minimum_version = '1.55.21', minimum_build = 0, allow_provisional = true }",
            "mitigations = { launch = 1, current = '0xffffffffffffffff' }"})
        QTest::newRow(text.c_str()) << q(text);
    QTest::newRow("hex") << q(
        "launch.digests = '0x" + hexOf(0xab, 48) + "'\nreport.chip_ids = '" + hexOf(1, 8) + "'\nreport.vmpl = [0, 1, 2, 3]");
    QTest::newRow("keys") << q(
        "id_block = { id_keys = '" + hexOf(1, 48) + "', author_vouches = false, denied_author_keys = ['" + hexOf(2, 48) + "'] }");
}

void TestPolicyFiles::accepted()
{
    QFETCH(QString, text);
    const auto policy = Policy::parse("version = 1\n" + text.toStdString(), "web.toml");
    QVERIFY2(policy.has_value(), messageOf(policy).c_str());
    // What is written says the same again.
    const std::string written = policy->toToml();
    const auto again = Policy::parse(written, "written.toml");
    QVERIFY2(again.has_value(), messageOf(again).c_str());
    QCOMPARE(q(again->toToml()), q(written));
}

void TestPolicyFiles::schemaOfPolicies()
{
    const QTemporaryDir folder;
    QStringList good, bad;
    const auto write = [&](QStringList &list, const std::string &text) {
        const QString file = folder.filePath(
            QStringLiteral("%1-%2.toml").arg(&list == &good ? QStringLiteral("good") : QStringLiteral("bad")).arg(list.size()));
        QVERIFY(writeFileAtomically(file.toStdString(), asBytes(text)).has_value());
        list << file;
    };
    for (const auto &profile : profiles())
        for (const bool vlek : {false, true}) {
            const EvidenceMaker maker({&profile, 5, false, vlek});
            write(good, strictPolicyFor(maker.evidence, test::backend(), std::time(nullptr))->toToml());
        }
    write(good, importGoSevGuest("policy { policy: 0x30000 minimum_tcb: 0xd315000000000003 }", "p")->policy.toToml());
    for (const std::string text : {"", "steppings = 1", "guest_policy.allowed = []", "guest_policy.allowed = 'smt'",
             "mitigations.launch = '0xffffffffffffffff'", "tcb.minimum = { snp = 23, turin = { fmc = 1 } }", "report.vmpl = 0"})
        write(good, "version = 1\n" + text);
    // The same files that the program refuses, but for those that are no TOML at all.
    for (const std::string text : {"", "version = 2", "version = '1'", "version = 1\nproduct = 'Milan'",
             "version = 1\n[guest_policy]\nallow = ['smt']", "version = 1\n[tcb.minimum.genoa]\nfmc = 1", "version = 1\nroot = 'AMD'",
             "version = 1\nroot = 'emulated:12'", "version = 1\nrequire = 'chain.clr'", "version = 1\nrequire = ['report.signature']",
             "version = 1\nproducts = 'Bergamo'", "version = 1\nproducts = []", "version = 1\nguest_policy.allowed = ['single-socket']",
             "version = 1\nguest_policy.required = 'debug'", "version = 1\nplatform_info.allowed = 'ecc'",
             "version = 1\nguest_policy.minimum_abi = 1.55", "version = 1\nguest_policy.minimum_abi = '1.55.2'",
             "version = 1\nguest_policy.minimum_abi = '1.256'", "version = 1\nfirmware.minimum_version = '1.2.3.4'",
             "version = 1\nreport.vmpl = 4", "version = 1\ntcb.minimum.snp = 256", "version = 1\nlaunch.digests = '00'",
             "version = 1\nid_block.id_keys = 'abc'", "version = 1\nmitigations.launch = -1",
             "version = 1\nmitigations.launch = '0x10000000000000000'", "version = 1\nstrict = 1", "version = 1\ncsp_ids = ''"})
        write(bad, text);
    const auto lines = heldTo(QStringLiteral("policy.schema.json"), good + bad);
    QCOMPARE(lines.size(), good.size() + bad.size());
    for (qsizetype i = 0; i < lines.size(); ++i)
        QVERIFY2(lines[i].contains(i < good.size() ? QLatin1String(": valid") : QLatin1String(": invalid: ")), qPrintable(lines[i]));
    for (const auto &file : good)
        QVERIFY2(parsed(file).has_value(), qPrintable(file));
    for (const auto &file : bad)
        QVERIFY2(!parsed(file).has_value(), qPrintable(file));
    // The schema knows every finding that can be demanded.
    const Bytes schema =
        *readFile(qEnvironmentVariable("KASTELLAN_SOURCE", QStringLiteral(".")).toStdString() + "/docs/policy.schema.json", 1 << 20);
    for (const auto *check : allChecks())
        if (!check->required)
            QVERIFY2(asText(schema).contains("\"" + std::string(check->id) + "\""), std::string(check->id).c_str());
}

void TestPolicyFiles::schemaOfAppraisals()
{
    const QTemporaryDir folder;
    QStringList files;
    const auto write = [&](const js::Out &value) {
        const QString file = folder.filePath(QStringLiteral("%1.json").arg(files.size()));
        QVERIFY(writeFileAtomically(file.toStdString(), asBytes(js::dump(value))).has_value());
        files << file;
    };
    EvidenceMaker maker;
    const auto appraisal = [&](const std::string &policy, bool digest) {
        ReferenceValues expected = maker.expected;
        expected.policy = policy;
        if (!digest)
            expected.launchDigest.reset();
        return test::appraised(maker.evidence, expected);
    };
    write(js::toJson(appraisal({}, true))); // trusted
    write(js::toJson(appraisal({}, false))); // authentic
    write(js::toJson(appraisal("version = 1\nrequire = 'chain.crl'", true))); // undecided
    write(js::toJson(appraisal("version = 1\ntcb.minimum.snp = 99", true))); // refused
    write(js::toJson(test::appraised({}, {}))); // nothing at all
    const auto good = files.size();
    js::Out wrong = js::toJson(appraisal("version = 1\ntcb.minimum.snp = 99", true));
    wrong["verdict"] = "trusted"; // against its own findings
    write(wrong);
    wrong = js::toJson(appraisal({}, true));
    wrong["findings"][0]["result"] = "maybe";
    write(wrong);
    wrong = js::toJson(appraisal({}, true));
    wrong["findings"][0].erase("why");
    write(wrong);
    wrong = js::toJson(appraisal({}, true));
    wrong.erase("emulated");
    write(wrong);
    const auto lines = heldTo(QStringLiteral("appraisal.schema.json"), files);
    QCOMPARE(lines.size(), files.size());
    for (qsizetype i = 0; i < lines.size(); ++i)
        QVERIFY2(lines[i].contains(i < good ? QLatin1String(": valid") : QLatin1String(": invalid: ")), qPrintable(lines[i]));
}

void TestPolicyFiles::goSevGuest()
{
    EvidenceMaker maker({&defaultProfile(), 5});
    const auto leaf = maker.authority().issue(maker.leaf(), P384PrivateKey::derive(Bytes(64, 9)).handle());
    const std::string text = "# a comment\nroot_of_trust < product_line: 'Genoa', check_crl: true; disallow_network: true\n"
                             "  cabundle_paths: ['a.pem', 'b.pem'] cabundles: \"-----BEGIN\" >\n"
                             "policy: {\n minimum_guest_svn: 2\n policy: 0x137 \n"
        + std::string(" }");
    QVERIFY(!importGoSevGuest(text, "p").has_value()); // bit 17
    const std::string whole = "root_of_trust < product_line: 'Genoa', check_crl: true; disallow_network: true\n"
                              "  cabundle_paths: ['a.pem', 'b.pem'] cabundles: \"-----BEGIN\" >\n"
                              "policy: {\n minimum_guest_svn: 2\n policy: 0x1b30137\n family_id: \""
        + escaped(0xfa, 16) + "\" image_id: '" + escaped(0x1a, 16) + "'\n vmpl { value: 1 }\n minimum_tcb: 0x541700000000000a\n"
        + " minimum_launch_tcb: 0x5316000000000009 platform_info { value: 0x25 }\n report_data: \"" + escaped(0xda, 64)
        + "\"\n measurement: \"" + escaped(0x3e, 48) + "\" host_data: \"" + escaped(0x40, 32) + "\"\n report_id: \"" + escaped(1, 32)
        + "\" report_id_ma: \"" + escaped(0xff, 32) + "\" chip_id: \"" + escaped(2, 64)
        + "\"\n minimum_build: 21 minimum_version: \"1.55\" permit_provisional_firmware: true\n require_id_block: true\n"
        + " trusted_author_key_hashes: \"" + escaped(0xa7, 48) + "\" trusted_id_key_hashes: [\"" + escaped(0x1d, 48) + "\", \""
        + escaped(0x1e, 48) + "\"]\n trusted_id_keys: \"" + escaped(leaf->der())
        + "\"\n product { name: SEV_PRODUCT_GENOA machine_stepping { value: 1 } }\n}\n";
    const auto imported = importPolicy(whole, "check.textproto");
    QVERIFY2(imported.has_value(), imported ? "" : imported.error().message().c_str());
    const Policy &policy = imported->policy;
    QCOMPARE(policy.root, std::string("amd"));
    QVERIFY(policy.products == std::vector{Product::Genoa});
    QVERIFY(policy.steppings == std::vector<std::uint8_t>{1});
    QVERIFY(policy.require == std::vector<std::string>{"chain.crl"});
    QCOMPARE(*policy.launch.minimumGuestSvn, 2u);
    QVERIFY((*policy.guestPolicy.minimumAbi == std::pair{1u, 0x37u}));
    QCOMPARE(*policy.guestPolicy.allowed, std::uint64_t{0x210000}); // SMT and CXL
    QCOMPARE(policy.guestPolicy.required, std::uint64_t{0x1900000}); // SINGLE_SOCKET, RAPL_DIS and CIPHERTEXT_HIDING
    QVERIFY(policy.report.vmpls == std::vector<std::uint32_t>{1});
    QCOMPARE(*policy.platformInfo.allowed, std::uint64_t{1});
    QCOMPARE(policy.platformInfo.required, std::uint64_t{0x24}); // ECC, alias check
    QVERIFY((policy.tcb.minimum.general
        == TcbFloors::Levels{{TcbPart::Bootloader, 10}, {TcbPart::Tee, 0}, {TcbPart::Snp, 0x17}, {TcbPart::Microcode, 0x54}}));
    QCOMPARE(policy.report.data.size(), std::size_t{1});
    QCOMPARE(policy.launch.digests.front().bytes[0], std::uint8_t{0x3e});
    QCOMPARE(policy.report.chipIds.size() + policy.report.ids.size() + policy.report.agentIds.size() + policy.report.hostData.size(),
        std::size_t{4});
    QVERIFY((policy.firmware.minimumVersion == FirmwareVersion{.build = 0, .minor = 55, .major = 1}));
    QCOMPARE(*policy.firmware.minimumBuild, std::uint8_t{21});
    QVERIFY(*policy.firmware.allowProvisional);
    QVERIFY(policy.idBlock.required && !policy.idBlock.authorRequired && policy.idBlock.authorVouches);
    QCOMPARE(policy.idBlock.idKeys.size(), std::size_t{3});
    QCOMPARE(policy.idBlock.authorKeys.size(), std::size_t{1});
    QVERIFY(policy.idBlock.idKeys.back() == *keyDigestOfCertificate(leaf->der())
        || policy.idBlock.idKeys.front() == *keyDigestOfCertificate(leaf->der()));
    QVERIFY(noted(*imported, "cabundle_paths") && noted(*imported, "cabundles") && noted(*imported, "disallow_network"));
    QVERIFY(Policy::parse(policy.toToml(), "p").has_value());

    // Defaults: nothing given demands little, and what go-sev-guest would do is said.
    const auto least = importGoSevGuest("policy { policy: 196608 }", "p");
    QVERIFY(least.has_value() && !*least->policy.firmware.allowProvisional && noted(*least, "product_line"));
    QVERIFY(noted(*importGoSevGuest("root_of_trust {}", "p"), "policy.policy"));
    // Turin's levels stand elsewhere.
    const auto turin =
        importGoSevGuest("root_of_trust { product_line: 'Turin' } policy { policy: 0x30000 minimum_tcb: 0x4d00000004010101 }", "p");
    QVERIFY((turin->policy.tcb.minimum.general
        == TcbFloors::Levels{
            {TcbPart::Fmc, 1}, {TcbPart::Bootloader, 1}, {TcbPart::Tee, 1}, {TcbPart::Snp, 4}, {TcbPart::Microcode, 0x4d}}));
}

void TestPolicyFiles::goSevGuestRefused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const std::string &text, const char *says) { QTest::newRow(text.substr(0, 60).c_str()) << q(text) << says; };
    row("polcy {}", "Did you mean 'policy'?");
    row("policy { minimum_guest_svm: 1 }", "Did you mean 'minimum_guest_svn'?");
    row("policy {\n policy: 0x10000 }", "line 2): 'policy' is no guest policy: bit 17 is clear");
    row("policy { policy: 0x4030000 }", "reserved bit 26");
    row("policy { policy: 0x30000 vmpl { value: 4 } }", "0 to 3");
    row("policy { measurement: '\\x01' }", "1 bytes, and needs 48");
    row("policy { minimum_build: 256 }", "0 to 255");
    row("policy { minimum_version: '1' }", "major.minor");
    row("policy { minimum_version: '1.300' }", "major.minor");
    row("policy { platform_info { value: 64 } }", "reserved bit 6");
    row("policy { platform_info { value: 256 } }", "reserved bit 8");
    row("policy { policy: 0x30000 require_author_key: true }", "nothing can meet it");
    row("policy { policy: 0x30000 require_id_block: true }", "nothing can meet it");
    row("policy { trusted_id_keys: 'no certificate' }", "is no certificate");
    row("policy { permit_provisional_firmware: maybe }", "true or false");
    row("root_of_trust { product_line: 'Zen' }", "no product");
    row("policy {", "'}' is missing");
    row("policy: 5", "has to be a message");
    row("policy { policy: 0x30000 family_id: 5 }", "text of bytes");
}

void TestPolicyFiles::goSevGuestRefused()
{
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto imported = importGoSevGuest(text.toStdString(), "check.textproto");
    QVERIFY(!imported.has_value());
    QVERIFY2(q(imported.error().message()).contains(says), imported.error().message().c_str());
    QVERIFY(imported.error().where.contains("check.textproto"));
}

void TestPolicyFiles::goSevGuestKeys()
{
    // The rules of trusted keys, as go-sev-guest has them, held against reports.
    const std::string id = " trusted_id_key_hashes: '" + escaped(0x1d, 48) + "'",
                      author = " trusted_author_key_hashes: '" + escaped(0xa7, 48) + "'";
    const auto fails = [](const std::string &fields, unsigned idByte, unsigned authorByte) {
        EvidenceMaker maker;
        maker.writeBytes(report_offset::idKeyDigest, Bytes(48, static_cast<std::uint8_t>(idByte)));
        maker.writeBytes(report_offset::authorKeyDigest, Bytes(48, static_cast<std::uint8_t>(authorByte)));
        maker.write<std::uint32_t>(report_offset::flags, authorByte ? 1 : 0);
        auto imported = importGoSevGuest("root_of_trust { product_line: 'Genoa' } policy { policy: 0x30000" + fields + " }", "p");
        if (!imported)
            return q(imported.error().message());
        imported->policy.root = maker.expected.root;
        maker.expected.policy = imported->policy.toToml();
        return failures(test::appraised(maker.evidence, maker.expected));
    };
    QCOMPARE(fails(id + author, 0, 0), QString()); // neither is required: they are not compared
    QCOMPARE(fails(" require_id_block: true" + id, 0x1d, 0), QString());
    QCOMPARE(fails(" require_id_block: true" + id, 0x55, 0), QStringLiteral("idblock.key"));
    QCOMPARE(fails(" require_id_block: true" + id, 0, 0), QStringLiteral("idblock.present,idblock.key"));
    QCOMPARE(fails(" require_id_block: true" + id + author, 0x55, 0xa7), QString()); // the author key vouches
    QCOMPARE(fails(" require_id_block: true" + id + author, 0x55, 0xa8), QStringLiteral("idblock.key"));
    QCOMPARE(fails(" require_id_block: true" + author, 0x55, 0xa7), QString());
    QCOMPARE(fails(" require_id_block: true" + author, 0x55, 0), QStringLiteral("idblock.author"));
    QCOMPARE(fails(" require_author_key: true" + author + id, 0x1d, 0), QStringLiteral("idblock.author"));
    QCOMPARE(fails(" require_author_key: true" + author + id, 0x1d, 0xa8), QStringLiteral("idblock.author"));
    QCOMPARE(fails(" require_author_key: true" + author, 0x55, 0xa7), QString());
}

void TestPolicyFiles::steward()
{
    const std::string text = "[sgx]\nsigner = []\n[snp]\nsigner = ['" + hexOf(0xa7, 48) + "']\nid_key_digest = ['" + hexOf(0x1d, 48)
        + "']\nid_key_digest_blacklist = ['" + hexOf(0x1c, 48) + "']\nhash = ['" + hexOf(0x3e, 48) + "']\nhash_blacklist = ['"
        + hexOf(0x3d, 48) + "']\nabi = '>=1.51'\npolicy_flags = ['SMT', 'SingleSocket']\nplatform_info_flags = 'SME'\n";
    const auto imported = importPolicy(text, "steward.toml");
    QVERIFY2(imported.has_value(), imported ? "" : imported.error().message().c_str());
    const Policy &policy = imported->policy;
    QVERIFY(policy.idBlock.required && policy.idBlock.authorRequired && !policy.idBlock.authorVouches);
    QCOMPARE(policy.idBlock.deniedIdKeys.size() + policy.launch.denied.size() + policy.launch.digests.size(), std::size_t{3});
    QVERIFY((*policy.guestPolicy.minimumAbi == std::pair{1u, 51u}));
    QCOMPARE(*policy.guestPolicy.allowed, std::uint64_t{0x10000});
    QCOMPARE(policy.guestPolicy.required, std::uint64_t{0x100000});
    QCOMPARE(*policy.platformInfo.allowed, std::uint64_t{1});
    QVERIFY(noted(*imported, "sgx") && noted(*imported, "policy_flags") && noted(*imported, "platform_info_flags"));
    QVERIFY(!noted(*imported, "snp.abi"));
    QVERIFY(noted(*importSteward("[snp]\nabi = '^1.51'", "s"), "snp.abi"));
    QVERIFY(Policy::parse(policy.toToml(), "p").has_value());
    // Steward's whole configuration is TOML too: it is called so, and by its line.
    for (const char *whole : {"key = 'ca.key'\n[snp]\n", "\"crt\"=\"ca.crt\"\n"})
        QCOMPARE(importPolicy(whole, "steward.toml").error().what, std::string("import the policy of Enarx Steward"));
    QCOMPARE(importPolicy("policy { policy: 1 }  # a = b\nfoo: 1", "c").error().what, std::string("import the policy of go-sev-guest"));
}

void TestPolicyFiles::stewardRefused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown") << "[snp]\nsinger = []" << "Did you mean 'snp.signer'?";
    QTest::newRow("short") << "[snp]\nsigner = ['ab']" << "no SHA-384";
    QTest::newRow("below") << "[snp]\nabi = '<2.0'" << "no floor";
    QTest::newRow("flag") << "[snp]\npolicy_flags = ['Migrate']" << "no flag of Steward";
    QTest::newRow("platform") << "[snp]\nplatform_info_flags = 'ECC'" << "no flag of Steward";
    QTest::newRow("none") << "[sgx]\n" << "no table [snp]";
}

void TestPolicyFiles::stewardRefused()
{
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto imported = importSteward(text.toStdString(), "steward.toml");
    QVERIFY(!imported.has_value());
    QVERIFY2(q(imported.error().message()).contains(says), imported.error().message().c_str());
}

void TestPolicyFiles::textProtos()
{
    const auto fields = parseTextProto("a: 1 b: \"x\\n\\101\\x41\\u00e9\" 'y' # rest\n c { d: [true, -2.5] } e < f: g >;", "p");
    QVERIFY(fields.has_value());
    QCOMPARE(fields->size(), std::size_t{4});
    QCOMPARE((*fields)[1].text, std::string("x\nAA\xc3\xa9y"));
    QCOMPARE((*fields)[2].fields.size(), std::size_t{2});
    QCOMPARE((*fields)[2].fields[1].text, std::string("-2.5"));
    QCOMPARE((*fields)[2].line, 2u);
    QCOMPARE((*fields)[3].fields[0].text, std::string("g"));
    QCOMPARE(*protoNumber("0x1F"), std::uint64_t{31});
    QCOMPARE(*protoNumber("017"), std::uint64_t{15});
    QVERIFY(!protoNumber("18446744073709551616") && !protoNumber("1.5") && !protoNumber("") && !protoNumber("0x"));
    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += "a {";
    QVERIFY(!parseTextProto(deep, "p"));
    for (const char *broken :
        {"a", "a:", "a: 'x", "a: [1", "a: [1 2]", "a: '\\x'", "a: '\\777'", "a: '\\ud800'", "a: '\\u12'", ":", "5: 1", "a: '\n'"})
        QVERIFY2(!parseTextProto(broken, "p"), broken);
}

void TestPolicyFiles::anyCutOrChangedByteIsNoCrash()
{
    const EvidenceMaker maker;
    const std::string toml = strictPolicyFor(maker.evidence, test::backend(), std::time(nullptr))->toToml();
    const std::string proto =
        "root_of_trust { product_line: 'Genoa' } policy { policy: 0x30000 measurement: '" + escaped(1, 48) + "' vmpl { value: 1 } }";
    for (std::size_t size = 0; size < toml.size(); size += 7)
        static_cast<void>(Policy::parse(toml.substr(0, size), "p"));
    for (std::size_t size = 0; size < proto.size(); ++size)
        QVERIFY(size <= 40 || !importGoSevGuest(proto.substr(0, size), "p").has_value());
    for (std::size_t i = 0; i < proto.size(); ++i)
        for (const char byte : {'\0', '\xff', '{', '"', '\\'}) {
            std::string changed = proto;
            changed[i] = byte;
            static_cast<void>(importPolicy(changed, "p"));
        }
}

QTEST_GUILESS_MAIN(TestPolicyFiles)
#include "test_policy_files.moc"
