// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/directory.h"
#include "ui/models/words_filter.h"
#include "ui/theme/tones.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

namespace kastellan::ui {

/// Hosts and, below each, its keeps, newest first.
class KeepsModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Roles {
        KeyRole = Qt::UserRole, ///< host id, or keep key
        IsHostRole,
        SymbolRole,
        WordRole, ///< state in a word
        ToneRole,
        EmulatedRole,
        SearchRole, ///< all that a search looks at, lower case
    };

    explicit KeepsModel(const Directory &directory, QObject *parent = nullptr);

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex &child) const override;
    using QObject::parent;
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &) const override { return 1; }
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;

    [[nodiscard]] QModelIndex indexOfHost(const QString &id) const;
    [[nodiscard]] QModelIndex indexOfKeep(const QString &key) const;

private:
    /// Everything that is drawn is prepared when it changes: data() only hands it out.
    struct Entry {
        QString key, title, word, symbol, tip, search;
        Tone tone = Tone::Plain;
        bool emulated = false;
        KeepPointer keep;
    };
    struct Group {
        Entry host;
        std::vector<Entry> keeps;
    };

    void refresh();
    void refreshGroup(int row, std::vector<Entry> next);
    [[nodiscard]] static Entry entryOf(const HostInfo &host, std::size_t running);
    [[nodiscard]] static Entry entryOf(const KeepPointer &keep);
    [[nodiscard]] const Entry *entry(const QModelIndex &index) const;

    const Directory &m_directory;
    std::vector<std::unique_ptr<Group>> m_groups;
};

/// Keeps that match every word of a search, with their hosts.
class KeepsFilter : public WordsFilter {
    Q_OBJECT

public:
    explicit KeepsFilter(QObject *parent = nullptr);
};

} // namespace kastellan::ui
