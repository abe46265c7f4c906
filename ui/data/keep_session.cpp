// SPDX-License-Identifier: Apache-2.0
#include "ui/data/keep_session.h"

#include "ui/text.h"

#include <QPointer>
#include <QTimer>

namespace kastellan::ui {

KeepSession::KeepSession(const Services &services, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_services(services)
    , m_jobs(jobs)
{
}

KeepSession::~KeepSession() = default;

void KeepSession::open(const KeepId &id)
{
    close();
    using Client = std::unique_ptr<KeepClient>;
    m_jobs.run<Client>(
        JobRunner::Lane::Quiet, tr("Connect to the keep's loader"), this,
        [connect = m_services.keeps.connect, id](const Progress &, const std::stop_token &) { return connect(id); },
        [this, attempt = m_attempt](Result<Client> client) {
            if (attempt != m_attempt)
                return;
            if (client)
                adopt(std::move(*client));
            else
                Q_EMIT closed();
        });
}

void KeepSession::close()
{
    ++m_attempt;
    if (m_notifier) { // it may be what calls us now
        m_notifier->setEnabled(false);
        m_notifier.release()->deleteLater();
    }
    m_client.reset();
    m_watchesUse = false;
}

void KeepSession::adopt(std::unique_ptr<KeepClient> client)
{
    close();
    m_client = std::move(client);
    m_notifier = std::make_unique<QSocketNotifier>(m_client->fd(), QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &KeepSession::poll);
    Q_EMIT opened();
    QTimer::singleShot(0, this, &KeepSession::poll); // what came before we listened
}

void KeepSession::poll()
{
    if (!m_client)
        return;
    // Gathered first: whoever hears of an event may let go of the connection, or of this object.
    std::vector<KeepEvent> events;
    m_client->poll([&](const KeepEvent &event) { events.push_back(event); });
    const unsigned attempt = m_attempt;
    const QPointer<KeepSession> alive(this);
    for (const KeepEvent &event : events) {
        if (!alive || attempt != m_attempt)
            return;
        switch (event.kind) {
        case KeepEvent::Kind::Status:
            Q_EMIT statusChanged(event.status);
            break;
        case KeepEvent::Kind::Progress:
            Q_EMIT progress(shownLine(event.text), event.done, event.total);
            break;
        case KeepEvent::Kind::Log:
            Q_EMIT logGrown(event.logBytes);
            break;
        case KeepEvent::Kind::Appraisal:
            Q_EMIT appraised(shownLine(event.recordId), shownLine(event.verdict));
            break;
        case KeepEvent::Kind::Error:
            Q_EMIT failed(shown(event.text));
            break;
        case KeepEvent::Kind::Use:
            Q_EMIT used(event.at, event.cpuSeconds, event.memory);
            break;
        case KeepEvent::Kind::Closed:
            close();
            Q_EMIT closed();
            return;
        }
    }
}

Status KeepSession::gone(std::string_view what) const
{
    return environment(std::string(what), {}, "its loader does not answer", "Recover the keep, if its warden still runs");
}

Status KeepSession::sendInput(ByteView data)
{
    return m_client ? m_client->sendInput(data) : gone("send input to the keep");
}
Status KeepSession::closeInput()
{
    return m_client ? m_client->closeInput() : gone("end the input of the keep");
}
Status KeepSession::stop(unsigned graceSeconds)
{
    return m_client ? m_client->stop(graceSeconds) : gone("stop the keep");
}
Status KeepSession::attest()
{
    return m_client ? m_client->attest() : gone("attest the keep again");
}

void KeepSession::watchUse(bool on)
{
    if (m_client && on != m_watchesUse && m_client->watchUse(on))
        m_watchesUse = on;
}

} // namespace kastellan::ui
