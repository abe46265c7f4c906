// SPDX-License-Identifier: Apache-2.0
#include "ui/data/platforms.h"

#include "core/hosts/asking.h"
#include "ui/text.h"

#include <QDateTime>

namespace kastellan::ui {

namespace {

using Control = std::shared_ptr<PlatformControl>;

Result<Control> controlOf(const HostRegistry &registry, const std::string &host)
{
    KASTELLAN_ASSIGN(const auto found, registry.find(host));
    return found->platform();
}

Result<PlatformState> read(PlatformControl &control)
{
    PlatformState state;
    // What can be done is worth seeing also when nothing can be read: it says why not.
    auto view = control.view();
    state.actions = control.actions();
    if (!view)
        state.error = view.error();
    else
        state.view = std::make_shared<const PlatformView>(std::move(*view));
    return state;
}

} // namespace

Platforms::Platforms(const Services &services, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_services(services)
    , m_jobs(jobs)
{
}

const PlatformState &Platforms::of(const QString &host) const
{
    static const PlatformState nothing;
    const auto found = m_all.constFind(host);
    return found == m_all.constEnd() ? nothing : *found;
}

void Platforms::open(const QString &host)
{
    const PlatformState &known = of(host);
    if (!known.reading && known.at == 0)
        refresh(host);
}

void Platforms::refresh(const QString &host)
{
    PlatformState &known = m_all[host];
    if (known.reading)
        return;
    known.reading = true;
    m_jobs.run<PlatformState>(
        JobRunner::Lane::Quiet, tr("Read the platform of %1").arg(host), this,
        [registry = m_services.hosts, id = host.toStdString(), one = m_one](
            const Progress &, const std::stop_token &stop) -> Result<PlatformState> {
            const std::scoped_lock lock(*one);
            const Asking asking(stop);
            KASTELLAN_ASSIGN(const Control control, controlOf(*registry, id));
            if (control)
                return read(*control);
            PlatformState none;
            none.none = true;
            return none;
        },
        [this, host](Result<PlatformState> result) {
            PlatformState next;
            if (result)
                next = std::move(*result);
            else
                next.error = result.error();
            if (next.error) // what was read before is better than nothing, with its age beside it
                next.view = m_all[host].view;
            next.at = QDateTime::currentSecsSinceEpoch();
            m_all[host] = std::move(next);
            Q_EMIT changed(host);
        });
    Q_EMIT changed(host);
}

void Platforms::plan(const QString &host, const std::string &action, const Arguments &arguments, QObject *context,
    std::function<void(Result<ActionPlan>)> done)
{
    m_jobs.run<ActionPlan>(
        JobRunner::Lane::Quiet, tr("Plan"), context,
        [registry = m_services.hosts, id = host.toStdString(), one = m_one, action, arguments](
            const Progress &, const std::stop_token &stop) -> Result<ActionPlan> {
            const std::scoped_lock lock(*one);
            const Asking asking(stop);
            KASTELLAN_ASSIGN(const Control control, controlOf(*registry, id));
            if (!control)
                return environment("plan this", id, "the platform cannot be reached any more");
            return control->plan(action, arguments);
        },
        std::move(done));
}

QPointer<Job> Platforms::perform(
    const QString &host, const ActionPlan &plan, QObject *context, std::function<void(Result<ActionOutcome>)> done)
{
    // Also for one who does not wait for it any more, the platform is read again.
    auto finish = [this, host, plan, alive = QPointer<QObject>(context), done = std::move(done)](Result<ActionOutcome> outcome) {
        refresh(host);
        Q_EMIT performed(host, plan.effect != ActionEffect::Reads);
        if (alive)
            done(std::move(outcome));
    };
    return m_jobs.run<ActionOutcome>(
        JobRunner::Lane::Shown, shownLine(plan.title), this,
        [registry = m_services.hosts, id = host.toStdString(), one = m_one, act = m_services.performPlatform, plan](
            const Progress &progress, const std::stop_token &stop) -> Result<ActionOutcome> {
            const std::scoped_lock lock(*one);
            KASTELLAN_ASSIGN(const Control control, controlOf(*registry, id));
            if (!control)
                return environment("do this", id, "the platform cannot be reached any more");
            Status notLogged;
            Result<ActionOutcome> outcome = act(*control, plan, progress, stop, &notLogged);
            if (outcome && !notLogged)
                outcome->facts.push_back({"log", "Not noted in the log", notLogged.error().message(), ""});
            return outcome;
        },
        std::move(finish));
}

} // namespace kastellan::ui
