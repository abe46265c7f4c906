// SPDX-License-Identifier: Apache-2.0
// The keep image in a virtual machine, under QEMU without libvirt: the warden as the kernel's first program. Booting takes seconds, so
// every machine is good for several checks.
#include "tests/integration/machine/owner_scene.h"

#include "core/base/file.h"
#include "core/session/session_secret.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/legacy/owner.h"

#include <QtCore/QElapsedTimer>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;

namespace {

std::string example(const char *name)
{
    return qEnvironmentVariable("KASTELLAN_BUILD").toStdString() + "/share/kastellan/examples/" + name;
}

std::string exampleConfig(const char *name)
{
    return std::string(asText(readFile(example(name) + "/Keep.toml", 65536).value()));
}

std::string workload(const char *name)
{
    return qEnvironmentVariable("KASTELLAN_BUILD").toStdString() + "/tests/workloads/" + name + ".wasm";
}

} // namespace

#define OWNER_REACHES(owner, condition) QVERIFY2(until(*(owner), [&] { return condition; }), trouble(*(owner)).c_str())

class TestMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!machineParts().missing.empty())
            QSKIP(machineParts().missing.c_str());
        qInfo("kernel: %s", machineParts().kernel.c_str());
        m_scene = std::make_unique<OwnerScene>();
    }
    void hello();
    void echoInPieces();
    void secret();
    void compute_data();
    void compute();
    void memoryRunsOut();
    void sessionSecretInPlaceOfReports();
    void unattestedServesTheNamedOwnerAlone();
    void lastWords_data();
    void lastWords();
    void noRandomInstruction();

private:
    std::unique_ptr<OwnerScene> m_scene;
};

// The whole path, with the report of the emulated firmware; at the end the machine is off.
void TestMachine::hello()
{
    QElapsedTimer timer;
    timer.start();
    Machine machine({.firmware = m_scene->firmware()});
    const auto owner = m_scene->challenged(machine.connect());
    QVERIFY2(!owner->reports.empty(), (trouble(*owner) + "\n" + machine.console().toStdString()).c_str());
    const auto answered = timer.elapsed();
    const double worked = machine.processorSeconds();
    const auto report = sev::ReportView::from(owner->reports[0]);
    QVERIFY(report);
    QCOMPARE(toHex(report->hostData().view()), toHex(m_scene->keyDigest.view()));

    Nonce nonce = randomFixed<Nonce>();
    owner->session->challenge(nonce);
    OWNER_REACHES(owner, owner->reports.size() == 2);
    Binding binding;
    binding.keep = m_scene->keep;
    binding.nonce = nonce;
    binding.exporter = owner->session->exporter();
    binding.wardenKey = owner->session->wardenKey();
    QCOMPARE(toHex(sev::ReportView::from(owner->reports[1])->reportData().view()), toHex(binding.attestData().view()));
    owner->session.reset();

    const auto second = m_scene->launched(machine.connect(), {example("hello") + "/main.wasm", exampleConfig("hello"), {}});
    OWNER_REACHES(second, second->exit.has_value());
    qInfo("machine to its first report %lld ms (%.1f s of processor time), to the end of hello %lld ms", static_cast<long long>(answered),
        worked, static_cast<long long>(timer.elapsed()));
    QCOMPARE(second->exit->code, 0);
    QCOMPARE(second->exit->trap + second->exit->reason, std::string());
    QVERIFY(!second->output[0].empty());
    QVERIFY(!machine.ended(0)); // it waits until its owner is done with it
    second->session->stop(0);
    QVERIFY(machine.ended(20'000));
    QVERIFY2(!machine.console().contains("keep-warden:"), machine.console().constData());
    QVERIFY2(!machine.console().contains(text(second->output[0]).left(10)), machine.console().constData());
}

void TestMachine::echoInPieces()
{
    Machine machine({.firmware = m_scene->firmware()});
    auto owner = m_scene->launched(machine.connect(), {workload("echo"), {}, {}});
    OWNER_REACHES(owner, !owner->started.empty());
    Bytes input(1 << 20);
    for (std::size_t i = 0; i < input.size(); ++i)
        input[i] = static_cast<std::uint8_t>(i ^ i >> 8);
    owner->session->input(input);
    owner->session->closeInput();
    OWNER_REACHES(owner, owner->exit.has_value());
    const Bytes ready = toBytes("ready\n");
    QCOMPARE(owner->output[0].size(), ready.size() + input.size());
    QVERIFY(std::equal(input.begin(), input.end(), owner->output[0].begin() + static_cast<std::ptrdiff_t>(ready.size())));

    // While nobody is there the warden sleeps: it does not ask the port again and again.
    owner.reset();
    QElapsedTimer wall;
    wall.start();
    const double before = machine.processorSeconds();
    QVERIFY(!machine.ended(3'000));
    const double used = machine.processorSeconds() - before;
    QVERIFY2(used < 0.5 * static_cast<double>(wall.elapsed()) / 1000, QByteArray::number(used).constData());
}

void TestMachine::secret()
{
    Machine machine({.firmware = m_scene->firmware()});
    const auto owner =
        m_scene->launched(machine.connect(), {workload("secret"), "secrets = [\"token\"]\nargs = [\"token\"]\n", {{"token", "hush"}}});
    OWNER_REACHES(owner, owner->exit.has_value());
    QCOMPARE(text(owner->output[0]), QByteArray("length 4 sum 440\nwritable no, other file no\n"));
    QVERIFY(!machine.console().contains("hush"));
}

void TestMachine::compute_data()
{
    QTest::addColumn<bool>("compiled");
    QTest::newRow("interpreter") << false;
    QTest::newRow("aot") << true;
}

void TestMachine::compute()
{
    QFETCH(bool, compiled);
    if (compiled && !compilerAvailable())
        QSKIP("no WasmEdge compiler here");
    Machine machine({.firmware = m_scene->firmware()});
    const auto owner = m_scene->launched(
        machine.connect(), {example("compute") + "/main.wasm", compiled ? exampleConfig("compute") : "args = [\"1\"]\n", {}, compiled});
    OWNER_REACHES(owner, owner->exit.has_value());
    QCOMPARE(owner->started, std::vector<std::string>{compiled ? "aot" : "interpreter"});
    QCOMPARE(owner->exit->trap + owner->exit->reason, std::string());
    QCOMPARE(owner->exit->code, 0);
}

// SEV and SEV-ES, as far as the warden sees of them: the secret lies where the firmware's owner put it, and codes made with it are the
// answers.
void TestMachine::sessionSecretInPlaceOfReports()
{
    if (machineParts().firmware.empty())
        QSKIP("OVMF.amdsev.fd is not installed");
    if (machineParts().kernelName != "kastellan")
        QSKIP("this kernel has no secret area (CONFIG_EFI_SECRET)");
    SessionSecret secret;
    secret.key = randomFixed<Sha256>();
    secret.ownerKey = m_scene->keyDigest;
    QElapsedTimer timer;
    timer.start();
    Machine machine({.sessionPort = true, .secretArea = *sev::legacy::secretTable({{sessionSecretGuid, secret.bytes()}})});
    auto owner = m_scene->challenged(machine.connect());
    QVERIFY2(!owner->reports.empty(), (trouble(*owner) + "\n" + machine.console().toStdString()).c_str());
    qInfo("through the firmware to the first code %lld ms (%.1f s of processor time)", static_cast<long long>(timer.elapsed()),
        machine.processorSeconds());
    const Nonce nonce = randomFixed<Nonce>();
    owner->session->challenge(nonce);
    OWNER_REACHES(owner, owner->reports.size() == 2);
    Binding binding;
    binding.keep = m_scene->keep;
    binding.nonce = nonce;
    binding.exporter = owner->session->exporter();
    binding.wardenKey = owner->session->wardenKey();
    QVERIFY(secret.made(owner->reports[1], binding.attestData()));
    QVERIFY(!secret.made(owner->reports[0], binding.attestData()));
    owner.reset();

    FakeOwner stranger(machine.connect(), makeOwnerKey().first, m_scene->keep);
    until(stranger, [&] { return stranger.error.has_value() || stranger.established; });
    QVERIFY(stranger.error && !stranger.established);
    stranger.session.reset();

    owner = m_scene->launched(machine.connect(), {workload("secret"), "secrets = [\"token\"]\nargs = [\"token\"]\n", {{"token", "hush"}}});
    OWNER_REACHES(owner, owner->exit.has_value());
    QCOMPARE(text(owner->output[0]), QByteArray("length 4 sum 440\nwritable no, other file no\n"));
    owner->session->stop(0);
    QVERIFY(machine.ended(20'000));
}

void TestMachine::unattestedServesTheNamedOwnerAlone()
{
    Machine machine({.words = "kastellan.unattested kastellan.owner=" + toHex(m_scene->keyDigest.view())});
    {
        FakeOwner stranger(machine.connect(), makeOwnerKey().first, m_scene->keep);
        until(stranger, [&] { return stranger.error.has_value() || stranger.established; });
        QVERIFY(stranger.error && !stranger.established);
    }
    {
        const auto owner = m_scene->launched(machine.connect(), {workload("secret"), "secrets = [\"token\"]\n", {{"token", "hush"}}});
        QVERIFY(owner->reports == std::vector<Bytes>{Bytes()});
        QVERIFY(owner->error);
        QVERIFY2(owner->error->message().find("takes no secrets") != std::string::npos, owner->error->message().c_str());
    }
    const auto owner = m_scene->launched(machine.connect(), {workload("hello"), {}, {}});
    OWNER_REACHES(owner, owner->exit.has_value());
    QCOMPARE(owner->exit->code, 0);
}

void TestMachine::lastWords_data()
{
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<bool>("port");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("no session port") << QByteArray() << false << QByteArray("no virtio port org.kastellan.session.0");
    QTest::newRow("nothing to prove itself with") << QByteArray() << true << QByteArray("no session secret");
    QTest::newRow("no owner") << QByteArray("kastellan.unattested") << true << QByteArray("does not say who the owner is");
}

// Its own failure: said on the console, and the machine is off.
void TestMachine::lastWords()
{
    QFETCH(QByteArray, words);
    QFETCH(bool, port);
    QFETCH(QByteArray, said);
    Machine machine({.words = words.toStdString(), .sessionPort = port});
    QVERIFY(machine.ended(90'000));
    QVERIFY2(machine.console().contains("keep-warden: cannot") && machine.console().contains(said), machine.console().constData());
}

// A workload that takes more than the machine has is ended; its warden goes on, and tells it. Not a word of it on the console.
void TestMachine::memoryRunsOut()
{
    Machine machine({.firmware = m_scene->firmware(), .memoryMiB = 192});
    const auto owner = m_scene->launched(machine.connect(), {workload("hog"), "[limits]\nmemory = \"2 GiB\"\n", {}});
    OWNER_REACHES(owner, owner->exit.has_value());
    QVERIFY2(owner->exit->trap.find("SIGKILL") != std::string::npos, trouble(*owner).c_str());
    owner->session->challenge(randomFixed<Nonce>());
    OWNER_REACHES(owner, owner->reports.size() == 2);
    QVERIFY2(!machine.console().contains("keep-runner"), machine.console().constData());
}

// Without RDRAND the wait is told. And a keep that was never given anything is switched off by its owner's word.
void TestMachine::noRandomInstruction()
{
    Machine machine({.firmware = m_scene->firmware(), .processor = "max,erms=off,fsrm=off,rdrand=off,rdseed=off"});
    const auto owner = m_scene->challenged(machine.connect());
    QVERIFY2(!owner->reports.empty(), (trouble(*owner) + "\n" + machine.console().toStdString()).c_str());
    const QByteArray console = machine.console();
    QVERIFY2(!console.contains("random") || console.contains("offers no RDRAND"), console.constData());
    owner->session->stop(0);
    QVERIFY(machine.ended(20'000));
}

QTEST_GUILESS_MAIN(TestMachine)
#include "test_machine.moc"
