// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSortFilterProxyModel>
#include <QStringList>

namespace kastellan::ui {

/// Rows whose text, in lower case under one role of the source, holds every word of a search.
class WordsFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    void setSearch(const QString &text);

protected:
    WordsFilter(int searchRole, QObject *parent);
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    int m_searchRole;
    QStringList m_words;
};

} // namespace kastellan::ui
