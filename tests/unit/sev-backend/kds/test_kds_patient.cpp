// SPDX-License-Identifier: Apache-2.0
// Asking again: how long is waited, and when it ends. No time passes in these tests.
#include "fake_clock.h"
#include "sev-backend/kds/patient.h"

#include <QTest>

#include <deque>

using namespace kastellan;
using namespace kastellan::sev::kds;
using namespace std::chrono_literals;

namespace {

/// Answers from a list; the last one again and again.
class Script final : public Transport {
public:
    std::expected<HttpAnswer, HttpFailure> get(const HttpRequest &request, const std::stop_token &) override
    {
        timeouts.push_back(request.timeout.count());
        ++count;
        auto next = answers.front();
        if (answers.size() > 1)
            answers.pop_front();
        return next;
    }
    std::deque<std::expected<HttpAnswer, HttpFailure>> answers;
    std::vector<std::int64_t> timeouts;
    int count = 0;
};

HttpAnswer with(long status, std::string retryAfter = {})
{
    HttpAnswer answer;
    answer.status = status;
    answer.retryAfter = std::move(retryAfter);
    return answer;
}

std::unexpected<HttpFailure> failing(bool again)
{
    return std::unexpected(HttpFailure{Error{ErrorKind::Environment, "ask", "x", "closed at once", "Try."}, again});
}

} // namespace

class TestKdsPatient : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_clock = {};
        m_script = {};
        m_patience = {};
        m_said.clear();
    }

    void answersAtOnceAreTaken()
    {
        for (const long status : {200L, 301L, 404L, 403L, 501L}) {
            init();
            m_script.answers = {with(status)};
            QCOMPARE(ask()->status, status);
            QCOMPARE(m_script.count, 1);
            QVERIFY(m_clock.waits.empty());
        }
    }

    void waitsDoubleUpToTheLongest()
    {
        m_script.answers = {with(429)};
        m_patience.total = 1000s;
        m_patience.attempts = 7;
        const auto answer = ask();
        QVERIFY(!answer);
        QCOMPARE(m_clock.waits, (std::vector<std::int64_t>{5000, 10000, 20000, 40000, 60000, 60000}));
        QVERIFY2(answer.error().why.find("429") != std::string::npos && answer.error().why.find("7 times") != std::string::npos,
            answer.error().message().c_str());
        QVERIFY(!answer.error().remedy.empty());
        QCOMPARE(m_said.size(), 6u);
    }

    void chanceMakesItLonger()
    {
        m_clock.chance = 0.5;
        m_script.answers = {with(503), with(200)};
        QCOMPARE(ask()->status, 200);
        QCOMPARE(m_clock.waits, (std::vector<std::int64_t>{7500}));
    }

    void theServersWishIsHeeded()
    {
        m_script.answers = {with(429, "17"), with(429, "Fri, 15 Jan 2027 08:00:47 GMT"), with(200)};
        m_clock.unixStart = 1'800'000'000 - 1000; // the fake's steady time begins at 1000 s
        QCOMPARE(ask()->status, 200);
        QCOMPARE(m_clock.waits.size(), 2u);
        QCOMPARE(m_clock.waits[0], 17000);
        QCOMPARE(m_clock.waits[1], 30000); // 1800000047 - 1800000017
    }

    void aWishBeyondTheTimeEndsIt()
    {
        m_script.answers = {with(429, "3600")};
        const auto answer = ask();
        QVERIFY(!answer);
        QVERIFY(m_clock.waits.empty());
        QVERIFY2(answer.error().why.find("3600 s") != std::string::npos, answer.error().message().c_str());
    }

    void theTotalTimeIsKept()
    {
        m_script.answers = {with(500)};
        m_patience.attempts = 1000;
        const auto start = m_clock.now;
        QVERIFY(!ask());
        QVERIFY(m_clock.now - start <= m_patience.total);
        for (const auto timeout : m_script.timeouts)
            QVERIFY(timeout >= 1 && timeout <= 60'000);
    }

    void failuresThatMayPassAreTriedAgain()
    {
        m_script.answers = {failing(true), failing(true), with(200)};
        QCOMPARE(ask()->status, 200);
        QCOMPARE(m_script.count, 3);
        init();
        m_script.answers = {failing(false)};
        QVERIFY(!ask());
        QCOMPARE(m_script.count, 1);
    }

    void cancelledWhileWaiting()
    {
        m_script.answers = {with(429)};
        std::stop_source stop;
        stop.request_stop();
        const auto answer = ask(stop.get_token());
        QVERIFY(!answer && answer.error().kind == ErrorKind::Cancelled);
        QCOMPARE(m_script.count, 1);
    }

    void retryAfter_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("milliseconds"); // -1: nothing
        QTest::newRow("seconds") << QByteArrayLiteral("12") << qint64(12000);
        QTest::newRow("blanks") << QByteArrayLiteral("  3 ") << qint64(3000);
        QTest::newRow("zero") << QByteArrayLiteral("0") << qint64(0);
        QTest::newRow("at most a day") << QByteArrayLiteral("99999999") << qint64(86'400'000);
        QTest::newRow("overflow") << QByteArrayLiteral("99999999999999999999999") << qint64(86'400'000);
        QTest::newRow("date") << QByteArrayLiteral("Fri, 15 Jan 2027 08:00:10 GMT") << qint64(10'000);
        QTest::newRow("date gone by") << QByteArrayLiteral("Fri, 15 Jan 2021 08:00:10 GMT") << qint64(0);
        QTest::newRow("none") << QByteArray() << qint64(-1);
        QTest::newRow("negative") << QByteArrayLiteral("-5") << qint64(-1);
        QTest::newRow("words") << QByteArrayLiteral("soon") << qint64(-1);
    }
    void retryAfter()
    {
        QFETCH(QByteArray, text);
        QFETCH(qint64, milliseconds);
        const auto time = parseRetryAfter(text.constData(), 1'800'000'000);
        QCOMPARE(time ? time->count() : -1, milliseconds);
    }

private:
    Result<HttpAnswer> ask(const std::stop_token &stop = {})
    {
        return getPatiently(m_script, m_clock, {}, m_patience, [this](const std::string &text) { m_said.push_back(text); }, stop);
    }
    test::FakeClock m_clock;
    Script m_script;
    Patience m_patience;
    std::vector<std::string> m_said;
};

QTEST_GUILESS_MAIN(TestKdsPatient)
#include "test_kds_patient.moc"
