// SPDX-License-Identifier: Apache-2.0
// The world of a process keep, as the keep sees it and as this machine sees it; and that nothing is left of it.
#include "tests/integration/launch/sandbox_scene.h"

#include "sev-backend/abi/guest_message.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/confine/landlock.h"
#include "sev-backend/launch/process.h"

#include <QtTest/QtTest>

#include <fstream>

#include <csignal>

#include <sys/prctl.h>
#include <sys/stat.h>

using namespace kastellan;
using namespace kastellan::test;
namespace fs = std::filesystem;

namespace {

QByteArray text(const std::string &value)
{
    return QByteArray::fromStdString(value);
}

const Finding *find(const std::vector<Finding> &findings, std::string_view id)
{
    const auto at = std::ranges::find(findings, id, &Finding::id);
    return at == findings.end() ? nullptr : &*at;
}

/// The report that the keep gets from its firmware; empty when there is none.
Bytes reportOf(Probe &probe, int fill)
{
    const auto answer = fromHex(probe.ask("report " + std::to_string(fill)));
    const auto response = answer ? sev::ReportResponse::decode(*answer) : Result<sev::ReportResponse>(std::unexpected(answer.error()));
    return response ? response->report : Bytes{};
}

bool ended(RunningKeep &keep)
{
    return sev::process::waitForEnd(keep.endFd(), 20'000);
}

} // namespace

#define START(keep, host, plan)                                                                                                            \
    auto keep##Result = (host).start(plan, m_scene.folder(plan), {}, {});                                                                  \
    QVERIFY2(keep##Result.has_value(), keep##Result ? "" : keep##Result.error().message().c_str());                                        \
    RunningKeep &keep = **keep##Result;                                                                                                    \
    const auto keep##Kill = qScopeGuard([&keep] { static_cast<void>(keep.kill()); })

class TestSandbox : public QObject {
    Q_OBJECT

private:
    SandboxScene m_scene;
    const bool m_root = ::geteuid() == 0;

private Q_SLOTS:
    /// As the loader does it: nobody looks at its memory. For an ordinary user much of /proc belongs to root then.
    void initTestCase() { QCOMPARE(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 0); }
    void seesOnlyItsImage();
    void hasNoPrivileges();
    void mayNot_data();
    void mayNot();
    void looksIsolatedFromOutside();
    void hasUsersOfItsOwn();
    void findingsSayWhatHolds();
    void firmwareAnswers();
    void aByteChangesTheDigest();
    void killLeavesNothing();
    void failedStartLeavesNothing_data();
    void failedStartLeavesNothing();
    void stoppedStartLeavesNothing();
    void isFoundAgain();
    void tellsHowItEnded();
    void runsBare();
};

void TestSandbox::seesOnlyItsImage()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    Probe probe(keep);
    auto facts = probe.facts();
    QCOMPARE(text(facts["files"]), "/run/ /usr/ /usr/bin/ /usr/bin/keep-warden /usr/share/ /usr/share/words ");
    QCOMPARE(text(facts["fds"]), "0 1 2 3 4 5 "); // 4 and 5: the connections that it has accepted
    QCOMPARE(text(facts["environment"]), "");
    QCOMPARE(text(facts["host"]), "keep");
    QCOMPARE(text(probe.ask("arguments")), "/usr/bin/keep-warden --process ");
    QCOMPARE(text(facts["pid"]), "1");
    QCOMPARE(text(facts["ppid"]), "0");
    QCOMPARE(text(facts["limit.core"]), "0/0");
    QCOMPARE(text(facts["limit.nproc"]), "64/64");
    QCOMPARE(text(facts["limit.nofile"]), "256/256");
}

void TestSandbox::hasNoPrivileges()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    auto facts = Probe(keep).facts();
    QCOMPARE(text(facts["uids"]), "1 1 1");
    QCOMPARE(text(facts["gids"]), "1 1 1");
    const QByteArray kept = m_root ? "c0" : "0"; // CAP_SETUID and CAP_SETGID, within its own user namespace
    for (const char *set : {"effective", "permitted", "bounding", "ambient"})
        QCOMPARE(text(facts[set]), kept);
    QCOMPARE(text(facts["nonewprivs"]), "1");
    if (m_root)
        QCOMPARE(text(facts["groups"]), "0");
}

void TestSandbox::mayNot_data()
{
    QTest::addColumn<QByteArray>("expected");
    for (const char *action : {"inet", "unix", "netlink", "unshare", "clone", "mount", "remount", "ptrace", "bpf", "keyctl", "iouring",
             "chroot", "mknod", "symlink", "wx"})
        QTest::newRow(action) << QByteArray("EPERM");
    QTest::newRow("clone3") << QByteArray("ENOSYS");
    QTest::newRow("root") << QByteArray("EINVAL"); // there is no root in its namespace
    for (const char *action : {"passwd", "proc", "devnull", "parent"})
        QTest::newRow(action) << QByteArray("ENOENT");
    QTest::newRow("killall") << QByteArray("ESRCH");
    QTest::newRow("image") << QByteArray("0");
    QTest::newRow("runfile") << QByteArray("0");
    QTest::newRow("execimage") << QByteArray("");
    QTest::newRow("execrun") << QByteArray("EACCES"); // Landlock: what was written is not executed
    QTest::newRow("unlinkimage") << QByteArray("EROFS");
    for (const char *action : {"writeimage", "newfile", "rootfile"})
        QTest::newRow(action) << QByteArray("EROFS EACCES"); // whichever is asked first
}

void TestSandbox::mayNot()
{
    QFETCH(const QByteArray, expected);
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    const QByteArray answer = text(Probe(keep).ask(std::string("try ") + QTest::currentDataTag()));
    QVERIFY2(expected == answer || expected.split(' ').contains(answer), answer.constData());
}

void TestSandbox::looksIsolatedFromOutside()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    const std::string pid = std::to_string(keep.process().first);
    for (const char *name : {"user", "mnt", "pid", "net", "ipc", "uts"}) {
        QVERIFY2(!sev::process::namespaceOf(pid, name).empty(), name);
        QVERIFY2(sev::process::namespaceOf(pid, name) != sev::process::namespaceOf("self", name), name);
    }
    QCOMPARE(text(sev::process::statusField(keep.process().first, "Seccomp").value_or("")), "2");
    const auto lines = [&](const char *file) { return text(contentOf("/proc/" + pid + "/" + file)).trimmed().split('\n'); };
    // Two mounts: the root, read-only, and /run.
    const auto mounts = lines("mountinfo");
    QCOMPARE(mounts.size(), 2);
    QVERIFY2(mounts[0].contains(" / / ro,nosuid,nodev"), mounts[0].constData());
    QVERIFY2(mounts[0].contains("- tmpfs none ro"), mounts[0].constData());
    QVERIFY2(mounts[1].contains(" / /run rw,nosuid,nodev"), mounts[1].constData());
    const auto interfaces = lines("net/dev");
    QCOMPARE(interfaces.size(), 3); // two of headings
    QVERIFY(interfaces[2].trimmed().startsWith("lo:"));
}

void TestSandbox::hasUsersOfItsOwn()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host), second = m_scene.plan(host);
    START(keep, host, plan);
    START(other, host, second);
    const auto user = [](RunningKeep &of) {
        return text(sev::process::statusField(of.process().first, "Uid").value_or("")).split('\t').value(0).toUInt();
    };
    const QByteArray asRunner = text(Probe(keep).ask("try runner"));
    if (!m_root) {
        QCOMPARE(user(keep), ::geteuid());
        QCOMPARE(asRunner, "EINVAL EINVAL 1");
        return;
    }
    QVERIFY(user(keep) >= 60'000);
    QVERIFY(user(keep) != user(other));
    QCOMPARE(asRunner, "0 0 2");
}

void TestSandbox::findingsSayWhatHolds()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    const auto findings = keep.findings();
    QCOMPARE(findings.size(), 2u);
    const Finding *isolation = find(findings, "sandbox.isolation"), *users = find(findings, "sandbox.users");
    QVERIFY(isolation && users);
    QCOMPARE(isolation->outcome, Outcome::Pass);
    QVERIFY(isolation->required);
    QVERIFY(text(isolation->actual).contains("user, mnt, pid, net, ipc, uts"));
    QVERIFY(text(isolation->actual).contains(text("Landlock version " + std::to_string(sev::landlock::version()))));
    QCOMPARE(users->outcome, Outcome::Info);
    QVERIFY(text(users->actual).contains(m_root ? QByteArray("runner is user") : "share user " + QByteArray::number(::geteuid())));
}

void TestSandbox::firmwareAnswers()
{
    const auto options = m_scene.options();
    sev::EmulatedHost host(options);
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    Probe probe(keep);
    const Bytes bytes = reportOf(probe, 7);
    const auto first = sev::ReportView::from(bytes);
    QVERIFY2(first.has_value(), first ? "" : first.error().message().c_str());
    QVERIFY(first->measurement() == options.referenceDigest);
    QCOMPARE(text(toHex(first->hostData().view())), text(plan.ownerKey));
    QCOMPARE(text(toHex(first->reportData().view())), QByteArray("07").repeated(64));
    QCOMPARE(text(probe.ask("firmware")), "1");
    // It is served again on a connection of its own making.
    QCOMPARE(text(probe.ask("drop")), "ok");
    QTRY_COMPARE(text(probe.ask("firmware")), "2");
    QVERIFY(!reportOf(probe, 8).empty());
    // A command that this firmware has not ends the connection, not the service.
    QCOMPARE(text(probe.ask("badcommand")), "lost");
    QTRY_COMPARE(text(probe.ask("firmware")), "3");
    QVERIFY(!reportOf(probe, 9).empty());
}

void TestSandbox::aByteChangesTheDigest()
{
    const auto options = m_scene.options();
    const fs::path file = m_scene.image() / "usr/share/words";
    const std::string before = contentOf(file);
    const auto restore = qScopeGuard([&] { writeFile(file, before); });
    std::string changed = before;
    changed[3] = static_cast<char>(changed[3] ^ 1);
    writeFile(file, changed);
    sev::EmulatedHost host(options);
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    Probe probe(keep);
    const Bytes bytes = reportOf(probe, 1);
    const auto report = sev::ReportView::from(bytes);
    QVERIFY(report.has_value());
    QVERIFY(report->measurement() != *plan.expected.launchDigest);
    const auto findings = keep.findings();
    const Finding *files = find(findings, "launch.files");
    QVERIFY(files);
    QCOMPARE(files->outcome, Outcome::Fail);
    QVERIFY2(files->actual.starts_with("/usr/share/words: its SHA-256 is "), files->actual.c_str());
}

void TestSandbox::killLeavesNothing()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    START(keep, host, plan);
    const auto [pid, start] = keep.process();
    const std::string world = sev::process::namespaceOf(std::to_string(pid), "pid");
    QCOMPARE(text(Probe(keep).ask("spawn")), "ok");
    QTRY_VERIFY(processesIn(world).size() >= 4);
    QVERIFY(fs::exists(m_scene.folder(plan) / "guest.ctx"));
    QCOMPARE(static_cast<int>(fs::status(m_scene.folder(plan) / "guest.ctx").permissions()), 0600);
    QCOMPARE(std::distance(fs::directory_iterator(m_scene.runtime()), {}), 1);
    QCOMPARE(mountsNaming(toHex(plan.id.view())), 0); // its mounts are its own

    QVERIFY(keep.kill());
    QVERIFY(processesIn(world).empty());
    QVERIFY(sev::process::startTime(pid) != start);
    QVERIFY(!fs::exists("/proc/" + std::to_string(pid)) || sev::process::startTime(pid) != 0); // reaped
    QVERIFY(fs::is_empty(m_scene.runtime()));
    QVERIFY(fs::is_empty(m_scene.folder(plan)));
    QCOMPARE(mountsNaming(toHex(plan.id.view())), 0);
    QVERIFY(!keep.connect().has_value());
    QVERIFY(keep.kill()); // once more changes nothing
}

void TestSandbox::failedStartLeavesNothing_data()
{
    QTest::addColumn<QString>("said");
    QTest::newRow("no image") << "there is no such folder";
    QTest::newRow("no warden") << "the keep image has no such file";
    QTest::newRow("not executable") << "execute the warden";
    QTest::newRow("not a program") << "execute the warden";
    QTest::newRow("a link") << "neither a file nor a folder";
    QTest::newRow("below run") << "nothing below /run";
}

void TestSandbox::failedStartLeavesNothing()
{
    QFETCH(const QString, said);
    SandboxScene scene;
    const fs::path warden = scene.image() / "usr/bin/keep-warden";
    const QByteArray fault = QTest::currentDataTag();
    if (fault == "no image")
        fs::remove_all(scene.image());
    else if (fault == "no warden")
        fs::remove(warden);
    else if (fault == "not executable")
        ::chmod(warden.c_str(), 0644);
    else if (fault == "not a program")
        writeFile(warden,
            "\x7f"
            "ELF, but not really",
            0755);
    else if (fault == "a link")
        fs::create_symlink("/etc/passwd", scene.image() / "usr/link");
    else
        writeFile(scene.image() / "run/file", "x");
    sev::EmulatedHost host(scene.options());
    const LaunchPlan plan = scene.plan(host);
    const auto result = host.start(plan, scene.folder(plan), {}, {});
    QVERIFY(!result.has_value());
    QVERIFY2(QString::fromStdString(result.error().message()).contains(said), result.error().message().c_str());
    QVERIFY(!result.error().remedy.empty() || fault == "below run");
    QVERIFY(!fs::exists(scene.runtime()) || fs::is_empty(scene.runtime()));
    QVERIFY(fs::is_empty(scene.folder(plan)));
}

void TestSandbox::stoppedStartLeavesNothing()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    std::stop_source stop;
    const auto result = host.start(
        plan, m_scene.folder(plan),
        [&stop](std::string_view doing, std::uint64_t, std::uint64_t) {
            if (doing == "measuring the keep image")
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY(!result.has_value());
    QCOMPARE(result.error().kind, ErrorKind::Cancelled);
    QVERIFY(fs::is_empty(m_scene.runtime()));
    QVERIFY(fs::is_empty(m_scene.folder(plan)));
}

void TestSandbox::isFoundAgain()
{
    KeepStatus status;
    std::unique_ptr<RunningKeep> again;
    {
        sev::EmulatedHost host(m_scene.options());
        status.plan = m_scene.plan(host);
        auto keep = host.start(status.plan, m_scene.folder(status.plan), {}, {});
        QVERIFY(keep.has_value());
        std::tie(status.wardenPid, status.wardenStart) = (*keep)->process();
    } // the first loader is gone, with its firmware
    sev::EmulatedHost host(m_scene.options());
    KeepStatus other = status;
    other.wardenStart += 1;
    QVERIFY(!host.resume(other, m_scene.folder(status.plan)).has_value());
    auto found = host.resume(status, m_scene.folder(status.plan));
    QVERIFY2(found.has_value(), found ? "" : found.error().message().c_str());
    again = std::move(*found);
    const auto kill = qScopeGuard([&again] { static_cast<void>(again->kill()); });
    Probe probe(*again);
    QTRY_VERIFY(text(probe.ask("firmware")).toInt() >= 1);
    QTRY_VERIFY(fromHex(probe.ask("report 3")).value_or(Bytes{}).size() == sev::ReportResponse::size);
    const auto findings = again->findings();
    const Finding *isolation = find(findings, "sandbox.isolation");
    QVERIFY(isolation);
    QCOMPARE(isolation->outcome, Outcome::Pass);
    QVERIFY(again->kill());
    QVERIFY(ended(*again));
    QVERIFY(fs::is_empty(m_scene.runtime()));
    QVERIFY(!host.resume(status, m_scene.folder(status.plan)).has_value());
}

void TestSandbox::tellsHowItEnded()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host), second = m_scene.plan(host);
    START(keep, host, plan);
    Probe probe(keep);
    QVERIFY(!keep.end().known); // asked too early: no answer, and no harm
    probe.ask("say these are my last words");
    probe.ask("exit 7");
    QVERIFY(ended(keep));
    KeepEnd end = keep.end();
    QVERIFY(end.known && !end.bySignal);
    QCOMPARE(end.code, 7);
    QCOMPARE(text(end.lastWords), "these are my last words");
    QCOMPARE(keep.end().code, 7);

    START(other, host, second);
    sev::process::kill(other.endFd());
    QVERIFY(ended(other));
    end = other.end();
    QVERIFY(end.known && end.bySignal);
    QCOMPARE(end.code, SIGKILL);
}

void TestSandbox::runsBare()
{
    sev::EmulatedHost host(m_scene.options());
    LaunchPlan plan = m_scene.plan(host);
    plan.noSandbox = true;
    START(keep, host, plan);
    const auto findings = keep.findings();
    const Finding *isolation = find(findings, "sandbox.isolation");
    QVERIFY(isolation);
    QCOMPARE(isolation->outcome, Outcome::Fail);
    QVERIFY(isolation->required);
    QVERIFY(text(isolation->actual).contains("namespaces shared with this machine: user, mnt, pid, net, ipc, uts"));
    Probe probe(keep);
    QCOMPARE(text(probe.facts()["effective"]), "0");
    const fs::path image = m_scene.folder(plan) / "image";
    QCOMPARE(text(probe.ask("arguments")),
        text("/usr/bin/keep-warden --process --run " + (image / "run").string() + " --runner " + (image / "usr/bin/keep-runner").string()
            + " "));
    QCOMPARE(fromHex(probe.ask("report 3")).value_or(Bytes{}).size(), sev::ReportResponse::size);
    QCOMPARE(static_cast<int>(fs::status(image).permissions()), 0700);
    // Some of its descendants leave its process group, and one loses its parent: none may outlive it.
    const auto childrenOf = [](std::int64_t pid) {
        std::vector<std::int64_t> numbers;
        std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
        for (std::int64_t number = 0; file >> number;)
            numbers.push_back(number);
        return numbers;
    };
    probe.ask("spawn");
    std::vector<std::int64_t> children;
    const auto complete = [&] {
        children = childrenOf(keep.process().first);
        return std::ranges::count_if(children, [](auto pid) { return sev::process::startTime(pid) != 0; }) == 3;
    };
    QTRY_VERIFY(complete());
    QVERIFY(keep.kill());
    for (const auto child : children)
        QTRY_COMPARE(sev::process::startTime(child), 0u);
    QVERIFY(fs::is_empty(m_scene.folder(plan)));
    QVERIFY(fs::is_empty(m_scene.runtime()));
}

QTEST_GUILESS_MAIN(TestSandbox)
#include "test_sandbox.moc"
