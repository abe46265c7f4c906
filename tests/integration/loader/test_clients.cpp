// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/keeps/loader_protocol.h"
#include "core/keys/keys.h"
#include "core/session/session.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace kastellan;
using namespace kastellan::test;

/// Who talks to a loader, and who tries to talk to a warden.
class TestClients : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void everyClientIsToldEverything();
    void aClientThatLeavesChangesNothing();
    void nonsenseHarmsNobody_data();
    void nonsenseHarmsNobody();
    void aClientThatDoesNotReadIsDropped();
    void theSocketIsOurs();
    void anotherOwnerKeyGetsNothing();
    void aKnockWithoutAWordIsForgotten();

private:
    std::unique_ptr<Scene> m_scene;
    std::unique_ptr<Watch> m_watch;
};

namespace {

Fd connectTo(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return {};
    return fd;
}

std::string wardenSocket(const KeepId &id)
{
    return (runtimeFolder() / (toHex(id.view()).substr(0, 16) + ".warden")).string();
}

bool endsWithin(int fd, int milliseconds)
{
    for (pollfd waiting{fd, POLLIN, 0}; ::poll(&waiting, 1, milliseconds) > 0;) {
        char buffer[65536];
        if (::recv(fd, buffer, sizeof buffer, 0) <= 0)
            return true;
    }
    return false;
}

} // namespace

void TestClients::init()
{
    m_scene = std::make_unique<Scene>();
    m_watch = m_scene->launch({.module = "echo"});
    REQUIRE_LAUNCHED(m_watch, *m_scene);
    VERIFY_KEEP(m_watch->untilOutput("ready\n"), *m_watch);
}

void TestClients::cleanup()
{
    if (m_watch && !m_watch->closed()) {
        // Whatever a test did, the keep still does its work.
        QVERIFY(m_watch->client().sendInput(asBytes("well\n")));
        QVERIFY(m_watch->client().closeInput());
        VERIFY_KEEP(m_watch->untilClosed(), *m_watch);
        VERIFY_KEEP(m_watch->status().exitCode == 0 && m_watch->output().ends_with("well\n"), *m_watch);
        VERIFY_KEEP(m_watch->status().verdict == "trusted", *m_watch);
    }
    if (m_scene)
        QCOMPARE(m_scene->leftovers(), "");
    m_watch.reset();
    m_scene.reset();
}

void TestClients::everyClientIsToldEverything()
{
    auto second = KeepClient::connect(m_watch->id());
    QVERIFY(second);
    Watch other(m_watch->id(), std::move(*second));
    QVERIFY(other.until([&] { return other.status().state == KeepState::Running; }));
    QVERIFY(other.client().attest());
    QVERIFY(m_watch->until([&] { return m_watch->status().records.size() == 3; }));
    QVERIFY(other.until([&] { return other.status().records.size() == 3; }));
}

void TestClients::aClientThatLeavesChangesNothing()
{
    for (int i = 0; i < 20; ++i) {
        auto other = KeepClient::connect(m_watch->id());
        QVERIFY(other);
        QVERIFY((*other)->sendInput(asBytes("x")));
    }
    QVERIFY(m_watch->untilOutput(std::string(20, 'x')));
}

void TestClients::nonsenseHarmsNobody_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no JSON") << QByteArray("hello\n");
    QTest::newRow("an array") << QByteArray("[1,2,3]\n");
    QTest::newRow("unknown request") << QByteArray("{\"request\":\"dance\"}\n");
    QTest::newRow("no base64") << QByteArray("{\"request\":\"input\",\"base64\":\"!!\"}\n");
    QTest::newRow("wrong type") << QByteArray("{\"request\":\"stop\",\"grace_seconds\":\"soon\"}\n");
    QTest::newRow("negative grace") << QByteArray("{\"request\":\"stop\",\"grace_seconds\":-1}\n");
    QTest::newRow("deep") << QByteArray(100000, '[') + '\n';
    QTest::newRow("long line") << QByteArray(1 << 20, 'a');
    QTest::newRow("zeros") << QByteArray(4096, '\0') + '\n';
    QTest::newRow("not UTF-8") << QByteArray("{\"request\":\"\xff\xfe\"}\n");
}

void TestClients::nonsenseHarmsNobody()
{
    QFETCH(QByteArray, bytes);
    const Fd fd = connectTo(loader::socketPath(m_watch->id()).string());
    QVERIFY(fd);
    qsizetype sent = 0;
    while (sent < bytes.size()) {
        const auto count = ::send(fd.get(), bytes.constData() + sent, static_cast<std::size_t>(bytes.size() - sent), MSG_NOSIGNAL);
        if (count <= 0)
            break; // dropped already
        sent += count;
    }
    ::shutdown(fd.get(), SHUT_WR);
    QVERIFY(endsWithin(fd.get(), 5000));
    VERIFY_KEEP(m_watch->untilState(KeepState::Running), *m_watch); // what the loader told may not have been read yet
    VERIFY_KEEP(!m_watch->closed() && m_watch->status().state == KeepState::Running, *m_watch);
}

void TestClients::aClientThatDoesNotReadIsDropped()
{
    const Fd deaf = connectTo(loader::socketPath(m_watch->id()).string());
    QVERIFY(deaf);
    // Each line of output is announced to it, and it does not listen.
    const Bytes line(96 * 1024, 'z');
    for (int i = 0; i < 64; ++i)
        QVERIFY(m_watch->client().sendInput(line));
    QVERIFY(m_watch->client().sendInput(asBytes("\nend\n")));
    VERIFY_KEEP(m_watch->untilOutput("\nend\n"), *m_watch);
}

void TestClients::theSocketIsOurs()
{
    const std::string path = loader::socketPath(m_watch->id()).string();
    for (const std::string &socket : {path, wardenSocket(m_watch->id())}) {
        struct stat about{};
        QVERIFY2(::stat(socket.c_str(), &about) == 0, socket.c_str());
        QCOMPARE(about.st_mode & 0777, 0600u);
        QCOMPARE(about.st_uid, ::geteuid());
    }
    struct stat folder{};
    QVERIFY(::stat(runtimeFolder().c_str(), &folder) == 0);
    QCOMPARE(folder.st_mode & 0077, 0u);
    if (::geteuid() != 0)
        return;
    // Opened as root, but used by another user: the loader asks the kernel who speaks.
    QVERIFY(::chmod(m_scene->folder().path().c_str(), 0755) == 0 && ::chmod((m_scene->folder().path() / "run").c_str(), 0755) == 0);
    QVERIFY(::chmod(runtimeFolder().c_str(), 0711) == 0 && ::chmod(path.c_str(), 0666) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setgid(2000) != 0 || ::setuid(2000) != 0)
            ::_exit(2);
        const Fd fd = connectTo(path);
        ::_exit(fd && endsWithin(fd.get(), 5000) ? 0 : 1);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY2(WIFEXITED(status) && WEXITSTATUS(status) == 0, "another user must be turned away at once");
    QVERIFY(::chmod(runtimeFolder().c_str(), 0700) == 0);
}

void TestClients::anotherOwnerKeyGetsNothing()
{
    const auto key = keys::freshOwnerKey();
    QVERIFY(key);
    for (int i = 0; i < 3; ++i) {
        Fd stream = connectTo(wardenSocket(m_watch->id()));
        QVERIFY(stream);
        QVERIFY(::send(stream.get(), "S", 1, MSG_NOSIGNAL) == 1);
        bool failed = false, answered = false;
        SessionEvents events;
        events.established = [] {};
        events.report = [&](Bytes) { answered = true; };
        events.deliveryReport = [&](Bytes) { answered = true; };
        events.started = [&](std::string) { answered = true; };
        events.output = [&](unsigned, std::uint64_t, ByteView) { answered = true; };
        events.exited = [&](int, std::string, std::string) { answered = true; };
        events.log = [](std::string) {};
        events.failed = [&](const Error &) { failed = true; };
        auto session = OwnerSession::open(std::move(stream), key->first, m_watch->id(), std::move(events));
        QVERIFY(session);
        (*session)->challenge(randomFixed<Nonce>());
        const bool ended = eventually([&] {
            pollfd waiting{(*session)->fd(), (*session)->wants(), 0};
            if (!failed && ::poll(&waiting, 1, 10) > 0)
                (*session)->process();
            return failed;
        });
        QVERIFY(ended);
        QVERIFY(!answered);
    }
    VERIFY_KEEP(m_watch->untilState(KeepState::Running), *m_watch);
    VERIFY_KEEP(m_watch->status().state == KeepState::Running, *m_watch);
}

void TestClients::aKnockWithoutAWordIsForgotten()
{
    std::vector<Fd> knocks;
    for (int i = 0; i < 40; ++i)
        if (Fd fd = connectTo(wardenSocket(m_watch->id())))
            knocks.push_back(std::move(fd));
    for (const auto &fd : knocks)
        (void)!::send(fd.get(), "X", 1, MSG_NOSIGNAL);
    for (const auto &fd : knocks)
        QVERIFY(endsWithin(fd.get(), 5000));
    QVERIFY(m_watch->client().attest());
    VERIFY_KEEP(m_watch->until([&] { return m_watch->status().records.size() == 3; }), *m_watch);
}

QTEST_GUILESS_MAIN(TestClients)
#include "test_clients.moc"
