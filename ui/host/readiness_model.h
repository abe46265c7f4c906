// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "ui/text.h"

#include <QAbstractItemModel>
#include <QSortFilterProxyModel>

#include <array>
#include <vector>

namespace kastellan::ui {

/// The checks of a host as a tree: areas, in them the checks, below each those that it is the parent of.
class ReadinessModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { CheckColumn, ResultColumn, SawColumn, ColumnCount };
    enum Roles { StateRole = Qt::UserRole, IdRole, SearchRole, SymbolRole, ToneRole };

    explicit ReadinessModel(QObject *parent = nullptr)
        : QAbstractItemModel(parent)
    {
    }
    void setChecks(const std::vector<ReadinessCheck> &checks);
    /// Null for an area.
    [[nodiscard]] const ReadinessCheck *check(const QModelIndex &index) const;
    [[nodiscard]] const ReadinessCheck *check(std::string_view id) const;
    [[nodiscard]] QModelIndex indexOf(std::string_view id) const;
    [[nodiscard]] bool isArea(const QModelIndex &index) const;
    [[nodiscard]] int count() const { return static_cast<int>(m_checks.size()); }
    [[nodiscard]] int count(CheckState state) const { return m_counts[static_cast<std::size_t>(state)]; }

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex &child) const override;
    using QObject::parent;
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex & = {}) const override { return ColumnCount; }
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Node {
        int above = -1; ///< place of the parent in m_nodes; -1: an area
        int row = 0; ///< among its siblings
        int check = -1; ///< place in m_checks; -1: an area
        std::vector<int> below;
        Sign sign;
        QString title, saw, search;
    };
    [[nodiscard]] const Node *node(const QModelIndex &index) const;
    [[nodiscard]] const std::vector<int> &below(const QModelIndex &index) const;
    int add(int above, int check);
    void sumUp(int area);

    std::vector<ReadinessCheck> m_checks;
    std::vector<Node> m_nodes;
    std::vector<int> m_areas; ///< places in m_nodes
    std::array<int, 6> m_counts{};
};

/// Checks by state and by text. What leads to a check that is shown, is shown too.
class ReadinessFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    enum class Show { All, Problems, Unknown };
    explicit ReadinessFilter(QObject *parent = nullptr);
    void setShow(Show show);
    void setSearch(const QString &text);
    /// The first check that is shown for its own sake, not for what is below it.
    [[nodiscard]] QModelIndex firstMatch(const QModelIndex &below = {}) const;

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    Show m_show = Show::All;
    QStringList m_words;
};

} // namespace kastellan::ui
