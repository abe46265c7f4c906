// SPDX-License-Identifier: Apache-2.0
// The one way in which another program is run to its end: what it says is bounded, and nothing of it outlives what it was wanted for.
#include "sev-backend/process/run_program.h"

#include <QTest>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace kastellan::sev;
using std::chrono::milliseconds;

class TestRunProgram : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatItSays();
    void whatCannotBeStarted();
    void takesTooLong();
    void saysTooMuch();
    void isNotWanted();
    void mayTidyUp();
    void lines();
    void surroundings();
    void allOfItEnds();
};

namespace {

// Later than the test may take: who does not listen fails it.
ProgramLimits untilStopped(std::stop_token stop)
{
    ProgramLimits limits;
    limits.time = std::chrono::hours(1);
    limits.stop = std::move(stop);
    return limits;
}

ProgramLimits within(milliseconds time, std::size_t size)
{
    ProgramLimits limits;
    limits.time = time;
    limits.size = size;
    return limits;
}

} // namespace

void TestRunProgram::whatItSays()
{
    const auto good = runProgram({"sh", "-c", "echo out; echo err >&2; exit 3"});
    QCOMPARE(good.status, 3);
    QCOMPARE(QByteArray::fromStdString(good.output), "out\n");
    QCOMPARE(QByteArray::fromStdString(good.errors), "err\n");
    QVERIFY(good.ended && !good.good());
    QCOMPARE(QByteArray::fromStdString(runProgram({"printf", "%s", "$(id) `id` ; x"}).output), "$(id) `id` ; x");
    // Of what it complains about, the end is kept: there it says why it failed.
    const auto loud = runProgram({"sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x >&2; echo because >&2; exit 1"});
    QCOMPARE(loud.errors.size(), std::size_t{65536});
    QVERIFY(loud.errors.ends_with("because\n"));
    const auto killed = runProgram({"sh", "-c", "kill -9 $$"});
    QVERIFY(killed.ended);
    QCOMPARE(killed.status, 128 + 9);
}

void TestRunProgram::whatCannotBeStarted()
{
    QCOMPARE(runProgram({"/nowhere/program"}).error, ENOENT);
    QCOMPARE(runProgram({"/"}).error, EACCES);
    QCOMPARE(runProgram({}).error, EINVAL);
}

void TestRunProgram::takesTooLong()
{
    for (const char *slow : {"exec sleep 100", "exec sleep 100 >/dev/null 2>&1"}) {
        const auto late = runProgram({"sh", "-c", slow}, within(milliseconds(50), 100));
        QVERIFY(!late.ended && !late.cancelled);
        QCOMPARE(late.status, 128 + 9);
    }
    auto forever = within(ProgramLimits::anyTime, 100);
    QVERIFY(runProgram({"sh", "-c", "exec true"}, forever).good());
}

void TestRunProgram::saysTooMuch()
{
    const auto loud = runProgram({"sh", "-c", "exec yes"}, within(milliseconds(20'000), 1000));
    QVERIFY(!loud.ended);
    auto longLine = within(milliseconds(20'000), 1000);
    longLine.line = [](const std::string &) {};
    QVERIFY(!runProgram({"sh", "-c", "exec tr '\\0' x </dev/zero"}, longLine).ended);
    longLine.size = 10;
    QVERIFY(runProgram({"sh", "-c", "seq 1000"}, longLine).good()); // long in sum, not in a line
}

void TestRunProgram::isNotWanted()
{
    // While it is silent, and while it has closed what it could say something on.
    for (const char *silent : {"exec sleep 100", "exec sleep 100 >/dev/null 2>&1"}) {
        std::stop_source source;
        const std::jthread impatient([&source] { source.request_stop(); });
        const auto unwanted = runProgram({"sh", "-c", silent}, untilStopped(source.get_token()));
        QVERIFY(unwanted.cancelled);
        QVERIFY(!unwanted.good());
    }
}

void TestRunProgram::mayTidyUp()
{
    // It is told only once it has said that it is ready to be; once it has closed its output, too.
    for (const char *closing : {"", "exec >/dev/null 2>&1; "}) {
        std::stop_source source;
        auto limits = untilStopped(source.get_token());
        limits.stopSignal = SIGTERM;
        limits.line = [&source](const std::string &line) {
            if (line == "ready")
                source.request_stop();
        };
        const std::string program = "trap 'exit 7' TERM; echo ready; " + std::string(closing) + "while :; do sleep 0.01; done";
        const auto tidy = runProgram({"sh", "-c", program}, limits);
        QVERIFY(tidy.ended && !tidy.cancelled);
        QCOMPARE(tidy.status, 7);
    }
    // Who does not want to end is given the time and no more.
    std::stop_source source;
    auto limits = untilStopped(source.get_token());
    limits.stopSignal = SIGTERM;
    limits.time = milliseconds(200);
    limits.line = [&source](const std::string &) { source.request_stop(); };
    const auto deaf = runProgram({"sh", "-c", "trap '' TERM; echo ready; exec sleep 100"}, limits);
    QVERIFY(!deaf.ended && deaf.cancelled);
    QCOMPARE(deaf.status, 128 + 9);
}

void TestRunProgram::lines()
{
    std::vector<std::string> said;
    ProgramLimits limits;
    limits.line = [&said](const std::string &line) { said.push_back(line); };
    const auto done = runProgram({"printf", "one\n\ntwo\nrest"}, limits);
    QVERIFY(done.good());
    QCOMPARE(said, (std::vector<std::string>{"one", "", "two"}));
    QCOMPARE(done.output, std::string("rest"));
}

void TestRunProgram::surroundings()
{
    ::setenv("KASTELLAN_TEST_KEPT", "kept", 1);
    ::setenv("KASTELLAN_TEST_REPLACED", "old", 1);
    ProgramLimits limits;
    limits.environment = {"KASTELLAN_TEST_REPLACED=new"};
    const auto told =
        runProgram({"sh", "-c", "echo $KASTELLAN_TEST_KEPT $KASTELLAN_TEST_REPLACED $LC_ALL; env | grep -c REPLACED; wc -c"}, limits);
    QCOMPARE(QByteArray::fromStdString(told.output), "kept new C\n1\n0\n");
    // A signal that we ignore is not ignored there.
    std::signal(SIGPIPE, SIG_IGN);
    QCOMPARE(runProgram({"sh", "-c", "kill -PIPE $$; exit 0"}).status, 128 + SIGPIPE);
}

void TestRunProgram::allOfItEnds()
{
    // The descriptor's other end is held by all that was started: it ends when the last of them has.
    int ends[2];
    QVERIFY(::pipe2(ends, 0) == 0);
    QVERIFY(::fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0);
    std::stop_source source;
    auto limits = untilStopped(source.get_token());
    limits.line = [&source](const std::string &) { source.request_stop(); };
    const auto unwanted = runProgram({"sh", "-c", "sleep 100 & sleep 100 & echo started; wait"}, limits);
    QVERIFY(unwanted.cancelled);
    ::close(ends[1]);
    char byte = 0;
    QVERIFY(::read(ends[0], &byte, 1) == 0);
    ::close(ends[0]);
}

QTEST_GUILESS_MAIN(TestRunProgram)
#include "test_run_program.moc"
