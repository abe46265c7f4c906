// SPDX-License-Identifier: Apache-2.0
#include "core/reports/text.h"
#include "core/reports/text_layout.h"
#include "tests/support/sample_record.h"

#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtTest/QTest>

using namespace kastellan;

class TestText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysEverything()
    {
        Record record = test::sampleRecord();
        record.appraisal.findings[2].outcome = Outcome::Fail;
        record.appraisal.findings[2].actual = "other";
        record.appraisal.findings[2].remedy = "Launch it again.";
        decide(record.appraisal);
        const QString text = QString::fromStdString(recordText(record, false, 80));
        for (const char *part : {"REFUSED (EMULATED)", "launch digest is not the expected one", "FAIL", "Launch digest failed",
                 "expected  1111", "found     other", "to do     Launch it again.", "Revocation list is not known (advisory)",
                 "given up  --allow-debug", "hello-1"})
            QVERIFY2(text.contains(QString::fromLatin1(part)), part);
        QVERIFY(!text.contains(QChar(0x1b)));
        for (const auto &line : text.split(u'\n'))
            QVERIFY2(line.size() <= 80, qPrintable(line));
        QVERIFY(QString::fromStdString(recordText(record, true, 80)).contains(QChar(0x1b)));
    }

    void controlCharactersStayOut()
    {
        Record record = test::sampleRecord();
        record.keepName = "\x1b[2Jboo\r";
        record.host = "\x1b]0;title\a";
        record.appraisal.sentence = "\x1b[31m";
        record.appraisal.findings[0].id = "\x1b[1m";
        record.appraisal.findings[3].actual = "a\x1b[5mb";
        record.appraisal.findings[3].remedy = "\x9b"
                                              "5m";
        record.appraisal.overrides = {"\x1b"};
        const std::string text = recordText(record, false, 40);
        for (const char c : text)
            QVERIFY(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    }

    void wrapping_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("lines");
        QTest::newRow("fits") << QStringLiteral("one two") << QStringList{QStringLiteral("one two")};
        QTest::newRow("breaks at spaces") << QStringLiteral("one two three four")
                                          << QStringList{QStringLiteral("one two"), QStringLiteral("three four")};
        QTest::newRow("breaks long words") << QStringLiteral("0123456789abcdef")
                                           << QStringList{QStringLiteral("0123456789"), QStringLiteral("abcdef")};
        QTest::newRow("after a word") << QStringLiteral("x 0123456789abc")
                                      << QStringList{QStringLiteral("x"), QStringLiteral("0123456789"), QStringLiteral("abc")};
        QTest::newRow("empty") << QString() << QStringList{QString()};
        QTest::newRow("spaces") << QStringLiteral("  a \n b  ") << QStringList{QStringLiteral("a b")};
        QTest::newRow("two bytes a character") << QStringLiteral("ääääääääääöö")
                                               << QStringList{QStringLiteral("ääääääääää"), QStringLiteral("öö")};
    }
    void wrapping()
    {
        QFETCH(QString, text);
        QFETCH(QStringList, lines);
        QStringList actual;
        for (const auto &line : reports::wrapped(text.toStdString(), 10.01, 1 / 0.605, true))
            actual << QString::fromStdString(line);
        QCOMPARE(actual, lines);
    }

    void anyWidthEnds()
    {
        for (int width = -5; width < 40; ++width) {
            QString all;
            for (const auto &line : reports::wrapped("some words and 0123456789abcdef漢字", width, 13))
                all += QString::fromStdString(line);
            all.remove(u' ');
            QCOMPARE(all, QStringLiteral("somewordsand0123456789abcdef漢字"));
        }
    }
};

QTEST_APPLESS_MAIN(TestText)
#include "test_reports_text.moc"
