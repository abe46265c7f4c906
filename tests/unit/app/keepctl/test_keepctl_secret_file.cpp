// SPDX-License-Identifier: Apache-2.0
// What keepctl reads from files with secrets is overwritten in memory when it is no longer needed.
#include "app/keepctl/secret_file.h"

#include "core/base/file.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::keepctl;

class TestKeepctlSecretFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPassphraseIsTheFirstLine_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("passphrase");
        QTest::newRow("one line") << QByteArray("open sesame") << QByteArray("open sesame");
        QTest::newRow("with its end") << QByteArray("open sesame\n") << QByteArray("open sesame");
        QTest::newRow("of Windows") << QByteArray("open sesame\r\n") << QByteArray("open sesame");
        QTest::newRow("more lines") << QByteArray("open\nsesame\n") << QByteArray("open");
        QTest::newRow("blanks") << QByteArray(" open \n") << QByteArray(" open ");
    }

    void aPassphraseIsTheFirstLine()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, passphrase);
        const auto read = readPassphrase(file(content));
        QVERIFY(read);
        QCOMPARE(QByteArray::fromStdString(std::string(asText(read->view()))), passphrase);
    }

    void anEmptyOneIsRefused()
    {
        for (const char *content : {"", "\n", "\r\nsesame"})
            QVERIFY(!readPassphrase(file(content)));
        QVERIFY(!readPassphrase(file(QByteArray(5000, 'x'))));
        QVERIFY(!readPassphrase(m_folder.filePath(QStringLiteral("none")).toStdString()));
    }

    void itIsOverwritten()
    {
        auto read = readPassphrase(file("open sesame\n"));
        QVERIFY(read);
        const ByteView memory = read->view();
        read->wipe();
        QVERIFY(memory.size() == 11 && std::ranges::all_of(memory, [](std::uint8_t byte) { return byte == 0; }));
    }

    void whatIsReplacedIsOverwritten()
    {
        // Moved into another one, there is one place alone: its new owner's.
        auto first = readPassphrase(file("first"));
        auto second = readPassphrase(file("second"));
        QVERIFY(first && second);
        const auto *place = second->view().data();
        *first = std::move(*second);
        QCOMPARE(first->view().data(), place);
        QCOMPARE(std::string(asText(first->view())), std::string("second"));
        QVERIFY(second->view().empty());
    }

private:
    std::string file(const QByteArray &content)
    {
        const std::string path = m_folder.filePath(QStringLiteral("secret")).toStdString();
        if (!writeFileAtomically(path, asBytes(std::string_view(content.data(), std::size_t(content.size())))))
            qFatal("no file");
        return path;
    }
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestKeepctlSecretFile)
#include "test_keepctl_secret_file.moc"
