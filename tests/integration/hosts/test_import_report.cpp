// SPDX-License-Identifier: Apache-2.0
// Reports that a whole virtual machine made inside, brought by hand: held to the launch, never fresh, stored as records.
#include "../keepctl/program.h"
#include "core/base/file.h"
#include "core/keeps/keep_client.h"
#include "sev-backend/abi/policy.h"
#include "tests/support/evidence_maker.h"

#include <QtCore/QJsonArray>
#include <QtTest/QTest>

#include <optional>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t hostDataOffset = 0xc0; ///< of the report (SEV-SNP firmware ABI, ATTESTATION_REPORT)

QString resultOf(const Ran &ran, const QString &id)
{
    for (const auto &one : ran.json()["appraisal"_L1]["findings"_L1].toArray())
        if (one["id"_L1].toString() == id)
            return one["result"_L1].toString();
    return {};
}

} // namespace

class TestImportReport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_maker.emplace(); }
    void init() { m_program.emplace(); }

    void heldToTheLaunch()
    {
        makeKeep({"/k", "", "quiet", ""});
        const Ran good = import(m_owner);
        QVERIFY2(good.exit == 0 && good.json()["appraisal"_L1]["verdict"_L1].toString() == u"authentic"_s, good.all());
        QVERIFY(good.json()["appraisal"_L1]["emulated"_L1].toBool());
        QCOMPARE(resultOf(good, u"launch.digest"_s), u"pass"_s);
        QCOMPARE(resultOf(good, u"report.hostdata"_s), u"pass"_s);
        QCOMPARE(resultOf(good, u"binding.fresh"_s), u"unknown"_s);
        // It is a record of the keep, and the store is whole.
        const Ran shown = m_program->run({u"evidence"_s, u"show"_s, u"--json"_s, good.json()["record"_L1].toString()});
        QVERIFY2(shown.out.contains("\"import\""), shown.all());
        QCOMPARE(m_program->run({u"evidence"_s, u"fsck"_s}).exit, 0);
        // A report of another launch carries another owner key.
        const Ran other = import(std::string(64, 'e'));
        QVERIFY2(other.exit == 1 && other.json()["appraisal"_L1]["verdict"_L1].toString() == u"refused"_s, other.all());
        QCOMPARE(resultOf(other, u"report.hostdata"_s), u"fail"_s);
    }

    /// Its verdict is the keep's newest, and the record is the keep's.
    void theKeepIsToldOfIt()
    {
        makeKeep({"/k", "", "quiet", ""});
        const Ran good = import(m_owner);
        const auto shown = [&] { return m_program->run({u"keep"_s, u"show"_s, u"--json"_s, u"whole"_s}).json(); };
        QCOMPARE(shown()["verdict"_L1].toString(), u"authentic"_s);
        QCOMPARE(shown()["records"_L1].toArray().size(), 1);
        QCOMPARE(shown()["records"_L1].toArray().first().toString(), good.json()["record"_L1].toString());
        static_cast<void>(import(std::string(64, 'e')));
        QCOMPARE(shown()["verdict"_L1].toString(), u"refused"_s);
        QCOMPARE(shown()["records"_L1].toArray().size(), 2);
    }

    /// What the plan's policy gives up is given up here too, and said.
    void overridesAreThoseOfTheLaunch()
    {
        makeKeep({"/k", "", "quiet", ""}, {}, true, "version = 1\n[guest_policy]\nallowed = [\"debug\"]\n");
        const Ran ran = import(m_owner);
        QStringList overrides;
        for (const auto &one : ran.json()["appraisal"_L1]["overrides"_L1].toArray())
            overrides += one.toString();
        QVERIFY2(!overrides.filter(u"policy: "_s).isEmpty(), ran.all());
    }

    void anUnmeasuredDisk()
    {
        makeKeep({"/k", "", "root=/dev/vda", "/d"});
        const Ran ran = import(m_owner);
        QVERIFY2(ran.exit == 0 && ran.json()["appraisal"_L1]["verdict"_L1].toString() == u"authentic"_s, ran.all());
        QCOMPARE(resultOf(ran, u"disk.unmeasured"_s), u"fail"_s);
        makeKeep({"/k", "", "roothash=" + std::string(64, 'a'), "/d"});
        const Ran rooted = import(m_owner);
        QCOMPARE(rooted.json()["appraisal"_L1]["verdict"_L1].toString(), u"authentic"_s); // nothing ties a report to the machine that runs
        QCOMPARE(resultOf(rooted, u"disk.unmeasured"_s), u"pass"_s);
    }

    void anotherDigest()
    {
        makeKeep({"/k", "", "quiet", ""}, *LaunchDigest::from(*fromHex(std::string(96, 'f')), "digest"));
        const Ran ran = import(m_owner);
        QVERIFY2(ran.exit == 1 && resultOf(ran, u"launch.digest"_s) == u"fail"_s, ran.all());
    }

    void notEveryFileNorEveryKeep()
    {
        makeKeep({"/k", "", "quiet", ""});
        const Ran junk = m_program->run({u"keep"_s, u"import-report"_s, u"whole"_s, m_program->write(u"junk"_s, "junk")});
        QVERIFY2(junk.exit == 2, junk.all());
        const Ran none = m_program->run({u"keep"_s, u"import-report"_s, u"nobody"_s, m_program->path(u"junk"_s)});
        QVERIFY2(none.exit == 2, none.all());
        makeKeep({}, {}, false);
        const Ran module = import(m_owner);
        QVERIFY2(module.exit == 2 && module.err.contains("keep attest"), module.all());
    }

private:
    void makeKeep(
        const MachineImage &image, const std::optional<LaunchDigest> &digest = {}, bool whole = true, const std::string &policy = {})
    {
        KeepStatus status;
        LaunchPlan &plan = status.plan;
        plan.id = *KeepId::from(*fromHex("00112233445566778899aabbccddeeff"), "id");
        plan.name = "whole";
        plan.host = "qemu:///session";
        plan.expected = m_maker->expected;
        plan.expected.vmpl.reset();
        plan.expected.policy = policy;
        if (digest)
            plan.expected.launchDigest = *digest;
        plan.ownerKey = m_owner;
        plan.policy = sev::GuestPolicy::standard;
        plan.created = 1;
        plan.machine.emplace();
        plan.machine->technology = "snp";
        if (whole)
            plan.machine->request.whole = image;
        status.state = KeepState::Stopped;
        status.timeline = {{KeepState::Planned, 1}, {KeepState::Stopped, 2}};
        const auto folder = std::filesystem::path(m_program->dataFolder().toStdString()) / "keeps" / toHex(plan.id.view());
        QVERIFY(makeFolder(folder));
        QVERIFY(writeFileAtomically(folder / "plan.json", asBytes(toJson(plan))));
        QVERIFY(writeFileAtomically(folder / "state.json", asBytes(toJson(status))));
    }
    /// The report with this owner's key in its host data, and its certificates.
    Ran import(const std::string &owner)
    {
        m_maker->writeBytes(hostDataOffset, *fromHex(owner));
        m_maker->sign();
        QStringList words{u"keep"_s, u"import-report"_s, u"--json"_s, u"whole"_s, write(u"report.bin"_s, m_maker->evidence.report)};
        for (std::size_t i = 0; i < m_maker->evidence.endorsements.size(); ++i)
            words += write(u"certificate-%1.der"_s.arg(i), m_maker->evidence.endorsements[i].der);
        return m_program->run(words);
    }
    QString write(const QString &name, const Bytes &bytes) const
    {
        return m_program->write(name, QByteArray(reinterpret_cast<const char *>(bytes.data()), qsizetype(bytes.size())));
    }
    const std::string m_owner = std::string(64, 'b');
    std::optional<EvidenceMaker> m_maker;
    std::optional<Program> m_program;
};

QTEST_GUILESS_MAIN(TestImportReport)
#include "test_import_report.moc"
