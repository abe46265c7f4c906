// SPDX-License-Identifier: Apache-2.0
#include "ui/data/notices.h"

#include "core/evidence/reappraise.h"
#include "ui/data/directory.h"
#include "ui/data/platforms.h"
#include "ui/data/records.h"

#include <QDateTime>

#include <algorithm>
#include <set>

namespace kastellan::ui {

namespace {

constexpr int hour = 3600 * 1000; ///< milliseconds

/// The newest record of a host, among records that are newest first.
const Record *newestOf(const std::vector<Record> &records, const std::string &host)
{
    const auto found = std::ranges::find(records, host, &Record::host);
    return found == records.end() ? nullptr : &*found;
}

void raise(ReferenceValues &expected, const std::vector<std::pair<std::string, unsigned>> &floors)
{
    for (const auto &[level, floor] : floors) {
        const auto known = std::ranges::find(expected.minimumTcb, level, [](const auto &pair) { return pair.first; });
        if (known == expected.minimumTcb.end())
            expected.minimumTcb.emplace_back(level, floor);
        else
            known->second = std::max(known->second, floor);
    }
}

/// How records are appraised today.
using Appraiser = std::function<Result<Appraisal>(const Record &)>;

/// A record under the floors of the newest launch on its host. What that one's policy asks besides floors is no concern of this one.
std::optional<RecordToday> today(const Record &record, const Record &newest, bool runs, const Appraiser &appraise)
{
    RecordToday made{record.id, record.keep, record.keepName, record.host, runs, &record == &newest, record.appraisal, {}};
    Record raised = record;
    raise(raised.expected, newest.expected.minimumTcb);
    auto now = appraise(raised);
    if (!now)
        return {};
    made.now = std::move(*now);
    if (!newest.expected.policy.empty() && newest.expected.policy != record.expected.policy) {
        Record other = record;
        other.expected.policy = newest.expected.policy;
        const auto byPolicy = appraise(other);
        const auto isFloor = [](const Finding &finding) { return finding.id == "tcb.minimum"; };
        if (byPolicy) {
            const auto floor = std::ranges::find_if(byPolicy->findings, isFloor);
            if (floor != byPolicy->findings.end() && floor->outcome == Outcome::Fail) {
                std::erase_if(made.now.findings, isFloor);
                made.now.findings.push_back(*floor);
            }
        }
    }
    return made;
}

struct Found {
    std::vector<TrustNotice> notices;
    std::vector<KnownCertificate> certificates;
    std::optional<Error> problem;
};

} // namespace

Notices::Notices(
    const Services &services, JobRunner &jobs, const Directory &directory, Records &records, Platforms &platforms, QObject *parent)
    : QObject(parent)
    , m_services(services)
    , m_jobs(jobs)
    , m_directory(directory)
    , m_records(records)
    , m_platforms(platforms)
{
    connect(&directory, &Directory::keepsChanged, this, [this] {
        QStringList evidence; // keeps change with every line of their logs: only what is proven of them counts here
        for (const KeepPointer &keep : m_directory.keeps())
            evidence += QString::number(static_cast<int>(keep->state))
                + (keep->records.empty() ? QString() : QString::fromStdString(keep->records.back()));
        if (std::exchange(m_evidence, evidence) != evidence)
            refresh();
    });
    connect(&directory, &Directory::hostsChanged, this, &Notices::refresh);
    connect(&records, &Records::changed, this, &Notices::refresh);
    connect(&platforms, &Platforms::changed, this, [this](const QString &host) {
        if (!m_platforms.of(host).reading)
            refresh();
    });
    connect(&m_hourly, &QTimer::timeout, this, &Notices::refresh);
    m_hourly.start(hour);
}

std::vector<TrustNotice> Notices::of(const QString &host) const
{
    std::vector<TrustNotice> found;
    for (const TrustNotice &notice : m_all)
        if (notice.host.empty() || notice.host == host.toStdString())
            found.push_back(notice);
    return found;
}

void Notices::refresh()
{
    if (!m_directory.isLoaded() || std::exchange(m_wanted, true) || m_running)
        return;
    QTimer::singleShot(0, this, &Notices::survey); // several reasons at once are one
}

void Notices::survey()
{
    m_wanted = false;
    m_running = true;
    QStringList running;
    for (const KeepPointer &keep : m_directory.keeps())
        if (!isFinal(keep->state))
            running += keyOf(keep->plan.id);
    m_records.survey(running, this, [this](Result<std::vector<Record>> records) {
        // A store that cannot be read is reported where it is read for its own sake.
        judge(records ? std::move(*records) : std::vector<Record>{});
    });
}

void Notices::judge(std::vector<Record> records)
{
    std::set<std::string> running;
    for (const KeepPointer &keep : m_directory.keeps())
        if (!isFinal(keep->state))
            running.insert(toHex(keep->plan.id.view()));
    std::vector<PlatformView> platforms;
    for (const QString &host : m_platforms.known())
        if (const PlatformPointer view = m_platforms.of(host).view)
            platforms.push_back(*view);
    const std::int64_t at = QDateTime::currentSecsSinceEpoch();
    m_jobs.run<Found>(
        JobRunner::Lane::Quiet, tr("Look for what ends or was revoked"), this,
        [certificates = m_services.certificates, backend = m_services.backend, records = std::move(records), running = std::move(running),
            platforms = std::move(platforms), at](const Progress &, const std::stop_token &stop) -> Result<Found> {
            Found found;
            NoticeInput input;
            input.at = at;
            input.platforms = platforms;
            const Appraiser appraise = [&](const Record &record) -> Result<Appraisal> {
                return certificates.reappraise ? certificates.reappraise(record, at) : reappraise(record, *backend, at);
            };
            for (const Record &record : records) {
                if (stop.stop_requested())
                    break;
                const Record *newest = newestOf(records, record.host);
                if (newest == &record && !record.expected.minimumTcb.empty())
                    input.floors.push_back({record.host, "keep “" + record.keepName + "”", record.expected.minimumTcb});
                if (auto made = today(record, *newest, running.contains(record.keep), appraise))
                    input.records.push_back(std::move(*made));
            }
            if (certificates.list) {
                auto listed = certificates.list(at);
                if (listed)
                    input.certificates = std::move(*listed);
                else
                    found.problem = listed.error();
            }
            found.notices = trustNotices(input);
            found.certificates = std::move(input.certificates);
            return found;
        },
        [this](Result<Found> found) {
            m_running = false;
            if (found) {
                m_all = std::move(found->notices);
                m_certificates = std::move(found->certificates);
                m_problem = std::move(found->problem);
            } else {
                m_problem = found.error();
            }
            Q_EMIT changed();
            if (m_wanted)
                QTimer::singleShot(0, this, &Notices::survey);
        });
}

} // namespace kastellan::ui
