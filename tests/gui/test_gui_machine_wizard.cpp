// SPDX-License-Identifier: Apache-2.0
// What the wizard has for keeps in virtual machines, by mouse and keyboard: without evidence, clusters, the automatic choice, whole
// machines, edited domains, policies.
#include "tests/gui/support/wizard_scene.h"
#include "ui/widgets/attention_card.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/step_list.h"
#include "ui/wizard/launch_wizard.h"
#include "ui/wizard/xml_place.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QTextBlock>
#include <QToolButton>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiMachineWizard : public QObject {
    Q_OBJECT

    std::unique_ptr<WizardScene> m_scene;

    LaunchWizard &wizard() { return m_scene->wizard(); }
    void click(const char *name) { QVERIFY2(m_scene->click(name), name); }
    void toHost(const char *host) { QVERIFY2(m_scene->toHost(host), host); }
    QPushButton *next() { return named<QPushButton>(wizard(), "wizardNext"); }
    /// Every word that the wizard shows now.
    QString words()
    {
        QString all;
        for (const QLabel *label : wizard().findChildren<QLabel *>())
            if (label->isVisible())
                all += label->text() + u'\n';
        for (const StepList *list : wizard().findChildren<StepList *>())
            if (list->isVisible())
                all += list->accessibleDescription() + u'\n';
        return all;
    }
    void type(const char *field, const QString &text)
    {
        auto *edit = named<QLineEdit>(wizard(), field);
        QVERIFY2(edit, field);
        QTest::mouseClick(edit, Qt::LeftButton);
        edit->selectAll();
        QTest::keyClicks(edit, text);
    }
    QString makeFile(const char *name, const QByteArray &content)
    {
        const QString path = QString::fromStdString(m_scene->engine->folder() / name);
        return WizardScene::write(path, content) ? path : QString();
    }

private Q_SLOTS:
    void init()
    {
        m_scene = std::make_unique<WizardScene>();
        for (const HostInfo &host : {sampleMachineHost(), sampleBareHost(), sampleCluster()})
            m_scene->engine->addHost(host);
        m_scene->window->workspace().directory.refreshHosts();
        QVERIFY(settle(*m_scene->window));
        QTest::qWait(50); // first paints, style caches: not of the job
        Watchdog::reset();
    }
    void cleanup()
    {
        if (!QTest::currentTestFailed())
            QVERIFY2(Watchdog::worstMilliseconds() <= 100,
                qPrintable(u"held for %1 ms by %2"_s.arg(Watchdog::worstMilliseconds()).arg(Watchdog::worstWhat())));
        m_scene.reset();
    }

    void withoutEvidenceIsChosenDeliberately()
    {
        m_scene->engine->setOutcome(FakeEngine::Outcome::Runs);
        toHost("qemu+ssh://oldbox/system"); // neither SEV nor a rehearsal
        QCOMPARE(wizard().currentStep(), int(LaunchWizard::Machine));
        QVERIFY(!next()->isEnabled() && next()->toolTip().contains(u"give up evidence"_s));
        auto *without = named<QCheckBox>(wizard(), "unattested");
        QVERIFY(without->isEnabled() && !without->isChecked());
        WizardScene::tick(without);
        QTRY_VERIFY(next()->isEnabled());
        QVERIFY(!named<QRadioButton>(wizard(), "technology-snp")->isEnabled());
        click("wizardPlan");
        QTRY_VERIFY2(wizard().draft().plan, qPrintable(m_scene->message()));
        QVERIFY(wizard().draft().plan->machine->request.unattested);
        QVERIFY2(words().contains(u"launched without evidence"_s), qPrintable(words()));
    }

    void withoutEvidenceNoSecretIsSent()
    {
        const auto folder = m_scene->engine->folder() / "work";
        std::filesystem::create_directory(folder);
        const Bytes module = sampleModule();
        makeFile("work/main.wasm", QByteArray(reinterpret_cast<const char *>(module.data()), static_cast<qsizetype>(module.size())));
        makeFile("work/Keep.toml", "secrets = [\"token\"]\n");
        m_scene->module = QString::fromStdString(folder);
        toHost("qemu+ssh://oldbox/system");
        WizardScene::tick(named<QCheckBox>(wizard(), "unattested"));
        QTRY_VERIFY(next()->toolTip().contains(u"without evidence none is sent"_s));
        QVERIFY(!next()->isEnabled());
    }

    void aClusterIsChosenDeliberatelyAndItsYamlShown()
    {
        toHost("kubevirt://lab/keeps");
        QVERIFY(!next()->isEnabled() && next()->toolTip().contains(u"cluster"_s));
        auto *known = named<QCheckBox>(wizard(), "undecided");
        QVERIFY(known && known->isVisible());
        QVERIFY(!named<QCheckBox>(wizard(), "unattested")->isVisible());
        WizardScene::tick(known);
        QTRY_VERIFY(next()->isEnabled());
        click("wizardPlan");
        QTRY_VERIFY2(wizard().draft().plan, qPrintable(m_scene->message()));
        auto *code = named<CodeEditor>(wizard(), "domainCode");
        QVERIFY(code->toPlainText().contains(u"VirtualMachineInstance"_s));
        QVERIFY(code->accessibleName().contains(u"YAML"_s));
        QVERIFY(!named<QPushButton>(wizard(), "domainEdit")->isVisible());
        QVERIFY(words().contains(u"deleted again"_s));
    }

    void theBestHostIsChosenAndTheOthersExplained()
    {
        m_scene->engine->addHost(sampleReadyMachineHost());
        m_scene->window->workspace().directory.refreshHosts();
        QVERIFY(settle(*m_scene->window));
        toHost("auto");
        QVERIFY(!named<QCheckBox>(wizard(), "unattested")->isEnabled());
        QVERIFY(named<QCheckBox>(wizard(), "rehearse")->toolTip().contains(u"automatically"_s));
        click("wizardPlan");
        QTRY_VERIFY2(wizard().draft().plan, qPrintable(m_scene->message()));
        QCOMPARE(wizard().draft().plan->host, std::string("qemu+ssh://epyc1/system"));
        auto *reasons = named<QWidget>(wizard(), "planReasons");
        QVERIFY(reasons && reasons->isVisible());
        QVERIFY(words().contains(u"It is ready and offers SEV-SNP"_s) && words().contains(u"never chosen automatically"_s));
    }

    void noHostThatFitsIsAnError()
    {
        toHost("auto");
        click("wizardPlan");
        QTRY_VERIFY(m_scene->message().contains(u"none of the hosts fits"_s));
        QVERIFY(m_scene->message().contains(u"Add a host"_s));
    }

    void aWholeMachineIsLaunched()
    {
        const QString kernel = makeFile("bzImage", "kernel"), disk = makeFile("disk.raw", "disk");
        m_scene->window->launch({});
        QTRY_VERIFY(m_scene->window->wizard());
        const auto kinds = named<QWidget>(wizard(), "workloadKind")->findChildren<QToolButton *>();
        QTest::mouseClick(kinds.at(1), Qt::LeftButton);
        QVERIFY(!next()->isEnabled() && next()->toolTip().contains(u"kernel or a disk"_s));
        type("wholeKernel", kernel + u"-nothing"_s);
        QTRY_VERIFY2(m_scene->message().contains(u"no such file"_s), qPrintable(m_scene->message()));
        type("wholeKernel", kernel);
        QTRY_VERIFY(next()->isEnabled());
        QVERIFY(m_scene->message().isEmpty());
        type("wholeDisk", disk);
        auto *disked = named<QLabel>(wizard(), "wholeDisked");
        QTRY_VERIFY(disked->text().contains(u"disk.unmeasured"_s));
        type("wholeAppend", u"console=ttyS0 roothash="_s + QString(64, u'a'));
        QTRY_VERIFY(disked->text().contains(u"rooted in the measured command line"_s));
        type("wholeName", u"appliance"_s);
        QTRY_VERIFY(next()->isEnabled());
        click("wizardNext");
        QVERIFY(settle(*m_scene->window));
        auto *emulated = named<ChoiceCard>(wizard(), "host-emulated");
        QVERIFY(!emulated->isEnabled() && emulated->toolTip().contains(u"whole virtual machine"_s));
        QTest::mouseClick(named<ChoiceCard>(wizard(), "host-qemu:///session"), Qt::LeftButton);
        click("wizardNext");
        click("wizardNext");
        QCOMPARE(wizard().currentStep(), int(LaunchWizard::Expectations));
        click("wizardNext"); // there is nothing to configure
        QCOMPARE(wizard().currentStep(), int(LaunchWizard::Plan));
        QTRY_VERIFY2(wizard().draft().plan, qPrintable(m_scene->message()));
        const MachineImage &image = *wizard().draft().plan->machine->request.whole;
        QCOMPARE(image.kernel, kernel.toStdString());
        QCOMPARE(image.disk, disk.toStdString());
        QCOMPARE(wizard().draft().plan->name, std::string("appliance"));
        QVERIFY(words().contains(u"a whole virtual machine"_s) && words().contains(u"Launch digest"_s));
        // And back to a module, as if nothing had been.
        wizard().goTo(LaunchWizard::Workload);
        QTest::mouseClick(kinds.at(0), Qt::LeftButton);
        type("workloadPath", m_scene->module);
        QTRY_VERIFY(wizard().draft().workload);
        QVERIFY(!wizard().draft().request.machine.whole);
    }

    void theDomainIsEditedWithErrorsAtTheirLine()
    {
        toHost("qemu:///session");
        click("wizardPlan");
        QTRY_VERIFY(wizard().draft().plan);
        auto *code = named<CodeEditor>(wizard(), "domainCode");
        const QString made = code->toPlainText();
        auto *use = named<QPushButton>(wizard(), "domainUse");
        QTest::keyClick(code, Qt::Key_X); // not while it is only shown
        QCOMPARE(code->toPlainText(), made);
        click("domainEdit");
        QVERIFY(use->isVisible() && !use->isEnabled() && !use->toolTip().isEmpty());
        // What is no XML is said at once, at its line.
        QTextCursor cursor = code->document()->find(u"<memory"_s);
        cursor.movePosition(QTextCursor::StartOfBlock);
        code->setTextCursor(cursor);
        QTest::keyClicks(code, u"<open>"_s);
        QTRY_VERIFY(code->markedLine() > 2);
        auto *problem = named<QLabel>(wizard(), "domainProblem");
        QVERIFY(problem->isVisible() && problem->text().startsWith(u"Line "_s));
        QVERIFY(!use->isEnabled() && !use->toolTip().isEmpty());
        for (int i = 0; i < 6; ++i)
            QTest::keyClick(code, Qt::Key_Backspace);
        QTRY_COMPARE(code->markedLine(), 0);
        // What the plan refuses is said at the line of its element.
        cursor = code->document()->find(u"/var/lib/keep/kernel"_s);
        code->setTextCursor(cursor);
        QTest::keyClicks(code, u"/tmp/mine"_s);
        click("domainUse");
        QTRY_VERIFY(code->markedLine() > 0);
        QCOMPARE(code->document()->findBlockByNumber(code->markedLine() - 1).text().trimmed(), u"<kernel>/tmp/mine</kernel>"_s);
        QVERIFY(problem->text().contains(u"was planned"_s) && problem->text().contains(u"--kernel"_s));
        QVERIFY(!next()->isEnabled());
        // Mended, with an element of which this program knows nothing: kept.
        cursor = code->document()->find(u"/tmp/mine"_s);
        code->setTextCursor(cursor);
        QTest::keyClicks(code, u"/var/lib/keep/kernel"_s);
        cursor = code->document()->find(u"</os>"_s);
        cursor.movePosition(QTextCursor::StartOfBlock);
        code->setTextCursor(cursor);
        QTest::keyClicks(code, u"<unknown/>"_s);
        click("domainUse");
        QTRY_VERIFY2(wizard().draft().plan, qPrintable(m_scene->message()));
        QVERIFY(wizard().draft().plan->machine->domainXml.contains("<unknown/>"));
        QVERIFY(!wizard().draft().plan->machine->request.domainXml.empty());
        // And put back.
        click("domainPutBack");
        QTRY_VERIFY(wizard().draft().plan && wizard().draft().plan->machine->request.domainXml.empty());
        QCOMPARE(code->toPlainText(), made);
        QVERIFY(!named<QPushButton>(wizard(), "domainPutBack")->isVisible());
    }

    void placesOfErrorsAreFound()
    {
        const QString xml =
            u"<domain>\n  <os>\n    <kernel>k</kernel>\n  </os>\n  <cpu\n   mode='x'/>\n  <devices><disk/></devices>\n</domain>\n"_s;
        QCOMPARE(lineOfPlace(xml, u"the edited XML, <os>/<kernel>"_s), 3);
        QCOMPARE(lineOfPlace(xml, u"the edited XML, <cpu mode>"_s), 5);
        QCOMPARE(lineOfPlace(xml, u"the edited XML, <os>/<initrd>"_s), 2); // it is not there: where it would be
        QCOMPARE(lineOfPlace(xml, u"the edited XML, <domain type>"_s), 1);
        QCOMPARE(lineOfPlace(xml, u"the edited XML, <kernel>"_s), 1); // not below the root
        QCOMPARE(lineOfPlace(xml, u"the edited XML, offset 12"_s), 2);
        QCOMPARE(lineOfPlace(xml, u"qemu:///session"_s), 0);
        QVERIFY(!xmlProblem(xml));
        QCOMPARE(xmlProblem(u"<a>\n<b></a>"_s)->line, 2);
    }

    void policyAndIdBlockAreChosen()
    {
        toHost("qemu:///session");
        auto *fold = named<Fold>(wizard(), "policyFold");
        QTest::mouseClick(fold->findChild<QToolButton *>(), Qt::LeftButton);
        QVERIFY(fold->isOpen());
        QVERIFY(words().contains(u"Choose the protection by name first"_s));
        WizardScene::tick(named<QRadioButton>(wizard(), "technology-snp"));
        auto *smt = named<QCheckBox>(wizard(), "policy-smt");
        QTRY_VERIFY(smt && smt->isVisible() && smt->isChecked());
        auto *fixed = named<QCheckBox>(wizard(), "policy-must-be-one");
        QVERIFY(!fixed->isEnabled() && !fixed->toolTip().isEmpty());
        QVERIFY(words().contains(u"The host may use simultaneous multithreading."_s));
        WizardScene::tick(smt);
        QVERIFY(words().contains(u"The host must not use simultaneous multithreading. Not as usual."_s));
        QCOMPARE(wizard().draft().request.machine.policy, std::optional<std::uint64_t>(0x20000));
        // An ID block comes with its authentication, or not at all.
        type("idBlock", makeFile("wrong.bin", "short"));
        QTRY_VERIFY(next()->toolTip().contains(u"96 bytes"_s));
        type("idBlock", makeFile("id.bin", QByteArray(96, 'i')));
        QTRY_VERIFY(next()->toolTip().contains(u"give both"_s));
        QVERIFY(!named<QCheckBox>(wizard(), "authorKey")->isEnabled());
        type("idAuth", makeFile("auth.b64", QByteArray(4096, 'a').toBase64()));
        QTRY_VERIFY2(next()->isEnabled(), qPrintable(next()->toolTip()));
        WizardScene::tick(named<QCheckBox>(wizard(), "authorKey"));
        auto *signer = named<QComboBox>(wizard(), "signer");
        signer->setFocus();
        QTest::keyClick(signer, Qt::Key_Down);
        const MachineRequest &machine = wizard().draft().request.machine;
        QCOMPARE(machine.idBlock, QByteArray(96, 'i').toBase64().toStdString());
        QVERIFY(machine.authorKey && machine.vlek);
        // Of another technology none of it is left.
        WizardScene::tick(named<QRadioButton>(wizard(), "technology-es"));
        QVERIFY(machine.idBlock.empty() && !machine.vlek && !machine.policy);
        QVERIFY(named<QCheckBox>(wizard(), "policy-no-debug")->isChecked());
        WizardScene::tick(named<QCheckBox>(wizard(), "policy-no-debug"));
        click("wizardPlan");
        QTRY_VERIFY2(wizard().draft().plan, qPrintable(m_scene->message()));
        QCOMPARE(wizard().draft().plan->policy, std::uint64_t(0xe));
        QVERIFY(words().contains(u"0xe"_s));
    }

    void theLaunchShowsItsSevSteps()
    {
        m_scene->engine->setOutcome(FakeEngine::Outcome::Runs);
        m_scene->engine->holdBefore(KeepState::Delivering);
        toHost("qemu:///session");
        WizardScene::tick(named<QRadioButton>(wizard(), "technology-es"));
        click("wizardPlan");
        QTRY_VERIFY(wizard().draft().plan);
        click("wizardNext");
        auto *course = named<StepList>(wizard(), "launchCourse");
        const auto stateOf = [&](const QString &title) {
            const auto found = std::ranges::find(course->steps(), title, &StepList::Step::title);
            return found == course->steps().end() ? -1 : static_cast<int>(found->state);
        };
        QTRY_VERIFY(stateOf(u"Started paused, and measured"_s) > int(StepList::State::Todo)); // it is the newest, or done
        QCOMPARE(stateOf(u"Platform verified"_s), int(StepList::State::Done));
        QCOMPARE(stateOf(u"Session secret given"_s), int(StepList::State::Todo));
        QCOMPARE(stateOf(u"Resumed"_s), int(StepList::State::Todo));
        m_scene->engine->release();
        QTRY_VERIFY(!m_scene->window->wizard());
    }

    void aKnownFailureIsExplained()
    {
        m_scene->engine->setOutcome(FakeEngine::Outcome::Fails);
        m_scene->engine->setFailure(
            "Cannot start the machine: internal error: SNP_LAUNCH_START ret=-22 fw_error=7 'Policy is not allowed'\n"
            "Last lines of the console, where the host can write as well:\nqemu-system-x86_64: failed");
        QVERIFY(m_scene->toPlan());
        click("wizardNext");
        auto *card = named<AttentionCard>(wizard(), "launchAttention");
        QTRY_VERIFY(card->isVisible());
        QCOMPARE(card->words().title, u"SNP_LAUNCH_START was refused"_s);
        QVERIFY(card->words().remedy.contains(u"multithreading"_s));
        QVERIFY(card->words().raw.contains(u"qemu-system-x86_64: failed"_s));
        QVERIFY(!card->findChild<Fold *>()->isOpen());
        QTest::mouseClick(card->findChild<Fold *>()->findChild<QToolButton *>(), Qt::LeftButton);
        QVERIFY(card->findChild<CodeView *>()->isVisible());
    }

    void everyStepHasNamesAndReasons()
    {
        toHost("qemu:///session");
        named<Fold>(wizard(), "policyFold")->setOpen(true);
        WizardScene::tick(named<QRadioButton>(wizard(), "technology-snp"));
        for (const int step : {LaunchWizard::Machine, LaunchWizard::Host, LaunchWizard::Workload, LaunchWizard::Plan}) {
            wizard().goTo(step);
            QVERIFY(settle(*m_scene->window));
            QVERIFY2(unnamedWidgets(&wizard()).isEmpty(), qPrintable(unnamedWidgets(&wizard()).join(u'\n')));
            QVERIFY2(unexplainedControls(&wizard()).isEmpty(), qPrintable(unexplainedControls(&wizard()).join(u'\n')));
        }
    }
};

KASTELLAN_GUI_TEST(TestGuiMachineWizard)
#include "test_gui_machine_wizard.moc"
