// SPDX-License-Identifier: Apache-2.0
#include "ui/models/findings_model.h"

#include <QFont>

#include <algorithm>
#include <numeric>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

QString checkTitle(std::string_view id)
{
    return shownLine(title(id));
}

void FindingsModel::setFindings(const std::vector<Finding> &findings)
{
    beginResetModel();
    m_areas.clear();
    m_counts = {};
    std::vector<std::string> order;
    for (const Finding &finding : findings) {
        ++m_counts[static_cast<std::size_t>(finding.outcome)];
        auto at = std::ranges::find(order, finding.area);
        if (at == order.end()) {
            order.push_back(finding.area);
            m_areas.push_back({areaTitle(finding.area), {}, {}, {}});
            at = std::prev(order.end());
        }
        Row row{finding, signOf(finding.outcome), checkTitle(finding.id), shownLine(finding.actual), {}};
        row.search = (shownLine(finding.id) + u' ' + row.check + u' ' + row.actual + u' ' + shownLine(finding.expected) + u' '
            + areaTitle(finding.area) + u' ' + row.sign.word)
                         .toLower();
        m_areas[static_cast<std::size_t>(at - order.begin())].rows.push_back(std::move(row));
    }
    for (Area &area : m_areas) {
        const auto number = [&](Outcome outcome) {
            return static_cast<int>(std::ranges::count_if(area.rows, [&](const Row &row) { return row.finding.outcome == outcome; }));
        };
        const int fails = number(Outcome::Fail), unknowns = number(Outcome::Unknown), all = static_cast<int>(area.rows.size());
        area.sign = signOf(fails ? Outcome::Fail : unknowns ? Outcome::Unknown : number(Outcome::Pass) ? Outcome::Pass : Outcome::Info);
        area.summary = fails ? tr("%1 of %2 failed").arg(fails).arg(all)
            : unknowns       ? tr("%1 of %2 unknown").arg(unknowns).arg(all)
                             : tr("%1 of %2 passed").arg(number(Outcome::Pass)).arg(all);
    }
    endResetModel();
}

int FindingsModel::count() const
{
    return std::accumulate(m_counts.begin(), m_counts.end(), 0);
}

QModelIndex FindingsModel::firstOfConcern() const
{
    QModelIndex best;
    int bestRank = 3;
    for (int a = 0; a < rowCount(); ++a)
        for (int r = 0; r < rowCount(index(a, 0)); ++r) {
            const QModelIndex at = index(r, 0, index(a, 0));
            const Finding &found = *finding(at);
            const int rank = found.outcome == Outcome::Fail           ? (found.required ? 0 : 1)
                : found.outcome == Outcome::Unknown && found.required ? 2
                                                                      : 3;
            if (rank < bestRank) {
                bestRank = rank;
                best = at;
            }
        }
    return best;
}

const Finding *FindingsModel::finding(const QModelIndex &at) const
{
    if (!at.isValid() || at.internalId() == 0)
        return nullptr;
    return &m_areas[at.internalId() - 1].rows[static_cast<std::size_t>(at.row())].finding;
}

QModelIndex FindingsModel::index(int row, int column, const QModelIndex &parentIndex) const
{
    if (row < 0 || column < 0 || column >= ColumnCount || row >= rowCount(parentIndex))
        return {};
    return createIndex(row, column, parentIndex.isValid() ? static_cast<quintptr>(parentIndex.row()) + 1 : 0);
}

QModelIndex FindingsModel::parent(const QModelIndex &child) const
{
    return child.isValid() && child.internalId() ? createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr(0)) : QModelIndex();
}

int FindingsModel::rowCount(const QModelIndex &parentIndex) const
{
    if (!parentIndex.isValid())
        return static_cast<int>(m_areas.size());
    if (parentIndex.internalId() || parentIndex.column() != 0)
        return 0;
    return static_cast<int>(m_areas[static_cast<std::size_t>(parentIndex.row())].rows.size());
}

QVariant FindingsModel::data(const QModelIndex &at, int role) const
{
    if (!checkIndex(at, CheckIndexOption::IndexIsValid))
        return {};
    if (at.internalId() == 0) {
        const Area &area = m_areas[static_cast<std::size_t>(at.row())];
        switch (role) {
        case Qt::DisplayRole:
            return at.column() == ResultColumn ? area.title : at.column() == ActualColumn ? QVariant(area.summary) : QVariant();
        case Qt::AccessibleTextRole:
            return u"%1, %2"_s.arg(area.title, area.summary);
        case Qt::FontRole: {
            QFont font;
            font.setWeight(QFont::DemiBold);
            return at.column() == ActualColumn ? QVariant() : font;
        }
        case SymbolRole:
            return at.column() == ResultColumn ? area.sign.symbol : QString();
        case ToneRole:
            return static_cast<int>(at.column() == ResultColumn ? area.sign.tone : Tone::Muted);
        default:
            return {};
        }
    }
    const Row &row = m_areas[at.internalId() - 1].rows[static_cast<std::size_t>(at.row())];
    switch (role) {
    case Qt::DisplayRole:
        return at.column() == ResultColumn ? row.sign.word : at.column() == CheckColumn ? row.check : row.actual;
    case Qt::AccessibleTextRole:
        return u"%1: %2"_s.arg(row.check, row.sign.word);
    case Qt::ToolTipRole:
        return u"<p>%1 (%2)</p>"_s.arg(row.check.toHtmlEscaped(), shownLine(row.finding.id).toHtmlEscaped());
    case OutcomeRole:
        return static_cast<int>(row.finding.outcome);
    case RequiredRole:
        return row.finding.required;
    case SearchRole:
        return row.search;
    case SymbolRole:
        return at.column() == ResultColumn ? row.sign.symbol : QString();
    case ToneRole:
        return static_cast<int>(at.column() == ResultColumn ? row.sign.tone : Tone::Plain);
    default:
        return {};
    }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case ResultColumn:
        return tr("Result");
    case CheckColumn:
        return tr("Check");
    case ActualColumn:
        return tr("Actual");
    default:
        return {};
    }
}

FindingsFilter::FindingsFilter(QObject *parent)
    : QSortFilterProxyModel(parent)
{
    setRecursiveFilteringEnabled(true);
}

void FindingsFilter::setShow(Show show)
{
    m_show = show;
    invalidateRowsFilter();
}

void FindingsFilter::setSearch(const QString &text)
{
    m_words = text.toLower().split(u' ', Qt::SkipEmptyParts);
    invalidateRowsFilter();
}

bool FindingsFilter::filterAcceptsRow(int row, const QModelIndex &parentIndex) const
{
    if (!parentIndex.isValid())
        return false; // an area shows when one of its findings does
    const QModelIndex at = sourceModel()->index(row, 0, parentIndex);
    const auto outcome = static_cast<Outcome>(at.data(FindingsModel::OutcomeRole).toInt());
    switch (m_show) {
    case Show::All:
        break;
    case Show::Fails:
        if (outcome != Outcome::Fail)
            return false;
        break;
    case Show::Unknowns:
        if (outcome != Outcome::Unknown)
            return false;
        break;
    case Show::Passes:
        if (outcome != Outcome::Pass)
            return false;
        break;
    case Show::Advisory:
        if (at.data(FindingsModel::RequiredRole).toBool())
            return false;
        break;
    }
    const QString text = at.data(FindingsModel::SearchRole).toString();
    return std::ranges::all_of(m_words, [&](const QString &word) { return text.contains(word); });
}

} // namespace kastellan::ui
