// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/theme/tones.h"

#include <QDialog>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace kastellan::ui {

/// A small dialog that says one thing: symbol, title, text, and buttons. Deletes itself when closed. Its text is plain.
class Notice : public QDialog {
    Q_OBJECT

public:
    Notice(const QString &symbol, Tone tone, const QString &title, const QString &text, QWidget *parent);
    void setPicture(const QPixmap &picture);
    /// Appends a button that closes the notice; the last one added is the default.
    QPushButton *addButton(const QString &text);
    [[nodiscard]] QString text() const;

private:
    QLabel *m_picture, *m_text;
    QHBoxLayout *m_buttons;
};

} // namespace kastellan::ui
