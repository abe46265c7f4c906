// SPDX-License-Identifier: Apache-2.0
#include "ui/host/readiness_export.h"

#include "core/base/file.h"
#include "core/reports/readiness_html.h"
#include "ui/host/readiness_text.h"
#include "ui/report/readiness_pdf.h"
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
    return QCoreApplication::translate("kastellan::ui::ReadinessExport", text);
}

Result<Bytes> made(const Readiness &readiness, const QString &suffix)
{
    if (suffix == "html"_L1)
        return toBytes(std::string_view(readinessHtml(readiness)));
    if (suffix == "pdf"_L1)
        return readinessPdf(readiness);
    if (suffix == "json"_L1)
        return toBytes(std::string_view(toJson(readiness)));
    return toBytes(std::string_view(readinessText(readiness).toStdString()));
}

void write(Workspace &workspace, MessageBar *message, const ReadinessPointer &readiness, const QString &file, const QString &suffix)
{
    workspace.jobs.run<bool>(
        JobRunner::Lane::Shown, tr("Export the readiness report"), message,
        [readiness, path = std::filesystem::path(file.toStdString()), suffix](const Progress &, const std::stop_token &) -> Result<bool> {
            KASTELLAN_ASSIGN(const Bytes content, made(*readiness, suffix));
            KASTELLAN_TRY(writeFileAtomically(path, content, 0644));
            return true;
        },
        [message, file, &workspace](const Result<bool> &result) {
            if (!result) {
                message->showError(result.error());
                return;
            }
            message->showText(KMessageWidget::Positive, tr("Exported."), file);
            workspace.say(tr("Exported to %1").arg(file));
        });
}

} // namespace

QPushButton *readinessExportButton(Workspace &workspace, MessageBar *message, std::function<ReadinessPointer()> readiness, QWidget *parent)
{
    auto *button = new QPushButton(icon(u"export"_s), tr("E&xport"), parent);
    button->setObjectName(u"exportReadiness"_s);
    auto *menu = new QMenu(button);
    struct Choice {
        QString suffix, text, filter;
    };
    const Choice choices[] = {
        {u"html"_s, tr("&HTML page, for a colleague…"), tr("HTML page (*.html)")},
        {u"pdf"_s, tr("&PDF report, to print or file…"), tr("PDF document (*.pdf)")},
        {u"json"_s, tr("&JSON, for a program…"), tr("JSON (*.json)")},
        {u"txt"_s, tr("&Text, for a message…"), tr("Text (*.txt)")},
    };
    for (const Choice &choice : choices) {
        QAction *action = menu->addAction(choice.text);
        QObject::connect(action, &QAction::triggered, button, [=, &workspace] {
            const ReadinessPointer shownNow = readiness();
            if (!shownNow)
                return;
            QString name = QString::fromStdString(shownNow->host).replace(QRegularExpression(u"[^A-Za-z0-9._-]+"_s), u"-"_s).left(60);
            QString file =
                dialogs::saveFile(button, tr("Export the readiness report"), u"readiness-%1.%2"_s.arg(name, choice.suffix), choice.filter);
            if (file.isEmpty())
                return;
            if (QFileInfo(file).suffix().isEmpty())
                file += u'.' + choice.suffix;
            write(workspace, message, shownNow, file, choice.suffix);
        });
    }
    button->setMenu(menu);
    return button;
}

} // namespace kastellan::ui
