// SPDX-License-Identifier: Apache-2.0
// The parts of keepctl that need no keep.
#include "app/keepctl/attach.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/console_lines.h"
#include "app/keepctl/expected_digest.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/launch_outcome.h"
#include "app/keepctl/launch_request.h"
#include "app/keepctl/output.h"
#include "app/keepctl/passing.h"
#include "core/base/file.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>

using namespace kastellan;
using namespace kastellan::keepctl;
namespace fs = std::filesystem;

class TestKeepctlPieces : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void outcomes_data();
    void outcomes();
    void detachedOutcomes();
    void errorsHaveTheirExitCodes();
    void passesBytesThroughAPipe();
    void showsControlCharactersOnATerminal();
    void aReaderThatHasGoneIsAnError();
    void splitCharacters();
    void consoleIsShownByLines();
    void capturesTheBeginning();
    void signalsBecomeBytes();
    void aSignalStopsWork();
    void requestTakesEverything();
    void optionsGoBesideAProfile();
    void digestIsTakenInEveryForm_data();
    void digestIsTakenInEveryForm();
    void requestRefuses_data();
    void requestRefuses();
    void secretsAreRead();
    void exportsReplaceNothing();
    void severalExportsAreWrittenOrNone();
    void tablesAndTimes();

private:
    fs::path file(const char *name, std::string_view content);
    QTemporaryDir m_folder;
};

fs::path TestKeepctlPieces::file(const char *name, std::string_view content)
{
    const fs::path path = fs::path(m_folder.path().toStdString()) / name;
    if (!writeFileAtomically(path, asBytes(content)))
        qFatal("cannot write %s", name);
    return path;
}

void TestKeepctlPieces::outcomes_data()
{
    QTest::addColumn<int>("state");
    QTest::addColumn<QList<int>>("reached");
    QTest::addColumn<int>("code"); // -1: none
    QTest::addColumn<QString>("trap");
    QTest::addColumn<int>("signal");
    QTest::addColumn<QString>("outcome");
    QTest::addColumn<int>("exit");
    QTest::addColumn<QString>("reason");
    using enum KeepState;
    const auto row = [](const char *name, KeepState state, std::initializer_list<KeepState> reached, int code, const char *trap, int signal,
                         const char *outcome, int exit, const char *reason = "") {
        QList<int> steps;
        for (const KeepState step : reached)
            steps << int(step);
        QTest::newRow(name) << int(state) << steps << code << QString::fromUtf8(trap) << signal << QString::fromUtf8(outcome) << exit
                            << QString::fromUtf8(reason);
    };
    row("stopped by a signal to us", Stopped, {Running, Stopped}, 0, "", SIGINT, "stopped", 130, "stop");
    row("stopped by somebody", Stopped, {Running, Stopped}, 0, "", 0, "ended", 137, "stop");
    row("over its limit", Stopped, {Running, Stopped}, 0, "", 0, "ended", 137, "limit: time of 60 s");
    row("ended well", Stopped, {Starting, Attesting, Delivering, Running, Stopped}, 0, "", 0, "exited", 0);
    row("its own code", Stopped, {Starting, Attesting, Delivering, Running, Stopped}, 7, "", 0, "exited", 7);
    row("codes of one byte", Stopped, {Running, Stopped}, 256 + 3, "", 0, "exited", 3);
    row("trap", Stopped, {Running, Stopped}, 134, "unreachable", 0, "trapped", 134);
    row("refused", Refused, {Starting, Attesting, Refused}, -1, "", 0, "refused", 126);
    row("refused after a signal", Refused, {Starting, Attesting, Refused}, -1, "", SIGINT, "refused", 126);
    row("not started", Failed, {Starting, Attesting, Delivering, Failed}, -1, "", 0, "not-started", 127);
    row("failed early", Failed, {Starting, Failed}, -1, "", 0, "failed", 125);
    row("killed while running", Failed, {Delivering, Running, Failed}, -1, "", 0, "ended", 137);
    row("stopped from elsewhere", Stopped, {Delivering, Running, Stopped}, -1, "", 0, "ended", 137);
    row("interrupted", Stopped, {Delivering, Running, Stopped}, -1, "", SIGINT, "stopped", 130);
    row("terminated early", Stopped, {Starting, Stopped}, -1, "", SIGTERM, "stopped", 143);
    row("ended by itself before the signal", Stopped, {Running, Stopped}, 5, "", SIGINT, "exited", 5);
    row("loader lost", Running, {Delivering, Running}, -1, "", 0, "running", 125);
}

void TestKeepctlPieces::outcomes()
{
    QFETCH(const int, state);
    QFETCH(const QList<int>, reached);
    QFETCH(const int, code);
    QFETCH(const QString, trap);
    QFETCH(const int, signal);
    QFETCH(const QString, outcome);
    QFETCH(const int, exit);
    QFETCH(const QString, reason);
    KeepStatus status;
    status.state = KeepState(state);
    for (const int step : reached)
        status.timeline.emplace_back(KeepState(step), 0);
    if (code >= 0)
        status.exitCode = code;
    status.trap = trap.toStdString();
    status.reason = reason.toStdString();
    const LaunchOutcome found = launchOutcome(status, signal);
    QCOMPARE(QString::fromUtf8(found.name.data(), qsizetype(found.name.size())), outcome);
    QCOMPARE(found.exitCode, exit);
}

void TestKeepctlPieces::detachedOutcomes()
{
    KeepStatus status;
    for (const auto &[state, code] : {std::pair{KeepState::Running, 0}, {KeepState::Refused, 1}, {KeepState::Failed, 3}}) {
        status.state = state;
        QCOMPARE(detachedOutcome(status).exitCode, code);
    }
    status.state = KeepState::Stopped; // it was quicker than we
    status.exitCode = 9;
    QCOMPARE(detachedOutcome(status).exitCode, 0);
}

void TestKeepctlPieces::errorsHaveTheirExitCodes()
{
    QCOMPARE(exitCodeOf({ErrorKind::Negative, {}, {}, {}, {}}), 1);
    QCOMPARE(exitCodeOf({ErrorKind::Input, {}, {}, {}, {}}), 2);
    QCOMPARE(exitCodeOf({ErrorKind::Environment, {}, {}, {}, {}}), 3);
    QCOMPARE(exitCodeOf({ErrorKind::Cancelled, {}, {}, {}, {}}), 130);
}

void TestKeepctlPieces::passesBytesThroughAPipe()
{
    std::array<int, 2> ends{};
    QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd read(ends[0]);
    Fd write(ends[1]);
    PassingStream stream(write.get());
    const std::string given("a\033[31m\0\xff\xe2\x82", 10);
    stream.add(asBytes(given));
    stream.finish();
    while (stream.waiting())
        QVERIFY(stream.write());
    std::string got(100, 0);
    got.resize(std::size_t(::read(read.get(), got.data(), got.size())));
    QVERIFY(got == given);
}

void TestKeepctlPieces::showsControlCharactersOnATerminal()
{
    int outer = -1, inner = -1;
    if (::openpty(&outer, &inner, nullptr, nullptr, nullptr) != 0)
        QSKIP("no pseudo terminal here");
    const Fd outerEnd(outer);
    Fd innerEnd(inner);
    PassingStream stream(inner);
    stream.add(asBytes("a\033[31mb \xe2\x82")); // the euro sign comes in two pieces
    stream.add(asBytes("\xac"));
    stream.add(asBytes(" \xe2"));
    stream.finish();
    while (stream.waiting())
        QVERIFY(stream.write());
    std::string got(200, 0);
    got.resize(std::size_t(::read(outer, got.data(), got.size())));
    QCOMPARE(QString::fromStdString(got), QStringLiteral(u"a\u241b[31mb \u20ac \ufffd"));
}

void TestKeepctlPieces::aReaderThatHasGoneIsAnError()
{
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::close(ends[0]);
    const Fd write(ends[1]);
    PassingStream stream(write.get());
    stream.add(asBytes("x"));
    QVERIFY(!stream.write());
    stream.add(asBytes("y"));
    QVERIFY(!stream.waiting()); // nothing is kept for nobody
}

void TestKeepctlPieces::splitCharacters()
{
    QCOMPARE(splitAtEnd(""), 0u);
    QCOMPARE(splitAtEnd("abc"), 0u);
    QCOMPARE(splitAtEnd("\xc3"), 1u);
    QCOMPARE(splitAtEnd("\xc3\xa4"), 0u);
    QCOMPARE(splitAtEnd("x\xe2\x82"), 2u);
    QCOMPARE(splitAtEnd("x\xf0\x9f\x98"), 3u);
    QCOMPARE(splitAtEnd("x\xf0\x9f\x98\x80"), 0u);
    QCOMPARE(splitAtEnd("\x80\x80\x80\x80"), 0u); // never waits for what cannot come
}

void TestKeepctlPieces::consoleIsShownByLines()
{
    ConsoleLines console;
    std::vector<std::string> lines;
    const auto take = [&](const std::string &line) -> Status { return lines.push_back(line), Status(); };
    QVERIFY(console.add(asBytes("Linux vers"), take));
    QVERIFY(lines.empty());
    QVERIFY(console.add(asBytes("ion 6.12\r\n\x1b[2Jevil\nlast"), take));
    QCOMPARE(lines.size(), std::size_t(2));
    QCOMPARE(lines[0], "Linux version 6.12");
    QVERIFY(lines[1].find('\x1b') == std::string::npos && lines[1].ends_with("evil"));
    QVERIFY(console.finish(take));
    QCOMPARE(lines.back(), "last");
    QVERIFY(console.finish(take));
    QCOMPARE(lines.size(), std::size_t(3));
    QVERIFY(console.add(Bytes(10'000, 'x'), take)); // a line without an end does not wait for ever
    QCOMPARE(lines.size(), std::size_t(5));
    QVERIFY(!console.add(asBytes("\n"), [](const std::string &) -> Status { return environment("write", {}, "full"); }));
}

void TestKeepctlPieces::capturesTheBeginning()
{
    Captured captured;
    const Bytes piece(Captured::limit - 1, 1);
    captured.add(piece);
    captured.add(piece);
    QCOMPARE(captured.bytes.size(), Captured::limit);
    QCOMPARE(captured.total, 2u * piece.size());
}

void TestKeepctlPieces::signalsBecomeBytes()
{
    Interrupts interrupts;
    QCOMPARE(interrupts.next(), 0);
    ::raise(SIGTERM);
    ::raise(SIGINT);
    pollfd fd{interrupts.fd(), POLLIN, 0};
    QCOMPARE(::poll(&fd, 1, 5000), 1);
    QCOMPARE(interrupts.next(), SIGTERM);
    QCOMPARE(interrupts.next(), SIGINT);
    QCOMPARE(interrupts.next(), 0);
    QCOMPARE(interrupts.first(), SIGTERM);
}

void TestKeepctlPieces::aSignalStopsWork()
{
    Interrupts interrupts;
    {
        const StopOnInterrupt idle(interrupts); // ends although nothing came
    }
    const StopOnInterrupt stop(interrupts);
    QVERIFY(!stop.token().stop_requested());
    ::raise(SIGINT);
    QTRY_VERIFY(stop.token().stop_requested());
}

void TestKeepctlPieces::requestTakesEverything()
{
    const fs::path value = file("value", "from a file");
    const auto asked = parse(std::vector<std::string>{"keep", "launch", "w.wasm", "-H", "local", "-n", "N", "-a", "1", "-a", "2", "-e",
        "A=b=c", "-e", "F=@" + value.string(), "-e", "L=@@x", "-s", "token=/nowhere", "--expect-digest", std::string(96, 'a'), "--min-tcb",
        "snp=3,bl=0", "--min-tcb", "ucode=255", "--aot", "--strict", "--owner-key", "me", "--allow-debug", "--no-sandbox"});
    QVERIFY(asked);
    const auto profile = launchAsked(*asked);
    QVERIFY2(profile, profile ? "" : profile.error().message().c_str());
    const LaunchRequest *request = &profile->request;
    QCOMPARE(request->workload, fs::path("w.wasm"));
    QCOMPARE(request->host + request->name + request->execution + request->ownerKey, std::string("localNaotme"));
    QCOMPARE(request->args, (std::vector<std::string>{"1", "2"}));
    QCOMPARE(request->env, (std::map<std::string, std::string>{{"A", "b=c"}, {"F", "from a file"}, {"L", "@x"}}));
    QCOMPARE(request->secretNames, std::vector<std::string>{"token"});
    QVERIFY(request->expectDigest && request->expectDigest->bytes[47] == 0xaa);
    QCOMPARE(request->minimumTcb, (std::vector<std::pair<std::string, unsigned>>{{"snp", 3}, {"bl", 0}, {"ucode", 255}}));
    QVERIFY(request->strict && request->allowDebug && request->noSandbox);
}

/// What an option does not name stays as the profile says: of a measured machine nothing may fall away unseen.
void TestKeepctlPieces::optionsGoBesideAProfile()
{
    LaunchProfile profile;
    profile.name = "vm";
    profile.request.machine.whole = MachineImage{"/k", "/i", "roothash=00", "/old"};
    profile.request.minimumTcb = {{"snp", 23}, {"bl", 4}};
    profile.request.env = {{"A", "1"}, {"B", "2"}};
    profile.request.machine.technology = "snp";
    profile.request.strict = true;
    const fs::path path = file("vm.json", profiles::toJson(profile));
    const auto asked = parse(std::vector<std::string>{
        "keep", "plan", "--profile", path.string(), "--disk", "/new", "--min-tcb", "bl=5", "-e", "B=3", "--host", "emulated"});
    QVERIFY(asked);
    const auto made = launchAsked(*asked);
    QVERIFY2(made, made ? "" : made.error().message().c_str());
    QVERIFY(made->request.machine.whole == (MachineImage{"/k", "/i", "roothash=00", "/new"}));
    QCOMPARE(made->request.minimumTcb, (std::vector<std::pair<std::string, unsigned>>{{"bl", 5}, {"snp", 23}}));
    QCOMPARE(made->request.env, (std::map<std::string, std::string>{{"A", "1"}, {"B", "3"}}));
    QVERIFY(made->request.strict && made->request.machine.technology == "snp");
}

void TestKeepctlPieces::digestIsTakenInEveryForm_data()
{
    QTest::addColumn<QByteArray>("content"); ///< of the file that @ names; empty: `given` is the word itself
    QTest::addColumn<QString>("given");
    QTest::addColumn<bool>("snp");
    const QByteArray hex48(96, 'a'), hex32(64, 'a'), raw48(48, '\xaa'), raw32(32, '\xaa');
    QTest::newRow("hex, 48") << QByteArray() << QString::fromLatin1(hex48) << true;
    QTest::newRow("hex, 32") << QByteArray() << QString::fromLatin1(hex32) << false;
    QTest::newRow("base64, 48") << QByteArray() << QString::fromLatin1(raw48.toBase64()) << true;
    QTest::newRow("base64, 32") << QByteArray() << QString::fromLatin1(raw32.toBase64()) << false;
    QTest::newRow("file of hex") << hex48 + '\n' << QString() << true;
    QTest::newRow("file of base64") << raw32.toBase64() + "\r\n" << QString() << false;
    QTest::newRow("file of bytes, 48") << raw48 << QString() << true;
    QTest::newRow("file of bytes, 32") << raw32 << QString() << false;
}

void TestKeepctlPieces::digestIsTakenInEveryForm()
{
    QFETCH(const QByteArray, content);
    QFETCH(const QString, given);
    QFETCH(const bool, snp);
    const std::string word = content.isEmpty() ? given.toStdString() : "@" + file("digest", content.toStdString()).string();
    for (const char *verb : {"keep launch", "evidence verify"}) {
        std::vector<std::string> words{"keep", "launch", "w.wasm"};
        if (std::string_view(verb) == "evidence verify")
            words = {"evidence", "verify", "report.bin"};
        words.insert(words.end(), {"--expect-digest", word});
        const auto asked = parse(words);
        QVERIFY(asked);
        const auto expected = expectedDigest(*asked);
        QVERIFY2(expected, expected ? "" : expected.error().message().c_str());
        QCOMPARE(expected->snp.has_value(), snp);
        QCOMPARE(expected->sev.has_value(), !snp);
        QVERIFY(snp ? expected->snp->bytes[47] == 0xaa : expected->sev->bytes[31] == 0xaa);
    }
}

void TestKeepctlPieces::requestRefuses_data()
{
    QTest::addColumn<QString>("options");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *options, const char *says) {
        QTest::newRow(options) << QString::fromUtf8(options) << QString::fromUtf8(says);
    };
    row("--interpreter --aot", "exclude");
    row("--env A", "NAME=VALUE");
    row("--env =b", "NAME=VALUE");
    row("--env A=@/nowhere/file", "/nowhere/file");
    row("--secret token", "NAME=FILE");
    row("--secret a=x --secret a=y", "twice");
    row("--expect-digest 00", "96 hex digits");
    row("--expect-digest xyz", "--expect-digest");
    row("--expect-digest @/nowhere/digest", "/nowhere/digest");
    row("--expect-digest @/dev/null", "0 bytes");
    row("--min-tcb snp", "0 to 255");
    row("--min-tcb snp=256", "0 to 255");
    row("--min-tcb snp=-1", "0 to 255");
    row("--min-tcb snq=1", "Did you mean snp?");
    row("--min-tcb snp=1,", "there is no part ''");
    row("--min-tcb snp=1,snp=2", "twice");
}

void TestKeepctlPieces::requestRefuses()
{
    QFETCH(const QString, options);
    QFETCH(const QString, says);
    std::vector<std::string> line{"keep", "plan", "w.wasm"};
    for (const QString &word : options.split(u' '))
        line.push_back(word.toStdString());
    const auto asked = parse(line);
    QVERIFY(asked);
    const auto request = launchAsked(*asked);
    QVERIFY(!request);
    QCOMPARE(exitCodeOf(request.error()) == 2 || options.contains(u"nowhere"), true);
    QVERIFY2(QString::fromStdString(request.error().message()).contains(says), request.error().message().c_str());
}

void TestKeepctlPieces::secretsAreRead()
{
    const fs::path path = file("secret", "hunter2");
    auto asked = parse(std::vector<std::string>{"keep", "launch", "w", "-s", "token=" + path.string()});
    const auto secrets = readSecrets(*launchAsked(*asked));
    QVERIFY(secrets && secrets->size() == 1);
    QCOMPARE(secrets->front().name, std::string("token"));
    QVERIFY(asText(secrets->front().value) == "hunter2");
    asked = parse(std::vector<std::string>{"keep", "launch", "w", "-s", "token=/nowhere"});
    const auto missing = readSecrets(*launchAsked(*asked));
    QVERIFY(!missing && missing.error().message().contains("token"));
    const fs::path large = file("large", std::string((1 << 20) + 1, 'x'));
    asked = parse(std::vector<std::string>{"keep", "launch", "w", "-s", "token=" + large.string()});
    QVERIFY(!readSecrets(*launchAsked(*asked)));
}

void TestKeepctlPieces::exportsReplaceNothing()
{
    const fs::path path = fs::path(m_folder.path().toStdString()) / "export.json";
    QVERIFY(writeExport(path, asBytes("one"), false));
    const auto again = writeExport(path, asBytes("two"), false);
    QVERIFY(!again && exitCodeOf(again.error()) == 2);
    QVERIFY(again.error().remedy.contains("--force"));
    QVERIFY(asText(readFile(path, 100).value()) == "one");
    QVERIFY(writeExport(path, asBytes("two"), true));
    QVERIFY(asText(readFile(path, 100).value()) == "two");
    // One that appears after the first look is kept, too.
    const fs::path finished = file("finished", "three");
    QVERIFY(!placeExport(finished, path, false));
    QVERIFY(!fs::exists(finished));
    QVERIFY(asText(readFile(path, 100).value()) == "two");
    // A dangling link is an existing name.
    const fs::path link = fs::path(m_folder.path().toStdString()) / "link";
    fs::create_symlink("/nowhere/at/all", link);
    QVERIFY(!writeExport(link, asBytes("x"), false));
    const auto nowhere = writeExport("/nowhere/at/all/x.json", asBytes("x"), false);
    QVERIFY(!nowhere && exitCodeOf(nowhere.error()) == 3);
    QCOMPARE(nowhere.error().where, std::string("/nowhere/at/all/x.json"));
    std::size_t count = 0;
    for (const auto &entry : fs::directory_iterator(path.parent_path()))
        count += entry.path().filename().string().starts_with(".export");
    QCOMPARE(count, 0u);
}

void TestKeepctlPieces::severalExportsAreWrittenOrNone()
{
    const fs::path folder = fs::path(m_folder.path().toStdString()) / "several";
    fs::create_directory(folder);
    const auto content = [&](const char *name) { return std::string(asText(readFile(folder / name, 100).value_or(Bytes{}))); };
    const auto files = [&] { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); };
    const std::vector<ExportFile> two{{folder / "a", toBytes("new a"), 0600}, {folder / "b", toBytes("new b"), 0644}};
    QVERIFY(writeExports(two, false));
    QCOMPARE(content("a"), std::string("new a"));
    QCOMPARE(fs::status(folder / "a").permissions() & fs::perms(0777), fs::perms(0600));
    QCOMPARE(files(), 2);
    QVERIFY(writeExports({}, false));

    // One is there: none is written, and the others stay as they are.
    fs::remove(folder / "a");
    QVERIFY(!writeExports(two, false));
    QCOMPARE(files(), 1);
    // The last one can't be written: what was there before is there again, forced or not.
    QVERIFY(writeFileAtomically(folder / "a", asBytes("old a")));
    std::vector<ExportFile> three = two;
    three.push_back({folder / "none" / "c", toBytes("c"), 0644});
    three[1].content = toBytes("newer b");
    const auto none = writeExports(three, true);
    QVERIFY(!none && none.error().where == (folder / "none" / "c").string());
    QCOMPARE(content("a"), std::string("old a"));
    QCOMPARE(content("b"), std::string("new b"));
    QCOMPARE(files(), 2);
    QVERIFY(writeExports(two, true));
    QCOMPARE(content("a"), std::string("new a"));
    QCOMPARE(files(), 2);
    // Two of the same name, and a folder in the way.
    QVERIFY(!writeExports({two[0], {folder / "." / "a", toBytes("x"), 0644}}, true));
    fs::create_directory(folder / "d");
    QVERIFY(!writeExports({{folder / "d", toBytes("x"), 0644}}, true));
    QCOMPARE(content("a"), std::string("new a"));
}

void TestKeepctlPieces::tablesAndTimes()
{
    Table table({"A", "LONGER"});
    table.add({"\u00e4\u00f6\u00fc-1", "x\033y"});
    table.add({"z", ""});
    QCOMPARE(QString::fromStdString(table.text(-1)), QStringLiteral(u"A      LONGER\n\u00e4\u00f6\u00fc-1  x\u241by\nz\n"));
    Table narrow({"A", "B"}, 2);
    narrow.add({"1234", "x"});
    narrow.add({"12", "y"});
    QCOMPARE(narrow.text(-1), std::string("A   B\n1234  x\n12  y\n"));
    QCOMPARE(timeText(0), std::string());
    QCOMPARE(timeText(1'000'000'000), std::string("2001-09-09 01:46:40"));
    QCOMPARE(timeTextMs(1'000'000'000'007), std::string("2001-09-09 01:46:40.007"));
    QCOMPARE(timeText(INT64_MAX), std::string());
    QCOMPARE(sizeText(999), std::string("999 B"));
    QCOMPARE(sizeText(12'345'678), std::string("12.3 MB"));
    QCOMPARE(inLine("a\nb\tc"), std::string("a\u240ab\u2409c"));
    QCOMPARE(painted(-1, Colour::Red, "x"), std::string("x"));
    QCOMPARE(facts({{"a", "1"}, {"long", ""}, {"bb", "2"}}), std::string("a:  1\nbb: 2\n"));
}

QTEST_APPLESS_MAIN(TestKeepctlPieces)
#include "test_keepctl_pieces.moc"
