// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/keep_page.h"

#include "ui/data/keep_happenings.h"
#include "ui/data/keep_session.h"
#include "ui/keep/attestation_view.h"
#include "ui/keep/keep_actions.h"
#include "ui/keep/keep_attention.h"
#include "ui/keep/keep_conduct.h"
#include "ui/keep/keep_records.h"
#include "ui/keep/machine_view.h"
#include "ui/keep/manifest_view.h"
#include "ui/keep/output_view.h"
#include "ui/keep/timeline.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/record_table.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/card.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"

#include <QComboBox>
#include <QDragEnterEvent>
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
    , m_message(new MessageBar(this))
    , m_conduct(new KeepConduct(space, *m_session, *m_actions, *m_message, this))
    , m_title(new ElidedLabel({}, Label::Kind::Title, Tone::Plain, Qt::ElideRight, this))
    , m_facts(new ElidedLabel({}, Label::Kind::Body, Tone::Muted, Qt::ElideRight, this))
    , m_state(new Badge({}, this))
    , m_emulated(emulatedBadge(this))
    , m_banner(new VerdictBanner(this))
    , m_attention(new AttentionCard(this))
    , m_tabs(new QTabWidget(this))
{
    auto *layout = pageLayout(this);
    buildHeader(layout);
    layout->addWidget(m_message);
    layout->addWidget(m_banner);
    layout->addWidget(m_attention);
    m_attention->setObjectName(u"keepAttention"_s);
    m_attention->hide();
    m_attention->addButton(m_actions->attest);
    m_attention->addButton(m_actions->stop);
    setAcceptDrops(true);
    buildTabs(layout);
    connectSession();
    connect(m_conduct, &KeepConduct::changed, this, &KeepPage::showKeep);
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
    m_records = new KeepRecords(workspace(), m_message, this);
    add(m_records, u"evidence"_s, tr("Evidence"));
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
    m_timeline->setObjectName(u"keepTimeline"_s);
    m_timeline->setWrapped(true);
    card->body()->addWidget(m_timeline);
    scroll->body()->addWidget(card);
    scroll->body()->addStretch(1);
    return scroll;
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
    connect(m_session, &KeepSession::logGrown, this, [this] {
        if (m_happenings)
            m_happenings->read();
    });
    connect(m_session, &KeepSession::appraised, this, [this] { Q_EMIT workspace().records.changed(); });
    connect(m_session, &KeepSession::failed, this, [this](const QString &message) {
        m_message->showText(KMessageWidget::Error, tr("The keep's loader reports a problem."), message);
    });
    connect(m_session, &KeepSession::progress, this, [this](const QString &doing) {
        m_doing = doing;
        showCourse();
        workspace().say(doing);
    });
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
        m_records->setRecords({});
        m_message->clear();
        m_happenings.reset();
        m_doing.clear();
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
    if (!keep || !m_keep || keep->state != m_keep->state)
        m_doing.clear();
    m_keep = keep;
    m_tabs->setTabVisible(machineTab, keep && keep->plan.machine);
    m_machine->setKeep(keep);
    m_records->setKeep(keep);
    m_conduct->setKeep(keep);
    if (first) {
        m_message->clear(); // it may have said that there is no such keep
        m_happenings = std::make_unique<KeepHappenings>(workspace().jobs, workspace().services.keeps.logPath(keep->plan.id));
        connect(m_happenings.get(), &KeepHappenings::changed, this, &KeepPage::showCourse);
        m_happenings->read();
        m_output->setKeep(keep);
        m_manifest->setKeep(keep);
        if (keep->loaderAlive || !isFinal(keep->state))
            m_session->open(keep->plan.id);
    } else {
        m_output->updateKeep(keep);
    }
    if (loaderBack && !m_session->isOpen())
        m_session->open(keep->plan.id);
    if (grown) {
        m_output->readOn();
        m_machine->readOn();
        if (m_happenings)
            m_happenings->read();
    }
    if (newRecords)
        Q_EMIT workspace().records.changed();
    showKeep();
}

void KeepPage::showKeep()
{
    m_actions->update(m_keep, m_session->isOpen(), m_conduct->isStopping());
    const bool known = m_keep != nullptr;
    const auto attention = known ? attentionOf(*m_keep, workspace().services.machines) : std::nullopt;
    if (attention)
        m_attention->setWords(*attention);
    m_attention->setVisible(attention.has_value());
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
    showCourse();
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
    m_records->setRecords(records);
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

void KeepPage::showCourse()
{
    if (m_keep)
        m_timeline->setSteps(courseOf(*m_keep, m_happenings ? m_happenings->all() : QList<Happening>(), m_doing));
}

void KeepPage::dragEnterEvent(QDragEnterEvent *event)
{
    // A report that was made inside; anything else is the window's.
    if (m_records->takesReports() && !pathsOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
    else
        event->ignore();
}

void KeepPage::dropEvent(QDropEvent *event)
{
    if (const QStringList files = pathsOf(event->mimeData()); m_records->takesReports() && !files.isEmpty()) {
        event->acceptProposedAction();
        m_tabs->setCurrentIndex(static_cast<int>(tabNames.indexOf(u"evidence"_s)));
        m_records->import(files);
    }
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
