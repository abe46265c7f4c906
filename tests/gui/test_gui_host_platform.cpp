// SPDX-License-Identifier: Apache-2.0
// The page of a host: its platform and certificates, maintenance and notices.
#include "tests/gui/support/host_samples.h"
#include "tests/gui/support/host_scene.h"
#include "ui/host/maintenance_view.h"
#include "ui/host/notice_list.h"
#include "ui/host/platform_facts.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_view.h"

#include <QDateTime>
#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPushButton>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiHostPlatform : public HostScene {
    Q_OBJECT

private Q_SLOTS:
    void init() { start(); }
    void cleanup() { end(); }

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
};

KASTELLAN_GUI_TEST(TestGuiHostPlatform)
#include "test_gui_host_platform.moc"
