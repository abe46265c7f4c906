// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/drop_zone.h"

#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPainter>
#include <QUrl>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

QString workloadOf(const QMimeData *data)
{
    if (!data || !data->hasUrls())
        return {};
    const auto urls = data->urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return {};
    const QFileInfo info(urls.first().toLocalFile());
    static const QStringList kinds{u"wasm"_s, u"tar"_s, u"gz"_s, u"tgz"_s, u"zst"_s, u"zip"_s};
    return info.isDir() || (info.isFile() && kinds.contains(info.suffix().toLower())) ? info.absoluteFilePath() : QString();
}

QStringList pathsOf(const QMimeData *data)
{
    QStringList paths;
    if (!data || !data->hasUrls())
        return paths;
    const auto urls = data->urls();
    for (const QUrl &url : urls) {
        if (!url.isLocalFile())
            return {};
        paths += QFileInfo(url.toLocalFile()).absoluteFilePath();
    }
    return paths;
}

bool DropZone::takes(const QMimeData *data) const
{
    return m_files ? !pathsOf(data).isEmpty() : !workloadOf(data).isEmpty();
}

DropZone::DropZone(const QString &title, const QString &hint, QWidget *parent)
    : QPushButton(parent)
    , m_title(title)
    , m_hint(hint)
{
    setAcceptDrops(true);
    setAccessibleName(title);
    setAccessibleDescription(hint);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
}

QSize DropZone::sizeHint() const
{
    return {420, 34 + 2 * fontMetrics().height() + 46};
}

void DropZone::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ToneColors accent = toneColors(Tone::Accent, palette());
    const bool lit = m_over || underMouse() || isDown();
    QPen pen(lit ? accent.text : palette().color(QPalette::Dark), m_over ? 2 : 1.4, Qt::CustomDashLine, Qt::RoundCap);
    pen.setDashPattern({4, 4});
    painter.setPen(pen);
    painter.setBrush(lit ? accent.fill : palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 10, 10);
    const int line = fontMetrics().height(), block = 34 + 10 + 2 * line + 4;
    int y = (height() - block) / 2;
    paintSymbol(painter, u"drop"_s, QRectF((width() - 34) / 2.0, y, 34, 34), lit ? accent.text : toneColors(Tone::Muted, palette()).text);
    y += 44;
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    painter.setFont(strong);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(
        QRect(12, y, width() - 24, line), Qt::AlignCenter, QFontMetrics(strong).elidedText(m_title, Qt::ElideRight, width() - 24));
    painter.setFont(font());
    painter.setPen(toneColors(Tone::Muted, palette()).text);
    painter.drawText(
        QRect(12, y + line + 4, width() - 24, line), Qt::AlignCenter, fontMetrics().elidedText(m_hint, Qt::ElideRight, width() - 24));
    if (hasFocus())
        parts::focusRing(painter, QRectF(rect()), palette(), 11);
}

void DropZone::dragEnterEvent(QDragEnterEvent *event)
{
    if (!takes(event->mimeData()))
        return;
    event->acceptProposedAction();
    m_over = true;
    update();
}

void DropZone::dragLeaveEvent(QDragLeaveEvent *)
{
    m_over = false;
    update();
}

void DropZone::dropEvent(QDropEvent *event)
{
    m_over = false;
    update();
    if (!takes(event->mimeData()))
        return;
    event->acceptProposedAction();
    if (m_files)
        Q_EMIT filesDropped(pathsOf(event->mimeData()));
    else
        Q_EMIT dropped(workloadOf(event->mimeData()));
}

} // namespace kastellan::ui
