// SPDX-License-Identifier: Apache-2.0
// Others on the way to a keep in a virtual machine: a host that answers with the report of another keep, one that leads the session to
// another keep, a second client of the loader, and a stranger who takes the channel.
#include "../../unit/core/session/fake_keep.h"
#include "core/base/file.h"
#include "core/keeps/keep_client.h"
#include "rehearsed_scene.h"
#include "sev-backend/libvirt/libvirt_host.h"
#include "tests/support/channel_in_the_middle.h"

#include <QtCore/QJsonArray>
#include <QtTest/QTest>

#include <csignal>
#include <optional>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

/// A warden of the host's own, which nobody measured. Its reports are what it was given.
class Impostor {
public:
    Impostor(const std::filesystem::path &socket, const Sha256 &owner, Bytes report)
        : m_keep(owner)
        , m_listener(listenOnSocket(socket))
    {
        m_keep.replayed = std::move(report);
        m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
    }
    /// What it had to hear of it, after its end.
    FakeKeep &end()
    {
        m_thread.request_stop();
        m_thread.join();
        return m_keep;
    }

private:
    void run(const std::stop_token &stop)
    {
        while (!stop.stop_requested()) {
            std::vector<pollfd> fds{{m_listener.get(), POLLIN, 0}};
            m_keep.warden->wants(fds);
            ::poll(fds.data(), fds.size(), 20);
            if (fds[0].revents)
                if (Fd client(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); client)
                    m_keep.warden->add(std::move(client));
            for (std::size_t i = 1; i < fds.size(); ++i)
                if (fds[i].revents)
                    m_keep.warden->process(fds[i].fd);
            m_keep.warden->tick(std::chrono::steady_clock::now());
        }
    }
    FakeKeep m_keep;
    Fd m_listener;
    std::jthread m_thread;
};

} // namespace

class TestRehearsedStrangers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void reportOfAnotherKeep();
    void sessionOfAnotherKeep();
    void secondClientsAndAStranger();

private:
    std::optional<RehearsedScene> m_scene;
    QString m_secret;
    std::unique_ptr<QProcess> m_witness; ///< its input stays open
};

void TestRehearsedStrangers::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    std::signal(SIGPIPE, SIG_IGN);
    m_scene.emplace();
    m_secret = u"token="_s + m_scene->program().write(u"secret"_s, QByteArray(200'000, 's'));
    // A genuine keep, measured and trusted; its owner key is another one.
    m_witness = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"witness"_s, example("echo")}));
    QVERIFY2(m_scene->becomes(u"witness"_s, u"running"_s), m_witness->readAllStandardError());
}

void TestRehearsedStrangers::cleanup()
{
    if (m_scene) // the witness is there to the end
        QCOMPARE(SessionDaemon::domains().count('\n'), 0);
}

void TestRehearsedStrangers::reportOfAnotherKeep()
{
    NEED_SCENE();
    // The impostor lets this very owner in: the digest of the owner's key is no secret.
    const QJsonObject record = m_scene->program().run({u"evidence"_s, u"show"_s, u"--json"_s, u"witness"_s}).json();
    const auto report = fromBase64(record["evidence"_L1]["report"_L1]["base64"_L1].toString().toStdString());
    QVERIFY(report && report->size() > 1000);

    const auto socket = std::filesystem::path(m_scene->runtimeFolder()) / "impostor";
    ChannelInTheMiddle middle(m_scene->runtimeFolder());
    middle.leadTo(socket);
    const auto launch = m_scene->program().start(RehearsedScene::launch(
        {u"--json"_s, u"--name"_s, u"mine"_s, u"--boot-timeout"_s, u"60"_s, u"--secret"_s, m_secret, example("secret")}));
    Result<KeepStatus> planned = std::unexpected(Error{});
    QVERIFY(QTest::qWaitFor([&] { return (planned = keeps::find("mine")).has_value(); }, 60'000));
    Impostor impostor(socket, *Sha256::from(*fromHex(planned->plan.ownerKey), "owner"), *report);
    const Ran ran = Program::finish(*launch);
    FakeKeep &heard = impostor.end();
    QVERIFY2(ran.exit == 126 && ran.json()["verdict"_L1].toString() == u"refused", ran.all());
    QCOMPARE(finding(ran.json(), u"report.data"_s)["result"_L1].toString(), u"fail"_s);
    QVERIFY(!heard.reports.empty()); // it was asked, and so it was in a session
    QVERIFY(heard.items.empty() && heard.starts == 0);
    QVERIFY2(middle.countToKeep() < 60'000, QByteArray::number(qulonglong(middle.countToKeep())));
    QCOMPARE(m_scene->shown(u"witness"_s)["state"_L1].toString(), u"running"_s);
}

/// The other keep's own warden is genuine, and would report; but its measured host data name another owner.
void TestRehearsedStrangers::sessionOfAnotherKeep()
{
    NEED_SCENE();
    const auto others = channelsBelow(m_scene->runtimeFolder());
    QCOMPARE(others.size(), 1u);
    // The host has taken the witness from its loader.
    const auto loader = static_cast<pid_t>(m_scene->shown(u"witness"_s)["loader"_L1]["pid"_L1].toInt());
    QVERIFY(loader > 1 && ::kill(loader, SIGKILL) == 0 && waitFor([loader] { return !alive(loader); }));
    ChannelInTheMiddle middle(m_scene->runtimeFolder());
    middle.leadTo(*others.begin());
    const Ran ran =
        m_scene->run({u"--json"_s, u"--name"_s, u"led"_s, u"--boot-timeout"_s, u"10"_s, u"--secret"_s, m_secret, example("secret")});
    QVERIFY2(ran.exit == 125 && ran.json()["state"_L1].toString() == u"failed", ran.all());
    QVERIFY(middle.countFromKeep() > 0); // the other warden answered
    QVERIFY2(middle.countToKeep() < 100'000, QByteArray::number(qulonglong(middle.countToKeep())));
    // The other keep goes on for its own owner.
    const Ran recovered = m_scene->program().run({u"keep"_s, u"recover"_s, u"witness"_s});
    QVERIFY2(recovered.exit == 0, recovered.all());
    QVERIFY(m_scene->becomes(u"witness"_s, u"running"_s));
    QCOMPARE(m_scene->shown(u"witness"_s)["verdict"_L1].toString(), u"trusted"_s);
}

void TestRehearsedStrangers::secondClientsAndAStranger()
{
    NEED_SCENE();
    const auto witness = keeps::find("witness");
    QVERIFY(witness);
    // Two who give input, and two who listen.
    const auto one = KeepClient::connect(witness->plan.id), two = KeepClient::connect(witness->plan.id);
    QVERIFY(one && two);
    const auto follows = m_scene->program().start({u"keep"_s, u"logs"_s, u"--follow"_s, u"--no-events"_s, u"witness"_s});
    const auto alsoFollows = m_scene->program().start({u"keep"_s, u"logs"_s, u"--follow"_s, u"--no-events"_s, u"witness"_s});
    const auto logged = [&](const QByteArray &text) {
        return QTest::qWaitFor(
            [&] { return m_scene->program().run({u"keep"_s, u"logs"_s, u"--no-events"_s, u"witness"_s}).out.endsWith(text); }, 60'000);
    };
    QVERIFY((*one)->sendInput(asBytes("one\n")));
    QVERIFY(logged("one\n"));
    QVERIFY((*two)->sendInput(asBytes("two\n")));
    QVERIFY(logged("one\ntwo\n"));

    // A stranger of the same host takes the channel from the loader by force. Without the owner's key the warden has nothing to say to it.
    const auto records = m_scene->shown(u"witness"_s)["records"_L1].toArray().size();
    {
        sev::LibvirtHost host(*sev::parseLibvirtUri("qemu:///session"));
        KeepStatus status;
        status.plan = witness->plan;
        const auto machine = host.resume(status, keeps::folder(witness->plan.id).string());
        QVERIFY2(machine, machine ? "" : machine.error().message().c_str());
        auto stream = (*machine)->connect();
        QVERIFY2(stream, stream ? "" : stream.error().message().c_str());
        FakeOwner stranger(std::move(*stream), makeOwnerKey().first, witness->plan.id);
        QVERIFY(QTest::qWaitFor(
            [&] {
                if (stranger.session->wants() && !stranger.error)
                    stranger.session->process();
                return stranger.error.has_value() || stranger.established;
            },
            60'000));
        QVERIFY(stranger.error && !stranger.established && stranger.reports.empty());
    }
    // The owner's loader takes it back, and appraises the keep anew before it goes on.
    QVERIFY(QTest::qWaitFor(
        [&] {
            const QJsonObject now = m_scene->shown(u"witness"_s);
            return now["records"_L1].toArray().size() > records && now["state"_L1].toString() == u"running"_s;
        },
        60'000));
    QVERIFY((*two)->sendInput(asBytes("three\n")));
    QVERIFY(logged("two\nthree\n")); // two clients' words have no order between them
    QVERIFY((*one)->closeInput());
    for (const auto &process : {follows.get(), alsoFollows.get()}) {
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit == 0 && ran.out == "one\ntwo\nthree\n", ran.all());
    }
    QCOMPARE(m_scene->shown(u"witness"_s)["exit_code"_L1].toInt(-1), 0);
}

QTEST_GUILESS_MAIN(TestRehearsedStrangers)
#include "test_rehearsed_strangers.moc"
