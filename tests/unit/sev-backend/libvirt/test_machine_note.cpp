// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/firmware_descriptors.h"
#include "sev-backend/libvirt/machine_note.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev::libvirt;

class TestMachineNote : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void roundTrip();
    void onlyOursIsEverRemoved_data();
    void onlyOursIsEverRemoved();
    void firmwareIsChosenByWhatItCan();
};

void TestMachineNote::roundTrip()
{
    MachineNote note;
    note.uri = "qemu:///system";
    note.technology = "snp";
    note.rehearsal = true;
    note.upload = {"kastellan-1", true, {"kastellan-1-kernel", "kastellan-1-initrd"}};
    const auto read = machineNoteFrom(toJson(note));
    QVERIFY(read);
    QVERIFY(*read == note);
}

void TestMachineNote::onlyOursIsEverRemoved_data()
{
    QTest::addColumn<QByteArray>("json");
    const QByteArray frame = R"({"uri":"qemu:///system","technology":"snp","rehearsal":false,"pool":"%1","our_pool":%2,"volumes":["%3"]})";
    const auto row = [&](const char *name, const char *pool, const char *ours, const char *volume) {
        QTest::newRow(name) << QByteArray(frame).replace("%1", pool).replace("%2", ours).replace("%3", volume);
    };
    row("another's volume", "default", "false", "debian.qcow2");
    row("a path", "default", "false", "kastellan-../../etc/passwd");
    row("another's pool", "default", "true", "kastellan-1-kernel");
    QTest::newRow("no object") << QByteArray("[]");
    QTest::newRow("torn") << QByteArray("{");
    QTest::newRow("empty") << QByteArray("{}");
}

void TestMachineNote::onlyOursIsEverRemoved()
{
    QFETCH(const QByteArray, json);
    QVERIFY(!machineNoteFrom(json.toStdString()));
}

void TestMachineNote::firmwareIsChosenByWhatItCan()
{
    const QTemporaryDir folder;
    const auto write = [&](const char *name, const QByteArray &content) {
        QFile file(folder.filePath(QString::fromLatin1(name)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    };
    const QByteArray image = folder.filePath(QStringLiteral("fw.fd")).toLatin1();
    write("fw.fd", "firmware");
    const QByteArray targets = R"("targets":[{"architecture":"x86_64","machines":["pc-q35-*"]}])";
    write(
        "10-flash.json", R"({"mapping":{"device":"flash","executable":{"filename":"/x.fd"}},"features":["amd-sev-snp"],)" + targets + "}");
    write("20-broken.json", "{");
    write("30-arm.json",
        R"({"mapping":{"device":"memory","filename":")" + image
            + R"("},"features":["amd-sev-snp"],"targets":[{"architecture":"aarch64","machines":["virt"]}]})");
    const std::vector<std::filesystem::path> folders{folder.path().toStdString()};
    QVERIFY(!chooseFirmware("snp", folders)); // flash, broken and another architecture alone
    write("60-amdsev.json",
        R"({"mapping":{"device":"memory","filename":")" + image + R"("},"features":["amd-sev","amd-sev-es"],)" + targets + "}");
    QVERIFY(!chooseFirmware("snp", folders));
    const auto es = chooseFirmware("es", folders);
    QVERIFY(es);
    QCOMPARE(es->string(), image.toStdString());
}

QTEST_GUILESS_MAIN(TestMachineNote)
#include "test_machine_note.moc"
