// SPDX-License-Identifier: Apache-2.0
#include "ui/side_bar.h"

#include "ui/models/delegates.h"
#include "ui/models/keeps_model.h"
#include "ui/pages/page.h"
#include "ui/pages/page_parts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/table_view.h"

#include <QButtonGroup>
#include <QHeaderView>
#include <QLineEdit>
#include <QPainter>
#include <QScopedValueRollback>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

SideBar::SideBar(Workspace &workspace, QWidget *parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_pages(new QButtonGroup(this))
    , m_search(searchField(tr("Search hosts and keeps"), this))
    , m_model(new KeepsModel(workspace.directory, this))
    , m_filter(new KeepsFilter(this))
    , m_tree(new QTreeView(this))
    , m_none(new Label(tr("Nothing matches."), Label::Kind::Body, Tone::Muted, this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(10, 10, 10, 8);
    layout->setSpacing(2);
    int number = 0;
    for (const PageKind &kind : pageKinds()) {
        if (!kind.listed)
            continue;
        auto *button = new QToolButton(this);
        button->setText(kind.title);
        button->setIcon(icon(kind.symbol));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setAutoRaise(true);
        button->setCheckable(true);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setAccessibleName(kind.title);
        button->setObjectName(u"page-"_s + kind.id);
        const QKeySequence keys(Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + number++));
        button->setShortcut(keys);
        button->setToolTip(u"%1 (%2)"_s.arg(kind.title, keys.toString(QKeySequence::NativeText)));
        m_pages->addButton(button);
        layout->addWidget(button);
        connect(button, &QToolButton::clicked, this, [this, id = kind.id] { Q_EMIT linkWanted({id, {}, {}}); });
    }
    m_pages->setExclusive(true);
    layout->addSpacing(10);
    auto *heading = new Label(tr("Hosts and keeps"), Label::Kind::Small, Tone::Muted, this);
    heading->setContentsMargins(8, 0, 0, 0);
    auto *top = new QHBoxLayout;
    top->setContentsMargins(0, 0, 2, 0);
    top->addWidget(heading, 1);
    auto *add = new QToolButton(this);
    add->setObjectName(u"addHostButton"_s);
    add->setIcon(icon(u"add"_s));
    add->setAutoRaise(true);
    add->setFocusPolicy(Qt::StrongFocus);
    add->setAccessibleName(tr("Add a host"));
    add->setToolTip(tr("Add a host: a libvirt connection, a cluster, or a machine to look at"));
    connect(add, &QToolButton::clicked, this, &SideBar::addHostWanted);
    top->addWidget(add);
    layout->addLayout(top);
    layout->addSpacing(2);
    m_search->setObjectName(u"sideSearch"_s);
    layout->addWidget(m_search);
    layout->addSpacing(4);
    m_none->setAlignment(Qt::AlignCenter);
    m_none->setMargin(20);
    m_none->hide();
    layout->addWidget(m_none);
    layout->addWidget(m_tree, 1);

    m_filter->setSourceModel(m_model);
    m_tree->setModel(m_filter);
    dressList(m_tree, tr("Hosts and keeps"));
    m_tree->setObjectName(u"sideTree"_s);
    m_tree->setProperty("ownRows", true);
    m_tree->setHeaderHidden(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setUniformRowHeights(true);
    m_tree->setIndentation(16);
    m_tree->setItemDelegate(new KeepsDelegate(this));
    m_tree->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_tree->expandAll();

    connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
        const QScopedValueRollback marking(m_marking, true);
        m_filter->setSearch(text);
        m_tree->expandAll();
        m_none->setVisible(m_filter->rowCount() == 0 && !text.isEmpty());
        keepPlace();
    });
    connect(m_filter, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &parentIndex) {
        if (!parentIndex.isValid())
            m_tree->expandAll();
        else
            m_tree->expand(parentIndex);
        keepPlace();
    });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &current) {
        if (!m_marking)
            activate(current);
    });
    connect(m_tree, &QTreeView::clicked, this, &SideBar::activate);
    connect(m_tree, &QTreeView::activated, this, &SideBar::activate);
}

void SideBar::focusSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void SideBar::focusList()
{
    m_tree->setFocus(Qt::OtherFocusReason);
}

void SideBar::activate(const QModelIndex &index)
{
    if (!index.isValid())
        return;
    const bool isHost = index.data(KeepsModel::IsHostRole).toBool();
    const Link link{isHost ? u"host"_s : u"keep"_s, index.data(KeepsModel::KeyRole).toString(), {}};
    if (link.page != m_place.page || link.subject != m_place.subject)
        Q_EMIT linkWanted(link);
}

void SideBar::showPlace(const Link &link)
{
    m_place = link;
    QAbstractButton *button = findChild<QToolButton *>(u"page-"_s + (link.page == "record"_L1 ? u"evidence"_s : link.page));
    m_pages->setExclusive(false);
    for (QAbstractButton *other : m_pages->buttons())
        other->setChecked(other == button);
    m_pages->setExclusive(button != nullptr);
    keepPlace();
}

void SideBar::keepPlace()
{
    const QScopedValueRollback marking(m_marking, true);
    const QModelIndex source = m_place.page == "host"_L1 ? m_model->indexOfHost(m_place.subject)
        : m_place.page == "keep"_L1                      ? m_model->indexOfKeep(m_place.subject)
                                                         : QModelIndex();
    const QModelIndex index = m_filter->mapFromSource(source);
    if (index.isValid()) {
        m_tree->setCurrentIndex(index);
        m_tree->scrollTo(index);
    } else {
        m_tree->clearSelection();
        m_tree->setCurrentIndex({});
    }
}

void SideBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    painter.setPen(palette().color(QPalette::Mid));
    const int edge = layoutDirection() == Qt::RightToLeft ? 0 : width() - 1;
    painter.drawLine(edge, 0, edge, height());
}

} // namespace kastellan::ui
