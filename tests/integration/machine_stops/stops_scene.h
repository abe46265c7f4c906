// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/machine_keeps/rehearsed_scene.h"
#include "tests/integration/scene/watch.h"

#include <memory>
#include <optional>

namespace kastellan::test {

/// Lets keepctl come to its end by itself, for a while.
struct EndedProcess {
    void operator()(QProcess *process) const
    {
        process->closeWriteChannel();
        process->waitForFinished();
        delete process;
    }
};

/// A keep that was launched, and this test as its client.
struct LiveKeep {
    std::unique_ptr<QProcess, EndedProcess> launcher; ///< keepctl, attached
    std::unique_ptr<Watch> watch;
    QString name;
    [[nodiscard]] KeepStatus onDisk() const;
    [[nodiscard]] std::filesystem::path folder() const;
};

/// Launches keeps in rehearsed machines, and follows each from its first moment.
class StopsScene {
public:
    [[nodiscard]] RehearsedScene &keeps() { return m_scene; }
    [[nodiscard]] Program &program() { return m_scene.program(); }
    /// Launches, and connects as soon as its loader listens; no watch: it did not.
    [[nodiscard]] LiveKeep launch(const QString &technology, const QStringList &more);
    /// The same of a whole machine, without the words of a rehearsal.
    [[nodiscard]] LiveKeep launchWhole(const QStringList &more);
    /// As `launch`, until it runs.
    [[nodiscard]] LiveKeep running(const QString &technology, const QStringList &more);
    /// What is left of an ended keep: its machine, its note, its secrets, one in each line; empty: nothing.
    [[nodiscard]] QByteArray leftOf(const LiveKeep &keep) const;
    /// Looks at the keeps, as a person does, until nothing is left of this one.
    [[nodiscard]] bool clears(const LiveKeep &keep);

private:
    [[nodiscard]] LiveKeep follow(const QStringList &words);
    RehearsedScene m_scene;
    int m_number = 0;
};

/// A process that stands still as long as this lives.
class Frozen {
public:
    explicit Frozen(pid_t pid);
    ~Frozen() { thaw(); }
    Frozen(const Frozen &) = delete;
    Frozen &operator=(const Frozen &) = delete;
    void thaw();

private:
    pid_t m_pid;
};

/// A module that takes a while to be delivered: a module of ours, with so many bytes that mean nothing.
[[nodiscard]] QByteArray padded(const QString &module, qsizetype bytes);

} // namespace kastellan::test

/// A condition about a keep; tells its whole story when it does not hold.
#define VERIFY_LIVE(condition, keep) QVERIFY2(condition, (keep).watch->story().c_str())
