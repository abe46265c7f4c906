// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/labels.h"

#include <QEvent>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QPainter>
#include <QScopedValueRollback>

namespace kastellan::ui {

namespace {

QFont fontOf(Label::Kind kind, const QFont &base)
{
    QFont font = base;
    const qreal size = base.pointSizeF();
    switch (kind) {
    case Label::Kind::Title:
        font.setPointSizeF(size * 1.6);
        font.setWeight(QFont::DemiBold);
        break;
    case Label::Kind::Heading:
        font.setPointSizeF(size * 1.12);
        font.setWeight(QFont::DemiBold);
        break;
    case Label::Kind::Small:
        font.setPointSizeF(size * 0.92);
        break;
    case Label::Kind::Code:
        return codeFont();
    case Label::Kind::Body:
    case Label::Kind::Value:
        break;
    }
    return font;
}

} // namespace

QFont codeFont()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(QFont().pointSizeF() * 0.95);
    return font;
}

Label::Label(const QString &text, Kind kind, Tone tone, QWidget *parent)
    : QLabel(text, parent)
    , m_tone(tone)
{
    setTextFormat(Qt::PlainText);
    setFont(fontOf(kind, font()));
    if (kind != Kind::Title && kind != Kind::Heading)
        setWordWrap(true);
    if (kind == Kind::Value || kind == Kind::Code) // by mouse only: a stop for every value would bury the controls
        setTextInteractionFlags(Qt::TextSelectableByMouse);
    if (tone != Tone::Plain)
        colour();
}

void Label::setTone(Tone tone)
{
    if (m_tone == tone)
        return;
    m_tone = tone;
    colour();
}

void Label::colour()
{
    if (m_colouring)
        return;
    const QScopedValueRollback guard(m_colouring, true); // a palette that is set is a palette that changes
    QPalette own;
    if (m_tone != Tone::Plain)
        for (const auto group : {QPalette::Active, QPalette::Inactive})
            own.setColor(group, QPalette::WindowText, toneColors(m_tone, QGuiApplication::palette()).text);
    setPalette(own);
}

void Label::changeEvent(QEvent *event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::ApplicationPaletteChange && m_tone != Tone::Plain)
        colour();
}

ElidedLabel::ElidedLabel(const QString &text, Label::Kind kind, Tone tone, Qt::TextElideMode mode, QWidget *parent)
    : QWidget(parent)
    , m_tone(tone)
    , m_mode(mode)
{
    setFont(fontOf(kind, font()));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setText(text);
}

void ElidedLabel::setText(const QString &text)
{
    if (m_text == text)
        return;
    m_text = text;
    setAccessibleName(text);
    setToolTip(text.toHtmlEscaped());
    updateGeometry();
    update();
}

void ElidedLabel::setTone(Tone tone)
{
    m_tone = tone;
    update();
}

QSize ElidedLabel::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(m_text) + 2, fontMetrics().height()};
}

QSize ElidedLabel::minimumSizeHint() const
{
    return {std::min(sizeHint().width(), fontMetrics().averageCharWidth() * 6), fontMetrics().height()};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(m_tone == Tone::Plain ? palette().color(foregroundRole()) : toneColors(m_tone, palette()).text);
    painter.drawText(rect(), Qt::AlignVCenter | Qt::AlignLeading | Qt::TextSingleLine, fontMetrics().elidedText(m_text, m_mode, width()));
}

} // namespace kastellan::ui
