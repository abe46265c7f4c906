// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/theme/tones.h"

#include <QLabel>

namespace kastellan::ui {

/// A label that never interprets what it shows, and can be selected from when it holds a value.
class Label : public QLabel {
    Q_OBJECT

public:
    enum class Kind { Body, Title, Heading, Small, Value, Code };
    explicit Label(const QString &text = {}, Kind kind = Kind::Body, Tone tone = Tone::Plain, QWidget *parent = nullptr);
    void setTone(Tone tone);

protected:
    void changeEvent(QEvent *event) override;

private:
    void colour();

    Tone m_tone;
    bool m_colouring = false;
};

/// The system's fixed-width font at the size of the program's font.
[[nodiscard]] QFont codeFont();

/// One line that is cut with an ellipsis where it does not fit; the whole is in the tool tip.
class ElidedLabel : public QWidget {
    Q_OBJECT

public:
    explicit ElidedLabel(const QString &text = {}, Label::Kind kind = Label::Kind::Body, Tone tone = Tone::Plain,
        Qt::TextElideMode mode = Qt::ElideRight, QWidget *parent = nullptr);
    void setText(const QString &text);
    void setTone(Tone tone);
    [[nodiscard]] QString text() const { return m_text; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_text;
    Tone m_tone;
    Qt::TextElideMode m_mode;
};

} // namespace kastellan::ui
