// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStyledItemDelegate>

namespace kastellan::ui {

/// Draws the hosts and keeps of the side bar: symbol, name, state in a word.
class KeepsDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

/// Draws cells that have a symbol, a tone or the EMULATED badge (roles of TableModel or FindingsModel, given by the constructor).
class SignDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    SignDelegate(int symbolRole, int toneRole, int emulatedRole, QObject *parent = nullptr);
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    int m_symbolRole, m_toneRole, m_emulatedRole;
};

} // namespace kastellan::ui
