// SPDX-License-Identifier: Apache-2.0
#include "ui/models/table_model.h"

#include "ui/widgets/labels.h"

#include <algorithm>

namespace kastellan::ui {

TableModel::TableModel(const QStringList &headers, QObject *parent)
    : QAbstractTableModel(parent)
    , m_headers(headers)
{
}

void TableModel::setRows(std::vector<Row> rows)
{
    if (rows == m_rows)
        return;
    std::vector<QString> search;
    search.reserve(rows.size());
    for (const Row &row : rows) {
        QString text = row.key;
        for (const Cell &cell : row.cells)
            text += u' ' + cell.text;
        search.push_back(text.toLower());
    }
    // Lists here grow at the top: the selection and the scroll position survive that.
    const std::size_t more = rows.size() - m_rows.size();
    if (!m_rows.empty() && rows.size() > m_rows.size()
        && std::equal(m_rows.begin(), m_rows.end(), rows.begin() + static_cast<std::ptrdiff_t>(more))) {
        beginInsertRows({}, 0, static_cast<int>(more) - 1);
        m_rows = std::move(rows);
        m_search = std::move(search);
        endInsertRows();
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    m_search = std::move(search);
    endResetModel();
}

int TableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int TableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_headers.size());
}

QVariant TableModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == KeyRole)
        return row.key;
    if (role == SearchRole)
        return m_search[static_cast<std::size_t>(index.row())];
    if (static_cast<std::size_t>(index.column()) >= row.cells.size())
        return {};
    const Cell &cell = row.cells[static_cast<std::size_t>(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::ToolTipRole:
        return (cell.tip.isEmpty() ? cell.text : cell.tip).toHtmlEscaped();
    case Qt::FontRole:
        return cell.code ? QVariant(codeFont()) : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (cell.right ? Qt::AlignTrailing : Qt::AlignLeading));
    case SortRole:
        return cell.sort.isValid() ? cell.sort : QVariant(cell.text);
    case SymbolRole:
        return cell.symbol;
    case ToneRole:
        return static_cast<int>(cell.tone);
    case EmulatedRole:
        return cell.emulated;
    default:
        return {};
    }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section < 0 || section >= m_headers.size())
        return {};
    return m_headers[section];
}

TableFilter::TableFilter(QObject *parent)
    : WordsFilter(TableModel::SearchRole, parent)
{
    setSortRole(TableModel::SortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
}

} // namespace kastellan::ui
