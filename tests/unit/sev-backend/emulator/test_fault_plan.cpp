// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/faults.h"
#include "status_text.h"

#include <set>

using namespace kastellan;
using namespace kastellan::sev;

class TestFaultPlan : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCommandHasAName();
    void rules();
    void refuses_data();
    void refuses();
    void limits();
    void textComesBack();
    void copiesShareTheCount();
};

void TestFaultPlan::everyCommandHasAName()
{
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < emulatedCommandCount; ++i) {
        const auto command = static_cast<EmulatedCommand>(i);
        QVERIFY(seen.insert(name(command)).second);
        QVERIFY(emulatedCommandFromName(name(command)) == command);
    }
    QVERIFY(!emulatedCommandFromName("pek").has_value());
    QVERIFY(!emulatedCommandFromName("").has_value());
    QCOMPARE(name(EmulatedCommand::PekCertImport), std::string_view("pek-import"));
    QCOMPARE(name(EmulatedCommand::SnpInit), std::string_view("snp-init"));
    QCOMPARE(name(EmulatedCommand::GetDerivedKey), std::string_view("get-derived-key"));
}

void TestFaultPlan::rules()
{
    const auto plan = FaultPlan::parse(
        " pek-import=INVALID_CERTIFICATE,\n snp-commit = 0x24#2 , get-report=busy*3\n*=slow:20ms,*=slow:1s#4,pek-gen=resource_limit");
    QVERIFY2(plan.has_value(), plan ? "" : plan.error().message().c_str());
    QVERIFY(!plan->empty());
    const auto expect = [&](EmulatedCommand command, FirmwareStatus status, int delay) {
        const auto decision = plan->next(command);
        QCOMPARE(test::statusText(decision.status), test::statusText(status));
        QCOMPARE(decision.delay.count(), delay);
    };
    expect(EmulatedCommand::PekCertImport, FirmwareStatus::InvalidCertificate, 20);
    expect(EmulatedCommand::SnpCommit, FirmwareStatus::Success, 20);
    expect(EmulatedCommand::SnpCommit, FirmwareStatus::UpdateFailed, 20);
    expect(EmulatedCommand::SnpCommit, FirmwareStatus::Success, 1020); // the fourth command of all
    for (int i = 0; i < 3; ++i)
        expect(EmulatedCommand::GetReport, firmwareBusy, 20);
    expect(EmulatedCommand::GetReport, FirmwareStatus::Success, 20);
    expect(EmulatedCommand::PekCertImport, FirmwareStatus::InvalidCertificate, 20);
    expect(EmulatedCommand::PekGen, FirmwareStatus::ResourceLimit, 20);
    QCOMPARE(FaultPlan().next(EmulatedCommand::Init).status, FirmwareStatus::Success);
    QVERIFY(FaultPlan::parse("")->empty());
    QVERIFY(FaultPlan::parse(" ,\n, ")->empty());
}

void TestFaultPlan::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text :
        {"pek-import", "=busy", "pek=busy", "pek-import=", "pek-import=BROKEN", "pek-import=SUCCESS", "pek-import=0x0", "pek-import=0x",
            "pek-import=0xfffffffe", "pek-import=36", "pek-import=busy#", "pek-import=busy#0", "pek-import=busy*0", "pek-import=busy#-1",
            "pek-import=busy#1#2", "pek-import=busy*1000000000000", "pek-import=slow", "pek-import=slow:", "pek-import=slow:0ms",
            "pek-import=slow:61s", "pek-import=slow:2", "pek-import=slow:2m", "pek-import=slow:-2s", "pek-import=slow:99999999999s",
            "pek-import=UNKNOWN_STATUS", "PEK-IMPORT=busy", "**=busy", "pek-import==busy", "get-id=busy;init=busy"})
        QTest::newRow(text) << QByteArray(text);
}

void TestFaultPlan::refuses()
{
    QFETCH(QByteArray, text);
    const auto plan = FaultPlan::parse(text.toStdString());
    QVERIFY(!plan.has_value());
    QCOMPARE(plan.error().kind, ErrorKind::Input);
    QVERIFY(!plan.error().remedy.empty());
    QVERIFY(!FaultPlan::parse("get-id=busy," + text.toStdString()).has_value());
}

void TestFaultPlan::limits()
{
    std::string text;
    for (int i = 0; i < 64; ++i)
        text += "init=busy,";
    QVERIFY(FaultPlan::parse(text).has_value());
    QVERIFY(!FaultPlan::parse(text + "init=busy").has_value());
    QVERIFY(FaultPlan::parse(std::string(4096, ' ')).has_value());
    QVERIFY(!FaultPlan::parse(std::string(4097, ' ')).has_value());
    const auto strange = FaultPlan::parse("\x1b[31m\xff=busy");
    QVERIFY(!strange.has_value());
    QVERIFY(!strange.error().message().contains('\x1b'));
}

void TestFaultPlan::textComesBack()
{
    const std::string text =
        "pek-import=INVALID_CERTIFICATE,snp-commit=UPDATE_FAILED#2,get-report=busy*3,*=slow:200ms,init=0x1234,get-report=throttled#4";
    QCOMPARE(FaultPlan::parse(text)->text(), text);
    QCOMPARE(FaultPlan::parse(FaultPlan::parse(text)->text())->text(), text);
    QCOMPARE(FaultPlan().text(), std::string());
}

void TestFaultPlan::copiesShareTheCount()
{
    const FaultPlan plan = *FaultPlan::parse("init=busy#2"), copy = plan;
    QVERIFY(plan.next(EmulatedCommand::Init).status == FirmwareStatus::Success);
    QVERIFY(copy.next(EmulatedCommand::Init).status == firmwareBusy);
    QVERIFY(plan.next(EmulatedCommand::Init).status == FirmwareStatus::Success);
}

QTEST_GUILESS_MAIN(TestFaultPlan)
#include "test_fault_plan.moc"
