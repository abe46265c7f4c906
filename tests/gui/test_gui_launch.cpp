// SPDX-License-Identifier: Apache-2.0
// The launch job by mouse and keyboard, on a fake engine; the GUI thread is watched all the while.
#include "tests/gui/support/wizard_scene.h"
#include "ui/keep/machine_view.h"
#include "ui/keep/output_view.h"
#include "ui/pages/page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/notice.h"
#include "ui/widgets/sparkline.h"
#include "ui/wizard/launch_wizard.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiLaunch : public QObject {
    Q_OBJECT

    std::unique_ptr<WizardScene> m_scene;
    std::shared_ptr<FakeEngine> m_engine;
    MainWindow *m_window = nullptr;
    QString m_module;

    void click(const char *name) { QVERIFY2(m_scene->click(name), name); }
    QString message() const { return m_scene->message(); }
    void toPlan() { QVERIFY(m_scene->toPlan()); }
    void writeFile(const QString &path, const QByteArray &content) { QVERIFY(WizardScene::write(path, content)); }

private Q_SLOTS:
    void init()
    {
        m_scene = std::make_unique<WizardScene>();
        m_engine = m_scene->engine;
        m_window = m_scene->window.get();
        m_module = m_scene->module;
    }
    void cleanup()
    {
        m_window = nullptr;
        m_scene.reset();
        m_engine.reset();
    }

    void launchesByMouseAndKeyboard()
    {
        auto *welcome = named<QPushButton>(*m_window, "welcomeLaunch");
        QVERIFY(welcome && welcome->isVisible());
        QTest::qWait(200); // first paints, style caches: not of the job
        Watchdog::reset();
        QTest::mouseClick(welcome, Qt::LeftButton);
        QTRY_VERIFY(m_window->wizard() && m_window->wizard()->isVisible());
        QVERIFY(!named<QPushButton>(*m_window->wizard(), "wizardNext")->isEnabled());
        auto *path = named<QLineEdit>(*m_window->wizard(), "workloadPath");
        QTest::mouseClick(path, Qt::LeftButton);
        QTest::keyClicks(path, m_module);
        // The emulated host has no machine to choose.
        for (const int step : {LaunchWizard::Workload, LaunchWizard::Host, LaunchWizard::Expectations}) {
            QCOMPARE(m_window->wizard()->currentStep(), step);
            click("wizardNext");
        }
        auto *keepName = named<QLineEdit>(*m_window->wizard(), "keepName");
        QTRY_COMPARE(keepName->text(), u"hello"_s);
        QTest::mouseClick(keepName, Qt::LeftButton);
        QTest::keyClick(keepName, Qt::Key_End);
        QTest::keyClicks(keepName, u" world"_s);
        click("wizardNext");
        QTRY_VERIFY(m_window->wizard()->draft().plan);
        QCOMPARE(m_window->wizard()->draft().plan->name, std::string("hello world"));
        click("wizardNext");
        QTRY_VERIFY(!m_window->wizard() || !m_window->wizard()->isVisible());
        QCOMPARE(m_window->currentPage()->link().page, u"keep"_s);
        QVERIFY(settle(*m_window));
        auto *banner = m_window->currentPage()->findChild<VerdictBanner *>();
        QTRY_COMPARE(banner->title(), u"Trusted"_s);
        QVERIFY(banner->accessibleName().contains(u"emulated"_s));
        QTRY_VERIFY(m_window->currentPage()->findChild<OutputView *>()->plainText().contains(u"hello from a keep"_s));
        QVERIFY2(Watchdog::worstMilliseconds() <= 100,
            qPrintable(u"held for %1 ms by %2"_s.arg(Watchdog::worstMilliseconds()).arg(Watchdog::worstWhat())));
    }

    void dropsOntoTheWindow()
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(m_module)});
        QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window, &drop);
        QTRY_VERIFY(m_window->wizard());
        QTRY_VERIFY(m_window->wizard()->draft().workload);
        QMimeData text;
        text.setText(u"not a file"_s);
        QDragEnterEvent other({50, 50}, Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
        other.ignore();
        QApplication::sendEvent(m_window, &other);
        QVERIFY(!other.isAccepted());
    }

    void aWorkloadThatIsNoneIsExplained()
    {
        writeFile(m_module, "this is no module");
        m_window->launch(m_module);
        QTRY_VERIFY(message().startsWith(u"Cannot "_s));
        QVERIFY(!named<QPushButton>(*m_window->wizard(), "wizardNext")->isEnabled());
        QVERIFY(!named<QPushButton>(*m_window->wizard(), "wizardNext")->toolTip().isEmpty());
        const Bytes module = sampleModule(); // mended, and chosen again: no dead end
        writeFile(m_module, QByteArray(reinterpret_cast<const char *>(module.data()), static_cast<qsizetype>(module.size())));
        dialogs::answerWith([this](auto &&...) { return m_module; });
        click("workloadDrop");
        QTRY_VERIFY(m_window->wizard()->draft().workload);
        QVERIFY(message().isEmpty());
    }

    void aWrongDigestIsSaidAtOnce()
    {
        m_window->launch(m_module);
        QTRY_VERIFY(m_window->wizard()->draft().workload);
        m_window->wizard()->goTo(LaunchWizard::Expectations);
        auto *digest = named<QLineEdit>(*m_window->wizard(), "expectDigest");
        QVERIFY(!digest->isEnabled());
        for (QRadioButton *radio : m_window->wizard()->findChildren<QRadioButton *>())
            if (radio->text().startsWith(u"&This one"_s))
                QTest::mouseClick(radio, Qt::LeftButton, {}, QPoint(8, radio->height() / 2));
        QTRY_VERIFY(digest->isEnabled());
        QTest::keyClicks(digest, u"12zz"_s);
        auto *next = named<QPushButton>(*m_window->wizard(), "wizardNext");
        QVERIFY(!next->isEnabled());
        QVERIFY(next->toolTip().contains(u"no launch digest"_s));
        digest->clear();
        QTest::keyClicks(digest, QString(96, u'a'));
        QVERIFY(next->isEnabled());
        QVERIFY(m_window->wizard()->draft().request.expectDigest.has_value());
    }

    void aMachineIsChosenByMouseAndKeyboard()
    {
        m_engine->addHost(sampleMachineHost());
        m_engine->setOutcome(FakeEngine::Outcome::Runs);
        m_window->launch(m_module);
        QTRY_VERIFY(m_window->wizard()->draft().workload);
        LaunchWizard &wizard = *m_window->wizard();
        click("wizardNext");
        QTRY_VERIFY(named<ChoiceCard>(wizard, "host-qemu:///session"));
        auto *host = named<ChoiceCard>(wizard, "host-qemu:///session");
        QTRY_VERIFY(host->isVisible() && host->isEnabled()); // it is not ready, and does for a rehearsal
        QTest::mouseClick(host, Qt::LeftButton);
        click("wizardNext");
        QCOMPARE(wizard.currentStep(), int(LaunchWizard::Machine));
        // Without SEV the rehearsal is offered, and everything that can't be had says why.
        auto *rehearse = named<QCheckBox>(wizard, "rehearse");
        auto *snp = named<QRadioButton>(wizard, "technology-snp");
        QVERIFY(rehearse->isChecked() && snp->isEnabled());
        QTest::mouseClick(rehearse, Qt::LeftButton, {}, QPoint(8, rehearse->height() / 2));
        QVERIFY(!rehearse->isChecked() && !snp->isEnabled());
        QVERIFY(snp->toolTip().contains(u"SEV-SNP"_s));
        auto *next = named<QPushButton>(wizard, "wizardNext");
        QVERIFY(!next->isEnabled() && next->toolTip().contains(u"no SEV"_s));
        auto *unattested = named<QCheckBox>(wizard, "unattested");
        QTest::mouseClick(unattested, Qt::LeftButton, {}, QPoint(8, unattested->height() / 2));
        QVERIFY(next->isEnabled() && wizard.draft().request.machine.unattested && !rehearse->isEnabled());
        QTest::mouseClick(unattested, Qt::LeftButton, {}, QPoint(8, unattested->height() / 2));
        QTest::mouseClick(rehearse, Qt::LeftButton, {}, QPoint(8, rehearse->height() / 2));
        auto *es = named<QRadioButton>(wizard, "technology-es");
        QTest::mouseClick(es, Qt::LeftButton, {}, QPoint(8, es->height() / 2));
        auto *vcpus = named<QSpinBox>(wizard, "vcpus");
        vcpus->setFocus();
        QTest::keyClick(vcpus, Qt::Key_Up);
        auto *ports = named<QLineEdit>(wizard, "ports");
        QVERIFY(!ports->isEnabled() && !ports->toolTip().isEmpty());
        auto *network = named<QComboBox>(wizard, "network");
        network->setFocus();
        QTest::keyClick(network, Qt::Key_Down);
        QTRY_VERIFY(ports->isEnabled());
        QTest::keyClicks(ports, u"8080:80, udp:1:x"_s);
        QVERIFY(!next->isEnabled() && next->toolTip().contains(u"udp:1:x"_s));
        QTest::keyClick(ports, Qt::Key_Backspace);
        QTest::keyClick(ports, Qt::Key_5);
        QVERIFY(next->isEnabled());
        const MachineRequest &asked = wizard.draft().request.machine;
        QVERIFY(asked.rehearse && !asked.unattested);
        QCOMPARE(asked.technology, std::string("es"));
        QCOMPARE(asked.vcpus, 2U);
        QCOMPARE(asked.network, std::string("user"));
        QCOMPARE(asked.ports.size(), 2U);
        QCOMPARE(asked.ports[1].guest, 5);
        click("wizardPlan");
        QTRY_VERIFY2(wizard.draft().plan && wizard.draft().plan->machine, qPrintable(message()));
        QVERIFY(wizard.draft().plan->machine->domainXml.contains("<vcpu>2</vcpu>"));
        click("wizardNext");
        QTRY_VERIFY(!m_window->wizard());
        // The keep's page has the machine, and asks for figures only while somebody looks.
        const QString key = m_window->currentPage()->link().subject;
        QVERIFY(!std::ranges::contains(m_engine->calls(), "watchUse"));
        m_window->go({u"keep"_s, key, u"machine"_s});
        auto *view = m_window->currentPage()->findChild<MachineView *>();
        QTRY_VERIFY(view && view->isVisible());
        QTRY_COMPARE(view->findChildren<Sparkline *>().front()->count(), std::size_t(29));
        m_window->go({u"keep"_s, key, u"output"_s});
        QTRY_VERIFY(std::ranges::contains(m_engine->calls(), "watchNoUse"));
    }

    void secretsAreReadAtLaunchAndNeverShown()
    {
        const auto folder = m_engine->folder() / "work";
        std::filesystem::create_directory(folder);
        const Bytes module = sampleModule();
        writeFile(QString::fromStdString(folder / "main.wasm"),
            QByteArray(reinterpret_cast<const char *>(module.data()), static_cast<qsizetype>(module.size())));
        writeFile(QString::fromStdString(folder / "Keep.toml"), "secrets = [\"token\"]\n");
        const QString secret = QString::fromStdString(m_engine->folder() / "token.txt");
        writeFile(secret, "hush-hush");
        m_window->launch(QString::fromStdString(folder));
        QTRY_VERIFY(m_window->wizard()->draft().workload);
        QVERIFY(!named<QPushButton>(*m_window->wizard(), "wizardPlan")->isEnabled());
        m_window->wizard()->goTo(LaunchWizard::Configuration);
        QVERIFY(!named<QPushButton>(*m_window->wizard(), "wizardNext")->isEnabled());
        dialogs::answerWith([&](auto &&...) { return secret; });
        for (QPushButton *button : m_window->wizard()->findChildren<QPushButton *>())
            if (button->accessibleName().contains(u"secret token"_s))
                QTest::mouseClick(button, Qt::LeftButton);
        click("wizardNext");
        QTRY_VERIFY(m_window->wizard()->draft().plan);
        QVERIFY(toJson(*m_window->wizard()->draft().plan).find("hush") == std::string::npos);
        click("wizardNext");
        QTRY_COMPARE(m_engine->secrets(), std::vector<std::string>{"token=hush-hush"});
    }

    void aPlanThatFailsCanBeTriedAgain()
    {
        m_engine->failNext("plan");
        m_window->launch(m_module);
        QTRY_VERIFY(m_window->wizard()->draft().workload);
        click("wizardPlan");
        QTRY_VERIFY(message().contains(u"no space left"_s));
        QVERIFY(message().contains(u"Make room"_s));
        auto *bar = m_window->wizard()->findChild<MessageBar *>();
        QCOMPARE(bar->actions().size(), 1);
        bar->actions().first()->trigger();
        QTRY_VERIFY(m_window->wizard()->draft().plan);
        QVERIFY(bar->isHidden());
    }

    void aRefusedLaunchShowsItsFindings()
    {
        m_engine->setOutcome(FakeEngine::Outcome::Refused);
        toPlan();
        click("wizardNext");
        QTRY_VERIFY(message().contains(u"refused"_s));
        QVERIFY(message().contains(u"Nothing was sent"_s));
        click("wizardNext"); // Show the keep
        QTRY_COMPARE(m_window->currentPage()->link().page, u"keep"_s);
        auto *banner = m_window->currentPage()->findChild<VerdictBanner *>();
        QTRY_COMPARE(banner->title(), u"Refused"_s);
        QCOMPARE(m_window->currentPage()->link().part, u"attestation"_s);
    }

    void aFailedLaunchGoesBackToThePlan()
    {
        m_engine->setOutcome(FakeEngine::Outcome::Fails);
        toPlan();
        click("wizardNext");
        QTRY_VERIFY(message().contains(u"failed"_s));
        click("wizardBack");
        QCOMPARE(m_window->wizard()->currentStep(), int(LaunchWizard::Plan));
        QTRY_VERIFY(named<QPushButton>(*m_window->wizard(), "wizardNext")->isEnabled());
    }

    void aLoaderThatDoesNotStartIsExplained()
    {
        m_engine->failNext("launch");
        toPlan();
        click("wizardNext");
        QTRY_VERIFY(message().contains(u"no space left"_s));
        QVERIFY(!named<QPushButton>(*m_window->wizard(), "wizardNext")->isVisible()); // there is no keep to show
        QVERIFY(named<QPushButton>(*m_window->wizard(), "wizardBack")->isVisible());
    }

    void cancelEndsTheKeep()
    {
        m_engine->holdBefore(KeepState::Delivering);
        toPlan();
        click("wizardNext");
        QTRY_VERIFY(!m_engine->services().keeps.list(nullptr).empty());
        const std::string key = toHex(m_engine->services().keeps.list(nullptr).front().plan.id.view());
        QTRY_COMPARE(m_engine->keep(key).state, KeepState::Attesting);
        click("wizardCancel");
        QTRY_COMPARE(m_engine->keep(key).state, KeepState::Stopped);
        QTRY_VERIFY(message().contains(u"Cancelled"_s));
        const auto calls = m_engine->calls();
        QVERIFY(std::ranges::count(calls, "stop") == 1);
    }

    void aRunningKeepTakesInputAndStops()
    {
        m_engine->setOutcome(FakeEngine::Outcome::Runs);
        toPlan();
        click("wizardNext");
        QTRY_COMPARE(m_window->currentPage()->link().page, u"keep"_s);
        auto *output = m_window->currentPage()->findChild<OutputView *>();
        auto *input = output->findChild<QLineEdit *>();
        QTRY_VERIFY(input->isEnabled());
        QTest::mouseClick(input, Qt::LeftButton);
        QTest::keyClicks(input, u"good day"_s);
        QTest::keyClick(input, Qt::Key_Return);
        QTRY_COMPARE(m_engine->input(), std::string("good day\n"));
        QTRY_VERIFY(output->plainText().contains(u"echo: good day"_s));
        auto *stop = m_window->findChild<QAction *>(u"stopKeep"_s);
        QVERIFY(stop->isEnabled());
        stop->trigger();
        QTRY_VERIFY(m_window->findChild<Notice *>());
        QTest::mouseClick(m_window->findChild<Notice *>()->findChild<QPushButton *>(u"confirmGo"_s), Qt::LeftButton);
        QTRY_VERIFY(!stop->isEnabled());
        QVERIFY(!input->isEnabled());
        QVERIFY(stop->toolTip().contains(u"ended"_s));
    }
};

KASTELLAN_GUI_TEST(TestGuiLaunch)
#include "test_gui_launch.moc"
