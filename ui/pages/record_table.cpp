// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/record_table.h"

#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/message_bar.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::RecordTable", text);
}

} // namespace

QStringList recordHeaders(bool withKeep)
{
    QStringList headers{tr("When"), tr("Verdict")};
    if (withKeep)
        headers << tr("Keep") << tr("Host");
    return headers << tr("Kind") << tr("Record");
}

std::vector<TableModel::Row> recordRows(const std::vector<RecordSummary> &records, bool withKeep)
{
    std::vector<TableModel::Row> rows;
    rows.reserve(records.size());
    for (const RecordSummary &record : records) {
        const Sign sign = verdictSign(record.verdict);
        TableModel::Row row;
        row.key = shownLine(record.id);
        row.cells.push_back({.text = when(record.created), .sort = static_cast<qint64>(record.created), .tip = whenInFull(record.created)});
        if (record.kind == "purge") // names records that were taken away; appraises nothing
            row.cells.push_back({.text = u"–"_s, .tone = Tone::Muted});
        else
            row.cells.push_back({.text = sign.word, .symbol = sign.symbol, .tone = sign.tone, .emulated = record.emulated});
        if (withKeep) {
            row.cells.push_back({.text = shownLine(record.keepName), .tip = shownLine(record.keepName) + u' ' + shownLine(record.keep)});
            row.cells.push_back({.text = shownLine(record.host)});
        }
        row.cells.push_back({.text = recordKind(record.kind)});
        row.cells.push_back({.text = row.key, .code = true});
        rows.push_back(std::move(row));
    }
    return rows;
}

QPushButton *exportButton(
    Workspace &workspace, MessageBar *message, std::function<QString()> record, std::function<QString()> name, QWidget *parent)
{
    auto *button = new QPushButton(icon(u"export"_s), tr("E&xport"), parent);
    auto *menu = new QMenu(button);
    struct Choice {
        ExportFormat format;
        QString text, filter;
    };
    const Choice choices[] = {
        {ExportFormat::Html, tr("&HTML page, for a colleague…"), tr("HTML page (*.html)")},
        {ExportFormat::Pdf, tr("&PDF report, to print or file…"), tr("PDF document (*.pdf)")},
        {ExportFormat::Json, tr("&JSON, for a program…"), tr("JSON (*.json)")},
        {ExportFormat::Bundle, tr("&Bundle with raw evidence and signature, for an auditor…"), tr("Bundle (*.zip)")},
    };
    for (const Choice &choice : choices) {
        QAction *action = menu->addAction(choice.text);
        QObject::connect(action, &QAction::triggered, button, [=, &workspace] {
            const QString id = record();
            if (id.isEmpty())
                return;
            const QString safe = name().replace(QRegularExpression(u"[^A-Za-z0-9._-]+"_s), u"-"_s).left(60);
            const QString suggestion = u"%1-%2.%3"_s.arg(safe.isEmpty() ? u"keep"_s : safe, id.left(9), fileSuffix(choice.format));
            QString file = dialogs::saveFile(button, tr("Export evidence"), suggestion, choice.filter);
            if (file.isEmpty())
                return;
            if (QFileInfo(file).suffix().isEmpty())
                file += u'.' + fileSuffix(choice.format);
            workspace.records.exportTo(id, choice.format, file, message, [=, &workspace](const Status &status) {
                if (!status) {
                    message->showError(status.error());
                    return;
                }
                message->showText(KMessageWidget::Positive, tr("Exported."), file);
                workspace.say(tr("Exported to %1").arg(file));
            });
        });
    }
    button->setMenu(menu);
    return button;
}

} // namespace kastellan::ui
