// SPDX-License-Identifier: Apache-2.0
// Actions with a host's platform: what they want to be told, the plan, its confirmation that cannot be skipped, the outcome.
#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"
#include "tests/gui/support/host_samples.h"
#include "ui/host/action_dialog.h"
#include "ui/host/parameter_form.h"
#include "ui/host/plan_card.h"
#include "ui/pages/page.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiHostActions : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeEngine> m_engine;
    std::unique_ptr<MainWindow> m_window;

    QWidget *page() const { return m_window->currentPage(); }
    ActionDialog *dialog() const { return page()->findChild<ActionDialog *>(); }
    QPushButton *go() const { return named<QPushButton>(*dialog(), "actionGo"); }
    std::vector<std::string> performed() const { return m_engine->platform("emulated")->performed(); }
    QString message() const { return dialog()->findChild<MessageBar *>()->plainText(); }
    void start(const char *action)
    {
        QTest::mouseClick(named<QPushButton>(*page(), (std::string("action-") + action).c_str()), Qt::LeftButton);
        QVERIFY(dialog());
        QVERIFY(settle(*m_window));
    }
    void close()
    {
        QTest::mouseClick(named<QPushButton>(*dialog(), "actionClose"), Qt::LeftButton);
        QTRY_VERIFY(!dialog());
    }
    static bool says(const QWidget *in, const QString &text)
    {
        for (const QLabel *label : in->findChildren<QLabel *>())
            if (label->isVisible() && label->text().contains(text))
                return true;
        return false;
    }

private Q_SLOTS:
    void init()
    {
        m_engine = FakeEngine::make();
        m_window = std::make_unique<MainWindow>(m_engine->services());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->go({u"host"_s, u"emulated"_s, u"actions"_s});
        QVERIFY(settle(*m_window));
    }
    void cleanup()
    {
        dialogs::answerWith({});
        m_engine->platform("emulated")->gate.open();
        m_window.reset();
        m_engine.reset();
    }

    void whatIsNotAvailableSaysWhy()
    {
        auto *import = named<QPushButton>(*page(), "action-import");
        QVERIFY(!import->isEnabled());
        QVERIFY(import->toolTip().contains(u"Stop them first"_s));
        QVERIFY(says(page(), u"Not now: 2 guests run. Stop them first."_s));
        QVERIFY(says(page(), u"There is no way back, not even by a reset."_s));
    }

    void aReasonThatManyShareIsSaidOnce()
    {
        auto actions = sampleActions();
        for (PlatformAction &action : actions) {
            action.available = false;
            action.whyNot = "there is no such device";
        }
        m_engine->setPlatform("local", std::make_shared<FakePlatform>(samplePlatform("local", false), actions));
        m_window->go({u"host"_s, u"local"_s, u"actions"_s});
        QVERIFY(settle(*m_window));
        QVERIFY(named<QWidget>(*page(), "commonReason"));
        int said = 0;
        for (const QLabel *label : page()->findChildren<QLabel *>())
            said += label->isVisible() && label->text().contains(u"here is no such device"_s);
        QCOMPARE(said, 1);
        QVERIFY(named<QPushButton>(*page(), "action-reset")->toolTip().contains(u"no such device"_s));
    }

    void whatCanBeUndoneNeedsOneLook()
    {
        start("pdh-rotate");
        QVERIFY(says(dialog(), u"Tell it to do this."_s));
        QVERIFY(says(dialog(), u"keep payroll (01020304)"_s));
        QVERIFY(go()->isEnabled());
        QVERIFY(performed().empty()); // a plan does nothing
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QCOMPARE(performed(), std::vector<std::string>{"pdh-rotate"});
        QVERIFY(says(dialog(), u"Rotate the Diffie-Hellman key: done."_s));
        close();
    }

    void destructionHasToBeWanted()
    {
        start("reset");
        QVERIFY(!go()->isEnabled());
        QVERIFY(!go()->toolTip().isEmpty());
        // No key, no click and no call gets past the mark.
        QTest::keyClick(dialog(), Qt::Key_Return);
        QTRY_VERIFY(!dialog()); // Enter is no
        QVERIFY(performed().empty());
        start("reset");
        QTest::mouseClick(go(), Qt::LeftButton);
        go()->click();
        Q_EMIT go()->clicked();
        QVERIFY(settle(*m_window));
        QVERIFY(performed().empty());
        auto *mark = named<QCheckBox>(*dialog(), "confirmMark");
        QVERIFY(mark->accessibleName().contains(u"all keys made for it are lost"_s));
        QTest::mouseClick(mark, Qt::LeftButton);
        QVERIFY(mark->isChecked());
        QVERIFY(go()->isEnabled());
        QTest::mouseClick(mark, Qt::LeftButton);
        QVERIFY(!go()->isEnabled());
        QTest::mouseClick(mark, Qt::LeftButton);
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QCOMPARE(performed(), std::vector<std::string>{"reset"});
        close();
    }

    void whatCannotBeUndoneHasToBeTyped()
    {
        start("snp-commit");
        QVERIFY(says(dialog(), u"This can never be undone. Firmware older than 1.58.40 can never be loaded again."_s));
        QVERIFY(says(dialog(), u"administrator's password"_s));
        auto *typed = named<QLineEdit>(*dialog(), "confirmTyped");
        typed->setFocus();
        QTest::keyClicks(typed, u"commit"_s);
        QVERIFY(!go()->isEnabled());
        Q_EMIT go()->clicked();
        QVERIFY(settle(*m_window));
        QVERIFY(performed().empty());
        typed->clear();
        QTest::keyClicks(typed, u"Commit the firmware"_s);
        QVERIFY(go()->isEnabled());
        QVERIFY(!go()->isDefault()); // Enter does not do it
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QCOMPARE(performed(), std::vector<std::string>{"snp-commit"});
        close();
    }

    void parametersAreAskedFor()
    {
        start("snp-config");
        auto *tcb = named<QLineEdit>(*dialog(), "parameter-reported-tcb");
        QVERIFY(tcb->placeholderText().contains(u"the current one"_s));
        QTest::keyClicks(tcb, u"twelve"_s);
        QVERIFY(!go()->isEnabled());
        QVERIFY(go()->toolTip().contains(u"number"_s));
        tcb->clear();
        QTest::keyClicks(tcb, u"0x1f"_s);
        QTest::mouseClick(named<QCheckBox>(*dialog(), "parameter-mask-chip-id"), Qt::LeftButton, {}, QPoint(8, 8));
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QVERIFY(performed().empty());
        QVERIFY(dialog()->findChild<PlanCard *>());
        QTest::mouseClick(named<QPushButton>(*dialog(), "actionBack"), Qt::LeftButton); // and forth
        QCOMPARE(tcb->text(), u"0x1f"_s);
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QCOMPARE(performed(), std::vector<std::string>{"snp-config mask-chip-id reported-tcb=0x1f"});
        close();
    }

    void filesAreChosenAndShown()
    {
        start("export-chain");
        QVERIFY(!go()->isEnabled());
        QVERIFY(go()->toolTip().contains(u"“File” is needed."_s));
        dialogs::answerWith([](QWidget *, const QString &, const QString &, const QString &) { return u"/tmp/chain.cert"_s; });
        QTest::mouseClick(named<QPushButton>(*dialog(), "choose-output"), Qt::LeftButton);
        auto *format = named<QComboBox>(*dialog(), "parameter-format");
        QCOMPARE(format->count(), 3);
        format->setCurrentIndex(2);
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QCOMPARE(performed(), std::vector<std::string>{"export-chain format=sev-tool output=/tmp/chain.cert"});
        QVERIFY(says(dialog(), u"/tmp/chain.cert"_s));
        close();
    }

    void theOwnershipChainIsExportedWhereItIsShown()
    {
        m_window->go({u"host"_s, u"emulated"_s, u"certificates"_s});
        QTest::mouseClick(named<QPushButton>(*page(), "exportOwnership"), Qt::LeftButton);
        QVERIFY(dialog());
        QCOMPARE(dialog()->windowTitle(), u"Export the ownership chain"_s);
        close();
    }

    void aRefusedPlanSaysWhy()
    {
        m_engine->platform("emulated")->refuseNextPlan();
        start("reset");
        QVERIFY2(message().contains(u"Stop them first"_s), qPrintable(message()));
        QVERIFY(!go()->isEnabled());
        QVERIFY(!dialog()->findChild<PlanCard *>());
        close();
        QVERIFY(performed().empty());
    }

    void aFailureIsShownAndCanBeTriedAgain()
    {
        m_engine->platform("emulated")->failNextPerform();
        start("pdh-rotate");
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QVERIFY2(message().contains(u"HWERROR_PLATFORM"_s), qPrintable(message()));
        QVERIFY(go()->isEnabled());
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        QCOMPARE(performed(), std::vector<std::string>{"pdh-rotate"});
        QVERIFY(message().isEmpty());
        close();
    }

    void itDoesNotCloseWhileTheFirmwareWorks()
    {
        const auto platform = m_engine->platform("emulated");
        platform->gate.close();
        start("pdh-rotate");
        QTest::mouseClick(go(), Qt::LeftButton);
        QTRY_VERIFY(platform->gate.isWaitedAt());
        QTRY_VERIFY(says(dialog(), u"talking to the firmware"_s));
        QVERIFY(dialog()->findChild<QProgressBar *>()->isVisible());
        QTest::keyClick(dialog(), Qt::Key_Escape); // asks it to stop
        QVERIFY(dialog());
        QVERIFY(settle(*m_window));
        QVERIFY2(message().contains(u"Cancelled"_s), qPrintable(message()));
        QVERIFY(performed().empty());
        QTest::keyClick(dialog(), Qt::Key_Escape);
        QTRY_VERIFY(!dialog());
    }

    void whatWasDoneIsLoggedAndReadAgain()
    {
        const int viewed = m_engine->platform("emulated")->viewed();
        const auto asked = m_engine->inspector("emulated")->asked();
        start("pdh-rotate");
        QTest::mouseClick(go(), Qt::LeftButton);
        QVERIFY(settle(*m_window));
        close();
        QCOMPARE(m_engine->platform("emulated")->viewed(), viewed + 1);
        QVERIFY(m_engine->inspector("emulated")->asked() != asked);
        m_window->go({u"activity"_s, {}, {}});
        QVERIFY(settle(*m_window));
        bool logged = false;
        for (const auto *view : page()->findChildren<QAbstractItemView *>())
            for (int row = 0; view->model() && row < view->model()->rowCount(); ++row)
                for (int column = 0; column < view->model()->columnCount(); ++column)
                    logged = logged || view->model()->index(row, column).data().toString().contains(u"platform pdh-rotate"_s);
        QVERIFY(logged);
    }

    void everyDialogHasNamesAndReasons()
    {
        for (const char *action : {"export-chain", "snp-config", "reset", "snp-commit"}) {
            start(action);
            QCOMPARE(unnamedWidgets(dialog()), QStringList());
            QCOMPARE(unexplainedControls(dialog()), QStringList());
            close();
        }
    }

    void formsGiveWhatWasGiven()
    {
        using Kind = ActionParameter::Kind;
        ParameterForm form({{"name", "Name", "", Kind::Text, true, {}, {}}, {"kind", "Kind", "", Kind::Choice, true, {"a", "b"}, "b"},
            {"on", "On", "", Kind::Flag, false, {}, "yes"}, {"folder", "Folder", "", Kind::OutputFolder, false, {}, "."}});
        QSignalSpy spy(&form, &ParameterForm::changed);
        QVERIFY(form.problem().contains(u"Name"_s));
        named<QLineEdit>(form, "parameter-name")->setText(u" x "_s);
        QCOMPARE(spy.count(), 1);
        QVERIFY(form.problem().isEmpty());
        QCOMPARE(form.arguments(), (std::map<std::string, std::string>{{"kind", "b"}, {"name", "x"}, {"on", ""}}));
    }
};

KASTELLAN_GUI_TEST(TestGuiHostActions)
#include "test_gui_host_actions.moc"
