// SPDX-License-Identifier: Apache-2.0
// One port, many connections: what comes in goes to streams of their own, what goes out is whole frames, and memory is bounded.
#include "app/keep-warden/port_source.h"

#include "core/base/digest.h"

#include <QtTest/QTest>

#include <fcntl.h>
#include <sys/socket.h>

using namespace kastellan;
using namespace kastellan::warden;
using session::ConnectionId;

namespace {

std::pair<Fd, Fd> streams()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        qFatal("no sockets");
    return {Fd(ends[0]), Fd(ends[1])};
}

struct Taker final : StreamTaker {
    void takeSession(Fd stream) override { sessions.push_back(std::move(stream)); }
    void takeFirmware(Fd) override { qFatal("no firmware comes from here"); }
    void note(std::string words) override { notes.push_back(std::move(words)); }
    std::vector<Fd> sessions;
    std::vector<std::string> notes;
};

Bytes readAll(int fd)
{
    Bytes all, piece(65536);
    for (;;) {
        const ssize_t count = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
        if (count <= 0)
            return all;
        all.insert(all.end(), piece.begin(), piece.begin() + count);
    }
}

bool writeAll(int fd, ByteView bytes)
{
    return ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

Bytes framed(const ConnectionId &id, const Bytes &payload)
{
    Bytes bytes;
    session::appendFrames(bytes, id, payload);
    return bytes;
}

struct Scene {
    Scene()
    {
        auto [mine, theirs] = streams();
        host = std::move(theirs);
        source = std::make_unique<PortSource>(*PortStream::watch(std::move(mine)));
    }
    /// Serves whatever is ready until nothing is.
    bool turn()
    {
        for (int turns = 0; turns < 10'000; ++turns) {
            std::vector<pollfd> fds;
            source->wants(fds);
            if (::poll(fds.data(), fds.size(), 0) <= 0 && source->timeout({}) != 0)
                return true;
            for (const auto &fd : fds)
                if (fd.revents && !source->serve(fd, taker)) // a descriptor may be nobody's by now
                    return false;
            if (!source->tick({}, taker))
                return false;
        }
        return false; // it never comes to rest
    }
    Fd host;
    std::unique_ptr<PortSource> source;
    Taker taker;
    ConnectionId a = randomFixed<ConnectionId>(), b = randomFixed<ConnectionId>();
};

} // namespace

class TestPortSource : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachIdIsAStream();
    void whatEndedIsOver();
    void cutAtEveryPlace();
    void framesGoOutWhole();
    void hostThatDoesNotRead();
    void sessionThatDoesNotRead();
    void manyConnections();
    void nobodyThere();
};

void TestPortSource::eachIdIsAStream()
{
    Scene scene;
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(10, 1))));
    QVERIFY(writeAll(scene.host.get(), framed(scene.b, Bytes(20, 2))));
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(30, 3))));
    QVERIFY(scene.turn());
    QCOMPARE(scene.taker.sessions.size(), 2U);
    Bytes first = framed(scene.a, Bytes(10, 1));
    const Bytes more = framed(scene.a, Bytes(30, 3));
    first.insert(first.end(), more.begin(), more.end());
    QCOMPARE(readAll(scene.taker.sessions[0].get()), first);
    QCOMPARE(readAll(scene.taker.sessions[1].get()), framed(scene.b, Bytes(20, 2)));
}

void TestPortSource::whatEndedIsOver()
{
    Scene scene;
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(10, 1))));
    QVERIFY(scene.turn());
    const Bytes last = framed(scene.a, Bytes(7, 9));
    QVERIFY(writeAll(scene.taker.sessions[0].get(), last));
    scene.taker.sessions.clear();
    QVERIFY(scene.turn());
    QCOMPARE(scene.source->connections(), 0U);
    QCOMPARE(readAll(scene.host.get()), last); // what was said before the end still comes
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(10, 1))));
    QVERIFY(scene.turn());
    QCOMPARE(scene.taker.sessions.size(), 0U);
}

// A host's end that closes in the middle of a frame, and another one that begins: after any number of bytes.
void TestPortSource::cutAtEveryPlace()
{
    const Bytes whole = framed(randomFixed<ConnectionId>(), Bytes(100, 0x17));
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        Scene scene;
        QVERIFY(writeAll(scene.host.get(), ByteView(whole).first(cut)) || cut == 0);
        QVERIFY(scene.turn());
        const Bytes next = framed(scene.a, Bytes(5, 4));
        QVERIFY(writeAll(scene.host.get(), next));
        QVERIFY(scene.turn());
        QCOMPARE(scene.taker.sessions.size(), 1U);
        QCOMPARE(readAll(scene.taker.sessions[0].get()), next);
    }
}

void TestPortSource::framesGoOutWhole()
{
    Scene scene;
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(10, 1))));
    QVERIFY(writeAll(scene.host.get(), framed(scene.b, Bytes(10, 1))));
    QVERIFY(scene.turn());
    // The first one's frame comes in two halves, and between them one of the other's.
    const Bytes ofA = framed(scene.a, Bytes(1000, 0xaa)), ofB = framed(scene.b, Bytes(500, 0xbb));
    QVERIFY(writeAll(scene.taker.sessions[0].get(), ByteView(ofA).first(600)));
    QVERIFY(scene.turn());
    QVERIFY(writeAll(scene.taker.sessions[1].get(), ofB));
    QVERIFY(scene.turn());
    QVERIFY(writeAll(scene.taker.sessions[0].get(), ByteView(ofA).subspan(600)));
    QVERIFY(scene.turn());
    Bytes expected = ofB;
    expected.insert(expected.end(), ofA.begin(), ofA.end());
    QCOMPARE(readAll(scene.host.get()), expected);
}

// Backpressure: the session's stream fills up, and no more is held here than a few frames. Later all of it comes, in order.
void TestPortSource::hostThatDoesNotRead()
{
    Scene scene;
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(10, 1))));
    QVERIFY(scene.turn());
    Bytes sent;
    std::uint8_t number = 0;
    for (bool room = true; room;) {
        room = false;
        const Bytes frame = framed(scene.a, Bytes(16'000, ++number));
        if (writeAll(scene.taker.sessions[0].get(), frame)) {
            sent.insert(sent.end(), frame.begin(), frame.end());
            room = true;
        }
        QVERIFY(scene.turn());
        QVERIFY2(scene.source->held() < 256 * 1024, QByteArray::number(quint64(scene.source->held())).constData());
        QVERIFY2(sent.size() < 8 * 1024 * 1024, "it takes without end");
    }
    Bytes got;
    for (int turns = 0; got.size() < sent.size() && turns < 1000; ++turns) {
        const Bytes more = readAll(scene.host.get());
        got.insert(got.end(), more.begin(), more.end());
        QVERIFY(scene.turn());
    }
    QVERIFY(got == sent);
}

void TestPortSource::sessionThatDoesNotRead()
{
    Scene scene;
    Bytes sent;
    std::uint8_t number = 0;
    for (bool room = true; room;) {
        const Bytes frame = framed(scene.a, Bytes(16'000, ++number));
        room = writeAll(scene.host.get(), frame);
        if (room)
            sent.insert(sent.end(), frame.begin(), frame.end());
        QVERIFY(scene.turn());
        QVERIFY2(scene.source->held() < 256 * 1024, QByteArray::number(quint64(scene.source->held())).constData());
        QVERIFY2(sent.size() < 8 * 1024 * 1024, "it takes without end");
    }
    Bytes got;
    for (int turns = 0; got.size() < sent.size() && turns < 1000; ++turns) {
        const Bytes more = readAll(scene.taker.sessions[0].get());
        got.insert(got.end(), more.begin(), more.end());
        QVERIFY(scene.turn());
    }
    QVERIFY(got == sent);
}

// The session drops all but a few of those that have not proven themselves; a host that opens thousands gets no further than that.
void TestPortSource::manyConnections()
{
    Scene scene;
    for (int i = 0; i < 2000; ++i) {
        QVERIFY(writeAll(scene.host.get(), framed(randomFixed<ConnectionId>(), Bytes(1, 1))));
        QVERIFY(scene.turn());
        if (scene.taker.sessions.size() > 8)
            scene.taker.sessions.erase(scene.taker.sessions.begin());
        QVERIFY(scene.source->connections() <= 12);
    }
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(3, 3))));
    QVERIFY(scene.turn());
    QCOMPARE(readAll(scene.taker.sessions.back().get()), framed(scene.a, Bytes(3, 3)));
}

// A port whose other end is closed says so all the time; it is looked at once, and again when something changes.
void TestPortSource::nobodyThere()
{
    Scene scene;
    QVERIFY(writeAll(scene.host.get(), framed(scene.a, Bytes(10, 1))));
    scene.host.reset();
    QVERIFY(scene.turn());
    std::vector<pollfd> fds;
    scene.source->wants(fds);
    QCOMPARE(::poll(fds.data(), fds.size(), 0), 0);
    QCOMPARE(scene.taker.sessions.size(), 1U);
}

QTEST_GUILESS_MAIN(TestPortSource)
#include "test_port_source.moc"
