// SPDX-License-Identifier: Apache-2.0
// The job for real: the program's own engine launches hello on the emulated host, by clicking.
#include "app/kastellan/services.h"
#include "core/storage/record_store.h"
#include "tests/gui/support/gui_test.h"
#include "ui/host/action_dialog.h"
#include "ui/host/host_banner.h"
#include "ui/keep/output_view.h"
#include "ui/pages/page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/message_bar.h"
#include "ui/wizard/launch_wizard.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiReal : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void launchesHello()
    {
        ui::Services services = engineServices();
        services.examples =
            std::filesystem::path(qEnvironmentVariable("KASTELLAN_BUILD").toStdString()) / "share" / "kastellan" / "examples";
        if (!std::filesystem::exists(services.examples / "hello" / "main.wasm"))
            QSKIP("the example workloads were not built");
        MainWindow window(services);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QVERIFY(settle(window, 60000));
        QTest::qWait(200);
        Watchdog::reset();
        QTest::mouseClick(named<QPushButton>(window, "welcomeLaunch"), Qt::LeftButton);
        QTRY_VERIFY(window.wizard());
        QTRY_VERIFY(named<ChoiceCard>(*window.wizard(), "example-hello"));
        QTest::mouseClick(named<ChoiceCard>(*window.wizard(), "example-hello"), Qt::LeftButton);
        QTRY_VERIFY(window.wizard()->draft().workload);
        QTest::mouseClick(named<QPushButton>(*window.wizard(), "wizardPlan"), Qt::LeftButton);
        auto *next = named<QPushButton>(*window.wizard(), "wizardNext");
        QTRY_VERIFY_WITH_TIMEOUT(window.wizard()->draft().plan, 120000); // the emulated processor makes its keys
        QTRY_VERIFY(next->isEnabled());
        QTest::mouseClick(next, Qt::LeftButton);
        QTRY_VERIFY2_WITH_TIMEOUT(
            !window.wizard(), qPrintable(window.wizard() ? window.wizard()->findChild<MessageBar *>()->plainText() : QString()), 60000);
        QCOMPARE(window.currentPage()->link().page, u"keep"_s);
        auto *banner = window.currentPage()->findChild<VerdictBanner *>();
        QTRY_COMPARE_WITH_TIMEOUT(banner->title(), u"Trusted"_s, 30000);
        QVERIFY(banner->accessibleName().contains(u"emulated"_s));
        QTRY_VERIFY_WITH_TIMEOUT(window.currentPage()->findChild<OutputView *>()->plainText().contains(u"hello from a keep"_s), 30000);
        auto *remove = window.findChild<QAction *>(u"removeKeep"_s);
        QTRY_VERIFY_WITH_TIMEOUT(remove->isEnabled(), 30000);
        qInfo("the GUI thread was held for %d ms at most, by %s", Watchdog::worstMilliseconds(), qPrintable(Watchdog::worstWhat()));
        QVERIFY(Watchdog::worstMilliseconds() <= 100);
        window.go({u"keep"_s, window.currentPage()->link().subject, u"certificates"_s});
        QVERIFY(settle(window));
    }

    void looksAtTheHosts()
    {
        MainWindow window(engineServices());
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QVERIFY(settle(window, 60000));
        QTest::qWait(200);
        Watchdog::reset();
        for (const char *host : {"local", "emulated"}) {
            window.go({u"host"_s, QString::fromLatin1(host), {}});
            QVERIFY(settle(window, 120000)); // the emulated processor makes its keys
            const Inspection &known = window.workspace().inspections.of(QString::fromLatin1(host));
            QVERIFY(known.result);
            QVERIFY(known.probed);
            QVERIFY(!known.result->checks.empty());
            QVERIFY(!window.currentPage()->findChild<HostBanner *>()->title().isEmpty());
            QVERIFY(unnamedWidgets(&window).isEmpty());
            QVERIFY(unexplainedControls(&window).isEmpty());
        }
        QVERIFY(window.workspace().platforms.of(u"emulated"_s).view);
        qInfo("the GUI thread was held for %d ms at most, by %s", Watchdog::worstMilliseconds(), qPrintable(Watchdog::worstWhat()));
        QVERIFY(Watchdog::worstMilliseconds() <= 200);
    }

    void resetsTheEmulatedPlatform()
    {
        MainWindow window(engineServices());
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.go({u"host"_s, u"emulated"_s, u"actions"_s});
        QVERIFY(settle(window, 120000));
        const auto chain = [&] { return window.workspace().platforms.of(u"emulated"_s).view->ownership; };
        QVERIFY(!chain().empty());
        const std::string before = chain().front().sha256;
        QTest::mouseClick(named<QPushButton>(*window.currentPage(), "action-reset"), Qt::LeftButton);
        auto *dialog = window.currentPage()->findChild<ActionDialog *>();
        QVERIFY(dialog);
        QTRY_VERIFY2_WITH_TIMEOUT(
            named<QCheckBox>(*dialog, "confirmMark"), qPrintable(dialog->findChild<MessageBar *>()->plainText()), 60000);
        auto *go = named<QPushButton>(*dialog, "actionGo");
        QVERIFY(!go->isEnabled());
        QVERIFY(settle(window));
        QTest::mouseClick(named<QCheckBox>(*dialog, "confirmMark"), Qt::LeftButton);
        QVERIFY(named<QCheckBox>(*dialog, "confirmMark")->isChecked());
        QVERIFY(go->isEnabled());
        QTest::mouseClick(go, Qt::LeftButton);
        QTRY_VERIFY2_WITH_TIMEOUT(
            named<QLabel>(*dialog, "actionSummary"), qPrintable(dialog->findChild<MessageBar *>()->plainText()), 60000);
        QVERIFY(settle(window, 60000));
        QVERIFY(chain().empty() || chain().front().sha256 != before); // uninitialised, it shows none
        const auto store = RecordStore::open();
        QVERIFY(store);
        const auto log = (*store)->activity();
        QVERIFY(log);
        QCOMPARE(log->front().what, std::string("platform reset"));
    }
};

KASTELLAN_GUI_TEST(TestGuiReal)
#include "test_gui_real.moc"
