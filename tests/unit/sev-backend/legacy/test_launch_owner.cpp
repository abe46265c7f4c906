// SPDX-License-Identifier: Apache-2.0
// The owner's side of a launch under SEV and SEV-ES against the emulated firmware: what fits is found good and gets its secret, and
// anything else is refused, by the one who launches and by whoever appraises the record later.
#include "core/evidence/json.h"
#include "sev-backend/appraisal/backend.h"
#include "tests/support/data_folder.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/legacy_machine.h"

#include <QtTest/QTest>

#include <sys/stat.h>

using namespace kastellan;
using namespace kastellan::sev::legacy;
using kastellan::test::LegacyMachine;

class TestLaunchOwner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void goodLaunch_data();
    void goodLaunch();
    void otherDigest();
    void otherPolicy();
    void otherKey();
    void replayedMeasurement();
    void oldFirmware();
    void otherRoots();
    void platformOfAnother();
    void sessionOfAnother();
    void everyByteOfTheRecordCounts();
    void foundInAnExport();
    void secretFile();

private:
    [[nodiscard]] Result<LaunchOwner> begin(Policy policy)
    {
        return LaunchOwner::begin(LegacyMachine::platform(*m_processor), policy, m_processor->rootFingerprint(), m_ownerKey);
    }
    [[nodiscard]] Appraisal appraise(const Evidence &evidence, const Sha256 &digest) const;

    test::DataFolder m_folder;
    std::unique_ptr<sev::Processor> m_processor;
    Sha256 m_ownerKey;
    Bytes m_content = Bytes(4096, 0x42);
};

namespace {

constexpr Policy plainSev = 0x0b, sevEs = 0x0f; // NODBG, NOKS, (ES,) NOSEND

QByteArray told(const Status &status)
{
    return status ? QByteArray() : QByteArray::fromStdString(status.error().message());
}

Outcome outcomeOf(const Appraisal &appraisal, std::string_view id)
{
    const auto found = std::ranges::find(appraisal.findings, id, &Finding::id);
    return found == appraisal.findings.end() ? Outcome::Info : found->outcome;
}

} // namespace

void TestLaunchOwner::initTestCase()
{
    m_processor = test::ownProcessor(m_folder.path() / "platform");
    m_ownerKey.bytes.fill(7);
}

Appraisal TestLaunchOwner::appraise(const Evidence &evidence, const Sha256 &digest) const
{
    ReferenceValues expected;
    expected.root = m_processor->rootFingerprint();
    expected.shortLaunchDigest = digest;
    expected.vmpl = 0;
    Appraisal appraisal;
    appraisal.emulated = true;
    appraisal.findings = sev::makeEvidenceBackend()->appraise(evidence, expected, 0);
    decide(appraisal);
    return appraisal;
}

void TestLaunchOwner::goodLaunch_data()
{
    QTest::addColumn<Policy>("policy");
    QTest::newRow("SEV") << plainSev;
    QTest::newRow("SEV-ES") << sevEs;
}

void TestLaunchOwner::goodLaunch()
{
    QFETCH(const Policy, policy);
    auto owner = begin(policy);
    QVERIFY2(owner, owner ? "" : owner.error().message().c_str());
    QCOMPARE(owner->product(), "emulated");
    LegacyMachine machine(*m_processor);
    const Status launched = machine.launch(*owner, m_content);
    QVERIFY2(launched, told(launched));
    const Sha256 digest = LegacyMachine::digestOf(m_content, policy);
    const Status checked = owner->check(machine.statement(), digest);
    QVERIFY2(checked, told(checked));

    const auto evidence = owner->evidence(machine.statement());
    QVERIFY(evidence);
    QCOMPARE(evidence->report.size(), std::size_t(240));
    const Appraisal appraisal = appraise(*evidence, digest);
    QVERIFY2(appraisal.verdict == Verdict::Trusted, appraisal.sentence.c_str());
    QCOMPARE(outcomeOf(appraisal, "sev.measure"), Outcome::Pass);
    QCOMPARE(outcomeOf(appraisal, "sev.session"), Outcome::Pass);
    QCOMPARE(outcomeOf(appraisal, "sev.policy.es"), policy == sevEs ? Outcome::Pass : Outcome::Fail);
    const auto view = sev::makeEvidenceBackend()->describe(*evidence);
    QVERIFY(view);
    QCOMPARE(view->technology, policy == sevEs ? "AMD SEV-ES" : "AMD SEV");
    std::size_t next = 0;
    for (const Field &field : view->fields) {
        QCOMPARE(field.offset, next);
        next += field.length;
    }
    QCOMPARE(next, evidence->report.size());
    QCOMPARE(view->chain.size(), std::size_t(6));
    for (const auto &certificate : view->chain)
        QVERIFY2(certificate.emulated && certificate.signatureGood, certificate.role.c_str());

    const auto sealed = owner->seal(machine.statement(), digest);
    QVERIFY2(sealed, sealed ? "" : sealed.error().message().c_str());
    const auto table = machine.inject(*sealed);
    QVERIFY2(table, table ? "" : table.error().message().c_str());
    const auto received = test::sessionSecretIn(*table);
    QVERIFY(received);
    QCOMPARE(received->key, owner->secret().key);
    QCOMPARE(received->ownerKey, m_ownerKey);
    // Neither the secret nor the key that it was encrypted with is in the evidence.
    const auto &report = evidence->report;
    for (const ByteView secret : {owner->secret().key.view(), ByteView(received->key.bytes).first(16)})
        QVERIFY(std::ranges::search(report, secret).empty());
}

void TestLaunchOwner::otherDigest()
{
    auto owner = begin(plainSev);
    LegacyMachine machine(*m_processor);
    Bytes changed = m_content;
    changed[100] ^= 1;
    QVERIFY(machine.launch(*owner, changed));
    const Sha256 digest = LegacyMachine::digestOf(m_content, plainSev);
    const Status checked = owner->check(machine.statement(), digest);
    QVERIFY(!checked);
    QCOMPARE(checked.error().kind, ErrorKind::Negative);
    QVERIFY(!owner->seal(machine.statement(), digest));
    const Appraisal appraisal = appraise(*owner->evidence(machine.statement()), digest);
    QCOMPARE(appraisal.verdict, Verdict::Refused);
    QCOMPARE(outcomeOf(appraisal, "sev.measure"), Outcome::Fail);
    QCOMPARE(outcomeOf(appraisal, "sev.session"), Outcome::Pass);
}

void TestLaunchOwner::otherPolicy()
{
    auto owner = begin(sevEs);
    LegacyMachine machine(*m_processor);
    // The firmware refuses a policy that the session was not made for ...
    QVERIFY(!machine.launch(owner->dhCert(), owner->session(), plainSev, m_content));
    // ... and a host that only says another one is found out.
    QVERIFY(machine.launch(*owner, m_content));
    LaunchStatement lied = machine.statement();
    lied.policy = sevEs & ~1u;
    const Sha256 digest = LegacyMachine::digestOf(m_content, sevEs);
    QVERIFY(!owner->check(lied, digest));
    QVERIFY(!owner->seal(lied, digest));
    const Appraisal appraisal = appraise(*owner->evidence(lied), digest);
    QCOMPARE(appraisal.verdict, Verdict::Refused);
    QCOMPARE(outcomeOf(appraisal, "sev.session"), Outcome::Fail);
    QCOMPARE(outcomeOf(appraisal, "sev.policy.debug"), Outcome::Fail);
}

void TestLaunchOwner::otherKey()
{
    auto owner = begin(plainSev), other = begin(plainSev);
    LegacyMachine machine(*m_processor);
    QVERIFY(machine.launch(*other, m_content));
    const Sha256 digest = LegacyMachine::digestOf(m_content, plainSev);
    QVERIFY(other->check(machine.statement(), digest));
    QVERIFY(!owner->check(machine.statement(), digest));
    QCOMPARE(appraise(*owner->evidence(machine.statement()), digest).verdict, Verdict::Refused);
    // What was sealed for one guest is of no use to another.
    const auto sealed = other->seal(machine.statement(), digest);
    QVERIFY(sealed);
    LegacyMachine second(*m_processor);
    QVERIFY(second.launch(*owner, m_content));
    QVERIFY(!second.inject(*sealed));
}

void TestLaunchOwner::replayedMeasurement()
{
    auto owner = begin(plainSev);
    LegacyMachine first(*m_processor), second(*m_processor);
    QVERIFY(first.launch(*owner, m_content));
    QVERIFY(second.launch(*owner, Bytes(4096, 0x66))); // another guest with the same session
    const Sha256 digest = LegacyMachine::digestOf(m_content, plainSev);
    // The host shows the good guest's measurement for the bad one: what is sealed for it does not open there.
    const auto sealed = owner->seal(first.statement(), digest);
    QVERIFY(sealed);
    QVERIFY(!second.inject(*sealed));
    QVERIFY(first.inject(*sealed));
    // And the measurement of an earlier launch is no good for a new session.
    auto later = begin(plainSev);
    QVERIFY(!later->check(first.statement(), digest));
}

void TestLaunchOwner::oldFirmware()
{
    LaunchRecord record;
    record.build = {0, 16, 3};
    record.policy = plainSev;
    record.tik.fill(9);
    const Sha256 digest = LegacyMachine::digestOf(m_content, plainSev);
    record.measure.measure = launchMeasurement(record.tik, record.build, record.policy, digest, record.measure.nonce);
    QVERIFY(record.measures(digest));
    record.session = Bytes(128);
    const Appraisal old = appraise({"sev-launch-measure", record.bytes(), {}}, digest);
    QCOMPARE(outcomeOf(old, "sev.measure"), Outcome::Pass);
    QCOMPARE(outcomeOf(old, "sev.firmware"), Outcome::Fail);
    record.build = {0, 17, 3}; // what measured in the old way is not newer
    QVERIFY(!record.measures(digest));
    QCOMPARE(outcomeOf(appraise({"sev-launch-measure", record.bytes(), {}}, digest), "sev.measure"), Outcome::Fail);
}

void TestLaunchOwner::otherRoots()
{
    const auto platform = LegacyMachine::platform(*m_processor);
    const auto asAmd = LaunchOwner::begin(platform, plainSev, "amd", m_ownerKey);
    QVERIFY(!asAmd);
    QCOMPARE(asAmd.error().kind, ErrorKind::Negative);
    const auto another = LaunchOwner::begin(platform, plainSev, "emulated:" + std::string(64, 'a'), m_ownerKey);
    QVERIFY(!another);
    QCOMPARE(another.error().kind, ErrorKind::Negative);
    auto nameless = platform;
    std::erase_if(nameless.authorities, [](const Endorsement &one) { return one.role == "emulated-root"; });
    QVERIFY(!LaunchOwner::begin(nameless, plainSev, m_processor->rootFingerprint(), m_ownerKey));
    QVERIFY(!LaunchOwner::begin(platform, plainSev, "", m_ownerKey));
    QVERIFY(!LaunchOwner::begin(platform, plainSev, m_processor->rootFingerprint(), {}));

    auto owner = begin(plainSev);
    LegacyMachine machine(*m_processor);
    QVERIFY(machine.launch(*owner, m_content));
    const Evidence evidence = *owner->evidence(machine.statement());
    ReferenceValues expected;
    expected.shortLaunchDigest = LegacyMachine::digestOf(m_content, plainSev);
    for (const std::string &root : {std::string("amd"), "emulated:" + std::string(64, 'a')}) {
        expected.root = root;
        Appraisal appraisal;
        appraisal.findings = sev::makeEvidenceBackend()->appraise(evidence, expected, 0);
        decide(appraisal);
        QCOMPARE(appraisal.verdict, Verdict::Refused);
        QCOMPARE(outcomeOf(appraisal, "root.pinned"), Outcome::Fail);
    }
}

void TestLaunchOwner::platformOfAnother()
{
    // A host puts its own PDH in front of another platform's chain.
    const auto other = test::ownProcessor(m_folder.path() / "other", {.seed = "another"});
    auto mixed = LegacyMachine::platform(*m_processor);
    mixed.pdh = LegacyMachine::platform(*other).pdh;
    const auto owner = LaunchOwner::begin(mixed, plainSev, m_processor->rootFingerprint(), m_ownerKey);
    QVERIFY(!owner);
    QCOMPARE(owner.error().kind, ErrorKind::Negative);
    for (const auto &[pdh, chain] : {std::pair<std::string, std::string>{"", mixed.chain}, {mixed.pdh, ""}, {"!", "?"}}) {
        auto broken = mixed;
        broken.pdh = pdh;
        broken.chain = chain;
        QVERIFY(!LaunchOwner::begin(broken, plainSev, m_processor->rootFingerprint(), m_ownerKey));
    }
}

void TestLaunchOwner::sessionOfAnother()
{
    const auto other = test::ownProcessor(m_folder.path() / "third", {.seed = "third"});
    auto owner = begin(plainSev);
    LegacyMachine machine(*other);
    QVERIFY(!machine.launch(*owner, m_content)); // it was made for the first platform's PDH
}

void TestLaunchOwner::everyByteOfTheRecordCounts()
{
    auto owner = begin(sevEs);
    LegacyMachine machine(*m_processor);
    QVERIFY(machine.launch(*owner, m_content));
    const Sha256 digest = LegacyMachine::digestOf(m_content, sevEs);
    const Evidence good = *owner->evidence(machine.statement());
    QCOMPARE(appraise(good, digest).verdict, Verdict::Trusted);
    for (std::size_t at = 0; at < good.report.size(); ++at) {
        // Of the session only the code over the policy can be checked without the platform's key; and the certificate is named for people.
        if ((at >= 80 && at < 80 + 0x60) || at >= 208)
            continue;
        Evidence flipped = good;
        flipped.report[at] ^= 1;
        QVERIFY2(appraise(flipped, digest).verdict == Verdict::Refused || appraise(flipped, digest).verdict == Verdict::Undecided,
            std::to_string(at).c_str());
    }
    for (std::size_t length = 0; length < good.report.size(); ++length) {
        Evidence cut = good;
        cut.report.resize(length);
        QVERIFY(appraise(cut, digest).verdict != Verdict::Trusted && appraise(cut, digest).verdict != Verdict::Authentic);
    }
}

void TestLaunchOwner::foundInAnExport()
{
    auto owner = begin(sevEs);
    LegacyMachine machine(*m_processor);
    QVERIFY(machine.launch(*owner, m_content));
    const Sha256 digest = LegacyMachine::digestOf(m_content, sevEs);
    const Evidence evidence = *owner->evidence(machine.statement());
    // As an exported record holds it, and as files beside each other.
    const js::Out record = {{"schema", "kastellan-record-1"}, {"evidence", js::toJson(evidence)}};
    std::vector<InputFile> apart{{"report.bin", evidence.report}};
    for (const auto &endorsement : evidence.endorsements)
        apart.push_back({endorsement.role + ".der", endorsement.der});
    for (const auto &files : {std::vector<InputFile>{{"record.json", toBytes(js::dump(record, 2))}}, apart}) {
        const Recognised recognised = sev::makeEvidenceBackend()->recognise(files);
        QCOMPARE(recognised.evidence.size(), std::size_t(1));
        const Evidence &found = recognised.evidence[0].evidence;
        QCOMPARE(found.kind, "sev-launch-measure");
        QCOMPARE(found.report, evidence.report);
        const Appraisal appraisal = appraise(found, digest);
        QVERIFY2(appraisal.verdict == Verdict::Trusted, appraisal.sentence.c_str());
        QCOMPARE(appraise(found, {}).verdict, Verdict::Refused);
    }
}

void TestLaunchOwner::secretFile()
{
    auto owner = begin(plainSev);
    const Status saved = saveSessionSecret(m_folder.path(), owner->secret());
    QVERIFY2(saved, told(saved));
    struct stat status{};
    QCOMPARE(::stat((m_folder.path() / sessionSecretFile).c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, mode_t(0600));
    const auto loaded = loadSessionSecret(m_folder.path());
    QVERIFY(loaded);
    QCOMPARE(loaded->key, owner->secret().key);
    QVERIFY(!loadSessionSecret(m_folder.path() / "nowhere"));
}

QTEST_APPLESS_MAIN(TestLaunchOwner)
#include "test_launch_owner.moc"
