// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/table_view.h"

#include "ui/models/delegates.h"

#include <QHeaderView>
#include <QKeyEvent>

namespace kastellan::ui {

void dressList(QAbstractItemView *view, const QString &accessibleName)
{
    view->setAccessibleName(accessibleName);
    view->setProperty("soft", true);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::SingleSelection);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setTabKeyNavigation(false);
}

TableView::TableView(const QString &accessibleName, TableModel &model, QWidget *parent)
    : QTableView(parent)
    , m_filter(new TableFilter(this))
{
    m_filter->setSourceModel(&model);
    setModel(m_filter);
    dressList(this, accessibleName);
    setShowGrid(false);
    setWordWrap(false);
    setSortingEnabled(true);
    setItemDelegate(new SignDelegate(TableModel::SymbolRole, TableModel::ToneRole, TableModel::EmulatedRole, this));
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 14);
    horizontalHeader()->setStretchLastSection(true);
    horizontalHeader()->setDefaultAlignment(Qt::AlignVCenter | Qt::AlignLeading);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(48);
    connect(this, &QAbstractItemView::doubleClicked, this,
        [this](const QModelIndex &index) { Q_EMIT keyActivated(index.data(TableModel::KeyRole).toString()); });
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this, &TableView::selectionMoved);
    connect(m_filter, &QAbstractItemModel::modelReset, this, [this] {
        if (m_filter->rowCount() > 0) // something is always chosen, so that buttons work
            setCurrentIndex(m_filter->index(0, 0));
        Q_EMIT selectionMoved();
    });
}

void TableView::setColumnWidths(const QList<int> &widths)
{
    for (qsizetype i = 0; i < widths.size(); ++i)
        setColumnWidth(static_cast<int>(i), widths[i]);
}

QString TableView::currentKey() const
{
    const auto rows = selectionModel()->selectedRows();
    return rows.isEmpty() ? QString() : rows.first().data(TableModel::KeyRole).toString();
}

QStringList TableView::selectedKeys() const
{
    QStringList keys;
    for (const auto rows = selectionModel()->selectedRows(); const QModelIndex &index : rows)
        keys += index.data(TableModel::KeyRole).toString();
    return keys;
}

void TableView::keyPressEvent(QKeyEvent *event)
{
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && currentIndex().isValid()) {
        Q_EMIT keyActivated(currentIndex().data(TableModel::KeyRole).toString());
        return;
    }
    QTableView::keyPressEvent(event);
}

} // namespace kastellan::ui
