// SPDX-License-Identifier: Apache-2.0
// What a host can do to the channel of a virtual machine, and what must come of it: nothing lost, nothing doubled, a clean new session.
#include "tests/integration/machine/owner_scene.h"

#include "core/session/frames.h"

#include <QtCore/QElapsedTimer>
#include <QtTest/QTest>

#include <poll.h>

using namespace kastellan;
using namespace kastellan::test;

namespace {

std::string workload(const char *name)
{
    return qEnvironmentVariable("KASTELLAN_BUILD").toStdString() + "/tests/workloads/" + name + ".wasm";
}

} // namespace

#define OWNER_REACHES(owner, condition) QVERIFY2(until(*(owner), [&] { return condition; }), trouble(*(owner)).c_str())

class TestMachineFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!machineParts().missing.empty())
            QSKIP(machineParts().missing.c_str());
        m_scene = std::make_unique<OwnerScene>();
    }
    void cutMidRecord();
    void pausedWithMuchPending();
    void severalAtOnePort();
    void wardensDeathEndsTheMachine();

private:
    std::unique_ptr<OwnerScene> m_scene;
};

// The channel is cut after any number of bytes, in the middle of handshakes, challenges and input, a hundred times.
void TestMachineFaults::cutMidRecord()
{
    Machine machine({.firmware = m_scene->firmware()});
    auto owner = m_scene->launched(machine.connect(), {workload("echo"), {}, {}});
    OWNER_REACHES(owner, owner->output[0].size() == 6);
    Bytes all = owner->output[0];
    owner.reset();
    std::uint32_t random = 12345;
    int established = 0;
    for (int round = 0; round < 100; ++round) {
        random = random * 1664525 + 1013904223;
        Relay relay(machine.connect(), 1 + (random >> 8) % 6000);
        const auto cut = m_scene->resumed(relay.takeOwner(), all.size());
        if (!cut->error) {
            cut->session->input(toBytes("round " + std::to_string(round) + "\n"));
            cut->session->input(Bytes(8000, static_cast<std::uint8_t>('a' + round % 26)));
            cut->session->input(toBytes("\n"));
        }
        QVERIFY2(until(*cut, [&] { return cut->error.has_value(); }), "the cut was not noticed");
        established += cut->established;
        all.insert(all.end(), cut->output[0].begin(), cut->output[0].end());
    }
    QVERIFY2(established > 10, QByteArray::number(established).constData());
    owner = m_scene->resumed(machine.connect(), all.size());
    QVERIFY2(!owner->error, trouble(*owner).c_str());
    owner->session->input(toBytes("\nthe end\n"));
    owner->session->closeInput();
    OWNER_REACHES(owner, owner->exit.has_value());
    all.insert(all.end(), owner->output[0].begin(), owner->output[0].end());
    // Echo gives back what it got: its input as far as it arrived. Each piece once, in its order, whole up to a cut.
    const std::string whole = text(all).toStdString();
    QVERIFY(whole.starts_with("ready\n") && whole.ends_with("\nthe end\n"));
    std::size_t at = 0;
    int seen = 0;
    for (int round = 0; round < 100; ++round) {
        const std::string mark = "round " + std::to_string(round) + "\n";
        const auto found = whole.find(mark, at);
        if (found == std::string::npos)
            continue;
        ++seen;
        at = found + mark.size();
        QCOMPARE(whole.find(mark, at), std::string::npos);
    }
    qInfo("of 100 cuts %d sessions stood, input of %d arrived", established, seen);
    QCOMPARE(owner->exit->code, 0);
}

// 100 MB that the workload wants to write while its owner reads nothing: it waits, and afterwards all of it is there.
void TestMachineFaults::pausedWithMuchPending()
{
    constexpr std::size_t block = 1 << 16, blocks = 1600;
    Machine machine({.firmware = m_scene->firmware(), .memoryMiB = 192});
    auto owner = m_scene->launched(machine.connect(), {workload("flood"), "args = [\"" + std::to_string(block * blocks) + "\"]\n", {}});
    OWNER_REACHES(owner, owner->output[0].size() > block);
    const std::size_t before = owner->output[0].size();
    // Nobody reads. The machine comes to rest: all its processor does is wait.
    double used = machine.processorSeconds();
    QElapsedTimer timer;
    timer.start();
    for (double last = -1; used - last > 0.3 && timer.elapsed() < 60'000;) {
        last = used;
        QVERIFY(!machine.ended(2'000));
        used = machine.processorSeconds();
    }
    QVERIFY2(timer.elapsed() < 60'000, "the workload did not come to rest");
    // What is on its way is bounded: the warden's window, the port's queue, this socket.
    pollfd fd{owner->session->fd(), POLLIN, 0};
    QCOMPARE(::poll(&fd, 1, 0), 1);
    owner->acknowledges = false; // what is on its way comes in, and no more
    until(*owner, [&] { return false; }, 3'000);
    QVERIFY2(!owner->error, trouble(*owner).c_str());
    const std::size_t onTheWay = owner->output[0].size() - before;
    qInfo("while the owner did not read, %zu KiB were on their way", onTheWay / 1024);
    QVERIFY(onTheWay <= 512 * 1024);

    owner->acknowledges = true;
    owner->session->acknowledge(owner->output[0].size(), owner->output[1].size());
    timer.start();
    QVERIFY2(until(*owner, [&] { return owner->exit.has_value(); }, 240'000), trouble(*owner).c_str());
    qInfo("the rest came at %.1f MB/s", static_cast<double>(block * blocks) / 1e3 / static_cast<double>(timer.elapsed()));
    QCOMPARE(owner->exit->code, 0);
    QCOMPARE(owner->output[0].size(), block * blocks);
    const QByteArray all = text(owner->output[0]);
    for (std::size_t number = 0; number < blocks; ++number)
        QCOMPARE(all.sliced(static_cast<qsizetype>(number * block), 16).toULongLong(), number);
}

namespace {

/// Joins two owners' streams to one port, as a host could: what comes out of the port goes to both.
class Joint {
public:
    explicit Joint(Fd port)
        : m_port(std::move(port))
    {
        for (int i = 0; i < 2; ++i) {
            auto [owner, inner] = streamPair();
            owners[static_cast<std::size_t>(i)] = std::move(owner);
            m_inner[static_cast<std::size_t>(i)] = std::move(inner);
        }
        auto [stop, theirs] = streamPair();
        m_stop = std::move(stop);
        m_thread = std::thread([this, end = std::make_shared<Fd>(std::move(theirs))] { run(end->get()); });
    }
    ~Joint()
    {
        m_stop.reset();
        m_thread.join();
    }
    Joint(const Joint &) = delete;
    Joint &operator=(const Joint &) = delete;
    std::array<Fd, 2> owners;

private:
    void run(int stop)
    {
        std::array<char, 8192> buffer{};
        std::array<bool, 2> open{true, true};
        for (;;) {
            pollfd fds[4] = {{m_port.get(), POLLIN, 0}, {open[0] ? m_inner[0].get() : -1, POLLIN, 0},
                {open[1] ? m_inner[1].get() : -1, POLLIN, 0}, {stop, POLLIN, 0}};
            if (::poll(fds, 4, -1) < 0 || fds[3].revents)
                return;
            if (fds[0].revents) {
                const ssize_t count = ::recv(m_port.get(), buffer.data(), buffer.size(), 0);
                if (count <= 0)
                    return;
                for (const auto &fd : m_inner)
                    static_cast<void>(::send(fd.get(), buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL));
            }
            for (std::size_t i = 0; i < 2; ++i) {
                if (!fds[i + 1].revents)
                    continue;
                const ssize_t count = ::recv(m_inner[i].get(), buffer.data(), buffer.size(), 0);
                open[i] = count > 0;
                if (count > 0 && ::send(m_port.get(), buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count)
                    return;
            }
        }
    }
    Fd m_port, m_stop;
    std::array<Fd, 2> m_inner;
    std::thread m_thread;
};

} // namespace

// A stranger beside the owner disturbs nothing; a second loader with the owner's key takes over; words of the first one's session that come
// again later are nobody's.
void TestMachineFaults::severalAtOnePort()
{
    Machine machine({.firmware = m_scene->firmware()});
    std::size_t logged = 0;
    {
        Joint joint(machine.connect());
        auto owner = m_scene->launched(std::move(joint.owners[0]), {workload("echo"), {}, {}});
        OWNER_REACHES(owner, owner->output[0].size() == 6);
        FakeOwner stranger(std::move(joint.owners[1]), makeOwnerKey().first, m_scene->keep);
        until(stranger, [&] { return stranger.error.has_value() || stranger.established; });
        QVERIFY(stranger.error && !stranger.established);
        owner->session->input(toBytes("one\n"));
        OWNER_REACHES(owner, owner->output[0].size() == 10);
        logged = owner->output[0].size();
    }
    {
        Joint joint(machine.connect());
        const auto first = m_scene->resumed(std::move(joint.owners[0]), logged);
        QVERIFY2(!first->error, trouble(*first).c_str());
        const auto second = m_scene->resumed(std::move(joint.owners[1]), logged);
        QVERIFY2(!second->error, trouble(*second).c_str());
        until(*first, [&] { return first->error.has_value(); });
        QVERIFY(first->error);
        QVERIFY2(first->error->message().find("another one") != std::string::npos, first->error->message().c_str());
        second->session->input(toBytes("two\n"));
        OWNER_REACHES(second, second->output[0] == toBytes("two\n"));
        logged += 4;
    }
    // Garbage, a beginning without an end, the magic alone: and then an owner.
    {
        const Fd port = machine.connect();
        Bytes noise(10'000, 'K');
        noise.insert(noise.end(), session::frameMagic.begin(), session::frameMagic.end());
        noise.insert(noise.end(), 20, 0xff);
        session::appendFrames(noise, randomFixed<session::ConnectionId>(), Bytes(3000, 0x16));
        noise.resize(noise.size() - 1000);
        QCOMPARE(::send(port.get(), noise.data(), noise.size(), MSG_NOSIGNAL), static_cast<ssize_t>(noise.size()));
    }
    const auto owner = m_scene->resumed(machine.connect(), logged);
    QVERIFY2(!owner->error, trouble(*owner).c_str());
    owner->session->closeInput();
    OWNER_REACHES(owner, owner->exit.has_value());
    QCOMPARE(owner->exit->code, 0);
}

// Nothing of a keep is left running without its warden. (The first program of this machine lets the warden be, and then ends its second
// half.)
void TestMachineFaults::wardensDeathEndsTheMachine()
{
    Machine machine({.firmware = m_scene->firmware(), .init = std::string(ASSASSIN)});
    QVERIFY(machine.ended(90'000));
    QVERIFY2(machine.console().contains("keep-warden: it was ended by signal 11"), machine.console().constData());
}

QTEST_GUILESS_MAIN(TestMachineFaults)
#include "test_machine_faults.moc"
