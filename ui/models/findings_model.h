// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/finding.h"
#include "ui/text.h"

#include <QAbstractItemModel>
#include <QSortFilterProxyModel>

#include <array>
#include <vector>

namespace kastellan::ui {

/// The findings of an appraisal, grouped by area.
class FindingsModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { ResultColumn, CheckColumn, ActualColumn, ColumnCount };
    enum Roles { OutcomeRole = Qt::UserRole, RequiredRole, SearchRole, FindingRole, SymbolRole, ToneRole };

    explicit FindingsModel(QObject *parent = nullptr)
        : QAbstractItemModel(parent)
    {
    }
    void setFindings(const std::vector<Finding> &findings);
    [[nodiscard]] const Finding *finding(const QModelIndex &index) const;
    /// How many have this outcome.
    [[nodiscard]] int count(Outcome outcome) const { return m_counts[static_cast<std::size_t>(outcome)]; }
    [[nodiscard]] int count() const;
    /// The first that a person should look at: a required fail, any fail, an unknown; else nothing.
    [[nodiscard]] QModelIndex firstOfConcern() const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex &child) const override;
    using QObject::parent;
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex & = {}) const override { return ColumnCount; }
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        Finding finding;
        Sign sign;
        QString check, actual, search;
    };
    struct Area {
        QString title, summary;
        Sign sign;
        std::vector<Row> rows;
    };
    std::vector<Area> m_areas;
    std::array<int, 4> m_counts{};
};

/// Findings by outcome and by text.
class FindingsFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    enum class Show { All, Fails, Unknowns, Passes, Advisory };
    explicit FindingsFilter(QObject *parent = nullptr);
    void setShow(Show show);
    void setSearch(const QString &text);

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    Show m_show = Show::All;
    QStringList m_words;
};

/// A check's name for people, made safe for the screen. The id itself stays visible in the details.
[[nodiscard]] QString checkTitle(std::string_view id);

} // namespace kastellan::ui
