// SPDX-License-Identifier: Apache-2.0
#include "ui/host/action_dialog.h"

#include "ui/host/host_signs.h"
#include "ui/host/long_words.h"
#include "ui/host/parameter_form.h"
#include "ui/host/plan_card.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

ActionDialog::ActionDialog(Workspace &workspace, QString host, PlatformAction action, QWidget *parent)
    : QDialog(parent)
    , m_workspace(workspace)
    , m_host(std::move(host))
    , m_action(std::move(action))
    , m_message(new MessageBar(this))
    , m_pages(new QStackedWidget(this))
    , m_back(new QPushButton(tr("&Back"), this))
    , m_close(new QPushButton(tr("Cancel"), this))
    , m_go(new QPushButton(this))
{
    setObjectName(u"actionDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(bareTitle(m_action.title));
    resize(640, 600);
    setMinimumSize(480, 360);
    build();
    if (m_action.parameters.empty()) {
        setStep(Plan);
        askPlan();
    } else {
        setStep(Parameters);
        m_form->focusFirst();
    }
}

void ActionDialog::build()
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(12);
    auto *top = new QHBoxLayout;
    auto *heading = new Label(bareTitle(m_action.title), Label::Kind::Heading, Tone::Plain, this);
    heading->setWordWrap(true);
    top->addWidget(heading, 1);
    auto *effect = new Badge(signOf(m_action.effect), this);
    effect->setToolTip(meaningOf(m_action.effect));
    top->addWidget(effect, 0, Qt::AlignTop);
    layout->addLayout(top);
    layout->addWidget(new Label(shown(m_action.summary), Label::Kind::Body, Tone::Muted, this));
    layout->addWidget(m_message);
    layout->addWidget(m_pages, 1);

    m_form = new ParameterForm(m_action.parameters, this);
    addPage(m_form);
    connect(m_form, &ParameterForm::changed, this, &ActionDialog::updateButtons);
    m_planPage = new QVBoxLayout;
    m_planPage->setContentsMargins(0, 0, 0, 0);
    auto *plan = new QWidget(this);
    plan->setLayout(m_planPage);
    m_pages->addWidget(plan);
    setPlanPage(new Label(tr("Working out what would happen…"), Label::Kind::Body, Tone::Muted, this));

    auto *running = new QWidget(this);
    auto *rows = new QVBoxLayout(running);
    rows->addStretch(2);
    m_doing = new Label({}, Label::Kind::Body, Tone::Plain, running);
    m_doing->setAlignment(Qt::AlignHCenter);
    rows->addWidget(m_doing);
    m_bar = new QProgressBar(running);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("How much is done"));
    rows->addWidget(m_bar);
    rows->addWidget(
        new Label(tr("Leave the computer on until it is done."), Label::Kind::Small, Tone::Muted, running), 0, Qt::AlignHCenter);
    rows->addStretch(3);
    m_pages->addWidget(running);

    auto *outcome = new QWidget(this);
    m_outcome = new QVBoxLayout(outcome);
    m_outcome->setContentsMargins(0, 0, 4, 0);
    m_outcome->setSpacing(12);
    addPage(outcome);

    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_back);
    buttons->addStretch(1);
    buttons->addWidget(m_close);
    buttons->addWidget(m_go);
    layout->addLayout(buttons);
    m_back->setObjectName(u"actionBack"_s);
    m_close->setObjectName(u"actionClose"_s);
    m_go->setObjectName(u"actionGo"_s);
    m_back->setAutoDefault(false);
    connect(m_back, &QPushButton::clicked, this, [this] {
        m_message->clear();
        setStep(Parameters);
    });
    connect(m_close, &QPushButton::clicked, this, &ActionDialog::reject);
    connect(m_go, &QPushButton::clicked, this, &ActionDialog::goOn);
}

void ActionDialog::setPlanPage(QWidget *content)
{
    if (QLayoutItem *old = m_planPage->takeAt(0)) {
        old->widget()->hide();
        old->widget()->deleteLater();
        delete old;
    }
    m_planPage->addWidget(content, 1, m_plan == content ? Qt::Alignment() : Qt::AlignTop);
}

void ActionDialog::addPage(QWidget *content)
{
    auto *page = new QWidget(this);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *area = new QScrollArea(page);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    area->setAccessibleName(bareTitle(m_action.title));
    area->setWidget(content);
    layout->addWidget(area);
    m_pages->addWidget(page);
}

void ActionDialog::setStep(Step step)
{
    m_step = step;
    m_pages->setCurrentIndex(step);
    updateButtons();
}

void ActionDialog::updateButtons()
{
    const bool risky = m_action.effect == ActionEffect::Destroys || m_action.effect == ActionEffect::Irreversible;
    m_back->setVisible(m_step == Plan && !m_action.parameters.empty());
    m_go->setVisible(m_step == Parameters || m_step == Plan);
    m_close->setText(m_step == Outcome ? tr("&Close") : tr("Cancel"));
    m_close->setEnabled(m_step != Running || (m_job && !m_job->isCancelled()));
    m_close->setToolTip(m_close->isEnabled() ? QString() : tr("It is being cancelled."));
    QString whyNot;
    if (m_step == Parameters) {
        m_go->setText(tr("&Show the plan"));
        whyNot = m_form->problem();
    } else if (m_step == Plan) {
        m_go->setText(bareTitle(m_action.title));
        whyNot = m_planning ? tr("The plan is being made.") : m_plan ? m_plan->missing() : tr("It was refused: see above.");
    }
    if (m_planning)
        whyNot = tr("The plan is being made.");
    m_go->setEnabled(whyNot.isEmpty());
    m_go->setToolTip(whyNot.toHtmlEscaped());
    m_go->setProperty("primary", m_step == Parameters || !risky);
    // Enter must not do what cannot be undone.
    const bool safe = m_step == Parameters || (m_step == Plan && !risky);
    m_go->setAutoDefault(safe);
    m_go->setDefault(safe);
    m_close->setAutoDefault(!safe);
    m_close->setDefault(!safe);
    m_go->update();
}

void ActionDialog::goOn()
{
    if (m_step == Parameters && m_form->problem().isEmpty())
        askPlan();
    else if (m_step == Plan)
        perform();
}

void ActionDialog::askPlan()
{
    if (std::exchange(m_planning, true))
        return;
    m_message->clear();
    updateButtons();
    m_workspace.platforms.plan(m_host, m_action.id, m_form->arguments(), this, [this](const Result<ActionPlan> &plan) { showPlan(plan); });
}

void ActionDialog::showPlan(const Result<ActionPlan> &plan)
{
    m_planning = false;
    m_plan = nullptr;
    if (!plan) {
        m_message->showError(plan.error());
        if (m_step == Plan)
            setPlanPage(
                new Label(tr("Nothing was done. When what is named above is mended, try again."), Label::Kind::Body, Tone::Muted, this));
        updateButtons();
        return;
    }
    m_plan = new PlanCard(*plan, this);
    setPlanPage(m_plan);
    connect(m_plan, &PlanCard::confirmedChanged, this, &ActionDialog::updateButtons);
    setStep(Plan);
}

void ActionDialog::perform()
{
    if (!m_plan || !m_plan->isConfirmed() || m_job)
        return;
    m_message->clear();
    m_job =
        m_workspace.platforms.perform(m_host, m_plan->plan(), this, [this](const Result<ActionOutcome> &outcome) { showOutcome(outcome); });
    const auto progress = [this] {
        if (!m_job)
            return;
        m_doing->setText(m_job->doing().isEmpty() ? bareTitle(m_action.title) + u'…' : m_job->doing());
        m_bar->setRange(0, m_job->permille() < 0 ? 0 : 1000);
        m_bar->setValue(std::max(0, m_job->permille()));
    };
    progress();
    if (m_job)
        connect(m_job, &Job::changed, this, progress);
    setStep(Running);
}

void ActionDialog::showOutcome(const Result<ActionOutcome> &outcome)
{
    m_job.clear();
    if (!outcome) {
        m_message->showError(outcome.error());
        setStep(Plan); // with what was confirmed, so that it can be tried again
        return;
    }
    auto *head = new Card({}, this);
    head->setTone(Tone::Positive);
    auto *line = new QHBoxLayout;
    line->setSpacing(12);
    auto *sign = new QLabel(head);
    sign->setPixmap(icon(u"check"_s, Tone::Positive).pixmap(QSize(24, 24), devicePixelRatioF()));
    line->addWidget(sign, 0, Qt::AlignTop);
    auto *summary = new Label(breakable(shown(outcome->summary)), Label::Kind::Value, Tone::Plain, head);
    summary->setObjectName(u"actionSummary"_s);
    line->addWidget(summary, 1);
    head->body()->addLayout(line);
    m_outcome->addWidget(head);
    if (!outcome->files.empty()) {
        auto *card = new Card(outcome->files.size() == 1 ? tr("Written file") : tr("Written files"), this);
        QStringList files;
        for (const std::string &file : outcome->files) {
            files += shown(file);
            card->body()->addWidget(new Label(breakable(shown(file), 40), Label::Kind::Code, Tone::Plain, card));
        }
        auto *copy = new QPushButton(icon(u"copy"_s), tr("&Copy the paths"), card);
        connect(copy, &QPushButton::clicked, this, [files] { QGuiApplication::clipboard()->setText(files.join(u'\n')); });
        card->body()->addWidget(copy, 0, Qt::AlignLeading);
        m_outcome->addWidget(card);
    }
    if (!outcome->facts.empty()) {
        auto *card = new Card(tr("What it is now"), this);
        auto *facts = new FactList(card);
        for (const PlatformFact &fact : outcome->facts)
            facts->add(shownLine(fact.name), shown(fact.value), fact.value.size() > 40 && fact.value.find(' ') == std::string::npos);
        card->body()->addWidget(facts);
        m_outcome->addWidget(card);
    }
    m_outcome->addStretch(1);
    m_workspace.say(shownLine(outcome->summary));
    setStep(Outcome);
    m_close->setFocus();
}

void ActionDialog::reject()
{
    if (m_step == Running) {
        if (m_job)
            m_job->cancel();
        updateButtons();
        return;
    }
    QDialog::reject();
}

} // namespace kastellan::ui
