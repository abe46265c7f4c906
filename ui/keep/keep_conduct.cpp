// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/keep_conduct.h"

#include "ui/data/keep_session.h"
#include "ui/keep/keep_actions.h"
#include "ui/text.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/message_bar.h"

#include <QDateTime>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr unsigned graceSeconds = 5;
}

KeepConduct::KeepConduct(Workspace &workspace, KeepSession &session, KeepActions &actions, MessageBar &message, QWidget *page)
    : QObject(page)
    , m_workspace(workspace)
    , m_session(session)
    , m_message(message)
    , m_page(page)
{
    connect(actions.stop, &QAction::triggered, this, &KeepConduct::stop);
    connect(actions.attest, &QAction::triggered, this, &KeepConduct::attest);
    connect(actions.recover, &QAction::triggered, this, &KeepConduct::recover);
    connect(actions.remove, &QAction::triggered, this, &KeepConduct::remove);
    connect(&session, &KeepSession::appraised, this, [this](const QString &, const QString &verdict) { attested(verdict); });
    connect(&session, &KeepSession::failed, this, [this] { m_asked = false; });
}

void KeepConduct::setKeep(const KeepPointer &keep)
{
    const bool other = !keep || !m_keep || keep->plan.id != m_keep->plan.id;
    m_keep = keep;
    if (other)
        m_asked = false;
    if (m_stopping && (other || isFinal(keep->state))) {
        m_stopping = false;
        Q_EMIT changed();
    }
}

QString KeepConduct::keepName() const
{
    return shownLine(m_keep->plan.name);
}

void KeepConduct::stop()
{
    if (!m_keep)
        return;
    if (m_stopping) {
        stopWith(0); // it was asked for, and the person does not want to wait
        return;
    }
    const bool whole = m_keep->plan.machine && m_keep->plan.machine->request.whole;
    // In the dialog itself, so that a keep that ended meanwhile is not stopped twice.
    dialogs::confirm(m_page, tr("Stop “%1”?").arg(keepName()),
        whole ? tr("The machine is asked to end, as by its power button; “Stop now” ends it without waiting. The keep and everything in "
                   "its memory are gone then; "
                   "its log and evidence stay.")
              : tr("The workload is asked to end, and ended after %1 seconds; “Stop now” ends it without waiting. The keep and everything "
                   "in its memory are gone then; its log and evidence stay.")
                    .arg(graceSeconds),
        tr("&Stop the keep"), [this] { stopWith(graceSeconds); });
}

void KeepConduct::stopWith(unsigned grace)
{
    if (!m_keep)
        return;
    const Status status = m_session.stop(grace);
    if (!status) {
        m_message.showError(status.error());
    } else {
        m_workspace.say(grace ? tr("Stopping %1…").arg(keepName()) : tr("Ending %1 now…").arg(keepName()));
        m_stopping = !isFinal(m_keep->state);
        Q_EMIT changed();
    }
    m_workspace.records.note(grace ? u"stop keep"_s : u"stop keep now"_s, keepName(), status ? u"asked"_s : u"failed"_s);
}

void KeepConduct::attest()
{
    const Status status = m_session.attest();
    if (!status)
        m_message.showError(status.error());
    else
        m_workspace.say(tr("Asked the keep for fresh evidence"));
    m_asked = status.has_value();
    if (m_keep)
        m_workspace.records.note(u"attest keep"_s, keepName(), status ? u"asked"_s : u"failed"_s);
}

void KeepConduct::attested(const QString &verdict)
{
    if (!std::exchange(m_asked, false))
        return;
    const Sign sign = verdictSign(verdict.toStdString());
    const QString at = when(QDateTime::currentSecsSinceEpoch());
    const bool good = verdict == "trusted"_L1 || verdict == "authentic"_L1;
    m_message.showText(good ? KMessageWidget::Positive : KMessageWidget::Error,
        tr("Attested again at %1: %2.").arg(at, sign.word.toLower()),
        good ? tr("The keep has answered a fresh question, and its evidence holds. The findings are under Attestation.")
             : tr("Its fresh evidence does not hold. The findings under Attestation say what did not fit."));
}

void KeepConduct::forKeep(const QString &title, std::function<Status(const KeepId &)> call, const std::function<void()> &done)
{
    if (!m_keep)
        return;
    m_workspace.jobs.run<bool>(
        JobRunner::Lane::Shown, title, this,
        [call = std::move(call), id = m_keep->plan.id](const Progress &, const std::stop_token &) -> Result<bool> {
            KASTELLAN_TRY(call(id));
            return true;
        },
        [this, done](const Result<bool> &result) {
            if (result)
                done();
            else
                m_message.showError(result.error());
        });
}

void KeepConduct::recover()
{
    if (!m_keep)
        return;
    forKeep(tr("Recover %1").arg(keepName()), m_workspace.services.keeps.recover, [this] {
        m_message.clear();
        m_workspace.directory.refreshKeeps();
        if (!m_keep)
            return;
        m_workspace.records.note(u"recover keep"_s, keepName(), u"done"_s);
        m_session.open(m_keep->plan.id);
    });
}

void KeepConduct::remove()
{
    if (!m_keep)
        return;
    dialogs::confirm(m_page, tr("Remove “%1”?").arg(keepName()),
        tr("Its log, plan and state are deleted and cannot be brought back. Its evidence records stay."), tr("&Remove the keep"), [this] {
            if (!m_keep)
                return;
            forKeep(tr("Remove %1").arg(keepName()), m_workspace.services.keeps.remove,
                [this, key = keyOf(m_keep->plan.id), name = keepName()] {
                    m_workspace.records.note(u"remove keep"_s, name, u"done"_s);
                    m_workspace.say(tr("%1 was removed").arg(name));
                    m_message.clear();
                    m_workspace.directory.forget(key);
                    m_workspace.go({u"overview"_s, {}, {}});
                });
        });
}

} // namespace kastellan::ui
