// SPDX-License-Identifier: Apache-2.0
// Machines through a real libvirtd and a real QEMU, without evidence: what the launcher itself does.
#include "core/base/file.h"
#include "sev-backend/libvirt/machine_note.h"
#include "tests/integration/libvirt/libvirt_scene.h"
#include "tests/support/initrd.h"

#include <QtCore/QFile>
#include <QtTest/QTest>

#include <csignal>
#include <optional>
#include <random>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

using namespace kastellan;
using namespace kastellan::test;

class TestLibvirtMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void cleanupTestCase() { m_scene.reset(); }
    void saysWhatIsMissing();
    void consoleChannelAndEnd();
    void echoesMuch();
    void guestTurnsOff();
    void qemuIsKilled();
    void secondClientTakesOver();
    void foundAgain();
    void goneWhileNobodyLooked();
    void daemonRestarts();
    void cancelled_data();
    void cancelled();
    void badDomainIsExplained();
    void deafGuest_data();
    void deafGuest();

private:
    std::unique_ptr<RunningKeep> launch(const std::function<void(MachineRequest &)> &change = {});
    std::optional<LibvirtScene> m_scene;
    std::shared_ptr<sev::LibvirtHost> m_host;
    LaunchPlan m_plan;
    std::string m_folder;
};

namespace {

/// Clock ticks that all threads of a process have used.
quint64 processorTime(pid_t process)
{
    QFile stat(QStringLiteral("/proc/%1/stat").arg(process));
    if (!stat.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = stat.readAll();
    const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    return fields.value(11).toULongLong() + fields.value(12).toULongLong();
}

} // namespace

#define QVERIFY_RESULT(result) QVERIFY2((result).has_value(), (result) ? "" : (result).error().message().c_str())

void TestLibvirtMachine::initTestCase()
{
    if (const QByteArray why = LibvirtScene::missing(); !why.isEmpty())
        QSKIP(why.constData());
    std::signal(SIGPIPE, SIG_IGN); // Qt Test catches it
    m_scene.emplace();
    m_host = m_scene->host();
}

void TestLibvirtMachine::cleanup()
{
    if (m_scene)
        QCOMPARE(m_scene->leftovers(), QByteArray());
}

std::unique_ptr<RunningKeep> TestLibvirtMachine::launch(const std::function<void(MachineRequest &)> &change)
{
    auto plan = m_scene->plan(*m_host, change);
    if (!plan) {
        qWarning("%s", plan.error().message().c_str());
        return {};
    }
    m_plan = std::move(*plan);
    m_folder = m_scene->keepFolder(m_plan);
    auto keep = m_host->start(m_plan, m_folder, {}, {});
    if (!keep)
        qWarning("%s", keep.error().message().c_str());
    return keep ? std::move(*keep) : nullptr;
}

void TestLibvirtMachine::saysWhatIsMissing()
{
    const HostInfo info = m_host->info();
    QVERIFY(info.machines);
    QCOMPARE(info.state, std::string("not ready"));
    QVERIFY2(info.platform.contains("libvirt "), info.platform.c_str());
    const auto demanded = m_scene->plan(*m_host, [](MachineRequest &request) {
        request.unattested = false;
        request.technology = "snp";
    });
    QVERIFY(!demanded);
    QVERIFY2(demanded.error().message().contains("SEV-SNP was demanded"), demanded.error().message().c_str());
}

void TestLibvirtMachine::consoleChannelAndEnd()
{
    const auto keep = launch();
    QVERIFY(keep);
    QVERIFY(std::filesystem::exists(std::filesystem::path(m_folder) / sev::libvirt::machineNoteFile));
    const Fd console = keep->takeConsole();
    QVERIFY(bool(console));
    QVERIFY(readUntil(console.get(), "TEST-GUEST-PORT").contains("TEST-GUEST-UP"));
    auto stream = keep->connect();
    QVERIFY_RESULT(stream);
    QCOMPARE(::send(stream->get(), "hello", 5, MSG_NOSIGNAL), ssize_t(5));
    QCOMPARE(readUntil(stream->get(), "hello"), QByteArray("hello"));
    const auto use = keep->use();
    QVERIFY(use && use->cpuSeconds > 0 && use->memory > 0);
    QVERIFY(!m_scene->qemus(m_plan.id).empty());
    QVERIFY(keep->kill());
    QVERIFY(keep->kill()); // once is enough
    QVERIFY(m_scene->qemus(m_plan.id).empty());
    QVERIFY(!std::filesystem::exists(std::filesystem::path(m_folder) / sev::libvirt::machineNoteFile));
    QCOMPARE(readUntil(stream->get(), "never"), QByteArray()); // the stream ends
}

void TestLibvirtMachine::echoesMuch()
{
    const auto keep = launch();
    QVERIFY(keep);
    auto stream = keep->connect();
    QVERIFY_RESULT(stream);
    // More than all buffers on the way hold together, so that both directions have to wait for each other.
    QByteArray sent(24 << 20, Qt::Uninitialized);
    std::mt19937 random(7);
    std::ranges::generate(sent, [&] { return static_cast<char>('A' + random() % 26); });
    std::thread sender([&, fd = stream->get()] {
        for (qsizetype at = 0; at < sent.size();) {
            pollfd waited{fd, POLLOUT, 0};
            ::poll(&waited, 1, 1000);
            const auto wrote = ::send(fd, sent.constData() + at, static_cast<std::size_t>(std::min<qsizetype>(sent.size() - at, 1 << 16)),
                MSG_NOSIGNAL | MSG_DONTWAIT);
            if (wrote > 0)
                at += wrote;
            else if (wrote < 0 && errno != EAGAIN && errno != EINTR)
                break;
        }
    });
    QByteArray got;
    while (got.size() < sent.size()) {
        pollfd waited{stream->get(), POLLIN, 0};
        if (::poll(&waited, 1, 60'000) != 1)
            break;
        char buffer[65536];
        const auto some = ::recv(stream->get(), buffer, sizeof buffer, 0);
        if (some <= 0)
            break;
        got.append(buffer, some);
    }
    if (got.size() < sent.size())
        ::shutdown(stream->get(), SHUT_RDWR);
    sender.join();
    QCOMPARE(got.size(), sent.size());
    QVERIFY(got == sent);
    QVERIFY(keep->kill());
}

void TestLibvirtMachine::guestTurnsOff()
{
    const auto keep = launch();
    QVERIFY(keep);
    auto stream = keep->connect();
    QVERIFY_RESULT(stream);
    QCOMPARE(::send(stream->get(), "quit", 4, MSG_NOSIGNAL), ssize_t(4));
    QVERIFY(readable(keep->endFd()));
    const KeepEnd how = keep->end();
    QVERIFY(how.known && how.code == 0 && how.lastWords.contains("shut down"));
    QVERIFY(keep->kill());
}

void TestLibvirtMachine::qemuIsKilled()
{
    const auto keep = launch();
    QVERIFY(keep);
    for (const pid_t pid : m_scene->qemus(m_plan.id))
        ::kill(pid, SIGKILL);
    QVERIFY(readable(keep->endFd()));
    QVERIFY(keep->end().code != 0 || !keep->end().known);
    QVERIFY(keep->kill());
}

void TestLibvirtMachine::secondClientTakesOver()
{
    const auto keep = launch();
    QVERIFY(keep);
    auto first = keep->connect();
    QVERIFY_RESULT(first);
    ::send(first->get(), "one", 3, MSG_NOSIGNAL);
    QCOMPARE(readUntil(first->get(), "one"), QByteArray("one"));
    auto second = keep->connect();
    QVERIFY_RESULT(second);
    QCOMPARE(readUntil(first->get(), "never"), QByteArray());
    ::send(second->get(), "two", 3, MSG_NOSIGNAL);
    QVERIFY(readUntil(second->get(), "two").contains("two"));
    QVERIFY(keep->kill());
}

void TestLibvirtMachine::foundAgain()
{
    auto keep = launch();
    QVERIFY(keep);
    keep.reset(); // its loader died
    KeepStatus status;
    status.plan = m_plan;
    auto again = m_scene->host()->resume(status, m_folder);
    QVERIFY_RESULT(again);
    auto stream = (*again)->connect();
    QVERIFY_RESULT(stream);
    ::send(stream->get(), "still", 5, MSG_NOSIGNAL);
    QVERIFY(readUntil(stream->get(), "still").contains("still"));
    QVERIFY((*again)->kill());
    QVERIFY(m_scene->qemus(m_plan.id).empty());
}

void TestLibvirtMachine::goneWhileNobodyLooked()
{
    auto keep = launch();
    QVERIFY(keep);
    keep.reset();
    for (const pid_t pid : m_scene->qemus(m_plan.id))
        ::kill(pid, SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(!m_scene->virsh({QStringLiteral("list"), QStringLiteral("--name")}).contains("kastellan-"), 60'000);
    KeepStatus status;
    status.plan = m_plan;
    const auto again = m_scene->host()->resume(status, m_folder);
    QVERIFY(!again);
    QVERIFY2(again.error().message().contains("it has ended"), again.error().message().c_str());
    QVERIFY(!std::filesystem::exists(std::filesystem::path(m_folder) / sev::libvirt::machineNoteFile));
}

void TestLibvirtMachine::daemonRestarts()
{
    const auto keep = launch();
    QVERIFY(keep);
    auto stream = keep->connect();
    QVERIFY_RESULT(stream);
    ::send(stream->get(), "before", 6, MSG_NOSIGNAL);
    QVERIFY(readUntil(stream->get(), "before").contains("before"));
    m_scene->killDaemon();
    QCOMPARE(readUntil(stream->get(), "never"), QByteArray()); // the stream ended with the daemon
    m_scene->startDaemon();
    QVERIFY(!m_scene->qemus(m_plan.id).empty());
    Result<Fd> again = std::unexpected(Error{});
    QTRY_VERIFY_WITH_TIMEOUT((again = keep->connect()).has_value(), 60'000);
    ::send(again->get(), "after", 5, MSG_NOSIGNAL);
    QVERIFY(readUntil(again->get(), "after").contains("after"));
    pollfd ended{keep->endFd(), POLLIN, 0};
    QCOMPARE(::poll(&ended, 1, 0), 0);
    // And it still hears of the end.
    ::send(again->get(), "quit", 4, MSG_NOSIGNAL);
    QVERIFY(readable(keep->endFd()));
    QVERIFY(keep->kill());
}

void TestLibvirtMachine::cancelled_data()
{
    QTest::addColumn<QByteArray>("at");
    for (const char *step : {"", "asking", "reading", "bringing", "starting"})
        QTest::newRow(*step ? step : "at once") << QByteArray(step);
}

void TestLibvirtMachine::cancelled()
{
    QFETCH(const QByteArray, at);
    auto plan = m_scene->plan(*m_host);
    QVERIFY_RESULT(plan);
    m_folder = m_scene->keepFolder(*plan);
    std::stop_source stop;
    bool asked = at.isEmpty();
    if (asked)
        stop.request_stop();
    const auto keep = m_host->start(
        *plan, m_folder,
        [&](std::string_view doing, std::uint64_t, std::uint64_t) {
            if (doing.starts_with(at.toStdString())) {
                asked = true;
                stop.request_stop();
            }
        },
        stop.get_token());
    if (keep)
        QVERIFY((*keep)->kill()); // this step is none of this host's
    QCOMPARE(!keep, asked);
    if (!keep)
        QCOMPARE(keep.error().kind, ErrorKind::Cancelled);
    QVERIFY(m_scene->qemus(plan->id).empty());
    QVERIFY(std::filesystem::is_empty(m_folder));
}

void TestLibvirtMachine::badDomainIsExplained()
{
    auto plan = m_scene->plan(*m_host);
    QVERIFY_RESULT(plan);
    m_folder = m_scene->keepFolder(*plan);
    auto &xml = plan->machine->domainXml;
    const auto at = xml.find("</devices>");
    xml.insert(
        at, "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0xff' slot='0' function='0'/></source></hostdev>");
    const auto keep = m_host->start(*plan, m_folder, {}, {});
    QVERIFY(!keep);
    QVERIFY2(keep.error().why.size() > 20, keep.error().message().c_str());
    QVERIFY(std::filesystem::is_empty(m_folder));
}

void TestLibvirtMachine::deafGuest_data()
{
    QTest::addColumn<int>("bytes");
    QTest::newRow("nothing") << 0;
    QTest::newRow("as much as is ever under way") << 64 * 1024;
}

/// A machine that never reads its port is destroyed: libvirt's daemon rests afterwards, for what waited is no more than a socket holds.
void TestLibvirtMachine::deafGuest()
{
    QFETCH(const int, bytes);
    const std::string initrd = (m_scene->folder() / "deaf").string();
    writeInitrdOf(programFolder() / "libvirt-button-guest", initrd); // without the kernel's modules it waits for buttons for ever
    const auto keep = launch([&](MachineRequest &request) { request.whole->initrd = initrd; });
    QVERIFY(keep);
    const Fd console = keep->takeConsole();
    QVERIFY(readUntil(console.get(), "TEST-GUEST-HAS-NO-BUTTON").contains("TEST-GUEST-HAS-NO-BUTTON"));
    auto stream = keep->connect();
    QVERIFY_RESULT(stream);
    const QByteArray data(bytes, 'x');
    for (qsizetype sent = 0; sent < bytes;) {
        pollfd waited{stream->get(), POLLOUT, 0};
        QCOMPARE(::poll(&waited, 1, 60'000), 1);
        const auto wrote =
            ::send(stream->get(), data.constData() + sent, static_cast<std::size_t>(bytes - sent), MSG_NOSIGNAL | MSG_DONTWAIT);
        QVERIFY(wrote > 0 || errno == EAGAIN);
        sent += std::max<qsizetype>(wrote, 0);
    }
    const Status killed = keep->kill();
    QVERIFY_RESULT(killed);
    const pid_t daemon = m_scene->daemon();
    int still = 0;
    quint64 before = processorTime(daemon);
    QVERIFY(QTest::qWaitFor(
        [&] {
            const quint64 now = processorTime(daemon);
            still = now == before ? still + 1 : 0;
            before = now;
            return still == 20;
        },
        30'000));
}

QTEST_GUILESS_MAIN(TestLibvirtMachine)
#include "test_libvirt_machine.moc"
