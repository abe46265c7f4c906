// SPDX-License-Identifier: Apache-2.0
// A log as a person reads it: by mouse and keys, while it grows, and however long it is.
#include "tests/gui/support/gui_test.h"

#include "ui/logs/log_panel.h"
#include "ui/logs/log_view.h"
#include "ui/widgets/dialogs.h"

#include <QAction>
#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QWheelEvent>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;
using Stream = LogEntry::Stream;

class TestGuiLog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void showsTheNewestLines();
    void followsUntilItIsScrolled();
    void searchFindsFarAway();
    void wrongExpressionIsSaid();
    void streamsAreFiltered();
    void onlyMatchingLines();
    void textIsSelectedAndCopied();
    void bookmarksStayWithTheirLines();
    void exportIsWholeOrNotThere();
    void neverMovesOrHidesText();
    void aMillionLinesDoNotHoldTheWindow();

private:
    void write(int from, int to);
    void show();
    template <typename T>
    T *child(const QString &name) const
    {
        return m_panel->findChild<T *>(name);
    }
    void choose(const QString &text);

    std::unique_ptr<QTemporaryDir> m_folder;
    std::filesystem::path m_file;
    std::unique_ptr<JobRunner> m_jobs;
    std::unique_ptr<LogPanel> m_panel;
};

void TestGuiLog::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_file = m_folder->filePath(u"log"_s).toStdString();
    m_jobs = std::make_unique<JobRunner>();
}

void TestGuiLog::cleanup()
{
    m_panel.reset();
    m_jobs.reset();
    m_folder.reset();
}

/// Every tenth line is an error's, every hundredth an event.
void TestGuiLog::write(int from, int to)
{
    auto writer = KeepLogWriter::open(m_file);
    QVERIFY(writer);
    for (int i = from; i < to; ++i) {
        const Stream stream = i % 100 == 99 ? Stream::Event : i % 10 == 9 ? Stream::Err : Stream::Out;
        QVERIFY(writer->append(stream, asBytes("line " + std::to_string(i) + " says something\n")));
    }
}

void TestGuiLog::show()
{
    m_panel = std::make_unique<LogPanel>(*m_jobs, u"Output of the keep"_s, 0xf);
    m_panel->resize(900, 420);
    m_panel->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_panel.get()));
    m_panel->setFile(m_file);
    QTRY_VERIFY(m_panel->document()->isComplete());
}

void TestGuiLog::choose(const QString &text)
{
    QMenu *menu = child<QToolButton>(u"logShow"_s)->menu();
    for (QAction *action : menu->actions())
        if (action->text().contains(text)) {
            menu->popup(m_panel->mapToGlobal(QPoint()));
            QVERIFY(QTest::qWaitForWindowExposed(menu));
            const bool before = action->isChecked();
            while (menu->activeAction() != action)
                QTest::keyClick(menu, Qt::Key_Down);
            QTest::keyClick(menu, Qt::Key_Return);
            QTRY_VERIFY(!menu->isVisible() && !QApplication::activePopupWidget());
            QVERIFY(action->isChecked() != before);
            return;
        }
    QFAIL(qPrintable(u"there is no choice "_s + text));
}

void TestGuiLog::showsTheNewestLines()
{
    write(0, 5000);
    show();
    LogView *view = m_panel->view();
    QCOMPARE(m_panel->document()->rows(), 5000);
    QTRY_COMPARE(view->firstVisibleRow() + view->visibleRows(), 5000);
    QCOMPARE(m_panel->document()->row(4999).text, u"line 4999 says something"_s);
    QCOMPARE(m_panel->document()->row(99).stream, Stream::Event);
    // The first ones are a key away.
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Home, Qt::ControlModifier);
    QCOMPARE(view->firstVisibleRow(), 0);
    QVERIFY(!view->isFollowing());
}

void TestGuiLog::followsUntilItIsScrolled()
{
    write(0, 1000);
    show();
    LogView *view = m_panel->view();
    write(1000, 1200);
    m_panel->readOn();
    QTRY_COMPARE(view->firstVisibleRow() + view->visibleRows(), 1200);
    QTest::mouseMove(view->viewport());
    QWheelEvent wheel(QPointF(50, 50), view->viewport()->mapToGlobal(QPointF(50, 50)), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
        Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(view->viewport(), &wheel);
    QVERIFY(!view->isFollowing());
    const qint64 here = view->firstVisibleRow();
    write(1200, 1300);
    m_panel->readOn();
    QTRY_COMPARE(m_panel->document()->rows(), 1300);
    QCOMPARE(view->firstVisibleRow(), here);
    QTest::mouseClick(child<QToolButton>(u"logFollow"_s), Qt::LeftButton);
    QTRY_COMPARE(view->firstVisibleRow() + view->visibleRows(), 1300);
}

void TestGuiLog::searchFindsFarAway()
{
    write(0, 30'000);
    show();
    LogView *view = m_panel->view();
    view->goTo(0);
    choose(u"regular expression"_s);
    QTest::keyClick(m_panel.get(), Qt::Key_F, Qt::ControlModifier);
    QTRY_VERIFY(child<QLineEdit>(u"logSearch"_s)->hasFocus());
    QTest::keyClicks(child<QLineEdit>(u"logSearch"_s), u"^line 2[0-9]{3}7 SAYS"_s);
    QTest::keyClick(child<QLineEdit>(u"logSearch"_s), Qt::Key_Return);
    QTRY_COMPARE(view->currentRow(), 20'007);
    QTest::mouseClick(child<QToolButton>(u"logNext"_s), Qt::LeftButton);
    QTRY_COMPARE(view->currentRow(), 20'017);
    QTest::keyClick(child<QLineEdit>(u"logSearch"_s), Qt::Key_Return, Qt::ShiftModifier);
    QTRY_COMPARE(view->currentRow(), 20'007);
    QSignalSpy said(m_panel.get(), &LogPanel::said);
    QTest::mouseClick(child<QToolButton>(u"logPrevious"_s), Qt::LeftButton);
    QTRY_COMPARE(said.count(), 1); // none before
    QCOMPARE(view->currentRow(), 20'007);
    // What was meant literally is taken literally.
    choose(u"regular expression"_s);
    QTest::mouseClick(child<QToolButton>(u"logNext"_s), Qt::LeftButton);
    QTRY_COMPARE(said.count(), 2);
}

void TestGuiLog::wrongExpressionIsSaid()
{
    write(0, 10);
    show();
    choose(u"regular expression"_s);
    QTest::keyClicks(child<QLineEdit>(u"logSearch"_s), u"a(b"_s);
    QVERIFY(!child<QToolButton>(u"logNext"_s)->isEnabled());
    bool told = false;
    for (const QLabel *label : m_panel->findChildren<QLabel *>())
        told = told || label->text().contains(u"regular expression"_s);
    QVERIFY(told);
}

void TestGuiLog::streamsAreFiltered()
{
    write(0, 1000);
    show();
    choose(u"standard output"_s);
    QTRY_COMPARE(m_panel->document()->rows(), 100);
    QCOMPARE(m_panel->document()->row(0).number, 9u);
    choose(u"event"_s);
    QTRY_COMPARE(m_panel->document()->rows(), 90);
    write(1000, 1100); // what comes later is filtered too
    m_panel->readOn();
    QTRY_COMPARE(m_panel->document()->rows(), 99);
    choose(u"standard output"_s);
    choose(u"event"_s);
    QTRY_COMPARE(m_panel->document()->rows(), 1100);
}

void TestGuiLog::onlyMatchingLines()
{
    write(0, 2000);
    show();
    QTest::keyClicks(child<QLineEdit>(u"logSearch"_s), u"line 1999"_s);
    choose(u"Only lines"_s);
    QTRY_COMPARE(m_panel->document()->rows(), 1);
    QCOMPARE(m_panel->document()->row(0).number, 1999u);
    child<QLineEdit>(u"logSearch"_s)->clear();
    QTRY_COMPARE(m_panel->document()->rows(), 2000);
}

void TestGuiLog::textIsSelectedAndCopied()
{
    write(0, 50);
    show();
    LogView *view = m_panel->view();
    view->setFocus();
    view->goTo(0);
    for (int i = 0; i < 5; ++i)
        QTest::keyClick(view, Qt::Key_Right);
    QTest::keyClick(view, Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(view, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(view, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), u"0 says something\nline 1"_s);
    // By the mouse, from the first character to behind the third line.
    const int row = view->viewport()->height() / view->visibleRows();
    QTest::mousePress(view->viewport(), Qt::LeftButton, {}, {0, 2});
    QTest::mouseMove(view->viewport(), {view->viewport()->width() - 2, 2 * row + 2});
    QTest::mouseRelease(view->viewport(), Qt::LeftButton, {}, {view->viewport()->width() - 2, 2 * row + 2});
    QVERIFY2(view->selectedText().startsWith(u"line "_s) && view->selectedText().count(u'\n') == 2, qPrintable(view->selectedText()));
    QTest::keyClick(view, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(view->selectedText().count(u'\n'), 49);
}

void TestGuiLog::bookmarksStayWithTheirLines()
{
    write(0, 1000);
    show();
    LogView *view = m_panel->view();
    view->setFocus();
    view->goTo(109);
    QTest::keyClick(view, Qt::Key_B, Qt::ControlModifier);
    view->goTo(509);
    QTest::keyClick(view, Qt::Key_B, Qt::ControlModifier);
    QCOMPARE(view->bookmarks(), 2);
    choose(u"standard output"_s);
    QTRY_COMPARE(m_panel->document()->rows(), 100);
    m_panel->activateWindow(); // the menu had it
    view->setFocus();
    QTRY_VERIFY(view->hasFocus());
    view->goTo(0);
    QTest::keyClick(view, Qt::Key_F2);
    QCOMPARE(m_panel->document()->row(view->currentRow()).number, 109u);
    QTest::keyClick(view, Qt::Key_F2);
    QCOMPARE(m_panel->document()->row(view->currentRow()).number, 509u);
    QTest::keyClick(view, Qt::Key_F2); // round the end
    QCOMPARE(m_panel->document()->row(view->currentRow()).number, 109u);
    QTest::keyClick(view, Qt::Key_B, Qt::ControlModifier);
    QCOMPARE(view->bookmarks(), 1);
}

void TestGuiLog::exportIsWholeOrNotThere()
{
    write(0, 1000);
    show();
    choose(u"standard output"_s);
    QTRY_COMPARE(m_panel->document()->rows(), 100);
    const QString target = m_folder->filePath(u"out.txt"_s);
    dialogs::answerWith([target](QWidget *, const QString &, const QString &, const QString &) { return target; });
    QTRY_VERIFY(child<QToolButton>(u"logExport"_s)->isEnabled());
    QTest::mouseClick(child<QToolButton>(u"logExport"_s), Qt::LeftButton);
    QTRY_VERIFY(QFile::exists(target));
    QFile file(target);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().split('\n');
    QCOMPARE(lines.size(), 101);
    QVERIFY2(lines[0].contains(" ! line 9 says something") && lines[0].startsWith("20"), lines[0]);
    dialogs::answerWith([](QWidget *, const QString &, const QString &, const QString &) { return u"/proc/nowhere/out.txt"_s; });
    QTest::mouseClick(child<QToolButton>(u"logExport"_s), Qt::LeftButton);
    const auto told = [&] {
        for (const QLabel *label : m_panel->findChildren<QLabel *>())
            if (label->text().contains(u"/proc/nowhere"_s))
                return true;
        return false;
    };
    QTRY_VERIFY(told());
    dialogs::answerWith({});
}

void TestGuiLog::neverMovesOrHidesText()
{
    {
        auto writer = KeepLogWriter::open(m_file);
        QVERIFY(writer);
        QVERIFY(writer->append(Stream::Out,
            asBytes(std::string_view("a\x1b[2Jb\x08\xe2\x80\xae"
                                     "c\nno end"))));
    }
    show();
    QCOMPARE(m_panel->document()->rows(), 2);
    QCOMPARE(m_panel->document()->row(0).text, QString::fromUtf8("a\u241b[2Jb\u2408\ufffdc"));
    QVERIFY(m_panel->document()->row(1).open);
    QCOMPARE(m_panel->document()->row(1).text, u"no end"_s);
}

void TestGuiLog::aMillionLinesDoNotHoldTheWindow()
{
    {
        auto writer = KeepLogWriter::open(m_file);
        QVERIFY(writer);
        std::string text;
        for (int i = 0; i < 1000; ++i)
            text += "worker " + std::to_string(i) + " did something that is told here in one line\n";
        for (int i = 0; i < 1000; ++i)
            QVERIFY(writer->append(Stream::Out, asBytes(text)));
    }
    test::Watchdog::reset();
    show();
    LogView *view = m_panel->view();
    QTRY_COMPARE_WITH_TIMEOUT(m_panel->document()->rows(), 1'000'000, 30'000);
    // Whatever page is drawn.
    for (const double share : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        view->verticalScrollBar()->setValue(static_cast<int>(share * view->verticalScrollBar()->maximum()));
        view->grab();
        const qint64 row = view->firstVisibleRow();
        QCoreApplication::processEvents();
        QCOMPARE(m_panel->document()->row(row).text, u"worker %1 did something that is told here in one line"_s.arg(row % 1000));
    }
    choose(u"Only lines"_s);
    QTest::keyClicks(child<QLineEdit>(u"logSearch"_s), u"worker 77 "_s);
    QTRY_VERIFY_WITH_TIMEOUT(m_panel->document()->isComplete() && m_panel->document()->rows() == 1000, 60'000);
    QVERIFY2(test::Watchdog::worstMilliseconds() <= 100,
        qPrintable(u"held for %1 ms by %2"_s.arg(test::Watchdog::worstMilliseconds()).arg(test::Watchdog::worstWhat())));
}

KASTELLAN_GUI_TEST(TestGuiLog)
#include "test_gui_log.moc"
