// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/svg_view.h"

#include "ui/theme/tones.h"

#include <QEvent>
#include <QPainter>

namespace kastellan::ui {

namespace {
constexpr int widest = 1000, narrowest = 560;
}

SvgView::SvgView(QWidget *parent)
    : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setMinimumWidth(320);
}

void SvgView::setSource(Source source, const QString &description)
{
    m_source = std::move(source);
    m_loadedWidth = 0;
    setAccessibleDescription(description);
    setToolTip({});
    load();
    updateGeometry();
    update();
}

QSize SvgView::sizeHint() const
{
    return {widest, heightForWidth(widest)};
}

int SvgView::heightForWidth(int width) const
{
    load();
    const QSize size = m_renderer.defaultSize();
    if (size.isEmpty())
        return 0;
    // A height may have been asked for a width that we do not have yet; drawings differ little in shape between widths.
    const double shown = std::min(width, widest);
    return static_cast<int>(size.height() * shown / size.width() + 0.5);
}

void SvgView::load() const
{
    const int width = std::clamp(this->width(), narrowest, widest);
    const bool dark = isDark(palette());
    if (!m_source || (m_loadedWidth == width && m_loadedDark == dark))
        return;
    m_loadedWidth = width;
    m_loadedDark = dark;
    const std::string svg = m_source(dark ? Palette::Dark : Palette::Light, static_cast<unsigned>(width));
    m_renderer.load(QByteArray(svg.data(), static_cast<qsizetype>(svg.size())));
}

void SvgView::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    load();
    updateGeometry();
}

void SvgView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        load();
        update();
    }
    QWidget::changeEvent(event);
}

void SvgView::paintEvent(QPaintEvent *)
{
    load();
    const QSizeF size = m_renderer.defaultSize();
    if (size.isEmpty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double shown = std::min({static_cast<double>(width()), static_cast<double>(widest)});
    const double x = layoutDirection() == Qt::RightToLeft ? width() - shown : 0;
    m_renderer.render(&painter, QRectF(x, 0, shown, size.height() * shown / size.width()));
}

} // namespace kastellan::ui
