// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../keepctl/program.h"
#include "tests/support/session_daemon.h"

namespace kastellan::test {

/// Keeps in virtual machines, rehearsed, as a person launches them: keepctl with a data folder of its own, and a libvirt session of its
/// own.
class RehearsedScene {
public:
    /// Why there can be none here; empty: there can.
    [[nodiscard]] static QString missing();
    RehearsedScene();

    [[nodiscard]] SessionDaemon &daemon() { return m_daemon; }
    [[nodiscard]] Program &program() { return m_program; }
    /// A path in the program's folder.
    [[nodiscard]] QString path(const QString &name) const { return m_program.path(name); }
    /// The words of keepctl for a rehearsed launch with these.
    [[nodiscard]] static QStringList launch(const QStringList &more);
    [[nodiscard]] Ran run(const QStringList &more, const QByteArray &input = {}) { return m_program.run(launch(more), input); }
    /// What goes wrong on purpose in launches from now on (docs/rehearsal.md); empty: nothing.
    void faults(const QString &faults);
    /// What the stand-ins for QEMU wrote of what they did since the last call.
    [[nodiscard]] QByteArray saidByStandIns();

    [[nodiscard]] QJsonObject shown(const QString &name)
    {
        return m_program.run({QStringLiteral("keep"), QStringLiteral("show"), QStringLiteral("--json"), name}).json();
    }
    /// Waits until the keep has that state, a minute and a half at most.
    [[nodiscard]] bool becomes(const QString &name, const QString &state, QJsonObject *last = nullptr);
    /// The process whose number is in the one file of that kind below libvirt's folder; 0: none.
    [[nodiscard]] pid_t processIn(const QString &pattern) const;
    /// Where libvirt keeps its sockets.
    [[nodiscard]] std::string runtimeFolder() const { return m_daemon.path(QStringLiteral("run")).toStdString(); }

private:
    SessionDaemon m_daemon;
    Program m_program; ///< ends its keeps before the daemon goes
    qint64 m_read = 0;
};

/// One finding of a launch's JSON, by its id; empty when there is none.
[[nodiscard]] QJsonObject finding(const QJsonObject &launch, const QString &id);
/// A module of the integration tests.
[[nodiscard]] QString testModule(const char *name);

} // namespace kastellan::test

/// In every test function, where initTestCase makes `m_scene`.
#define NEED_SCENE()                                                                                                                       \
    if (!m_scene)                                                                                                                          \
    QSKIP("not here")
