// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/launch_wizard.h"

#include "ui/pages/page.h"
#include "ui/theme/icons.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/step_list.h"
#include "ui/wizard/configuration_step.h"
#include "ui/wizard/expectations_step.h"
#include "ui/wizard/host_step.h"
#include "ui/wizard/launch_step.h"
#include "ui/wizard/machine_step.h"
#include "ui/wizard/plan_step.h"
#include "ui/wizard/workload_step.h"

#include <QDragEnterEvent>
#include <QFrame>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// The side of the wizard: where one is.
class Rail : public QWidget {
public:
    using QWidget::QWidget;

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.fillRect(rect(), palette().color(QPalette::Base));
        painter.setPen(palette().color(QPalette::Mid));
        const int edge = layoutDirection() == Qt::RightToLeft ? 0 : width() - 1;
        painter.drawLine(edge, 0, edge, height());
    }
};

} // namespace

LaunchWizard::LaunchWizard(Workspace &workspace, const QString &workload, const QString &host, QWidget *parent)
    : QDialog(parent)
    , m_workspace(workspace)
{
    setWindowTitle(tr("Launch a keep"));
    setAcceptDrops(true);
    setMinimumSize(760, 520);
    resize(960, 700);
    const auto &hosts = workspace.directory.hosts();
    const auto ready = std::ranges::find(hosts, "ready", &HostInfo::state);
    m_draft.request.host = !host.isEmpty() ? host.toStdString() : ready != hosts.end() ? ready->id : "emulated";
    build();
    goTo(0);
    if (!workload.isEmpty())
        m_workload->choose(workload);
}

LaunchWizard::~LaunchWizard() = default;

void LaunchWizard::build()
{
    auto *outer = new QHBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    auto *rail = new Rail(this);
    rail->setFixedWidth(236);
    auto *railLayout = new QVBoxLayout(rail);
    railLayout->setContentsMargins(20, 24, 16, 20);
    m_rail = new StepList(tr("Steps of the launch"), rail);
    railLayout->addWidget(m_rail);
    railLayout->addStretch(1);
    outer->addWidget(rail);
    auto *right = new QVBoxLayout;
    right->setContentsMargins(24, 20, 24, 18);
    right->setSpacing(10);
    outer->addLayout(right, 1);
    m_title = new Label({}, Label::Kind::Title, Tone::Plain, this);
    m_text = new Label({}, Label::Kind::Body, Tone::Muted, this);
    m_message = new MessageBar(this);
    m_stack = new QStackedWidget(this);
    right->addWidget(m_title);
    right->addWidget(m_text);
    right->addWidget(m_message);
    right->addWidget(m_stack, 1);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    m_cancel = new QPushButton(tr("Cancel"), this);
    m_back = new QPushButton(icon(u"back"_s), tr("&Back"), this);
    m_plan = new QPushButton(tr("Skip to the &plan"), this);
    m_next = new QPushButton(this);
    m_cancel->setObjectName(u"wizardCancel"_s);
    m_back->setObjectName(u"wizardBack"_s);
    m_plan->setObjectName(u"wizardPlan"_s);
    m_next->setObjectName(u"wizardNext"_s);
    m_next->setProperty("primary", true);
    m_next->setDefault(true);
    for (QPushButton *button : {m_cancel, m_back, m_plan})
        button->setAutoDefault(false);
    buttons->addWidget(m_cancel);
    buttons->addStretch(1);
    buttons->addWidget(m_plan);
    buttons->addWidget(m_back);
    buttons->addWidget(m_next);
    right->addLayout(buttons);

    addStep(m_workload = new WorkloadStep(m_workspace, m_draft, *m_message, this));
    addStep(new HostStep(m_workspace, m_draft, *m_message, this));
    addStep(new MachineStep(m_workspace, m_draft, *m_message, this));
    addStep(new ExpectationsStep(m_workspace, m_draft, *m_message, this));
    addStep(new ConfigurationStep(m_workspace, m_draft, *m_message, this));
    addStep(new PlanStep(m_workspace, m_draft, *m_message, this));
    addStep(m_launch = new LaunchStep(m_workspace, m_draft, *m_message, this));
    connect(m_launch, &LaunchStep::launched, this, [this](const QString &key) {
        Q_EMIT keepWanted(key, u"output"_s);
        accept();
    });
    connect(m_launch, &LaunchStep::ended, this, &LaunchWizard::afterEnd);
    connect(m_cancel, &QPushButton::clicked, this, &LaunchWizard::reject);
    connect(m_back, &QPushButton::clicked, this, [this] { goTo(m_over ? static_cast<int>(m_steps.size()) - 2 : neighbour(-1)); });
    connect(m_plan, &QPushButton::clicked, this, [this] { goTo(static_cast<int>(m_steps.size()) - 2); });
    connect(m_next, &QPushButton::clicked, this, &LaunchWizard::next);
}

void LaunchWizard::addStep(WizardStep *step)
{
    auto *area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    area->setAccessibleName(step->title());
    auto *canvas = new QWidget(area);
    auto *layout = new QVBoxLayout(canvas);
    layout->setContentsMargins(1, 4, 1, 4);
    layout->addWidget(step);
    area->setWidget(canvas);
    m_stack->addWidget(area);
    m_steps += step;
    connect(step, &WizardStep::changed, this, &LaunchWizard::update);
    connect(step, &WizardStep::goOn, this, &LaunchWizard::next);
}

int LaunchWizard::currentStep() const
{
    return m_stack->currentIndex();
}

void LaunchWizard::goTo(int step)
{
    m_over = false;
    m_endedKey.clear();
    m_message->clear();
    m_stack->setCurrentIndex(step);
    m_steps[step]->enter();
    m_title->setText(m_steps[step]->title());
    m_text->setText(m_steps[step]->text());
    update();
}

void LaunchWizard::next()
{
    if (!m_next->isEnabled())
        return;
    if (m_over) {
        Q_EMIT keepWanted(m_endedKey, u"attestation"_s);
        accept();
        return;
    }
    goTo(neighbour(1));
}

int LaunchWizard::neighbour(int direction) const
{
    int step = currentStep() + direction;
    while (step > 0 && step < static_cast<int>(m_steps.size()) - 1 && !m_steps[step]->applies())
        step += direction;
    return step;
}

void LaunchWizard::update()
{
    const int step = currentStep(), last = static_cast<int>(m_steps.size()) - 1, plan = last - 1;
    if (step < 0 || m_steps.isEmpty() || m_steps.back() != m_launch) // still being built
        return;
    QList<StepList::Step> rail;
    QString firstMissing;
    for (int i = 0; i <= last; ++i) {
        const WizardStep *one = m_steps[i];
        if (!one->applies())
            continue;
        const bool complete = one->missing().isEmpty();
        if (i < plan && firstMissing.isEmpty())
            firstMissing = one->missing();
        StepList::State state = i < step ? (complete ? StepList::State::Done : StepList::State::Failed)
            : i == step                  ? StepList::State::Current
                                         : StepList::State::Todo;
        if (i == last && m_over)
            state = StepList::State::Failed;
        rail += {one->title(), i <= step || i == plan ? one->summary() : QString(), {}, state};
    }
    m_rail->setSteps(rail);
    const bool launching = step == last;
    const QString missing = step == plan && firstMissing.size() ? firstMissing : m_steps[step]->missing();
    m_back->setVisible(step > 0 && (!launching || m_over));
    m_back->setText(launching ? tr("&Back to the plan") : tr("&Back"));
    m_plan->setVisible(step < plan && neighbour(1) < plan);
    m_plan->setEnabled(firstMissing.isEmpty());
    m_plan->setToolTip(firstMissing.isEmpty() ? tr("Take the defaults of the steps between") : firstMissing);
    m_next->setVisible(!launching || (m_over && !m_endedKey.isEmpty()));
    m_next->setText(launching ? tr("&Show the keep") : step == plan ? tr("&Launch") : tr("&Next"));
    m_next->setIcon(launching ? icon(u"keep"_s) : step == plan ? icon(u"launch"_s) : QIcon());
    m_next->setEnabled(launching || missing.isEmpty());
    m_next->setToolTip(missing);
    m_cancel->setText(launching && m_over ? tr("Close") : tr("Cancel"));
}

void LaunchWizard::afterEnd(const QString &key)
{
    m_over = true;
    m_endedKey = key;
    update();
}

void LaunchWizard::reject()
{
    if (m_launch && m_launch->isBusy()) {
        m_launch->cancel(); // the window closes when the keep is gone, or says why it is not
        return;
    }
    QDialog::reject();
}

void LaunchWizard::dragEnterEvent(QDragEnterEvent *event)
{
    if (currentStep() == 0 && !workloadOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void LaunchWizard::dropEvent(QDropEvent *event)
{
    if (const QString path = workloadOf(event->mimeData()); currentStep() == 0 && !path.isEmpty()) {
        event->acceptProposedAction();
        m_workload->choose(path);
    }
}

} // namespace kastellan::ui
