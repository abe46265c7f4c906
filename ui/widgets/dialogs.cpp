// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/dialogs.h"

#include "ui/widgets/notice.h"

#include <QFileDialog>
#include <QPushButton>

namespace kastellan::ui::dialogs {

using namespace Qt::StringLiterals;

namespace {
Ask answer;
}

void answerWith(Ask ask)
{
    answer = std::move(ask);
}

QString openFile(QWidget *parent, const QString &title, const QString &filter)
{
    return answer ? answer(parent, title, {}, filter) : QFileDialog::getOpenFileName(parent, title, {}, filter);
}

QString openFolder(QWidget *parent, const QString &title)
{
    return answer ? answer(parent, title, {}, {}) : QFileDialog::getExistingDirectory(parent, title);
}

QString saveFile(QWidget *parent, const QString &title, const QString &suggestion, const QString &filter)
{
    return answer ? answer(parent, title, suggestion, filter) : QFileDialog::getSaveFileName(parent, title, suggestion, filter);
}

void confirm(QWidget *parent, const QString &title, const QString &consequence, const QString &action, const std::function<void()> &agreed)
{
    auto *notice = new Notice(u"warning"_s, Tone::Warning, title, consequence, parent);
    QPushButton *go = notice->addButton(action);
    go->setObjectName(u"confirmGo"_s);
    go->setAutoDefault(false);
    notice->addButton(Notice::tr("Cancel"));
    QObject::connect(go, &QPushButton::clicked, parent, agreed);
    notice->open();
}

} // namespace kastellan::ui::dialogs
