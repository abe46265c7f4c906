// SPDX-License-Identifier: Apache-2.0
#include "ui/host/maintenance_view.h"

#include "ui/host/host_signs.h"
#include "ui/models/table_model.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/table_view.h"

#include <QHeaderView>

#include <algorithm>
#include <functional>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

bool names(const std::vector<std::string> &actions, const std::string &id)
{
    return std::ranges::find(actions, id) != actions.end();
}

Sign fate(const PlatformGuest &guest, const std::string &event)
{
    if (names(guest.endedBy, event))
        return {u"cross"_s, MaintenanceView::tr("ends"), Tone::Negative};
    if (names(guest.disturbedBy, event))
        return {u"warning"_s, MaintenanceView::tr("proves itself anew"), Tone::Warning};
    return {u"check"_s, MaintenanceView::tr("goes on"), Tone::Positive};
}

} // namespace

std::vector<PlatformGuest> guestsOf(const PlatformState &state, const std::vector<KeepPointer> &keeps)
{
    std::vector<PlatformGuest> guests;
    if (state.view)
        guests = state.view->running;
    for (const KeepPointer &keep : keeps) {
        const std::string id = toHex(keep->plan.id.view());
        if (std::ranges::find(guests, id, &PlatformGuest::keep) == guests.end())
            guests.push_back({keep->plan.name, id, 1, {"shutdown"}, {}});
    }
    return guests;
}

std::vector<MaintenanceEvent> maintenanceEvents(const std::vector<PlatformGuest> &guests, const std::vector<PlatformAction> &actions)
{
    std::vector<MaintenanceEvent> events{{"shutdown", MaintenanceView::tr("Shut down or restart"),
        MaintenanceView::tr("The host is switched off or started again, as for a new kernel or BIOS."), {}, {}, {}}};
    for (const PlatformAction &action : actions)
        if (action.effect != ActionEffect::Reads)
            events.push_back(
                {action.id, bareTitle(action.title), shown(action.summary), {}, {}, action.available ? QString() : shown(action.whyNot)});
    for (MaintenanceEvent &event : events)
        for (const PlatformGuest &guest : guests) {
            if (names(guest.endedBy, event.id))
                event.ends += shownLine(guest.name);
            else if (names(guest.disturbedBy, event.id))
                event.disturbs += shownLine(guest.name);
        }
    std::ranges::stable_sort(events, std::ranges::greater{}, // what ends something first
        [](const MaintenanceEvent &event) { return (event.ends.isEmpty() ? 0 : 2) + (event.disturbs.isEmpty() ? 0 : 1); });
    return events;
}

MaintenanceView::MaintenanceView(QWidget *parent)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new ScrollPage(tr("Maintenance"), 1080, this, ScrollPage::Margins::None);
    outer->addWidget(scroll);
    QVBoxLayout *rows = scroll->body();
    m_runs = new Card(tr("What runs here"), this);
    m_sentence = new Label({}, Label::Kind::Body, Tone::Muted, m_runs);
    m_runs->body()->addWidget(m_sentence);
    rows->addWidget(m_runs);
    m_eventsCard = new Card(tr("Before you do it"), this);
    rows->addWidget(m_eventsCard);
    rows->addStretch(1);
}

void MaintenanceView::show(const PlatformState &state, const std::vector<KeepPointer> &keeps)
{
    const std::vector<PlatformGuest> guests = guestsOf(state, keeps);
    const std::vector<MaintenanceEvent> events = maintenanceEvents(guests, state.actions);
    std::uint32_t count = 0;
    for (const PlatformGuest &guest : guests)
        count += std::max(1u, guest.count);
    m_sentence->setText(count == 0 ? tr("Nothing protected runs here: no maintenance would end anything.")
            : count == 1           ? tr("One protected guest runs here. This is what would become of it:")
                                   : tr("%1 protected guests run here. This is what would become of them:").arg(count));
    showTable(guests, events);
    showEvents(events, guests.empty());
}

void MaintenanceView::showTable(const std::vector<PlatformGuest> &guests, const std::vector<MaintenanceEvent> &events)
{
    if (m_table) {
        m_table->hide();
        m_table->deleteLater();
        m_table = nullptr;
    }
    if (guests.empty())
        return;
    std::vector<const MaintenanceEvent *> shownEvents; // those that touch something: the rest is a column of "goes on"
    QStringList headers{tr("Keep or guest")};
    for (const MaintenanceEvent &event : events)
        if (!event.ends.isEmpty() || !event.disturbs.isEmpty()) {
            shownEvents.push_back(&event);
            headers += event.title;
        }
    m_model = new TableModel(headers, this);
    m_table = new TableView(tr("What would become of what runs"), *m_model, m_runs);
    m_table->setObjectName(u"maintenanceTable"_s);
    m_model->setParent(m_table);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setSortingEnabled(false);
    std::vector<TableModel::Row> rows;
    for (const PlatformGuest &guest : guests) {
        TableModel::Row row;
        row.key = QString::fromStdString(guest.keep);
        row.cells.push_back({.text = shownLine(guest.name), .tip = shownLine(guest.name)});
        for (const MaintenanceEvent *event : shownEvents) {
            const Sign sign = fate(guest, event->id);
            row.cells.push_back({.text = sign.word, .symbol = sign.symbol, .tone = sign.tone});
        }
        rows.push_back(std::move(row));
    }
    m_model->setRows(std::move(rows));
    QHeaderView *header = m_table->horizontalHeader();
    header->setStretchLastSection(false);
    header->setMinimumSectionSize(120);
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setSectionResizeMode(0, QHeaderView::Stretch);
    const QFontMetrics metrics = m_table->fontMetrics();
    for (int column = 1; column < m_model->columnCount(); ++column)
        m_table->setColumnWidth(column,
            std::max(metrics.horizontalAdvance(headers.value(column)) + 30, metrics.horizontalAdvance(tr("proves itself anew")) + 46));
    const int lines = static_cast<int>(std::min<std::size_t>(guests.size(), 10));
    m_table->setFixedHeight(
        m_table->horizontalHeader()->sizeHint().height() + lines * m_table->verticalHeader()->defaultSectionSize() + 18);
    m_runs->body()->addWidget(m_table);
    connect(m_table, &TableView::keyActivated, this, [this](const QString &key) {
        if (!key.isEmpty())
            Q_EMIT keepWanted(key);
    });
}

void MaintenanceView::showEvents(const std::vector<MaintenanceEvent> &events, bool nothingRuns)
{
    if (m_events) {
        m_events->hide();
        m_events->deleteLater();
    }
    m_events = new QWidget(m_eventsCard);
    auto *rows = new QVBoxLayout(m_events);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(14);
    for (const MaintenanceEvent &event : events) {
        auto *entry = new QVBoxLayout;
        entry->setSpacing(2);
        auto *line = new QHBoxLayout;
        line->setSpacing(10);
        auto *title = new Label(event.title, Label::Kind::Heading, Tone::Plain, m_events);
        line->addWidget(title);
        line->addWidget(new Badge(!event.ends.isEmpty() ? Sign{u"cross"_s, tr("ends %1").arg(event.ends.size()), Tone::Negative}
                : !event.disturbs.isEmpty()             ? Sign{u"warning"_s, tr("disturbs %1").arg(event.disturbs.size()), Tone::Warning}
                                                        : Sign{u"check"_s, tr("ends nothing"), Tone::Positive},
            m_events));
        line->addStretch(1);
        entry->addLayout(line);
        entry->addWidget(new Label(event.summary, Label::Kind::Body, Tone::Muted, m_events));
        if (!event.ends.isEmpty())
            entry->addWidget(new Label(tr("Ends: %1. Stop them first, in your own time.").arg(event.ends.join(u", "_s)), Label::Kind::Value,
                Tone::Plain, m_events));
        if (!event.disturbs.isEmpty())
            entry->addWidget(new Label(tr("Run on, and prove themselves with other words from then on: %1. Attest them again afterwards.")
                                           .arg(event.disturbs.join(u", "_s)),
                Label::Kind::Value, Tone::Plain, m_events));
        if (!event.whyNot.isEmpty() && !nothingRuns)
            entry->addWidget(new Label(tr("Refused now: %1").arg(event.whyNot), Label::Kind::Value, Tone::Muted, m_events));
        rows->addLayout(entry);
    }
    m_eventsCard->body()->addWidget(m_events);
}

} // namespace kastellan::ui
