// SPDX-License-Identifier: Apache-2.0
// Adding hosts to the list and taking them off it, by mouse and keyboard.
#include "tests/gui/support/host_scene.h"
#include "ui/host/add_host_dialog.h"
#include "ui/models/keeps_model.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/notice.h"
#include "ui/widgets/segments.h"

#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiHostList : public HostScene {
    Q_OBJECT

    AddHostDialog *dialog() const { return m_window->findChild<AddHostDialog *>(); }
    QPushButton *button(const char *name) const { return named<QPushButton>(*dialog(), name); }
    void press(const char *name)
    {
        QTRY_VERIFY2(button(name)->isEnabled(), qPrintable(button(name)->toolTip()));
        QTest::mouseClick(button(name), Qt::LeftButton);
    }
    void type(const char *name, const QString &text)
    {
        auto *field = named<QLineEdit>(*dialog(), name);
        QTest::mouseClick(field, Qt::LeftButton);
        field->selectAll();
        QTest::keyClicks(field, text);
    }
    void openDialog()
    {
        openSettled(u"overview"_s);
        QTest::qWait(100); // first paints, style caches: not of the job
        Watchdog::reset();
        QTest::mouseClick(named<QToolButton>(*m_window, "addHostButton"), Qt::LeftButton);
        QTRY_VERIFY(dialog() && dialog()->isVisible());
    }
    /// A row of the list at the left: its role's text.
    QString inList(const QString &host, int role) const
    {
        const auto *model = m_window->findChild<QTreeView *>(u"sideTree"_s)->model();
        for (int row = 0; row < model->rowCount(); ++row)
            if (model->index(row, 0).data(KeepsModel::KeyRole).toString() == host)
                return model->index(row, 0).data(role).toString();
        return {};
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

    void aHostIsCheckedAndAdded()
    {
        openDialog();
        QVERIFY(!button("hostAdd")->isEnabled() && !button("hostAdd")->toolTip().isEmpty());
        QVERIFY2(unnamedWidgets(dialog()).isEmpty(), qPrintable(unnamedWidgets(dialog()).join(u'\n')));
        QVERIFY2(unexplainedControls(dialog()).isEmpty(), qPrintable(unexplainedControls(dialog()).join(u'\n')));
        // Only what may be opened can be added; why is said in words.
        type("hostAddress", u"http://epyc1/"_s);
        QVERIFY(labels(dialog(), u"its scheme is not known"_s) == 1);
        QVERIFY(!button("hostLook")->isEnabled());
        type("hostAddress", u"emulated"_s);
        QVERIFY(!button("hostAdd")->isEnabled());
        type("hostAddress", u"qemu+ssh://epyc1/system"_s);
        type("hostName", u"epyc1"_s);
        press("hostLook");
        QTRY_VERIFY(labels(dialog(), u"Keeps can run under SEV-SNP."_s) == 1);
        QVERIFY(labels(dialog(), u"SEV-SNP, SEV-ES, SEV"_s) == 1);
        press("hostAdd");
        QTRY_VERIFY(!dialog());
        QVERIFY(settle(*m_window));
        QCOMPARE(m_window->currentPage()->link(), (Link{u"host"_s, u"qemu+ssh://epyc1/system"_s, {}}));
        QCOMPARE(inList(u"qemu+ssh://epyc1/system"_s, Qt::DisplayRole), u"epyc1"_s);
        QVERIFY(inList(u"qemu+ssh://epyc1/system"_s, Qt::ToolTipRole).contains(u"Offers: SEV-SNP, SEV-ES, SEV."_s));
        const auto calls = m_engine->calls();
        QVERIFY(
            std::ranges::contains(calls, "look qemu+ssh://epyc1/system") && std::ranges::contains(calls, "add qemu+ssh://epyc1/system"));
        // Twice is once.
        QTest::mouseClick(named<QToolButton>(*m_window, "addHostButton"), Qt::LeftButton);
        QTRY_VERIFY(dialog());
        type("hostAddress", u"qemu+ssh://epyc1/system"_s);
        QVERIFY(labels(dialog(), u"on the list already"_s) == 1);
        QTest::keyClick(dialog(), Qt::Key_Escape);
        QTRY_VERIFY(!dialog());
    }

    void oneThatIsNotReadyIsAddedAllTheSame()
    {
        HostLook look;
        look.time = 1;
        look.state = "not ready";
        look.why = "ssh: connect to host oldbox port 22: No route to host";
        look.remedy = "See that the machine and its network work.";
        m_engine->setLook(look);
        openDialog();
        type("hostAddress", u"qemu+ssh://oldbox/system"_s);
        press("hostLook");
        QTRY_VERIFY(labels(dialog(), u"No route to host"_s) == 1);
        QVERIFY(labels(dialog(), u"See that the machine"_s) == 1);
        QVERIFY(button("hostAdd")->text().contains(u"all the same"_s));
        type("hostAddress", u"qemu+ssh://other/system"_s); // what was found was of another one
        for (const QLabel *label : dialog()->findChildren<QLabel *>())
            QVERIFY(!label->isVisible() || !label->text().contains(u"No route to host"_s));
        QVERIFY(!button("hostAdd")->text().contains(u"all the same"_s));
        type("hostAddress", u"qemu+ssh://oldbox/system"_s);
        m_engine->failNext("add");
        press("hostAdd");
        QTRY_VERIFY(dialog()->findChild<MessageBar *>()->plainText().contains(u"no space left"_s));
        press("hostAdd");
        QTRY_VERIFY(!dialog());
    }

    void clustersAreOfferedFromTheKubeconfig()
    {
        m_engine->setClusters({sampleCluster()});
        openDialog();
        const auto kinds = dialog()->findChild<Segments *>()->findChildren<QToolButton *>();
        QTest::mouseClick(kinds.at(1), Qt::LeftButton);
        QTRY_VERIFY(named<ChoiceCard>(*dialog(), "cluster-kubevirt://lab/keeps"));
        QTest::mouseClick(named<ChoiceCard>(*dialog(), "cluster-kubevirt://lab/keeps"), Qt::LeftButton);
        QCOMPARE(named<QLineEdit>(*dialog(), "hostAddress")->text(), u"kubevirt://lab/keeps"_s);
        QVERIFY(button("hostAdd")->isEnabled());
        m_engine->failNext("clusters");
        QTest::mouseClick(kinds.at(0), Qt::LeftButton);
        QTest::mouseClick(kinds.at(1), Qt::LeftButton);
        QTRY_VERIFY(dialog()->findChild<MessageBar *>()->plainText().contains(u"no space left"_s));
        QTest::mouseClick(button("hostCancel"), Qt::LeftButton);
        QTRY_VERIFY(!dialog());
    }

    void oneIsTakenOffTheListUnlessKeepsRunThere()
    {
        m_engine->addHost(sampleReadyMachineHost());
        KeepStatus keep = sampleKeep("ledger", 9, KeepState::Running);
        keep.plan.host = sampleReadyMachineHost().id;
        const std::string key = m_engine->addKeep(keep, {});
        openSettled(u"host/emulated"_s);
        QVERIFY(!named<QPushButton>(*page(), "removeHostButton")->isVisible()); // it is always there
        m_window->go({u"host"_s, u"qemu+ssh://epyc1/system"_s, {}});
        QVERIFY(settle(*m_window));
        QTest::qWait(100);
        Watchdog::reset();
        auto *remove = named<QPushButton>(*page(), "removeHostButton");
        QVERIFY(remove->isVisible() && !remove->isEnabled() && remove->toolTip().contains(u"a keep runs there"_s));
        QCOMPARE(inList(u"qemu+ssh://epyc1/system"_s, KeepsModel::WordRole), u"1"_s);
        m_engine->setState(key, KeepState::Stopped, {});
        m_window->workspace().directory.refreshKeeps();
        QTRY_VERIFY(remove->isEnabled());
        QTest::mouseClick(remove, Qt::LeftButton);
        QTRY_VERIFY(m_window->findChild<Notice *>());
        QVERIFY(m_window->findChild<Notice *>()->text().contains(u"evidence is kept"_s));
        QTest::mouseClick(m_window->findChild<Notice *>()->findChild<QPushButton *>(u"confirmGo"_s), Qt::LeftButton);
        QTRY_COMPARE(m_window->currentPage()->link().page, u"overview"_s);
        QVERIFY(settle(*m_window));
        QVERIFY(!m_window->workspace().directory.host(u"qemu+ssh://epyc1/system"_s));
    }
};

KASTELLAN_GUI_TEST(TestGuiHostList)
#include "test_gui_host_list.moc"
