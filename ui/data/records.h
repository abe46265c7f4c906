// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/trust/layers.h"
#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace kastellan::ui {

/// A record with all that can be shown of it, read and described in a worker.
struct Dossier {
    Record record;
    EvidenceView view;
    std::optional<Error> viewProblem; ///< the evidence could not be described; the record is shown nevertheless
    std::vector<Layer> layers;
};
using DossierPointer = std::shared_ptr<const Dossier>;

enum class ExportFormat { Html, Pdf, Json, Bundle };
/// "html", "pdf", "json", "zip".
[[nodiscard]] QString fileSuffix(ExportFormat format);

/// The record store as the windows use it: one connection on its own thread.
class Records : public QObject {
    Q_OBJECT

public:
    Records(const Services &services, JobRunner &jobs, QObject *parent = nullptr);

    void list(const QString &keep, QObject *context, std::function<void(Result<std::vector<RecordSummary>>)> done);
    void load(const QString &id, QObject *context, std::function<void(Result<DossierPointer>)> done);
    /// The newest record of each of these keeps and of each host, newest first; of keeps and hosts that were not heard of for long, none.
    void survey(const QStringList &keeps, QObject *context, std::function<void(Result<std::vector<Record>>)> done);
    void activity(QObject *context, std::function<void(Result<std::vector<ActivityEntry>>)> done);
    /// Keeps a record that was made here; it gets its id from the store.
    void add(Record record, QObject *context, std::function<void(Status)> done);
    /// Notes what a person did here. A store that cannot be written is reported by `failed`.
    void note(const QString &what, const QString &subject, const QString &outcome);
    /// Writes a record to a file whole or not at all.
    void exportTo(const QString &id, ExportFormat format, const QString &file, QObject *context, std::function<void(Status)> done);

Q_SIGNALS:
    /// Something was added: lists read again.
    void changed();
    void failed(const kastellan::Error &error);

private:
    using Store = std::shared_ptr<std::unique_ptr<RecordStore>>;
    template <typename T>
    JobRunner::Work<T> withStore(std::function<Result<T>(RecordStore &, const Progress &)> work) const;

    const Services &m_services;
    JobRunner &m_jobs;
    Store m_store; ///< opened on first use, touched by the store's thread only
};

} // namespace kastellan::ui
