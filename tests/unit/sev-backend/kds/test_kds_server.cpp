// SPDX-License-Identifier: Apache-2.0
// The key server's client against a server of our own that behaves badly. Waiting is by a clock of our own; timeouts of a single question
// are short and real.
#include "core/base/file.h"
#include "fake_clock.h"
#include "sev-backend/kds/key_server.h"
#include "tests/support/bad_server.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/vectors.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>

using namespace kastellan;
using namespace kastellan::sev;
using namespace std::chrono_literals;
using test::answer;
using test::Connection;

namespace {

std::string pemOf(const Certificate &certificate)
{
    return "-----BEGIN CERTIFICATE-----\n" + toBase64(certificate.der()) + "\n-----END CERTIFICATE-----\n";
}

} // namespace

class TestKdsServer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_clock.unixStart = m_now - 1000;
        m_maker = std::make_unique<test::EvidenceMaker>();
        m_other = std::make_unique<test::EvidenceMaker>(test::EvidenceShape{.profile = *findProfile("milan")});
        const auto &authority = m_maker->authority();
        m_chain = pemOf(authority.ask()) + pemOf(authority.ark());
        m_vcek = m_maker->evidence.endorsements.front().der;
        m_chip = toBytes(m_maker->report().chipId().view());
        m_tcb = TcbVersion(m_maker->report().reportedTcb(), TcbLayout::Milan);
        m_crl = list(-3600, 86'400);
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_clock = {};
        m_clock.unixStart = m_now - 1000; // its steady time begins at 1000 s
        m_said.clear();
        m_bodies = {{"/vcek/v1/Genoa/cert_chain", m_chain}, {*kds::vcekPath(Product::Genoa, m_chip, m_tcb), std::string(asText(m_vcek))},
            {"/vcek/v1/Genoa/crl", std::string(asText(m_crl))}};
        m_server = std::make_unique<test::BadServer>([this](Connection &connection, const std::string &path) { good(connection, path); });
    }
    void cleanup() { m_server.reset(); }

    void fetchesVerifiesAndKeeps()
    {
        auto server = client();
        const auto fetched = server.vcek(Product::Genoa, m_chip, m_tcb, true, {});
        QVERIFY2(fetched.has_value(), fetched ? "" : fetched.error().message().c_str());
        QCOMPARE(fetched->size(), 3u);
        QCOMPARE(fetched->front().certificate.bytes, m_vcek);
        QVERIFY(!fetched->front().cached);
        QCOMPARE((*fetched)[1].certificate.role, std::string("ask"));
        QCOMPARE((*fetched)[2].certificate.role, std::string("ark"));
        QVERIFY(fetched->front().certificate.source.starts_with("http://127.0.0.1:"));
        QCOMPARE(m_server->asked().size(), 2u);
        const auto crl = server.crl(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY2(crl.has_value(), crl ? "" : crl.error().message().c_str());
        QCOMPARE(m_server->asked().size(), 3u); // the chain is known
        // Nothing is asked for twice, by another program either.
        auto another = client();
        const auto again = another.vcek(Product::Genoa, m_chip, m_tcb, true, {});
        QVERIFY(again && again->front().cached && again->front().certificate.bytes == m_vcek);
        QVERIFY(another.crl(Product::Genoa, kds::Kind::Vcek, {})->cached);
        QCOMPARE(m_server->asked().size(), 3u);
        // A list is asked for anew after a day.
        m_clock.now += 86'401s;
        m_bodies["/vcek/v1/Genoa/crl"] = std::string(asText(list(86'000, 200'000)));
        QVERIFY(!another.crl(Product::Genoa, kds::Kind::Vcek, {})->cached);
        QCOMPARE(m_server->asked().size(), 4u);
    }

    void offlineIsTheCacheAlone()
    {
        auto settings = usual();
        settings.offline = true;
        const auto none = client(settings).vcek(Product::Genoa, m_chip, m_tcb, true, {});
        QVERIFY(!none);
        QVERIFY2(none.error().why.find("not in the cache") != std::string::npos, none.error().message().c_str());
        QVERIFY(m_server->asked().empty());
        QVERIFY(client().vcek(Product::Genoa, m_chip, m_tcb, true, {}));
        QVERIFY(client().crl(Product::Genoa, kds::Kind::Vcek, {}));
        const auto count = m_server->asked().size();
        QVERIFY(client(settings).vcek(Product::Genoa, m_chip, m_tcb, true, {}));
        m_clock.now += 80'000s; // an old list is better than none, while it is in date
        QVERIFY(client(settings).crl(Product::Genoa, kds::Kind::Vcek, {})->cached);
        QCOMPARE(m_server->asked().size(), count);
    }

    void theCacheHasALimit()
    {
        namespace fs = std::filesystem;
        const auto entry = [](int i) { return "https://keys/" + std::to_string(i); };
        const kds::AnswerCache unbounded(cache());
        QVERIFY(unbounded.put(entry(0), Bytes(1000, 0), 1));
        const auto each = fs::file_size(fs::directory_iterator(cache())->path());
        const kds::AnswerCache small(cache(), 4 * each);
        for (int i = 1; i < 4; ++i) {
            QVERIFY(small.put(entry(i), Bytes(1000, 0), i));
            QVERIFY(fs::exists(cache()));
        }
        // Times of files are coarse: they are set apart.
        int age = 10;
        for (int i = 0; i < 4; ++i)
            fs::last_write_time(
                cache() / toHex(sha256(asBytes(entry(i))).view()), fs::file_time_type::clock::now() - std::chrono::hours(age--));
        QCOMPARE(cachedFiles(), 4);
        QVERIFY(small.put(entry(4), Bytes(1000, 0), 9));
        QCOMPARE(cachedFiles(), 4);
        QVERIFY(!small.get(entry(0)) && small.get(entry(1)) && small.get(entry(4))); // the oldest is gone
        QVERIFY(small.put(entry(5), Bytes(2500, 0), 9)); // a large one takes several places
        QVERIFY(!small.get(entry(1)) && !small.get(entry(2)) && small.get(entry(5)));
        QVERIFY(small.put(entry(6), Bytes(4 * each, 0), 9)); // alone larger than the limit: not kept, and nothing is removed for it
        QVERIFY(!small.get(entry(6)) && small.get(entry(5)));
        const kds::AnswerCache none(cache() / "none", 0);
        QVERIFY(none.put(entry(1), Bytes(1, 0), 1) && !none.get(entry(1)) && !fs::exists(cache() / "none"));
    }

    void theLimitIsTheUsers()
    {
        QCOMPARE(kds::usualSettings().cacheLimit, kds::usualCacheLimit);
        for (const auto &[text, limit] : std::initializer_list<std::pair<const char *, std::uint64_t>>{
                 {"0", 0}, {"3", 3u << 20}, {"", kds::usualCacheLimit}, {"much", kds::usualCacheLimit}, {"-1", kds::usualCacheLimit}}) {
            qputenv("KASTELLAN_KDS_CACHE", text);
            QCOMPARE(kds::usualSettings().cacheLimit, limit);
        }
        qunsetenv("KASTELLAN_KDS_CACHE");
        auto settings = usual();
        settings.cacheLimit = 0;
        QVERIFY(client(settings).vcek(Product::Genoa, m_chip, m_tcb, true, {}));
        QVERIFY(cacheIsEmpty());
    }

    void anAlteredCacheIsNotUsed()
    {
        QVERIFY(client().chain(Product::Genoa, kds::Kind::Vcek, {}));
        for (const auto &entry : std::filesystem::directory_iterator(cache())) {
            Bytes bytes = *readFile(entry.path(), 1 << 20);
            for (const std::size_t place : {std::size_t{3}, bytes.size() / 2, bytes.size() - 1}) {
                Bytes altered = bytes;
                altered[place] ^= 1;
                QVERIFY(writeFileAtomically(entry.path(), altered));
                const auto fetched = client().chain(Product::Genoa, kds::Kind::Vcek, {});
                QVERIFY(fetched && !fetched->front().cached);
            }
        }
    }

    void busyIsWaitedFor()
    {
        int count = 0;
        m_server->setHandler([&](Connection &connection, const std::string &path) {
            if (++count == 1)
                connection.send(answer(429, "slow down", "Retry-After: 7\r\n"));
            else if (count == 2)
                connection.send(answer(429, "slow down"));
            else if (count == 3)
                connection.send(answer(500, "oh"));
            else
                good(connection, path);
        });
        const auto fetched = client().chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY2(fetched.has_value(), fetched ? "" : fetched.error().message().c_str());
        QCOMPARE(m_clock.waits, (std::vector<std::int64_t>{7000, 10'000, 20'000}));
        QCOMPARE(m_said.size(), 3u);
    }

    void alwaysBusy()
    {
        m_server->setHandler([](Connection &connection, const std::string &) { connection.send(answer(429, "")); });
        const auto fetched = client().chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().message().find("429") != std::string::npos, fetched.error().message().c_str());
        QVERIFY(fetched.error().kind == ErrorKind::Environment);
        QVERIFY(cacheIsEmpty());
    }

    /// Whatever it sends in place of the chain: an error that says what came, and nothing is kept.
    void wrongAnswers_data()
    {
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QByteArray>("why");
        const auto row = [](const char *name, const std::string &raw, const char *why) {
            QTest::newRow(name) << QByteArray::fromStdString(raw) << QByteArray(why);
        };
        row("a web page", answer(200, "<!DOCTYPE html><html>Please log in</html>"), "it is a web page");
        row("JSON", answer(200, "{\"error\": 1}"), "it is JSON");
        row("empty", answer(200, ""), "it is empty");
        row("noise", answer(200, std::string(500, '\x81')), "it begins with 81");
        row("one certificate", answer(200, pemOf(m_maker->authority().ask())), "two certificates");
        row("the root twice", answer(200, pemOf(m_maker->authority().ark()) + pemOf(m_maker->authority().ark())), "");
        row("another product's", answer(200, pemOf(m_other->authority().ask()) + pemOf(m_other->authority().ark())), "is accepted");
        row("a redirect", answer(302, "", "Location: http://127.0.0.1:1/elsewhere\r\n"), "not followed");
        row("not allowed", answer(403, "no"), "status 403");
        row("no such thing", answer(404, "no"), "404");
        row("a proxy that wants a password", answer(407, "no"), "status 407");
        row("no HTTP", "hello\r\n\r\n", "");
        row("closes at once", "", "");
        row("cut short", answer(200, std::string(1000, 'x')).substr(0, 400), "");
        row("headers without end", "HTTP/1.1 200 OK\r\n" + std::string(1000, 'a'), "");
        row("longer than it may be", answer(200, std::string(70'000, 'x')), "more than 65536");
    }
    void wrongAnswers()
    {
        QFETCH(QByteArray, raw);
        QFETCH(QByteArray, why);
        m_server->setHandler([&](Connection &connection, const std::string &) { connection.send(raw.toStdString()); });
        auto settings = usual();
        settings.patience.attempts = 2;
        const auto fetched = client(settings).chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!fetched);
        const std::string message = fetched.error().message();
        QVERIFY2(message.find(why.constData()) != std::string::npos, message.c_str());
        QVERIFY2(!fetched.error().remedy.empty(), message.c_str());
        QVERIFY(cacheIsEmpty());
    }

    void anEndlessBodyEnds()
    {
        m_server->setHandler([](Connection &connection, const std::string &) {
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while (connection.send(std::string(8192, 'x'))) {}
        });
        const auto fetched = client().chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().why.find("more than") != std::string::npos, fetched.error().message().c_str());
        QVERIFY(cacheIsEmpty());
    }

    void aSlowServerIsNotWaitedForWithoutEnd()
    {
        m_server->setHandler([](Connection &connection, const std::string &) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
            connection.receive(); // until the client gives up
        });
        auto settings = usual();
        settings.patience.each = 300ms;
        settings.patience.attempts = 2;
        const auto fetched = client(settings).chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().why.find("in time") != std::string::npos, fetched.error().message().c_str());
        QCOMPARE(m_server->asked().size(), 2u);
    }

    void cancelledInTheMiddle()
    {
        std::stop_source stop;
        m_server->setHandler([&](Connection &connection, const std::string &) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
            stop.request_stop();
            connection.receive();
        });
        const auto fetched = client().chain(Product::Genoa, kds::Kind::Vcek, stop.get_token());
        QVERIFY(!fetched && fetched.error().kind == ErrorKind::Cancelled);
    }

    void nobodyListens()
    {
        auto settings = usual();
        settings.patience.attempts = 2;
        m_server.reset();
        const auto fetched = client(settings).chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().remedy.find("--offline") != std::string::npos, fetched.error().message().c_str());
    }

    void wrongVceks_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("why");
        QTest::newRow("of another chip") << 0 << QByteArrayLiteral("another chip");
        QTest::newRow("for another TCB") << 1 << QByteArrayLiteral("was asked for");
        QTest::newRow("signed by another authority") << 2 << QByteArrayLiteral("signature");
        QTest::newRow("the intermediate") << 3 << QByteArray();
        QTest::newRow("expired") << 4 << QByteArrayLiteral("is valid from");
        QTest::newRow("altered") << 5 << QByteArrayLiteral("signature");
        QTest::newRow("PEM") << 6 << QByteArrayLiteral("DER");
    }
    void wrongVceks()
    {
        QFETCH(int, kind);
        QFETCH(QByteArray, why);
        Authority::Leaf leaf = m_maker->leaf();
        Bytes der = m_vcek;
        const auto issued = [&](const Authority &authority) {
            return authority.issue(leaf, m_maker->identity().vcekKey().handle())->der();
        };
        if (kind == 0) {
            leaf.hardwareId[5] ^= 1;
            der = issued(m_maker->authority());
        } else if (kind == 1) {
            leaf.tcb.set(TcbPart::Snp, 1);
            der = issued(m_maker->authority());
        } else if (kind == 2) {
            der = issued(m_other->authority());
        } else if (kind == 3) {
            der = m_maker->authority().ask().der();
        } else if (kind == 4) {
            leaf.notAfter = m_clock.unixSeconds() - 1;
            der = issued(m_maker->authority());
        } else if (kind == 5) {
            der[der.size() - 5] ^= 1;
        }
        m_bodies[*kds::vcekPath(Product::Genoa, m_chip, m_tcb)] = kind == 6 ? pemOf(*Certificate::fromDer(der)) : std::string(asText(der));
        const auto fetched = client().vcek(Product::Genoa, m_chip, m_tcb, true, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().message().find(why.constData()) != std::string::npos, fetched.error().message().c_str());
        QCOMPARE(cachedFiles(), 1); // the chain alone
    }

    void notFoundIsExplained()
    {
        m_bodies.erase(*kds::vcekPath(Product::Genoa, m_chip, m_tcb));
        const auto why = [&](ByteView chip, const TcbVersion &tcb, bool fromReport) {
            const auto fetched = client().vcek(Product::Genoa, chip, tcb, fromReport, {});
            return fetched ? std::string() : fetched.error().kind == ErrorKind::Negative ? fetched.error().message() : "wrong kind";
        };
        const auto says = [](const std::string &text, const char *part) { return text.find(part) != std::string::npos; };
        const std::string sample = why(m_chip, m_tcb, true);
        QVERIFY2(says(sample, "engineering sample"), sample.c_str());
        const std::string levels = why(m_chip, m_tcb, false);
        QVERIFY2(says(levels, "reported TCB") && says(levels, "--report"), levels.c_str());
        const std::string zeros = why(m_chip, TcbVersion(TcbLayout::Milan), false);
        QVERIFY2(says(zeros, "all zeros"), zeros.c_str());
        Bytes turin(64);
        std::fill_n(turin.begin(), 8, 9);
        const std::string product = why(turin, m_tcb, true);
        QVERIFY2(says(product, "Turin"), product.c_str());
    }

    void lists()
    {
        const auto fetch = [&](std::int64_t from, std::int64_t until) {
            m_bodies["/vcek/v1/Genoa/crl"] = std::string(asText(list(from, until)));
            return client().crl(Product::Genoa, kds::Kind::Vcek, {});
        };
        const auto late = fetch(-20'000, -10'000);
        QVERIFY(!late && late.error().why.find("out of date") != std::string::npos);
        const auto early = fetch(200'000, 300'000);
        QVERIFY(!early && early.error().why.find("now is") != std::string::npos);
        m_bodies["/vcek/v1/Genoa/crl"] =
            std::string(asText(*m_other->authority().revocationList({1}, m_clock.unixSeconds() - 5, m_clock.unixSeconds() + 500)));
        const auto foreign = client().crl(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!foreign && foreign.error().why.find("signature") != std::string::npos);
        QVERIFY(fetch(-1000, 500'000));
        // An older list, as good by its signature, does not take the place of a newer one.
        m_clock.now += 90'000s;
        const auto older = fetch(-95'000, 500'000);
        QVERIFY(older && older->cached);
        QCOMPARE(older->certificate.notBefore, m_now - 1000);
        QVERIFY(!m_said.empty());
    }

    void rootsAreNotMixed()
    {
        auto settings = usual();
        settings.root = "amd";
        const auto fetched = client(settings).chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().why.find("'amd' is accepted") != std::string::npos, fetched.error().message().c_str());
    }

    void legacy()
    {
        KASTELLAN_NEED_VECTORS();
        const Bytes cek = test::vector("sev-naples/cek.cert"), both = test::vector("sev-roots/ask_ark_naples.cert");
        m_bodies["/cek/id/0011"] = std::string(asText(cek));
        m_bodies["/developer/eula/sev/ask_ark_naples.cert"] = std::string(asText(both));
        m_bodies["/developer/eula/sev/ask_ark_rome.cert"] = std::string(asText(both));
        const auto one = client().cek(Bytes{0, 0x11}, {});
        QVERIFY2(one.has_value(), one ? "" : one.error().message().c_str());
        QCOMPARE(one->certificate.role, std::string("cek"));
        QCOMPARE(client().sevAuthorities("Naples", {})->size(), 2u);
        const auto rome = client().sevAuthorities("Rome", {});
        QVERIFY(!rome && rome.error().why.find("Naples") != std::string::npos);
        Bytes altered = cek;
        altered[100] ^= 1;
        m_bodies["/cek/id/0012"] = std::string(asText(altered));
        QVERIFY(!client().cek(Bytes{0, 0x12}, {}));
        QVERIFY(!client().cek(Bytes{0, 0x13}, {})); // 404
    }

    void tls()
    {
        QTemporaryDir folder;
        test::makeTlsFiles(folder.path().toStdString());
        const std::string certificate = folder.filePath(QStringLiteral("cert.pem")).toStdString();
        m_server = std::make_unique<test::BadServer>([this](Connection &connection, const std::string &path) { good(connection, path); },
            certificate, folder.filePath(QStringLiteral("key.pem")).toStdString());
        auto settings = usual();
        const auto refused = client(settings).chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY(!refused);
        QVERIFY2(refused.error().remedy.find("--kds-ca") != std::string::npos, refused.error().message().c_str());
        QVERIFY(m_clock.waits.empty()); // it gets no better by waiting
        settings.authorities = certificate;
        const auto fetched = client(settings).chain(Product::Genoa, kds::Kind::Vcek, {});
        QVERIFY2(fetched.has_value(), fetched ? "" : fetched.error().message().c_str());
    }

    void proxies()
    {
        // The server stands in for a proxy: it is asked for the whole address.
        auto settings = usual();
        settings.url = "http://kds.example";
        settings.proxy = m_server->url();
        m_server->setHandler([this](Connection &connection, const std::string &path) {
            good(connection, path.starts_with("http://kds.example") ? path.substr(18) : "wrong");
        });
        QVERIFY(client(settings).chain(Product::Genoa, kds::Kind::Vcek, {}));
        QCOMPARE(m_server->asked().front(), std::string("http://kds.example/vcek/v1/Genoa/cert_chain"));
    }

    void aCacheThatCannotBeWrittenCostsNothingElse()
    {
        auto settings = usual();
        settings.cache = "/proc/none/cache";
        QVERIFY(client(settings).chain(Product::Genoa, kds::Kind::Vcek, {}));
        QVERIFY(!m_said.empty());
    }

private:
    void good(Connection &connection, const std::string &path)
    {
        const auto found = m_bodies.find(path);
        connection.send(found == m_bodies.end() ? answer(404, "not found") : answer(200, found->second));
    }
    [[nodiscard]] std::filesystem::path cache() const { return m_folder->filePath(QStringLiteral("cache")).toStdString(); }
    [[nodiscard]] int cachedFiles() const
    {
        int count = 0;
        if (std::filesystem::exists(cache()))
            for (const auto &entry : std::filesystem::directory_iterator(cache()))
                count += entry.is_regular_file();
        return count;
    }
    [[nodiscard]] bool cacheIsEmpty() const { return cachedFiles() == 0; }
    [[nodiscard]] kds::Settings usual()
    {
        kds::Settings settings;
        settings.url = settings.downloadUrl = m_server->url();
        settings.cache = cache();
        settings.root = m_maker->expected.root;
        settings.patience.each = 20s;
        settings.say = [this](const std::string &text) { m_said.push_back(text); };
        return settings;
    }
    [[nodiscard]] kds::KeyServer client(const kds::Settings &settings) { return {settings, *m_transport, m_clock}; }
    [[nodiscard]] kds::KeyServer client() { return client(usual()); }
    [[nodiscard]] Bytes list(std::int64_t from, std::int64_t until)
    {
        return *m_maker->authority().revocationList({1, 2}, m_clock.unixSeconds() + from, m_clock.unixSeconds() + until);
    }

    std::unique_ptr<test::EvidenceMaker> m_maker, m_other;
    const std::int64_t m_now = std::time(nullptr);
    std::string m_chain;
    Bytes m_vcek, m_chip, m_crl;
    TcbVersion m_tcb;
    std::map<std::string, std::string> m_bodies;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<kds::Transport> m_transport = kds::curlTransport();
    test::FakeClock m_clock;
    std::unique_ptr<test::BadServer> m_server;
    std::vector<std::string> m_said;
};

QTEST_GUILESS_MAIN(TestKdsServer)
#include "test_kds_server.moc"
