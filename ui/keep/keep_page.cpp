// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/keep_page.h"

#include "ui/data/keep_session.h"
#include "ui/keep/attestation_view.h"
#include "ui/keep/keep_actions.h"
#include "ui/keep/machine_view.h"
#include "ui/keep/manifest_view.h"
#include "ui/keep/output_view.h"
#include "ui/keep/timeline.h"
#include "ui/models/table_model.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/record_table.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/card.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QComboBox>
#include <QDateTime>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabWidget>
#include <QToolButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
const QStringList tabNames{u"attestation"_s, u"output"_s, u"manifest"_s, u"timeline"_s, u"evidence"_s, u"machine"_s};
constexpr int machineTab = 5; ///< shown where the keep is a virtual machine
} // namespace

KeepPage::KeepPage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_session(new KeepSession(space.services, space.jobs, this))
    , m_actions(new KeepActions(this))
    , m_title(new ElidedLabel({}, Label::Kind::Title, Tone::Plain, Qt::ElideRight, this))
    , m_facts(new ElidedLabel({}, Label::Kind::Body, Tone::Muted, Qt::ElideRight, this))
    , m_state(new Badge({}, this))
    , m_emulated(emulatedBadge(this))
    , m_message(new MessageBar(this))
    , m_banner(new VerdictBanner(this))
    , m_tabs(new QTabWidget(this))
{
    auto *layout = pageLayout(this);
    buildHeader(layout);
    layout->addWidget(m_message);
    layout->addWidget(m_banner);
    buildTabs(layout);
    connectSession();
    connect(m_actions->stop, &QAction::triggered, this, &KeepPage::askStop);
    connect(m_actions->attest, &QAction::triggered, this, &KeepPage::attestAgain);
    connect(m_actions->recover, &QAction::triggered, this, &KeepPage::recover);
    connect(m_actions->remove, &QAction::triggered, this, &KeepPage::askRemove);
    connect(&space.directory, &Directory::keepChanged, this, [this](const QString &key) {
        if (key == m_key)
            setKeep(workspace().directory.keep(key));
    });
    connect(&space.directory, &Directory::keepsChanged, this, [this] {
        if (!m_keep && !m_key.isEmpty())
            setKeep(workspace().directory.keep(m_key));
    });
    connect(&space.records, &Records::changed, this, [this] {
        if (isVisible())
            loadRecords();
    });
}

KeepPage::~KeepPage() = default;

void KeepPage::buildHeader(QVBoxLayout *layout)
{
    auto *header = new QHBoxLayout;
    header->setSpacing(4);
    header->addWidget(m_title);
    header->addSpacing(6);
    header->addWidget(m_state);
    header->addSpacing(2);
    header->addWidget(m_emulated);
    header->addStretch(1);
    for (QAction *action : m_actions->all()) {
        auto *button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setAccessibleName(action->text().remove(u'&').remove(u'…'));
        header->addWidget(button);
    }
    auto *top = new QVBoxLayout;
    top->setSpacing(0);
    top->addLayout(header);
    top->addWidget(m_facts);
    layout->addLayout(top);
}

void KeepPage::buildTabs(QVBoxLayout *layout)
{
    m_output = new OutputView(workspace(), *m_session, this);
    m_manifest = new ManifestView(this);
    m_tabs->setDocumentMode(true);
    m_tabs->setIconSize({18, 18});
    m_tabs->setAccessibleName(tr("Parts of the keep"));
    const auto add = [&](QWidget *page, const QString &symbol, const QString &title) {
        auto *frame = new QWidget(m_tabs);
        auto *inner = new QVBoxLayout(frame);
        inner->setContentsMargins(0, 12, 0, 0);
        inner->addWidget(page);
        m_tabs->addTab(frame, icon(symbol), title);
    };
    add(makeAttestation(), u"shield-check"_s, tr("Attestation"));
    add(m_output, u"output"_s, tr("Output"));
    add(m_manifest, u"manifest"_s, tr("Manifest"));
    add(makeTimeline(), u"timeline"_s, tr("Timeline"));
    add(makeRecords(), u"evidence"_s, tr("Evidence"));
    m_machine = new MachineView(workspace(), *m_session, this);
    add(m_machine, u"chip"_s, tr("Machine"));
    m_tabs->setTabVisible(machineTab, false);
    layout->addWidget(m_tabs, 1);
    connect(m_tabs, &QTabWidget::currentChanged, this, &Page::linkChanged);
}

QWidget *KeepPage::makeAttestation()
{
    m_attestation = new AttestationView(this);
    m_which = new QComboBox(this);
    m_which->setAccessibleName(tr("Which attestation is shown"));
    m_which->setToolTip(tr("Which attestation is shown"));
    m_which->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_attestation->addCorner(m_which);
    m_attestation->addCorner(exportButton(
        workspace(), m_message, [this] { return m_dossierId; }, [this] { return m_keep ? shownLine(m_keep->plan.name) : QString(); },
        this));
    m_attestationStack = new QStackedWidget(this);
    m_attestationStack->addWidget(m_attestation);
    m_attestationStack->addWidget(new EmptyState(u"shield-question"_s, tr("No evidence yet"),
        tr("The keep has not been attested. Its findings, certificates and layers appear here as soon as its evidence has been appraised."),
        this));
    connect(m_which, &QComboBox::activated, this, [this](int index) { loadDossier(m_which->itemData(index).toString()); });
    connect(m_attestation, &AttestationView::partChanged, this, &Page::linkChanged);
    return m_attestationStack;
}

QWidget *KeepPage::makeTimeline()
{
    auto *scroll = new ScrollPage(tr("Timeline"), 1040, this, ScrollPage::Margins::None);
    auto *card = new Card(tr("What happened when"), scroll);
    m_timeline = new StepList(tr("Timeline of the keep"), card);
    card->body()->addWidget(m_timeline);
    scroll->body()->addWidget(card);
    scroll->body()->addStretch(1);
    return scroll;
}

QWidget *KeepPage::makeRecords()
{
    auto *page = new QWidget(this);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(
        new Label(tr("Every attestation of this keep. The records stay when the keep is removed."), Label::Kind::Body, Tone::Muted, page));
    m_records = new TableModel(recordHeaders(false), this);
    m_recordsView = new TableView(tr("Evidence records of this keep"), *m_records, page);
    m_recordsView->setColumnWidths({170, 240, 180});
    m_recordsView->sortByColumn(0, Qt::DescendingOrder);
    layout->addWidget(m_recordsView, 1);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch(1);
    auto *open = new QPushButton(icon(u"evidence"_s), tr("&Open"), page);
    const auto openRecord = [this](const QString &key) {
        if (!key.isEmpty())
            workspace().go({u"record"_s, key, {}});
    };
    connect(open, &QPushButton::clicked, this, [this, openRecord] { openRecord(m_recordsView->currentKey()); });
    connect(m_recordsView, &TableView::keyActivated, this, openRecord);
    buttons->addWidget(open);
    QPushButton *save = exportButton(
        workspace(), m_message, [this] { return m_recordsView->currentKey(); },
        [this] { return m_keep ? shownLine(m_keep->plan.name) : QString(); }, page);
    buttons->addWidget(save);
    layout->addLayout(buttons);
    const auto update = [this, open, save] {
        const bool chosen = !m_recordsView->currentKey().isEmpty();
        for (QPushButton *button : {open, save}) {
            button->setEnabled(chosen);
            button->setToolTip(chosen ? QString() : tr("Choose a record first."));
        }
    };
    connect(m_recordsView, &TableView::selectionMoved, this, update);
    update();
    return page;
}

void KeepPage::connectSession()
{
    connect(m_session, &KeepSession::opened, this, &KeepPage::showKeep);
    connect(m_session, &KeepSession::closed, this, [this] {
        showKeep();
        m_output->readOn();
        workspace().directory.refreshKeeps();
    });
    connect(m_session, &KeepSession::statusChanged, this, [this](const KeepStatus &status) { workspace().directory.update(status); });
    connect(m_session, &KeepSession::logGrown, m_output, &OutputView::readOn);
    connect(m_session, &KeepSession::logGrown, m_machine, &MachineView::readOn);
    connect(m_session, &KeepSession::appraised, this, [this] { Q_EMIT workspace().records.changed(); });
    connect(m_session, &KeepSession::failed, this, [this](const QString &message) {
        m_message->showText(KMessageWidget::Error, tr("The keep's loader reports a problem."), message);
    });
    connect(m_session, &KeepSession::progress, this, [this](const QString &doing) { workspace().say(doing); });
}

QString KeepPage::title() const
{
    return m_keep ? shownLine(m_keep->plan.name) : tr("Keep");
}

Link KeepPage::link() const
{
    QString part = tabNames.value(m_tabs->currentIndex());
    if (part == "attestation"_L1 && m_attestation->part() != "findings"_L1)
        part = m_attestation->part();
    return {u"keep"_s, m_key, part};
}

void KeepPage::open(const Link &link)
{
    if (link.subject != m_key) {
        m_key = link.subject;
        m_keep.reset();
        m_session->close();
        m_manifest->setRecord(nullptr);
        m_dossier.reset();
        m_dossierId.clear();
        m_shownRecords.clear();
        m_attestation->clear();
        m_which->clear();
        m_records->setRows({});
        m_message->clear();
        setKeep(workspace().directory.keep(m_key));
        if (!m_keep)
            showKeep();
        loadRecords();
    }
    if (const qsizetype tab = tabNames.indexOf(link.part); tab >= 0) {
        m_tabs->setCurrentIndex(static_cast<int>(tab));
        if (tab == 0)
            m_attestation->setPart(u"findings"_s);
    } else if (!link.part.isEmpty()) {
        m_tabs->setCurrentIndex(0);
        m_attestation->setPart(link.part);
    }
}

void KeepPage::refresh()
{
    workspace().directory.refreshKeeps();
    loadRecords();
}

QList<QAction *> KeepPage::pageActions() const
{
    return m_actions->all();
}

void KeepPage::setKeep(const KeepPointer &keep)
{
    const bool first = keep && !m_keep;
    const bool newRecords = keep && m_keep && keep->records != m_keep->records;
    const bool loaderBack = keep && m_keep && keep->loaderAlive && !m_keep->loaderAlive;
    const bool grown = keep && m_keep && keep->logBytes != m_keep->logBytes;
    m_keep = keep;
    m_tabs->setTabVisible(machineTab, keep && keep->plan.machine);
    m_machine->setKeep(keep);
    if (first) {
        m_output->setKeep(keep);
        m_manifest->setKeep(keep);
        if (keep->loaderAlive || !isFinal(keep->state))
            m_session->open(keep->plan.id);
    } else {
        m_output->updateKeep(keep);
    }
    if (loaderBack && !m_session->isOpen())
        m_session->open(keep->plan.id);
    if (grown)
        m_output->readOn();
    if (newRecords)
        Q_EMIT workspace().records.changed();
    showKeep();
}

void KeepPage::showKeep()
{
    m_actions->update(m_keep, m_session->isOpen());
    const bool known = m_keep != nullptr;
    m_tabs->setEnabled(known);
    m_banner->setVisible(known);
    m_state->setVisible(known);
    m_emulated->setVisible(known && m_keep->emulated);
    if (!known) {
        m_title->setText(tr("Keep"));
        m_facts->setText(m_key);
        if (workspace().directory.isLoaded())
            m_message->showText(KMessageWidget::Information, tr("This keep is not here any more."),
                tr("It was removed. Its evidence records are kept: look under Evidence."));
        return;
    }
    m_title->setText(shownLine(m_keep->plan.name));
    m_state->setSign(signOf(m_keep->state));
    showFacts();
    m_banner->showKeep(*m_keep,
        m_dossier && m_dossierId == QString::fromStdString(m_keep->records.empty() ? std::string() : m_keep->records.back())
            ? &m_dossier->record.appraisal
            : nullptr);
    m_timeline->setSteps(timelineSteps(*m_keep));
    const bool orphan = !isFinal(m_keep->state) && !m_keep->loaderAlive && !m_session->isOpen();
    if (orphan && m_message->plainText().isEmpty())
        m_message->showText(KMessageWidget::Warning, tr("The loader of this keep is gone."),
            m_keep->wardenAlive
                ? tr("The warden still runs and holds back the output. Recover the keep: it is appraised anew before anything flows again.")
                : tr("Nothing answers any more. Recover the keep to find out what became of it."));
    Q_EMIT titleChanged();
}

void KeepPage::showFacts()
{
    QStringList facts{tr("host %1").arg(shownLine(m_keep->plan.host))};
    if (!m_keep->plan.protection.empty())
        facts += shownLine(m_keep->plan.protection);
    if (!m_keep->execution.empty())
        facts += m_keep->execution == "aot" ? tr("compiled ahead of time") : tr("interpreted");
    if (const QString end = endOf(*m_keep); !end.isEmpty())
        facts += end;
    facts += tr("since %1").arg(when(m_keep->since));
    facts += m_key.left(12);
    m_facts->setText(facts.join(u" · "_s));
    m_facts->setToolTip(tr("Keep %1").arg(m_key));
}

void KeepPage::loadRecords()
{
    if (m_key.isEmpty())
        return;
    workspace().records.list(m_key, this, [this, key = m_key](Result<std::vector<RecordSummary>> records) {
        if (key != m_key)
            return;
        if (records)
            showRecords(*records);
        else
            m_message->showError(records.error());
    });
}

void KeepPage::showRecords(const std::vector<RecordSummary> &records)
{
    m_records->setRows(recordRows(records, false));
    m_attestationStack->setCurrentIndex(records.empty() ? 1 : 0);
    QStringList ids;
    for (const RecordSummary &record : records)
        ids += shownLine(record.id);
    if (ids.join(u' ') == m_shownRecords)
        return;
    m_shownRecords = ids.join(u' ');
    m_which->clear();
    for (const RecordSummary &record : records) {
        const Sign sign = verdictSign(record.verdict);
        m_which->addItem(
            icon(sign.symbol, sign.tone), tr("%1, %2").arg(recordKind(record.kind), when(record.created)), shownLine(record.id));
    }
    if (!records.empty())
        loadDossier(ids.first());
}

void KeepPage::loadDossier(const QString &id)
{
    m_dossierId = id;
    workspace().records.load(id, this, [this, id](Result<DossierPointer> dossier) {
        if (id != m_dossierId)
            return;
        if (!dossier) {
            m_message->showError(dossier.error());
            return;
        }
        m_dossier = *dossier;
        m_attestation->setDossier(m_dossier);
        if (!m_dossier->record.manifest.empty())
            m_manifest->setRecord(&m_dossier->record);
        if (m_dossier->viewProblem)
            m_message->showError(*m_dossier->viewProblem);
        if (m_keep)
            showKeep();
    });
}

void KeepPage::attestAgain()
{
    const Status status = m_session->attest();
    if (!status)
        m_message->showError(status.error());
    else
        workspace().say(tr("Asked the keep for fresh evidence"));
    if (m_keep)
        workspace().records.note(u"attest keep"_s, shownLine(m_keep->plan.name), status ? u"asked"_s : u"failed"_s);
}

void KeepPage::askStop()
{
    if (!m_keep)
        return;
    // In the dialog itself, so that a keep that ended meanwhile is not stopped twice.
    dialogs::confirm(this, tr("Stop “%1”?").arg(title()),
        tr("The workload is asked to end, and ended after 5 seconds. The keep and everything in its memory are gone then; its log and "
           "evidence stay."),
        tr("&Stop the keep"), [this] {
            const Status status = m_session->stop(5);
            if (!status)
                m_message->showError(status.error());
            else
                workspace().say(tr("Stopping %1…").arg(title()));
            workspace().records.note(u"stop keep"_s, title(), status ? u"asked"_s : u"failed"_s);
        });
}

void KeepPage::forKeep(const QString &jobTitle, std::function<Status(const KeepId &)> call, const std::function<void()> &done)
{
    if (!m_keep)
        return;
    workspace().jobs.run<bool>(
        JobRunner::Lane::Shown, jobTitle, this,
        [call = std::move(call), id = m_keep->plan.id](const Progress &, const std::stop_token &) -> Result<bool> {
            KASTELLAN_TRY(call(id));
            return true;
        },
        [this, done](const Result<bool> &result) {
            if (result)
                done();
            else
                m_message->showError(result.error());
        });
}

void KeepPage::recover()
{
    forKeep(tr("Recover %1").arg(title()), workspace().services.keeps.recover, [this] {
        m_message->clear();
        workspace().records.note(u"recover keep"_s, title(), u"done"_s);
        workspace().directory.refreshKeeps();
        if (m_keep)
            m_session->open(m_keep->plan.id);
    });
}

void KeepPage::askRemove()
{
    if (!m_keep)
        return;
    dialogs::confirm(this, tr("Remove “%1”?").arg(title()),
        tr("Its log, plan and state are deleted and cannot be brought back. Its evidence records stay."), tr("&Remove the keep"), [this] {
            forKeep(tr("Remove %1").arg(title()), workspace().services.keeps.remove, [this, key = m_key, name = title()] {
                workspace().records.note(u"remove keep"_s, name, u"done"_s);
                workspace().say(tr("%1 was removed").arg(name));
                m_message->clear();
                workspace().directory.forget(key);
                workspace().go({u"overview"_s, {}, {}});
            });
        });
}

QString KeepPage::help() const
{
    return tr("The banner says in one sentence what the evidence proves. Attestation shows each finding with expected and actual values, "
              "the certificates, the "
              "layers and the raw report. Output shows what the workload writes and sends it input. Manifest shows what was configured, "
              "delivered and measured. "
              "Timeline and Evidence show what happened when. Actions that cannot be done now say why when you point at them.");
}

} // namespace kastellan::ui
