// SPDX-License-Identifier: Apache-2.0
// Every rule of a policy file, met and broken.
#include "core/base/digest.h"
#include "policy_case.h"
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/appraisal/policy.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;
using test::actualOf;
using test::appraised;
using test::EvidenceMaker;
using test::failures;
using test::filled;
using test::hexOf;
using test::outcomeOf;
using test::q;
using test::seen;
using test::verdictOf;
namespace at = report_offset;

namespace {

/// A report with a mark in every field that a policy can name.
EvidenceMaker marked()
{
    EvidenceMaker maker;
    auto &report = maker.evidence.report;
    const auto fill = [&report](std::size_t offset, unsigned byte, std::size_t size) {
        std::fill_n(report.begin() + static_cast<std::ptrdiff_t>(offset), size, static_cast<std::uint8_t>(byte));
    };
    storeLe<std::uint32_t>(report, at::guestSvn, 7);
    storeLe<std::uint64_t>(report, at::policy,
        GuestPolicy().with(GuestPolicy::CxlAllow).with(GuestPolicy::SingleSocket).with(GuestPolicy::RaplDisabled).raw() | 0x0137);
    fill(at::familyId, 0xfa, 16);
    fill(at::imageId, 0x1a, 16);
    fill(at::reportData, 0xda, 64);
    fill(at::measurement, 0x3e, 48);
    fill(at::hostData, 0x40, 32);
    fill(at::idKeyDigest, 0x1d, 48);
    fill(at::authorKeyDigest, 0xa7, 48);
    fill(at::reportId, 0x1e, 32);
    storeLe<std::uint32_t>(report, at::flags, 1); // an author key
    storeLe<std::uint64_t>(report, at::launchMitigations, 0x8000000000000005);
    storeLe<std::uint64_t>(report, at::currentMitigations, 0xf);
    maker.sign();
    maker.expected.launchDigest.reset();
    return maker;
}

} // namespace

class TestAppraisalPolicy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void strictPolicyIsMetByItsReport_data();
    void strictPolicyIsMetByItsReport();
    void rules_data();
    void rules();
    void unknowns();
    void overrides();
    void joined();
    void keysOfIdBlocks();
    void unreadablePolicy();
    void demandedFindings();
    void maskedChip();
    void everyCheckPassesAndFails();
};

void TestAppraisalPolicy::strictPolicyIsMetByItsReport_data()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<unsigned>("version");
    QTest::addColumn<bool>("masked");
    QTest::addColumn<bool>("vlek");
    for (const auto &profile : profiles())
        for (const unsigned version : {2u, 3u, 4u, 5u})
            for (const bool vlek : {false, true})
                QTest::addRow("%s v%u%s", std::string(profile.id).c_str(), version, vlek ? " vlek masked" : "")
                    << q(std::string(profile.id)) << version << vlek << vlek;
}

void TestAppraisalPolicy::strictPolicyIsMetByItsReport()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, version);
    QFETCH(bool, masked);
    QFETCH(bool, vlek);
    EvidenceMaker maker({*findProfile(profile.toStdString()), version, masked, vlek});
    maker.addList({});
    Appraisal without;
    const auto policy = strictPolicyFor(maker.evidence, test::backend(), std::time(nullptr), &without);
    QVERIFY(policy.has_value());
    QVERIFY(without.emulated);
    QCOMPARE(verdictOf(without), QStringLiteral("authentic"));
    const std::string text = policy->toToml();
    const auto again = Policy::parse(text, "policy.toml");
    QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
    QCOMPARE(q(again->toToml()), q(text));
    QVERIFY(std::ranges::contains(policy->require, std::string("chain.crl")));
    QCOMPARE(std::ranges::contains(policy->require, std::string("platform.alias")), version > 2);

    maker.expected.launchDigest.reset(); // the policy brings it
    maker.expected.policy = text;
    const auto appraisal = test::appraised(maker.evidence, maker.expected);
    QCOMPARE(failures(appraisal), QString());
    QCOMPARE(verdictOf(appraisal), QStringLiteral("trusted"));
    QCOMPARE(outcomeOf(appraisal, "chain.crl"), QStringLiteral("pass"));
    QCOMPARE(outcomeOf(appraisal, "launch.digest"), QStringLiteral("pass"));
    QCOMPARE(outcomeOf(appraisal, "chain.provider"), vlek ? QStringLiteral("pass") : QStringLiteral("absent"));
    // Another platform's report, otherwise the same, is not what it demands.
    const EvidenceMaker other({*findProfile(profile == QLatin1String("milan") ? "genoa" : "milan"), version, masked, vlek});
    Evidence foreign = other.evidence;
    QVERIFY(failures(test::appraised(foreign, maker.expected)).contains(QLatin1String("root.pinned")));
    // Each byte of a field that the policy names, changed and signed again, is refused.
    for (const std::size_t offset : {at::measurement + 5, at::hostData + 31, at::familyId, at::imageId + 15}) {
        EvidenceMaker changed = EvidenceMaker({*findProfile(profile.toStdString()), version, masked, vlek});
        changed.addList({});
        changed.write<std::uint8_t>(offset, 0x5a);
        QVERIFY2(!failures(test::appraised(changed.evidence, maker.expected)).isEmpty(), std::to_string(offset).c_str());
    }
}

void TestAppraisalPolicy::rules_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("met");
    QTest::addColumn<QString>("broken");
    const auto row = [](const char *id, const std::string &met, const std::string &broken) {
        QTest::addRow("%s %s", id, broken.substr(0, 70).c_str()) << id << q(met) << q(broken);
    };
    const std::string root = EvidenceMaker().expected.root;
    row("root.pinned", "root = '" + root + "'", "root = 'emulated:" + hexOf(0xab, 32) + "'");
    row("root.pinned", "root = '" + root + "'", "root = 'amd'");
    row("product.allowed", "products = ['Milan', 'Genoa']", "products = 'Turin'");
    row("product.stepping", "steppings = [0, 1]", "steppings = [0, 2]");
    row("report.signer", "signing_key = 'vcek'", "signing_key = 'vlek'");
    row("report.minimum", "report.minimum_version = 5", "report.minimum_version = 6");
    row("report.vmpl", "report.vmpl = [0, 1]", "report.vmpl = 1");
    row("report.data", "report.report_data = '" + hexOf(0xda, 64) + "'", "report.report_data = '" + hexOf(0xdb, 64) + "'");
    row("report.hostdata", "report.host_data = ['" + hexOf(1, 32) + "', '" + hexOf(0x40, 32) + "']",
        "report.host_data = '" + hexOf(1, 32) + "'");
    row("report.id", "report.report_ids = '" + hexOf(0x1e, 32) + "'", "report.report_ids = '" + hexOf(0x1f, 32) + "'");
    row("report.agent", "report.migration_agent_ids = '" + hexOf(0xff, 32) + "'", "report.migration_agent_ids = '" + hexOf(0xfe, 32) + "'");
    row("chip.allowed", "report.chip_ids = '" + toHex(EvidenceMaker().report().chipId().view()) + "'",
        "report.chip_ids = '" + hexOf(3, 64) + "'");
    row("chip.allowed", "report.chip_ids = '" + toHex(EvidenceMaker().report().chipId().view()) + "'",
        "report.chip_ids = '" + hexOf(3, 8) + "'");
    row("launch.digest", "launch.digests = ['" + hexOf(0x3e, 48) + "', '" + hexOf(1, 48) + "']",
        "launch.digests = '" + hexOf(0x3f, 48) + "'");
    row("launch.denied", "launch.denied_digests = '" + hexOf(0x3f, 48) + "'",
        "launch.denied_digests = ['" + hexOf(1, 48) + "', '" + hexOf(0x3e, 48) + "']");
    row("guest.family", "launch.family_ids = '" + hexOf(0xfa, 16) + "'", "launch.family_ids = '" + hexOf(0xfb, 16) + "'");
    row("guest.image", "launch.image_ids = '" + hexOf(0x1a, 16) + "'", "launch.image_ids = '" + hexOf(0, 16) + "'");
    row("guest.svn", "launch.minimum_guest_svn = 7", "launch.minimum_guest_svn = 8");
    row("policy.abi", "guest_policy.minimum_abi = '1.55'", "guest_policy.minimum_abi = '1.56'");
    row("policy.abi", "guest_policy.minimum_abi = '0.200'", "guest_policy.minimum_abi = '2.0'");
    row("policy.allowed", "guest_policy.allowed = ['smt', 'cxl-allow']", "guest_policy.allowed = 'smt'");
    row("policy.allowed", "guest_policy.allowed = ['smt', 'cxl-allow', 'debug', 'migrate-ma']", "guest_policy.allowed = []");
    row("policy.required", "guest_policy.required = ['single-socket', 'rapl-disabled']",
        "guest_policy.required = ['single-socket', 'aes-256-xts']");
    row("policy.required", "guest_policy.required = 'single-socket'", "guest_policy.required = 'ciphertext-hiding'");
    row("policy.required", "guest_policy.required = 'single-socket'", "guest_policy.required = 'page-swap-disabled'");
    row("platform.allowed", "platform_info.allowed = ['smt']", "platform_info.allowed = []");
    row("platform.allowed", "platform_info.allowed = ['smt', 'tsme', 'tio']", "platform_info.allowed = 'tio'");
    row("platform.required", "platform_info.required = ['ecc', 'alias-check']", "platform_info.required = ['ecc', 'tsme']");
    for (const std::string part : {"bl", "tee", "snp", "ucode"}) {
        const auto level = *defaultProfile().tcb().part(*tcbPartFromName(part));
        for (const std::string kind : {"minimum", "minimum_committed", "minimum_current", "minimum_launch"}) {
            const std::string id = "tcb." + (kind == "minimum" ? kind : "minimum." + kind.substr(8));
            row(id.c_str(), "tcb." + kind + "." + part + " = " + std::to_string(level),
                "tcb." + kind + "." + part + " = " + std::to_string(level + 1));
        }
    }
    row("tcb.minimum", "tcb.minimum = { snp = 255, genoa = { snp = 1 } }", "tcb.minimum = { snp = 1, genoa = { snp = 255 } }");
    row("tcb.minimum", "tcb.minimum.milan.snp = 255", "tcb.minimum.fmc = 0");
    row("firmware.version", "firmware.minimum_version = '1.58'", "firmware.minimum_version = '1.59'");
    row("firmware.version", "firmware.minimum_version = '1.58.40'", "firmware.minimum_version = '1.58.41'");
    row("firmware.version", "firmware.minimum_version = '1.57.99'", "firmware.minimum_version = '2.0'");
    row("firmware.version", "firmware.minimum_build = 40", "firmware.minimum_build = 41");
    row("mitigations.launch", "mitigations.launch = 5", "mitigations.launch = 7");
    row("mitigations.launch", "mitigations.launch = '0x8000000000000001'", "mitigations.launch = '0xC000000000000000'");
    row("mitigations.current", "mitigations.current = 0xf", "mitigations.current = 0x1f");
    const std::string id = "'" + hexOf(0x1d, 48) + "'", author = "'" + hexOf(0xa7, 48) + "'", other = "'" + hexOf(0x11, 48) + "'";
    row("idblock.key", "id_block.id_keys = [" + id + ", " + other + "]", "id_block.id_keys = " + other);
    row("idblock.key", "id_block = { id_keys = " + other + ", author_keys = " + author + " }",
        "id_block = { id_keys = " + other + ", author_keys = " + author + ", author_vouches = false }");
    row("idblock.author", "id_block.author_keys = " + author, "id_block.author_keys = " + other);
    row("idblock.author", "id_block = { author_required = true, author_keys = " + author + " }",
        "id_block = { id_keys = " + id + ", author_required = true, author_keys = " + other + " }");
    row("idblock.denied", "id_block.denied_id_keys = " + other, "id_block.denied_id_keys = " + id);
    row("idblock.denied", "id_block.denied_author_keys = " + other, "id_block.denied_author_keys = [" + other + ", " + author + "]");
}

void TestAppraisalPolicy::rules()
{
    QFETCH(QString, id);
    QFETCH(QString, met);
    QFETCH(QString, broken);
    const EvidenceMaker maker = marked();
    const std::string check = id.toStdString();
    const auto good = appraised(maker, met.toStdString());
    QCOMPARE(failures(good), QString());
    // Floors of another product are none of this one's.
    QCOMPARE(outcomeOf(good, check), met.contains(QLatin1String("milan")) ? QStringLiteral("absent") : QStringLiteral("pass"));
    QCOMPARE(outcomeOf(good, "policy.file"), QStringLiteral("pass"));
    const bool reference = check == "launch.digest" || check == "idblock.key" || check == "idblock.author";
    if (check.starts_with("idblock") || check == "launch.digest")
        QCOMPARE(verdictOf(good), reference ? QStringLiteral("trusted") : QStringLiteral("authentic"));
    const auto bad = appraised(maker, broken.toStdString());
    QVERIFY2(failures(bad).split(QLatin1Char(',')).contains(id), qPrintable(failures(bad)));
    QCOMPARE(verdictOf(bad), QStringLiteral("refused"));
    for (const auto &finding : bad.findings)
        if (finding.id == check && finding.outcome == Outcome::Fail)
            QVERIFY(!finding.remedy.empty() && !finding.why.empty() && !finding.expected.empty() && !finding.actual.empty());
}

void TestAppraisalPolicy::unknowns()
{
    // What a report does not say can't be held against it, and can't pass either.
    EvidenceMaker old({&defaultProfile(), 2});
    QCOMPARE(outcomeOf(appraised(old, "steppings = 1"), "product.stepping"), QStringLiteral("unknown"));
    QCOMPARE(verdictOf(appraised(old, "steppings = 1")), QStringLiteral("undecided"));
    QCOMPARE(outcomeOf(appraised(old, "mitigations.launch = 1"), "mitigations.launch"), QStringLiteral("fail"));
    QCOMPARE(outcomeOf(appraised(old, "require = 'platform.alias'"), "platform.alias"), QStringLiteral("unknown"));
    EvidenceMaker vlek({&defaultProfile(), 5, true, true});
    QCOMPARE(outcomeOf(appraised(vlek, "report.chip_ids = '" + hexOf(1, 64) + "'"), "chip.allowed"), QStringLiteral("unknown"));
    // No ID block at all.
    EvidenceMaker plain;
    QCOMPARE(outcomeOf(appraised(plain), "idblock.present"), QStringLiteral("info (advisory)"));
    QCOMPARE(failures(appraised(plain, "id_block.required = true")), QStringLiteral("idblock.present"));
    QCOMPARE(failures(appraised(plain, "id_block.author_required = true")), QStringLiteral("idblock.present,idblock.author"));
    QCOMPARE(failures(appraised(plain, "id_block.id_keys = '" + hexOf(0, 48) + "'")), QStringLiteral("idblock.present,idblock.key"));
    QCOMPARE(failures(appraised(plain, "id_block.denied_id_keys = '" + hexOf(0, 48) + "'")), QString());
    QCOMPARE(
        outcomeOf(appraised(marked(), "id_block = { required = true, author_required = true }"), "idblock.author"), QStringLiteral("pass"));
    // A digest where the report says that no author key was used counts for nothing.
    EvidenceMaker unused = marked();
    unused.write<std::uint32_t>(at::flags, 0);
    QCOMPARE(failures(appraised(unused, "id_block.author_keys = '" + hexOf(0xa7, 48) + "'")), QStringLiteral("idblock.author"));
    QCOMPARE(failures(appraised(unused, "id_block.denied_author_keys = '" + hexOf(0xa7, 48) + "'")), QString());
}

void TestAppraisalPolicy::overrides()
{
    EvidenceMaker maker;
    maker.write<std::uint64_t>(at::policy, GuestPolicy().with(GuestPolicy::Debug).with(GuestPolicy::MigrateMa).raw());
    QCOMPARE(failures(appraised(maker)), QStringLiteral("policy.debug,policy.migration"));
    const std::string policy = "guest_policy.allowed = ['smt', 'debug', 'migrate-ma']";
    const auto allowed = appraised(maker, policy);
    QCOMPARE(failures(allowed), QString());
    QCOMPARE(outcomeOf(allowed, "policy.debug"), QStringLiteral("fail (advisory)"));
    QCOMPARE(outcomeOf(allowed, "policy.migration"), QStringLiteral("fail (advisory)"));
    QVERIFY(q(allowed.sentence).contains(QLatin1String("debug")));
    QCOMPARE(Policy::parse("version = 1\n" + policy, "p")->overrides().size(), std::size_t{2});
    QCOMPARE(failures(appraised(maker, "guest_policy.allowed = ['smt', 'debug']")), QStringLiteral("policy.migration,policy.allowed"));

    EvidenceMaker provisional;
    provisional.write<std::uint8_t>(at::currentVersion, 41);
    QCOMPARE(outcomeOf(appraised(provisional), "firmware.provisional"), QStringLiteral("fail (advisory)"));
    QCOMPARE(failures(appraised(provisional, "firmware.allow_provisional = false")), QStringLiteral("firmware.provisional"));
    QCOMPARE(
        outcomeOf(appraised(provisional, "firmware.allow_provisional = true"), "firmware.provisional"), QStringLiteral("info (advisory)"));
    provisional.write<std::uint8_t>(at::currentVersion, 40);
    QCOMPARE(outcomeOf(appraised(provisional, "firmware.allow_provisional = false"), "firmware.provisional"), QStringLiteral("pass"));
    provisional.write<std::uint8_t>(at::currentTcb + 7, 87);
    QCOMPARE(failures(appraised(provisional, "firmware.allow_provisional = false")), QStringLiteral("firmware.provisional"));
    // Allowing it never lets a firmware pass that is older than what is committed.
    provisional.write<std::uint8_t>(at::currentTcb + 7, 83);
    QCOMPARE(failures(appraised(provisional, "firmware.allow_provisional = true")), QStringLiteral("tcb.order"));
}

void TestAppraisalPolicy::joined()
{
    EvidenceMaker maker = marked();
    const std::string digest = "launch.digests = '" + hexOf(0x3e, 48) + "'";
    maker.expected.launchDigest = *LaunchDigest::from(filled(0x3e, 48), "digest");
    QCOMPARE(failures(appraised(maker, digest)), QString());
    // Both have to be met, in either direction.
    QCOMPARE(failures(appraised(maker, "launch.digests = '" + hexOf(1, 48) + "'")), QStringLiteral("launch.digest"));
    maker.expected.launchDigest = *LaunchDigest::from(filled(1, 48), "digest");
    QCOMPARE(failures(appraised(maker, digest)), QStringLiteral("launch.digest"));
    QCOMPARE(failures(appraised(maker, "launch.digests = ['" + hexOf(1, 48) + "', '" + hexOf(0x3e, 48) + "']")),
        QStringLiteral("launch.digest"));
    maker.expected.launchDigest.reset();
    maker.expected.shortLaunchDigest = Sha256(); // SEV's, which no SNP report can meet
    QCOMPARE(verdictOf(appraised(maker)), QStringLiteral("undecided"));
    maker.expected.shortLaunchDigest.reset();
    maker.expected.vmpl = 0;
    QCOMPARE(failures(appraised(maker, "report.vmpl = [0, 3]")), QString());
    QCOMPARE(failures(appraised(maker, "report.vmpl = 3")), QStringLiteral("report.vmpl"));
    maker.expected.vmpl = 3;
    QCOMPARE(failures(appraised(maker, "report.vmpl = [0, 3]")), QStringLiteral("report.vmpl"));
    maker.expected.vmpl = 0; // a level that the policy wants, and the command does not
    EvidenceMaker level = marked();
    level.write<std::uint32_t>(at::vmpl, 3);
    level.expected.vmpl = 0;
    QCOMPARE(failures(appraised(level, "report.vmpl = 3")), QStringLiteral("report.vmpl"));
    maker.expected.vmpl.reset();
    maker.expected.minimumTcb = {{"snp", 27}};
    QCOMPARE(failures(appraised(maker, "tcb.minimum.snp = 28")), QStringLiteral("tcb.minimum,tcb.minimum.committed,tcb.minimum.current"));
    maker.expected.minimumTcb = {{"snp", 28}};
    QCOMPARE(failures(appraised(maker, "tcb.minimum.snp = 27")), QStringLiteral("tcb.minimum"));
    maker.expected.minimumTcb.clear();
    maker.expected.allowDebug = true; // given up on the command line, and not in the policy
    maker.write<std::uint64_t>(at::policy, GuestPolicy().with(GuestPolicy::Debug).raw());
    QCOMPARE(failures(appraised(maker)), QString());
    QCOMPARE(failures(appraised(maker, "guest_policy.allowed = 'smt'")), QStringLiteral("policy.allowed"));
}

void TestAppraisalPolicy::keysOfIdBlocks()
{
    // The same key by its digest and in every form of PEM.
    const auto key = P384PrivateKey::derive(filled(7, 64));
    const auto form = key.publicFirmwareKey();
    const std::string digest = toHex(sha384(form.bytes).view());
    const auto pem = [](const Bytes &der, const char *label) {
        return std::string("-----BEGIN ") + label + "-----\n" + toBase64(der) + "\n-----END " + label + "-----\n";
    };
    EvidenceMaker maker;
    const auto leaf = maker.authority().issue(maker.leaf(), key.handle());
    QCOMPARE(q(toHex(keyDigestFrom(digest)->view())), q(digest));
    QCOMPARE(q(toHex(keyDigestFrom(pem(key.toDer(), "EC PRIVATE KEY"))->view())), q(digest));
    QCOMPARE(q(toHex(keyDigestFrom(pem(leaf->der(), "CERTIFICATE"))->view())), q(digest));
    QCOMPARE(q(toHex(keyDigestOfCertificate(leaf->der())->view())), q(digest));
    const auto policy = Policy::parse("version = 1\n[id_block]\nid_keys = '''" + pem(leaf->der(), "CERTIFICATE") + "'''\n", "p");
    QVERIFY2(policy.has_value(), policy ? "" : policy.error().message().c_str());
    QCOMPARE(q(toHex(policy->idBlock.idKeys.front().view())), q(digest));
    QVERIFY(!keyDigestFrom("").has_value());
    QVERIFY(!keyDigestFrom(digest.substr(2)).has_value());
    QVERIFY(!keyDigestFrom(pem(maker.authority().ask().der(), "CERTIFICATE")).has_value()); // RSA
    QVERIFY(!keyDigestFrom("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----").has_value());
}

void TestAppraisalPolicy::unreadablePolicy()
{
    const EvidenceMaker maker;
    const auto appraisal = appraised(maker, "nonsense = 1");
    QCOMPARE(failures(appraisal), QStringLiteral("policy.file"));
    QVERIFY(actualOf(appraisal, "policy.file").contains(QLatin1String("line 2")));
    QCOMPARE(verdictOf(appraisal), QStringLiteral("refused"));
}

void TestAppraisalPolicy::demandedFindings()
{
    EvidenceMaker maker;
    QCOMPARE(verdictOf(appraised(maker)), QStringLiteral("trusted"));
    QCOMPARE(verdictOf(appraised(maker, "require = ['chain.crl']")), QStringLiteral("undecided"));
    QCOMPARE(verdictOf(appraised(maker, "strict = true")), QStringLiteral("undecided"));
    maker.addList({});
    QCOMPARE(verdictOf(appraised(maker, "require = ['chain.crl', 'chain.crl.leaf', 'tcb.bulletin', 'product.name']")),
        QStringLiteral("trusted"));
    maker.write<std::uint64_t>(at::platformInfo, 1);
    QCOMPARE(failures(appraised(maker, "require = 'platform.alias'")), QStringLiteral("platform.alias"));
    QCOMPARE(outcomeOf(appraised(maker), "platform.alias"), QStringLiteral("fail (advisory)"));
    EvidenceMaker old;
    auto leaf = old.leaf();
    leaf.tcb.set(TcbPart::Snp, 22);
    old.certify(leaf);
    for (const std::size_t offset : {at::currentTcb, at::committedTcb, at::reportedTcb, at::launchTcb})
        old.writeBytes(offset, leaf.tcb.bytes().bytes);
    QCOMPARE(failures(appraised(old, "require = 'tcb.bulletin'")), QStringLiteral("tcb.bulletin"));
}

void TestAppraisalPolicy::maskedChip()
{
    // The key that signed is one chip's: its certificate names the chip that the report does not.
    const EvidenceMaker maker({&defaultProfile(), 5, true});
    const std::string chip = toHex(maker.identity().chipId().view());
    QCOMPARE(failures(appraised(maker, "report.chip_ids = '" + chip + "'")), QString());
    QCOMPARE(failures(appraised(maker, "report.chip_ids = '" + hexOf(1, 64) + "'")), QStringLiteral("chip.allowed"));
    const EvidenceMaker turin({*findProfile("turin"), 5, true});
    const std::string shortChip = toHex(turin.identity().chipId().view().first(8));
    QCOMPARE(failures(appraised(turin, "report.chip_ids = '" + shortChip + "'")), QString());
}

void TestAppraisalPolicy::everyCheckPassesAndFails()
{
    // What the other tests of this folder bend: root, chain, report.
    const std::vector<std::string> elsewhere{"root.kind", "chain.complete", "chain.signatures", "chain.names", "chain.constraints",
        "chain.dates", "chain.crl", "chain.crl.leaf", "chain.provider", "product.name", "report.product", "report.format", "report.version",
        "report.signature", "report.key", "report.reserved", "chip.certificate", "tcb.certificate", "tcb.order", "policy.reserved"};
    for (const auto *check : allChecks()) {
        const std::string id(check->id);
        if (id.starts_with("legacy.") || id.starts_with("sev.") || std::ranges::contains(elsewhere, id))
            continue;
        QVERIFY2(seen()[id].first, (id + " never passed").c_str());
        QVERIFY2(seen()[id].second, (id + " never failed").c_str());
    }
}

QTEST_GUILESS_MAIN(TestAppraisalPolicy)
#include "test_appraisal_policy.moc"
