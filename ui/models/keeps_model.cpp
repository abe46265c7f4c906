// SPDX-License-Identifier: Apache-2.0
#include "ui/models/keeps_model.h"

#include "core/keeps/technology.h"
#include "ui/text.h"

#include <algorithm>
#include <map>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

KeepsModel::KeepsModel(const Directory &directory, QObject *parent)
    : QAbstractItemModel(parent)
    , m_directory(directory)
{
    connect(&directory, &Directory::hostsChanged, this, &KeepsModel::refresh);
    connect(&directory, &Directory::keepsChanged, this, &KeepsModel::refresh);
    refresh();
}

KeepsModel::Entry KeepsModel::entryOf(const HostInfo &host, std::size_t running)
{
    const Sign sign = hostSign(host.state);
    Entry entry;
    entry.key = QString::fromStdString(host.id);
    entry.title = shownLine(host.name.empty() ? host.id : host.name);
    // Its state where it is not ready, else how much runs there.
    entry.word = host.state != "ready" ? sign.word : running ? QString::number(running) : QString();
    entry.symbol = u"host"_s;
    entry.tone = host.state == "ready" ? Tone::Plain : sign.tone;
    entry.emulated = host.emulated;
    entry.tip = tr("Host %1: %2. %3").arg(shownLine(host.id), sign.word, shownLine(host.why));
    if (host.machines) {
        QStringList offers;
        for (const std::string &technology : host.technologies)
            offers += shownLine(technologyTitle(technology));
        if (host.rehearses)
            offers += tr("rehearsals");
        if (!offers.isEmpty())
            entry.tip += u' ' + tr("Offers: %1.").arg(offers.join(u", "_s));
    }
    entry.tip += u' '
        + (running == 0        ? tr("No keep runs there.")
                : running == 1 ? tr("1 keep runs there.")
                               : tr("%1 keeps run there.").arg(running));
    if (host.emulated)
        entry.tip += u' ' + tr("EMULATED: it proves the procedure, nothing about hardware.");
    entry.search = (entry.title + u' ' + entry.key + u' ' + sign.word).toLower();
    return entry;
}

KeepsModel::Entry KeepsModel::entryOf(const KeepPointer &keep)
{
    const Sign sign = signOf(keep->state);
    Entry entry;
    entry.key = keyOf(keep->plan.id);
    entry.title = shownLine(keep->plan.name.empty() ? "unnamed" : keep->plan.name);
    entry.word = sign.word;
    entry.symbol = sign.symbol;
    entry.tone = sign.tone;
    entry.emulated = keep->emulated;
    entry.keep = keep;
    entry.tip = tr("Keep %1: %2, %3")
                    .arg(entry.title, sign.word, keep->verdict.empty() ? tr("not attested") : verdictSign(keep->verdict).word.toLower());
    if (keep->emulated)
        entry.tip += u". "_s + tr("EMULATED: it proves the procedure, nothing about hardware.");
    entry.search =
        (entry.title + u' ' + entry.key + u' ' + sign.word + u' ' + shownLine(keep->verdict) + u' ' + shownLine(keep->plan.workload))
            .toLower();
    return entry;
}

void KeepsModel::refresh()
{
    // Hosts as the registry orders them; then hosts that only keeps still know.
    std::vector<HostInfo> hosts = m_directory.hosts();
    std::map<std::string, std::vector<Entry>> keeps;
    std::map<std::string, std::size_t> running;
    for (const KeepPointer &keep : m_directory.keeps()) {
        keeps[keep->plan.host].push_back(entryOf(keep));
        running[keep->plan.host] += isFinal(keep->state) ? 0 : 1;
    }
    for (const auto &[id, list] : keeps)
        if (std::ranges::none_of(hosts, [&](const HostInfo &host) { return host.id == id; })) {
            HostInfo gone;
            gone.id = gone.name = id;
            gone.state = "unknown";
            gone.why = m_directory.isLoaded() ? "This program no longer knows the host." : "Not looked at yet.";
            hosts.push_back(std::move(gone));
        }
    for (int row = static_cast<int>(m_groups.size()) - 1; row >= 0; --row) {
        const QString &key = m_groups[static_cast<std::size_t>(row)]->host.key;
        if (std::ranges::any_of(hosts, [&](const HostInfo &host) { return QString::fromStdString(host.id) == key; }))
            continue;
        beginRemoveRows({}, row, row);
        m_groups.erase(m_groups.begin() + row);
        endRemoveRows();
    }
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const int row = static_cast<int>(i);
        Entry host = entryOf(hosts[i], running[hosts[i].id]);
        const auto at = std::ranges::find_if(m_groups, [&](const auto &group) { return group->host.key == host.key; });
        if (at == m_groups.end()) {
            auto group = std::make_unique<Group>();
            group->host = std::move(host);
            beginInsertRows({}, row, row);
            m_groups.insert(m_groups.begin() + row, std::move(group));
            endInsertRows();
        } else {
            const int from = static_cast<int>(at - m_groups.begin());
            if (from != row) {
                beginMoveRows({}, from, from, {}, row);
                auto group = std::move(*at);
                m_groups.erase(at);
                m_groups.insert(m_groups.begin() + row, std::move(group));
                endMoveRows();
            }
            Entry &shownHost = m_groups[i]->host;
            if (shownHost.tip != host.tip || shownHost.title != host.title || shownHost.emulated != host.emulated) {
                shownHost = std::move(host);
                Q_EMIT dataChanged(index(row, 0), index(row, 0));
            }
        }
        refreshGroup(row, std::move(keeps[hosts[i].id]));
    }
}

void KeepsModel::refreshGroup(int row, std::vector<Entry> next)
{
    Group &group = *m_groups[static_cast<std::size_t>(row)];
    const QModelIndex parentIndex = index(row, 0);
    std::vector<QString> wanted;
    wanted.reserve(next.size());
    for (const Entry &entry : next)
        wanted.push_back(entry.key);
    std::ranges::sort(wanted);
    for (int i = static_cast<int>(group.keeps.size()) - 1; i >= 0; --i) {
        if (std::ranges::binary_search(wanted, group.keeps[static_cast<std::size_t>(i)].key))
            continue;
        beginRemoveRows(parentIndex, i, i);
        group.keeps.erase(group.keeps.begin() + i);
        endRemoveRows();
    }
    int firstChanged = -1, lastChanged = -1;
    for (std::size_t i = 0; i < next.size(); ++i) {
        const int at = static_cast<int>(i);
        if (i >= group.keeps.size() || group.keeps[i].key != next[i].key) {
            const auto elsewhere =
                std::find_if(group.keeps.begin() + at, group.keeps.end(), [&](const Entry &entry) { return entry.key == next[i].key; });
            if (elsewhere != group.keeps.end()) { // moved up; rare: the order is by age
                const int from = static_cast<int>(elsewhere - group.keeps.begin());
                beginRemoveRows(parentIndex, from, from);
                group.keeps.erase(elsewhere);
                endRemoveRows();
            }
            beginInsertRows(parentIndex, at, at);
            group.keeps.insert(group.keeps.begin() + at, std::move(next[i]));
            endInsertRows();
        } else if (group.keeps[i].keep != next[i].keep) {
            group.keeps[i] = std::move(next[i]);
            firstChanged = firstChanged < 0 ? at : firstChanged;
            lastChanged = at;
        }
    }
    if (firstChanged >= 0)
        Q_EMIT dataChanged(index(firstChanged, 0, parentIndex), index(lastChanged, 0, parentIndex));
}

QModelIndex KeepsModel::index(int row, int column, const QModelIndex &parentIndex) const
{
    if (row < 0 || column != 0 || row >= rowCount(parentIndex))
        return {};
    return parentIndex.isValid() ? createIndex(row, 0, m_groups[static_cast<std::size_t>(parentIndex.row())].get()) : createIndex(row, 0);
}

QModelIndex KeepsModel::parent(const QModelIndex &child) const
{
    const auto *group = static_cast<const Group *>(child.internalPointer());
    if (!group)
        return {};
    const auto at = std::ranges::find_if(m_groups, [&](const auto &candidate) { return candidate.get() == group; });
    return at == m_groups.end() ? QModelIndex() : createIndex(static_cast<int>(at - m_groups.begin()), 0);
}

int KeepsModel::rowCount(const QModelIndex &parentIndex) const
{
    if (!parentIndex.isValid())
        return static_cast<int>(m_groups.size());
    if (parentIndex.internalPointer() || parentIndex.column() != 0)
        return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parentIndex.row())]->keeps.size());
}

const KeepsModel::Entry *KeepsModel::entry(const QModelIndex &at) const
{
    if (!checkIndex(at, CheckIndexOption::IndexIsValid))
        return nullptr;
    if (const auto *group = static_cast<const Group *>(at.internalPointer()))
        return &group->keeps[static_cast<std::size_t>(at.row())];
    return &m_groups[static_cast<std::size_t>(at.row())]->host;
}

QVariant KeepsModel::data(const QModelIndex &at, int role) const
{
    const Entry *shownEntry = entry(at);
    if (!shownEntry)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return shownEntry->title;
    case Qt::ToolTipRole:
        return shownEntry->tip.toHtmlEscaped();
    case Qt::AccessibleTextRole:
        return shownEntry->tip;
    case KeyRole:
        return shownEntry->key;
    case IsHostRole:
        return !shownEntry->keep;
    case SymbolRole:
        return shownEntry->symbol;
    case WordRole:
        return shownEntry->word;
    case ToneRole:
        return static_cast<int>(shownEntry->tone);
    case EmulatedRole:
        return shownEntry->emulated;
    case SearchRole:
        return shownEntry->search;
    default:
        return {};
    }
}

QModelIndex KeepsModel::indexOfHost(const QString &id) const
{
    for (std::size_t i = 0; i < m_groups.size(); ++i)
        if (m_groups[i]->host.key == id)
            return index(static_cast<int>(i), 0);
    return {};
}

QModelIndex KeepsModel::indexOfKeep(const QString &key) const
{
    for (std::size_t i = 0; i < m_groups.size(); ++i)
        for (std::size_t k = 0; k < m_groups[i]->keeps.size(); ++k)
            if (m_groups[i]->keeps[k].key == key)
                return index(static_cast<int>(k), 0, index(static_cast<int>(i), 0));
    return {};
}

KeepsFilter::KeepsFilter(QObject *parent)
    : WordsFilter(KeepsModel::SearchRole, parent)
{
    setRecursiveFilteringEnabled(true);
    setAutoAcceptChildRows(false);
}

} // namespace kastellan::ui
