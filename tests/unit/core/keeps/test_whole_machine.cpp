// SPDX-License-Identifier: Apache-2.0
// Whole virtual machines: what roots their disk, what that does to the verdict, and what is refused before anything starts.
#include "core/base/file.h"
#include "core/keeps/whole_machine.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

using namespace kastellan;

namespace {

const std::string hash(64, 'a');

Finding passed(const char *id, bool reference)
{
    Finding finding;
    finding.id = id;
    finding.outcome = Outcome::Pass;
    finding.required = true;
    finding.reference = reference;
    return finding;
}

/// A host that starts machines, and measures what it is told.
class MachineHost final : public Host {
public:
    explicit MachineHost(bool machines)
        : m_machines(machines)
    {
    }
    [[nodiscard]] HostInfo info() const override { return {}; }
    [[nodiscard]] Status prepare(LaunchPlan &plan, const Progress &, std::stop_token) override
    {
        if (!m_machines)
            return {};
        plan.machine->technology = "snp";
        plan.image = {{"kernel", 3, Sha256(), 0644}};
        plan.expected.root = "amd";
        plan.expected.launchDigest = LaunchDigest();
        return {};
    }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return badInput("start", {}, "no");
    }
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return badInput("resume", {}, "no");
    }

private:
    bool m_machines;
};

} // namespace

class TestWholeMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatRootsADisk_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("by");
        const QByteArray h = QByteArray::fromStdString(hash);
        QTest::newRow("nothing") << QByteArray() << QByteArray();
        QTest::newRow("ordinary") << QByteArray("root=/dev/vda1 ro quiet") << QByteArray();
        QTest::newRow("roothash") << QByteArray("ro roothash=" + h + " quiet") << QByteArray("roothash");
        QTest::newRow("usrhash") << QByteArray("usrhash=" + h) << QByteArray("usrhash");
        QTest::newRow("both") << QByteArray("usrhash=" + h + " roothash=" + h) << QByteArray("roothash");
        QTest::newRow("upper case digits") << QByteArray("roothash=" + h.toUpper()) << QByteArray("roothash");
        QTest::newRow("too short") << QByteArray("roothash=" + h.left(40)) << QByteArray();
        QTest::newRow("no hex") << QByteArray("roothash=" + h.left(63) + "g") << QByteArray();
        QTest::newRow("another name") << QByteArray("myroothash=" + h + " roothash_=" + h) << QByteArray();
        QTest::newRow("only within a value") << QByteArray("x=\"a roothash=" + h + "\"") << QByteArray();
        QTest::newRow("a table") << QByteArray(
            "dm-mod.create=\"vroot,,,ro,0 1048576 verity 1 /dev/vda1 /dev/vda2 4096 4096 131072 1 sha256 " + h + " " + h + "\"")
                                 << QByteArray("dm-mod.create");
        QTest::newRow("a table without verity") << QByteArray("dm-mod.create=\"v,,,ro,0 1 linear /dev/vda 0 " + h + "\"") << QByteArray();
        QTest::newRow("a table without a digest") << QByteArray("dm-mod.create=\"v,,,ro,0 1 verity 1 /dev/vda\"") << QByteArray();
        QTest::newRow("switched off") << QByteArray("roothash=" + h + " systemd.verity=no") << QByteArray();
        QTest::newRow("switched off in the initrd") << QByteArray("rd.systemd.verity=0 roothash=" + h) << QByteArray();
        QTest::newRow("switched on") << QByteArray("systemd.verity=yes roothash=" + h) << QByteArray("roothash");
        QTest::newRow("only logged") << QByteArray("roothash=" + h + " systemd.verity_root_options=ignore-corruption") << QByteArray();
        QTest::newRow("an open quote") << QByteArray("roothash=" + h + " \"x") << QByteArray("roothash");
    }
    void whatRootsADisk()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, by);
        QCOMPARE(QByteArray::fromStdString(diskRootedBy(line.toStdString())), by);
    }

    void anUnmeasuredDiskIsNeverTrusted()
    {
        const auto verdict = [](const MachineImage &image) {
            Appraisal appraisal;
            appraisal.findings = {passed("report.signature", false), passed("launch.digest", true), machineFinding()};
            if (auto disk = diskFinding(image))
                appraisal.findings.push_back(std::move(*disk));
            decide(appraisal);
            return appraisal.verdict;
        };
        QCOMPARE(verdict({"/k", "/i", "quiet", ""}), Verdict::Trusted); // all that there is, is measured
        QCOMPARE(verdict({"/k", "/i", "roothash=" + hash, "/d"}), Verdict::Trusted);
        QCOMPARE(verdict({"/k", "/i", "quiet", "/d"}), Verdict::Authentic);
        QCOMPARE(verdict({"", "", "", "/d"}), Verdict::Authentic);
        // A command line that no kernel reads roots nothing.
        QCOMPARE(verdict({"", "", "roothash=" + hash, "/d"}), Verdict::Authentic);
        QVERIFY(!diskFinding({"/k", "", "", ""}));
        QCOMPARE(diskFinding({"/k", "", "", "/d"})->id, std::string("disk.unmeasured"));
        QCOMPARE(importedFinding().outcome, Outcome::Unknown);
        QVERIFY(!importedFinding().required);
    }

    void refusedBeforeAnythingStarts()
    {
        const test::DataFolder folder;
        const std::string kernel = (folder.path() / "kernel").string();
        QVERIFY(writeFileAtomically(kernel, asBytes(std::string_view("k"))));
        const auto why = [&](auto change) -> std::string {
            LaunchRequest request;
            request.machine.whole = MachineImage{kernel, "", "quiet", ""};
            change(request);
            const auto workload = wholeWorkload(request);
            return workload ? std::string() : workload.error().why;
        };
        QCOMPARE(why([](LaunchRequest &) {}), std::string());
        QVERIFY(why([](LaunchRequest &r) { r.workload = "app.wasm"; }).contains("module"));
        QVERIFY(why([](LaunchRequest &r) { r.secretNames = {"key"}; }).contains("no warden"));
        QVERIFY(why([](LaunchRequest &r) { r.args = {"x"}; }).contains("no warden"));
        QVERIFY(why([](LaunchRequest &r) { r.env["A"] = "b"; }).contains("no warden"));
        QVERIFY(why([](LaunchRequest &r) { r.execution = "aot"; }).contains("not a module"));
        QVERIFY(why([](LaunchRequest &r) { r.machine.whole->kernel = "/nowhere/kernel"; }).contains("no such file"));
        QVERIFY(why([](LaunchRequest &r) { r.machine.whole->disk = "/nowhere/disk"; }).contains("no such file"));
        QVERIFY(why([](LaunchRequest &r) { r.machine.whole = MachineImage{}; }).contains("nothing starts"));
        QVERIFY(why([](LaunchRequest &r) { r.machine.whole = MachineImage{"", "/i", "", "/d"}; }).contains("no"));
        QVERIFY(why([](LaunchRequest &r) { r.machine.whole->commandLine = "a\nb"; }).contains("control characters"));
        QVERIFY(why([](LaunchRequest &r) { r.machine.whole->commandLine = std::string(3000, 'a'); }).contains("2047"));
    }

    void planned()
    {
        const test::DataFolder folder;
        const std::string kernel = (folder.path() / "kernel").string();
        QVERIFY(writeFileAtomically(kernel, asBytes(std::string_view("k"))));
        LaunchRequest request;
        request.host = "qemu:///system";
        request.machine.whole = MachineImage{kernel, "", "quiet", ""};
        MachineHost host(true), other(false);
        const auto plan = makePlan(request, host);
        QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
        QCOMPARE(plan->name, std::string("kernel"));
        QCOMPARE(plan->workload, kernel);
        QVERIFY(plan->machine && plan->machine->request.whole == request.machine.whole);
        QVERIFY(plan->workloadDigest == wholeDigest(*plan));
        const auto again = planFromJson(toJson(*plan));
        QVERIFY(again && again->machine->request.whole == request.machine.whole);
        LaunchRequest changed = request;
        changed.machine.whole->commandLine = "loud";
        QVERIFY(makePlan(changed, host)->workloadDigest != plan->workloadDigest);
        const auto nowhere = makePlan(request, other);
        QVERIFY(!nowhere && nowhere.error().why.contains("no virtual machines"));
    }
};

QTEST_APPLESS_MAIN(TestWholeMachine)
#include "test_whole_machine.moc"
