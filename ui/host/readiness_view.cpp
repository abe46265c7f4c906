// SPDX-License-Identifier: Apache-2.0
#include "ui/host/readiness_view.h"

#include "ui/host/check_detail.h"
#include "ui/host/host_signs.h"
#include "ui/host/readiness_text.h"
#include "ui/models/delegates.h"
#include "ui/pages/page_parts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_view.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
enum { TreeShown, NothingMatches };
}

ReadinessView::ReadinessView(QWidget *parent)
    : QWidget(parent)
    , m_model(new ReadinessModel(this))
    , m_filter(new ReadinessFilter(this))
    , m_bar(new QWidget(this))
    , m_show(new Segments(tr("Which checks"), this))
    , m_search(searchField(tr("Search the checks"), this))
    , m_tree(new QTreeView(this))
    , m_stack(new QStackedWidget(this))
    , m_whole(new QStackedWidget(this))
    , m_detail(new CheckDetail(this))
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_whole);
    auto *content = new QWidget(this);
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(m_bar);
    auto *splitter = new QSplitter(Qt::Horizontal, content);
    layout->addWidget(splitter, 1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_stack);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({560, 380});
    m_detail->setMinimumWidth(250);
    m_stack->setMinimumWidth(320);
    m_stack->addWidget(m_tree);
    m_stack->addWidget(new EmptyState(u"search"_s, tr("No check matches"), tr("Change the filter or the search to see more."), this));
    m_whole->addWidget(content);
    buildBar();
    buildTree();
    setEmptyText(tr("Not looked at yet"), tr("Check the host to see whether it can run keeps."));
    connect(m_detail, &CheckDetail::said, this, &ReadinessView::said);
    connect(m_detail, &CheckDetail::causeWanted, this, &ReadinessView::choose);
}

QToolButton *ReadinessView::tool(const QString &symbol, const QString &name, const char *objectName)
{
    auto *button = new QToolButton(m_bar);
    button->setIcon(icon(symbol));
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setAccessibleName(name);
    button->setToolTip(name);
    button->setObjectName(QString::fromLatin1(objectName));
    m_bar->layout()->addWidget(button);
    return button;
}

void ReadinessView::buildBar()
{
    auto *layout = new QHBoxLayout(m_bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    for (const QString &name : {tr("All"), tr("Problems"), tr("Not known")})
        m_show->add(name);
    m_show->setObjectName(u"readinessShow"_s);
    layout->addWidget(m_show);
    layout->addStretch(1);
    connect(tool(u"expand"_s, tr("Open all areas"), "expandChecks"), &QToolButton::clicked, this, &ReadinessView::openAll);
    connect(tool(u"collapse"_s, tr("Close all areas"), "collapseChecks"), &QToolButton::clicked, m_tree, &QTreeView::collapseAll);
    connect(tool(u"copy"_s, tr("Copy all checks as text"), "copyChecks"), &QToolButton::clicked, this, [this] {
        if (!m_readiness)
            return;
        QGuiApplication::clipboard()->setText(readinessText(*m_readiness));
        Q_EMIT said(tr("%1 checks were copied").arg(m_model->count()));
    });
    layout->addSpacing(6);
    m_search->setObjectName(u"readinessSearch"_s);
    m_search->setMaximumWidth(240);
    layout->addWidget(m_search, 1);
    auto *find = new QShortcut(QKeySequence::Find, this);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QShortcut::activated, m_search, [field = m_search] {
        field->setFocus(Qt::ShortcutFocusReason);
        field->selectAll();
    });
    connect(m_show, &Segments::chosen, this, [this](int index) {
        m_filter->setShow(static_cast<ReadinessFilter::Show>(index));
        filterChanged();
    });
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_filter->setSearch(text);
        filterChanged();
    });
}

void ReadinessView::buildTree()
{
    m_filter->setSourceModel(m_model);
    m_tree->setModel(m_filter);
    m_tree->setObjectName(u"readinessTree"_s);
    dressList(m_tree, tr("Checks of the host"));
    m_tree->setItemDelegate(new SignDelegate(ReadinessModel::SymbolRole, ReadinessModel::ToneRole, -1, this));
    m_tree->setUniformRowHeights(true);
    m_tree->setAllColumnsShowFocus(true);
    m_tree->setIndentation(18);
    m_tree->setTextElideMode(Qt::ElideRight);
    m_tree->header()->setStretchLastSection(true);
    m_tree->header()->setDefaultAlignment(Qt::AlignVCenter | Qt::AlignLeading);
    m_tree->viewport()->installEventFilter(this);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &ReadinessView::showCurrent);
    auto *copy = new QShortcut(QKeySequence::Copy, m_tree);
    copy->setContext(Qt::WidgetShortcut);
    connect(copy, &QShortcut::activated, this, [this] {
        if (m_detail->text().isEmpty())
            return;
        QGuiApplication::clipboard()->setText(m_detail->text());
        Q_EMIT said(tr("The check was copied"));
    });
}

bool ReadinessView::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_tree->viewport() && event->type() == QEvent::Resize)
        fitColumns();
    return QWidget::eventFilter(watched, event);
}

void ReadinessView::fitColumns()
{
    // What was there stands beside the tree as well: where there is little room, its column goes first.
    constexpr int result = 112, roomForSaw = 460;
    const int width = m_tree->viewport()->width();
    const bool saw = width >= roomForSaw;
    m_tree->setColumnHidden(ReadinessModel::SawColumn, !saw);
    m_tree->setColumnWidth(ReadinessModel::CheckColumn, saw ? std::clamp(width / 2, 240, 340) : width - result);
    m_tree->setColumnWidth(ReadinessModel::ResultColumn, result);
}

void ReadinessView::setEmptyText(const QString &title, const QString &text)
{
    if (m_empty && m_emptyText == title + text)
        return;
    m_emptyText = title + text;
    auto *next = new EmptyState(u"host"_s, title, text, this);
    if (m_empty) {
        m_whole->removeWidget(m_empty);
        m_empty->deleteLater();
    }
    m_empty = next;
    m_whole->addWidget(m_empty);
    m_whole->setCurrentIndex(m_readiness ? 0 : 1);
}

QString ReadinessView::currentId() const
{
    return m_tree->currentIndex().siblingAtColumn(0).data(ReadinessModel::IdRole).toString();
}

void ReadinessView::setReadiness(const ReadinessPointer &readiness)
{
    if (readiness == m_readiness)
        return;
    const bool sameHost = m_readiness && readiness && m_readiness->host == readiness->host;
    const QString chosen = sameHost && currentId() != m_suggested ? currentId() : QString(); // by a person
    QStringList closed; // areas that a person closed stay closed
    if (sameHost)
        for (int row = 0; row < m_filter->rowCount(); ++row)
            if (const QModelIndex area = m_filter->index(row, 0); !m_tree->isExpanded(area))
                closed += area.data().toString();
    m_readiness = readiness;
    m_detail->setCheck(nullptr, nullptr);
    m_model->setChecks(readiness ? readiness->checks : std::vector<ReadinessCheck>{});
    m_whole->setCurrentIndex(readiness ? 0 : 1);
    if (!sameHost) {
        m_show->setCurrent(0);
        m_search->clear();
    }
    showCounts();
    filterChanged();
    for (int row = 0; row < m_filter->rowCount(); ++row)
        if (const QModelIndex area = m_filter->index(row, 0); closed.contains(area.data().toString()))
            m_tree->collapse(area);
    const QModelIndex again = m_filter->mapFromSource(m_model->indexOf(chosen.toStdString()));
    if (again.isValid())
        m_tree->setCurrentIndex(again);
    else
        chooseFirst();
}

void ReadinessView::chooseFirst()
{
    if (!m_readiness)
        return;
    const ReadinessCheck *cause = headlineOf(*m_readiness).first;
    QModelIndex first = cause ? m_model->indexOf(cause->id) : QModelIndex();
    if (!first.isValid() && m_model->rowCount() > 0)
        first = m_model->index(0, 0, m_model->index(0, 0));
    const QModelIndex at = m_filter->mapFromSource(first);
    if (!at.isValid())
        return;
    m_tree->setCurrentIndex(at);
    m_tree->scrollTo(at, QAbstractItemView::EnsureVisible);
    m_suggested = currentId();
}

void ReadinessView::choose(const QString &id)
{
    const QModelIndex source = m_model->indexOf(id.toStdString());
    if (!source.isValid())
        return;
    if (!m_filter->mapFromSource(source).isValid()) {
        m_show->setCurrent(0);
        m_search->clear();
    }
    const QModelIndex at = m_filter->mapFromSource(source);
    for (QModelIndex above = at.parent(); above.isValid(); above = above.parent())
        m_tree->expand(above);
    m_tree->setCurrentIndex(at);
    m_tree->scrollTo(at, QAbstractItemView::PositionAtCenter);
    m_tree->setFocus(Qt::OtherFocusReason);
}

void ReadinessView::showCurrent()
{
    m_detail->setCheck(m_model->check(m_filter->mapToSource(m_tree->currentIndex())), m_readiness.get());
}

void ReadinessView::filterChanged()
{
    m_stack->setCurrentIndex(m_filter->rowCount() == 0 && m_model->count() > 0 ? NothingMatches : TreeShown);
    openAll();
    if (currentId().isEmpty()) // what was looked at is not shown any more
        m_tree->setCurrentIndex(m_filter->firstMatch());
    showCurrent(); // rows that go take the current one along while they cannot be asked
}

void ReadinessView::openAll()
{
    m_tree->expandAll();
    for (int row = 0; row < m_filter->rowCount(); ++row)
        m_tree->setFirstColumnSpanned(row, {}, true);
}

void ReadinessView::showCounts()
{
    m_show->setText(0, tr("All %1").arg(m_model->count()));
    m_show->setText(1, tr("Problems %1").arg(m_model->count(CheckState::Fail) + m_model->count(CheckState::Warning)));
    m_show->setText(2, tr("Not known %1").arg(m_model->count(CheckState::Unknown) + m_model->count(CheckState::Skipped)));
}

} // namespace kastellan::ui
