// SPDX-License-Identifier: Apache-2.0
// What a machine says to its warden: the kernel's command line, the secret area, the port of the emulated firmware.
#include "app/keep-warden/firmware_port.h"
#include "app/keep-warden/kernel_words.h"
#include "app/keep-warden/machine_ports.h"
#include "app/keep-warden/secret_report_source.h"
#include "core/base/digest.h"
#include "core/keeps/machine.h"
#include "sev-backend/abi/guest_message.h"
#include "sev-backend/abi/report.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <thread>

#include <sys/socket.h>

using namespace kastellan;
using namespace kastellan::warden;

static_assert(std::string_view(warden::sessionPort) == kastellan::sessionPort);
static_assert(std::string_view(warden::firmwarePort) == kastellan::firmwarePort);

class TestMachineWords : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void kernelsWordsAreNotOurs();
    void unattested();
    void refused_data();
    void refused();
    void secretIsTakenOnce();
    void wrongSecretIsRefusedAndGone();
    void portIsFoundByItsName();
    void firmwareBehindAPort();
    void nobodyBehindThePort();
};

void TestMachineWords::kernelsWordsAreNotOurs()
{
    const auto words = KernelWords::parse("initrd=initrd console=ttyS0 panic=-1\tquiet kastellan=1 xkastellan.owner=3\n");
    QVERIFY(words);
    QVERIFY(!words->unattested && !words->owner);
    QVERIFY(KernelWords::parse("") && KernelWords::parse(" \n"));
}

void TestMachineWords::unattested()
{
    const std::string digest(64, 'a');
    const auto words = KernelWords::parse("quiet kastellan.owner=" + digest + " kastellan.unattested");
    QVERIFY(words);
    QVERIFY(words->unattested);
    QCOMPARE(toHex(words->owner->view()), digest);
}

void TestMachineWords::refused_data()
{
    QTest::addColumn<std::string>("line");
    const std::string owner = "kastellan.owner=" + std::string(64, '1');
    QTest::newRow("no owner") << std::string("kastellan.unattested");
    QTest::newRow("owner alone") << owner;
    QTest::newRow("twice") << "kastellan.unattested kastellan.unattested " + owner;
    QTest::newRow("two owners") << "kastellan.unattested " + owner + " " + owner;
    QTest::newRow("short") << std::string("kastellan.unattested kastellan.owner=1234");
    QTest::newRow("no hex") << "kastellan.unattested kastellan.owner=" + std::string(64, 'x');
    QTest::newRow("nobody") << "kastellan.unattested kastellan.owner=" + std::string(64, '0');
    QTest::newRow("value") << "kastellan.unattested=1 " + owner;
    QTest::newRow("unknown") << std::string("kastellan.debug");
}

void TestMachineWords::refused()
{
    QFETCH(std::string, line);
    const auto words = KernelWords::parse(line);
    QVERIFY(!words);
    QCOMPARE(words.error().kind, ErrorKind::Input);
}

namespace {

QString secretFile(const QTemporaryDir &folder)
{
    return folder.filePath(QString::fromLatin1(sessionSecretGuid));
}

void writeSecret(const QTemporaryDir &folder, const Bytes &bytes)
{
    QFile file(secretFile(folder));
    if (!file.open(QIODevice::WriteOnly))
        qFatal("cannot write");
    file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<qint64>(bytes.size()));
}

} // namespace

void TestMachineWords::secretIsTakenOnce()
{
    const QTemporaryDir folder;
    SessionSecret secret;
    secret.key = randomFixed<Sha256>();
    secret.ownerKey = randomFixed<Sha256>();
    writeSecret(folder, secret.bytes());
    const auto source = SecretReportSource::take(folder.path().toStdString());
    QVERIFY(source && *source);
    QVERIFY(!QFile::exists(secretFile(folder)));
    QCOMPARE((*source)->ownerKey().value(), secret.ownerKey);
    QVERIFY((*source)->admitsSecrets());
    const auto data = randomFixed<ReportData>();
    QVERIFY(secret.made((*source)->report(data).value(), data));
    QVERIFY(!secret.made((*source)->report(data).value(), randomFixed<ReportData>()));
    const auto again = SecretReportSource::take(folder.path().toStdString());
    QVERIFY(again && !*again);
}

void TestMachineWords::wrongSecretIsRefusedAndGone()
{
    for (const std::size_t size : {0U, 63U, 65U, 4000U}) {
        const QTemporaryDir folder;
        writeSecret(folder, Bytes(size, 7));
        const auto source = SecretReportSource::take(folder.path().toStdString());
        QVERIFY(!source);
        QVERIFY(!QFile::exists(secretFile(folder)));
    }
}

void TestMachineWords::portIsFoundByItsName()
{
    const QTemporaryDir folder;
    for (const auto &[number, name] :
        {std::pair("vport0p1", "com.example.0\n"), {"vport0p2", "org.kastellan.session.0\n"}, {"vport1p1", ""}}) {
        QDir(folder.path()).mkdir(QString::fromLatin1(number));
        QFile file(folder.filePath(QString::fromLatin1(number) + QStringLiteral("/name")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(name);
    }
    QDir(folder.path()).mkdir(QStringLiteral("vport9p9"));
    QCOMPARE(findPort(warden::sessionPort, folder.path().toStdString()), std::string("vport0p2"));
    QCOMPARE(findPort("org.kastellan.session", folder.path().toStdString()), std::string());
    QCOMPARE(findPort("x", folder.filePath(QStringLiteral("none")).toStdString()), std::string());
}

namespace {

std::pair<Fd, Fd> streams()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        qFatal("no sockets");
    return {Fd(ends[0]), Fd(ends[1])};
}

} // namespace

// What nobody asked for is passed over; the answer may come in pieces.
void TestMachineWords::firmwareBehindAPort()
{
    auto [mine, theirs] = streams();
    FirmwarePort port(*PortStream::watch(std::move(mine)), std::chrono::seconds(20));
    QCOMPARE(::send(theirs.get(), "stale", 5, 0), 5);
    std::thread host([fd = theirs.get()] {
        for (int turn = 0; turn < 2; ++turn) {
            std::array<std::uint8_t, 100> question{};
            if (::recv(fd, question.data(), question.size(), MSG_WAITALL) != 100)
                return;
            sev::ReportResponse response;
            response.report = Bytes(sev::ReportView::size, 1);
            std::copy_n(question.begin() + 4, 64, response.report.begin() + 0x50);
            const Bytes encoded = response.encode();
            Bytes answer(4);
            storeLe<std::uint32_t>(answer, 0, static_cast<std::uint32_t>(encoded.size()));
            answer.insert(answer.end(), encoded.begin(), encoded.end());
            for (std::size_t at = 0; at < answer.size(); at += 1000)
                ::send(fd, answer.data() + at, std::min<std::size_t>(1000, answer.size() - at), MSG_NOSIGNAL);
        }
    });
    const auto data = randomFixed<ReportData>();
    const auto report = port.report(data);
    const auto owner = port.ownerKey();
    host.join();
    QVERIFY2(report, report ? "" : report.error().message().c_str());
    QCOMPARE(sev::ReportView::from(*report)->reportData(), data);
    Sha256 ones;
    ones.bytes.fill(1);
    QCOMPARE(owner.value(), ones);
}

void TestMachineWords::nobodyBehindThePort()
{
    auto [mine, theirs] = streams();
    FirmwarePort port(*PortStream::watch(std::move(mine)), std::chrono::milliseconds(50));
    const auto report = port.report({});
    QVERIFY(!report);
    QVERIFY2(report.error().message().find("nobody answers") != std::string::npos, report.error().message().c_str());
    // Too long an answer is refused by its length.
    QCOMPARE(::send(theirs.get(), "x", 1, 0), 1);
}

QTEST_GUILESS_MAIN(TestMachineWords)
#include "test_machine_words.moc"
