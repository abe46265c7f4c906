// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/plan_step.h"

#include "core/keeps/whole_machine.h"
#include "ui/capital.h"
#include "ui/keep/machine_facts.h"
#include "ui/models/table_model.h"
#include "ui/text.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/step_list.h"
#include "ui/widgets/table_view.h"
#include "ui/wizard/chosen_host.h"
#include "ui/wizard/domain_editor.h"

#include <QAction>
#include <QHeaderView>
#include <QProgressBar>
#include <QStackedWidget>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString rootInWords(const std::string &root)
{
    if (root == "amd")
        return PlanStep::tr("AMD's root keys, built into this program");
    if (root.starts_with("emulated:"))
        return PlanStep::tr("the emulated root of this computer, %1…").arg(QString::fromStdString(root.substr(9, 16)));
    return shownLine(root);
}

} // namespace

PlanStep::PlanStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
    , m_stack(new QStackedWidget(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    auto *waiting = new QWidget(this);
    auto *middle = new QVBoxLayout(waiting);
    m_progress = new Label(tr("Making the plan…"), Label::Kind::Body, Tone::Muted, waiting);
    auto *busy = new QProgressBar(waiting);
    busy->setRange(0, 0);
    busy->setTextVisible(false);
    busy->setAccessibleName(tr("Making the plan"));
    middle->addStretch(1);
    middle->addWidget(m_progress, 0, Qt::AlignHCenter);
    middle->addWidget(busy);
    middle->addStretch(2);
    m_stack->addWidget(waiting);

    auto *plan = new QWidget(this);
    auto *cards = new QVBoxLayout(plan);
    cards->setContentsMargins(0, 0, 0, 0);
    cards->setSpacing(12);
    m_reasonsCard = new Card(tr("Why this host"), plan);
    m_reasonsCard->setObjectName(u"planReasons"_s);
    m_reasons = new FactList(m_reasonsCard);
    m_reasonsCard->body()->addWidget(m_reasons);
    cards->addWidget(m_reasonsCard);
    m_whatCard = new Card(tr("What is launched"), plan);
    m_what = new FactList(m_whatCard);
    m_whatCard->body()->addWidget(m_what);
    cards->addWidget(m_whatCard);
    m_trustCard = new Card(tr("What is trusted"), plan);
    m_trust = new FactList(m_trustCard);
    m_trustCard->body()->addWidget(m_trust);
    m_overrides = new Label({}, Label::Kind::Body, Tone::Warning, m_trustCard);
    m_trustCard->body()->addWidget(m_overrides);
    cards->addWidget(m_trustCard);
    m_sequenceCard = new Card(tr("What is sent, and when"), plan);
    m_sequence = new StepList(tr("What is sent, and when"), m_sequenceCard);
    m_sequence->setWrapped(true);
    m_sequenceCard->body()->addWidget(m_sequence);
    cards->addWidget(m_sequenceCard);
    m_machineCard = new Card(tr("The virtual machine"), plan);
    m_machine = new FactList(m_machineCard);
    m_machineCard->body()->addWidget(m_machine);
    m_domain = new DomainEditor(m_machineCard);
    m_machineCard->body()->addWidget(m_domain);
    connect(m_domain, &DomainEditor::used, this, &PlanStep::planWith);
    connect(m_domain, &DomainEditor::putBackWanted, this, [this] { planWith({}); });
    cards->addWidget(m_machineCard);
    m_imageCard = new Card({}, plan);
    m_image = new TableModel({tr("File in the keep"), tr("Size"), tr("SHA-256")}, this);
    m_imageView = new TableView(tr("Measured files"), *m_image, m_imageCard);
    m_imageView->setFrameShape(QFrame::NoFrame);
    m_imageView->setColumnWidths({270, 90});
    m_imageView->setMinimumHeight(220);
    m_imageCard->body()->addWidget(m_imageView);
    cards->addWidget(m_imageCard);
    cards->addStretch(1);
    m_stack->addWidget(plan);
}

void PlanStep::enter()
{
    if (draft().plan)
        show(*draft().plan);
    else
        make();
}

void PlanStep::planWith(const QString &domainXml)
{
    draft().request.machine.domainXml = domainXml.toStdString();
    draft().plan.reset();
    make();
}

void PlanStep::make()
{
    m_stack->setCurrentIndex(0);
    m_progress->setText(tr("Making the plan…"));
    message().clear();
    if (m_job)
        m_job->cancel();
    const unsigned attempt = ++m_attempt;
    const auto &services = workspace().services;
    m_job = workspace().jobs.run<AutomaticPlan>(
        JobRunner::Lane::Shown, tr("Make the launch plan"), this,
        [request = draft().request, hosts = services.hosts, plan = services.plan, automatic = services.machines.planAutomatically](
            const Progress &progress, const std::stop_token &stop) -> Result<AutomaticPlan> {
            if (request.host == automaticHost)
                return automatic(request, progress, stop);
            KASTELLAN_ASSIGN(const auto host, hosts->find(request.host));
            KASTELLAN_ASSIGN(LaunchPlan made, plan(request, *host, progress, stop));
            return AutomaticPlan{std::move(made), {}};
        },
        [this, attempt](Result<AutomaticPlan> plan) {
            if (attempt == m_attempt)
                made(std::move(plan));
        });
    if (m_job)
        connect(m_job, &Job::changed, this, [this] {
            if (m_job)
                m_progress->setText(m_job->doing().isEmpty() ? tr("Making the plan…") : capital(m_job->doing()) + u'…');
        });
    Q_EMIT changed();
}

void PlanStep::made(Result<AutomaticPlan> plan)
{
    if (plan) {
        draft().reasons = std::move(plan->reasons);
        draft().plan = std::make_shared<const LaunchPlan>(std::move(plan->plan));
        show(*draft().plan);
        return;
    }
    const std::string &edited = draft().request.machine.domainXml;
    if (!edited.empty()) { // the person's own text, with what is wrong with it
        for (Card *card : {m_reasonsCard, m_whatCard, m_trustCard, m_sequenceCard, m_imageCard})
            card->hide();
        m_machine->hide();
        m_machineCard->show();
        m_domain->showRefused(QString::fromStdString(edited), plan.error());
        m_stack->setCurrentIndex(1);
        message().showText(KMessageWidget::Error, errorText(plan.error()).title, tr("What is wrong with it is said below the text."));
    } else {
        m_progress->setText(tr("There is no plan yet."));
        message().showError(plan.error());
        auto *again = new QAction(tr("Try again"), &message());
        connect(again, &QAction::triggered, this, &PlanStep::make);
        message().clearActions();
        message().addAction(again);
    }
    Q_EMIT changed();
}

void PlanStep::showReasons()
{
    m_reasonsCard->setVisible(!draft().reasons.empty());
    m_reasons->clear();
    for (const HostReason &reason : draft().reasons) {
        const bool taken = &reason == &draft().reasons.front() && reason.fits;
        auto *row = new QWidget(m_reasons);
        auto *line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(8);
        const Sign sign = taken ? Sign{u"check"_s, tr("chosen"), Tone::Positive}
            : reason.fits       ? Sign{u"subtract"_s, tr("fits too"), Tone::Muted}
                                : Sign{u"cross"_s, tr("not"), Tone::Muted};
        line->addWidget(new Badge(sign, row), 0, Qt::AlignTop);
        line->addWidget(new Label(shown(reason.why), Label::Kind::Value, Tone::Plain, row), 1);
        m_reasons->addWidget(shownLine(reason.name.empty() ? reason.id : reason.name), row);
    }
}

void PlanStep::show(const LaunchPlan &plan)
{
    for (Card *card : {m_whatCard, m_trustCard, m_sequenceCard, m_imageCard})
        card->show();
    m_machine->show();
    showReasons();
    const bool whole = plan.machine && plan.machine->request.whole;
    m_what->clear();
    m_what->add(tr("Keep"), shownLine(plan.name));
    if (whole) {
        m_what->add(tr("Workload"), tr("a whole virtual machine"));
        m_what->add(tr("SHA-256 of its files"), QString::fromStdString(toHex(plan.workloadDigest.view())), true);
    } else {
        m_what->add(tr("Workload"), tr("%1 (%2)").arg(shownLine(plan.workload), bytesText(draft().moduleSize)));
        m_what->add(tr("Module's SHA-256"), QString::fromStdString(toHex(plan.workloadDigest.view())), true);
    }
    m_what->add(tr("Host"), shownLine(plan.host));
    const bool emulated = plan.expected.root.starts_with("emulated:");
    auto *protection = new QWidget(m_what);
    auto *line = new QHBoxLayout(protection);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(8);
    line->addWidget(new Label(shownLine(plan.protection), Label::Kind::Value, Tone::Plain, protection));
    if (emulated)
        line->addWidget(emulatedBadge(protection));
    line->addStretch(1);
    m_what->addWidget(tr("Protection"), protection);

    m_trust->clear();
    m_trust->add(tr("Root"), rootInWords(plan.expected.root));
    if (plan.expected.launchDigest)
        m_trust->add(tr("Launch digest"), QString::fromStdString(toHex(plan.expected.launchDigest->view())), true);
    else if (plan.expected.shortLaunchDigest)
        m_trust->add(tr("Launch digest"), QString::fromStdString(toHex(plan.expected.shortLaunchDigest->view())), true);
    else
        m_trust->add(tr("Launch digest"), tr("none is expected: the verdict can be authentic at best"));
    QStringList floors;
    for (const auto &[name, floor] : plan.expected.minimumTcb)
        floors += u"%1 ≥ %2"_s.arg(shownLine(name)).arg(floor);
    m_trust->add(tr("Firmware floors"), floors.isEmpty() ? tr("none") : floors.join(u", "_s));
    m_trust->add(plan.machine && plan.machine->technology == "snp" ? tr("Owner key, the host data") : tr("Owner key"),
        QString::fromStdString(plan.ownerKey), true);
    m_trust->add(tr("Strict"), plan.expected.strict ? tr("yes: advisory findings decide too") : tr("no"));
    m_trust->add(tr("Also"),
        emulated ? tr("this computer: an emulated keep is protected from nothing that runs here")
                 : tr("the processor with its firmware, and the computer that runs this program"));
    QStringList overrides;
    if (plan.expected.allowDebug)
        overrides += tr("debugging is allowed");
    if (plan.noSandbox)
        overrides += tr("no sandbox");
    if (plan.machine && plan.machine->request.unattested)
        overrides += tr("launched without evidence");
    m_overrides->setText(tr("Protection given up: %1.").arg(overrides.join(u", "_s)));
    m_overrides->setVisible(!overrides.isEmpty());

    showSequence(plan);
    showMachine(plan);

    std::vector<TableModel::Row> rows;
    std::uint64_t total = 0;
    for (const MeasuredFile &file : plan.image) {
        total += file.size;
        TableModel::Row row;
        row.key = shownLine(file.path);
        row.cells = {{.text = row.key}, {.text = bytesText(file.size), .sort = static_cast<qulonglong>(file.size), .right = true},
            {.text = QString::fromStdString(toHex(file.sha256.view())), .code = true}};
        rows.push_back(std::move(row));
    }
    m_imageCard->setHeading(tr("What is measured: %1 in %2 files").arg(bytesText(total)).arg(plan.image.size()));
    m_image->setRows(std::move(rows));
    m_stack->setCurrentIndex(1);
    Q_EMIT changed();
}

void PlanStep::showSequence(const LaunchPlan &plan)
{
    QStringList delivered{tr("module"), tr("configuration")};
    for (const std::string &name : plan.secretNames)
        delivered += tr("secret “%1”").arg(shownLine(name));
    using State = StepList::State;
    const StepList::Step deliver{
        tr("Deliver, only if trusted or authentic"), tr("Sent: %1.").arg(delivered.join(u", "_s)), {}, State::Todo};
    const std::string technology = plan.machine ? plan.machine->technology : "snp";
    if (isCluster(plan.host))
        m_sequence->setSteps(
            {{tr("Create"), tr("The machine below, under the name of the keep. Nothing of the workload."), {}, State::Todo},
                {tr("No evidence"), tr("Nothing proves what runs there: undecided, and recorded."), {}, State::Todo},
                {tr("Remove"), tr("Nothing is delivered; the machine is deleted again."), {}, State::Todo}});
    else if (plan.machine && plan.machine->request.whole && technology != "es" && technology != "sev")
        m_sequence->setSteps(
            {{tr("Start"), tr("Firmware, kernel, initial RAM disk and command line, measured; the disk beside them."), {}, State::Todo},
                {tr("Run"), tr("Nothing is sent, and nobody inside is asked: undecided so far."), {}, State::Todo},
                {tr("Import a report"),
                    technology == "snp" ? tr("Made inside, and brought to the keep's page: it is held against this plan.")
                                        : tr("There is none: nothing measures this machine."),
                    {}, State::Todo}});
    else if (technology == "none")
        m_sequence->setSteps({{tr("Start"), tr("The keep image. Nothing of the workload."), {}, State::Todo},
            {tr("No evidence"), tr("Nothing proves what runs there. That is recorded, and no secret is sent."), {}, State::Todo},
            {tr("Deliver all the same"), tr("Sent: %1.").arg(delivered.join(u", "_s)), {}, State::Todo}});
    else if (technology == "es" || technology == "sev")
        m_sequence->setSteps({{tr("Start, paused"),
                                  tr("The platform's certificates are verified first. Then the keep image, and a session that only this "
                                     "platform's firmware can open. Nothing of the workload."),
                                  {}, State::Todo},
            {tr("Appraise the launch measurement"), tr("Nothing is sent. The measurement and its verdict are recorded first."), {},
                State::Todo},
            {tr("Give the session secret, and let it run"),
                tr("Sealed for this keep by its platform's firmware. It authenticates the session."), {}, State::Todo},
            deliver,
            {tr("Answer for the delivery"),
                tr("The keep shows by its secret that it has what was delivered. The hardware can't prove the workload: that stays the "
                   "keep's word."),
                {}, State::Todo}});
    else
        m_sequence->setSteps({{tr("Start"), tr("The keep image and the digest of the owner key. Nothing of the workload."), {},
                                  State::Todo},
            {tr("Challenge"), tr("A fresh nonce, over TLS 1.3 with both sides proven. The keep answers with its evidence."), {},
                State::Todo},
            {tr("Appraise"), tr("Nothing is sent. The evidence and its verdict are recorded first."), {}, State::Todo}, deliver,
            {tr("Prove the delivery"), tr("A second report over what was delivered. Only then does the workload run."), {}, State::Todo}});
}

void PlanStep::showMachine(const LaunchPlan &plan)
{
    m_machineCard->setVisible(plan.machine.has_value());
    if (!plan.machine)
        return;
    m_machine->clear();
    addMachineFacts(*m_machine, *plan.machine);
    if (plan.policy)
        m_machine->add(tr("Guest policy"), u"0x"_s + QString::number(plan.policy, 16));
    if (!plan.machine->request.idBlock.empty())
        m_machine->add(
            tr("ID block"), plan.machine->request.authorKey ? tr("given, with ID key and author key") : tr("given, with its ID key"));
    if (plan.machine->technology == "snp")
        m_machine->add(
            tr("Reports signed by"), plan.machine->request.vlek ? tr("the provider's key (VLEK)") : tr("the chip's own key (VCEK)"));
    if (plan.machine->request.whole && !plan.machine->request.whole->disk.empty()
        && diskRootedBy(plan.machine->request.whole->commandLine).empty())
        m_machine->add(tr("What is on the disk"), tr("not measured: the verdict can be authentic at best"));
    m_domain->setVisible(!plan.machine->domainXml.empty());
    m_domain->showPlanned(shown(plan.machine->domainXml), domainLanguage(plan.host), !plan.machine->request.domainXml.empty());
}

QString PlanStep::summary() const
{
    if (!draft().plan)
        return {};
    const ReferenceValues &expected = draft().plan->expected;
    const std::string digest = expected.launchDigest ? toHex(expected.launchDigest->view())
        : expected.shortLaunchDigest                 ? toHex(expected.shortLaunchDigest->view())
                                                     : std::string();
    return digest.empty() ? tr("no digest expected") : QString::fromStdString(digest).left(16) + u'…';
}

QString PlanStep::missing() const
{
    return draft().plan ? QString() : tr("The plan is not ready.");
}

} // namespace kastellan::ui
