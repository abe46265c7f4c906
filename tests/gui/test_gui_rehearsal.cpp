// SPDX-License-Identifier: Apache-2.0
// The job for real: a libvirt host is added, and hello launched there under SEV-ES in a rehearsal, by clicking; an unmodified libvirt and
// QEMU, the keep image that was built, and the emulated firmware in the hardware's place.
#include "app/kastellan/services.h"
#include "tests/gui/support/gui_test.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/session_daemon.h"
#include "tests/support/vm_image.h"
#include "ui/host/add_host_dialog.h"
#include "ui/keep/machine_view.h"
#include "ui/keep/output_view.h"
#include "ui/pages/page.h"
#include "ui/widgets/attention_card.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/console_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/step_list.h"
#include "ui/wizard/launch_wizard.h"

#include <QAction>
#include <QCheckBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QToolButton>

#include <algorithm>
#include <optional>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiRehearsal : public QObject {
    Q_OBJECT

    std::optional<SessionDaemon> m_daemon;
    std::unique_ptr<MainWindow> m_window;

    QString wizardMessage() const
    {
        return m_window->wizard() ? m_window->wizard()->findChild<MessageBar *>()->plainText() + u' '
                + named<AttentionCard>(*m_window->wizard(), "launchAttention")->words().why
                                  : QString();
    }
    void click(const char *name)
    {
        auto *button = named<QPushButton>(*m_window->wizard(), name);
        QTRY_VERIFY2_WITH_TIMEOUT(button->isEnabled() && button->isVisible(), qPrintable(button->toolTip() + wizardMessage()), 30000);
        QTest::mouseClick(button, Qt::LeftButton);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = SessionDaemon::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        if (const std::string why = vmImageMissing(); !why.empty())
            QSKIP(why.c_str());
        if (!std::filesystem::exists(
                std::filesystem::path(qEnvironmentVariable("KASTELLAN_BUILD").toStdString()) / "share/kastellan/examples/hello/main.wasm"))
            QSKIP("the example workloads were not built");
        m_daemon.emplace();
        giveEmulatedIdentity(qEnvironmentVariable("KASTELLAN_DATA").toStdString());
    }
    void cleanupTestCase()
    {
        m_window.reset();
        if (m_daemon)
            QCOMPARE(SessionDaemon::domains(), QByteArray());
    }

    void helloIsRehearsedOnAHostThatIsAdded()
    {
        if (!m_daemon)
            QSKIP("not here");
        ui::Services services = engineServices();
        services.examples =
            std::filesystem::path(qEnvironmentVariable("KASTELLAN_BUILD").toStdString()) / "share" / "kastellan" / "examples";
        m_window = std::make_unique<MainWindow>(services);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QVERIFY(settle(*m_window, 60000));
        QTest::qWait(200);
        Watchdog::reset();
        QTest::mouseClick(named<QToolButton>(*m_window, "addHostButton"), Qt::LeftButton);
        auto *dialog = m_window->findChild<AddHostDialog *>();
        QVERIFY(dialog);
        QTest::keyClicks(named<QLineEdit>(*dialog, "hostAddress"), u"qemu:///session"_s);
        QTest::mouseClick(named<QPushButton>(*dialog, "hostLook"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(named<QPushButton>(*dialog, "hostAdd")->text().contains(u"all the same"_s), 60000); // it has no SEV
        QTest::mouseClick(named<QPushButton>(*dialog, "hostAdd"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->currentPage()->link().subject, u"qemu:///session"_s, 30000);

        m_window->launch({});
        QTRY_VERIFY(named<ChoiceCard>(*m_window->wizard(), "example-hello"));
        QTest::mouseClick(named<ChoiceCard>(*m_window->wizard(), "example-hello"), Qt::LeftButton);
        click("wizardNext"); // the host whose page is shown is chosen
        click("wizardNext");
        LaunchWizard &wizard = *m_window->wizard();
        QCOMPARE(wizard.currentStep(), int(LaunchWizard::Machine));
        QVERIFY(named<QCheckBox>(wizard, "rehearse")->isChecked());
        auto *es = named<QRadioButton>(wizard, "technology-es");
        QTest::mouseClick(es, Qt::LeftButton, {}, QPoint(8, es->height() / 2));
        click("wizardPlan");
        QTRY_VERIFY2_WITH_TIMEOUT(wizard.draft().plan, qPrintable(wizardMessage()), 120000);
        click("wizardNext");
        QTRY_VERIFY2_WITH_TIMEOUT(!m_window->wizard(), qPrintable(wizardMessage()), 180000);
        QCOMPARE(m_window->currentPage()->link().page, u"keep"_s);
        const QString key = m_window->currentPage()->link().subject;
        auto *banner = m_window->currentPage()->findChild<VerdictBanner *>();
        QTRY_COMPARE_WITH_TIMEOUT(banner->title(), u"Authentic"_s, 30000);
        QVERIFY(banner->accessibleName().contains(u"emulated"_s));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->currentPage()->findChild<OutputView *>()->plainText().contains(u"hello from a keep"_s), 60000);

        // Every step that SEV-ES has, in its order.
        m_window->go({u"keep"_s, key, u"timeline"_s});
        auto *timeline = named<StepList>(*m_window->currentPage(), "keepTimeline");
        const auto place = [&](const QString &title) {
            const auto &steps = timeline->steps();
            return std::ranges::find(steps, title, &StepList::Step::title) - steps.begin();
        };
        QTRY_VERIFY_WITH_TIMEOUT(place(u"Stopped"_s) < timeline->steps().size(), 60000);
        qsizetype before = -1;
        for (const QString &title : {u"Planned"_s, u"Platform verified"_s, u"Launch session made"_s, u"Started paused, and measured"_s,
                 u"Launch measurement appraised"_s, u"Session secret given"_s, u"Resumed"_s, u"Session open"_s, u"Running"_s,
                 u"Stopped"_s}) {
            QVERIFY2(place(title) < timeline->steps().size() && place(title) > before, qPrintable(title));
            QCOMPARE(timeline->steps()[place(title)].state, StepList::State::Done);
            before = place(title);
        }
        m_window->go({u"keep"_s, key, u"machine"_s});
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->currentPage()->findChild<ConsoleView *>()->plainText().isEmpty(), 30000);
        QVERIFY(settle(*m_window));
        qInfo("the GUI thread was held for %d ms at most, by %s", Watchdog::worstMilliseconds(), qPrintable(Watchdog::worstWhat()));
        QVERIFY(Watchdog::worstMilliseconds() <= 100);
    }
};

KASTELLAN_GUI_TEST(TestGuiRehearsal)
#include "test_gui_rehearsal.moc"
