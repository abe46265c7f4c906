// SPDX-License-Identifier: Apache-2.0
#include "ui/host/readiness_model.h"

#include "ui/capital.h"
#include "ui/host/host_signs.h"

#include <QFont>

#include <algorithm>
#include <map>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

int ReadinessModel::add(int above, int check)
{
    const int place = static_cast<int>(m_nodes.size());
    std::vector<int> &siblings = above < 0 ? m_areas : m_nodes[static_cast<std::size_t>(above)].below;
    Node made;
    made.above = above;
    made.row = static_cast<int>(siblings.size());
    made.check = check;
    siblings.push_back(place);
    m_nodes.push_back(std::move(made));
    return place;
}

void ReadinessModel::setChecks(const std::vector<ReadinessCheck> &checks)
{
    beginResetModel();
    m_checks = checks;
    m_nodes.clear();
    m_areas.clear();
    m_counts = {};
    std::map<std::string, int, std::less<>> areas, byId;
    for (std::size_t i = 0; i < m_checks.size(); ++i) {
        const ReadinessCheck &check = m_checks[i];
        ++m_counts[static_cast<std::size_t>(check.state)];
        // A parent comes before its children; one that does not is no parent here, so that no tree can have a ring.
        const auto parentCheck = check.parent.empty() ? byId.end() : byId.find(check.parent);
        int above = -1;
        if (parentCheck != byId.end()) {
            above = parentCheck->second;
        } else {
            const auto [area, isNew] = areas.try_emplace(check.area, -1);
            if (isNew) {
                area->second = add(-1, -1);
                m_nodes[static_cast<std::size_t>(area->second)].title = capital(shownLine(check.area));
            }
            above = area->second;
        }
        const int place = add(above, static_cast<int>(i));
        byId.try_emplace(check.id, place);
        Node &made = m_nodes[static_cast<std::size_t>(place)];
        made.sign = signOf(check.state);
        made.title = shownLine(check.title);
        made.saw = shownLine(check.saw);
        if (check.state == CheckState::Skipped)
            if (const ReadinessCheck *cause = this->check(check.skippedFor))
                made.saw = tr("because of: %1").arg(shownLine(cause->title));
        made.search = (made.title + u' ' + made.saw + u' ' + shownLine(check.id) + u' ' + shownLine(check.area) + u' '
            + shownLine(check.looked) + u' ' + shownLine(check.command) + u' ' + made.sign.word)
                          .toLower();
    }
    for (const int area : m_areas)
        sumUp(area);
    endResetModel();
}

void ReadinessModel::sumUp(int area)
{
    int fails = 0, warnings = 0, unknown = 0, skipped = 0, all = 0;
    std::vector<int> left = m_nodes[static_cast<std::size_t>(area)].below;
    while (!left.empty()) {
        const Node &next = m_nodes[static_cast<std::size_t>(left.back())];
        left.pop_back();
        left.insert(left.end(), next.below.begin(), next.below.end());
        const CheckState state = m_checks[static_cast<std::size_t>(next.check)].state;
        ++all;
        fails += state == CheckState::Fail;
        warnings += state == CheckState::Warning;
        unknown += state == CheckState::Unknown;
        skipped += state == CheckState::Skipped;
    }
    Node &node = m_nodes[static_cast<std::size_t>(area)];
    node.sign = signOf(fails ? CheckState::Fail
            : warnings       ? CheckState::Warning
            : unknown        ? CheckState::Unknown
            : skipped == all ? CheckState::Skipped
                             : CheckState::Pass);
    QStringList words;
    if (fails)
        words += tr("%1 failed").arg(fails);
    if (warnings)
        words += warnings == 1 ? tr("1 warning") : tr("%1 warnings").arg(warnings);
    if (unknown)
        words += tr("%1 unknown").arg(unknown);
    if (skipped)
        words += tr("%1 skipped").arg(skipped);
    node.saw = words.isEmpty() ? (all == 1 ? tr("1 check") : tr("all %1 fine").arg(all)) : tr("%1 of %2").arg(words.join(u", "_s)).arg(all);
}

const ReadinessModel::Node *ReadinessModel::node(const QModelIndex &at) const
{
    return at.isValid() ? &m_nodes[static_cast<std::size_t>(at.internalId())] : nullptr;
}

const std::vector<int> &ReadinessModel::below(const QModelIndex &at) const
{
    const Node *found = node(at);
    return found ? found->below : m_areas;
}

const ReadinessCheck *ReadinessModel::check(const QModelIndex &at) const
{
    const Node *found = node(at);
    return found && found->check >= 0 ? &m_checks[static_cast<std::size_t>(found->check)] : nullptr;
}

const ReadinessCheck *ReadinessModel::check(std::string_view id) const
{
    const auto found = std::ranges::find(m_checks, id, &ReadinessCheck::id);
    return found == m_checks.end() || id.empty() ? nullptr : &*found;
}

QModelIndex ReadinessModel::indexOf(std::string_view id) const
{
    for (std::size_t i = 0; i < m_nodes.size(); ++i)
        if (m_nodes[i].check >= 0 && m_checks[static_cast<std::size_t>(m_nodes[i].check)].id == id)
            return createIndex(m_nodes[i].row, 0, static_cast<quintptr>(i));
    return {};
}

bool ReadinessModel::isArea(const QModelIndex &at) const
{
    const Node *found = node(at);
    return found && found->check < 0;
}

QModelIndex ReadinessModel::index(int row, int column, const QModelIndex &parentIndex) const
{
    if (row < 0 || column < 0 || column >= ColumnCount || parentIndex.column() > 0)
        return {};
    const std::vector<int> &places = below(parentIndex);
    return static_cast<std::size_t>(row) < places.size()
        ? createIndex(row, column, static_cast<quintptr>(places[static_cast<std::size_t>(row)]))
        : QModelIndex();
}

QModelIndex ReadinessModel::parent(const QModelIndex &child) const
{
    const Node *found = node(child);
    if (!found || found->above < 0)
        return {};
    return createIndex(m_nodes[static_cast<std::size_t>(found->above)].row, 0, static_cast<quintptr>(found->above));
}

int ReadinessModel::rowCount(const QModelIndex &parentIndex) const
{
    return parentIndex.column() > 0 ? 0 : static_cast<int>(below(parentIndex).size());
}

QVariant ReadinessModel::data(const QModelIndex &at, int role) const
{
    if (!checkIndex(at, CheckIndexOption::IndexIsValid))
        return {};
    const Node &row = *node(at);
    const bool area = row.check < 0;
    const CheckState state = area ? CheckState::Info : m_checks[static_cast<std::size_t>(row.check)].state;
    switch (role) {
    case Qt::DisplayRole:
        if (at.column() == ResultColumn)
            return area ? QVariant() : row.sign.word;
        return at.column() == CheckColumn ? row.title : row.saw;
    case Qt::AccessibleTextRole:
        return u"%1: %2"_s.arg(row.title, area ? row.saw : row.sign.word);
    case Qt::FontRole: {
        QFont font;
        font.setWeight(QFont::DemiBold);
        return area && at.column() == CheckColumn ? QVariant(font) : QVariant();
    }
    case Qt::ToolTipRole:
        return area ? QVariant() : u"<p>%1</p><p>%2</p>"_s.arg(row.title.toHtmlEscaped(), row.saw.toHtmlEscaped());
    case StateRole:
        return area ? QVariant() : static_cast<int>(state);
    case IdRole:
        return area ? QVariant() : shownLine(m_checks[static_cast<std::size_t>(row.check)].id);
    case SearchRole:
        return row.search;
    case SymbolRole:
        return at.column() == (area ? CheckColumn : ResultColumn) ? row.sign.symbol : QString();
    case ToneRole:
        if (state == CheckState::Skipped)
            return static_cast<int>(Tone::Muted);
        return static_cast<int>(at.column() == (area ? CheckColumn : ResultColumn) ? row.sign.tone
                : at.column() == SawColumn                                         ? Tone::Muted
                                                                                   : Tone::Plain);
    default:
        return {};
    }
}

QVariant ReadinessModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == CheckColumn ? tr("Check")
        : section == ResultColumn ? tr("Result")
        : section == SawColumn    ? tr("What was there")
                                  : QVariant();
}

ReadinessFilter::ReadinessFilter(QObject *parent)
    : QSortFilterProxyModel(parent)
{
    setRecursiveFilteringEnabled(true);
}

void ReadinessFilter::setShow(Show show)
{
    m_show = show;
    invalidateRowsFilter();
}

void ReadinessFilter::setSearch(const QString &text)
{
    m_words = text.toLower().split(u' ', Qt::SkipEmptyParts);
    invalidateRowsFilter();
}

QModelIndex ReadinessFilter::firstMatch(const QModelIndex &below) const
{
    for (int row = 0; row < rowCount(below); ++row) {
        const QModelIndex at = index(row, 0, below), source = mapToSource(at);
        if (filterAcceptsRow(source.row(), source.parent()))
            return at;
        if (const QModelIndex deeper = firstMatch(at); deeper.isValid())
            return deeper;
    }
    return {};
}

bool ReadinessFilter::filterAcceptsRow(int row, const QModelIndex &parentIndex) const
{
    const QModelIndex at = sourceModel()->index(row, 0, parentIndex);
    const QVariant stored = at.data(ReadinessModel::StateRole);
    if (!stored.isValid())
        return false; // an area shows when one of its checks does
    const auto state = static_cast<CheckState>(stored.toInt());
    if (m_show == Show::Problems && state != CheckState::Fail && state != CheckState::Warning)
        return false;
    if (m_show == Show::Unknown && state != CheckState::Unknown && state != CheckState::Skipped)
        return false;
    const QString text = at.data(ReadinessModel::SearchRole).toString();
    return std::ranges::all_of(m_words, [&](const QString &word) { return text.contains(word); });
}

} // namespace kastellan::ui
