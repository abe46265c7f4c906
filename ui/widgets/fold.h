// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QToolButton;

namespace kastellan::ui {

/// A heading that shows and hides what is below it: raw texts, and choices that few people need. Folded at first.
class Fold : public QWidget {
    Q_OBJECT

public:
    Fold(const QString &title, QWidget *content, QWidget *parent = nullptr);
    [[nodiscard]] bool isOpen() const;
    void setOpen(bool open);
    void setTitle(const QString &title);

private:
    void show(bool open);

    QToolButton *m_button;
    QWidget *m_content;
};

} // namespace kastellan::ui
