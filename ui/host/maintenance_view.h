// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/directory.h"
#include "ui/data/platforms.h"

#include <QWidget>

class QVBoxLayout;

namespace kastellan::ui {

class Card;
class Label;
class TableModel;
class TableView;

/// Something that an operator may do with a host, and what becomes of what runs there.
struct MaintenanceEvent {
    std::string id; ///< of the action; "shutdown"
    QString title, summary;
    QStringList ends, disturbs; ///< names of what runs
    QString whyNot; ///< why it is refused now; empty: it is not
};
/// Shutting down first, then every action that changes the platform. Where no platform tells what runs, `keeps` are what runs.
[[nodiscard]] std::vector<PlatformGuest> guestsOf(const PlatformState &state, const std::vector<KeepPointer> &keeps);
[[nodiscard]] std::vector<MaintenanceEvent> maintenanceEvents(
    const std::vector<PlatformGuest> &guests, const std::vector<PlatformAction> &actions);

/// What blocks maintenance: what runs on the host, and which of it would end by a commit, a reset or a shutdown.
class MaintenanceView : public QWidget {
    Q_OBJECT

public:
    explicit MaintenanceView(QWidget *parent = nullptr);
    /// `keeps`: those of the host that run.
    void show(const PlatformState &state, const std::vector<KeepPointer> &keeps);

Q_SIGNALS:
    void keepWanted(const QString &key);

private:
    void showTable(const std::vector<PlatformGuest> &guests, const std::vector<MaintenanceEvent> &events);
    void showEvents(const std::vector<MaintenanceEvent> &events, bool nothingRuns);

    Label *m_sentence;
    Card *m_runs, *m_eventsCard;
    TableModel *m_model = nullptr;
    TableView *m_table = nullptr;
    QWidget *m_events = nullptr;
};

} // namespace kastellan::ui
