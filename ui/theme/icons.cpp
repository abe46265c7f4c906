// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/icons.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// The SVG with its ink replaced. The symbols are drawn in black only.
QByteArray tinted(const QString &name, const QColor &color)
{
    QFile file(u":/icons/"_s + name + u".svg"_s);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return file.readAll().replace("#000", color.name().toLatin1());
}

class SymbolEngine : public QIconEngine {
public:
    SymbolEngine(QString name, std::optional<Tone> tone)
        : m_name(std::move(name))
        , m_tone(tone)
    {
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        paintSymbol(*painter, m_name, rect, color(mode));
    }

    QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State, qreal) override
    {
        const QColor ink = color(mode);
        const QString key = u"symbol:%1:%2:%3x%4"_s.arg(m_name, ink.name()).arg(size.width()).arg(size.height());
        QPixmap pixmap;
        if (!QPixmapCache::find(key, &pixmap)) {
            pixmap = QPixmap(size);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            paintSymbol(painter, m_name, QRectF({}, QSizeF(size)), ink);
            painter.end();
            QPixmapCache::insert(key, pixmap);
        }
        return pixmap;
    }
    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override { return scaledPixmap(size, mode, state, 1.0); }
    QIconEngine *clone() const override { return new SymbolEngine(*this); } // QIcon owns it
    QString iconName() override { return m_name; }
    bool isNull() override { return !QFile::exists(u":/icons/"_s + m_name + u".svg"_s); }

private:
    [[nodiscard]] QColor color(QIcon::Mode mode) const
    {
        const QPalette palette = QGuiApplication::palette();
        if (mode == QIcon::Disabled)
            return palette.color(QPalette::Disabled, QPalette::ButtonText);
        if (mode == QIcon::Selected)
            return palette.color(QPalette::HighlightedText);
        return m_tone ? toneColors(*m_tone, palette).text : palette.color(QPalette::ButtonText);
    }

    QString m_name;
    std::optional<Tone> m_tone;
};

} // namespace

QIcon icon(const QString &name, std::optional<Tone> tone)
{
    return QIcon(new SymbolEngine(name, tone));
}

void paintSymbol(QPainter &painter, const QString &name, const QRectF &rect, const QColor &color)
{
    QSvgRenderer renderer(tinted(name, color));
    if (!renderer.isValid())
        return;
    const qreal side = std::min(rect.width(), rect.height());
    renderer.render(&painter, QRectF(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side));
}

QPixmap programPicture(int side, qreal scale)
{
    QPixmap pixmap(static_cast<int>(side * scale), static_cast<int>(side * scale));
    pixmap.fill(Qt::transparent);
    pixmap.setDevicePixelRatio(scale);
    QPainter painter(&pixmap);
    QSvgRenderer renderer(u":/icons/kastellan.svg"_s);
    renderer.render(&painter, QRectF(0, 0, side, side));
    return pixmap;
}

QIcon programIcon()
{
    QIcon all; // made here: the plugin that reads SVG icons may not be installed
    for (const int side : {16, 24, 32, 48, 64, 128})
        all.addPixmap(programPicture(side, 1));
    return all;
}

} // namespace kastellan::ui
