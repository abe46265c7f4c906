// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/keeps/launcher.h"

#include <QList>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QThreadPool>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

namespace kastellan::ui {

/// One piece of work in a worker thread, as the windows see it. Lives in the GUI thread; deleted after `finished`.
class Job : public QObject {
    Q_OBJECT

public:
    [[nodiscard]] QString title() const { return m_title; }
    [[nodiscard]] QString doing() const { return m_doing; }
    /// 0 to 1000, or -1 while the whole is unknown.
    [[nodiscard]] int permille() const { return m_permille; }
    [[nodiscard]] bool isCancelled() const { return m_stop.stop_requested(); }
    void cancel();

Q_SIGNALS:
    void changed();
    void finished();

private:
    friend class JobRunner;
    Job(QString title, QObject *parent);
    void report(QString doing, std::uint64_t done, std::uint64_t total); ///< any thread
    void show();

    QString m_title, m_doing;
    int m_permille = -1;
    std::stop_source m_stop;
    std::mutex m_mutex;
    QString m_nextDoing;
    int m_nextPermille = -1;
    bool m_posted = false;
};

/// Runs engine calls off the GUI thread, with progress and cancel, and brings their results back to it.
class JobRunner : public QObject {
    Q_OBJECT

public:
    enum class Lane {
        Shown, ///< in the status bar, with cancel
        Quiet, ///< refreshes: nobody asked for them
        Store, ///< one after another on one thread: the record store's connection lives there
    };

    explicit JobRunner(QObject *parent = nullptr);
    ~JobRunner() override;

    template <typename T>
    using Work = std::function<Result<T>(const Progress &, std::stop_token)>;

    /// Runs `work` in a worker; `done` is called in the GUI thread unless `context` is gone by then. An exception is an Internal error.
    template <typename T>
    QPointer<Job> run(Lane lane, const QString &title, QObject *context, Work<T> work, std::function<void(Result<T>)> done)
    {
        auto result = std::make_shared<Result<T>>(std::unexpected(Error{}));
        const QPointer<QObject> alive(context);
        return start(
            lane, title,
            [work = std::move(work), result](const Progress &progress, const std::stop_token &stop) mutable {
                *result = guarded<T>([&] { return work(progress, stop); });
                work = nullptr; // what it holds goes away here, not in the GUI thread
            },
            [alive, result, done = std::move(done)] {
                if (alive && done)
                    done(std::move(*result));
            });
    }

    /// Jobs of the lane Shown, oldest first.
    [[nodiscard]] QList<Job *> shownJobs() const { return m_shown; }
    /// Whether nothing runs or waits in any lane.
    [[nodiscard]] bool isIdle() const { return m_running == 0; }

Q_SIGNALS:
    void jobsChanged();
    void idle();

private:
    using Body = std::function<void(const Progress &, const std::stop_token &)>;
    QPointer<Job> start(Lane lane, const QString &title, Body body, std::function<void()> after);
    template <typename T>
    static Result<T> guarded(const std::function<Result<T>()> &call)
    {
        try {
            return call();
        } catch (const std::exception &exception) {
            return unexpectedFailure(exception.what());
        } catch (...) {
            return unexpectedFailure("an exception of no known type");
        }
    }
    static std::unexpected<Error> unexpectedFailure(std::string why);

    QThreadPool m_pool, m_store;
    QList<Job *> m_shown, m_all;
    int m_running = 0;
};

} // namespace kastellan::ui
