// SPDX-License-Identifier: Apache-2.0
#include "fake_keep.h"

#include "core/session/byte_stream.h"
#include "core/session/messages.h"

#include <QtTest/QTest>

using namespace kastellan;

class TestSessionFlow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aKeepThatStopsReadingIsSentLittle();
};

/// What a keep does not read waits in its host: never more than a socket holds.
void TestSessionFlow::aKeepThatStopsReadingIsSentLittle()
{
    constexpr std::size_t most = 72 * 1024; // with frames, TLS and what else was said
    const auto key = makeOwnerKey();
    const auto id = randomFixed<KeepId>();
    FakeKeep keep(key.second);
    auto [mine, pumped] = streamPair();
    auto [host, theirs] = streamPair();
    FakeOwner owner(std::move(mine), key.first, id);
    keep.warden->add(std::move(theirs));
    // A host between them that takes in all, as libvirt's client does, and gives on while the keep reads.
    session::ByteStream near(std::move(pumped)), far(std::move(host));
    bool reads = true;
    const auto pump = [&] {
        while (true) {
            const auto bytes = near.read();
            if (!bytes || bytes->empty())
                break;
            far.queue(*bytes);
        }
        if (reads)
            static_cast<void>(far.flush());
        while (true) {
            const auto bytes = far.read();
            if (!bytes || bytes->empty())
                break;
            near.queue(*bytes);
        }
        static_cast<void>(near.flush());
    };
    const auto until = [&](const std::function<bool()> &condition) {
        return turn(keep, {&owner}, [&] {
            pump();
            return condition();
        });
    };
    QVERIFY(until([&] { return owner.established; }));
    owner.session->challenge(randomFixed<Nonce>());
    QVERIFY(until([&] { return !owner.reports.empty(); }));
    FakeDelivery delivery(Bytes(4 << 20, 7));
    reads = false;
    owner.session->deliver(std::move(delivery.blobs), delivery.manifest);
    QVERIFY(until([&] { return far.unsent() >= session::unreadLimit; }));
    // Nothing more comes, and the owner's end does not ask to be called again and again.
    QVERIFY(until([&] { return !(owner.session->wants() & POLLOUT); }));
    QVERIFY2(far.unsent() < most, std::to_string(far.unsent()).c_str());
    reads = true;
    QVERIFY(until([&] { return !owner.deliveryReports.empty(); }));
    QCOMPARE(keep.items["module"].size(), std::size_t(4 << 20));
    // Input alike, while the workload takes none.
    owner.session->start();
    QVERIFY(until([&] { return !owner.started.empty(); }));
    reads = false;
    owner.session->input(Bytes(1 << 20, 8));
    QVERIFY(until([&] { return far.unsent() >= session::unreadLimit && !(owner.session->wants() & POLLOUT); }));
    QVERIFY2(far.unsent() < most, std::to_string(far.unsent()).c_str());
    reads = true;
    QVERIFY(until([&] { return keep.received.size() == 1 << 20; }));
}

QTEST_GUILESS_MAIN(TestSessionFlow)
#include "test_session_flow.moc"
