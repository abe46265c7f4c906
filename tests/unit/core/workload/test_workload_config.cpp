// SPDX-License-Identifier: Apache-2.0
#include "core/workload/text.h"
#include "core/workload/units.h"
#include "core/workload/workload.h"

#include <QtTest/QTest>

using namespace kastellan;
using Stream = KeepConfig::Stream;

namespace {

std::string hex(std::size_t digits)
{
    return std::string(digits, 'a');
}

} // namespace

class TestWorkloadConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anEmptyFileGivesTheDefaults();
    void readsEveryKey();
    void canonicalTextComesBack_data();
    void canonicalTextComesBack();
    void sameConfigurationSameBytes();
    void refusesByLine_data();
    void refusesByLine();
    void textsNeedNotBeAscii();
    void changedConfigurationsAreCheckedToo();
    void enarxWithoutFilesHasNoStreams();
    void enarxFilesAreDescriptors();
    void enarxRefusesByLine_data();
    void enarxRefusesByLine();
    void unitsAndBack();
    void textIsShownSafely();
};

void TestWorkloadConfig::anEmptyFileGivesTheDefaults()
{
    const auto config = parseKeepToml("", "Keep.toml");
    QVERIFY(config);
    QVERIFY(*config == KeepConfig{});
    QVERIFY(config->stdin_ == Stream::Inherit && config->stdout_ == Stream::Inherit && config->stderr_ == Stream::Inherit);
    QCOMPARE(config->memoryLimit, 256ull << 20);
}

void TestWorkloadConfig::readsEveryKey()
{
    const auto config = parseKeepToml("args = [\"a\", \"b c\"]\n"
                                      "stdin = \"null\"\nstdout = \"inherit\"\nstderr = \"null\"\n"
                                      "secrets = [\"token\", \"db.pass_word-1\"]\n"
                                      "reattest = \"15m\"\non_failure = \"stop\"\n"
                                      "[env]\nLANG = \"C\"\n\"odd key\" = \"\"\n"
                                      "[limits]\nmemory = \"64 MiB\"\ntime = 90\noutput = \"10MB\"\n"
                                      "[expect]\nroot = \"amd\"\nhost = \"local\"\ndigest = \""
            + hex(96)
            + "\"\nmin_tcb.snp = 23\n"
              "[expect.min_tcb]\nbl = 3\n",
        "Keep.toml");
    QVERIFY(!config); // min_tcb is defined twice
    const auto good = parseKeepToml("args = [\"a\", \"b c\"]\n"
                                    "stdin = \"null\"\nstdout = \"inherit\"\nstderr = \"null\"\n"
                                    "secrets = [\"token\", \"db.pass_word-1\"]\n"
                                    "reattest = \"15m\"\non_failure = \"stop\"\n"
                                    "env = { LANG = \"C\", \"odd key\" = \"\" }\n"
                                    "[limits]\nmemory = \"64 MiB\"\ntime = 90\noutput = \"10MB\"\n"
                                    "[expect]\nroot = \"amd\"\nhost = \"local\"\ndigest = \""
            + hex(96) + "\"\nmin_tcb = { snp = 23, bl = 3 }\n",
        "Keep.toml");
    QVERIFY2(good, good ? "" : good.error().message().c_str());
    QCOMPARE(good->args, (std::vector<std::string>{"a", "b c"}));
    QVERIFY(good->stdin_ == Stream::Null && good->stdout_ == Stream::Inherit && good->stderr_ == Stream::Null);
    QCOMPARE(good->secrets, (std::vector<std::string>{"token", "db.pass_word-1"}));
    QCOMPARE(good->reattestSeconds, 900u);
    QVERIFY(good->stopOnFailedAttestation);
    QVERIFY(good->env == (std::map<std::string, std::string>{{"LANG", "C"}, {"odd key", ""}}));
    QCOMPARE(good->memoryLimit, 64ull << 20);
    QCOMPARE(good->timeLimit, 90u);
    QCOMPARE(good->outputLimit, 10'000'000u);
    QVERIFY(good->expect
        == (std::map<std::string, std::string>{
            {"digest", hex(96)}, {"host", "local"}, {"min_tcb.bl", "3"}, {"min_tcb.snp", "23"}, {"root", "amd"}}));
}

void TestWorkloadConfig::canonicalTextComesBack_data()
{
    QTest::addColumn<QString>("toml");
    QTest::newRow("empty") << "";
    QTest::newRow("characters") << "args = [\"\\\"\\\\\\n\\t\\u0001\\u007f\\u00e9\\U0001F600\", \"\", '''it's\nme''']\n";
    QTest::newRow("variables") << "env = { \"a.b\" = \"1\", \"\\\"\" = \"=\", \"\\u00e4\" = \"x\", A-b_9 = \"\" }\n";
    QTest::newRow("everything") << "args = [\"x\"]\nstdin = \"null\"\nstdout = \"null\"\nstderr = \"null\"\nsecrets = [\"a\"]\nreattest = "
                                   "\"1d\"\non_failure = \"stop\"\n"
                                   "limits = { memory = 65536, time = \"61s\", output = 1000 }\nexpect = { host = "
                                   "\"qemu+ssh://x/system?a=b\", min_tcb = { fmc = 0, ucode = 255 } }\n";
}

void TestWorkloadConfig::canonicalTextComesBack()
{
    QFETCH(QString, toml);
    const auto config = parseKeepToml(toml.toStdString(), "Keep.toml");
    QVERIFY2(config, config ? "" : config.error().message().c_str());
    const std::string text = toToml(*config);
    const auto again = parseKeepToml(text, "canonical");
    QVERIFY2(again, again ? "" : (again.error().message() + "\n" + text).c_str());
    QVERIFY(*again == *config);
    QCOMPARE(toToml(*again), text);
}

void TestWorkloadConfig::sameConfigurationSameBytes()
{
    const auto one = parseKeepToml("[env]\nB = \"2\"\nA = \"1\"\n[limits]\ntime = \"1h\"\n", "a");
    const auto other = parseKeepToml("# other words\nlimits.time = 3600\nenv.A = \"1\"\nenv.B = '2'\nargs = []\n", "b");
    QVERIFY(one && other);
    QCOMPARE(toToml(*one), toToml(*other));
}

void TestWorkloadConfig::refusesByLine_data()
{
    QTest::addColumn<QByteArray>("toml");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const QByteArray &toml, int line, const char *says) {
        QTest::newRow(name) << toml << line << says;
    };
    row("not TOML", "args = [\n\"a\"\nb", 3, "not valid TOML");
    row("a key twice", "args = []\n\nargs = []\n", 3, "not valid TOML");
    row("not UTF-8", "args = [\"\xff\"]\n", 1, "not valid TOML");
    row("a bare letter that is not ASCII", "args = []\n\xc4\xa7 = 1\n", 2, "'\xc4\xa7' stands outside of a string");
    row("a bare presentation form", "args = []\nx\xef\xba\xbf = 1\n", 2, "stands outside of a string");
    row("after strings and comments", "# \xc4\xa7\nargs = [\"\\\"\xc4\xa7\", '\xc4\xa7\\', \"\"\"\n\xc4\xa7 \"\"\"\"\"] \xc4\xa7\n", 3,
        "stands outside of a string");
    row("after a string that is not closed", "args = [\"a\n\xc4\xa7", 2, "stands outside of a string");
    row("half a character", "args = []\n# \xc4\n", 2, "not UTF-8");
    row("after what the TOML library takes for a number", "args = 0MM\x22\xd1\x90\x01", 1, "not valid TOML");
    row("what the TOML library does not expect", "args = []\n[[[a]]]\n[env]\n", 2, "not valid TOML");
    row("a time that is none", "\n\nreattest = 1979-05-27Tx", 3, "not valid TOML");
    row("near miss", "\narg = []\n", 2, "there is no key 'arg'. Did you mean 'args'?");
    row("swapped letters", "sectrets = []\n", 1, "Did you mean 'secrets'?");
    row("near miss in a table", "[limits]\n\nmemmory = 1\n", 3, "no key 'limits.memmory'. Did you mean 'limits.memory'?");
    row("far off", "wibble = 1\n", 1, "Known are args, env");
    row("the first of several", "zzz = 1\narg = []\n", 1, "no key 'zzz'");
    row("control characters are shown", "\"a\\u001b[2J\" = 1\n", 1, "'a\\x1b[2J'");
    row("args is a string", "\nargs = \"a\"\n", 2, "'args' is a string, and has to be a list of strings");
    row("args has a number", "args = [\n  \"a\",\n  1,\n]\n", 3, "an element of 'args' is a whole number");
    row("NUL in an argument", "args = [\n\"a\",\n\"b\\u0000\"]\n", 3, "argument 2 has a NUL");
    row("env is a list", "env = []\n", 1, "'env' is a list, and has to be a table");
    row("env has a number", "[env]\nA = 1\n", 2, "'env.A' is a whole number, and has to be a string");
    row("env with an equals sign", "[env]\nB = \"1\"\n\"A=B\" = \"1\"\n", 3, "no variable's name");
    row("NUL in a variable", "[env]\nA = \"\\u0000\"\n", 2, "the value of variable 'A' has a NUL");
    row("stdin is something", "stdin = \"file\"\n", 1, "Give \"inherit\" or \"null\"");
    row("stdout is true", "stdout = true\n", 1, "'stdout' is true or false");
    row("secret with a path", "secrets = [\n\"a\",\n\"../b\"\n]\n", 3, "no secret's name");
    row("secret with a dot first", "secrets = [\".a\"]\n", 1, "no secret's name");
    row("empty secret", "secrets = [\"\"]\n", 1, "no secret's name");
    row("secret twice", "secrets = [\"a\",\n\"b\",\n\"a\"]\n", 3, "stands there twice");
    row("limits is a number", "limits = 1\n", 1, "'limits' is a whole number, and has to be a table");
    row("memory without a unit", "limits.memory = \"64\"\n", 1, "no quantity");
    row("memory in a wrong unit", "[limits]\nmemory = \"64 Mib\"\n", 2, "no quantity");
    row("memory too small", "[limits]\n\nmemory = 100\n", 3, "from 64 KiB to 4 GiB");
    row("memory too large", "[limits]\nmemory = \"5 GiB\"\n", 2, "from 64 KiB to 4 GiB");
    row("memory overflows", "[limits]\nmemory = \"99999999999999 GiB\"\n", 2, "no quantity");
    row("memory is negative", "[limits]\nmemory = -1\n", 2, "less than nothing");
    row("memory is a fraction", "[limits]\nmemory = 1.5\n", 2, "a number with a fraction");
    row("time is a date", "[limits]\ntime = 2026-01-01\n", 2, "a date or time");
    row("time too long", "[limits]\ntime = \"500d\"\n", 2, "more than a year");
    row("reattest too long", "args = []\nreattest = \"367d\"\n", 2, "'reattest' is more than a year");
    row("on_failure", "on_failure = \"explode\"\n", 1, "Give \"warn\" or \"stop\"");
    row("expect something else", "[expect]\ndigst = \"\"\n", 2, "Did you mean 'expect.digest'?");
    row("short digest", "[expect]\nroot = \"amd\"\ndigest = \"abc\"\n", 3, "96 lower-case hex digits");
    row("unknown root", "[expect]\nroot = \"emulated\"\n", 2, "'expect.root' is 'emulated'");
    row("empty host", "[expect]\nhost = \"\"\n", 2, "'expect.host' is empty");
    row("TCB part", "[expect.min_tcb]\nspn = 1\n", 2, "Did you mean 'expect.min_tcb.snp'?");
    row("TCB too large", "[expect.min_tcb]\nbl = 1\nsnp = 256\n", 3, "from 0 to 255");
    row("TCB negative", "[expect.min_tcb]\nsnp = -1\n", 2, "from 0 to 255");
    row("TCB is a string", "[expect.min_tcb]\nsnp = \"1\"\n", 2, "'expect.min_tcb.snp' is a string");
}

void TestWorkloadConfig::refusesByLine()
{
    QFETCH(QByteArray, toml);
    QFETCH(int, line);
    QFETCH(QString, says);
    const auto config = parseKeepToml(std::string_view(toml.constData(), static_cast<std::size_t>(toml.size())), "dir/Keep.toml");
    QVERIFY(!config);
    QCOMPARE(config.error().kind, ErrorKind::Input);
    QCOMPARE(config.error().where, "dir/Keep.toml, line " + std::to_string(line));
    QVERIFY2(config.error().message().find(says.toStdString()) != std::string::npos, config.error().message().c_str());
}

void TestWorkloadConfig::textsNeedNotBeAscii()
{
    const auto foreign =
        parseKeepToml("\xef\xbb\xbf# \xc4\xa7\nargs = [\"\xc4\xa7\", '\xef\xba\xbf', \"\"\"\xc4\xa7\"\"\"\"]\n", "Keep.toml");
    QVERIFY2(foreign, foreign ? "" : foreign.error().message().c_str());
    QCOMPARE(foreign->args, (std::vector<std::string>{"\xc4\xa7", "\xef\xba\xbf", "\xc4\xa7\""}));
    // What looks like our own marks is left alone.
    const auto marks = parseKeepToml("args = ['~0~c4', '\xc4\xa7~1~c4']\n[env]\n'\xc4\xa7' = '~0~'\n", "Keep.toml");
    QVERIFY2(marks, marks ? "" : marks.error().message().c_str());
    QCOMPARE(marks->args, (std::vector<std::string>{"~0~c4", "\xc4\xa7~1~c4"}));
    QCOMPARE(marks->env.begin()->first, std::string("\xc4\xa7"));
}

void TestWorkloadConfig::changedConfigurationsAreCheckedToo()
{
    KeepConfig config;
    QVERIFY(checkConfig(config));
    config.args = {"good", std::string("a\0b", 3)};
    QVERIFY(!checkConfig(config));
    QCOMPARE(checkConfig(config).error().where, "args");
    config.args = {"\xc3\x28"};
    QVERIFY(checkConfig(config).error().why.find("not UTF-8") != std::string::npos);
    config.args.assign(1025, "x");
    QVERIFY(!checkConfig(config));
    config.args.clear();
    config.env["A"] = "\xed\xa0\x80"; // a surrogate
    QCOMPARE(checkConfig(config).error().where, "env.A");
    config.env.clear();
    config.expect["min_tcb.snp"] = "twelve";
    QCOMPARE(checkConfig(config).error().where, "expect.min_tcb.snp");
    config.expect = {{"something", "else"}};
    QVERIFY(!checkConfig(config));
}

void TestWorkloadConfig::enarxWithoutFilesHasNoStreams()
{
    const auto config = parseEnarxToml("args = [\"a\"]\n[env]\nA = \"b\"\nFD_COUNT = \"99\"\n", "Enarx.toml");
    QVERIFY2(config, config ? "" : config.error().message().c_str());
    QVERIFY(config->stdin_ == Stream::Null && config->stdout_ == Stream::Null && config->stderr_ == Stream::Null);
    QCOMPARE(config->args, std::vector<std::string>{"a"});
    QVERIFY(config->env == (std::map<std::string, std::string>{{"A", "b"}, {"FD_COUNT", "0"}, {"FD_NAMES", ""}}));
}

void TestWorkloadConfig::enarxFilesAreDescriptors()
{
    const auto config = parseEnarxToml(
        "[[files]]\nkind = \"stdin\"\n[[files]]\nname = \"out\"\nkind = \"stdout\"\n[[files]]\nkind = \"null\"\n", "Enarx.toml");
    QVERIFY2(config, config ? "" : config.error().message().c_str());
    QVERIFY(config->stdin_ == Stream::Inherit && config->stdout_ == Stream::Inherit && config->stderr_ == Stream::Null);
    QCOMPARE(config->env.at("FD_COUNT"), "3");
    QCOMPARE(config->env.at("FD_NAMES"), "stdin:out:null");
}

void TestWorkloadConfig::enarxRefusesByLine_data()
{
    QTest::addColumn<QByteArray>("toml");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const QByteArray &toml, int line, const char *says) {
        QTest::newRow(name) << toml << line << says;
    };
    const QByteArray three = "[[files]]\nkind = \"stdin\"\n[[files]]\nkind = \"stdout\"\n[[files]]\nkind = \"stderr\"\n";
    row("steward", "args = []\nsteward = \"https://attest.example\"\n", 2, "steward");
    row("misspelt steward", "stewart = \"https://attest.example\"\n", 1, "Did you mean 'steward'?");
    row("listen", "[[files]]\nkind = \"stdin\"\n[[files]]\nname = \"web\"\nkind = \"listen\"\nprot = \"tls\"\nport = 80\n", 5,
        "descriptor 1, 'web', is a socket");
    row("connect", "[[files]]\nkind = \"connect\"\nprot = \"tls\"\nhost = \"example.com\"\n", 2,
        "descriptor 0, 'example.com', is a socket");
    row("a fourth descriptor", three + "[[files]]\nkind = \"null\"\nname = \"spare\"\n", 7, "descriptor 3, 'spare', is one too many");
    row("misspelt kind", "[[files]]\nkind = \"stdot\"\n", 2, "Did you mean \"stdout\"?");
    row("kind missing", "args = []\n[[files]]\nname = \"x\"\n", 2, "has no 'kind'");
    row("unknown key of a file", "[[files]]\nkind = \"null\"\nprto = \"tcp\"\n", 3, "no key 'files.prto'");
    row("name with a colon", "[[files]]\nkind = \"stdin\"\nname = \"a:b\"\n", 3, "':'");
    row("stdout first", "[[files]]\nkind = \"stdout\"\n", 2, "descriptor 0 is stdout");
    row("files is a table", "[files]\nkind = \"stdin\"\n", 1, "'files' is a table, and has to be a list");
    row("files has strings", "files = [\"stdin\"]\n", 1, "is not a table");
    row("args", "args = [\n1]\n", 2, "an element of 'args'");
}

void TestWorkloadConfig::enarxRefusesByLine()
{
    QFETCH(QByteArray, toml);
    QFETCH(int, line);
    QFETCH(QString, says);
    const auto config = parseEnarxToml(std::string_view(toml.constData(), static_cast<std::size_t>(toml.size())), "Enarx.toml");
    QVERIFY(!config);
    QCOMPARE(config.error().where, "Enarx.toml, line " + std::to_string(line));
    QVERIFY2(config.error().message().find(says.toStdString()) != std::string::npos, config.error().message().c_str());
}

void TestWorkloadConfig::unitsAndBack()
{
    using namespace workload;
    for (const std::uint64_t value : {0ull, 1ull, 1000ull, 1024ull, 65536ull, 3ull << 30, ~0ull}) {
        QCOMPARE(parseSize(sizeText(value)), value);
        QCOMPARE(parseDuration(durationText(value)), value);
    }
    QCOMPARE(sizeText(256ull << 20), "256 MiB");
    QCOMPARE(durationText(900), "15m");
    for (const char *bad : {"", "1", " 1s", "1 s ", "1ms", "-1s", "+1s", "0x1s", "1s1", "s", "1  s", "18446744073709551616s"})
        QVERIFY2(!parseDuration(bad), bad);
    QVERIFY(!parseSize("18446744073709551615 KiB"));
}

void TestWorkloadConfig::textIsShownSafely()
{
    using namespace workload;
    QCOMPARE(shown("plain é 😀"), "plain é 😀");
    QCOMPARE(shown(std::string_view("a\0\n\x7f\xc2\x9b\xff", 7)), "a\\x00\\x0a\\x7f\\xc2\\x9b\\xff");
    QVERIFY(shown(std::string(1000, 'x')).size() < 110);
    QVERIFY(!isUtf8("\xc0\x80") && !isUtf8("\xf4\x90\x80\x80") && !isUtf8("\xe2\x82") && isUtf8("\xf4\x8f\xbf\xbf"));
    QCOMPARE(nearest("agrs", {"args", "env"}), "args");
    QCOMPARE(nearest("completely", {"args", "env"}), "");
}

QTEST_GUILESS_MAIN(TestWorkloadConfig)
#include "test_workload_config.moc"
