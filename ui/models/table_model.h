// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/models/words_filter.h"
#include "ui/text.h"

#include <QAbstractTableModel>
#include <QVariant>

#include <vector>

namespace kastellan::ui {

/// A plain table of prepared cells: records, activity, measured files, raw fields. Rows are replaced as a whole, or grow at the top.
class TableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Roles { KeyRole = Qt::UserRole, SortRole, SymbolRole, ToneRole, EmulatedRole, SearchRole };

    struct Cell {
        QString text{};
        QVariant sort{}; ///< what to sort by when not the text
        QString symbol{}; ///< drawn before the text
        Tone tone = Tone::Plain;
        bool code = false; ///< fixed width
        bool right = false; ///< numbers
        bool emulated = false; ///< with the EMULATED badge
        QString tip{};
        bool operator==(const Cell &) const = default;
    };
    struct Row {
        QString key;
        std::vector<Cell> cells;
        bool operator==(const Row &) const = default;
    };

    explicit TableModel(const QStringList &headers, QObject *parent = nullptr);
    void setRows(std::vector<Row> rows);
    [[nodiscard]] QString key(int row) const { return m_rows[static_cast<std::size_t>(row)].key; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QStringList m_headers;
    std::vector<Row> m_rows;
    std::vector<QString> m_search; ///< per row, lower case
};

/// Rows that hold every word of a search, in any column.
class TableFilter : public WordsFilter {
    Q_OBJECT

public:
    explicit TableFilter(QObject *parent = nullptr);
};

} // namespace kastellan::ui
