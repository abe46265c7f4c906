// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/text.h"

#include <QAbstractButton>

namespace kastellan::ui {

/// A choice as large as what has to be known to make it: symbol, title, a few lines, badges at the right. Checkable or a plain button.
class ChoiceCard : public QAbstractButton {
    Q_OBJECT

public:
    ChoiceCard(const QString &symbol, const QString &title, const QString &text, QWidget *parent = nullptr);
    void setBadges(const QList<Sign> &badges);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] bool hasHeightForWidth() const override { return true; }
    [[nodiscard]] int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    [[nodiscard]] QRect textRect(int width) const;

    QString m_symbol, m_title, m_text;
    QList<Sign> m_badges;
};

} // namespace kastellan::ui
