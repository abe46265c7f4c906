// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/page_parts.h"

#include "ui/theme/icons.h"
#include "ui/widgets/labels.h"

#include <QAction>
#include <QLineEdit>
#include <QShortcut>
#include <QToolButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

QVBoxLayout *pageLayout(QWidget *page)
{
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(24, 18, 24, 18);
    layout->setSpacing(12);
    return layout;
}

QLineEdit *searchField(const QString &accessibleName, QWidget *parent)
{
    auto *field = new QLineEdit(parent);
    field->setPlaceholderText(QLineEdit::tr("Search"));
    field->setAccessibleName(accessibleName);
    field->setClearButtonEnabled(true);
    field->addAction(icon(u"search"_s, Tone::Muted), QLineEdit::LeadingPosition);
    const auto buttons = field->findChildren<QToolButton *>();
    for (QToolButton *button : buttons)
        button->setAccessibleName(QLineEdit::tr("Clear the search"));
    return field;
}

QWidget *listHeader(QWidget *page, const QString &title, const QString &text, const QString &searchName, QLineEdit **search)
{
    auto *header = new QWidget(page);
    auto *layout = new QHBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(16);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(new Label(title, Label::Kind::Title, Tone::Plain, header));
    words->addWidget(new Label(text, Label::Kind::Body, Tone::Muted, header));
    layout->addLayout(words, 1);
    *search = searchField(searchName, header);
    (*search)->setFixedWidth(260);
    layout->addWidget(*search, 0, Qt::AlignBottom);
    auto *find = new QShortcut(QKeySequence::Find, page);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    QObject::connect(find, &QShortcut::activated, *search, [field = *search] {
        field->setFocus(Qt::ShortcutFocusReason);
        field->selectAll();
    });
    return header;
}

} // namespace kastellan::ui
