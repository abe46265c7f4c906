// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/reports/reports.h"

#include <QSvgRenderer>
#include <QWidget>

#include <functional>
#include <string>

namespace kastellan::ui {

/// A drawing of the engine (core/reports), made for the width and the palette at hand and painted as vectors at any scale.
class SvgView : public QWidget {
    Q_OBJECT

public:
    /// SVG text for a palette and a width in logical pixels.
    using Source = std::function<std::string(Palette, unsigned)>;

    explicit SvgView(QWidget *parent = nullptr);
    /// `description` says in words what the drawing shows.
    void setSource(Source source, const QString &description);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] bool hasHeightForWidth() const override { return true; }
    [[nodiscard]] int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void load() const;

    Source m_source;
    mutable QSvgRenderer m_renderer;
    mutable int m_loadedWidth = 0;
    mutable bool m_loadedDark = false;
};

} // namespace kastellan::ui
