// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/findings_view.h"

#include "ui/keep/finding_detail.h"
#include "ui/models/delegates.h"
#include "ui/pages/page_parts.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_view.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeView>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

FindingsView::FindingsView(QWidget *parent)
    : QWidget(parent)
    , m_model(new FindingsModel(this))
    , m_filter(new FindingsFilter(this))
    , m_show(new Segments(tr("Which findings"), this))
    , m_tree(new QTreeView(this))
    , m_stack(new QStackedWidget(this))
    , m_detail(new FindingDetail(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_show);
    bar->addStretch(1);
    QLineEdit *search = searchField(tr("Search the findings"), this);
    search->setMaximumWidth(240);
    bar->addWidget(search, 1);
    layout->addLayout(bar);
    auto *splitter = new QSplitter(Qt::Horizontal, this);
    layout->addWidget(splitter, 1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_stack);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({560, 380});
    m_detail->setMinimumWidth(260);
    m_stack->setMinimumWidth(320);
    m_stack->addWidget(m_tree);
    m_stack->addWidget(new EmptyState(u"search"_s, tr("No finding matches"), tr("Change the filter or the search to see more."), this));

    for (const QString &name : {tr("All"), tr("Failed"), tr("Unknown"), tr("Passed"), tr("Advisory")})
        m_show->add(name);
    m_filter->setSourceModel(m_model);
    m_tree->setModel(m_filter);
    dressList(m_tree, tr("Findings"));
    m_tree->setItemDelegate(new SignDelegate(FindingsModel::SymbolRole, FindingsModel::ToneRole, -1, this));
    m_tree->setUniformRowHeights(true);
    m_tree->setAllColumnsShowFocus(true);
    m_tree->header()->setStretchLastSection(true);
    m_tree->header()->setDefaultAlignment(Qt::AlignVCenter | Qt::AlignLeading);
    m_tree->setColumnWidth(FindingsModel::ResultColumn, 150);
    m_tree->setColumnWidth(FindingsModel::CheckColumn, 185);
    const auto showEmpty = [this] {
        m_stack->setCurrentIndex(m_filter->rowCount() == 0 && m_model->rowCount() > 0 ? 1 : 0);
        openAreas();
    };
    connect(m_show, &Segments::chosen, this, [this, showEmpty](int index) {
        m_filter->setShow(static_cast<FindingsFilter::Show>(index));
        showEmpty();
    });
    connect(search, &QLineEdit::textChanged, this, [this, showEmpty](const QString &text) {
        m_filter->setSearch(text);
        showEmpty();
    });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
        [this](const QModelIndex &current) { m_detail->setFinding(m_model->finding(m_filter->mapToSource(current))); });
    showCounts();
}

void FindingsView::setFindings(const std::vector<Finding> &findings)
{
    m_model->setFindings(findings);
    openAreas();
    showCounts();
    m_show->setCurrent(0);
    QModelIndex first = m_model->firstOfConcern();
    if (!first.isValid() && m_model->rowCount() > 0)
        first = m_model->index(0, 0, m_model->index(0, 0));
    choose(first);
}

void FindingsView::choose(const QModelIndex &source)
{
    const QModelIndex at = m_filter->mapFromSource(source);
    if (!at.isValid()) {
        m_detail->setFinding(nullptr);
        return;
    }
    m_tree->setCurrentIndex(at);
    m_tree->scrollTo(at, QAbstractItemView::PositionAtCenter);
}

void FindingsView::openAreas()
{
    m_tree->expandAll();
    for (int row = 0; row < m_filter->rowCount(); ++row)
        m_tree->setFirstColumnSpanned(row, {}, true);
}

void FindingsView::showCounts()
{
    m_show->setText(0, tr("All %1").arg(m_model->count()));
    m_show->setText(1, tr("Failed %1").arg(m_model->count(Outcome::Fail)));
    m_show->setText(2, tr("Unknown %1").arg(m_model->count(Outcome::Unknown)));
    m_show->setText(3, tr("Passed %1").arg(m_model->count(Outcome::Pass)));
}

} // namespace kastellan::ui
