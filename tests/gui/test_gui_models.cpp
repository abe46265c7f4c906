// SPDX-License-Identifier: Apache-2.0
// Models and what they are made of: held to Qt's rules for models while they change, and to WCAG for colours.
#include "tests/gui/support/fake_engine.h"
#include "tests/gui/support/gui_test.h"
#include "ui/data/log_lines.h"
#include "ui/history.h"
#include "ui/models/findings_model.h"
#include "ui/models/keeps_model.h"
#include "ui/models/table_model.h"
#include "ui/pages/record_table.h"
#include "ui/text.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

using namespace kastellan;
using namespace kastellan::test;
using namespace kastellan::ui;
using namespace Qt::StringLiterals;

class TestGuiModels : public QObject {
    Q_OBJECT

    static LogEntry entry(LogEntry::Stream stream, const char *text) { return {stream, 1, 0, toBytes(std::string_view(text))}; }

private Q_SLOTS:
    void keepsFollowTheDirectory()
    {
        const auto engine = FakeEngine::make();
        Workspace space(engine->services());
        KeepsModel model(space.directory);
        KeepsFilter filter;
        filter.setSourceModel(&model);
        QAbstractItemModelTester modelTester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::Fatal);
        space.directory.refreshHosts();
        space.directory.refreshKeeps();
        QTRY_VERIFY(space.directory.isLoaded());
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.rowCount(model.index(0, 0)), 0);

        const std::string first = engine->addKeep(sampleKeep("first", 1, KeepState::Stopped), {});
        engine->addKeep(sampleKeep("second", 2, KeepState::Running), {});
        KeepStatus stranger = sampleKeep("stranger", 3, KeepState::Failed);
        stranger.plan.host = "qemu+ssh://gone/system";
        engine->addKeep(stranger, {});
        space.directory.refreshKeeps();
        QTRY_COMPARE(model.rowCount(), 3); // the host that only a keep knows
        const QModelIndex emulated = model.indexOfHost(u"emulated"_s);
        QCOMPARE(model.rowCount(emulated), 2);
        QCOMPARE(model.index(0, 0, emulated).data().toString(), u"second"_s); // newest first

        filter.setSearch(u"stopped"_s);
        QCOMPARE(filter.rowCount(), 1);
        QCOMPARE(filter.rowCount(filter.index(0, 0)), 1);
        filter.setSearch(u"no such thing"_s);
        QCOMPARE(filter.rowCount(), 0);
        filter.setSearch({});

        KeepStatus changed = engine->keep(first);
        changed.state = KeepState::Suspect;
        QSignalSpy spy(&model, &QAbstractItemModel::dataChanged);
        space.directory.update(changed);
        QCOMPARE(spy.count(), 2); // the keep, and its host, which counts what runs there
        QCOMPARE(model.indexOfKeep(QString::fromStdString(first)).data(KeepsModel::WordRole).toString(), u"suspect"_s);
        space.directory.forget(QString::fromStdString(first));
        QVERIFY(!model.indexOfKeep(QString::fromStdString(first)).isValid());
        QCOMPARE(model.rowCount(emulated), 1);
    }

    void tenThousandKeepsDoNotHoldTheWindow()
    {
        const auto engine = FakeEngine::make();
        for (int i = 0; i < 10'000; ++i) {
            KeepStatus status = sampleKeep("keep " + std::to_string(i), static_cast<unsigned char>(i), KeepState::Stopped);
            status.plan.image.clear();
            status.plan.id.bytes[0] = static_cast<unsigned char>(i >> 8);
            engine->addKeep(status, {});
        }
        Workspace space(engine->services());
        KeepsModel model(space.directory);
        space.directory.refreshKeeps();
        QTRY_COMPARE(model.rowCount(model.indexOfHost(u"emulated"_s)), 10'000);
    }

    void findingsAreGroupedAndFiltered()
    {
        FindingsModel model;
        FindingsFilter filter;
        filter.setSourceModel(&model);
        QAbstractItemModelTester modelTester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::Fatal);
        const Appraisal refused = sampleAppraisal(Verdict::Refused);
        model.setFindings(refused.findings);
        QCOMPARE(model.count(), static_cast<int>(refused.findings.size()));
        QCOMPARE(model.count(kastellan::Outcome::Fail), 1);
        const Finding *concern = model.finding(model.firstOfConcern());
        QVERIFY(concern);
        QCOMPARE(concern->id, std::string("launch.digest"));
        filter.setShow(FindingsFilter::Show::Fails);
        QCOMPARE(filter.rowCount(), 1);
        QCOMPARE(filter.rowCount(filter.index(0, 0)), 1);
        filter.setShow(FindingsFilter::Show::All);
        filter.setSearch(u"signature ecdsa"_s);
        QCOMPARE(filter.rowCount(), 1);
        model.setFindings({});
        QCOMPARE(filter.rowCount(), 0);
    }

    void tablesGrowAtTheTop()
    {
        TableModel model({u"A"_s, u"B"_s});
        TableFilter filter;
        filter.setSourceModel(&model);
        QAbstractItemModelTester modelTester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::Fatal);
        const TableModel::Row one{u"1"_s, {{.text = u"one"_s}, {.text = u"x"_s, .sort = 10}}},
            two{u"2"_s, {{.text = u"two"_s}, {.text = u"y"_s, .sort = 9}}};
        model.setRows({one});
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset), inserted(&model, &QAbstractItemModel::rowsInserted);
        model.setRows({two, one});
        QCOMPARE(inserted.count(), 1);
        QCOMPARE(reset.count(), 0);
        filter.sort(1, Qt::AscendingOrder);
        QCOMPARE(filter.index(0, 0).data(TableModel::KeyRole).toString(), u"2"_s); // by number, not by text
        filter.setSearch(u"ONE"_s);
        QCOMPARE(filter.rowCount(), 1);
    }

    void aPurgeHasNoVerdict()
    {
        std::vector<RecordSummary> records(2);
        records[0].kind = "purge";
        records[0].verdict = "undecided";
        records[1].kind = "reappraisal";
        records[1].verdict = "trusted";
        const auto rows = recordRows(records, false);
        QCOMPARE(rows.size(), 2U);
        QCOMPARE(rows[0].cells[1].text, u"–"_s);
        QCOMPARE(rows[1].cells[1].text, u"Trusted"_s);
        QVERIFY(rows[0].cells[2].text != u"purge"_s && rows[1].cells[2].text != u"reappraisal"_s);
    }

    void historyGoesBackAndForward()
    {
        History history;
        history.visit({u"a"_s, {}, {}});
        history.visit({u"b"_s, {}, {}});
        history.visit({u"b"_s, {}, {}});
        QCOMPARE(history.back().page, u"a"_s);
        QVERIFY(!history.canGoBack());
        QCOMPARE(history.forward().page, u"b"_s);
        (void)history.back();
        history.visit({u"c"_s, {}, {}});
        QVERIFY(!history.canGoForward());
    }

    void linksAreTextAndBack()
    {
        for (const Link &link :
            {Link{u"overview"_s, {}, {}}, Link{u"host"_s, u"qemu+ssh://a/system"_s, {}}, Link{u"keep"_s, u"00ff"_s, u"output"_s}})
            QCOMPARE(linkFromText(toText(link)).value_or(Link{}), link);
        QVERIFY(!linkFromText(u"a/b/c/d"_s));
        QVERIFY(!linkFromText({}));
    }

    void linesAreWholeAndVisible()
    {
        using Stream = LogEntry::Stream;
        LogLines lines;
        lines.add(entry(Stream::Out, "one\ntw"));
        lines.add(entry(Stream::Err, "bad\x1b[31m\n"));
        auto taken = lines.take(100, nullptr);
        QCOMPARE(taken.size(), 3);
        QCOMPARE(taken[0].text, u"one"_s);
        QVERIFY(!taken[1].text.contains(QChar(0x1b)));
        QVERIFY(taken[2].open);
        QCOMPARE(taken[2].text, u"tw"_s);
        lines.add(entry(Stream::Out, "o \xe2\x82")); // the euro sign, cut
        taken = lines.take(100, nullptr);
        QCOMPARE(taken.size(), 1);
        QCOMPARE(taken[0].text, u"two "_s);
        lines.add(entry(Stream::Out, "\xac\r\n"));
        taken = lines.take(100, nullptr);
        QCOMPARE(taken[0].text, u"two €"_s);
        QVERIFY(!taken[0].open);
    }

    void longLinesAreBroken()
    {
        LogLines lines;
        lines.add({LogEntry::Stream::Out, 1, 0, Bytes(1'000'000, 'x')});
        std::uint64_t dropped = 0;
        const auto taken = lines.take(10, &dropped);
        QVERIFY(taken.size() <= 11);
        QVERIFY(dropped > 200);
        for (const LogLine &line : taken)
            QVERIFY(line.text.size() <= LogLines::longestLine);
    }

    void textOfTheEngineIsHarmless()
    {
        QVERIFY(!shown("a\x1b]0;title\x07").contains(QChar(0x1b)));
        QVERIFY(!shownLine("two\nlines").contains(u'\n'));
        const ErrorText text = errorText({ErrorKind::Environment, "read the log", "/x", "it is gone", "Look elsewhere"});
        QCOMPARE(text.title, u"Cannot read the log."_s);
        QCOMPARE(text.detail, u"/x: it is gone. Look elsewhere."_s);
    }

    void textIsReadable_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void textIsReadable()
    {
        QFETCH(bool, dark);
        constexpr double readable = 4.5;
        const QPalette palette = makePalette(dark);
        const QColor chosenRow = toneColors(Tone::Accent, dark).fill;
        for (const Tone tone : allTones) {
            const ToneColors colors = toneColors(tone, dark);
            for (const QColor &behind : {palette.color(QPalette::Window), palette.color(QPalette::Base),
                     palette.color(QPalette::AlternateBase), colors.fill, chosenRow})
                QVERIFY2(contrast(colors.text, behind) >= readable,
                    qPrintable(u"tone %1: %2 on %3"_s.arg(static_cast<int>(tone)).arg(colors.text.name(), behind.name())));
            QVERIFY2(contrast(palette.color(QPalette::Text), colors.fill) >= readable,
                qPrintable(u"text on the fill of tone %1"_s.arg(static_cast<int>(tone))));
        }
        const std::pair<QPalette::ColorRole, QPalette::ColorRole> pairs[] = {{QPalette::WindowText, QPalette::Window},
            {QPalette::Text, QPalette::Base}, {QPalette::ButtonText, QPalette::Button}, {QPalette::HighlightedText, QPalette::Highlight},
            {QPalette::ToolTipText, QPalette::ToolTipBase}, {QPalette::PlaceholderText, QPalette::Base},
            {QPalette::Link, QPalette::Window}};
        for (const auto &[front, back] : pairs)
            QVERIFY2(contrast(palette.color(front), palette.color(back)) >= readable,
                qPrintable(u"%1 on %2"_s.arg(palette.color(front).name(), palette.color(back).name())));
        // Lines of controls (1.4.11): 3 to 1 where the line alone shows the control.
        QVERIFY(contrast(toneColors(Tone::Accent, dark).text, palette.color(QPalette::Window)) >= 3);
    }
};

KASTELLAN_GUI_TEST(TestGuiModels)
#include "test_gui_models.moc"
