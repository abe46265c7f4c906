// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/parse.h"
#include "app/keepctl/suggest.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::keepctl;

namespace {
Result<Invocation> parsed(std::vector<std::string> words)
{
    return parse(words);
}
} // namespace

class TestKeepctlParse : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyVerbIsFound();
    void everyOptionIsRead();
    void valuesAreTakenAsTheyStand();
    void operandsThatAreNounsOrVerbs();
    void wordsAfterTwoDashesAreOperands();
    void helpAtEveryLevel();
    void hiddenCommands();
    void numbers();
    void wrongUsage_data();
    void wrongUsage();
    void nearestWord_data();
    void nearestWord();
};

/// The least that a verb has to be given.
static std::vector<std::string> words(const Noun &noun, const Verb &verb)
{
    std::vector<std::string> words{std::string(noun.name)};
    if (!verb.name.empty())
        words.emplace_back(verb.name);
    for (const Operand &operand : verb.operands)
        words.push_back("x-" + std::string(operand.name));
    return words;
}

void TestKeepctlParse::everyVerbIsFound()
{
    for (const Noun &noun : nouns()) {
        for (const Verb &verb : noun.verbs) {
            const auto asked = parsed(words(noun, verb));
            QVERIFY2(asked, asked ? "" : asked.error().message().c_str());
            QCOMPARE(asked->kind, Invocation::Kind::Run);
            QCOMPARE(asked->verb, &verb);
            QCOMPARE(asked->noun, &noun);
            QCOMPARE(asked->operands.size(), verb.operands.size());
            QVERIFY(asked->options.empty());
        }
    }
}

void TestKeepctlParse::everyOptionIsRead()
{
    for (const Noun &noun : nouns()) {
        for (const Verb &verb : noun.verbs) {
            for (const Option &option : verb.options) {
                const std::string value = option.value.empty() ? "" : option.choices.empty() ? "-1" : std::string(option.choices.back());
                const std::string name = "--" + std::string(option.name);
                std::vector<std::vector<std::string>> ways;
                if (option.value.empty()) {
                    ways = {{name}};
                } else {
                    ways = {{name, value}, {name + "=" + value}};
                }
                if (option.letter) {
                    const std::string letter = std::string("-") + option.letter;
                    ways.push_back(option.value.empty() ? std::vector{letter} : std::vector{letter, value});
                }
                for (const auto &way : ways) {
                    auto line = words(noun, verb);
                    line.insert(line.end(), way.begin(), way.end());
                    const auto asked = parsed(line);
                    QVERIFY2(asked, (name + ": " + (asked ? "" : asked.error().message())).c_str());
                    QVERIFY2(asked->has(option.name), name.c_str());
                    QCOMPARE(asked->value(option.name), value);
                    QCOMPARE(asked->options.size(), 1u);
                }
                if (option.value.empty())
                    continue;
                auto twice = words(noun, verb);
                twice.insert(twice.end(), {name, value, name, value});
                const auto asked = parsed(twice);
                QCOMPARE(asked.has_value(), option.repeats);
                if (asked)
                    QCOMPARE(asked->values(option.name), std::vector<std::string>(2, value));
                auto without = words(noun, verb);
                without.push_back(name);
                QVERIFY2(!parsed(without), name.c_str());
            }
        }
    }
}

void TestKeepctlParse::valuesAreTakenAsTheyStand()
{
    const auto asked = parsed({"keep", "launch", "-a", "--foo", "-a", "-x", "--arg=[a,b]", "--arg", "", "-e", "A=1,2", "[w]"});
    QVERIFY(asked);
    QCOMPARE(asked->values("arg"), (std::vector<std::string>{"--foo", "-x", "[a,b]", ""}));
    QCOMPARE(asked->value("env"), std::string("A=1,2"));
    QCOMPARE(asked->operands, std::vector<std::string>{"[w]"});
}

void TestKeepctlParse::operandsThatAreNounsOrVerbs()
{
    for (const char *word : {"log", "list", "help", "keep", "show"}) {
        const auto asked = parsed({"keep", "show", word});
        QVERIFY2(asked, word);
        QCOMPARE(asked->verb->command, Command::KeepShow);
        QCOMPARE(asked->operands, std::vector<std::string>{word});
    }
}

void TestKeepctlParse::wordsAfterTwoDashesAreOperands()
{
    const auto asked = parsed({"keep", "remove", "--", "-x", "--json", "log"});
    QVERIFY2(asked, asked ? "" : asked.error().message().c_str());
    QCOMPARE(asked->operands, (std::vector<std::string>{"-x", "--json", "log"}));
    const auto value = parsed({"keep", "launch", "-a", "--", "--arg", "--", "--", "--", "-w"});
    QVERIFY(!value); // two operands are one too many
    const auto values = parsed({"keep", "launch", "-a", "--", "--arg", "--", "--", "-w"});
    QVERIFY2(values, values ? "" : values.error().message().c_str());
    QCOMPARE(values->values("arg"), (std::vector<std::string>{"--", "--"}));
    QCOMPARE(values->operands, std::vector<std::string>{"-w"});
    const auto mixed = parsed({"keep", "remove", "a", "--", "-x"});
    QVERIFY2(mixed, mixed ? "" : mixed.error().message().c_str());
    QCOMPARE(mixed->operands, (std::vector<std::string>{"a", "-x"}));
}

void TestKeepctlParse::helpAtEveryLevel()
{
    for (const auto &line : std::vector<std::vector<std::string>>{{"--help"}, {"-h"}, {"help"}}) {
        const auto asked = parsed(line);
        QVERIFY(asked && asked->kind == Invocation::Kind::Help && !asked->noun);
    }
    for (const Noun &noun : nouns()) {
        const std::string name(noun.name);
        const auto asked = parsed({name, "--help"});
        QVERIFY(asked && asked->kind == Invocation::Kind::Help && asked->noun == &noun);
        for (const Verb &verb : noun.verbs) {
            if (verb.name.empty())
                continue;
            for (const auto &line : std::vector<std::vector<std::string>>{{name, std::string(verb.name), "--help"},
                     {name, std::string(verb.name), "-h"}, {"help", name, std::string(verb.name)}}) {
                const auto verbHelp = parsed(line); // although operands are missing
                QVERIFY(verbHelp && verbHelp->kind == Invocation::Kind::Help && verbHelp->verb == &verb);
            }
        }
    }
}

void TestKeepctlParse::hiddenCommands()
{
    auto asked = parsed({"--generate", "man", "--output", "d"});
    QVERIFY(asked && asked->kind == Invocation::Kind::Generate);
    QCOMPARE(asked->what + asked->output, std::string("mand"));
    asked = parsed({"--words", "keeps"});
    QVERIFY(asked && asked->kind == Invocation::Kind::Words && asked->what == "keeps");
    asked = parsed({"--version"});
    QVERIFY(asked && asked->kind == Invocation::Kind::Version);
}

void TestKeepctlParse::numbers()
{
    const auto given = [](const char *text) { return parsed({"keep", "stop", "k", "--grace", text})->number("grace", 10, 100); };
    QCOMPARE(given("0").value(), 0u);
    QCOMPARE(given("100").value(), 100u);
    for (const char *bad : {"101", "-1", "1x", "", " 1", "0x1", "99999999999999999999"})
        QVERIFY2(!given(bad), bad);
    QCOMPARE(parsed({"keep", "stop", "k"})->number("grace", 10, 100).value(), 10u);
}

void TestKeepctlParse::wrongUsage_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *line, const char *says) { QTest::newRow(line) << QString::fromUtf8(line) << QString::fromUtf8(says); };
    row("", "nothing to do");
    row("hots list", "Did you mean host?");
    row("evidnce", "Did you mean evidence?");
    row("--vresion", "Did you mean --version?");
    row("keep", "needs a verb");
    row("keep luanch x", "Did you mean launch?");
    row("keep --json", "after the verb");
    row("keep show", "needs a KEEP");
    row("keep launch x y", "nothing more after WORKLOAD");
    row("keep launch --hsot emulated x", "Did you mean --host?");
    row("keep launch --expect-digets=00 x", "Did you mean --expect-digest?");
    row("keep launch -Z x", "no such option");
    row("keep stop x --grace", "--grace needs a value");
    row("keep stop x --grace 1 --grace 2", "--grace can be given once");
    row("host list x", "takes no such word");
    row("evidence export r --format pfd", "Did you mean pdf?");
    row("certs list --role x", "takes: ark, ask, asvk, vcek, vlek, crl, pdh, pek, oca, cek");
    row("help hots", "Did you mean host?");
    row("help keep luanch", "Did you mean launch?");
    row("log --limt 1", "Did you mean --limit?");
}

void TestKeepctlParse::wrongUsage()
{
    QFETCH(const QString, line);
    QFETCH(const QString, says);
    std::vector<std::string> given;
    for (const QString &word : line.split(u' ', Qt::SkipEmptyParts))
        given.push_back(word.toStdString());
    const auto asked = parsed(given);
    QVERIFY(!asked);
    QCOMPARE(asked.error().kind, ErrorKind::Input);
    const QString message = QString::fromStdString(asked.error().message());
    QVERIFY2(message.contains(says), qPrintable(message));
    QVERIFY2(message.contains(QStringLiteral("--help")), qPrintable(message));
}

void TestKeepctlParse::nearestWord_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("meant");
    QTest::newRow("swapped") << "luanch" << "launch";
    QTest::newRow("missing") << "lanch" << "launch";
    QTest::newRow("beginning") << "ev" << "evidence";
    QTest::newRow("far") << "zzzz" << "";
    QTest::newRow("one letter") << "x" << "";
    QTest::newRow("empty") << "" << "";
    QTest::newRow("very long") << QString(100'000, u'l') << "";
}

void TestKeepctlParse::nearestWord()
{
    QFETCH(const QString, word);
    QFETCH(const QString, meant);
    QCOMPARE(QString::fromStdString(nearest(word.toStdString(), {"host", "launch", "evidence"})), meant);
}

QTEST_APPLESS_MAIN(TestKeepctlParse)
#include "test_keepctl_parse.moc"
