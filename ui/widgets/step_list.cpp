// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/step_list.h"

#include "ui/theme/icons.h"

#include <QLocale>
#include <QPainter>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int dot = 24, gap = 12, between = 14;
}

StepList::StepList(const QString &accessibleName, QWidget *parent)
    : QWidget(parent)
    , m_name(accessibleName)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(m_name);
}

void StepList::setSteps(const QList<Step> &steps)
{
    if (m_steps == steps)
        return;
    m_steps = steps;
    QStringList lines;
    for (const Step &step : steps) {
        static const QStringList words{tr("to do"), tr("current"), tr("in progress"), tr("done"), tr("failed")};
        lines += u"%1 (%2) %3 %4"_s.arg(step.title, words[static_cast<int>(step.state)], step.aside, step.detail).trimmed();
    }
    setAccessibleDescription(lines.join(u"; "_s));
    updateGeometry();
    update();
}

void StepList::setWrapped(bool wrapped)
{
    m_wrapped = wrapped;
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(wrapped);
    setSizePolicy(policy);
    updateGeometry();
}

int StepList::detailHeight(const Step &step, int room) const
{
    if (step.detail.isEmpty())
        return 0;
    if (!m_wrapped)
        return fontMetrics().height();
    return fontMetrics().boundingRect(QRect(0, 0, std::max(60, room), 20000), Qt::TextWordWrap, step.detail).height();
}

int StepList::heightOf(const Step &step, int width) const
{
    const int detail = detailHeight(step, width - dot - gap);
    return std::max(dot, fontMetrics().height() + (detail ? detail + 2 : 0)) + between;
}

int StepList::heightForWidth(int width) const
{
    int height = 0;
    for (const Step &step : m_steps)
        height += heightOf(step, width);
    return std::max(0, height - between);
}

QSize StepList::sizeHint() const
{
    int height = 0, width = 0;
    for (const Step &step : m_steps) {
        height += heightOf(step, 460 + dot + gap);
        width =
            std::max({width, fontMetrics().horizontalAdvance(step.title + step.aside) + 24, fontMetrics().horizontalAdvance(step.detail)});
    }
    return {dot + gap + std::min(width, 460), std::max(0, height - between)};
}

void StepList::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    const QColor muted = toneColors(Tone::Muted, palette()).text;
    int y = 0;
    for (qsizetype i = 0; i < m_steps.size(); ++i) {
        const Step &step = m_steps[i];
        const int height = heightOf(step, this->width());
        const Tone tone = step.state == State::Failed ? Tone::Negative
            : step.state == State::Done               ? Tone::Positive
            : step.state == State::Todo               ? Tone::Muted
                                                      : Tone::Accent;
        const ToneColors colors = toneColors(tone, palette());
        const QRectF circle(mirrored ? width() - dot : 0, y, dot, dot);
        if (i + 1 < m_steps.size()) {
            painter.setPen(QPen(palette().color(QPalette::Mid), 2));
            painter.drawLine(QPointF(circle.center().x(), y + dot + 3), QPointF(circle.center().x(), y + height - 3));
        }
        const bool active = step.state == State::Current || step.state == State::Busy;
        painter.setPen(QPen(step.state == State::Todo ? palette().color(QPalette::Dark) : colors.text, 1.5));
        painter.setBrush(active ? QBrush(palette().color(QPalette::Highlight))
                                : QBrush(step.state == State::Todo ? palette().color(QPalette::Base) : colors.fill));
        painter.drawEllipse(circle.adjusted(1, 1, -1, -1));
        const QString symbol = step.state == State::Done ? u"check"_s
            : step.state == State::Failed                ? u"cross"_s
            : step.state == State::Busy                  ? u"progress"_s
                                                         : QString();
        if (!symbol.isEmpty()) {
            paintSymbol(painter, symbol, circle.adjusted(5, 5, -5, -5), active ? palette().color(QPalette::HighlightedText) : colors.text);
        } else {
            painter.setPen(active ? palette().color(QPalette::HighlightedText) : muted);
            painter.drawText(circle, Qt::AlignCenter, locale().toString(i + 1));
        }
        const int x = mirrored ? 0 : dot + gap, room = width() - dot - gap;
        const QRect line(x, y + (step.detail.isEmpty() ? (dot - fontMetrics().height()) / 2 : 1), room, fontMetrics().height());
        QFont font = this->font();
        font.setWeight(active ? QFont::DemiBold : QFont::Normal);
        painter.setFont(font);
        const int asideWidth = step.aside.isEmpty() ? 0 : fontMetrics().horizontalAdvance(step.aside) + 12;
        painter.setPen(step.state == State::Todo ? muted
                : step.state == State::Failed    ? colors.text
                                                 : palette().color(QPalette::WindowText));
        painter.drawText(line.adjusted(mirrored ? asideWidth : 0, 0, mirrored ? 0 : -asideWidth, 0), Qt::AlignLeading | Qt::AlignVCenter,
            QFontMetrics(font).elidedText(step.title, Qt::ElideRight, room - asideWidth));
        painter.setFont(this->font());
        painter.setPen(muted);
        if (asideWidth)
            painter.drawText(line, Qt::AlignTrailing | Qt::AlignVCenter, step.aside);
        if (!step.detail.isEmpty() && m_wrapped)
            painter.drawText(QRect(x, line.bottom() + 3, room, detailHeight(step, room)),
                static_cast<int>(Qt::AlignLeading | Qt::AlignTop) | Qt::TextWordWrap, step.detail);
        else if (!step.detail.isEmpty())
            painter.drawText(line.translated(0, fontMetrics().height() + 2), Qt::AlignLeading | Qt::AlignVCenter,
                fontMetrics().elidedText(step.detail, Qt::ElideRight, room));
        y += height;
    }
}

} // namespace kastellan::ui
