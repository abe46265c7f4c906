// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/session/messages.h"
#include "core/session/output_buffer.h"
#include "core/session/run_protocol.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::session;

namespace {

ByteView body(const Bytes &message)
{
    return ByteView(message).subspan(4);
}

std::vector<Bytes> ownerMessages()
{
    static const Bytes data = toBytes("data");
    return {encode(OwnerMessage(Challenge{randomFixed<Nonce>(), randomFixed<KeepId>()})), encode(OwnerMessage(Manifest{data, data})),
        encode(OwnerMessage(Blob{7, data})), encode(OwnerMessage(Start{})), encode(OwnerMessage(Input{1ull << 40, data})),
        encode(OwnerMessage(InputEnd{9})), encode(OwnerMessage(Acknowledge{1, 2})), encode(OwnerMessage(Stop{3}))};
}

std::vector<Bytes> wardenMessages()
{
    static const Bytes data = toBytes("data");
    Hello hello;
    hello.manifest = randomFixed<Sha256>();
    hello.first = randomFixed<ReportData>();
    hello.execution = "aot";
    return {encode(WardenMessage(hello)), encode(WardenMessage(Report{data})), encode(WardenMessage(DeliveryReport{data})),
        encode(WardenMessage(Started{"interpreter"})), encode(WardenMessage(Output{2, 77, data})),
        encode(WardenMessage(Exited{300, "trap", "reason"})), encode(WardenMessage(Log{"words"})),
        encode(WardenMessage(Failed{"a", "b", "c", "d"})), encode(WardenMessage(InputTaken{5})), encode(WardenMessage(DeliveryTaken{6}))};
}

} // namespace

class TestSessionMessages : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thereAndBack();
    void everyCutIsAnError();
    void neverMistakenForTheOtherEnd();
    void readerCutsMessages();
    void outputWindow();
    void runProtocol();
};

void TestSessionMessages::thereAndBack()
{
    for (const Bytes &message : ownerMessages()) {
        const auto decoded = decodeOwnerMessage(body(message));
        QVERIFY2(decoded.has_value(), decoded ? "" : decoded.error().message().c_str());
        QVERIFY(encode(*decoded) == message);
    }
    for (const Bytes &message : wardenMessages()) {
        const auto decoded = decodeWardenMessage(body(message));
        QVERIFY2(decoded.has_value(), decoded ? "" : decoded.error().message().c_str());
        QVERIFY(encode(*decoded) == message);
    }
}

void TestSessionMessages::everyCutIsAnError()
{
    for (const Bytes &message : ownerMessages())
        for (std::size_t size = 0; size < message.size() - 4; ++size)
            QVERIFY(!decodeOwnerMessage(body(message).first(size)));
    for (Bytes message : wardenMessages()) {
        for (std::size_t size = 0; size < message.size() - 4; ++size)
            QVERIFY(!decodeWardenMessage(body(message).first(size)));
        message.push_back(0);
        QVERIFY(!decodeWardenMessage(body(message)));
    }
}

void TestSessionMessages::neverMistakenForTheOtherEnd()
{
    for (const Bytes &message : ownerMessages())
        QVERIFY(!decodeWardenMessage(body(message)));
    for (const Bytes &message : wardenMessages())
        QVERIFY(!decodeOwnerMessage(body(message)));
}

void TestSessionMessages::readerCutsMessages()
{
    MessageReader reader;
    std::vector<Bytes> got;
    const auto messages = ownerMessages();
    for (const Bytes &message : messages)
        for (const std::uint8_t byte : message) {
            reader.buffer().push_back(byte);
            for (auto next = reader.next(); next && *next; next = reader.next())
                got.push_back(toBytes(**next));
        }
    QCOMPARE(got.size(), messages.size());
    for (std::size_t i = 0; i < got.size(); ++i)
        QVERIFY(got[i] == toBytes(body(messages[i])));
    for (std::uint32_t length : {0U, static_cast<std::uint32_t>(messageLimit) + 1, 0xffffffffU}) {
        MessageReader hostile;
        hostile.buffer().resize(4);
        storeLe<std::uint32_t>(hostile.buffer(), 0, length);
        QVERIFY(!hostile.next());
    }
}

void TestSessionMessages::outputWindow()
{
    OutputBuffer buffer;
    Bytes all;
    std::uint64_t acknowledged = 0, read = 0;
    for (unsigned i = 0; i < 1000; ++i) {
        Bytes part(std::min<std::size_t>(buffer.room(), 1 + i * 37 % 9000));
        for (auto &byte : part)
            byte = static_cast<std::uint8_t>(all.size() * 31 + i);
        buffer.append(part);
        all.insert(all.end(), part.begin(), part.end());
        QVERIFY(buffer.end() - buffer.begin() <= windowSize);
        while (read < buffer.end()) {
            const ByteView view = buffer.from(read, 5000);
            QVERIFY(!view.empty());
            QVERIFY(std::equal(view.begin(), view.end(), all.begin() + static_cast<std::ptrdiff_t>(read)));
            read += view.size();
        }
        if (i % 3 == 0) {
            acknowledged = read - read % 1000;
            QVERIFY(buffer.acknowledge(acknowledged));
            QCOMPARE(buffer.begin(), acknowledged);
        }
    }
    QVERIFY(all.size() > 4 * windowSize);
    QVERIFY(!buffer.acknowledge(all.size() + 1));
    QVERIFY(buffer.acknowledge(0)); // an older acknowledgement takes nothing back
    QCOMPARE(buffer.begin(), acknowledged);
}

void TestSessionMessages::runProtocol()
{
    RunRequest request;
    request.module = "/run/module.so";
    request.compiled = true;
    request.moduleDigest = randomFixed<Sha256>();
    request.note = "note";
    request.args = {"a", "", "b c"};
    request.env = {"X=1"};
    request.memoryLimit = 1 << 20;
    request.timeLimit = 5;
    Bytes wire = encode(request);
    const Bytes kill = killOrder();
    const Bytes event = encode(RunEvent{RunEvent::Kind::Trapped, 0xffffffff, "unreachable"});
    const Bytes whole = wire;
    wire.insert(wire.end(), kill.begin(), kill.end());
    wire.insert(wire.end(), event.begin(), event.end());

    auto first = takeRunMessage(wire);
    QVERIFY(first && *first);
    const auto decoded = decodeRunRequest(**first);
    QVERIFY(decoded.has_value());
    QVERIFY(encode(*decoded) == whole);
    auto second = takeRunMessage(wire);
    QVERIFY(second && *second && (*second)->empty());
    auto third = takeRunMessage(wire);
    QVERIFY(third && *third);
    QCOMPARE(decodeRunEvent(**third)->text, std::string("unreachable"));
    QVERIFY(wire.empty());
    for (std::size_t size = 0; size < (*first)->size(); ++size)
        QVERIFY(!decodeRunRequest(ByteView(**first).first(size)));
}

QTEST_GUILESS_MAIN(TestSessionMessages)
#include "test_session_messages.moc"
