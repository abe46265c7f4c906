// SPDX-License-Identifier: Apache-2.0
// Looking at many hosts at once: in time, several at a time, and stopped at once. And what lists them never waits.
#include "app/backends/added_hosts.h"
#include "app/backends/addresses.h"
#include "app/backends/backends.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace kastellan;
using namespace std::chrono;

namespace {

/// Takes connections and never says a word: what waits for its greeting waits for ever.
class SilentServer {
public:
    SilentServer()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        m_socket = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(m_socket.get(), reinterpret_cast<sockaddr *>(&address), size) != 0 || ::listen(m_socket.get(), 64) != 0
            || ::getsockname(m_socket.get(), reinterpret_cast<sockaddr *>(&address), &size) != 0)
            qFatal("no socket");
        m_port = ntohs(address.sin_port);
    }
    [[nodiscard]] std::string address(int number) const
    {
        return "qemu+ssh://user" + std::to_string(number) + "@127.0.0.1:" + std::to_string(m_port) + "/system";
    }

private:
    Fd m_socket;
    unsigned m_port = 0;
};

} // namespace

class TestLookAtHosts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder.emplace(); }

    void inTimeAndAtOnce()
    {
        const SilentServer server;
        std::vector<std::string> addresses;
        for (int i = 0; i < 8; ++i)
            addresses.push_back(server.address(i));
        addresses.emplace_back("qemu+ssh://127.0.0.1:1/system"); // refused at once
        addresses.emplace_back("https://epyc1");
        std::uint64_t told = 0;
        const auto before = steady_clock::now();
        const auto looks = lookAtHosts(addresses, {.atOnce = 8, .time = milliseconds(2000)},
            [&told](std::string_view, std::uint64_t done, std::uint64_t total) {
                QCOMPARE(total, 10u);
                QCOMPARE(done, ++told); // one after the other, whatever thread
            },
            {});
        // One after the other they would take 16 seconds.
        QVERIFY(steady_clock::now() - before < seconds(12));
        QCOMPARE(told, 10u);
        for (int i = 0; i < 8; ++i) {
            QVERIFY(looks[std::size_t(i)].time > 0 && looks[std::size_t(i)].state != "ready");
            QVERIFY2(looks[std::size_t(i)].why.contains("within 2 seconds"), looks[std::size_t(i)].why.c_str());
        }
        QVERIFY(looks[8].state != "ready" && !looks[8].why.empty() && !looks[8].why.contains("within"));
        QVERIFY(looks[9].state == "unknown" && looks[9].why.contains("scheme"));
    }

    void stoppedAtOnce()
    {
        const SilentServer server;
        std::stop_source stop;
        std::vector<HostLook> looks;
        const auto before = steady_clock::now();
        std::thread looking([&] {
            looks = lookAtHosts(
                {server.address(1), server.address(2), server.address(3)}, {.atOnce = 1, .time = minutes(10)}, {}, stop.get_token());
        });
        stop.request_stop();
        looking.join();
        QVERIFY(steady_clock::now() - before < seconds(30));
        QCOMPARE(looks.size(), 3u);
        for (const auto &look : looks)
            QCOMPARE(look.time, 0); // not reached is not the same as not ready
    }

    void listsNeverWait()
    {
        const SilentServer server;
        for (int i = 0; i < 200; ++i)
            QVERIFY(addKnownHost(server.address(i), "host" + std::to_string(i)));
        const auto registry = makeHosts();
        const auto before = steady_clock::now();
        const auto hosts = registry->hosts();
        std::size_t added = 0;
        for (const auto &host : hosts) {
            if (const HostInfo info = host->info(); info.id.starts_with("qemu+ssh://")) {
                ++added;
                QCOMPARE(info.state, std::string("unknown"));
                QVERIFY(!info.why.empty() && !info.remedy.empty());
            }
        }
        QCOMPARE(added, 200u);
        QVERIFY(steady_clock::now() - before < seconds(10)); // one of them that was asked would take longer
        const auto byName = registry->find("host7");
        QVERIFY(byName);
        QCOMPARE((*byName)->info().id, server.address(7));
        QVERIFY(registry->find(server.address(500))); // an address need not have been added
        QVERIFY(!registry->find("host500") && !registry->find("https://epyc1"));
        QCOMPARE(registry->find("emulated").value()->info().id, std::string("emulated"));
    }

    void whatWasFoundIsListed()
    {
        QVERIFY(addKnownHost("qemu+ssh://epyc1/system", "epyc1"));
        HostLook look;
        look.time = 1795437470;
        look.state = "ready";
        look.technologies = {"snp"};
        look.platform = "AMD EPYC 9354";
        look.facts = {{"QEMU", "10.0.13"}};
        QVERIFY(storeHostLooks({{"qemu+ssh://epyc1/system", look}}));
        const HostInfo info = (*makeHosts()->find("epyc1"))->info();
        QCOMPARE(info.state, std::string("ready"));
        QCOMPARE(info.technologies, std::vector<std::string>{"snp"});
        QCOMPARE(info.name, std::string("epyc1"));
        QCOMPARE(info.facts.back().second, std::string("2026-11-23 12:37 UTC"));
    }

    void onlyToBeLookedAt()
    {
        const auto host = hostAt("ssh://root@epyc1");
        QVERIFY(host);
        LaunchPlan plan;
        const Status planned = (*host)->prepare(plan, {}, {});
        QVERIFY(!planned && planned.error().remedy.contains("qemu+ssh://root@epyc1/system"));
    }

private:
    std::optional<test::DataFolder> m_folder;
};

QTEST_GUILESS_MAIN(TestLookAtHosts)
#include "test_look_at_hosts.moc"
