// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/message_bar.h"

#include "ui/text.h"
#include "ui/theme/icons.h"

#include <QAction>
#include <QLabel>
#include <QToolButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

MessageBar::MessageBar(QWidget *parent)
    : KMessageWidget(parent)
{
    setTextFormat(Qt::RichText); // ours alone: all that comes from elsewhere is escaped
    setWordWrap(true);
    setCloseButtonVisible(true);
    hide();
    const auto buttons = findChildren<QToolButton *>();
    for (QToolButton *button : buttons) {
        if (QAction *close = button->defaultAction())
            close->setIcon(ui::icon(u"cross"_s));
        if (button->accessibleName().isEmpty())
            button->setAccessibleName(tr("Close the message"));
    }
    const auto labels = findChildren<QLabel *>();
    for (QLabel *label : labels) { // selected from by mouse; no stop for the keyboard
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setFocusPolicy(Qt::NoFocus);
    }
}

void MessageBar::showError(const kastellan::Error &error)
{
    const ErrorText text = errorText(error);
    showText(error.kind == ErrorKind::Cancelled ? KMessageWidget::Information : KMessageWidget::Error, text.title, text.detail);
}

void MessageBar::showText(MessageType type, const QString &title, const QString &detail)
{
    static const std::pair<QString, Tone> signs[] = {
        {u"check"_s, Tone::Positive}, {u"info"_s, Tone::Info}, {u"warning"_s, Tone::Warning}, {u"cross"_s, Tone::Negative}};
    const auto &[symbol, tone] = signs[type];
    setMessageType(type);
    setIcon(ui::icon(symbol, tone));
    m_plain = detail.isEmpty() ? title : title + u'\n' + detail;
    QString html = u"<b>"_s + title.toHtmlEscaped() + u"</b>"_s;
    if (!detail.isEmpty())
        html += u"<br>"_s + detail.toHtmlEscaped().replace(u"\n"_s, u"<br>"_s);
    setText(html);
    setAccessibleName(m_plain);
    show();
}

void MessageBar::clear()
{
    m_plain.clear();
    clearActions();
    hide();
}

} // namespace kastellan::ui
