// SPDX-License-Identifier: Apache-2.0
// The page of a host: readiness in each state, its platform and certificates, maintenance and notices.
#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"
#include "tests/gui/support/host_samples.h"
#include "ui/host/check_detail.h"
#include "ui/host/check_strip.h"
#include "ui/host/host_banner.h"
#include "ui/host/host_signs.h"
#include "ui/host/long_words.h"
#include "ui/host/maintenance_view.h"
#include "ui/host/notice_list.h"
#include "ui/host/platform_facts.h"
#include "ui/host/readiness_model.h"
#include "ui/host/readiness_text.h"
#include "ui/pages/page.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_view.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QDropEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiHost : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeEngine> m_engine;
    std::unique_ptr<MainWindow> m_window;

    void open(const QString &link)
    {
        m_window = std::make_unique<MainWindow>(m_engine->services());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->go(*linkFromText(link));
    }
    void openSettled(const QString &link)
    {
        open(link);
        QVERIFY(settle(*m_window));
    }
    QWidget *page() const { return m_window->currentPage(); }
    HostBanner *banner() const { return page()->findChild<HostBanner *>(); }
    QTreeView *tree() const { return named<QTreeView>(*page(), "readinessTree"); }
    CheckDetail *detail() const { return page()->findChild<CheckDetail *>(); }
    QString message() const { return page()->findChild<MessageBar *>()->plainText(); }
    void click(const char *name) const { QTest::mouseClick(named<QWidget>(*page(), name), Qt::LeftButton); }
    static QStringList rows(const QAbstractItemModel &model, const QModelIndex &parent = {})
    {
        QStringList all;
        for (int row = 0; row < model.rowCount(parent); ++row) {
            const QModelIndex at = model.index(row, 0, parent);
            all += at.data().toString();
            all += rows(model, at);
        }
        return all;
    }
    static int labels(const QWidget *in, const QString &text)
    {
        int found = 0;
        for (const QLabel *label : in->findChildren<QLabel *>())
            found += !label->isHidden() && label->text().contains(text);
        return found;
    }

private Q_SLOTS:
    void init() { m_engine = FakeEngine::make(); }
    void cleanup()
    {
        dialogs::answerWith({});
        for (const char *host : {"emulated", "local"}) {
            if (const auto inspector = m_engine->inspector(host))
                inspector->gate.open();
            if (const auto platform = m_engine->platform(host))
                platform->gate.open();
        }
        m_window.reset();
        m_engine.reset();
    }

    void modelIsATree()
    {
        ReadinessModel model;
        ReadinessFilter filter;
        filter.setSourceModel(&model);
        QAbstractItemModelTester modelTester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::Fatal);
        const Readiness host = misconfiguredHost("local", "This computer");
        model.setChecks(host.checks);
        QCOMPARE(model.count(), static_cast<int>(host.checks.size()));
        QCOMPARE(model.count(CheckState::Fail), 2);
        QCOMPARE(model.rowCount(), 6); // areas
        const QModelIndex snp = model.indexOf("cpu.snp");
        QCOMPARE(snp.parent(), model.indexOf("cpu.sev"));
        QCOMPARE(snp.parent().parent(), model.indexOf("cpu.vendor"));
        QVERIFY(model.isArea(snp.parent().parent().parent()));
        const QModelIndex skipped = model.indexOf("rmp.coverage");
        QVERIFY(skipped.siblingAtColumn(ReadinessModel::SawColumn).data().toString().contains(u"SEV-SNP enabled by the BIOS"_s));
        QCOMPARE(static_cast<Tone>(skipped.data(ReadinessModel::ToneRole).toInt()), Tone::Muted);
        QCOMPARE(skipped.siblingAtColumn(ReadinessModel::ResultColumn).data().toString(), u"Skipped"_s);

        filter.setShow(ReadinessFilter::Show::Problems);
        QCOMPARE(rows(filter),
            (QStringList{u"Registers"_s, u"Memory encryption enabled"_s, u"SEV-SNP enabled by the BIOS"_s, u"Kernel"_s,
                u"Kernel command line"_s, u"Firmware"_s, u"SEV firmware"_s, u"Bulletins of AMD"_s}));
        filter.setShow(ReadinessFilter::Show::Unknown);
        QVERIFY(rows(filter).contains(u"RMP covers all memory"_s));
        QVERIFY(!rows(filter).contains(u"Kernel command line"_s));
        filter.setShow(ReadinessFilter::Show::All);
        filter.setSearch(u"grubby iommu"_s); // also in the command
        QCOMPARE(rows(filter), (QStringList{u"Kernel"_s, u"Kernel command line"_s}));
        QCOMPARE(filter.firstMatch().data().toString(), u"Kernel command line"_s);
        filter.setSearch(u"no such thing"_s);
        QCOMPARE(filter.rowCount(), 0);
        QVERIFY(!filter.firstMatch().isValid());
        filter.setSearch({});
        model.setChecks(hugeHost("local", 200).checks);
        QCOMPARE(model.count(), 214);
        model.setChecks({});
        QCOMPARE(filter.rowCount(), 0);
    }

    void aTreeOfNonsenseIsStillATree()
    {
        ReadinessModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        auto checks = readyHost("x", "X", false).checks;
        checks.resize(3);
        checks[0].parent = checks[2].id; // a ring
        checks[1].parent = "not.there";
        checks[2].id = checks[0].id; // twice
        checks[2].parent = checks[0].id;
        model.setChecks(checks);
        QCOMPARE(model.count(), 3);
        QCOMPARE(rows(model).size(), 4);
    }

    void readyIsSaidAtTheTop()
    {
        openSettled(u"host/emulated"_s);
        QCOMPARE(banner()->title(), u"Ready for SEV, SEV-ES and SEV-SNP"_s);
        QVERIFY(banner()->first().isEmpty());
        QVERIFY(named<QPushButton>(*page(), "launchHereButton")->isEnabled());
        QVERIFY(tree()->model()->rowCount() > 3);
        QCOMPARE(m_engine->inspector("emulated")->asked(), std::pair(1, 1)); // quickly, and in the background with probes
        m_window->go({u"overview"_s, {}, {}});
        m_window->go({u"host"_s, u"emulated"_s, {}});
        QVERIFY(settle(*m_window));
        QCOMPARE(m_engine->inspector("emulated")->asked(), std::pair(1, 1)); // known
    }

    void notReadyNamesWhatToMendFirst()
    {
        openSettled(u"host/local"_s);
        QCOMPARE(banner()->title(), u"Ready for SEV and SEV-ES, not for SEV-SNP"_s);
        QVERIFY(banner()->sentence().contains(u"the BIOS has not turned it on"_s));
        QVERIFY(banner()->first().contains(u"SEV-SNP enabled by the BIOS"_s));
        QVERIFY(banner()->first().contains(u"AMD CBS"_s));
        QVERIFY(!named<QPushButton>(*page(), "launchHereButton")->isEnabled());
        QVERIFY(!named<QPushButton>(*page(), "launchHereButton")->toolTip().isEmpty());
        QVERIFY(labels(detail(), u"AMD CBS"_s) > 0); // it is chosen
        // Another one is chosen by keys; the banner's button brings it back, whatever the filter is.
        auto *search = named<QLineEdit>(*page(), "readinessSearch");
        search->setFocus();
        QTest::keyClicks(search, u"smt"_s);
        QCOMPARE(tree()->model()->rowCount(), 1);
        click("showFirst");
        QVERIFY(search->text().isEmpty());
        QVERIFY(labels(detail(), u"msr.snp"_s) > 0);
    }

    void skippedShowsItsCause()
    {
        openSettled(u"host/local"_s);
        auto *search = named<QLineEdit>(*page(), "readinessSearch");
        QTest::keyClicks(search, u"rmp covers"_s);
        tree()->setFocus();
        QTest::keyClick(tree(), Qt::Key_End);
        QVERIFY(labels(detail(), u"Not looked at, because of “SEV-SNP enabled by the BIOS”."_s) == 1);
        click("showCause");
        QVERIFY(labels(detail(), u"clear on all 64"_s) > 0);
    }

    void commandsAndChecksAreCopied()
    {
        openSettled(u"host/local"_s);
        QTest::keyClicks(named<QLineEdit>(*page(), "readinessSearch"), u"grubby"_s);
        QVERIFY(labels(detail(), u"kernel.cmdline"_s) > 0); // what is found is shown at once
        tree()->setFocus();
        click("copyCommand");
        QCOMPARE(QGuiApplication::clipboard()->text(), u"sudo grubby --update-kernel=ALL --remove-args=\"iommu=pt\""_s);
        tree()->setFocus(); // the button took it
        QTest::keyClick(tree(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"Kernel command line (kernel.cmdline): Fail"_s));
        click("copyChecks");
        const QString all = QGuiApplication::clipboard()->text();
        QVERIFY(all.contains(u"SEV-SNP not ready"_s));
        QVERIFY(all.contains(u"      [skipped] RMP covers all memory"_s));
        QVERIFY(all.contains(u"$ sudo grubby"_s));
    }

    void treeIsUsedByKeys()
    {
        openSettled(u"host/local"_s);
        click("collapseChecks");
        QVERIFY(!tree()->isExpanded(tree()->model()->index(0, 0)));
        tree()->setFocus();
        QTest::keyClick(tree(), Qt::Key_Home);
        QTest::keyClick(tree(), Qt::Key_Right);
        QVERIFY(tree()->isExpanded(tree()->model()->index(0, 0)));
        QTest::keyClick(tree(), Qt::Key_Down);
        QVERIFY(labels(detail(), u"cpu.vendor"_s) > 0);
        QTest::keyClick(page(), Qt::Key_F, Qt::ControlModifier);
        click("expandChecks");
        QVERIFY(tree()->isExpanded(tree()->model()->index(1, 0)));
        auto *shownChecks = named<Segments>(*page(), "readinessShow");
        shownChecks->setCurrent(1);
        QVERIFY(rows(*tree()->model()).contains(u"Kernel command line"_s));
        QVERIFY(!rows(*tree()->model()).contains(u"Kernel version"_s));
    }

    void longWordsCanBeBroken()
    {
        QCOMPARE(breakable(u"short words stay as they are"_s), u"short words stay as they are"_s);
        const QString digest = u"0123456789abcdef"_s.repeated(3), broken = breakable(u"root "_s + digest + u"\nend"_s);
        QCOMPARE(broken.count(QChar(0x200b)), 5);
        QCOMPARE(QString(broken).remove(QChar(0x200b)), QString(u"root "_s + digest + u"\nend"_s));
        QCOMPARE(breakable({}), QString());
    }

    void oneVerdictIsPlain()
    {
        Readiness one = readyHost("emulated", "Emulated host", true);
        one.verdicts = {{"emulated", "Emulated", ReadinessVerdict::State::Ready, "Emulated keeps can be launched.", {}}};
        QCOMPARE(headlineOf(one).sign.word, u"Ready"_s);
        one.verdicts[0].state = ReadinessVerdict::State::NotReady;
        QCOMPARE(headlineOf(one).sign.word, u"Not ready"_s);
        one.verdicts.clear();
        QCOMPARE(headlineOf(one).sign.word, u"Not known whether it is ready"_s);
        QCOMPARE(protectionTitles({"sev", "es", "emulated"}), u"SEV, SEV-ES and emulated keeps"_s);
    }

    void whatAPersonChoseStaysChosen()
    {
        openSettled(u"host/local"_s);
        m_window->currentPage()->refresh();
        QVERIFY(settle(*m_window));
        QVERIFY(labels(detail(), u"msr.snp"_s) > 0);
        tree()->setFocus();
        QTest::keyClick(tree(), Qt::Key_Down);
        QVERIFY(labels(detail(), u"rmp.coverage"_s) > 0);
        m_window->currentPage()->refresh();
        QVERIFY(settle(*m_window));
        QVERIFY(labels(detail(), u"rmp.coverage"_s) > 0);
    }

    void unknownIsNotReady()
    {
        m_engine->inspector("local")->setAnswer(unknownHost("local", "This computer"));
        openSettled(u"host/local"_s);
        QCOMPARE(banner()->title(), u"Not known whether it is ready"_s);
        QVERIFY(banner()->first().startsWith(u"First to find out: AMD processor."_s));
        QVERIFY(page()->findChild<CheckStrip *>()->text().contains(u"/srv/build-root"_s));
    }

    void checkingShowsProgressAndKeepsTheLastResult()
    {
        openSettled(u"host/local"_s);
        const auto inspector = m_engine->inspector("local");
        inspector->gate.close();
        click("checkAgainButton");
        QTRY_VERIFY(inspector->gate.isWaitedAt());
        auto *strip = page()->findChild<CheckStrip *>();
        QTRY_VERIFY(strip->text().contains(u"running a guest on /dev/kvm"_s));
        QVERIFY(strip->text().contains(u"Shown is what was found"_s));
        QVERIFY(strip->findChild<QProgressBar *>()->isVisible());
        QVERIFY(!named<QPushButton>(*page(), "checkAgainButton")->isEnabled());
        QVERIFY(!named<QPushButton>(*page(), "checkAgainButton")->toolTip().isEmpty());
        QVERIFY(tree()->model()->rowCount() > 3);
        click("cancelCheck");
        QVERIFY(settle(*m_window));
        QVERIFY2(message().contains(u"Cancelled"_s), qPrintable(message()));
        QVERIFY(tree()->model()->rowCount() > 3);
        QVERIFY(!strip->findChild<QProgressBar *>()->isVisible());
        inspector->gate.open();
        inspector->setAnswer(readyHost("local", "This computer", false));
        click("checkAgainButton");
        QTRY_COMPARE(banner()->title(), u"Ready for SEV, SEV-ES and SEV-SNP"_s);
        QVERIFY(message().isEmpty());
    }

    void theFirstLookShowsWhatTheHostSays()
    {
        const auto inspector = m_engine->inspector("local");
        inspector->gate.close();
        open(u"host/local"_s);
        QTRY_VERIFY(inspector->gate.isWaitedAt());
        QTRY_COMPARE(banner()->title(), u"Not ready"_s);
        QVERIFY(!named<QPushButton>(*page(), "exportReadiness")->isEnabled());
        inspector->gate.open();
        QTRY_VERIFY(banner()->title().startsWith(u"Ready for SEV"_s));
        QVERIFY(settle(*m_window));
    }

    void anErrorIsShownWithItsRemedy()
    {
        m_engine->inspector("local")->failNext();
        openSettled(u"host/local"_s);
        QVERIFY2(message().contains(u"Mount it."_s), qPrintable(message()));
        QCOMPARE(banner()->title(), u"Not ready"_s);
        click("checkAgainButton");
        QVERIFY(settle(*m_window));
        QVERIFY(message().isEmpty());
        QVERIFY(banner()->title().startsWith(u"Ready for SEV"_s));
    }

    void hostsThatNothingCanLookAt()
    {
        m_engine->setInspector("local", nullptr);
        m_engine->setPlatform("local", nullptr);
        openSettled(u"host/local"_s);
        QCOMPARE(banner()->title(), u"Not ready"_s);
        QVERIFY(banner()->first().contains(u"BIOS"_s));
        QVERIFY(!named<QPushButton>(*page(), "checkAgainButton")->isEnabled());
        m_window->go({u"host"_s, u"local"_s, u"platform"_s});
        QVERIFY(labels(page()->findChild<PlatformFacts *>(), u"no platform"_s) == 1);
    }

    void twoHundredChecksDoNotHoldTheWindow()
    {
        m_engine->inspector("local")->setAnswer(hugeHost("local", 200));
        openSettled(u"host/emulated"_s);
        Watchdog::reset();
        m_window->go({u"host"_s, u"local"_s, {}});
        QVERIFY(settle(*m_window));
        QCOMPARE(rows(*tree()->model()).size(), 214 + 16);
        QVERIFY2(
            Watchdog::worstMilliseconds() <= 200, qPrintable(u"%1 ms, %2"_s.arg(Watchdog::worstMilliseconds()).arg(Watchdog::worstWhat())));
    }

    void textOfAHostIsHarmless()
    {
        Readiness evil = misconfiguredHost("local", "<b>evil</b>");
        for (ReadinessCheck &check : evil.checks)
            check.title = check.saw = check.means = check.remedy = check.command = "<img src=x>\x1b[31m & co";
        m_engine->inspector("local")->setAnswer(evil);
        openSettled(u"host/local"_s);
        for (const QLabel *label : page()->findChildren<QLabel *>())
            if (label->textFormat() != Qt::PlainText)
                QVERIFY2(!label->text().contains(u"<img"_s), qPrintable(label->text()));
        click("copyCommand");
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"<img src=x>"_s)); // what is copied is what is seen
        QVERIFY(!QGuiApplication::clipboard()->text().contains(QChar(0x1b)));
    }

    void exportsTheReport()
    {
        openSettled(u"host/local"_s);
        QStringList files;
        dialogs::answerWith([&](QWidget *, const QString &, const QString &suggestion, const QString &) {
            files += QString::fromStdString(m_engine->folder()) + u'/' + suggestion;
            return files.last();
        });
        for (QAction *format : named<QPushButton>(*page(), "exportReadiness")->menu()->actions()) {
            format->trigger();
            QVERIFY(settle(*m_window, 30000));
            QVERIFY2(QFileInfo(files.last()).size() > 400, qPrintable(files.last() + u' ' + message()));
        }
        for (const QString &name : std::as_const(files)) {
            QFile file(name);
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray content = file.readAll();
            if (name.endsWith(u".pdf"_s))
                QVERIFY(content.startsWith("%PDF-"));
            else
                QVERIFY2(content.contains("SEV-SNP enabled by the BIOS"), qPrintable(name));
            if (name.endsWith(u".json"_s)) {
                const auto again = readinessFromJson(content.toStdString());
                QVERIFY(again);
                QCOMPARE(again->checks, m_window->workspace().inspections.of(u"local"_s).result->checks);
            }
        }
    }

    void platformShowsFactsWithTheirMeaning()
    {
        openSettled(u"host/emulated/platform"_s);
        auto *facts = page()->findChild<PlatformFacts *>();
        QVERIFY(labels(facts, u"the emulated firmware"_s) > 0);
        QVERIFY(labels(facts, u"It signed its endorsement key itself."_s) == 1);
        QVERIFY(labels(facts, u"Committed"_s) > 0);
        const int viewed = m_engine->platform("emulated")->viewed();
        click("readPlatform");
        QTRY_COMPARE(m_engine->platform("emulated")->viewed(), viewed + 1);
        QVERIFY(settle(*m_window));
    }

    void aPlatformThatCannotBeReachedSaysWhatToDo()
    {
        openSettled(u"host/local/platform"_s);
        QVERIFY(named<QWidget>(*page(), "platformError"));
        QVERIFY(labels(page(), u"Join the group sev"_s) == 1);
        m_engine->platform("local")->setUnreachable(false);
        click("readPlatform");
        QVERIFY(settle(*m_window));
        QTRY_VERIFY(!named<QWidget>(*page(), "platformError"));
        QVERIFY(labels(page()->findChild<PlatformFacts *>(), u"/dev/sev"_s) > 0);
        m_engine->platform("local")->setUnreachable(true);
        click("readPlatform");
        QVERIFY(settle(*m_window));
        QTRY_VERIFY(named<QWidget>(*page(), "platformError")); // with what was read before below it
        QVERIFY(labels(page(), u"Below is what was read before."_s) == 1);
    }

    void certificatesAreShownAndImported()
    {
        openSettled(u"host/emulated/certificates"_s);
        auto *chain = named<QWidget>(*page(), "reportChain");
        QVERIFY(labels(chain, u"CN=SEV-VCEK"_s) > 0);
        auto *which = chain->findChild<Segments *>();
        QCOMPARE(which->count(), 3);
        which->setCurrent(2);
        QTRY_VERIFY(labels(chain, u"CN=ARK-Genoa"_s) > 0);
        QVERIFY(!named<QPushButton>(*page(), "exportCertificates")->isEnabled());
        dialogs::answerWith([](QWidget *, const QString &, const QString &, const QString &) { return u"/somewhere/vcek.pem"_s; });
        click("importCertificates");
        QVERIFY(settle(*m_window));
        QCOMPARE(m_engine->imported(), std::vector<std::string>{"/somewhere/vcek.pem"});
        QVERIFY2(message().contains(u"1 imported, 1 of them new"_s), qPrintable(message()));
        auto *store = named<TableView>(*page(), "storeTable");
        QTRY_COMPARE(store->model()->rowCount(), 1);
        QVERIFY(named<QPushButton>(*page(), "exportCertificates")->isEnabled());
        const QString target = QString::fromStdString(m_engine->folder() / "chain.pem");
        dialogs::answerWith([&](QWidget *, const QString &, const QString &, const QString &) { return target; });
        click("exportCertificates");
        QVERIFY(settle(*m_window));
        QVERIFY(QFileInfo::exists(target));
        m_engine->failNext("import");
        click("importCertificates");
        QVERIFY(settle(*m_window));
        QVERIFY(message().contains(u"no space left"_s));
    }

    void certificatesAreDropped()
    {
        openSettled(u"host/emulated/certificates"_s);
        auto *zone = named<DropZone>(*page(), "dropCertificates");
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(u"/tmp/a.pem"_s), QUrl::fromLocalFile(u"/tmp/notes.txt"_s)});
        QDragEnterEvent enter({5, 5}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(zone, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({5, 5}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(zone, &drop);
        QVERIFY(settle(*m_window));
        QCOMPARE(m_engine->imported(), (std::vector<std::string>{"/tmp/a.pem", "/tmp/notes.txt"}));
        QVERIFY(message().contains(u"notes.txt: it is no certificate"_s));
        QMimeData remote;
        remote.setUrls({QUrl(u"https://example.org/a.pem"_s)});
        QDragEnterEvent no({5, 5}, Qt::CopyAction, &remote, Qt::LeftButton, {});
        no.ignore();
        QApplication::sendEvent(zone, &no);
        QVERIFY(!no.isAccepted());
    }

    void maintenanceNamesWhatWouldEnd()
    {
        const KeepStatus running = sampleKeep("payroll", 1, KeepState::Running);
        m_engine->addKeep(running, {{"attest", Verdict::Authentic}});
        m_engine->addKeep(sampleKeep("over", 2, KeepState::Stopped), {});
        PlatformView view = samplePlatform("emulated", true);
        view.running = {{"keep payroll (01020304)", toHex(running.plan.id.view()), 1, {"reset", "shutdown"}, {"snp-commit"}},
            {"2 SEV guests that are no keeps of this user", "", 2, {"shutdown"}, {}}};
        m_engine->platform("emulated")->setView(view);
        openSettled(u"host/emulated/maintenance"_s);
        auto *view_ = page()->findChild<MaintenanceView *>();
        QVERIFY(labels(view_, u"3 protected guests run here"_s) == 1);
        auto *table = named<TableView>(*page(), "maintenanceTable");
        QCOMPARE(table->model()->rowCount(), 2);
        QStringList headers, first;
        for (int column = 0; column < table->model()->columnCount(); ++column) {
            headers += table->model()->headerData(column, Qt::Horizontal).toString();
            first += table->model()->index(0, column).data().toString();
        }
        QCOMPARE(headers, (QStringList{u"Keep or guest"_s, u"Shut down or restart"_s, u"Reset the platform"_s, u"Commit the firmware"_s}));
        QCOMPARE(first, (QStringList{u"keep payroll (01020304)"_s, u"ends"_s, u"ends"_s, u"proves itself anew"_s}));
        QVERIFY(labels(view_, u"Ends: keep payroll (01020304)."_s) == 1);
        table->setFocus();
        QTest::keyClick(table, Qt::Key_Return);
        QTRY_COMPARE(m_window->currentPage()->link().page, u"keep"_s);
    }

    void keepsCountWhereNoPlatformTells()
    {
        KeepStatus running = sampleKeep("payroll", 1, KeepState::Running);
        running.plan.host = "local";
        m_engine->addKeep(running, {});
        openSettled(u"host/local/maintenance"_s);
        QCOMPARE(named<TableView>(*page(), "maintenanceTable")->model()->rowCount(), 1);
        m_window->go({u"host"_s, u"emulated"_s, u"maintenance"_s});
        QVERIFY(settle(*m_window));
        QVERIFY(!named<TableView>(*page(), "maintenanceTable"));
        QVERIFY(labels(page()->findChild<MaintenanceView *>(), u"Nothing protected runs here"_s) == 1);
    }

    void noticesAreOnTheHostAndTheOverview()
    {
        const std::int64_t now = QDateTime::currentSecsSinceEpoch();
        m_engine->setCertificates({sampleCertificate("ask", "revoked", now + 400 * 86400),
            sampleCertificate("vcek", "valid", now + 5 * 86400), sampleCertificate("crl", "out of date", now - 86400)});
        m_engine->addKeep(sampleKeep("hello", 1, KeepState::Stopped), {{"attest", Verdict::Authentic}});
        openSettled(u"host/emulated"_s);
        auto *notices = page()->findChild<NoticeList *>();
        QTRY_VERIFY(notices->isVisible());
        QCOMPARE(notices->count(), 3);
        QVERIFY(labels(notices, u"is revoked"_s) == 1);
        QVERIFY(labels(notices, u"should have been replaced"_s) == 0);
        click("moreNotices");
        QVERIFY(labels(notices, u"should have been replaced"_s) == 1);
        QVERIFY(unnamedWidgets(m_window.get()).isEmpty());
        m_window->go({u"overview"_s, {}, {}});
        QVERIFY(settle(*m_window));
        int shownNotices = 0;
        for (const ElidedLabel *label : page()->findChildren<ElidedLabel *>())
            shownNotices += label->isVisible() && (label->text().contains(u"is revoked"_s) || label->text().contains(u"ends in"_s));
        QCOMPARE(shownNotices, 2);
        m_engine->setCertificates({});
        m_window->workspace().notices.refresh();
        QVERIFY(settle(*m_window));
        m_window->go({u"host"_s, u"emulated"_s, {}});
        QVERIFY(!page()->findChild<NoticeList *>()->isVisible());
    }

    void aFloorThatRoseIsNoticed()
    {
        const KeepStatus running = sampleKeep("payroll", 1, KeepState::Running);
        m_engine->addKeep(running, {{"attest", Verdict::Trusted}});
        m_engine->setToday([](const Record &record) {
            Appraisal now = record.appraisal;
            Finding floor;
            floor.id = "tcb.minimum";
            floor.outcome = kastellan::Outcome::Fail;
            floor.expected = "snp 24 or newer";
            floor.actual = "snp 23";
            now.findings.push_back(floor);
            now.verdict = Verdict::Refused;
            return now;
        });
        openSettled(u"host/emulated"_s);
        auto *notices = page()->findChild<NoticeList *>();
        QTRY_VERIFY(notices->isVisible());
        QVERIFY(labels(notices, u"below the minimum firmware levels: snp 23"_s) == 1);
        auto *show = notices->findChild<QPushButton *>();
        QVERIFY(show);
        QTest::mouseClick(show, Qt::LeftButton);
        QTRY_COMPARE(m_window->currentPage()->link().page, u"record"_s);
    }

    void everyPartHasNamesAndReasons()
    {
        m_engine->addKeep(sampleKeep("payroll", 1, KeepState::Running), {{"attest", Verdict::Authentic}});
        openSettled(u"host/local"_s);
        QStringList unnamed, unexplained;
        for (const char *host : {"local", "emulated"})
            for (const char *part : {"readiness", "platform", "certificates", "actions", "maintenance", "keeps"}) {
                m_window->go({u"host"_s, QString::fromLatin1(host), QString::fromLatin1(part)});
                QVERIFY(settle(*m_window));
                for (const QString &line : unnamedWidgets(m_window.get()))
                    unnamed += QString::fromLatin1(part) + u": "_s + line;
                for (const QString &line : unexplainedControls(m_window.get()))
                    unexplained += QString::fromLatin1(part) + u": "_s + line;
                QCOMPARE(
                    m_window->currentPage()->link().part, part == std::string_view("readiness") ? QString() : QString::fromLatin1(part));
            }
        QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(u'\n')));
        QVERIFY2(unexplained.isEmpty(), qPrintable(unexplained.join(u'\n')));
    }
};

KASTELLAN_GUI_TEST(TestGuiHost)
#include "test_gui_host.moc"
