// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/launch_step.h"

#include "core/base/file.h"
#include "ui/data/keep_happenings.h"
#include "ui/data/keep_session.h"
#include "ui/keep/keep_attention.h"
#include "ui/keep/timeline.h"
#include "ui/text.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/step_list.h"

#include <QProgressBar>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr std::uint64_t largestSecret = 1 << 20;

/// Reads the secrets only now, into memory that wipes itself.
Result<std::vector<Secret>> readSecrets(const QMap<QString, QString> &files)
{
    std::vector<Secret> secrets;
    for (auto file = files.begin(); file != files.end(); ++file) {
        KASTELLAN_ASSIGN(Bytes value, readFile(file.value().toStdString(), largestSecret));
        secrets.emplace_back(file.key().toStdString(), std::move(value));
    }
    return secrets;
}

} // namespace

LaunchStep::LaunchStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
    , m_session(new KeepSession(space.services, space.jobs, this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(14);
    auto *card = new Card({}, this);
    card->body()->setContentsMargins(20, 18, 20, 18);
    m_steps = new StepList(tr("States of the launch"), card);
    m_steps->setObjectName(u"launchCourse"_s);
    m_steps->setWrapped(true);
    card->body()->addWidget(m_steps);
    m_attention = new AttentionCard(this);
    m_attention->setObjectName(u"launchAttention"_s);
    m_attention->hide();
    layout->addWidget(m_attention);
    layout->addWidget(card);
    m_bar = new QProgressBar(this);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Progress of the launch"));
    layout->addWidget(m_bar);
    m_doing = new Label({}, Label::Kind::Body, Tone::Muted, this);
    layout->addWidget(m_doing);
    layout->addStretch(1);
    connect(m_session, &KeepSession::statusChanged, this, &LaunchStep::show);
    connect(m_session, &KeepSession::progress, this, &LaunchStep::tick);
    connect(m_session, &KeepSession::logGrown, this, [this] {
        if (m_happenings)
            m_happenings->read();
    });
    connect(m_session, &KeepSession::failed, this, [this](const QString &text) { m_doing->setText(text); });
    connect(m_session, &KeepSession::closed, this, [this] {
        if (!m_busy)
            return;
        // Its last words may be in the folder: what the keep's state says there decides.
        workspace().directory.refreshKeeps();
    });
    connect(&space.directory, &Directory::keepChanged, this, [this](const QString &key) {
        if (m_busy && key == m_key)
            if (const KeepPointer keep = workspace().directory.keep(key);
                keep && (isFinal(keep->state) || !keep->loaderAlive) && !m_session->isOpen())
                show(*keep);
    });
}

LaunchStep::~LaunchStep() = default;

void LaunchStep::showCourse(const QString &doing)
{
    m_steps->setSteps(courseOf(m_status, m_happenings ? m_happenings->all() : QList<Happening>(), doing));
}

void LaunchStep::enter()
{
    m_busy = true;
    m_cancelled = false;
    m_status = {};
    m_status.plan = *draft().plan;
    m_status.timeline = {{KeepState::Planned, 0}};
    m_key = keyOf(draft().plan->id);
    m_bar->setRange(0, 0);
    m_bar->show();
    m_doing->setText(tr("Starting the loader…"));
    m_attention->hide();
    m_happenings = std::make_unique<KeepHappenings>(workspace().jobs, workspace().services.keeps.logPath(draft().plan->id));
    connect(m_happenings.get(), &KeepHappenings::changed, this, [this] { showCourse(m_bar->isVisible() ? m_doing->text() : QString()); });
    showCourse(tr("Starting the loader…"));
    message().clear();
    using Client = std::unique_ptr<KeepClient>;
    m_job = workspace().jobs.run<Client>(
        JobRunner::Lane::Shown, tr("Launch %1").arg(shownLine(draft().plan->name)), this,
        [plan = draft().plan, files = draft().secretFiles, launch = workspace().services.keeps.launch](
            const Progress &progress, const std::stop_token &) -> Result<Client> {
            progress("reading secrets", 0, 0);
            KASTELLAN_ASSIGN(auto secrets, readSecrets(files));
            progress("starting the loader", 0, 0);
            return launch(*plan, std::move(secrets));
        },
        [this](Result<Client> client) {
            workspace().records.note(u"launch keep"_s, shownLine(draft().plan->name), client ? u"started"_s : u"failed"_s);
            if (!client) {
                const ErrorText text = errorText(client.error());
                m_key.clear();
                finish(text.title, text.detail, KMessageWidget::Error);
                return;
            }
            m_session->adopt(std::move(*client));
            workspace().directory.refreshKeeps();
            if (m_cancelled)
                (void)m_session->stop(0);
        });
    Q_EMIT changed();
}

void LaunchStep::cancel()
{
    if (!m_busy)
        return;
    m_cancelled = true;
    m_doing->setText(tr("Cancelling: the keep is ended and cleaned up…"));
    if (m_session->isOpen())
        if (const Status status = m_session->stop(0); !status)
            message().showError(status.error());
}

void LaunchStep::tick(const QString &doing, quint64 done, quint64 total)
{
    m_bar->setRange(0, total ? 1000 : 0);
    if (total)
        m_bar->setValue(static_cast<int>(1000.0 * static_cast<double>(done) / static_cast<double>(total)));
    if (!m_cancelled)
        m_doing->setText(doing);
    showCourse(doing);
}

void LaunchStep::show(const KeepStatus &status)
{
    workspace().directory.update(status);
    if (!m_busy)
        return;
    m_status = status;
    showCourse({});
    if (m_happenings)
        m_happenings->read();
    const bool ran = std::ranges::any_of(status.timeline, [](const auto &entry) { return entry.first == KeepState::Running; });
    const QString reason = shown(status.reason);
    if (m_cancelled && isFinal(status.state)) {
        finish(tr("Cancelled."), tr("The keep was ended and cleaned up."), KMessageWidget::Information);
    } else if (ran || status.state == KeepState::Running || status.state == KeepState::Suspect) {
        m_busy = false;
        m_session->close();
        Q_EMIT workspace().records.changed();
        Q_EMIT launched(m_key);
    } else if (status.state == KeepState::Refused) {
        finish(tr("The launch was refused. Nothing was sent."), reason, KMessageWidget::Error);
    } else if (isFinal(status.state)) {
        if (const auto attention = attentionOf(status, workspace().services.machines)) {
            m_attention->setWords(*attention);
            m_attention->show();
        }
        finish(tr("The launch failed. Everything was cleaned up."), m_attention->isHidden() ? reason : tr("What went wrong is said below."),
            KMessageWidget::Error);
    }
}

void LaunchStep::finish(const QString &titleText, const QString &detail, KMessageWidget::MessageType type)
{
    m_busy = false;
    m_session->close();
    m_bar->hide();
    m_doing->setText({});
    message().showText(type, titleText, detail);
    Q_EMIT workspace().records.changed();
    Q_EMIT ended(m_key);
    Q_EMIT changed();
}

} // namespace kastellan::ui
