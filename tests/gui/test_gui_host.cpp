// SPDX-License-Identifier: Apache-2.0
// The page of a host: readiness in each state.
#include "tests/gui/support/host_samples.h"
#include "tests/gui/support/host_scene.h"
#include "ui/host/check_detail.h"
#include "ui/host/check_strip.h"
#include "ui/host/host_banner.h"
#include "ui/host/host_signs.h"
#include "ui/host/long_words.h"
#include "ui/host/platform_facts.h"
#include "ui/host/readiness_model.h"
#include "ui/host/readiness_text.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/segments.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiHost : public HostScene {
    Q_OBJECT

    HostBanner *banner() const { return page()->findChild<HostBanner *>(); }
    QTreeView *tree() const { return named<QTreeView>(*page(), "readinessTree"); }
    CheckDetail *detail() const { return page()->findChild<CheckDetail *>(); }
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

private Q_SLOTS:
    void init() { start(); }
    void cleanup() { end(); }

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
