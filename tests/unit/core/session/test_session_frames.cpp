// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/session/frames.h"
#include "noise.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::session;

namespace {

ConnectionId id(std::uint8_t fill)
{
    ConnectionId connection;
    connection.bytes.fill(fill);
    return connection;
}

Bytes framed(const ConnectionId &connection, ByteView payload)
{
    Bytes bytes;
    appendFrames(bytes, connection, payload);
    return bytes;
}

/// All payload of one connection, when the stream arrives in pieces of this size.
Bytes collect(ByteView stream, const ConnectionId &wanted, std::size_t piece, std::uint64_t *skipped = nullptr)
{
    FrameReader reader;
    Bytes payload;
    while (!stream.empty()) {
        const std::size_t count = std::min(piece, stream.size());
        reader.feed(stream.first(count));
        stream = stream.subspan(count);
        while (const auto frame = reader.next())
            if (frame->connection == wanted)
                payload.insert(payload.end(), frame->payload.begin(), frame->payload.end());
    }
    if (skipped)
        *skipped = reader.skipped();
    return payload;
}

} // namespace

class TestSessionFrames : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wholeInAnyPieces();
    void longPayloadIsCut();
    void cutAtEveryByte();
    void garbageBefore();
    void everyTailOfTheMagic();
    void wrongLengths();
    void memoryIsBounded();
};

void TestSessionFrames::wholeInAnyPieces()
{
    const Bytes payload = noise(300, 1);
    Bytes stream = framed(id(1), payload);
    appendFrames(stream, id(1), payload);
    Bytes twice = payload;
    twice.insert(twice.end(), payload.begin(), payload.end());
    for (std::size_t piece : {1U, 2U, 7U, 28U, 29U, 1000U}) {
        std::uint64_t skipped = 0;
        QVERIFY(collect(stream, id(1), piece, &skipped) == twice);
        QCOMPARE(skipped, 0U);
    }
}

void TestSessionFrames::longPayloadIsCut()
{
    const Bytes payload = noise(3 * framePayload + 5, 2);
    const Bytes stream = framed(id(1), payload);
    QCOMPARE(stream.size(), payload.size() + 4 * frameHeader);
    QVERIFY(collect(stream, id(1), 4096) == payload);
}

// A sender that dies anywhere in a frame costs its successor nothing.
void TestSessionFrames::cutAtEveryByte()
{
    const Bytes first = framed(id(1), noise(200, 3));
    const Bytes payload = noise(150, 4);
    const Bytes second = framed(id(2), payload);
    for (std::size_t cut = 0; cut <= first.size(); ++cut) {
        Bytes stream(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(cut));
        stream.insert(stream.end(), second.begin(), second.end());
        for (std::size_t piece : {1U, 5U, 4096U})
            QVERIFY2(collect(stream, id(2), piece) == payload, qPrintable(QString::number(cut)));
        // Cut where the new frame completes the old one's length, in every way.
        FrameReader reader;
        reader.feed(ByteView(first).first(cut));
        while (reader.next()) {}
        Bytes got;
        for (const std::uint8_t byte : second) {
            reader.feed(ByteView(&byte, 1));
            while (const auto frame = reader.next())
                if (frame->connection == id(2))
                    got = frame->payload;
        }
        QVERIFY2(got == payload, qPrintable(QString::number(cut)));
    }
}

void TestSessionFrames::garbageBefore()
{
    const Bytes payload = noise(50, 5);
    const Bytes frame = framed(id(1), payload);
    for (std::size_t size : {1U, 7U, 8U, 27U, 28U, 1000U, 100000U}) {
        Bytes stream = noise(size, static_cast<unsigned>(size));
        stream.insert(stream.end(), frame.begin(), frame.end());
        std::uint64_t skipped = 0;
        QVERIFY(collect(stream, id(1), 333, &skipped) == payload);
        QCOMPARE(skipped, size);
    }
}

// Garbage, or a payload, that ends like a magic begins.
void TestSessionFrames::everyTailOfTheMagic()
{
    const Bytes payload = noise(50, 6);
    const Bytes frame = framed(id(2), payload);
    for (std::size_t tail = 1; tail < frameMagic.size(); ++tail) {
        const ByteView begun = ByteView(frameMagic).first(tail);
        Bytes stream = toBytes(begun);
        stream.insert(stream.end(), frame.begin(), frame.end());
        QVERIFY(collect(stream, id(2), 3) == payload);

        Bytes before = noise(20, 7);
        before.insert(before.end(), begun.begin(), begun.end());
        Bytes both = framed(id(1), before);
        both.insert(both.end(), frame.begin(), frame.end());
        std::uint64_t skipped = 0;
        QVERIFY(collect(both, id(1), 3) == before);
        QVERIFY(collect(both, id(2), 3, &skipped) == payload);
        QCOMPARE(skipped, 0U);
    }
}

void TestSessionFrames::wrongLengths()
{
    const Bytes payload = noise(40, 8);
    const Bytes good = framed(id(2), payload);
    for (std::uint32_t length : {0U, static_cast<std::uint32_t>(framePayload) + 1, 0xffffffffU, 0x80000000U}) {
        Bytes stream = framed(id(1), noise(60, 9));
        storeLe<std::uint32_t>(stream, 24, length);
        stream.insert(stream.end(), good.begin(), good.end());
        QVERIFY(collect(stream, id(1), 11).empty());
        QVERIFY(collect(stream, id(2), 11) == payload);
    }
}

void TestSessionFrames::memoryIsBounded()
{
    FrameReader reader;
    std::size_t most = 0;
    for (unsigned i = 0; i < 200; ++i) {
        reader.feed(noise(64 * 1024, i));
        while (reader.next()) {}
        most = std::max(most, reader.buffered());
    }
    QVERIFY2(most < 2 * framePayload, qPrintable(QString::number(most)));
}

QTEST_GUILESS_MAIN(TestSessionFrames)
#include "test_session_frames.moc"
