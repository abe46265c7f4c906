// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"
#include "sev-backend/readiness/inspectors.h"
#include "sev-backend/readiness/judge.h"
#include "sev-backend/readiness/look.h"
#include "sev-backend/readiness/recording.h"
#include "tests/unit/sev-backend/readiness/machines.h"

#include <QtCore/QFile>
#include <QtCore/QRegularExpression>
#include <QtTest>

#include <algorithm>
#include <set>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

std::set<std::string> idsIn(const Readiness &readiness, CheckState state)
{
    std::set<std::string> ids;
    for (const auto &check : readiness.checks)
        if (check.state == state)
            ids.insert(check.id);
    return ids;
}

QByteArray joined(const std::set<std::string> &ids)
{
    QByteArray text;
    for (const auto &id : ids)
        text += (text.isEmpty() ? "" : " ") + QByteArray::fromStdString(id);
    return text;
}

QByteArray joined(const std::vector<std::string> &ids)
{
    return joined(std::set<std::string>(ids.begin(), ids.end()));
}

std::string stateOf(const Readiness &readiness, const char *protection)
{
    return std::string(name(readiness.verdict(protection)->state));
}

QByteArray documentation()
{
    QFile file(qEnvironmentVariable("KASTELLAN_SOURCE") + QStringLiteral("/docs/readiness.md"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Whether the documentation names it in code, perhaps at the beginning of a row.
bool isDocumented(const QString &word, bool row)
{
    static const QByteArray text = documentation();
    const QString code = QStringLiteral("`") + word + QStringLiteral("`");
    return text.contains((row ? QStringLiteral("| ") + code + QStringLiteral(" |") : code).toUtf8());
}

} // namespace

class TestReadinessMachines : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void judged_data();
    void judged();
    void theTableIsATree();
    void whatIsSkippedNamesACauseThatFailed();
    void neverReadyWhereSomethingFails();
    void nothingIsKnown();
    void everyRemedyIsThere();
    void nothingForeignIsInCommands_data();
    void nothingForeignIsInCommands();
    void valuesHaveSources();
    void emulatedHost_data();
    void emulatedHost();
    void everyCheckIsDocumented();
    void everyKeyIsDocumented();
};

void TestReadinessMachines::judged_data()
{
    QTest::addColumn<test::Machine>("machine");
    for (const auto *list : {&test::healthyMachines(), &test::brokenMachines()})
        for (const auto &machine : *list)
            QTest::newRow(machine.name.c_str()) << machine;
}

void TestReadinessMachines::judged()
{
    QFETCH(const test::Machine, machine);
    const HostFacts facts = test::factsOf(machine);
    const Readiness readiness = judge(facts);
    QCOMPARE(joined(idsIn(readiness, CheckState::Fail)), joined(machine.failing));
    QCOMPARE(joined(idsIn(readiness, CheckState::Warning)), joined(machine.warning));
    QCOMPARE(joined(idsIn(readiness, CheckState::Unknown)), joined(machine.unknown));
    const auto skipped = idsIn(readiness, CheckState::Skipped);
    for (const auto &id : machine.skipped)
        QVERIFY2(skipped.contains(id), (id + " is " + std::string(name(readiness.check(id)->state))).c_str());
    QCOMPARE(stateOf(readiness, "sev"), machine.sev);
    QCOMPARE(stateOf(readiness, "es"), machine.es);
    QCOMPARE(stateOf(readiness, "snp"), machine.snp);
    for (const auto &verdict : readiness.verdicts) {
        QVERIFY2(verdict.sentence.ends_with('.') && !verdict.sentence.contains(" (and ") && !verdict.sentence.contains(".."),
            verdict.sentence.c_str());
        QCOMPARE(verdict.causes.empty(), verdict.state == ReadinessVerdict::State::Ready);
    }
    // A recording of the machine is judged alike.
    const auto inspector = makeRecordingInspector(toRecording(facts), "machine.json");
    QVERIFY(inspector.has_value());
    const auto replayed = (*inspector)->inspect({}, {}, {});
    QVERIFY(replayed.has_value());
    QCOMPARE(replayed->checks.size(), readiness.checks.size());
    QVERIFY(replayed->checks == readiness.checks);
    QVERIFY(replayed->verdicts == readiness.verdicts);
    QVERIFY(QByteArray::fromStdString(replayed->lookedAt).startsWith("a recording of "));
}

void TestReadinessMachines::theTableIsATree()
{
    for (const auto *table : {&checkTable(), &emulatedCheckTable()}) {
        std::map<std::string_view, const CheckDefinition *> known;
        for (const auto &check : *table) {
            const std::string id(check.id);
            QVERIFY2(!known.contains(check.id), id.c_str());
            QVERIFY2(!check.area.empty() && !check.title.empty() && !check.looked.empty() && check.judge, id.c_str());
            QVERIFY2(check.parent.empty() || known.contains(check.parent), id.c_str());
            for (const auto need : check.needs)
                QVERIFY2(known.contains(need), id.c_str());
            known[check.id] = &check;
        }
    }
}

void TestReadinessMachines::whatIsSkippedNamesACauseThatFailed()
{
    for (const auto &machine : test::brokenMachines()) {
        const Readiness readiness = judge(test::factsOf(machine));
        for (const auto &check : readiness.checks) {
            if (check.state != CheckState::Skipped)
                continue;
            const ReadinessCheck *cause = readiness.check(check.skippedFor);
            QVERIFY2(cause, (machine.name + ": " + check.id).c_str());
            QVERIFY2(cause->state == CheckState::Fail || cause->id == "guest.inside", (machine.name + ": " + check.id).c_str());
            QVERIFY(!check.means.empty());
        }
    }
}

// Whatever is broken in whatever combination: a verdict of "ready" has neither a failed nor an unknown nor a skipped check against it.
void TestReadinessMachines::neverReadyWhereSomethingFails()
{
    const auto &machines = test::brokenMachines();
    for (std::size_t i = 0; i < machines.size(); ++i)
        for (std::size_t j = i + 1; j < machines.size(); ++j) {
            test::Machine both = machines[i];
            const std::size_t common = test::healthy("Genoa").facts.size();
            for (std::size_t k = std::min(common, machines[j].facts.size()); k < machines[j].facts.size(); ++k)
                both.facts.push_back(machines[j].facts[k]);
            const Readiness readiness = judge(test::factsOf(both));
            for (const auto &verdict : readiness.verdicts) {
                if (verdict.state != ReadinessVerdict::State::Ready)
                    continue;
                for (const auto &check : readiness.checks) {
                    const bool against = std::ranges::find(check.blocks, verdict.protection) != check.blocks.end();
                    const bool good =
                        check.state == CheckState::Pass || check.state == CheckState::Warning || check.state == CheckState::Info;
                    QVERIFY2(!against || good, (machines[i].name + " and " + machines[j].name + ": " + check.id).c_str());
                }
            }
        }
}

void TestReadinessMachines::nothingIsKnown()
{
    const Readiness readiness = judge(HostFacts{});
    for (const auto &verdict : readiness.verdicts)
        QCOMPARE(verdict.state, ReadinessVerdict::State::Unknown);
    QVERIFY(idsIn(readiness, CheckState::Fail).empty());
    // Each single fact taken away, or made senseless, never makes a machine better.
    const test::Machine &genoa = test::healthy("Genoa");
    for (const auto &fact : genoa.facts) {
        for (const std::string value : {"", "-1", "nonsense", "0x", "99999999999999999999999", "!denied", "!absent"}) {
            test::Machine machine = genoa;
            machine.facts.push_back({fact.key, value, ""});
            (void)judge(test::factsOf(machine));
        }
        HostFacts facts = test::factsOf(genoa);
        facts.erase(fact.key);
        for (const auto &verdict : judge(facts).verdicts)
            QVERIFY2(verdict.state != ReadinessVerdict::State::NotReady || fact.key.starts_with("image.00.")
                    || fact.key == "module.kvm_amd.sev_snp",
                fact.key.c_str());
    }
}

void TestReadinessMachines::everyRemedyIsThere()
{
    for (const auto &machine : test::brokenMachines())
        for (const auto &check : judge(test::factsOf(machine)).checks)
            if (check.state == CheckState::Fail || check.state == CheckState::Warning) {
                QVERIFY2(!check.saw.empty() && !check.means.empty() && !check.remedy.empty(), (machine.name + ": " + check.id).c_str());
                if (check.state == CheckState::Fail)
                    QVERIFY2(!check.blocks.empty(), check.id.c_str());
            }
}

void TestReadinessMachines::nothingForeignIsInCommands_data()
{
    QTest::addColumn<QByteArray>("group");
    QTest::addColumn<QByteArray>("joins");
    QTest::newRow("plain") << QByteArray("sev-users_1") << QByteArray("usermod -aG sev-users_1 ");
    for (const char *group : {"kvm; reboot", "$(reboot)", "`reboot`", "kvm\nreboot", "'reboot", "-reboot", "kvm reboot", "", "root"})
        QTest::newRow(group) << QByteArray(group) << QByteArray("usermod -aG kvm ");
    QTest::newRow("long") << QByteArray(33, 'a') << QByteArray("usermod -aG kvm ");
}

/// A recording comes from another machine, and commands are there to be copied, with sudo before them.
void TestReadinessMachines::nothingForeignIsInCommands()
{
    QFETCH(const QByteArray, group);
    QFETCH(const QByteArray, joins);
    test::Machine machine = test::healthy("Genoa");
    machine.facts.push_back({"libvirt.sev.supported", "!absent", ""});
    for (const std::string device : {"dev.sev", "dev.kvm"}) {
        machine.facts.push_back({device + ".read", "!denied", ""});
        machine.facts.push_back({device + ".write", "!denied", ""});
        machine.facts.push_back({device + ".group", group.toStdString(), ""});
    }
    const Readiness readiness = judge(test::factsOf(machine));
    for (const char *id : {"sev.read", "sev.write", "kvm.access"}) {
        const ReadinessCheck *check = readiness.check(id);
        QVERIFY2(check && check->state == CheckState::Fail, id);
        const auto command = QByteArray::fromStdString(check->command);
        QVERIFY2(command.contains(joins) && !command.contains("reboot"), command.constData());
    }
}

void TestReadinessMachines::valuesHaveSources()
{
    for (const auto *list : {&test::healthyMachines(), &test::brokenMachines()})
        for (const auto &machine : *list)
            QVERIFY2(!machine.source.empty(), machine.name.c_str());
}

void TestReadinessMachines::emulatedHost_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("state");
    QTest::addColumn<QByteArray>("cause");
    const auto row = [](const char *name, const char *key, const char *value, const char *state, const char *cause) {
        QTest::newRow(name) << QByteArray(key) << QByteArray(value) << QByteArray(state) << QByteArray(cause);
    };
    row("as it should be", "x", "", "ready", "");
    row("no namespaces", "emulated.namespaces", "!failed they are refused", "not ready", "emulated.namespaces");
    row("no seccomp", "emulated.seccomp", "no", "not ready", "emulated.seccomp");
    row("no Landlock", "emulated.landlock", "0", "not ready", "emulated.landlock");
    row("no memfd", "emulated.memfd", "!denied", "not ready", "emulated.memfd");
    row("no image", "emulated.image", "!absent", "not ready", "emulated.image");
    row("another image", "emulated.image.differences", "/usr/bin/keep-warden: its SHA-256 is another", "not ready",
        "emulated.image_reference");
    row("image not compared", "emulated.image.differences", "!not looked", "unknown", "emulated.image_reference");
    row("identity not made", "emulated.processor", "!absent", "ready", "");
    row("identity broken", "emulated.processor", "!failed the key is damaged", "not ready", "emulated.processor");
}

void TestReadinessMachines::emulatedHost()
{
    QFETCH(const QByteArray, key);
    QFETCH(const QByteArray, value);
    QFETCH(const QByteArray, state);
    QFETCH(const QByteArray, cause);
    test::Machine machine;
    machine.facts = {{"emulated.processor", "emulated Genoa", ""}, {"emulated.image", "/image", ""}, {"emulated.image.differences", "", ""},
        {"emulated.namespaces", "yes", ""}, {"emulated.seccomp", "yes", ""}, {"emulated.landlock", "6", ""}, {"emulated.memfd", "yes", ""},
        {"shown.00", "Root: emulated:12: 34", ""}};
    machine.facts.push_back({key.toStdString(), value.toStdString(), ""});
    const Readiness readiness = judge(test::factsOf(machine));
    QVERIFY(readiness.emulated);
    QCOMPARE(readiness.verdicts.size(), 1u);
    QCOMPARE(QByteArray::fromStdString(stateOf(readiness, "emulated")), state);
    if (!cause.isEmpty())
        QCOMPARE(QByteArray::fromStdString(readiness.verdicts.front().causes.front()), cause);
    QCOMPARE(readiness.facts.front().first, "Root");
    QCOMPARE(readiness.facts.front().second, "emulated:12: 34");
}

void TestReadinessMachines::everyCheckIsDocumented()
{
    QVERIFY(!documentation().isEmpty());
    for (const auto *table : {&checkTable(), &emulatedCheckTable()})
        for (const auto &check : *table)
            QVERIFY2(isDocumented(QString::fromStdString(std::string(check.id)), true), std::string(check.id).c_str());
}

void TestReadinessMachines::everyKeyIsDocumented()
{
    LookOptions options;
    options.machine = MachineAccess::real();
    options.probes = false;
    HostFacts facts = *look(options, {}, {});
    for (const auto &machine : test::healthyMachines())
        for (const auto &fact : machine.facts)
            facts.set(fact.key, "", "");
    const QRegularExpression number(QStringLiteral("\\.\\d\\d(?=\\.|$)"));
    for (const auto &[key, fact] : facts.all()) {
        QString general = QString::fromStdString(key);
        general.replace(number, QStringLiteral(".NN"));
        for (const char *family : {"cpuinfo.flag.", "kernel.config.", "module.kvm_amd.", "module.ccp.", "module."})
            if (general.startsWith(QLatin1String(family)) && !isDocumented(general, false)) {
                general = QLatin1String(family) + QStringLiteral("NAME");
                break;
            }
        for (const char *device : {"dev.sev_guest", "dev.sev", "dev.kvm"})
            if (general.startsWith(QLatin1String(device) + QStringLiteral(".")))
                general = QLatin1String(device);
        if (general.startsWith(QStringLiteral("cpuid.8000001f.")))
            general = QStringLiteral("cpuid.8000001f.eax");
        QVERIFY2(isDocumented(general, false), qPrintable(general));
    }
}

QTEST_GUILESS_MAIN(TestReadinessMachines)
#include "test_readiness_machines.moc"
