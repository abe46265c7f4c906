// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/activity_page.h"

#include "ui/models/table_model.h"
#include "ui/pages/page_parts.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QDateTime>
#include <QHeaderView>
#include <QLineEdit>
#include <QStackedWidget>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

ActivityPage::ActivityPage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_message(new MessageBar(this))
    , m_model(new TableModel({tr("When"), tr("Who"), tr("What"), tr("Subject"), tr("Outcome")}, this))
    , m_view(new TableView(tr("Activity"), *m_model, this))
    , m_stack(new QStackedWidget(this))
{
    auto *layout = pageLayout(this);
    QLineEdit *search = nullptr;
    layout->addWidget(
        listHeader(this, tr("Activity"), tr("Who did what when, with this program or with keepctl."), tr("Search the activity"), &search));
    layout->addWidget(m_message);
    layout->addWidget(m_stack, 1);
    m_stack->addWidget(m_view);
    m_stack->addWidget(new EmptyState(
        u"activity"_s, tr("Nothing has been done yet"), tr("Launches, attestations, stops, exports and removals are noted here."), this));
    connect(search, &QLineEdit::textChanged, m_view, &TableView::setSearch);
    m_view->setColumnWidths({170, 110, 210, 300, 120});
    m_view->sortByColumn(0, Qt::DescendingOrder);
    connect(&space.records, &Records::changed, this, [this] {
        if (isVisible())
            refresh();
    });
}

void ActivityPage::refresh()
{
    workspace().records.activity(this, [this](Result<std::vector<ActivityEntry>> entries) {
        if (!entries) {
            m_message->showError(entries.error());
            return;
        }
        m_message->clear();
        std::vector<TableModel::Row> rows;
        rows.reserve(entries->size());
        for (const ActivityEntry &entry : *entries) {
            TableModel::Row row;
            row.key = QString::number(entry.at);
            row.cells = {{.text = when(entry.at / 1000), .sort = static_cast<qint64>(entry.at), .tip = whenInFull(entry.at / 1000)},
                {.text = shownLine(entry.who)}, {.text = shownLine(entry.what)}, {.text = shownLine(entry.subject)},
                {.text = shownLine(entry.outcome)}};
            rows.push_back(std::move(row));
        }
        m_stack->setCurrentIndex(rows.empty() ? 1 : 0);
        m_model->setRows(std::move(rows));
    });
}

QString ActivityPage::help() const
{
    return tr(
        "Every launch, attestation, stop, removal and export is noted here with who did it, when, and how it went. Entries of keepctl "
        "appear too. Click a heading to sort; type in the search field to filter.");
}

} // namespace kastellan::ui
