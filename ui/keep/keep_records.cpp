// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/keep_records.h"

#include "ui/models/table_model.h"
#include "ui/pages/record_table.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

KeepRecords::KeepRecords(Workspace &workspace, MessageBar *message, QWidget *parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_message(message)
    , m_records(new TableModel(recordHeaders(false), this))
    , m_view(new TableView(tr("Evidence records of this keep"), *m_records, this))
    , m_import(new QPushButton(icon(u"import"_s), tr("&Import a report…"), this))
    , m_open(new QPushButton(icon(u"evidence"_s), tr("&Open"), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(
        new Label(tr("Every attestation of this keep. The records stay when the keep is removed."), Label::Kind::Body, Tone::Muted, this));
    m_view->setColumnWidths({170, 240, 180});
    m_view->sortByColumn(0, Qt::DescendingOrder);
    layout->addWidget(m_view, 1);
    const auto open = [this](const QString &key) {
        if (!key.isEmpty())
            m_workspace.go({u"record"_s, key, {}});
    };
    m_import->setObjectName(u"importReport"_s);
    m_save = exportButton(
        workspace, message, [this] { return m_view->currentKey(); }, [this] { return m_keep ? shownLine(m_keep->plan.name) : QString(); },
        this);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_import);
    buttons->addStretch(1);
    buttons->addWidget(m_open);
    buttons->addWidget(m_save);
    layout->addLayout(buttons);
    connect(m_open, &QPushButton::clicked, this, [this, open] { open(m_view->currentKey()); });
    connect(m_view, &TableView::keyActivated, this, open);
    connect(m_view, &TableView::selectionMoved, this, &KeepRecords::update);
    connect(m_import, &QPushButton::clicked, this, [this] {
        const QString file = dialogs::openFile(this, tr("Import a report that was made inside"), tr("All files (*)"));
        if (!file.isEmpty())
            import({file});
    });
    update();
}

void KeepRecords::setKeep(const KeepPointer &keep)
{
    m_keep = keep;
    update();
}

void KeepRecords::setRecords(const std::vector<RecordSummary> &records)
{
    m_records->setRows(recordRows(records, false));
    update();
}

bool KeepRecords::takesReports() const
{
    return m_keep && m_keep->plan.machine && m_keep->plan.machine->request.whole && m_keep->plan.machine->technology == "snp";
}

void KeepRecords::update()
{
    const bool chosen = !m_view->currentKey().isEmpty();
    for (QPushButton *button : {m_open, m_save}) {
        button->setEnabled(chosen);
        button->setToolTip(chosen ? QString() : tr("Choose a record first."));
    }
    const bool whole = m_keep && m_keep->plan.machine && m_keep->plan.machine->request.whole;
    m_import->setVisible(whole);
    m_import->setEnabled(takesReports());
    m_import->setToolTip(takesReports() ? tr("A SEV-SNP report that was made inside this machine, from a file; it can be dropped here too")
                                        : tr("Only SEV-SNP makes reports inside, and this machine was launched without it."));
}

void KeepRecords::import(const QStringList &files)
{
    if (!takesReports() || files.isEmpty())
        return;
    std::vector<std::string> paths;
    for (const QString &file : files)
        paths.push_back(file.toStdString());
    m_message->clear();
    m_workspace.jobs.run<Record>(
        JobRunner::Lane::Shown, tr("Appraise the report"), this,
        [import = m_workspace.services.machines.importReport, keep = m_keep, paths](
            const Progress &, const std::stop_token &) -> Result<Record> { return import(*keep, paths); },
        [this](Result<Record> record) { imported(std::move(record)); });
}

void KeepRecords::imported(Result<Record> record)
{
    if (!record) {
        m_message->showError(record.error());
        return;
    }
    const Appraisal appraisal = record->appraisal;
    m_workspace.records.add(std::move(*record), this, [this, appraisal](const Status &stored) {
        if (!stored) {
            m_message->showError(stored.error());
            return;
        }
        const bool good = appraisal.verdict == Verdict::Trusted || appraisal.verdict == Verdict::Authentic;
        m_message->showText(good ? KMessageWidget::Positive : KMessageWidget::Warning,
            tr("The report was appraised: %1.").arg(signOf(appraisal.verdict).word.toLower()),
            plainSentence(appraisal) + u' ' + tr("Nobody here asked for it: it proves what the machine was, not when."));
        m_workspace.records.note(u"import report"_s, m_keep ? shownLine(m_keep->plan.name) : QString(),
            QString::fromLatin1(name(appraisal.verdict).data(), static_cast<qsizetype>(name(appraisal.verdict).size())));
        Q_EMIT m_workspace.records.changed();
    });
}

} // namespace kastellan::ui
