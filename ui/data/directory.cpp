// SPDX-License-Identifier: Apache-2.0
#include "ui/data/directory.h"

#include <algorithm>

namespace kastellan::ui {

QString keyOf(const KeepId &id)
{
    return QString::fromStdString(toHex(id.view()));
}

std::optional<KeepId> keepIdFromKey(const QString &key)
{
    const auto bytes = fromHex(key.toStdString());
    if (!bytes)
        return {};
    const auto id = KeepId::from(*bytes, "keep id");
    return id ? std::optional(*id) : std::nullopt;
}

bool sameStatus(const KeepStatus &a, const KeepStatus &b)
{
    return a.plan.id == b.plan.id && a.plan.name == b.plan.name && a.plan.host == b.plan.host && a.state == b.state
        && a.verdict == b.verdict && a.emulated == b.emulated && a.reason == b.reason && a.since == b.since && a.timeline == b.timeline
        && a.exitCode == b.exitCode && a.trap == b.trap && a.records == b.records && a.loaderAlive == b.loaderAlive
        && a.wardenAlive == b.wardenAlive && a.logBytes == b.logBytes && a.execution == b.execution;
}

Directory::Directory(const Services &services, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_services(services)
    , m_jobs(jobs)
{
    connect(&m_timer, &QTimer::timeout, this, &Directory::refreshKeeps);
}

KeepPointer Directory::keep(const QString &key) const
{
    return m_byKey.value(key);
}

const HostInfo *Directory::host(const QString &id) const
{
    const auto found = std::ranges::find(m_hosts, id.toStdString(), &HostInfo::id);
    return found == m_hosts.end() ? nullptr : &*found;
}

void Directory::follow(int milliseconds)
{
    if (milliseconds > 0)
        m_timer.start(milliseconds);
    else
        m_timer.stop();
}

void Directory::refreshHosts()
{
    m_jobs.run<std::vector<HostInfo>>(
        JobRunner::Lane::Quiet, tr("Look at the hosts"), this,
        [registry = m_services.hosts](const Progress &, const std::stop_token &stop) -> Result<std::vector<HostInfo>> {
            std::vector<HostInfo> all;
            for (const auto &host : registry->hosts()) {
                if (stop.stop_requested())
                    break;
                all.push_back(host->info());
            }
            return all;
        },
        [this](Result<std::vector<HostInfo>> result) {
            if (result)
                m_hosts = std::move(*result);
            m_hostsLoaded = true;
            Q_EMIT hostsChanged();
        });
}

void Directory::refreshKeeps()
{
    if (m_reading) {
        m_readAgain = true;
        return;
    }
    m_reading = true;
    ++m_generation;
    using Both = std::pair<std::vector<KeepStatus>, std::vector<Error>>;
    m_jobs.run<Both>(
        JobRunner::Lane::Quiet, tr("Read the keeps"), this,
        [list = m_services.keeps.list](const Progress &, const std::stop_token &) -> Result<Both> {
            Both both;
            both.first = list(&both.second);
            return both;
        },
        [this](Result<Both> result) {
            m_reading = false;
            if (result)
                take(std::move(result->first), std::move(result->second));
            else
                take({}, {result.error()});
            if (std::exchange(m_readAgain, false))
                refreshKeeps();
        });
}

void Directory::take(std::vector<KeepStatus> keeps, std::vector<Error> problems)
{
    bool listChanged = keeps.size() != m_keeps.size() || !m_keepsLoaded;
    std::vector<KeepPointer> next;
    next.reserve(keeps.size());
    QStringList changed;
    for (std::size_t i = 0; i < keeps.size(); ++i) {
        KeepStatus &status = keeps[i];
        const QString key = keyOf(status.plan.id);
        const KeepPointer known = m_byKey.value(key);
        if (known && (sameStatus(*known, status) || m_updated.value(key) == m_generation)) {
            next.push_back(known); // unchanged, or its loader told us more while the folder was being read
        } else {
            next.push_back(std::make_shared<const KeepStatus>(std::move(status)));
            if (known)
                changed += key;
        }
        if (!listChanged && keyOf(m_keeps[i]->plan.id) != key)
            listChanged = true;
    }
    m_keepsLoaded = true;
    m_keeps = std::move(next);
    m_byKey.clear();
    for (const KeepPointer &keep : m_keeps)
        m_byKey.insert(keyOf(keep->plan.id), keep);
    const bool hadProblems = !m_problems.empty();
    // A keep that is being made is unreadable for a moment: only what lasts from one reading to the next is a problem.
    const std::vector<Error> before = std::exchange(m_lastProblems, problems);
    std::erase_if(problems, [&](const Error &problem) { return std::ranges::find(before, problem.where, &Error::where) == before.end(); });
    m_problems = std::move(problems);
    if (listChanged || !changed.isEmpty())
        Q_EMIT keepsChanged();
    for (const QString &key : std::as_const(changed))
        Q_EMIT keepChanged(key);
    if (hadProblems || !m_problems.empty())
        Q_EMIT problemsChanged();
}

void Directory::update(const KeepStatus &status)
{
    const QString key = keyOf(status.plan.id);
    const KeepPointer known = m_byKey.value(key);
    if (known && sameStatus(*known, status))
        return;
    const auto next = std::make_shared<const KeepStatus>(status);
    m_updated.insert(key, m_generation);
    m_byKey.insert(key, next);
    if (known)
        std::ranges::replace(m_keeps, known, next);
    else
        m_keeps.insert(m_keeps.begin(), next);
    Q_EMIT keepsChanged();
    Q_EMIT keepChanged(key);
}

void Directory::forget(const QString &key)
{
    if (!m_byKey.remove(key))
        return;
    std::erase_if(m_keeps, [&](const KeepPointer &keep) { return keyOf(keep->plan.id) == key; });
    Q_EMIT keepsChanged();
    Q_EMIT keepChanged(key);
}

} // namespace kastellan::ui
