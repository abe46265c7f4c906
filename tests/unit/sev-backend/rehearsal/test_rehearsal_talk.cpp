// SPDX-License-Identifier: Apache-2.0
// The talk on a monitor: messages wherever they are cut, answers in their order, clients that come again, descriptors.
#include "sev-backend/rehearsal/capabilities.h"
#include "sev-backend/rehearsal/monitor_talk.h"

#include <QtTest/QTest>

#include <fcntl.h>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

class Subject final : public MonitorSubject {
public:
    std::optional<QmpAnswer> answer(std::string_view command, std::string_view) override
    {
        return command == "query-sev" ? std::optional<QmpAnswer>("{\"enabled\":true}") : std::nullopt;
    }
    std::string reply(std::string_view command, std::string_view arguments, std::string message) override
    {
        return completedReply(command, arguments, std::move(message));
    }
    bool hides(std::string_view event, std::string_view) override { return event == "HIDDEN"; }
    OrRefusal<void> aboutToRun() override
    {
        ++runs;
        return refuses ? OrRefusal<void>(refuse({"no"})) : OrRefusal<void>();
    }
    int runs = 0;
    bool refuses = false;
};

std::string taken(std::deque<MonitorTalk::Chunk> &chunks)
{
    std::string text;
    for (auto &chunk : chunks)
        text += chunk.text;
    chunks.clear();
    return text;
}

const std::string greeting = R"({"QMP": {"version": {}}})";

} // namespace

class TestRehearsalTalk : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void splitting();
    void large();
    void quotes();
    void order();
    void comesAgain();
    void running();
    void descriptors();
    void completed();

private:
    static void negotiate(MonitorTalk &talk)
    {
        talk.clientCame();
        talk.fromQemu(greeting + "\r\n");
        talk.fromClient(R"({"execute":"qmp_capabilities","id":"0"})");
        talk.fromQemu("{\"return\": {}, \"id\": \"0\"}\r\n");
        talk.toClient().clear();
        talk.toQemu().clear();
    }
};

void TestRehearsalTalk::splitting()
{
    const std::string stream = " {\"a\": \"}\\\"{\", \"b\": [{}, 'x}']}\r\n{}junk[1]\n";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut)
        for (std::size_t second = cut; second <= stream.size(); ++second) {
            MessageSplitter splitter;
            splitter.feed(std::string_view(stream).substr(0, cut));
            splitter.feed(std::string_view(stream).substr(cut, second - cut));
            splitter.feed(std::string_view(stream).substr(second));
            std::string all;
            std::vector<std::string> messages;
            while (const auto piece = splitter.next()) {
                all += piece->text;
                if (piece->kind == MessageSplitter::Piece::Kind::Message)
                    messages.push_back(piece->text);
            }
            QCOMPARE(all, stream);
            QCOMPARE(messages, (std::vector<std::string>{"{\"a\": \"}\\\"{\", \"b\": [{}, 'x}']}", "{}", "[1]"}));
        }
}

void TestRehearsalTalk::large()
{
    Subject subject;
    MonitorTalk talk(subject);
    negotiate(talk);
    talk.fromClient(R"({"execute":"query-blockstats","id":7})");
    const std::string message = "{\"return\": \"" + std::string(MessageSplitter::messageLimit * 2, 'x') + "\", \"id\": 7}";
    talk.fromQemu(message + "\r\n");
    QVERIFY(talk.toClient() == message + "\r\n");
    QCOMPARE(talk.pending(), 0u);
    taken(talk.toQemu());
    talk.fromClient(message);
    QVERIFY(taken(talk.toQemu()) == message + "\r\n");
}

void TestRehearsalTalk::quotes()
{
    const std::string single = "{'a': 'it\\'s \"x\"', \"b'\": 'c'}", proper = "{\"a\": \"it's \\\"x\\\"\", \"b'\": \"c\"}";
    QCOMPARE(properJson(single), proper);
    Subject subject;
    MonitorTalk talk(subject);
    negotiate(talk);
    talk.fromClient("{'execute':'cont'}"); // QEMU takes it, so it must not pass unseen
    QCOMPARE(subject.runs, 1);
}

void TestRehearsalTalk::order()
{
    Subject subject;
    MonitorTalk talk(subject);
    negotiate(talk);
    talk.fromClient(R"({"execute":"query-status","id":1}{"execute":"query-sev","id":2}{"execute":"stop","id":3})");
    QCOMPARE(talk.toClient(), ""); // ours waits for the one before it
    talk.fromQemu("{\"event\": \"HIDDEN\"}{\"event\": \"STOP\"}\r\n{\"return\": {}, \"id\": 1}\r\n");
    QCOMPARE(talk.toClient(), "{\"event\": \"STOP\"}\r\n{\"return\": {}, \"id\": 1}\r\n{\"return\": {\"enabled\":true}, \"id\": 2}\r\n");
    QCOMPARE(talk.pending(), 1u);
}

void TestRehearsalTalk::comesAgain()
{
    Subject subject;
    MonitorTalk talk(subject);
    negotiate(talk);
    talk.fromClient(R"({"execute":"query-status","id":1})");
    talk.clientWent();
    talk.fromQemu("{\"event\": \"LOST\"}\r\n");
    talk.clientCame();
    QCOMPARE(talk.toClient(), greeting + "\r\n");
    talk.toClient().clear();
    talk.toQemu().clear();
    talk.fromQemu("{\"return\": {}, \"id\": 1}\r\n"); // the one who asked is gone
    QCOMPARE(talk.toClient(), "");
    talk.fromClient(R"({"execute":"query-sev","id":1})");
    QVERIFY(talk.toClient().contains("CommandNotFound"));
    talk.toClient().clear();
    talk.fromClient(R"({"execute":"qmp_capabilities","id":"a"})");
    QCOMPARE(talk.toClient(), "{\"return\": {}, \"id\": \"a\"}\r\n");
    QCOMPARE(taken(talk.toQemu()), "");
}

void TestRehearsalTalk::running()
{
    Subject subject;
    MonitorTalk talk(subject);
    negotiate(talk);
    talk.fromClient(R"({"execute":"human-monitor-command","arguments":{"command-line":" cont "}})");
    QCOMPARE(subject.runs, 1);
    QVERIFY(!taken(talk.toQemu()).empty());
    talk.fromQemu("{\"event\": \"RESUME\"}\r\n"); // somebody else's doing
    QCOMPARE(subject.runs, 2);
    subject.refuses = true;
    talk.fromClient(R"({"execute":"cont"})");
    QVERIFY(talk.refusal());
    QCOMPARE(taken(talk.toQemu()), "");
}

void TestRehearsalTalk::descriptors()
{
    Subject subject;
    MonitorTalk talk(subject);
    negotiate(talk);
    const std::string first = R"({"execute":"query-status"})", second = R"({"execute":"getfd","arguments":{"fdname":"a"}})";
    std::vector<Fd> fds;
    fds.emplace_back(::open("/dev/null", O_RDONLY));
    talk.fromClient(first + "\r\n");
    talk.fromClient(second.substr(0, 5), std::move(fds)); // they come with its first bytes
    talk.fromClient(second.substr(5) + first);
    QCOMPARE(talk.toQemu().size(), 3u);
    QCOMPARE(talk.toQemu()[0].descriptors.size(), 0u);
    QCOMPARE(talk.toQemu()[1].descriptors.size(), 1u);
    QCOMPARE(talk.toQemu()[2].descriptors.size(), 0u);
}

void TestRehearsalTalk::completed()
{
    const std::string types =
        completedReply("qom-list-types", "{}", R"({"return": [{"name": "memory-backend-ram", "parent": "a"}], "id": 1})");
    QVERIFY(types.contains("sev-snp-guest") && types.contains("\"sev-guest\""));
    const std::string there = R"({"return": [{"name": "sev-guest"}, {"name": "sev-snp-guest"}]})";
    QCOMPARE(completedReply("qom-list-types", "{}", there), there);
    QVERIFY(completedReply("qom-list-properties", R"({"typename":"sev-snp-guest"})", R"({"error": {"class": "DeviceNotFound"}, "id": 1})")
            .contains("host-data"));
    QVERIFY(completedReply("qom-list-properties", R"({"typename":"none-machine"})", R"({"return": []})")
            .contains("confidential-guest-support"));
    const std::string kvm = R"({"return": {"enabled": false, "present": false}})";
    QCOMPARE(completedReply("query-kvm", "{}", kvm), kvm);
}

QTEST_GUILESS_MAIN(TestRehearsalTalk)
#include "test_rehearsal_talk.moc"
