// SPDX-License-Identifier: Apache-2.0
#include "fake_keep.h"

#include <QtTest/QTest>

#include <fstream>

#include <sys/resource.h>

using namespace kastellan;

class TestSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void challengeBindsThisSession();
    void nonceChangesTheReport();
    void deliversAndProves();
    void deliversFromAFile();
    void emptyDeliveryNeedsAModule();
    void laterChallengesProveTheWorkload();
    void bothCurves();
    void inputWithBackpressure();
    void outputWaitsForAcknowledgement();
    void outputOfABigWorkload();
    void exitComesAfterOutput();
    void reconnectLosesAndDoublesNothing();
    void hundredReconnects();
    void startedOnlyOnce();
    void stopAndLog();

private:
    /// A session in which a challenge was answered.
    std::unique_ptr<FakeOwner> challenged(FakeKeep &keep);
    std::unique_ptr<FakeOwner> running(FakeKeep &keep);
    [[nodiscard]] Binding bindingOf(const FakeOwner &owner) const;

    std::pair<std::string, Sha256> m_key;
    KeepId m_keep;
    Nonce m_nonce;
};

void TestSession::init()
{
    m_key = makeOwnerKey();
    m_keep = randomFixed<KeepId>();
    m_nonce = randomFixed<Nonce>();
}

std::unique_ptr<FakeOwner> TestSession::challenged(FakeKeep &keep)
{
    auto [mine, theirs] = streamPair();
    auto owner = std::make_unique<FakeOwner>(std::move(mine), m_key.first, m_keep);
    keep.warden->add(std::move(theirs));
    if (!turn(keep, {owner.get()}, [&] { return owner->established || owner->error; }) || owner->error)
        return owner;
    owner->session->challenge(m_nonce);
    turn(keep, {owner.get()}, [&] { return !owner->reports.empty() || owner->error; });
    return owner;
}

std::unique_ptr<FakeOwner> TestSession::running(FakeKeep &keep)
{
    auto owner = challenged(keep);
    if (!owner->session->wardenState().delivered) {
        FakeDelivery delivery;
        owner->session->deliver(std::move(delivery.blobs), delivery.manifest);
        turn(keep, {owner.get()}, [&] { return !owner->deliveryReports.empty() || owner->error; });
    }
    owner->session->start();
    turn(keep, {owner.get()}, [&] { return !owner->started.empty() || owner->error; });
    return owner;
}

Binding TestSession::bindingOf(const FakeOwner &owner) const
{
    Binding binding;
    binding.keep = m_keep;
    binding.nonce = m_nonce;
    binding.exporter = owner.session->exporter();
    binding.wardenKey = owner.session->wardenKey();
    return binding;
}

void TestSession::challengeBindsThisSession()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    QVERIFY2(!owner->error, owner->error ? owner->error->message().c_str() : "");
    QCOMPARE(owner->reports.size(), 1U);
    QVERIFY(owner->session->wardenKey() == keep.warden->key());
    QVERIFY(!owner->session->exporter().isZero());
    QVERIFY(keep.reports.back() == bindingOf(*owner).attestData());
    QVERIFY(!owner->session->wardenState().delivered);
}

void TestSession::nonceChangesTheReport()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    const ReportData first = keep.reports.back();
    m_nonce = randomFixed<Nonce>();
    owner->session->challenge(m_nonce);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->reports.size() == 2; }));
    QVERIFY(keep.reports.back() != first);
    QVERIFY(keep.reports.back() == bindingOf(*owner).attestData());
    // Another session with the same nonce has another exporter, so a relayed report does not fit.
    const auto other = challenged(keep);
    QVERIFY(keep.reports.back() == bindingOf(*other).attestData());
    QVERIFY(keep.reports.back() != bindingOf(*owner).attestData());
}

void TestSession::deliversAndProves()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    Bytes module(3'000'001);
    for (std::size_t i = 0; i < module.size(); ++i)
        module[i] = static_cast<std::uint8_t>(i * 7);
    FakeDelivery delivery(module);
    const Bytes manifest = delivery.manifest;
    owner->session->deliver(std::move(delivery.blobs), manifest);
    QVERIFY(turn(keep, {owner.get()}, [&] { return !owner->deliveryReports.empty() || owner->error; }));
    QVERIFY2(!owner->error, owner->error ? owner->error->message().c_str() : "");
    QVERIFY(keep.items["module"] == module);
    QVERIFY(keep.items["secret:name"] == toBytes("hush"));
    QVERIFY(keep.items.contains("configuration"));
    QVERIFY(!keep.items.contains("secret.key"));
    Binding binding = bindingOf(*owner);
    binding.first = binding.attestData();
    binding.manifest = sha256(manifest);
    QVERIFY(keep.reports.back() == binding.deliverData());
    QCOMPARE(keep.discarded, 0);
}

void TestSession::deliversFromAFile()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    const std::string path = QDir::tempPath().toStdString() + "/kastellan-session-" + std::to_string(::getpid());
    Bytes module(200'000, 0x33);
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char *>(module.data()), static_cast<std::streamsize>(module.size()));
    FakeDelivery delivery(module);
    delivery.blobs[0].value.clear();
    delivery.blobs[0].file = path;
    owner->session->deliver(std::move(delivery.blobs), delivery.manifest);
    QVERIFY(turn(keep, {owner.get()}, [&] { return !owner->deliveryReports.empty() || owner->error; }));
    QVERIFY(!owner->error);
    QVERIFY(keep.items["module"] == module);

    // One that shrank since its digest was made.
    FakeKeep second(m_key.second);
    const auto other = challenged(second);
    FakeDelivery shorter(module);
    shorter.blobs[0].value.clear();
    shorter.blobs[0].file = path;
    QCOMPARE(::truncate(path.c_str(), 100'000), 0);
    other->session->deliver(std::move(shorter.blobs), shorter.manifest);
    QVERIFY(turn(second, {other.get()}, [&] { return other->error.has_value(); }));
    QVERIFY2(other->error->message().find("shorter") != std::string::npos, other->error->message().c_str());
    ::unlink(path.c_str());
}

void TestSession::emptyDeliveryNeedsAModule()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    std::vector<Delivery> blobs{{"secret.key", Bytes(32), {}}};
    owner->session->deliver(std::move(blobs), canonicalManifest({}));
    QVERIFY(owner->error);
    QVERIFY2(owner->error->message().find("no module") != std::string::npos, owner->error->message().c_str());
}

void TestSession::laterChallengesProveTheWorkload()
{
    FakeKeep keep(m_key.second);
    auto owner = running(keep);
    m_nonce = randomFixed<Nonce>();
    owner->session->challenge(m_nonce);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->reports.size() == 2; }));
    Binding binding = bindingOf(*owner);
    binding.first = binding.attestData();
    QVERIFY(keep.reports.back() != *binding.first);
    // After a reconnect as well, and the warden says what it has.
    owner = challenged(keep);
    binding = bindingOf(*owner);
    binding.first = binding.attestData();
    binding.manifest = owner->session->wardenState().manifest;
    QVERIFY(binding.manifest);
    QVERIFY(keep.reports.back() == binding.deliverData());
    QVERIFY(owner->session->wardenState().running);
}

void TestSession::bothCurves()
{
    m_key = makeOwnerKey("P-256");
    FakeKeep keep(m_key.second);
    QVERIFY(!challenged(keep)->error);
    for (const char *other : {"secp256k1", "P-521"}) {
        const auto identity = session::Identity::fromPem(makeKey(other));
        QVERIFY(!identity);
        QVERIFY2(identity.error().message().find("curve") != std::string::npos, identity.error().message().c_str());
    }
    QVERIFY(!session::Identity::fromPem("rubbish"));
}

void TestSession::inputWithBackpressure()
{
    FakeKeep keep(m_key.second);
    const auto owner = running(keep);
    keep.inputRoom = 1000;
    Bytes input(2 << 20);
    for (std::size_t i = 0; i < input.size(); ++i)
        input[i] = static_cast<std::uint8_t>(i >> 8 ^ i);
    owner->session->input(input);
    owner->session->closeInput();
    QVERIFY(turn(keep, {owner.get()}, [&] { return keep.received.size() == 1000 && keep.warden->hasInput(); }));
    QVERIFY(
        !turn(keep, {owner.get()}, [&] { return owner->session->pendingInput() < input.size() - 1000; }, std::chrono::milliseconds(200)));
    QVERIFY(!keep.inputClosed);
    keep.inputRoom = SIZE_MAX;
    QVERIFY(turn(keep, {owner.get()}, [&] {
        keep.warden->inputReady();
        return keep.inputClosed;
    }));
    QVERIFY(keep.received == input);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->session->pendingInput() == 0; }));
}

void TestSession::outputWaitsForAcknowledgement()
{
    FakeKeep keep(m_key.second);
    const auto owner = running(keep);
    owner->acknowledges = false;
    Bytes sent;
    while (const std::size_t room = keep.warden->room(1)) {
        const Bytes part(std::min<std::size_t>(room, 10'000), static_cast<std::uint8_t>(sent.size()));
        keep.warden->output(1, part);
        sent.insert(sent.end(), part.begin(), part.end());
    }
    QCOMPARE(sent.size(), 256U * 1024);
    QCOMPARE(keep.warden->room(2), 256U * 1024); // the streams do not wait for each other
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->output[0].size() == sent.size(); }));
    QCOMPARE(keep.warden->room(1), 0U);
    owner->session->acknowledge(100'000, 0);
    QVERIFY(turn(keep, {owner.get()}, [&] { return keep.warden->room(1) == 100'000; }));
    // More than was produced is refused.
    owner->session->acknowledge(sent.size() + 1, 0);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->error.has_value(); }));
}

void TestSession::outputOfABigWorkload()
{
    FakeKeep keep(m_key.second);
    const auto owner = running(keep);
    std::size_t produced = 0, seen = 0;
    constexpr std::size_t total = 100'000'000;
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    const Bytes part(64 * 1024, 'x');
    QVERIFY(turn(
        keep, {owner.get()},
        [&] {
            if (const std::size_t room = std::min({keep.warden->room(1), part.size(), total - produced})) {
                keep.warden->output(1, ByteView(part).first(room));
                produced += room;
            }
            seen += owner->output[0].size();
            *owner->firstOffset[0] += owner->output[0].size();
            owner->output[0].clear();
            return seen == total || owner->error;
        },
        std::chrono::seconds(60)));
    QVERIFY2(!owner->error, owner->error ? owner->error->message().c_str() : "");
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    const long grown = after.ru_maxrss - before.ru_maxrss;
    QVERIFY2(grown < 16 * 1024, qPrintable(QStringLiteral("%1 KiB more").arg(grown)));
#endif
}

void TestSession::exitComesAfterOutput()
{
    FakeKeep keep(m_key.second);
    const auto owner = running(keep);
    keep.warden->output(1, toBytes("last"));
    keep.warden->output(2, toBytes("words"));
    keep.warden->exited(4'000'000'000U, "unreachable", "");
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->exit.has_value(); }));
    QVERIFY(owner->output[0] == toBytes("last"));
    QVERIFY(owner->output[1] == toBytes("words"));
    QCOMPARE(static_cast<std::uint32_t>(owner->exit->code), 4'000'000'000U);
    QCOMPARE(owner->exit->trap, std::string("unreachable"));
    // A later session is told as well.
    const auto later = running(keep);
    QVERIFY(turn(keep, {later.get()}, [&] { return later->exit.has_value(); }));
    QVERIFY(later->session->wardenState().exited);
}

void TestSession::reconnectLosesAndDoublesNothing()
{
    FakeKeep keep(m_key.second);
    auto owner = running(keep);
    owner->acknowledges = false;
    keep.warden->output(1, toBytes("0123456789"));
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->output[0].size() == 10; }));
    owner->session->acknowledge(4, 0);
    QVERIFY(turn(keep, {owner.get()}, [&] { return keep.warden->room(1) == 256 * 1024 - 6; }));
    owner.reset(); // the loader dies; the workload goes on
    keep.warden->output(1, toBytes("abc"));
    keep.warden->output(2, toBytes("err"));

    auto second = challenged(keep);
    QVERIFY(!second->error);
    // Neither the session nor the answered challenge lets output flow: the owner has to want it.
    QVERIFY(!turn(
        keep, {second.get()}, [&] { return !second->output[0].empty() || !second->output[1].empty(); }, std::chrono::milliseconds(200)));
    second->session->acknowledge(7, 0); // more was in the log than was acknowledged
    second->firstOffset[0].reset();
    second->acknowledges = false;
    second->session->start();
    QVERIFY(turn(keep, {second.get()}, [&] { return second->output[0].size() == 6 && second->output[1].size() == 3; }));
    QVERIFY(second->output[0] == toBytes("789abc"));
    QCOMPARE(*second->firstOffset[0], 7U);
    QCOMPARE(keep.starts, 1);
}

void TestSession::hundredReconnects()
{
    FakeKeep keep(m_key.second);
    Bytes produced, logged, input, sent;
    auto owner = running(keep);
    for (int i = 0; i < 100; ++i) {
        const Bytes part = toBytes("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i * 13 % 700), '.') + "\n");
        keep.warden->output(1, part);
        produced.insert(produced.end(), part.begin(), part.end());
        owner->acknowledges = i % 3 == 0;
        if (i % 2)
            turn(keep, {owner.get()}, [&] { return !owner->output[0].empty(); }, std::chrono::milliseconds(i));
        const Bytes typed = toBytes("input " + std::to_string(i));
        const std::uint64_t known = owner->session->wardenState().inputReceived;
        QCOMPARE(known, sent.size());
        owner->session->input(typed);
        sent.insert(sent.end(), typed.begin(), typed.end());
        QVERIFY(turn(keep, {owner.get()}, [&] { return keep.received.size() == sent.size(); }));
        logged.insert(logged.end(), owner->output[0].begin(), owner->output[0].end());
        owner.reset();
        owner = challenged(keep);
        QVERIFY2(!owner->error, owner->error ? owner->error->message().c_str() : "");
        owner->session->acknowledge(logged.size(), 0);
        owner->firstOffset[0] = logged.size();
        owner->session->start();
    }
    QVERIFY(turn(keep, {owner.get()}, [&] { return logged.size() + owner->output[0].size() == produced.size(); }));
    logged.insert(logged.end(), owner->output[0].begin(), owner->output[0].end());
    QVERIFY(logged == produced);
    QVERIFY(keep.received == sent);
    QCOMPARE(keep.starts, 1);
}

void TestSession::startedOnlyOnce()
{
    FakeKeep keep(m_key.second);
    auto owner = challenged(keep);
    owner->session->start();
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->error.has_value(); }));
    QVERIFY2(owner->error->message().find("none was delivered") != std::string::npos, owner->error->message().c_str());
    owner = running(keep);
    QVERIFY(!owner->error);
    owner->session->start();
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->started.size() == 2; }));
    QCOMPARE(keep.starts, 1);
    FakeDelivery again;
    owner->session->deliver(std::move(again.blobs), again.manifest);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->error.has_value(); }));
    QVERIFY2(owner->error->message().find("already has its workload") != std::string::npos, owner->error->message().c_str());
}

void TestSession::stopAndLog()
{
    FakeKeep keep(m_key.second);
    const auto owner = running(keep);
    keep.warden->log("a word");
    owner->session->stop(7);
    QVERIFY(turn(keep, {owner.get()}, [&] { return keep.stopped.has_value() && !owner->logs.empty(); }));
    QCOMPARE(*keep.stopped, 7U);
    QCOMPARE(owner->logs.front(), std::string("a word"));
}

QTEST_GUILESS_MAIN(TestSession)
#include "test_session.moc"
