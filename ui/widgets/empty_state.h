// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QPushButton;
class QVBoxLayout;

namespace kastellan::ui {

/// What a page shows when it has nothing to show: why, and what to do about it.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    EmptyState(const QString &symbol, const QString &title, const QString &text, QWidget *parent = nullptr);
    /// The thing to do. The first one is the main action.
    QPushButton *addAction(const QString &text, const QString &symbol = {});

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_symbol;
    QVBoxLayout *m_layout;
    bool m_hasAction = false;
};

} // namespace kastellan::ui
