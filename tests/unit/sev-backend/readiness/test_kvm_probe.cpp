// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/kvm_probe.h"
#include "sev-backend/readiness/look.h"

#include <QtTest>

#include <cerrno>
#include <cstring>
#include <set>

#include <linux/kvm.h>

using namespace kastellan::sev;

namespace {

/// A KVM that does what a test wants. It executes the three instructions that it finds in the guest's memory.
class FakeKvm final : public KvmCalls {
public:
    unsigned long failing = 0; ///< the request that fails with `error`
    int error = EINVAL, api = 12, vmTypes = 0x1d;
    bool opens = true;
    std::uint32_t exit = 0; ///< instead of running
    bool silent = false, wrongByte = false, interrupted = false;
    std::set<int> fds;
    int mapped = 0;

    int open() override { return opens ? fresh() : failWith(EACCES); }
    void close(int fd) override { fds.erase(fd); }
    void *map(int fd, std::size_t size) override
    {
        ++mapped;
        auto &memory = fd < 0 ? m_guest : m_run;
        memory.assign(size, 0);
        return memory.data();
    }
    void unmap(void *, std::size_t) override { --mapped; }
    int ioctl(int fd, unsigned long request, unsigned long argument) override
    {
        if (!fds.contains(fd))
            return failWith(EBADF);
        if (request == failing)
            return failWith(error);
        switch (request) {
        case KVM_GET_API_VERSION:
            return api;
        case KVM_CHECK_EXTENSION:
            return argument == 235 ? vmTypes : 1;
        case KVM_CREATE_VM:
        case KVM_CREATE_VCPU:
            return fresh();
        case KVM_GET_VCPU_MMAP_SIZE:
            return 0x3000;
        case KVM_SET_REGS:
            m_at = reinterpret_cast<const kvm_regs *>(argument)->rip;
            return 0;
        case KVM_RUN:
            return run();
        default:
            return 0;
        }
    }

private:
    int fresh()
    {
        fds.insert(++m_last);
        return m_last;
    }
    static int failWith(int number)
    {
        errno = number;
        return -1;
    }
    int run()
    {
        if (interrupted) {
            interrupted = false;
            return failWith(EINTR);
        }
        auto *state = reinterpret_cast<kvm_run *>(m_run.data());
        if (exit) {
            state->exit_reason = exit;
            return 0;
        }
        if (m_guest.at(m_at) == 0xf4 || silent) {
            state->exit_reason = KVM_EXIT_HLT;
            return 0;
        }
        // mov $byte, %al; out %al, $port
        state->exit_reason = KVM_EXIT_IO;
        state->io.direction = KVM_EXIT_IO_OUT;
        state->io.port = m_guest.at(m_at + 3);
        state->io.data_offset = 0x2000;
        m_run[0x2000] = wrongByte ? 0 : m_guest.at(m_at + 1);
        m_at += 4;
        return 0;
    }
    std::vector<std::uint8_t> m_guest, m_run;
    std::uint64_t m_at = 0;
    int m_last = 100;
};

using Step = KvmOutcome::Step;

} // namespace

class TestKvmProbe : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void runs();
    void stops_data();
    void stops();
    void asFacts_data();
    void asFacts();
    void ofThisMachineEnds();
};

void TestKvmProbe::runs()
{
    FakeKvm kvm;
    kvm.interrupted = true;
    const auto outcome = probeKvm(kvm);
    QCOMPARE(outcome.step, Step::Ran);
    QCOMPARE(outcome.api, 12);
    QCOMPARE(outcome.vmTypes, 0x1d);
    QVERIFY(kvm.fds.empty());
    QCOMPARE(kvm.mapped, 0);
}

void TestKvmProbe::stops_data()
{
    QTest::addColumn<unsigned long>("failing");
    QTest::addColumn<int>("special");
    QTest::addColumn<int>("step");
    const auto row = [](const char *name, unsigned long failing, int special, Step step) {
        QTest::newRow(name) << failing << special << static_cast<int>(step);
    };
    row("not opened", 0, 1, Step::NotOpened);
    row("no KVM", KVM_GET_API_VERSION, 0, Step::NoKvm);
    row("other interface", 0, 2, Step::WrongApi);
    row("no VM", KVM_CREATE_VM, 0, Step::NoVm);
    row("no memory", KVM_SET_USER_MEMORY_REGION, 0, Step::NoMemory);
    row("no vCPU", KVM_CREATE_VCPU, 0, Step::NoVcpu);
    row("no run area", KVM_GET_VCPU_MMAP_SIZE, 0, Step::NoVcpu);
    row("no registers", KVM_SET_SREGS, 0, Step::NoRegisters);
    row("not run", KVM_RUN, 0, Step::NotRun);
    row("fails to enter", 0, 3, Step::WrongExit);
    row("halts at once", 0, 4, Step::WrongData);
    row("another byte", 0, 5, Step::WrongData);
}

void TestKvmProbe::stops()
{
    QFETCH(const unsigned long, failing);
    QFETCH(const int, special);
    QFETCH(const int, step);
    FakeKvm kvm;
    kvm.failing = failing;
    kvm.opens = special != 1;
    kvm.api = special == 2 ? 11 : 12;
    kvm.exit = special == 3 ? KVM_EXIT_FAIL_ENTRY : 0;
    kvm.silent = special == 4;
    kvm.wrongByte = special == 5;
    const auto outcome = probeKvm(kvm);
    QCOMPARE(static_cast<int>(outcome.step), step);
    if (failing)
        QCOMPARE(outcome.error, EINVAL);
    QVERIFY(kvm.fds.empty());
    QCOMPARE(kvm.mapped, 0);
}

void TestKvmProbe::asFacts_data()
{
    QTest::addColumn<int>("step");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("ran") << static_cast<int>(Step::Ran) << QByteArray("ran");
    QTest::newRow("no vm") << static_cast<int>(Step::NoVm) << QByteArray("no virtual machine could be made: Invalid argument");
    QTest::newRow("exit") << static_cast<int>(Step::WrongExit) << QByteArray("the guest stopped with KVM_EXIT_INTERNAL_ERROR (17)");
    QTest::newRow("late") << static_cast<int>(Step::TimedOut) << QByteArray("the guest did not stop within five seconds");
}

void TestKvmProbe::asFacts()
{
    QFETCH(const int, step);
    QFETCH(const QByteArray, text);
    LookOptions options;
    options.machine.kvm = [step] {
        KvmOutcome outcome;
        outcome.step = static_cast<Step>(step);
        outcome.api = 12;
        outcome.error = step == static_cast<int>(Step::NoVm) ? EINVAL : 0;
        outcome.exitReason = KVM_EXIT_INTERNAL_ERROR;
        return outcome;
    };
    HostFacts facts;
    Looking looking{facts, options};
    lookAtKvm(looking);
    QCOMPARE(QByteArray::fromStdString(std::string(facts.text("kvm.run").value_or("none"))), text);
    options.probes = false;
    HostFacts without;
    Looking notLooking{without, options};
    lookAtKvm(notLooking);
    QCOMPARE(without.find("kvm.run")->had, Fact::Had::NotLooked);
}

// Whatever this machine has: the probe comes to an end and says something.
void TestKvmProbe::ofThisMachineEnds()
{
    const auto outcome = probeKvm();
    QVERIFY(outcome.step <= Step::Ran);
    QVERIFY(outcome.step != Step::NotOpened || outcome.error != 0);
}

QTEST_GUILESS_MAIN(TestKvmProbe)
#include "test_kvm_probe.moc"
