// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/models/table_model.h"

#include <QTableView>

namespace kastellan::ui {

/// A list with columns over a TableModel: sorted by headings, searched, whole rows, no grid.
class TableView : public QTableView {
    Q_OBJECT

public:
    TableView(const QString &accessibleName, TableModel &model, QWidget *parent = nullptr);
    void setSearch(const QString &text) { m_filter->setSearch(text); }
    /// Of all columns but the last, which takes the rest.
    void setColumnWidths(const QList<int> &widths);
    /// Key of the current row; empty: none.
    [[nodiscard]] QString currentKey() const;
    [[nodiscard]] QStringList selectedKeys() const;

Q_SIGNALS:
    void keyActivated(const QString &key);
    void selectionMoved();

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    TableFilter *m_filter;
};

/// The looks of every list: rows, no grid, quiet headings.
void dressList(QAbstractItemView *view, const QString &accessibleName);

} // namespace kastellan::ui
