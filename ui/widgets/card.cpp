// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/card.h"

#include "ui/theme/style_parts.h"
#include "ui/widgets/labels.h"

#include <QPainter>
#include <QScrollArea>

namespace kastellan::ui {

Card::Card(const QString &heading, QWidget *parent)
    : QFrame(parent)
    , m_body(new QVBoxLayout(this))
{
    m_body->setContentsMargins(16, 14, 16, 14);
    m_body->setSpacing(10);
    if (!heading.isEmpty())
        setHeading(heading);
}

void Card::setHeading(const QString &heading)
{
    if (!m_heading) {
        m_heading = new Label({}, Label::Kind::Heading, Tone::Plain, this);
        m_body->insertWidget(0, m_heading);
    }
    m_heading->setText(heading);
}

void Card::setTone(std::optional<Tone> tone)
{
    m_tone = tone;
    update();
}

void Card::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    if (m_tone) {
        const ToneColors colors = toneColors(*m_tone, palette());
        parts::roundedBox(painter, rect(), colors.fill, colors.line, 8);
    } else {
        parts::roundedBox(painter, rect(), palette().color(QPalette::Base), palette().color(QPalette::Mid), 8);
    }
}

FactList::FactList(QWidget *parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(20);
    m_grid->setVerticalSpacing(7);
    m_grid->setColumnStretch(1, 1);
}

void FactList::clear()
{
    while (QLayoutItem *item = m_grid->takeAt(0)) {
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    m_rows = 0;
}

void FactList::add(const QString &name, const QString &value, bool code)
{
    QString text = value;
    if (code) // a place to break a long digest at, which copying leaves out of nothing that matters
        for (qsizetype i = text.size() - 8; i > 0; i -= 8)
            if (!text.mid(i - 8, 16).contains(u' ') && !text.contains(u'\n'))
                text.insert(i, QChar(0x200b));
    addWidget(name, new Label(text, code ? Label::Kind::Code : Label::Kind::Value, Tone::Plain, this));
}

void FactList::addWidget(const QString &name, QWidget *widget)
{
    auto *label = new Label(name, Label::Kind::Body, Tone::Muted, this);
    label->setWordWrap(false);
    m_grid->addWidget(label, m_rows, 0, Qt::AlignTop | Qt::AlignLeading);
    m_grid->addWidget(widget, m_rows, 1, Qt::AlignTop);
    ++m_rows;
}

ScrollPage::ScrollPage(const QString &accessibleName, int maximumWidth, QWidget *parent, Margins margins)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setAccessibleName(accessibleName);
    area->setFocusPolicy(Qt::NoFocus);
    outer->addWidget(area);
    auto *canvas = new QWidget;
    auto *centred = new QHBoxLayout(canvas);
    if (margins == Margins::Page)
        centred->setContentsMargins(24, 20, 24, 24);
    else
        centred->setContentsMargins(0, 0, 0, 0);
    auto *content = new QWidget(canvas);
    content->setMaximumWidth(maximumWidth);
    m_body = new QVBoxLayout(content);
    m_body->setContentsMargins(0, 0, 0, 0);
    m_body->setSpacing(14);
    centred->addStretch(1);
    centred->addWidget(content, 1000);
    centred->addStretch(1);
    area->setWidget(canvas);
}

} // namespace kastellan::ui
