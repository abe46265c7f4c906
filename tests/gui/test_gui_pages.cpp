// SPDX-License-Identifier: Apache-2.0
// Every page in its states, with errors, and audited: names for every focusable widget, a reason for every disabled control.
#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"
#include "ui/keep/finding_detail.h"
#include "ui/keep/output_view.h"
#include "ui/pages/page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/notice.h"
#include "ui/wizard/launch_wizard.h"

#include <QAction>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTreeView>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiPages : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeEngine> m_engine;
    std::unique_ptr<MainWindow> m_window;

    void open()
    {
        m_window = std::make_unique<MainWindow>(m_engine->services());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QVERIFY(settle(*m_window));
    }
    void go(const QString &link)
    {
        m_window->go(*linkFromText(link));
        QVERIFY(settle(*m_window));
    }
    QString keep(KeepState state, unsigned char number = 1,
        const std::vector<std::pair<std::string, Verdict>> &records = {{"attest", Verdict::Authentic}, {"deliver", Verdict::Trusted}},
        const std::string &output = "a line\n")
    {
        return QString::fromStdString(m_engine->addKeep(sampleKeep("hello", number, state), records, output));
    }
    VerdictBanner *banner() const { return m_window->currentPage()->findChild<VerdictBanner *>(); }
    QAction *action(const char *name) const { return m_window->findChild<QAction *>(QString::fromLatin1(name)); }
    QString message() const { return m_window->currentPage()->findChild<MessageBar *>()->plainText(); }

private Q_SLOTS:
    void init() { m_engine = FakeEngine::make(); }
    void cleanup()
    {
        dialogs::answerWith({});
        m_window.reset();
        m_engine.reset();
    }

    void everythingHasANameAndAReason()
    {
        const QString key = keep(KeepState::Running);
        keep(KeepState::Refused, 2, {{"attest", Verdict::Refused}});
        const std::string record = m_engine->addRecord(m_engine->keep(key.toStdString()), "reattest", Verdict::Trusted);
        open();
        QStringList unnamed, unexplained;
        const auto audit = [&](QWidget *window, const QString &where) {
            for (const QString &line : unnamedWidgets(window))
                unnamed += where + u": "_s + line;
            for (const QString &line : unexplainedControls(window))
                unexplained += where + u": "_s + line;
        };
        QStringList places{u"overview"_s, u"evidence"_s, u"activity"_s, u"host/emulated"_s, u"host/local"_s, u"host/unknown"_s,
            u"record/"_s + QString::fromStdString(record), u"keep/00"_s};
        for (const char *part : {"attestation", "certificates", "layers", "raw", "output", "manifest", "timeline", "evidence", "machine"})
            places += u"keep/"_s + key + u'/' + QString::fromLatin1(part);
        for (const QString &place : std::as_const(places)) {
            go(place);
            audit(m_window.get(), place);
            QVERIFY2(!m_window->currentPage()->help().isEmpty(), qPrintable(place));
            QVERIFY2(!m_window->currentPage()->title().isEmpty(), qPrintable(place));
        }
        m_window->launch({});
        QVERIFY(settle(*m_window));
        for (int step = LaunchWizard::Workload; step < LaunchWizard::Plan; ++step) {
            m_window->wizard()->goTo(step);
            audit(m_window->wizard(), u"wizard %1"_s.arg(step));
        }
        QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(u'\n')));
        QVERIFY2(unexplained.isEmpty(), qPrintable(unexplained.join(u'\n')));
    }

    void auditFindsWhatHasNoName() // the audit itself can fail
    {
        QWidget window;
        auto *field = new QLineEdit(&window);
        auto *button = new QPushButton(u"Go"_s, &window);
        button->setEnabled(false);
        QCOMPARE(unnamedWidgets(&window).size(), 1);
        QCOMPARE(unexplainedControls(&window).size(), 1);
        field->setAccessibleName(u"Name"_s);
        button->setToolTip(u"because"_s);
        QVERIFY(unnamedWidgets(&window).isEmpty());
        QVERIFY(unexplainedControls(&window).isEmpty());
    }

    void bannersSayWhatIsSo_data()
    {
        QTest::addColumn<KeepState>("state");
        QTest::addColumn<QString>("title");
        QTest::newRow("running") << KeepState::Running << u"Trusted"_s;
        QTest::newRow("stopped") << KeepState::Stopped << u"Trusted"_s;
        QTest::newRow("suspect") << KeepState::Suspect << u"Suspect"_s;
        QTest::newRow("refused") << KeepState::Refused << u"Refused"_s;
        QTest::newRow("failed") << KeepState::Failed << u"Failed before it was attested"_s;
        QTest::newRow("starting") << KeepState::Starting << u"Not attested yet"_s;
    }
    void bannersSayWhatIsSo()
    {
        QFETCH(KeepState, state);
        QFETCH(QString, title);
        const bool attested = state == KeepState::Running || state == KeepState::Stopped || state == KeepState::Suspect;
        std::vector<std::pair<std::string, Verdict>> records;
        if (attested)
            records = {{"attest", Verdict::Authentic}, {"deliver", Verdict::Trusted}};
        if (state == KeepState::Refused)
            records = {{"attest", Verdict::Refused}};
        const QString key = keep(state, 1, records);
        open();
        go(u"keep/"_s + key);
        QTRY_COMPARE(banner()->title(), title);
        QVERIFY(!banner()->sentence().isEmpty());
        const bool over = isFinal(state);
        QCOMPARE(action("stopKeep")->isEnabled(), !over);
        QCOMPARE(action("removeKeep")->isEnabled(), over);
        QCOMPARE(action("attestKeep")->isEnabled(), state == KeepState::Running || state == KeepState::Suspect);
        for (const char *name : {"stopKeep", "attestKeep", "recoverKeep", "removeKeep"})
            if (!action(name)->isEnabled())
                QVERIFY2(action(name)->toolTip().contains(u": "_s), name);
    }

    void theFindingOfConcernIsShownFirst()
    {
        const QString key = keep(KeepState::Refused, 1, {{"attest", Verdict::Refused}});
        open();
        go(u"keep/"_s + key);
        auto *detail = m_window->currentPage()->findChild<FindingDetail *>();
        bool found = false;
        for (const Label *label : detail->findChildren<Label *>())
            found = found || (label->isVisible() && label->text() == "launch.digest"_L1);
        QVERIFY(found);
        QVERIFY(markedDifference(u"aaaaaaaabbbb"_s, u"aaaaaaaacccc"_s, Qt::red).contains(u"underline"_s));
        QVERIFY(!markedDifference(u"<b>x</b>longer"_s, u"<b>y</b>longer"_s, Qt::red).contains(u"<b>"_s));
    }

    void attestAgainBringsANewRecord()
    {
        const QString key = keep(KeepState::Running);
        open();
        go(u"keep/"_s + key);
        QTRY_VERIFY(action("attestKeep")->isEnabled());
        action("attestKeep")->trigger();
        QTRY_COMPARE(m_engine->keep(key.toStdString()).records.size(), std::size_t(3));
        QVERIFY(settle(*m_window));
    }

    void aDeadLoaderCanBeRecovered()
    {
        const QString key = keep(KeepState::Running);
        open();
        go(u"keep/"_s + key);
        QVERIFY(!action("recoverKeep")->isEnabled());
        m_engine->killLoader(key.toStdString());
        QTRY_VERIFY(action("recoverKeep")->isEnabled());
        QVERIFY(message().contains(u"loader"_s));
        QVERIFY(!action("stopKeep")->isEnabled());
        m_engine->failNext("recover");
        action("recoverKeep")->trigger();
        QTRY_VERIFY(message().contains(u"no space left"_s));
        action("recoverKeep")->trigger();
        QTRY_VERIFY(action("stopKeep")->isEnabled());
        QVERIFY(!action("recoverKeep")->isEnabled());
    }

    void removingAsksFirst()
    {
        const QString key = keep(KeepState::Stopped);
        open();
        go(u"keep/"_s + key);
        action("removeKeep")->trigger();
        auto *box = m_window->findChild<Notice *>();
        QVERIFY(box);
        QVERIFY(unnamedWidgets(box).isEmpty());
        QVERIFY(box->text().contains(u"evidence"_s));
        QTest::keyClick(box, Qt::Key_Escape);
        QVERIFY(m_engine->calls().empty());
        QTRY_VERIFY(!m_window->findChild<Notice *>());
        action("removeKeep")->trigger();
        QTest::mouseClick(m_window->findChild<Notice *>()->findChild<QPushButton *>(u"confirmGo"_s), Qt::LeftButton);
        QTRY_COMPARE(m_engine->calls(), std::vector<std::string>{"remove"});
        QTRY_COMPARE(m_window->currentPage()->link().page, u"overview"_s);
    }

    void outputIsBoundedAndHarmless()
    {
        std::string text = "<b>not bold</b> \x1b[2Jgone\n";
        for (int i = 0; i < 100'000; ++i)
            text += "line " + std::to_string(i) + "\n";
        const QString key = keep(KeepState::Running, 1, {}, text);
        open();
        Watchdog::reset();
        go(u"keep/"_s + key + u"/output"_s);
        auto *output = m_window->currentPage()->findChild<OutputView *>();
        QTRY_VERIFY(output->plainText().contains(u"line 99999"_s));
        QVERIFY(output->findChild<QPlainTextEdit *>()->blockCount() <= OutputView::mostLines);
        QVERIFY2(
            Watchdog::worstMilliseconds() <= 250, qPrintable(u"%1 ms, %2"_s.arg(Watchdog::worstMilliseconds()).arg(Watchdog::worstWhat())));
        m_engine->writeOutput(key.toStdString(), "<i>html</i> \x1b[31mred\xff and no end");
        QTRY_VERIFY(output->plainText().contains(u"<i>html</i> ␛[31mred"_s));
        m_engine->writeOutput(key.toStdString(), " but now\n");
        QTRY_VERIFY(output->plainText().contains(u"and no end but now"_s));
        QCOMPARE(output->plainText().count(u"and no end"_s), 1);
    }

    void namesAreHarmless()
    {
        KeepStatus status = sampleKeep("<img src=x>\x1b[31m\nevil", 1, KeepState::Stopped);
        const QString key = QString::fromStdString(m_engine->addKeep(status, {{"attest", Verdict::Trusted}}));
        open();
        go(u"keep/"_s + key);
        QVERIFY(m_window->windowTitle().contains(u"<img src=x>"_s));
        QVERIFY(!m_window->windowTitle().contains(QChar(0x1b)));
        for (const QLabel *label : m_window->findChildren<QLabel *>())
            if (label->textFormat() != Qt::PlainText)
                QVERIFY2(!label->text().contains(u"<img"_s), qPrintable(label->text()));
    }

    void aStoreThatCannotBeReadIsExplained()
    {
        const QString key = keep(KeepState::Stopped);
        m_engine->failNext("store");
        open();
        m_engine->failNext("store");
        go(u"evidence"_s);
        QTRY_VERIFY(message().contains(u"no space left"_s));
        m_window->currentPage()->refresh();
        QVERIFY(settle(*m_window));
    }

    void exportsInEveryFormat()
    {
        const QString key = keep(KeepState::Stopped);
        open();
        go(u"evidence"_s);
        int number = 0;
        QStringList files;
        dialogs::answerWith([&](QWidget *, const QString &, const QString &suggestion, const QString &) {
            files += QString::fromStdString(m_engine->folder()) + u"/%1-"_s.arg(number++) + suggestion;
            return files.last();
        });
        const auto menus = m_window->currentPage()->findChildren<QMenu *>();
        QVERIFY(!menus.isEmpty());
        for (QAction *format : menus.first()->actions()) {
            format->trigger();
            QVERIFY(settle(*m_window, 30000));
            QVERIFY2(QFileInfo(files.last()).size() > 500, qPrintable(files.last() + u' ' + message()));
        }
        QCOMPARE(files.size(), 4);
        QFile pdf(files[1]);
        QVERIFY(pdf.open(QIODevice::ReadOnly));
        QVERIFY(pdf.read(5) == "%PDF-");
    }

    void backForwardAndKeys()
    {
        const QString key = keep(KeepState::Stopped);
        open();
        QTest::keyClick(m_window.get(), Qt::Key_2, Qt::AltModifier);
        QTRY_COMPARE(m_window->currentPage()->link().page, u"evidence"_s);
        go(u"keep/"_s + key);
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        QTRY_COMPARE(m_window->currentPage()->link().page, u"evidence"_s);
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
        QTRY_COMPARE(m_window->currentPage()->link().subject, key);
        QTest::keyClick(m_window.get(), Qt::Key_F1);
        QTRY_VERIFY(m_window->findChild<Notice *>());
        m_window->findChild<Notice *>()->close();
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        QTRY_VERIFY(named<QLineEdit>(*m_window, "sideSearch")->hasFocus());
        QTest::keyClicks(named<QLineEdit>(*m_window, "sideSearch"), u"nothing like it"_s);
        QCOMPARE(m_window->findChild<QTreeView *>(u"sideTree"_s)->model()->rowCount(), 0);
        QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(m_window->wizard());
        QTest::keyClick(m_window->wizard(), Qt::Key_Escape);
        QTRY_VERIFY(!m_window->wizard());
    }

    void darkFollowsTheChoice()
    {
        const QString key = keep(KeepState::Running);
        open();
        go(u"keep/"_s + key);
        const QImage light = m_window->grab().toImage();
        theme::apply(theme::Choice::Dark);
        QVERIFY(settle(*m_window));
        const QImage dark = m_window->grab().toImage();
        theme::apply(theme::Choice::Light);
        QVERIFY(qGray(light.pixel(light.width() - 20, 300)) > 200);
        QVERIFY(qGray(dark.pixel(dark.width() - 20, 300)) < 70);
    }
};

KASTELLAN_GUI_TEST(TestGuiPages)
#include "test_gui_pages.moc"
