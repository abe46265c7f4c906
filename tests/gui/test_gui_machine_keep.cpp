// SPDX-License-Identifier: Apache-2.0
// The page of a keep in a virtual machine: its steps as they happen, attested again, suspect, stopped, failed; console; imported reports.
#include "core/keeps/launch_steps.h"
#include "tests/gui/support/host_scene.h"
#include "ui/keep/machine_view.h"
#include "ui/keep/output_view.h"
#include "ui/keep/timeline.h"
#include "ui/widgets/attention_card.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/console_view.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/notice.h"

#include <QAction>
#include <QClipboard>
#include <QDropEvent>
#include <QGuiApplication>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolButton>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiMachineKeep : public HostScene {
    Q_OBJECT

    QAction *action(const char *name) const { return m_window->findChild<QAction *>(QString::fromLatin1(name)); }
    /// The button of an action in the page's header.
    QToolButton *button(const char *name) const
    {
        for (QToolButton *one : page()->findChildren<QToolButton *>())
            if (one->defaultAction() == action(name))
                return one;
        return nullptr;
    }
    AttentionCard *attention() const { return named<AttentionCard>(*page(), "keepAttention"); }
    StepList *timeline() const { return named<StepList>(*page(), "keepTimeline"); }
    int stepOf(const QString &title) const
    {
        const auto &steps = timeline()->steps();
        return static_cast<int>(std::ranges::find(steps, title, &StepList::Step::title) - steps.begin());
    }
    int stateOf(const QString &title) const
    {
        const int at = stepOf(title);
        return at < timeline()->steps().size() ? static_cast<int>(timeline()->steps()[at].state) : -1;
    }
    /// A keep in a machine, shown at a part of its page.
    std::string show(KeepState state, const QString &part, const MachineRequest &request = {}, const std::string &reason = {})
    {
        KeepStatus keep = sampleKeep("ledger", 7, state);
        keep.plan.host = "qemu:///session";
        keep.plan.machine = sampleMachine(request);
        keep.reason = reason;
        keep.loaderAlive = keep.wardenAlive = !isFinal(state);
        std::vector<std::pair<std::string, Verdict>> records;
        if (state == KeepState::Running || state == KeepState::Suspect)
            records = {{"attest", Verdict::Authentic}, {"deliver", Verdict::Trusted}};
        const std::string key = m_engine->addKeep(keep, records);
        openSettled(u"keep/"_s + QString::fromStdString(key) + u'/' + part);
        QTest::qWait(100); // first paints, style caches: not of the job
        Watchdog::reset();
        return key;
    }

private Q_SLOTS:
    void init() { start(); }
    void cleanup()
    {
        if (!QTest::currentTestFailed())
            QVERIFY2(Watchdog::worstMilliseconds() <= 100,
                qPrintable(u"held for %1 ms by %2"_s.arg(Watchdog::worstMilliseconds()).arg(Watchdog::worstWhat())));
        end();
    }

    void sevStepsAreShownAsTheyHappen()
    {
        MachineRequest request;
        request.technology = "es";
        const std::string key = show(KeepState::Starting, u"timeline"_s, request);
        const int todo = static_cast<int>(StepList::State::Todo), done = static_cast<int>(StepList::State::Done);
        // All that is to come, in its order, before it happens.
        const QStringList order{u"Planned"_s, u"Starting"_s, u"Platform verified"_s, u"Launch session made"_s,
            u"Started paused, and measured"_s, u"Attesting"_s, u"Launch measurement appraised"_s, u"Session secret given"_s, u"Resumed"_s,
            u"Session open"_s, u"Delivering"_s, u"Running"_s};
        QStringList shownOrder;
        for (const StepList::Step &step : timeline()->steps())
            shownOrder += step.title;
        QCOMPARE(shownOrder, order);
        QCOMPARE(stateOf(u"Starting"_s), static_cast<int>(StepList::State::Busy));
        QCOMPARE(stateOf(u"Platform verified"_s), todo);
        m_engine->writeEvent(key, "step: " + std::string(launch_step::chainVerified));
        QTRY_COMPARE(stateOf(u"Starting"_s), done);
        QCOMPARE(stateOf(u"Started paused, and measured"_s), todo);
        QVERIFY(!timeline()->steps()[stepOf(u"Platform verified"_s)].aside.isEmpty()); // with its time
        m_engine->writeEvent(key, "step: " + std::string(launch_step::sessionMade));
        m_engine->writeEvent(key, "step: " + std::string(launch_step::measured));
        QTRY_VERIFY(stateOf(u"Started paused, and measured"_s) != todo);
        m_engine->writeEvent(key, "record r0123: authentic (emulated): the launch measurement is the expected one");
        QTRY_VERIFY(stepOf(u"Evidence appraised"_s) < timeline()->steps().size());
        QVERIFY(timeline()->steps()[stepOf(u"Evidence appraised"_s)].detail.contains(u"launch measurement is the expected one"_s));
        m_engine->writeEvent(key, "warden: a word that is no step");
        m_engine->setState(key, KeepState::Failed, "Cannot start the machine: it was killed");
        QTRY_COMPARE(stateOf(u"Failed"_s), static_cast<int>(StepList::State::Failed));
        QVERIFY(timeline()->steps()[stepOf(u"Failed"_s)].detail.contains(u"it was killed"_s));
        QCOMPARE(stepOf(u"Session secret given"_s), timeline()->steps().size()); // it never came to that
    }

    void itIsAttestedAgainWithItsResult()
    {
        const std::string key = show(KeepState::Running, u"attestation"_s);
        QTRY_VERIFY(button("attestKeep")->isEnabled());
        QVERIFY(!attention()->isVisible());
        QTest::mouseClick(button("attestKeep"), Qt::LeftButton);
        QTRY_VERIFY2(message().startsWith(u"Attested again at "_s) && message().contains(u"trusted"_s), qPrintable(message()));
        QCOMPARE(m_engine->keep(key).records.size(), std::size_t(3));
        QVERIFY(settle(*m_window));
    }

    void aSuspectKeepSaysWhyAndWhatToDo()
    {
        const std::string key = show(KeepState::Running, u"attestation"_s);
        m_engine->setAttested(Verdict::Refused);
        QTRY_VERIFY(button("attestKeep")->isEnabled());
        QTest::mouseClick(button("attestKeep"), Qt::LeftButton);
        QTRY_VERIFY(attention()->isVisible());
        QVERIFY2(message().contains(u"refused"_s), qPrintable(message()));
        QCOMPARE(page()->findChild<VerdictBanner *>()->title(), u"Suspect"_s);
        QVERIFY(attention()->words().title.startsWith(u"Not proven since"_s));
        QVERIFY(attention()->words().why.contains(u"launch digest is not the expected one"_s));
        QVERIFY(attention()->words().remedy.contains(u"Attest it again"_s));
        // What to do can be done there.
        auto *again = named<QPushButton>(*attention(), "attestKeepButton");
        QVERIFY(again->isVisible() && again->isEnabled() && named<QPushButton>(*attention(), "stopKeepButton")->isVisible());
        m_engine->setAttested(Verdict::Trusted);
        QTest::mouseClick(again, Qt::LeftButton);
        QTRY_COMPARE(m_engine->keep(key).state, KeepState::Running);
        QTRY_VERIFY(!attention()->isVisible());
        QVERIFY(settle(*m_window));
    }

    void itIsStoppedGracefullyAndThenAtOnce()
    {
        const std::string key = show(KeepState::Running, u"output"_s);
        m_engine->setStubborn(true);
        QTRY_VERIFY(button("stopKeep")->isEnabled());
        QTest::mouseClick(button("stopKeep"), Qt::LeftButton);
        QTRY_VERIFY(m_window->findChild<Notice *>());
        QVERIFY(m_window->findChild<Notice *>()->text().contains(u"Stop now"_s));
        QTest::mouseClick(m_window->findChild<Notice *>()->findChild<QPushButton *>(u"confirmGo"_s), Qt::LeftButton);
        QTRY_COMPARE(action("stopKeep")->text(), u"&Stop now"_s);
        QVERIFY(action("stopKeep")->isEnabled() && !action("attestKeep")->isEnabled());
        QCOMPARE(m_engine->keep(key).state, KeepState::Running);
        QTest::mouseClick(button("stopKeep"), Qt::LeftButton);
        QTRY_COMPARE(m_engine->keep(key).state, KeepState::Stopped);
        QCOMPARE(std::ranges::count(m_engine->calls(), "stop"), 2);
        QTRY_COMPARE(action("stopKeep")->text(), u"&Stop…"_s);
        QVERIFY(!action("stopKeep")->isEnabled());
    }

    void aKnownFailureIsCauseAndRemedyWithTheRawTextBelow()
    {
        show(KeepState::Failed, u"timeline"_s, {},
            "Cannot start the machine: internal error: process exited: SNP_LAUNCH_START ret=-22 fw_error=7\nLast lines of the console, "
            "where "
            "the host can write as well:\nBdsDxe: loading");
        QVERIFY(attention()->isVisible());
        QCOMPARE(attention()->words().title, u"SNP_LAUNCH_START was refused"_s);
        QVERIFY(attention()->words().remedy.contains(u"BIOS"_s));
        QVERIFY(!named<QPushButton>(*attention(), "attestKeepButton")->isVisible());
        auto *raw = attention()->findChild<CodeView *>();
        QVERIFY(!raw->isVisible());
        QTest::mouseClick(attention()->findChild<Fold *>()->findChild<QToolButton *>(), Qt::LeftButton);
        QVERIFY(raw->isVisible());
        QVERIFY(raw->toPlainText().contains(u"BdsDxe: loading"_s));
        QVERIFY2(unnamedWidgets(m_window.get()).isEmpty(), qPrintable(unnamedWidgets(m_window.get()).join(u'\n')));
    }

    void anUnknownFailureIsShownAsItCame()
    {
        show(KeepState::Failed, u"timeline"_s, {},
            "Cannot wait for the keep: its warden did not answer within 120 seconds\nLast lines of the console, where the host can write "
            "as "
            "well:\n\x1b[31mpanic");
        QVERIFY(attention()->isVisible());
        QVERIFY(attention()->words().why.contains(u"did not answer within 120 seconds"_s));
        QVERIFY(attention()->words().remedy.contains(u"not known to this program"_s));
        QVERIFY(attention()->words().raw.contains(u"␛[31mpanic"_s));
    }

    void theConsoleIsFollowedSearchedAndCopied()
    {
        const std::string key = show(KeepState::Running, u"machine"_s);
        std::string text;
        for (int i = 0; i < 300; ++i)
            text += "[    0." + std::to_string(i) + "] booting part " + std::to_string(i) + "\n";
        m_engine->writeConsole(key, text);
        auto *console = page()->findChild<ConsoleView *>();
        QTRY_VERIFY(console->plainText().contains(u"booting part 299"_s));
        auto *view = console->findChild<CodeView *>();
        QScrollBar *bar = view->verticalScrollBar();
        QTRY_COMPARE(bar->value(), bar->maximum());
        // Scrolled up it stays; followed again it is at the end.
        bar->triggerAction(QAbstractSlider::SliderToMinimum);
        QVERIFY(!console->isFollowing());
        m_engine->writeConsole(key, "one more\n");
        QTRY_VERIFY(console->plainText().contains(u"one more"_s));
        QCOMPARE(bar->value(), 0);
        QTest::mouseClick(named<QToolButton>(*console, "consoleFollow"), Qt::LeftButton);
        QCOMPARE(bar->value(), bar->maximum());
        auto *search = named<QLineEdit>(*console, "consoleSearch");
        QVERIFY(!named<QToolButton>(*console, "consoleNext")->isEnabled());
        QTest::mouseClick(search, Qt::LeftButton);
        QTest::keyClicks(search, u"PART 29"_s);
        QVERIFY(labels(console, u"11 places"_s) == 1);
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(view->textCursor().selectedText(), u"part 29"_s);
        const int first = view->textCursor().blockNumber();
        QTest::mouseClick(named<QToolButton>(*console, "consoleNext"), Qt::LeftButton);
        QVERIFY(view->textCursor().blockNumber() > first);
        QTest::mouseClick(named<QToolButton>(*console, "consolePrevious"), Qt::LeftButton);
        QCOMPARE(view->textCursor().blockNumber(), first);
        QTest::mouseClick(named<QToolButton>(*console, "consoleCopy"), Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"part 29"_s);
        QTest::keyClicks(search, u" nowhere"_s);
        QVERIFY(labels(console, u"not found"_s) == 1 && !named<QToolButton>(*console, "consoleNext")->isEnabled());
        QVERIFY2(unexplainedControls(m_window.get()).isEmpty(), qPrintable(unexplainedControls(m_window.get()).join(u'\n')));
        // What the console says is marked on the page of the output too, and harms nothing there.
        m_engine->writeConsole(key, "an unfinished line");
        m_engine->writeOutput(key, "balanced\n");
        QTRY_VERIFY(page()->findChild<OutputView *>()->plainText().contains(u"# an unfinished line"_s));
    }

    void aClusterShowsYaml()
    {
        KeepStatus keep = sampleKeep("ledger", 7, KeepState::Stopped);
        keep.plan.host = sampleCluster().id;
        keep.plan.machine = sampleMachine({});
        keep.plan.machine->domainXml = sampleYaml();
        const std::string key = m_engine->addKeep(keep, {});
        openSettled(u"keep/"_s + QString::fromStdString(key) + u"/machine"_s);
        Watchdog::reset();
        QVERIFY(labels(page(), u"YAML of the VirtualMachineInstance"_s) == 1);
        QVERIFY(labels(page(), u"Domain XML"_s) == 0);
    }

    void reportsMadeInsideAreImported()
    {
        MachineRequest request;
        request.whole = MachineImage{"/boot/vmlinuz", {}, "console=ttyS0", {}};
        const std::string key = show(KeepState::Running, u"evidence"_s, request);
        QVERIFY(!action("attestKeep")->isEnabled() && action("attestKeep")->toolTip().contains(u"whole virtual machine"_s));
        auto *import = named<QPushButton>(*page(), "importReport");
        QVERIFY(import->isVisible() && import->isEnabled());
        m_engine->failNext("importReport");
        dialogs::answerWith([](QWidget *, const QString &, const QString &, const QString &) { return u"/somewhere/report.bin"_s; });
        QTest::mouseClick(import, Qt::LeftButton);
        QTRY_VERIFY(message().contains(u"no space left"_s));
        QTest::mouseClick(import, Qt::LeftButton);
        QTRY_VERIFY2(message().contains(u"The report was appraised: authentic"_s), qPrintable(message()));
        QCOMPARE(m_engine->imported(), std::vector<std::string>{"/somewhere/report.bin"});
        QTRY_COMPARE(m_engine->keep(key).records.size(), std::size_t(3));
        // Dropped on any part of the page.
        m_window->go({u"keep"_s, QString::fromStdString(key), u"machine"_s});
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(u"/somewhere/dropped.bin"_s)});
        QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(page(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(page(), &drop);
        QTRY_COMPARE(m_engine->imported().size(), std::size_t(2));
        QTRY_COMPARE(m_window->currentPage()->link().part, u"evidence"_s);
        QVERIFY(settle(*m_window));
    }

    void otherKeepsTakeNoReports()
    {
        show(KeepState::Running, u"evidence"_s);
        QVERIFY(!named<QPushButton>(*page(), "importReport")->isVisible());
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(u"/somewhere/report.bin"_s)});
        QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(page(), &enter);
        QVERIFY(!enter.isAccepted());
    }
};

KASTELLAN_GUI_TEST(TestGuiMachineKeep)
#include "test_gui_machine_keep.moc"
