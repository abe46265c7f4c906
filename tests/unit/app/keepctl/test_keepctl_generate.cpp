// SPDX-License-Identifier: Apache-2.0
// What is made from the table: complete, accepted by the programs that read it, and in step with the documentation.
#include "app/keepctl/generate.h"
#include "app/keepctl/help.h"

#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtCore/QStandardPaths>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <set>

using namespace kastellan;
using namespace kastellan::keepctl;

class TestKeepctlGenerate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everythingHasHelp();
    void namesAreUnique();
    void helpNamesEverything();
    void helpFitsTheTerminal();
    void everyKindNamesEveryOption_data();
    void everyKindNamesEveryOption();
    void manPagesAreClean();
    void shellsAccept_data();
    void shellsAccept();
    void bashCompletes_data();
    void bashCompletes();
    void fishCompletes();
    void documentationIsInStep();
    void unknownKind();

private:
    QString written(const Generated &file);
    QTemporaryDir m_folder;
};

QString TestKeepctlGenerate::written(const Generated &file)
{
    const QString path = m_folder.filePath(QString::fromStdString(file.name));
    QFile out(path);
    if (!out.open(QIODevice::WriteOnly) || out.write(file.content.data(), qint64(file.content.size())) < 0)
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

void TestKeepctlGenerate::everythingHasHelp()
{
    const auto good = [](std::string_view text) { return text.size() > 5 && !text.ends_with('.') && !text.ends_with(' '); };
    for (const Noun &noun : nouns()) {
        QVERIFY2(good(noun.summary) && !noun.text.empty() && !noun.verbs.empty(), std::string(noun.name).c_str());
        for (const Verb &verb : noun.verbs) {
            const std::string name = commandName(noun, verb);
            QVERIFY2(good(verb.summary) && !verb.text.empty() && !verb.examples.empty(), name.c_str());
            for (std::string_view paragraph : verb.text)
                QVERIFY2(paragraph.ends_with('.'), name.c_str());
            for (const Option &option : verb.options) {
                QVERIFY2(good(option.help), (name + " --" + std::string(option.name)).c_str());
                QVERIFY2((option.word == Word::Choice) == !option.choices.empty(), std::string(option.name).c_str());
            }
            for (const Operand &operand : verb.operands)
                QVERIFY2(good(operand.help), std::string(operand.name).c_str());
            for (const Example &example : verb.examples)
                QVERIFY2(example.line.starts_with(name), std::string(example.line).c_str());
        }
    }
}

void TestKeepctlGenerate::namesAreUnique()
{
    std::set<Command> commands;
    for (const Noun &noun : nouns()) {
        for (const Verb &verb : noun.verbs) {
            QVERIFY(commands.insert(verb.command).second);
            std::set<std::string_view> names{"help"};
            std::set<char> letters{'h'};
            for (const Option &option : verb.options) {
                QVERIFY2(names.insert(option.name).second, std::string(option.name).c_str());
                QVERIFY2(!option.letter || letters.insert(option.letter).second, std::string(option.name).c_str());
            }
        }
    }
}

void TestKeepctlGenerate::helpNamesEverything()
{
    const std::string root = helpText();
    for (const Noun &noun : nouns()) {
        QVERIFY(root.contains("  " + std::string(noun.name) + " "));
        const std::string nounHelp = helpText(noun);
        for (const Verb &verb : noun.verbs) {
            QVERIFY(verb.name.empty() || nounHelp.contains("  " + std::string(verb.name) + " "));
            const std::string verbHelp = helpText(noun, verb);
            for (const Option &option : verb.options)
                QVERIFY(verbHelp.contains(optionLabel(option)));
        }
    }
}

void TestKeepctlGenerate::helpFitsTheTerminal()
{
    std::string all = helpText();
    for (const Noun &noun : nouns()) {
        all += helpText(noun);
        for (const Verb &verb : noun.verbs)
            all += helpText(noun, verb);
    }
    for (const QString &line : QString::fromStdString(all).split(u'\n'))
        QVERIFY2(line.size() <= 100 && !line.endsWith(u' '), qPrintable(line));
}

void TestKeepctlGenerate::everyKindNamesEveryOption_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"man", "bash", "zsh", "fish", "markdown"})
        QTest::newRow(kind) << QString::fromUtf8(kind);
}

void TestKeepctlGenerate::everyKindNamesEveryOption()
{
    QFETCH(const QString, kind);
    std::string all;
    const auto files = generate(kind.toStdString());
    QVERIFY(files);
    for (const Generated &file : *files)
        all += file.content;
    all = QString::fromStdString(all).replace(QStringLiteral("\\-"), QStringLiteral("-")).toStdString();
    for (const Noun &noun : nouns()) {
        for (const Verb &verb : noun.verbs) {
            QVERIFY(all.contains(std::string(verb.name)));
            for (const Option &option : verb.options)
                QVERIFY2(all.contains((kind == u"fish" ? "-l " : "--") + std::string(option.name)), std::string(option.name).c_str());
        }
    }
}

void TestKeepctlGenerate::manPagesAreClean()
{
    if (QStandardPaths::findExecutable(QStringLiteral("groff")).isEmpty())
        QSKIP("groff is not installed");
    const auto pages = manPages();
    QCOMPARE(pages.size(), nouns().size() + 1);
    for (const Generated &page : pages) {
        QProcess groff;
        groff.start(QStringLiteral("groff"), {QStringLiteral("-man"), QStringLiteral("-ww"), QStringLiteral("-Tutf8"), written(page)});
        QVERIFY(groff.waitForFinished());
        const QByteArray problems = groff.readAllStandardError();
        QVERIFY2(groff.exitCode() == 0 && problems.isEmpty(), problems.constData());
        const QByteArray text = groff.readAllStandardOutput();
        QVERIFY2(text.contains("EXIT STATUS") && text.contains("ENVIRONMENT"), page.name.c_str());
        QCOMPARE(page.content.find("\n'"), std::string::npos); // would be taken for a request
    }
}

void TestKeepctlGenerate::shellsAccept_data()
{
    QTest::addColumn<QString>("shell");
    for (const char *shell : {"bash", "zsh", "fish"})
        QTest::newRow(shell) << QString::fromUtf8(shell);
}

void TestKeepctlGenerate::shellsAccept()
{
    QFETCH(const QString, shell);
    if (QStandardPaths::findExecutable(shell).isEmpty())
        QSKIP(qPrintable(shell + QStringLiteral(" is not installed")));
    QProcess process;
    process.start(shell, {QStringLiteral("-n"), written(generate(shell.toStdString()).value().front())});
    QVERIFY(process.waitForFinished());
    const QByteArray problems = process.readAllStandardError();
    QVERIFY2(process.exitCode() == 0 && problems.isEmpty(), problems.constData());
}

void TestKeepctlGenerate::bashCompletes_data()
{
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("offers"); // one of those that are offered
    QTest::addColumn<QString>("without");
    QTest::newRow("areas") << "keepctl ev" << "evidence" << "host";
    QTest::newRow("verbs") << "keepctl keep l" << "launch" << "stop";
    QTest::newRow("options") << "keepctl keep launch --de" << "--detach" << "--host";
    QTest::newRow("choices") << "keepctl evidence export r1 --format p" << "pdf" << "html";
    QTest::newRow("equals") << "keepctl evidence export r1 --format = p" << "pdf" << "html";
    QTest::newRow("ids") << "keepctl keep show w" << "web" << "wrong";
    QTest::newRow("noun that is a command") << "keepctl log --l" << "--limit" << "--keep";
    QTest::newRow("after an option") << "keepctl keep stop --json w" << "web" << "--grace";
}

void TestKeepctlGenerate::bashCompletes()
{
    QFETCH(const QString, words);
    QFETCH(const QString, offers);
    QFETCH(const QString, without);
    if (QStandardPaths::findExecutable(QStringLiteral("bash")).isEmpty())
        QSKIP("bash is not installed");
    const QString script =
        QStringLiteral("keepctl() { [ \"$1 $2\" = '--words keeps' ] && printf 'web\\trunning\\nother\\tstopped\\n'; }\n"
                       "source %1\nCOMP_WORDS=(%2)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_keepctl\nprintf '%s\\n' \"${COMPREPLY[@]}\"")
            .arg(written(bashCompletion()), words);
    QProcess bash;
    bash.start(QStringLiteral("bash"), {QStringLiteral("-euc"), script});
    QVERIFY(bash.waitForFinished());
    const QByteArrayList offered = bash.readAllStandardOutput().split('\n');
    const QByteArray problems = bash.readAllStandardError();
    QVERIFY2(problems.isEmpty(), problems.constData());
    QVERIFY2(offered.contains(offers.toUtf8()), offered.join(' ').constData());
    QVERIFY2(!offered.contains(without.toUtf8()), offered.join(' ').constData());
}

void TestKeepctlGenerate::fishCompletes()
{
    if (QStandardPaths::findExecutable(QStringLiteral("fish")).isEmpty())
        QSKIP("fish is not installed");
    const auto offered = [&](const char *line) {
        QProcess fish;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char *name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"})
            environment.insert(QString::fromUtf8(name), m_folder.path());
        fish.setProcessEnvironment(environment);
        fish.start(QStringLiteral("fish"),
            {QStringLiteral("--no-config"), QStringLiteral("-c"),
                QStringLiteral("source %1; complete -C '%2'").arg(written(fishCompletion()), QString::fromUtf8(line))});
        return fish.waitForFinished() ? QString::fromUtf8(fish.readAllStandardOutput()) : QString();
    };
    QVERIFY(offered("keepctl ").contains(QStringLiteral("evidence\t")));
    QVERIFY(offered("keepctl keep ").contains(QStringLiteral("launch\t")));
    QVERIFY(!offered("keepctl keep ").contains(QStringLiteral("fsck")));
    QVERIFY(offered("keepctl keep launch --de").contains(QStringLiteral("--detach\t")));
    QVERIFY(offered("keepctl evidence export r1 --format ").contains(QStringLiteral("bundle")));
}

/// docs/command-line.md holds the generated reference between two marks.
void TestKeepctlGenerate::documentationIsInStep()
{
    QFile file(qEnvironmentVariable("KASTELLAN_SOURCE") + QStringLiteral("/docs/command-line.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    const QByteArray begin = "<!-- reference: made by keepctl -->\n", end = "<!-- reference ends -->\n";
    const qsizetype from = text.indexOf(begin), to = text.indexOf(end);
    QVERIFY(from >= 0 && to > from);
    const QByteArray reference = text.mid(from + begin.size(), to - from - begin.size());
    QVERIFY2(reference == QByteArray::fromStdString(markdown().content),
        "docs/command-line.md is not in step with the table of keepctl: run docs/update-command-line.sh in ./dev shell");
}

void TestKeepctlGenerate::unknownKind()
{
    QVERIFY(!generate("ksh"));
}

QTEST_APPLESS_MAIN(TestKeepctlGenerate)
#include "test_keepctl_generate.moc"
