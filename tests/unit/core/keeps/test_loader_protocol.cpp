// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/keeps/loader_protocol.h"

#include <QtTest/QTest>

#include <unistd.h>

using namespace kastellan;
using namespace kastellan::loader;

class TestLoaderProtocol : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void requestsGoBothWays();
    void foreignRequestsAreRefused();
    void eventsGoBothWays();
    void linesComeWholeOrNotAtAll();
    void linesAreBounded();
    void secretsGoBothWays();
    void cutSecretsAreRefusedAtEveryLength();
    void processesAreKnownByTheirStart();
};

void TestLoaderProtocol::requestsGoBothWays()
{
    const auto again = [](const Request &request) {
        std::string line = encode(request);
        line.pop_back();
        return decodeRequest(line).value();
    };
    Bytes data(256);
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<std::uint8_t>(i);
    QCOMPARE(std::get<InputRequest>(again(InputRequest{data})).data, data);
    QCOMPARE(std::get<StopRequest>(again(StopRequest{7})).graceSeconds, 7u);
    QVERIFY(std::holds_alternative<AttestRequest>(again(AttestRequest{})));
    QVERIFY(std::holds_alternative<CloseInputRequest>(again(CloseInputRequest{})));
}

void TestLoaderProtocol::foreignRequestsAreRefused()
{
    for (const char *line : {"", "{", "[]", "{}", R"({"request":"format-disk"})", R"({"request":7})", R"({"request":"input"})",
             R"({"request":"input","base64":"*"})", R"({"request":"stop","grace_seconds":-1})",
             R"({"request":"stop","grace_seconds":1e99})"})
        QVERIFY2(!decodeRequest(line), line);
}

void TestLoaderProtocol::eventsGoBothWays()
{
    KeepEvent event;
    event.kind = KeepEvent::Kind::Progress;
    event.text = "measuring\nthe image";
    event.done = 3;
    event.total = 9;
    std::string line = encode(event);
    QCOMPARE(std::ranges::count(line, '\n'), 1);
    line.pop_back();
    const auto back = decodeEvent(line).value();
    QCOMPARE(back.text, event.text);
    QCOMPARE(back.done, event.done);
    QCOMPARE(back.total, event.total);

    KeepEvent status;
    status.kind = KeepEvent::Kind::Status;
    status.status.plan.id = randomFixed<KeepId>();
    status.status.plan.name = "x";
    status.status.state = KeepState::Running;
    status.status.loaderAlive = true;
    line = encode(status);
    const auto read = decodeEvent(std::string_view(line).substr(0, line.size() - 1));
    QVERIFY2(read, read ? "" : read.error().message().c_str());
    QVERIFY(read->status.loaderAlive);
    QCOMPARE(read->status.state, KeepState::Running);
    QVERIFY(!decodeEvent(R"({"event":"party"})"));
}

void TestLoaderProtocol::linesComeWholeOrNotAtAll()
{
    LineReader reader(100);
    reader.add("one\ntw");
    QCOMPARE(reader.next().value(), std::optional<std::string>("one"));
    QCOMPARE(reader.next().value(), std::nullopt);
    reader.add("o\n\nthree");
    QCOMPARE(reader.next().value(), std::optional<std::string>("two"));
    QCOMPARE(reader.next().value(), std::optional<std::string>(""));
    QCOMPARE(reader.next().value(), std::nullopt);
}

void TestLoaderProtocol::linesAreBounded()
{
    LineReader reader(10);
    reader.add(std::string(10, 'a') + "\n");
    QVERIFY(reader.next());
    reader.add(std::string(11, 'a') + "\n");
    QVERIFY(!reader.next());
    LineReader endless(10);
    endless.add(std::string(11, 'a'));
    QVERIFY(!endless.next());
}

void TestLoaderProtocol::secretsGoBothWays()
{
    std::vector<Secret> secrets;
    secrets.emplace_back("token", toBytes(std::string_view("\0hidden\n", 8)));
    secrets.emplace_back("empty", Bytes{});
    const auto back = decodeSecrets(encodeSecrets(secrets)).value();
    QCOMPARE(back.size(), secrets.size());
    QCOMPARE(back[0].name, std::string("token"));
    QCOMPARE(back[0].value, secrets[0].value);
    QVERIFY(back[1].value.empty());
}

void TestLoaderProtocol::cutSecretsAreRefusedAtEveryLength()
{
    std::vector<Secret> secrets;
    secrets.emplace_back("token", Bytes(5));
    const Bytes whole = encodeSecrets(secrets);
    for (std::size_t size = 0; size < whole.size(); ++size)
        QVERIFY(!decodeSecrets(ByteView(whole).first(size)));
    Bytes longer = whole;
    longer.push_back(0);
    QVERIFY(!decodeSecrets(longer));
}

void TestLoaderProtocol::processesAreKnownByTheirStart()
{
    const auto own = startTime(::getpid());
    QVERIFY(own > 0);
    QVERIFY(isAlive(::getpid(), own));
    QVERIFY(!isAlive(::getpid(), own + 1)); // the number was given to another process since
    QVERIFY(!isAlive(0, 0));
    QCOMPARE(startTime(0x7fffffff), std::uint64_t(0));
}

QTEST_GUILESS_MAIN(TestLoaderProtocol)
#include "test_loader_protocol.moc"
