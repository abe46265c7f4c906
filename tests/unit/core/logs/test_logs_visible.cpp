// SPDX-License-Identifier: Apache-2.0
#include "core/logs/keep_log.h"

#include <QtCore/QString>
#include <QtTest/QTest>

using namespace kastellan;

class TestVisible : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void examples_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("visible");
        QTest::newRow("plain") << QByteArray("a\tb\nc") << QStringLiteral("a\tb\nc");
        QTest::newRow("umlauts, han, emoji") << QByteArray("ä漢🏰") << QStringLiteral("ä漢🏰");
        QTest::newRow("terminal escape") << QByteArray("\x1b[2J") << QStringLiteral("␛[2J");
        QTest::newRow("nul, bell, return, delete") << QByteArray("\0\a\r\x7f", 4) << QStringLiteral("␀␇␍␡");
        QTest::newRow("C1 control sequence introducer") << QByteArray("\xc2\x9b"
                                                                      "2J")
                                                        << QStringLiteral("\uFFFD2J");
        QTest::newRow("bare C1 byte") << QByteArray("\x9b") << QStringLiteral("\uFFFD");
        QTest::newRow("direction override") << QByteArray("\xe2\x80\xae"
                                                          "abc")
                                            << QStringLiteral("\uFFFDabc");
        QTest::newRow("isolate") << QByteArray("\xe2\x81\xa6") << QStringLiteral("\uFFFD");
        QTest::newRow("overlong slash") << QByteArray("\xc0\xaf") << QStringLiteral("\uFFFD\uFFFD");
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << QStringLiteral("\uFFFD\uFFFD\uFFFD");
        QTest::newRow("cut in the middle") << QByteArray("a\xe2\x82") << QStringLiteral("a\uFFFD");
        QTest::newRow("too high") << QByteArray("\xf4\x90\x80\x80") << QStringLiteral("\uFFFD\uFFFD\uFFFD\uFFFD");
        QTest::newRow("empty") << QByteArray() << QString();
    }
    void examples()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, visible);
        QCOMPARE(QString::fromStdString(makeVisible(text.toStdString())), visible);
    }

    /// Of any bytes at all the result is UTF-8 without controls, and making it visible again changes nothing.
    void anyBytes()
    {
        for (unsigned a = 0; a < 256; ++a)
            for (unsigned b = 0; b < 256; ++b) {
                const char text[] = {static_cast<char>(a), static_cast<char>(b), 'x', static_cast<char>(a)};
                const std::string visible = makeVisible({text, sizeof text});
                const QString decoded = QString::fromUtf8(visible.data(), static_cast<qsizetype>(visible.size()));
                QCOMPARE(decoded.toUtf8().toStdString(), visible);
                for (const QChar c : decoded)
                    QVERIFY(c == u'\n' || c == u'\t' || c.category() != QChar::Other_Control);
                QCOMPARE(makeVisible(visible), visible);
            }
    }
};

QTEST_APPLESS_MAIN(TestVisible)
#include "test_logs_visible.moc"
