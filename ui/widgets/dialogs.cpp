// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/dialogs.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>

namespace kastellan::ui::dialogs {

using namespace Qt::StringLiterals;

namespace {
Ask answer;
}

void answerWith(Ask ask) { answer = std::move(ask); }

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
    auto *box = new QMessageBox(QMessageBox::NoIcon, title, title, QMessageBox::Cancel, parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(consequence);
    box->setObjectName(u"confirm"_s);
    QPushButton *go = box->addButton(action, QMessageBox::DestructiveRole);
    go->setObjectName(u"confirmGo"_s);
    box->setDefaultButton(QMessageBox::Cancel);
    QObject::connect(box, &QMessageBox::buttonClicked, parent, [box, go, agreed](QAbstractButton *button) {
        if (button == go)
            agreed();
        box->close();
    });
    box->open();
}

} // namespace kastellan::ui::dialogs
