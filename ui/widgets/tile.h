// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/theme/tones.h"

#include <QString>
#include <QWidget>

namespace kastellan::ui {

/// A number with what it counts.
class Tile : public QWidget {
    Q_OBJECT

public:
    Tile(const QString &symbol, const QString &title, QWidget *parent = nullptr);
    /// The tone is shown when the number deserves it.
    void setValue(const QString &value, Tone tone = Tone::Plain);
    [[nodiscard]] QString value() const { return m_value; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_symbol, m_title, m_value;
    Tone m_tone = Tone::Plain;
};

} // namespace kastellan::ui
