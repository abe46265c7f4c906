// SPDX-License-Identifier: Apache-2.0
#include "ui/logs/log_painter.h"

#include "ui/theme/tones.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFontMetrics>
#include <QPainter>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int timeCharacters = 13; ///< "12:34:56.789 "
constexpr int signCharacters = 2;
constexpr qint64 nanosecondsInMs = 1'000'000;

} // namespace

void LogPainter::setLook(const QFont &font, const QPalette &palette)
{
    m_font = font;
    m_palette = palette;
    const QFontMetrics metrics(font);
    m_height = metrics.height() + 2;
    m_character = metrics.horizontalAdvance(u'0');
}

int LogPainter::textLeft() const
{
    return margin + (signCharacters + (m_times ? timeCharacters : 0)) * m_character;
}

QString LogPainter::sign(LogEntry::Stream stream)
{
    switch (stream) {
    case LogEntry::Stream::Event:
        return u"·"_s;
    case LogEntry::Stream::Err:
        return u"!"_s;
    case LogEntry::Stream::Console:
        return u"#"_s;
    default:
        return {};
    }
}

QString LogPainter::meaning(LogEntry::Stream stream)
{
    const auto text = [](const char *words) { return QCoreApplication::translate("LogPainter", words); };
    switch (stream) {
    case LogEntry::Stream::Event:
        return text(QT_TRANSLATE_NOOP("LogPainter", "event of the keep"));
    case LogEntry::Stream::Err:
        return text(QT_TRANSLATE_NOOP("LogPainter", "standard error"));
    case LogEntry::Stream::Console:
        return text(QT_TRANSLATE_NOOP("LogPainter", "console of the machine, where the host can write as well"));
    default:
        return text(QT_TRANSLATE_NOOP("LogPainter", "standard output"));
    }
}

QString LogPainter::timeText(qint64 at) const
{
    return at ? QDateTime::fromMSecsSinceEpoch(at / nanosecondsInMs).toString(u"HH:mm:ss.zzz"_s) : QString();
}

QColor LogPainter::colourOf(const LogRow &row) const
{
    if (row.damage)
        return toneColors(Tone::Negative, m_palette).text;
    switch (row.stream) {
    case LogEntry::Stream::Event:
    case LogEntry::Stream::Console:
        return toneColors(Tone::Muted, m_palette).text;
    case LogEntry::Stream::Err:
        return toneColors(Tone::Warning, m_palette).text;
    default:
        return m_palette.color(QPalette::Text);
    }
}

std::unique_ptr<QTextLayout> LogPainter::layout(const Line &line) const
{
    auto layout = std::make_unique<QTextLayout>(line.row.text, m_font);
    QTextOption option;
    option.setWrapMode(QTextOption::NoWrap);
    option.setTabStopDistance(8.0 * m_character);
    layout->setTextOption(option);
    QList<QTextLayout::FormatRange> formats;
    QTextCharFormat plain;
    plain.setForeground(colourOf(line.row));
    plain.setFontItalic(line.row.stream == LogEntry::Stream::Event);
    formats.append({0, static_cast<int>(line.row.text.size()), plain});
    if (!line.searched.pattern().isEmpty()) {
        QTextCharFormat found;
        found.setBackground(toneColors(Tone::Info, m_palette).fill);
        found.setForeground(toneColors(Tone::Info, m_palette).text);
        found.setFontUnderline(true); // not by colour alone
        for (auto matches = line.searched.globalMatch(line.row.text); matches.hasNext();) {
            const QRegularExpressionMatch match = matches.next();
            if (match.capturedLength() > 0)
                formats.append({static_cast<int>(match.capturedStart()), static_cast<int>(match.capturedLength()), found});
        }
    }
    if (line.selectedFrom >= 0) {
        QTextCharFormat selected;
        selected.setBackground(m_palette.color(QPalette::Highlight));
        selected.setForeground(m_palette.color(QPalette::HighlightedText));
        formats.append(
            {line.selectedFrom, std::min(line.selectedTo, static_cast<int>(line.row.text.size())) - line.selectedFrom, selected});
    }
    layout->setFormats(formats);
    layout->beginLayout();
    QTextLine text = layout->createLine();
    if (text.isValid())
        text.setLineWidth(1e7);
    layout->endLayout();
    return layout;
}

void LogPainter::paint(QPainter &painter, const Line &line, const QTextLayout &layout, QPoint at, int width) const
{
    const QRect whole(at.x(), at.y(), width, m_height);
    if (line.current)
        painter.fillRect(whole, m_palette.color(QPalette::AlternateBase));
    if (line.selectedFrom >= 0 && line.selectedTo > line.row.text.size()) { // the line end
        const qreal end = layout.lineCount() ? layout.lineAt(0).naturalTextWidth() : 0;
        painter.fillRect(QRectF(at.x() + textLeft() + end, at.y(), m_character / 2.0, m_height), m_palette.color(QPalette::Highlight));
    }
    painter.setFont(m_font);
    const auto write = [&](int left, const QString &text, const QColor &colour) {
        painter.setPen(colour);
        painter.drawText(QRect(at.x() + left, at.y(), width, m_height), Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine, text);
    };
    if (line.bookmarked) {
        painter.fillRect(QRect(at.x(), at.y(), 3, m_height), toneColors(Tone::Accent, m_palette).text);
        write(4, u"▸"_s, toneColors(Tone::Accent, m_palette).text);
    }
    write(margin, sign(line.row.stream), colourOf(line.row));
    if (m_times)
        write(margin + signCharacters * m_character, timeText(line.row.at), toneColors(Tone::Muted, m_palette).text);
    layout.draw(&painter, QPointF(at.x() + textLeft(), at.y() + 1));
}

} // namespace kastellan::ui
