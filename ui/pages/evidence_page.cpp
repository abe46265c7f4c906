// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/evidence_page.h"

#include "ui/pages/page_parts.h"
#include "ui/pages/record_table.h"
#include "ui/theme/icons.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

EvidencePage::EvidencePage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_message(new MessageBar(this))
    , m_model(new TableModel(recordHeaders(true), this))
    , m_view(new TableView(tr("Evidence records"), *m_model, this))
    , m_stack(new QStackedWidget(this))
    , m_open(new QPushButton(icon(u"evidence"_s), tr("&Open"), this))
    , m_buttons(new QWidget(this))
{
    auto *layout = pageLayout(this);
    QLineEdit *search = nullptr;
    layout->addWidget(listHeader(this, tr("Evidence"),
        tr("Every attestation of every keep, as it was recorded. Nothing here can be changed."), tr("Search the evidence"), &search));
    layout->addWidget(m_message);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_buttons);
    auto *buttons = new QHBoxLayout(m_buttons);
    buttons->setContentsMargins(0, 0, 0, 0);
    buttons->addStretch(1);
    buttons->addWidget(m_open);
    m_export = exportButton(
        space, m_message, [this] { return m_view->currentKey(); },
        [this] {
            const auto rows = m_view->selectionModel()->selectedRows(2);
            return rows.isEmpty() ? QString() : rows.first().data().toString();
        },
        this);
    buttons->addWidget(m_export);
    m_stack->addWidget(m_view);
    auto *empty = new EmptyState(u"evidence"_s, tr("No evidence yet"),
        tr("Each time a keep is attested, its evidence, the certificates, the findings and the verdict are recorded here, also for refused "
           "launches."),
        this);
    connect(empty->addAction(tr("Launch a keep…"), u"launch"_s), &QPushButton::clicked, this, [this] { workspace().launch(); });
    m_stack->addWidget(empty);
    connect(search, &QLineEdit::textChanged, m_view, &TableView::setSearch);
    m_view->setColumnWidths({130, 215, 150, 110, 130});
    m_view->sortByColumn(0, Qt::DescendingOrder);
    const auto openRecord = [this](const QString &key) {
        if (!key.isEmpty())
            workspace().go({u"record"_s, key, {}});
    };
    connect(m_view, &TableView::keyActivated, this, openRecord);
    connect(m_open, &QPushButton::clicked, this, [this, openRecord] { openRecord(m_view->currentKey()); });
    connect(m_view, &TableView::selectionMoved, this, &EvidencePage::showButtons);
    connect(&space.records, &Records::changed, this, [this] {
        if (isVisible())
            refresh();
    });
    showButtons();
}

void EvidencePage::showButtons()
{
    const bool chosen = !m_view->currentKey().isEmpty();
    for (QPushButton *button : {m_open, m_export}) {
        button->setEnabled(chosen);
        button->setToolTip(chosen ? QString() : tr("Choose a record first."));
    }
}

void EvidencePage::refresh()
{
    workspace().records.list({}, this, [this](Result<std::vector<RecordSummary>> records) {
        if (!records) {
            m_message->showError(records.error());
            return;
        }
        m_stack->setCurrentIndex(records->empty() ? 1 : 0);
        m_buttons->setVisible(!records->empty());
        m_model->setRows(recordRows(*records, true));
        showButtons();
    });
}

QString EvidencePage::help() const
{
    return tr(
        "A record holds the raw evidence, the certificates, what was expected, every finding and the verdict of one attestation. "
        "Open it to read the findings; export it for a colleague, a program or an auditor. Emulated evidence is marked: it proves the "
        "procedure, nothing about hardware.");
}

} // namespace kastellan::ui
