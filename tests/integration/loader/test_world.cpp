// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/scene/processes.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include <unistd.h>

using namespace kastellan;
using namespace kastellan::test;
namespace fs = std::filesystem;

/// A keep's processes as the machine sees them, and the machine as a module sees it.
class TestWorld : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void theModuleSeesNothing();
    void noProcessHasPrivileges();
    void noNamespaceIsShared();
    void onlyTheImageIsMounted();
    void thereIsNoNetwork();
    void keepsHaveUsersOfTheirOwn();
    void theFindingsSayIt();

private:
    std::unique_ptr<Scene> m_scene;
    std::unique_ptr<Watch> m_watch;
    pid_t m_warden = 0;
    std::vector<pid_t> m_processes;
};

namespace {

std::string proc(pid_t process, const char *file)
{
    return contentOf("/proc/" + std::to_string(process) + "/" + file);
}

std::string idsOf(pid_t process)
{
    return statusOf(process)["Uid"];
}

} // namespace

void TestWorld::init()
{
    m_scene = std::make_unique<Scene>();
    m_watch = m_scene->launch({.module = "world"});
    REQUIRE_LAUNCHED(m_watch, *m_scene);
    VERIFY_KEEP(m_watch->untilOutput("looked\n"), *m_watch);
    m_warden = static_cast<pid_t>(m_watch->status().wardenPid);
    m_processes = companions(m_warden);
    QVERIFY2(m_processes.size() >= 3, "the warden, the runner's supervisor and the runner are there");
    QVERIFY(companions(m_warden, "keep-runner").size() >= 2);
}

void TestWorld::cleanup()
{
    if (m_watch && !m_watch->closed()) {
        QVERIFY(m_watch->client().closeInput());
        VERIFY_KEEP(m_watch->untilClosed(), *m_watch);
        VERIFY_KEEP(m_watch->status().exitCode == 0, *m_watch);
    }
    if (m_scene)
        QCOMPARE(m_scene->leftovers(), "");
    m_watch.reset();
    m_scene.reset();
}

void TestWorld::theModuleSeesNothing()
{
    const std::string output = m_watch->output();
    VERIFY_KEEP(output.starts_with("folders 0 variables 0 arguments 1 [main.wasm]\n"), *m_watch);
    VERIFY_KEEP(output.find("OPEN") == std::string::npos, *m_watch);
    QCOMPARE(std::ranges::count(output, '\n'), 8);
}

void TestWorld::noProcessHasPrivileges()
{
    for (const pid_t process : m_processes) {
        auto status = statusOf(process);
        const std::string who = status["Name"] + " " + std::to_string(process);
        for (const char *set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
            QVERIFY2(status[set] == "0000000000000000", (who + " " + set + " " + status[set]).c_str());
        // What the warden needed to give the runner its id may stay in the bounding set: nothing can come of it without new privileges.
        QVERIFY2((std::stoull(status["CapBnd"], nullptr, 16) & ~0xc0ull) == 0, (who + " CapBnd " + status["CapBnd"]).c_str());
        QVERIFY2(status["NoNewPrivs"] == "1", who.c_str());
        QVERIFY2(status["Seccomp"] == "2", who.c_str());
        QVERIFY2(std::stoi(status["Seccomp_filters"]) >= 1, who.c_str());
        const std::string limits = proc(process, "limits");
        QVERIFY2(limits.find("Max core file size        0                    0") != std::string::npos, who.c_str());
        std::istringstream ids(status["Uid"] + " " + status["Gid"]);
        for (unsigned long id = 0; ids >> id;)
            QVERIFY2(id != 0 && (::geteuid() == 0 ? id >= 1000 : id == ::geteuid() || id == ::getegid()), who.c_str());
        QVERIFY2(status["Groups"].find_first_of("123456789") == std::string::npos || ::geteuid() != 0, who.c_str());
    }
    // The process that runs the module is held tighter than the warden.
    const auto runners = companions(m_warden, "keep-runner");
    const int wardens = std::stoi(statusOf(m_warden)["Seccomp_filters"]);
    QVERIFY(std::ranges::any_of(runners, [&](pid_t runner) { return std::stoi(statusOf(runner)["Seccomp_filters"]) > wardens; }));
}

void TestWorld::noNamespaceIsShared()
{
    for (const pid_t process : m_processes)
        for (const char *kind : {"user", "mnt", "pid", "net", "ipc", "uts"}) {
            QVERIFY(!namespaceOf(process, kind).empty());
            QVERIFY2(namespaceOf(process, kind) != namespaceOf(::getpid(), kind), kind);
            QCOMPARE(namespaceOf(process, kind), namespaceOf(m_warden, kind));
        }
    QVERIFY(statusOf(m_warden)["NSpid"].ends_with("\t1"));
}

void TestWorld::onlyTheImageIsMounted()
{
    for (const pid_t process : m_processes) {
        std::istringstream lines(proc(process, "mountinfo"));
        std::set<std::string> places;
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string number, parent, device, root, place, options;
            words >> number >> parent >> device >> root >> place >> options;
            places.insert(place);
            QVERIFY2(line.find(" - tmpfs ") != std::string::npos, line.c_str());
            QVERIFY2(line.find("nosuid") != std::string::npos && line.find("nodev") != std::string::npos, line.c_str());
            if (place == "/")
                QVERIFY2(options.starts_with("ro,"), line.c_str());
        }
        QCOMPARE(places, (std::set<std::string>{"/", "/run"}));
    }
    // The root as it really is, file by file.
    const fs::path root = "/proc/" + std::to_string(m_warden) + "/root";
    std::set<std::string> seen, wanted;
    std::error_code code;
    for (auto it = fs::recursive_directory_iterator(root, code); !code && it != fs::recursive_directory_iterator(); it.increment(code)) {
        const std::string path = "/" + it->path().lexically_relative(root).string();
        if (path == "/run")
            it.disable_recursion_pending();
        else if (!it->is_directory())
            seen.insert(path);
    }
    if (code && ::geteuid() != 0)
        QSKIP("this user may not look into the keep's root");
    for (const auto &entry : fs::recursive_directory_iterator(keepImageFolder()))
        if (entry.is_regular_file())
            wanted.insert("/" + entry.path().lexically_relative(keepImageFolder()).string());
    QCOMPARE(seen, wanted);
}

void TestWorld::thereIsNoNetwork()
{
    for (const pid_t process : m_processes) {
        std::istringstream lines(proc(process, "net/dev"));
        std::string line;
        std::getline(lines, line);
        std::getline(lines, line);
        while (std::getline(lines, line))
            QVERIFY2(line.find(" lo:") != std::string::npos, line.c_str());
        QVERIFY2(std::ranges::count(proc(process, "net/route"), '\n') <= 1, "no route but the heading");
    }
}

void TestWorld::keepsHaveUsersOfTheirOwn()
{
    const auto runners = companions(m_warden, "keep-runner");
    if (::geteuid() != 0) {
        for (const pid_t runner : runners)
            QCOMPARE(idsOf(runner), idsOf(m_warden));
        return;
    }
    for (const pid_t runner : runners)
        QVERIFY2(idsOf(runner) != idsOf(m_warden), "warden and runner have an id each");
    const auto other = m_scene->launch({.module = "world"});
    REQUIRE_LAUNCHED(other, *m_scene);
    VERIFY_KEEP(other->untilOutput("looked\n"), *other);
    std::set<std::string> ids{idsOf(m_warden), idsOf(runners[0])};
    for (const pid_t process : companions(static_cast<pid_t>(other->status().wardenPid)))
        QVERIFY2(!ids.contains(idsOf(process)), "no id is shared between keeps");
    QVERIFY(other->client().stop(0));
    VERIFY_KEEP(other->untilClosed(), *other);
}

void TestWorld::theFindingsSayIt()
{
    const auto records = m_scene->records(m_watch->id());
    QCOMPARE(records.size(), std::size_t(2));
    const auto &findings = records[1].appraisal.findings;
    const auto find = [&](const char *id) { return std::ranges::find(findings, id, &Finding::id); };
    QVERIFY(find("sandbox.isolation") != findings.end() && find("sandbox.users") != findings.end());
    QCOMPARE(find("sandbox.isolation")->outcome, Outcome::Pass);
    QVERIFY(find("sandbox.isolation")->required);
    for (const char *kind : {"user", "mnt", "pid", "net", "ipc", "uts"})
        QVERIFY2(find("sandbox.isolation")->actual.find(kind) != std::string::npos, kind);
    for (const auto &finding : findings)
        if (finding.id.starts_with("sandbox."))
            QVERIFY2(!finding.actual.empty() && !finding.why.empty() && finding.area == "sandbox", finding.id.c_str());
}

QTEST_GUILESS_MAIN(TestWorld)
#include "test_world.moc"
