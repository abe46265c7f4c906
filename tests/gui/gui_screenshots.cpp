// SPDX-License-Identifier: Apache-2.0
// Pictures of every page and dialog in its states, light and dark, at the scale of QT_SCALE_FACTOR, for a person to look at:
// gui_screenshots FOLDER writes FOLDER/light/NAME.png and FOLDER/dark/NAME.png. As a test it fails when a page comes out blank.
#include "core/base/file.h"
#include "core/keeps/launch_steps.h"
#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"
#include "tests/gui/support/host_samples.h"
#include "ui/host/action_dialog.h"
#include "ui/host/add_host_dialog.h"
#include "ui/pages/page.h"
#include "ui/report/readiness_pdf.h"
#include "ui/theme/theme.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/notice.h"
#include "ui/wizard/launch_wizard.h"

#include <QDateTime>
#include <QDir>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QToolButton>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class GuiScreenshots : public QObject {
    Q_OBJECT

    QString m_folder;
    QString m_theme;

    void keepPicture(QWidget &widget, const QString &name)
    {
        const QImage image = widget.grab().toImage();
        QDir().mkpath(m_folder + u'/' + m_theme);
        QVERIFY(image.save(m_folder + u'/' + m_theme + u'/' + name + u".png"_s));
        QSet<QRgb> colors;
        for (int y = 0; y < image.height(); y += 7)
            for (int x = 0; x < image.width(); x += 7)
                colors.insert(image.pixel(x, y));
        QVERIFY2(colors.size() > 12, qPrintable(name + u" is blank"_s));
    }

    void pages()
    {
        const auto engine = FakeEngine::make();
        const std::pair<std::string, Verdict> attested{"attest", Verdict::Authentic}, delivered{"deliver", Verdict::Trusted};
        const QString running = QString::fromStdString(engine->addKeep(sampleKeep("payroll", 1, KeepState::Running), {attested, delivered},
            "reading 1200 rows\nsorting…\ndone: 1200 rows, 0 rejected\nwaiting for the next file name\n"));
        engine->writeOutput(running.toStdString(), "warning: column 7 is empty in 3 rows\n", true);
        const QString refused =
            QString::fromStdString(engine->addKeep(sampleKeep("tax-return-2026", 2, KeepState::Refused), {{"attest", Verdict::Refused}}));
        const QString suspect =
            QString::fromStdString(engine->addKeep(sampleKeep("model-inference", 3, KeepState::Suspect), {attested, delivered}));
        const QString failed = QString::fromStdString(engine->addKeep(sampleKeep("echo", 4, KeepState::Failed), {}));
        const QString stopped = QString::fromStdString(
            engine->addKeep(sampleKeep("hello", 5, KeepState::Stopped), {attested, delivered}, "hello from a keep\n"));
        const std::string record = engine->addRecord(engine->keep(running.toStdString()), "reattest", Verdict::Trusted);
        MainWindow window(engine->services());
        window.resize(1240, 800);
        window.show();
        QVERIFY(settle(window));
        const auto show = [&](const QString &link, const QString &name) {
            window.go(*linkFromText(link));
            QVERIFY2(settle(window), qPrintable(name));
            keepPicture(window, name);
        };
        show(u"overview"_s, u"overview"_s);
        show(u"keep/"_s + running, u"keep-attestation"_s);
        for (const char *part : {"certificates", "layers", "raw", "output", "manifest", "timeline", "evidence"})
            show(u"keep/"_s + running + u'/' + QString::fromLatin1(part), u"keep-"_s + QString::fromLatin1(part));
        show(u"keep/"_s + refused + u"/attestation"_s, u"keep-refused"_s);
        show(u"keep/"_s + suspect + u"/timeline"_s, u"keep-suspect"_s);
        show(u"keep/"_s + failed + u"/attestation"_s, u"keep-failed"_s);
        show(u"keep/"_s + stopped + u"/output"_s, u"keep-stopped"_s);
        show(u"host/emulated"_s, u"host-emulated"_s);
        show(u"host/local"_s, u"host-local"_s);
        show(u"host/local/platform"_s, u"host-unreachable"_s);
        show(u"evidence"_s, u"evidence"_s);
        show(u"record/"_s + QString::fromStdString(record), u"record"_s);
        window.workspace().records.note(u"launch keep"_s, u"payroll"_s, u"started"_s);
        show(u"activity"_s, u"activity"_s);
        engine->killLoader(running.toStdString());
        show(u"keep/"_s + running + u"/attestation"_s, u"keep-orphan"_s);
        show(u"keep/"_s + stopped, u"keep-again"_s);
        window.findChild<QAction *>(u"removeKeep"_s)->trigger();
        keepPicture(*window.findChild<Notice *>(), u"dialog-remove"_s);
        window.findChild<Notice *>()->close();
        QTRY_VERIFY(!window.findChild<Notice *>());
        window.findChild<QAction *>(u"help"_s)->trigger();
        keepPicture(*window.findChild<Notice *>(), u"dialog-help"_s);
        window.findChild<Notice *>()->close();
    }

    void hosts()
    {
        const auto engine = FakeEngine::make();
        const std::int64_t now = QDateTime::currentSecsSinceEpoch();
        const KeepStatus running = sampleKeep("payroll", 1, KeepState::Running);
        engine->addKeep(running, {{"attest", Verdict::Authentic}, {"deliver", Verdict::Trusted}});
        PlatformView view = samplePlatform("emulated", true);
        view.running = {{"keep payroll (01020304)", toHex(running.plan.id.view()), 1, {"reset", "shutdown"}, {"snp-commit"}},
            {"2 SEV guests that are no keeps of this user", "", 2, {"reset", "shutdown"}, {}}};
        view.guests = 3;
        engine->platform("emulated")->setView(view);
        engine->setCertificates(
            {sampleCertificate("ask", "revoked", now + 400 * 86400), sampleCertificate("vcek", "valid", now + 5 * 86400),
                sampleCertificate("crl", "current", now + 86400), sampleCertificate("ark", "valid", now + 9000 * 86400)});
        MainWindow window(engine->services());
        window.resize(1280, 800);
        window.show();
        const auto show = [&](const QString &link, const QString &name) {
            window.go(*linkFromText(link));
            QVERIFY2(settle(window), qPrintable(name));
            keepPicture(window, name);
        };
        show(u"overview"_s, u"overview-notices"_s);
        for (const char *part : {"readiness", "platform", "certificates", "actions", "maintenance", "keeps"})
            show(u"host/emulated/"_s + QString::fromLatin1(part), u"host-"_s + QString::fromLatin1(part));
        window.resize(1280, 2400);
        for (const char *part : {"platform", "certificates", "actions"})
            show(u"host/emulated/"_s + QString::fromLatin1(part), u"host-whole-"_s + QString::fromLatin1(part));
        window.resize(1000, 700);
        for (const char *part : {"readiness", "certificates", "actions", "maintenance"})
            show(u"host/emulated/"_s + QString::fromLatin1(part), u"host-small-"_s + QString::fromLatin1(part));
        engine->setCertificates({});
        window.workspace().notices.refresh();
        QVERIFY(settle(window));
        show(u"host/local"_s, u"host-small-problems"_s);
        engine->inspector("local")->setAnswer(hugeHost("local", 200));
        window.currentPage()->refresh();
        show(u"host/local"_s, u"host-small-huge"_s);
        window.resize(1280, 800);
        show(u"host/local"_s, u"host-huge"_s);
        engine->inspector("local")->setAnswer(unknownHost("local", "This computer"));
        window.currentPage()->refresh();
        show(u"host/local"_s, u"host-unknown"_s);
        engine->inspector("local")->gate.close();
        window.currentPage()->refresh();
        QTRY_VERIFY(engine->inspector("local")->gate.isWaitedAt());
        QTest::qWait(50);
        keepPicture(window, u"host-checking"_s);
        engine->inspector("local")->gate.open();
        QVERIFY(settle(window));
        actionDialogs(window, *engine);
        const auto pdf = readinessPdf(misconfiguredHost("local", "This computer"));
        QVERIFY(pdf && writeFileAtomically(QString(m_folder + u"/readiness.pdf"_s).toStdString(), *pdf, 0644));
    }

    /// A host whose keeps are virtual machines: what is chosen, planned and shown of one.
    void machine(MainWindow &window, FakeEngine &engine, const QString &module)
    {
        engine.addHost(sampleMachineHost());
        window.workspace().directory.refreshHosts();
        QVERIFY(settle(window));
        window.launch(module);
        QVERIFY(settle(window));
        named<ChoiceCard>(*window.wizard(), "host-qemu:///session")->click();
        window.wizard()->goTo(LaunchWizard::Machine);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-3-machine-rehearsal"_s);
        window.wizard()->resize(960, 1200);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-3-machine-whole"_s);
        window.wizard()->resize(960, 1700);
        window.wizard()->goTo(LaunchWizard::Plan);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-6-plan-machine"_s);
        window.wizard()->close();
        QTRY_VERIFY(!window.wizard());
        KeepStatus keep = sampleKeep("ledger", 77, KeepState::Running);
        keep.plan.host = "qemu:///session";
        keep.plan.protection = "SEV-SNP, rehearsed with emulated firmware";
        keep.plan.machine = sampleMachine({});
        const QString key = QString::fromStdString(
            engine.addKeep(keep, {{"attest", Verdict::Authentic}, {"deliver", Verdict::Trusted}}, "ledger balanced\n"));
        window.workspace().directory.refreshKeeps();
        QVERIFY(settle(window));
        window.go({u"keep"_s, key, u"machine"_s});
        QVERIFY(settle(window));
        keepPicture(window, u"keep-machine"_s);
    }

    /// The choices of a machine that few people make, and hosts that are not like the others.
    void machineChoices(MainWindow &window, FakeEngine &engine, const QString &module)
    {
        for (const HostInfo &host : {sampleReadyMachineHost(), sampleBareHost(), sampleCluster()})
            engine.addHost(host);
        window.workspace().directory.refreshHosts();
        QVERIFY(settle(window));
        window.launch(module);
        QVERIFY(settle(window));
        LaunchWizard &wizard = *window.wizard();
        const auto keep = [&](const QString &name, int height = 700) {
            wizard.resize(960, height);
            QVERIFY(settle(window));
            keepPicture(wizard, name);
        };
        const auto choose = [&](const char *host, LaunchWizard::Step step) {
            wizard.goTo(LaunchWizard::Host);
            QVERIFY(settle(window));
            named<ChoiceCard>(wizard, (std::string("host-") + host).c_str())->click();
            wizard.goTo(step);
            QVERIFY(settle(window));
        };
        wizard.goTo(LaunchWizard::Host);
        keep(u"wizard-2-hosts"_s, 1150);
        choose("qemu+ssh://oldbox/system", LaunchWizard::Machine);
        keep(u"wizard-3-machine-bare"_s, 1500);
        choose("kubevirt://lab/keeps", LaunchWizard::Machine);
        keep(u"wizard-3-machine-cluster"_s);
        named<QAbstractButton>(wizard, "undecided")->click();
        wizard.goTo(LaunchWizard::Plan);
        keep(u"wizard-6-plan-cluster"_s, 1500);
        choose("qemu+ssh://epyc1/system", LaunchWizard::Machine);
        named<QAbstractButton>(wizard, "technology-snp")->click();
        named<Fold>(wizard, "policyFold")->setOpen(true);
        named<QAbstractButton>(wizard, "policy-smt")->click();
        keep(u"wizard-3-machine-policy"_s, 1900);
        named<Fold>(wizard, "policyFold")->setOpen(false);
        choose("auto", LaunchWizard::Plan);
        keep(u"wizard-6-plan-auto"_s, 900);
        named<QPushButton>(wizard, "domainEdit")->click();
        auto *code = named<CodeEditor>(wizard, "domainCode");
        QString text = code->toPlainText();
        code->setPlainText(text.replace(u"/var/lib/keep/kernel"_s, u"/tmp/mine"_s));
        named<QPushButton>(wizard, "domainUse")->click();
        keep(u"wizard-6-plan-edited"_s, 640);
        wizard.goTo(LaunchWizard::Workload);
        named<QWidget>(wizard, "workloadKind")->findChildren<QToolButton *>().at(1)->click();
        named<QLineEdit>(wizard, "wholeKernel")->setText(module);
        named<QLineEdit>(wizard, "wholeDisk")->setText(module);
        keep(u"wizard-1-whole"_s);
        wizard.close();
        QTRY_VERIFY(!window.wizard());
        engine.setOutcome(FakeEngine::Outcome::Fails);
        engine.setFailure(
            "Cannot start the machine: internal error: process exited while connecting to monitor: SNP_LAUNCH_START ret=-22 fw_error=7");
        window.launch(module);
        QVERIFY(settle(window));
        named<ChoiceCard>(*window.wizard(), "host-qemu+ssh://epyc1/system")->click();
        window.wizard()->goTo(LaunchWizard::Plan);
        QVERIFY(settle(window));
        window.wizard()->goTo(LaunchWizard::Launch);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-7-failed"_s);
        window.wizard()->close();
        QTRY_VERIFY(!window.wizard());
        engine.setOutcome(FakeEngine::Outcome::Ends);
        window.findChild<QAction *>(u"addHostAction"_s)->trigger();
        auto *dialog = window.findChild<AddHostDialog *>();
        named<QLineEdit>(*dialog, "hostAddress")->setText(u"qemu+ssh://epyc2/system"_s);
        named<QPushButton>(*dialog, "hostLook")->click();
        QVERIFY(settle(window));
        keepPicture(*dialog, u"dialog-add-host"_s);
        dialog->close();
        window.go({u"host"_s, u"qemu+ssh://epyc1/system"_s, {}});
        QVERIFY(settle(window));
        keepPicture(window, u"host-added"_s);
    }

    /// A keep in a machine on its way and in trouble.
    void machineKeeps(MainWindow &window, FakeEngine &engine)
    {
        const auto add = [&](const char *keepName, unsigned char number, KeepState state, const std::string &reason) {
            KeepStatus keep = sampleKeep(keepName, number, state);
            keep.plan.host = "qemu+ssh://epyc1/system";
            MachineRequest request;
            request.technology = "es";
            keep.plan.machine = sampleMachine(request);
            keep.plan.protection = "SEV-ES";
            keep.emulated = false;
            keep.reason = reason;
            keep.loaderAlive = keep.wardenAlive = !isFinal(state);
            const bool attested = state != KeepState::Starting && state != KeepState::Failed;
            return QString::fromStdString(engine.addKeep(keep,
                attested ? std::vector<std::pair<std::string, Verdict>>{{"attest", Verdict::Authentic}}
                         : std::vector<std::pair<std::string, Verdict>>{}));
        };
        const QString starting = add("forecast", 81, KeepState::Starting, {});
        for (const std::string_view step : {launch_step::chainVerified, launch_step::sessionMade, launch_step::measured})
            engine.writeEvent(starting.toStdString(), "step: " + std::string(step));
        const QString suspect =
            add("risk-model", 82, KeepState::Suspect, "an attestation was refused: the launch digest is not the expected one");
        const QString failed = add("audit", 83, KeepState::Failed,
            "Cannot start the machine: internal error: process exited while connecting to monitor: SNP_LAUNCH_START ret=-22 "
            "fw_error=7\nLast lines of "
            "the console, where the host can write as well:\nBdsDxe: loading Boot0001");
        engine.writeConsole(suspect.toStdString(),
            "SecCoreStartupWithStack(0xFFFCC000, 0x820000)\n[    0.000000] Linux version 6.12.48 (kastellan)\n[    0.000000] Command line: "
            "console=ttyS0 panic=-1 oops=panic\n[    0.512204] Memory Encryption Features active: AMD SEV SEV-ES\n[    1.204412] "
            "keep-warden: "
            "ready\n");
        window.resize(1240, 900);
        const auto show = [&](const QString &key, const char *part, const QString &name) {
            window.workspace().directory.refreshKeeps();
            window.go({u"keep"_s, key, QString::fromLatin1(part)});
            QVERIFY2(settle(window), qPrintable(name));
            keepPicture(window, name);
        };
        show(starting, "timeline", u"keep-timeline-sev"_s);
        show(suspect, "attestation", u"keep-suspect-machine"_s);
        show(suspect, "machine", u"keep-machine-console"_s);
        show(failed, "timeline", u"keep-failed-known"_s);
        window.findChild<Fold *>()->setOpen(true);
        QVERIFY(settle(window));
        keepPicture(window, u"keep-failed-raw"_s);
        window.resize(1240, 800);
    }

    void actionDialogs(MainWindow &window, FakeEngine &engine)
    {
        window.go({u"host"_s, u"emulated"_s, u"actions"_s});
        QVERIFY(settle(window));
        const auto dialog = [&] { return window.currentPage()->findChild<ActionDialog *>(); };
        const auto press = [&](const char *name) {
            named<QPushButton>(*dialog(), name)->click();
            QVERIFY(settle(window));
        };
        const auto close = [&] {
            named<QPushButton>(*dialog(), "actionClose")->click();
            QTRY_VERIFY(!dialog());
        };
        for (const char *action : {"snp-config", "export-chain", "reset", "snp-commit"}) {
            named<QPushButton>(*window.currentPage(), (std::string("action-") + action).c_str())->click();
            QVERIFY(settle(window));
            keepPicture(*dialog(), u"action-"_s + QString::fromLatin1(action));
            close();
        }
        named<QPushButton>(*window.currentPage(), "action-export-chain")->click();
        QVERIFY(settle(window));
        named<QLineEdit>(*dialog(), "parameter-output")->setText(u"/home/ada/platform/ownership-chain.cert"_s);
        press("actionGo");
        press("actionGo");
        keepPicture(*dialog(), u"action-outcome"_s);
        close();
        engine.platform("emulated")->refuseNextPlan();
        named<QPushButton>(*window.currentPage(), "action-reset")->click();
        QVERIFY(settle(window));
        keepPicture(*dialog(), u"action-refused"_s);
        close();
    }

    void wizard()
    {
        const auto engine = FakeEngine::make();
        const Bytes module = sampleModule();
        const auto folder = engine->folder() / "payroll";
        for (const char *name : {"hello", "echo", "secret", "compute", "trap"}) {
            std::filesystem::create_directories(engine->folder() / "examples" / name);
            write(engine->folder() / "examples" / name / "main.wasm", module);
        }
        std::filesystem::create_directories(folder);
        write(folder / "main.wasm", module);
        write(folder / "Keep.toml", toBytes(std::string_view("secrets = [\"token\", \"database-password\"]\n[env]\nLANG = \"C.UTF-8\"\n")));
        MainWindow window(engine->services());
        window.resize(1240, 800);
        window.show();
        QVERIFY(settle(window));
        keepPicture(window, u"welcome"_s);
        window.launch({});
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-1-workload-empty"_s);
        window.wizard()->close();
        QTRY_VERIFY(!window.wizard());
        window.launch(QString::fromStdString(folder / "nothing.wasm"));
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-1-workload-error"_s);
        window.wizard()->close();
        QTRY_VERIFY(!window.wizard());
        window.launch(QString::fromStdString(folder));
        for (const auto &[step, name] :
            {std::pair{LaunchWizard::Workload, u"workload"_s}, {LaunchWizard::Host, u"host"_s}, {LaunchWizard::Machine, u"machine"_s},
                {LaunchWizard::Expectations, u"expectations"_s}, {LaunchWizard::Configuration, u"configuration"_s}}) {
            window.wizard()->goTo(step);
            QVERIFY(settle(window));
            keepPicture(*window.wizard(), u"wizard-%1-%2"_s.arg(step + 1).arg(name));
        }
        window.wizard()->close();
        QTRY_VERIFY(!window.wizard());
        machine(window, *engine, QString::fromStdString(folder / "main.wasm"));
        machineChoices(window, *engine, QString::fromStdString(folder / "main.wasm"));
        machineKeeps(window, *engine);
        engine->holdBefore(KeepState::Delivering);
        window.launch(QString::fromStdString(folder / "main.wasm"));
        QVERIFY(settle(window));
        window.wizard()->goTo(LaunchWizard::Plan);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-6-plan"_s);
        window.wizard()->resize(960, 1300);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-6-plan-whole"_s);
        window.wizard()->resize(960, 700);
        window.wizard()->goTo(LaunchWizard::Launch);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-7-launch"_s);
        named<QPushButton>(*window.wizard(), "wizardCancel")->click();
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-7-cancelled"_s);
        window.wizard()->close();
        QTRY_VERIFY(!window.wizard());
        engine->setOutcome(FakeEngine::Outcome::Refused);
        window.launch(QString::fromStdString(folder / "main.wasm"));
        QVERIFY(settle(window));
        window.wizard()->goTo(LaunchWizard::Plan);
        QVERIFY(settle(window));
        window.wizard()->goTo(LaunchWizard::Launch);
        QVERIFY(settle(window));
        keepPicture(*window.wizard(), u"wizard-7-refused"_s);
    }

    static void write(const std::filesystem::path &path, const Bytes &content)
    {
        QFile file(QString::fromStdString(path.string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(reinterpret_cast<const char *>(content.data()), static_cast<qsizetype>(content.size()));
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString build = qEnvironmentVariable("KASTELLAN_BUILD");
        const QString scale = qEnvironmentVariable("QT_SCALE_FACTOR", u"1"_s);
        m_folder = (build.isEmpty() ? QDir::tempPath() : build) + u"/screenshots/%1x"_s.arg(scale);
    }
    void everyPage_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void everyPage()
    {
        QFETCH(bool, dark);
        m_theme = dark ? u"dark"_s : u"light"_s;
        theme::apply(dark ? theme::Choice::Dark : theme::Choice::Light);
        pages();
        hosts();
        wizard();
    }
};

KASTELLAN_GUI_TEST(GuiScreenshots)
#include "gui_screenshots.moc"
