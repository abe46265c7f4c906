// SPDX-License-Identifier: Apache-2.0
#include "ui/data/records.h"

#include "core/base/file.h"
#include "core/reports/reports.h"
#include "ui/report/pdf_report.h"

#include <QDateTime>

#include <set>

#include <pwd.h>
#include <unistd.h>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

std::string userName()
{
    if (const passwd *entry = ::getpwuid(::getuid()); entry && entry->pw_name)
        return entry->pw_name;
    return "uid " + std::to_string(::getuid());
}

Dossier describe(Record record, const EvidenceBackend &backend)
{
    Dossier dossier;
    dossier.record = std::move(record);
    if (auto view = backend.describe(dossier.record.evidence))
        dossier.view = std::move(*view);
    else
        dossier.viewProblem = view.error();
    dossier.layers = layersOf(dossier.record, dossier.viewProblem ? nullptr : &dossier.view);
    return dossier;
}

} // namespace

QString fileSuffix(ExportFormat format)
{
    switch (format) {
    case ExportFormat::Html:
        return u"html"_s;
    case ExportFormat::Pdf:
        return u"pdf"_s;
    case ExportFormat::Json:
        return u"json"_s;
    case ExportFormat::Bundle:
        return u"zip"_s;
    }
    return {};
}

Records::Records(const Services &services, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_services(services)
    , m_jobs(jobs)
    , m_store(std::make_shared<std::unique_ptr<RecordStore>>())
{
}

template <typename T>
JobRunner::Work<T> Records::withStore(std::function<Result<T>(RecordStore &, const Progress &)> work) const
{
    return [store = m_store, open = m_services.openStore, work = std::move(work)](
               const Progress &progress, const std::stop_token &) -> Result<T> {
        if (!*store) {
            KASTELLAN_ASSIGN(*store, open());
        }
        return work(**store, progress);
    };
}

void Records::list(const QString &keep, QObject *context, std::function<void(Result<std::vector<RecordSummary>>)> done)
{
    using List = std::vector<RecordSummary>;
    m_jobs.run<List>(JobRunner::Lane::Store, tr("Read the evidence"), context,
        withStore<List>([keep = keep.toStdString()](RecordStore &store, const Progress &) { return store.list(keep, 5000); }),
        std::move(done));
}

void Records::load(const QString &id, QObject *context, std::function<void(Result<DossierPointer>)> done)
{
    m_jobs.run<DossierPointer>(JobRunner::Lane::Store, tr("Read a record"), context,
        withStore<DossierPointer>(
            [id = id.toStdString(), backend = m_services.backend](RecordStore &store, const Progress &) -> Result<DossierPointer> {
                KASTELLAN_ASSIGN(Record record, store.get(id));
                return std::make_shared<const Dossier>(describe(std::move(record), *backend));
            }),
        std::move(done));
}

void Records::survey(const QStringList &keeps, QObject *context, std::function<void(Result<std::vector<Record>>)> done)
{
    using List = std::vector<Record>;
    m_jobs.run<List>(JobRunner::Lane::Store, tr("Read the newest evidence"), context,
        withStore<List>([keeps](RecordStore &store, const Progress &) -> Result<List> {
            constexpr std::size_t newest = 500, most = 64;
            KASTELLAN_ASSIGN(const auto summaries, store.list({}, newest));
            std::set<std::string> seenHosts, seenKeeps;
            List records;
            for (const RecordSummary &summary : summaries) {
                if (summary.kind == "purge" || summary.kind == "reappraisal" || records.size() >= most)
                    continue;
                const bool wanted = keeps.contains(QString::fromStdString(summary.keep)) && seenKeeps.insert(summary.keep).second;
                if (!seenHosts.insert(summary.host).second && !wanted)
                    continue;
                if (auto record = store.get(summary.id)) // one that was purged meanwhile is none
                    records.push_back(std::move(*record));
            }
            return records;
        }),
        std::move(done));
}

void Records::activity(QObject *context, std::function<void(Result<std::vector<ActivityEntry>>)> done)
{
    using List = std::vector<ActivityEntry>;
    m_jobs.run<List>(JobRunner::Lane::Store, tr("Read the activity"), context,
        withStore<List>([](RecordStore &store, const Progress &) { return store.activity(5000); }), std::move(done));
}

void Records::add(Record record, QObject *context, std::function<void(Status)> done)
{
    m_jobs.run<bool>(JobRunner::Lane::Store, tr("Keep the record"), context,
        withStore<bool>([record = std::move(record)](RecordStore &store, const Progress &) -> Result<bool> {
            KASTELLAN_TRY(store.append(record));
            return true;
        }),
        [done = std::move(done)](const Result<bool> &result) { done(result ? Status() : std::unexpected(result.error())); });
}

void Records::note(const QString &what, const QString &subject, const QString &outcome)
{
    ActivityEntry entry{QDateTime::currentMSecsSinceEpoch(), {}, what.toStdString(), subject.toStdString(), outcome.toStdString()};
    m_jobs.run<bool>(JobRunner::Lane::Store, tr("Note what was done"), this,
        withStore<bool>([entry](RecordStore &store, const Progress &) mutable -> Result<bool> {
            entry.who = userName();
            KASTELLAN_TRY(store.logActivity(entry));
            return true;
        }),
        [this](const Result<bool> &result) {
            if (result)
                Q_EMIT changed();
            else
                Q_EMIT failed(result.error());
        });
}

void Records::exportTo(const QString &id, ExportFormat format, const QString &file, QObject *context, std::function<void(Status)> done)
{
    const auto write = [id = id.toStdString(), format, path = std::filesystem::path(file.toStdString()), backend = m_services.backend](
                           RecordStore &store, const Progress &progress) -> Result<bool> {
        progress("reading the record", 0, 0);
        KASTELLAN_ASSIGN(Record record, store.get(id));
        const Dossier dossier = describe(std::move(record), *backend);
        if (dossier.viewProblem && format != ExportFormat::Json)
            return std::unexpected(dossier.viewProblem->during("export the record"));
        progress("writing the file", 0, 0);
        Bytes content;
        switch (format) {
        case ExportFormat::Html:
            content = toBytes(recordHtml(dossier.record, dossier.view));
            break;
        case ExportFormat::Json:
            content = toBytes(recordJson(dossier.record, dossier.viewProblem ? nullptr : &dossier.view));
            break;
        case ExportFormat::Bundle: {
            KASTELLAN_ASSIGN(content, recordBundle(dossier.record, dossier.view));
            break;
        }
        case ExportFormat::Pdf: {
            KASTELLAN_ASSIGN(content, recordPdf(dossier.record, dossier.view, dossier.layers));
            break;
        }
        }
        KASTELLAN_TRY(writeFileAtomically(path, content, 0644));
        return true;
    };
    m_jobs.run<bool>(JobRunner::Lane::Store, tr("Export evidence"), context, withStore<bool>(write),
        [this, done = std::move(done), id, file](const Result<bool> &result) {
            note(u"export evidence"_s, id, result ? u"done"_s : u"failed"_s);
            done(result ? Status{} : Status(std::unexpected(result.error())));
        });
}

} // namespace kastellan::ui
