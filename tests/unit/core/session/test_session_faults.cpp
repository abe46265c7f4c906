// SPDX-License-Identifier: Apache-2.0
#include "fake_keep.h"
#include "noise.h"

#include "core/session/byte_stream.h"
#include "core/session/frames.h"
#include "core/session/messages.h"
#include "core/session/tls.h"

#include <QtTest/QTest>

#include <fcntl.h>
#include <unistd.h>

using namespace kastellan;

namespace {

/// Carries bytes between two ends and may change them on the way.
class Wire {
public:
    using Change = std::function<void(bool toWarden, std::uint64_t offset, std::span<std::uint8_t> bytes)>;

    Wire()
    {
        std::tie(owner, m_ownerSide) = streamPair();
        std::tie(warden, m_wardenSide) = streamPair();
        for (const int fd : {m_ownerSide.get(), m_wardenSide.get()})
            ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    void carry()
    {
        carry(m_ownerSide, m_wardenSide, true);
        carry(m_wardenSide, m_ownerSide, false);
    }
    [[nodiscard]] std::uint64_t carried(bool toWarden) const { return m_offsets[toWarden]; }

    Fd owner, warden; ///< to give away
    Change change;

private:
    void carry(Fd &from, Fd &to, bool toWarden)
    {
        std::uint8_t buffer[4096];
        while (from) {
            const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
            if (count < 0)
                return;
            if (count == 0) {
                from.reset();
                ::shutdown(to.get(), SHUT_WR);
                return;
            }
            const std::span bytes(buffer, static_cast<std::size_t>(count));
            if (change)
                change(toWarden, m_offsets[toWarden], bytes);
            m_offsets[toWarden] += bytes.size();
            if (to)
                static_cast<void>(::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
        }
    }
    Fd m_ownerSide, m_wardenSide;
    std::array<std::uint64_t, 2> m_offsets{};
};

} // namespace

class TestSessionFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void strangerIsRefused();
    void strangerDoesNotDisturbTheOwner();
    void anyChangedByteEndsTheSession();
    void garbageIsRefused();
    void garbageBeforeASessionIsSkipped();
    void cutSessionThenANewOneOnTheSameStream();
    void lateWordsOfAnEndedConnectionAreIgnored();
    void silentStreamsAreDropped();
    void manyStreamsAreBounded();
    void wrongOrderIsRefused();
    void wrongKeepIsRefused();
    void changedBlobIsRefused();
    void hostileManifests();
    void brokenDeliveryIsDiscarded();
    void firmwareFailureIsNamed();
    void onlyTls13WithoutTickets();
    void anotherVersionIsRefused();
    void nothingIsHeardBeforeTheEvidence_data();
    void nothingIsHeardBeforeTheEvidence();

private:
    std::unique_ptr<FakeOwner> connect(FakeKeep &keep, const std::string &pem);
    std::unique_ptr<FakeOwner> challenged(FakeKeep &keep);
    /// Sends messages of our own making, past OwnerSession's checks; yields the warden's last words.
    std::string raw(FakeKeep &keep, const std::vector<Bytes> &messages);

    static Bytes impostor(FakeOwner &owner, Fd theirs, const std::vector<session::WardenMessage> &messages);
    std::pair<std::string, Sha256> m_key;
    KeepId m_keep;
    Nonce m_nonce;
};

void TestSessionFaults::init()
{
    m_key = makeOwnerKey();
    m_keep = randomFixed<KeepId>();
    m_nonce = randomFixed<Nonce>();
}

std::unique_ptr<FakeOwner> TestSessionFaults::connect(FakeKeep &keep, const std::string &pem)
{
    auto [mine, theirs] = streamPair();
    auto owner = std::make_unique<FakeOwner>(std::move(mine), pem, m_keep);
    keep.warden->add(std::move(theirs));
    turn(keep, {owner.get()}, [&] { return owner->established || owner->error; });
    return owner;
}

std::unique_ptr<FakeOwner> TestSessionFaults::challenged(FakeKeep &keep)
{
    auto owner = connect(keep, m_key.first);
    owner->session->challenge(m_nonce);
    turn(keep, {owner.get()}, [&] { return !owner->reports.empty() || owner->error; });
    return owner;
}

std::string TestSessionFaults::raw(FakeKeep &keep, const std::vector<Bytes> &messages)
{
    using namespace session;
    auto [mine, theirs] = streamPair();
    keep.warden->add(std::move(theirs));
    ByteStream stream(std::move(mine));
    const auto identity = Identity::fromPem(m_key.first);
    const auto tls = Tls::client(*identity, [](const Sha256 &) { return true; });
    const auto connection = randomFixed<ConnectionId>();
    FrameReader frames;
    MessageReader reader;
    std::string failure;
    bool sent = false, ended = false;
    turn(
        keep, {},
        [&] {
            if (!sent && (*tls)->established()) {
                sent = true;
                for (const Bytes &message : messages)
                    static_cast<void>((*tls)->write(message));
            }
            appendFrames(stream.outgoing(), connection, (*tls)->drain());
            static_cast<void>(stream.flush());
            const auto bytes = stream.read();
            ended = !bytes;
            if (bytes)
                frames.feed(*bytes);
            while (const auto frame = frames.next())
                static_cast<void>((*tls)->receive(frame->payload, reader.buffer()));
            for (auto next = reader.next(); next && *next; next = reader.next())
                if (const auto message = decodeWardenMessage(**next))
                    if (const auto *failed = std::get_if<Failed>(&*message))
                        failure = failed->what + ": " + failed->why;
            return ended;
        },
        std::chrono::seconds(5));
    return ended ? failure : "the session goes on";
}

void TestSessionFaults::strangerIsRefused()
{
    FakeKeep keep(m_key.second);
    const auto stranger = connect(keep, makeOwnerKey().first);
    QVERIFY(!stranger->established);
    QVERIFY(stranger->error);
    QVERIFY2(stranger->error->message().find("does not accept this owner key") != std::string::npos, stranger->error->message().c_str());
    QVERIFY(keep.reports.empty());
}

void TestSessionFaults::strangerDoesNotDisturbTheOwner()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    for (int i = 0; i < 5; ++i) {
        auto [mine, theirs] = streamPair();
        FakeOwner stranger(std::move(mine), makeOwnerKey().first, m_keep);
        keep.warden->add(std::move(theirs));
        QVERIFY(turn(keep, {owner.get(), &stranger}, [&] { return stranger.error.has_value(); }));
    }
    owner->session->challenge(m_nonce);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->reports.size() == 2 || owner->error; }));
    QVERIFY(!owner->error);
}

// Whichever byte of whichever direction is changed, at whichever time: the session ends, or (a frame's own header) never comes to be.
void TestSessionFaults::anyChangedByteEndsTheSession()
{
    std::uint64_t total[2] = {};
    for (bool toWarden : {true, false})
        for (std::uint64_t target = 0;; target += target < 200 ? 1 : 5) {
            FakeKeep keep(m_key.second);
            Wire wire;
            bool changed = false;
            auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
            wire.change = [&](bool direction, std::uint64_t offset, std::span<std::uint8_t> bytes) {
                if (direction == toWarden && target >= offset && target < offset + bytes.size()) {
                    bytes[target - offset] ^= 0x40;
                    changed = true;
                    until = std::chrono::steady_clock::now()
                        + std::chrono::milliseconds(30); // a frame that is no frame any more is waited for in vain
                }
            };
            FakeOwner owner(std::move(wire.owner), m_key.first, m_keep);
            keep.warden->add(std::move(wire.warden));
            bool asked = false;
            turn(keep, {&owner}, [&] {
                wire.carry();
                if (owner.established && !asked) {
                    asked = true;
                    owner.session->challenge(m_nonce);
                }
                return owner.error || !owner.reports.empty() || std::chrono::steady_clock::now() > until;
            });
            total[toWarden] = std::max(total[toWarden], wire.carried(toWarden));
            if (!changed) {
                QVERIFY(!owner.reports.empty());
                break; // past the end of the conversation
            }
            // The version in the header of a hello's record means nothing, and TLS says so (RFC 8446, 5.1, legacy_record_version).
            if (target == 28 + 1 || target == 28 + 2)
                continue;
            const QString where =
                QStringLiteral("byte %1 %2").arg(target).arg(toWarden ? QStringLiteral("to the warden") : QStringLiteral("to the owner"));
            QVERIFY2(owner.reports.empty(), qPrintable(where));
            if (owner.error)
                QVERIFY2(!owner.error->why.empty(), qPrintable(where));
        }
    QVERIFY(total[0] > 1000 && total[1] > 1000);
}

void TestSessionFaults::garbageIsRefused()
{
    FakeKeep keep(m_key.second);
    for (unsigned i = 0; i < 30; ++i) {
        auto [mine, theirs] = streamPair();
        keep.warden->add(std::move(theirs));
        Bytes bytes = noise(1 + i * 331, i);
        if (i % 2) { // in good frames
            Bytes framed;
            session::appendFrames(framed, randomFixed<session::ConnectionId>(), bytes);
            bytes = framed;
        }
        QVERIFY(::send(mine.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
        turn(keep, {}, [] { return false; }, std::chrono::milliseconds(5));
    }
    QVERIFY(!challenged(keep)->error);
}

// A virtio port: one stream for ever, with whatever an earlier loader left in it.
void TestSessionFaults::garbageBeforeASessionIsSkipped()
{
    FakeKeep keep(m_key.second);
    auto [mine, theirs] = streamPair();
    const Bytes stale = noise(5000, 1);
    QVERIFY(::send(mine.get(), stale.data(), stale.size(), 0) == 5000);
    QVERIFY(::send(theirs.get(), stale.data(), stale.size(), 0) == 5000);
    keep.warden->add(std::move(theirs));
    FakeOwner owner(std::move(mine), m_key.first, m_keep);
    QVERIFY(turn(keep, {&owner}, [&] { return owner.established || owner.error; }));
    QVERIFY(owner.established);
}

void TestSessionFaults::cutSessionThenANewOneOnTheSameStream()
{
    FakeKeep keep(m_key.second);
    Wire wire;
    keep.warden->add(std::move(wire.warden));
    std::unique_ptr<FakeOwner> owner;
    for (std::uint64_t cut = 1; cut < 900; cut += 37) {
        // The bytes of a loader that dies after so many, then a new one on the very same stream.
        auto [mine, theirs] = streamPair();
        FakeOwner dying(std::move(mine), m_key.first, m_keep);
        std::uint8_t buffer[4096];
        const ssize_t count = ::read(theirs.get(), buffer, sizeof buffer);
        QVERIFY(count > 100);
        const int port = wire.owner.get();
        QVERIFY(::send(port, buffer, std::min<std::size_t>(cut, static_cast<std::size_t>(count)), 0) > 0);
        owner = std::make_unique<FakeOwner>(Fd(::dup(port)), m_key.first, m_keep);
        QVERIFY2(turn(keep, {owner.get()},
                     [&] {
                         wire.carry();
                         return owner->established || owner->error;
                     }),
            qPrintable(QString::number(cut)));
        QVERIFY2(owner->established, owner->error ? owner->error->message().c_str() : "");
        owner->session->challenge(m_nonce);
        QVERIFY(turn(keep, {owner.get()}, [&] {
            wire.carry();
            return !owner->reports.empty() || owner->error;
        }));
        QVERIFY(!owner->error);
    }
}

void TestSessionFaults::lateWordsOfAnEndedConnectionAreIgnored()
{
    FakeKeep keep(m_key.second);
    auto [mine, theirs] = streamPair();
    keep.warden->add(std::move(theirs));
    auto first = std::make_unique<FakeOwner>(Fd(::dup(mine.get())), m_key.first, m_keep);
    QVERIFY(turn(keep, {first.get()}, [&] { return first->established; }));
    FakeOwner second(Fd(::dup(mine.get())), m_key.first, m_keep);
    QVERIFY(turn(keep, {&second}, [&] { return second.established || second.error; }));
    first.reset(); // says goodbye, on the stream that is the other's now
    second.session->challenge(m_nonce);
    QVERIFY(turn(keep, {&second}, [&] { return !second.reports.empty() || second.error; }));
    QVERIFY2(!second.error, second.error ? second.error->message().c_str() : "");
}

void TestSessionFaults::silentStreamsAreDropped()
{
    FakeKeep keep(m_key.second);
    auto [mine, theirs] = streamPair();
    keep.warden->add(std::move(theirs));
    const auto now = std::chrono::steady_clock::now();
    const int wait = keep.warden->timeout(now);
    QVERIFY(wait > 0 && wait <= 30'000);
    keep.warden->tick(now + std::chrono::seconds(31));
    char byte = 0;
    QCOMPARE(::recv(mine.get(), &byte, 1, MSG_DONTWAIT), 0);
    QCOMPARE(keep.warden->timeout(now), -1);
}

void TestSessionFaults::manyStreamsAreBounded()
{
    FakeKeep keep(m_key.second);
    const auto owner = challenged(keep);
    std::vector<Fd> knocking;
    for (int i = 0; i < 100; ++i) {
        auto [mine, theirs] = streamPair();
        keep.warden->add(std::move(theirs));
        knocking.push_back(std::move(mine));
    }
    std::vector<pollfd> fds;
    keep.warden->wants(fds);
    QVERIFY(fds.size() <= 9);
    owner->session->challenge(m_nonce);
    QVERIFY(turn(keep, {owner.get()}, [&] { return owner->reports.size() == 2; }));
}

void TestSessionFaults::wrongOrderIsRefused()
{
    using namespace session;
    FakeKeep keep(m_key.second);
    const FakeDelivery delivery;
    const Bytes key(32);
    const auto challenge = encode(OwnerMessage(Challenge{m_nonce, m_keep}));
    QVERIFY(raw(keep, {encode(OwnerMessage(Manifest{delivery.manifest, key}))}).find("no challenge") != std::string::npos);
    QVERIFY(raw(keep, {encode(OwnerMessage(Blob{0, key}))}).find("no delivery was begun") != std::string::npos);
    QVERIFY(raw(keep, {challenge, encode(OwnerMessage(Start{}))}).find("none was delivered") != std::string::npos);
    QVERIFY(raw(keep, {encode(OwnerMessage(Input{0, key}))}).find("no challenge") != std::string::npos);
    QVERIFY(raw(keep, {challenge, encode(OwnerMessage(Input{5, key}))}).find("offset") != std::string::npos);
    QVERIFY(raw(keep, {encode(OwnerMessage(Acknowledge{1, 0}))}).find("never produced") != std::string::npos);
    QVERIFY(raw(keep, {Bytes{1, 0, 0, 0, 99}}).find("unknown") != std::string::npos);
    QVERIFY(raw(keep, {Bytes{255, 255, 255, 255}}).find("length") != std::string::npos);
    // More input than the window.
    std::vector<Bytes> flood{challenge};
    const Bytes chunk(chunkSize);
    keep.inputRoom = 0;
    for (std::uint64_t i = 0; i < 9; ++i)
        flood.push_back(encode(OwnerMessage(Input{i * chunkSize, chunk})));
    QVERIFY(raw(keep, flood).find("window") != std::string::npos);
    QVERIFY(!challenged(keep)->error);
}

void TestSessionFaults::wrongKeepIsRefused()
{
    FakeKeep keep(m_key.second);
    QVERIFY(!challenged(keep)->error);
    m_keep = randomFixed<KeepId>();
    const auto other = challenged(keep);
    QVERIFY(other->error);
    QVERIFY2(other->error->message().find("meant for keep") != std::string::npos, other->error->message().c_str());
}

void TestSessionFaults::changedBlobIsRefused()
{
    for (std::size_t blob = 0; blob < 3; ++blob) {
        FakeKeep keep(m_key.second);
        const auto owner = challenged(keep);
        FakeDelivery delivery;
        if (delivery.blobs[blob].value.empty())
            continue;
        delivery.blobs[blob].value[0] ^= 1;
        owner->session->deliver(std::move(delivery.blobs), delivery.manifest);
        QVERIFY(turn(keep, {owner.get()}, [&] { return owner->error.has_value(); }));
        QVERIFY2(
            owner->error->message().find("digest is not the one of the manifest") != std::string::npos, owner->error->message().c_str());
        QVERIFY(owner->deliveryReports.empty());
        QCOMPARE(keep.reports.size(), 1U);
        QCOMPARE(keep.discarded, 1);
        QVERIFY(keep.items.empty());
    }
}

void TestSessionFaults::hostileManifests()
{
    using namespace session;
    FakeKeep keep(m_key.second);
    const Bytes key(32);
    const auto challenge = encode(OwnerMessage(Challenge{m_nonce, m_keep}));
    const auto with = [&](std::vector<DeliveryItem> items) {
        items.push_back({"configuration", 0, sha256(ByteView()), {}});
        return raw(keep, {challenge, encode(OwnerMessage(Manifest{canonicalManifest(items), key}))});
    };
    const DeliveryItem module{"module", 8, sha256(asBytes("x")), {}};
    for (const char *name : {"secret:../../usr/bin/keep-warden", "secret:.hidden", "secret:", "secret:a/b", "other", "secret.key"})
        QVERIFY2(with({module, {name, 1, {}, {}}}).find("name is not allowed") != std::string::npos, name);
    QVERIFY(with({{"module", 1ull << 40, {}, {}}}).find("at most") != std::string::npos);
    QVERIFY(with({module, {"secret:big", 1 << 30, {}, {}}}).find("at most") != std::string::npos);
    QVERIFY(with({}).find("no module") != std::string::npos);
    QVERIFY(raw(keep, {challenge, encode(OwnerMessage(Manifest{toBytes("rubbish"), key}))}).find("manifest") != std::string::npos);
    QVERIFY(with({module}) == "the session goes on");
    QVERIFY(keep.reports.size() > 5);
}

void TestSessionFaults::brokenDeliveryIsDiscarded()
{
    FakeKeep keep(m_key.second);
    auto owner = challenged(keep);
    FakeDelivery delivery(Bytes(10 << 20, 7));
    owner->session->deliver(std::move(delivery.blobs), delivery.manifest);
    QVERIFY(turn(keep, {owner.get()}, [&] { return !keep.items["module"].empty(); }));
    owner.reset(); // killed in the middle
    QVERIFY(turn(keep, {}, [&] { return keep.discarded == 1; }));
    QVERIFY(keep.items.empty());
    owner = challenged(keep);
    QVERIFY(!owner->session->wardenState().delivered);
    FakeDelivery whole;
    owner->session->deliver(std::move(whole.blobs), whole.manifest);
    QVERIFY(turn(keep, {owner.get()}, [&] { return !owner->deliveryReports.empty(); }));
}

void TestSessionFaults::firmwareFailureIsNamed()
{
    FakeKeep keep(m_key.second);
    keep.reportFails = true;
    const auto owner = challenged(keep);
    QVERIFY(owner->error);
    QVERIFY2(owner->error->message().find("it was told to fail") != std::string::npos, owner->error->message().c_str());
    keep.reportFails = false;
    QVERIFY(!challenged(keep)->error);
}

void TestSessionFaults::onlyTls13WithoutTickets()
{
    using namespace session;
    const auto mine = Identity::fresh(), theirs = Identity::fresh();
    const auto all = [](const Sha256 &) { return true; };
    const auto server = Tls::server(*theirs, all), client = Tls::client(*mine, all);
    Bytes plain;
    for (int i = 0; i < 10; ++i) {
        QVERIFY((*server)->receive((*client)->drain(), plain));
        QVERIFY((*client)->receive((*server)->drain(), plain));
    }
    QVERIFY((*server)->established() && (*client)->established());
    QCOMPARE((*client)->group(), std::string("X25519MLKEM768"));
    QVERIFY((*server)->exporter() == (*client)->exporter());
    QVERIFY((*server)->peerKey() == mine->spki && (*client)->peerKey() == theirs->spki);
    QVERIFY((*server)->drain().empty()); // no ticket follows

    // An ordinary TLS 1.2 client gets nothing.
    const ContextHandle context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    const SslHandle old(SSL_new(context.get()));
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(old.get(), in, out);
    SSL_set_connect_state(old.get());
    SSL_do_handshake(old.get());
    Bytes hello(static_cast<std::size_t>(BIO_ctrl_pending(out)));
    BIO_read(out, hello.data(), static_cast<int>(hello.size()));
    const auto fresh = Tls::server(*theirs, all);
    const auto status = (*fresh)->receive(hello, plain);
    QVERIFY(!status);
    QVERIFY2(status.error().message().find("TLS failed") != std::string::npos, status.error().message().c_str());
}

/// Somebody without evidence, as anybody can be who answers at the other end: says these messages in one go, and yields all that it was
/// sent.
Bytes TestSessionFaults::impostor(FakeOwner &owner, Fd theirs, const std::vector<session::WardenMessage> &messages)
{
    using namespace session;
    ::fcntl(theirs.get(), F_SETFL, O_NONBLOCK);
    const auto identity = Identity::fresh();
    const auto tls = Tls::server(*identity, [](const Sha256 &) { return true; });
    FrameReader frames;
    ConnectionId connection;
    Bytes plain;
    bool said = false;
    for (int i = 0; i < 200 && !owner.error; ++i) {
        std::uint8_t buffer[65536];
        const ssize_t count = ::read(theirs.get(), buffer, sizeof buffer);
        if (count > 0)
            frames.feed(ByteView(buffer, static_cast<std::size_t>(count)));
        while (const auto frame = frames.next()) {
            connection = frame->connection;
            static_cast<void>((*tls)->receive(frame->payload, plain));
        }
        if ((*tls)->established() && !said) {
            said = true;
            for (const auto &message : messages)
                static_cast<void>((*tls)->write(encode(message)));
        }
        Bytes out;
        appendFrames(out, connection, (*tls)->drain());
        static_cast<void>(::send(theirs.get(), out.data(), out.size(), MSG_NOSIGNAL));
        owner.session->process();
    }
    return plain;
}

void TestSessionFaults::anotherVersionIsRefused()
{
    auto [mine, theirs] = streamPair();
    FakeOwner owner(std::move(mine), m_key.first, m_keep);
    session::Hello hello;
    hello.version = session::protocolVersion + 1;
    static_cast<void>(impostor(owner, std::move(theirs), {hello}));
    QVERIFY(owner.error);
    QVERIFY2(owner.error->message().contains("version " + std::to_string(hello.version)), owner.error->message().c_str());
    QVERIFY(!owner.established);
}

void TestSessionFaults::nothingIsHeardBeforeTheEvidence_data()
{
    QTest::addColumn<int>("kind");
    for (const auto &[name, kind] : {std::pair{"output", 0}, {"started", 1}, {"the end", 2}, {"input taken", 3}, {"a delivery", 4},
             {"a delivery taken", 5}, {"many words", 6}})
        QTest::newRow(name) << kind;
}

void TestSessionFaults::nothingIsHeardBeforeTheEvidence()
{
    QFETCH(const int, kind);
    using namespace session;
    auto [mine, theirs] = streamPair();
    FakeOwner owner(std::move(mine), m_key.first, m_keep);
    owner.session->input(asBytes("a line that is the owner's own\n"));
    const Bytes text = toBytes(std::string_view("result: all is well\n"));
    std::vector<WardenMessage> messages{Hello{}};
    switch (kind) {
    case 0:
        messages.emplace_back(Output{1, 0, text});
        break;
    case 1:
        messages.emplace_back(Started{"aot"});
        break;
    case 2:
        messages.emplace_back(Exited{0, {}, {}});
        break;
    case 3:
        messages.emplace_back(InputTaken{0});
        break;
    case 4:
        messages.emplace_back(DeliveryReport{text});
        break;
    case 5:
        messages.emplace_back(DeliveryTaken{1});
        break;
    default:
        for (int i = 0; i < 40; ++i)
            messages.emplace_back(Log{std::string(2000, 'x')});
    }
    const Bytes got = impostor(owner, std::move(theirs), messages);
    QVERIFY(owner.error);
    QCOMPARE(owner.error->kind, ErrorKind::Negative);
    QVERIFY(owner.output[0].empty() && owner.started.empty() && !owner.exit && owner.deliveryReports.empty());
    const std::string_view sent = asText(got);
    QVERIFY(sent.find("the owner's own") == std::string_view::npos);
}

QTEST_GUILESS_MAIN(TestSessionFaults)
#include "test_session_faults.moc"
