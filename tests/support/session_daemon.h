// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>

#include <functional>
#include <map>

#include <sys/types.h>

namespace kastellan::test {

/// A libvirt session daemon of this test alone, in a folder of its own: real libvirtd and virtlogd, started by libvirt itself when a
/// connection is first opened, ended by their pids. Sets HOME, the folders of the XDG and LC_ALL of this process, so that programs it
/// starts, and libvirt in it, use that daemon.
class SessionDaemon {
public:
    SessionDaemon();
    ~SessionDaemon();
    SessionDaemon(const SessionDaemon &) = delete;
    SessionDaemon &operator=(const SessionDaemon &) = delete;

    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    /// What it set, for programs that are started with an environment of their own.
    [[nodiscard]] const std::map<QString, QString> &environment() const { return m_environment; }
    /// Its process, or 0; virtlogd's.
    [[nodiscard]] pid_t daemon() const;
    [[nodiscard]] pid_t logger() const;

    /// Why it can't be used here; empty when it can.
    [[nodiscard]] static QString missing();
    /// Why there is no libvirt and no QEMU at all; empty when there is.
    [[nodiscard]] static QString missingPrograms();

    struct Said {
        int exit = -1; ///< -1: it did not end
        QByteArray out, err;
        [[nodiscard]] QByteArray all() const { return out + err; }
    };
    /// Runs a program to its end, a minute at most.
    [[nodiscard]] static Said run(const QString &program, const QStringList &arguments);
    /// Standard output and error of a program.
    [[nodiscard]] static QByteArray said(const QString &program, const QStringList &arguments) { return run(program, arguments).all(); }
    /// virsh with this daemon's connection, quiet.
    [[nodiscard]] static Said virsh(const QStringList &arguments);
    /// Names of all its domains, one in each line; empty: none.
    [[nodiscard]] static QByteArray domains();

private:
    QTemporaryDir m_folder;
    std::map<QString, QString> m_environment;
};

/// The number in a pid file, or 0.
[[nodiscard]] pid_t pidIn(const QString &file);
/// Whether there is such a process, and it is no zombie.
[[nodiscard]] bool alive(pid_t pid);
/// Looks again and again until it holds; false after a minute.
[[nodiscard]] bool waitFor(const std::function<bool()> &condition);
/// Ends a process and waits for its end, a child's too: the number of a zombie still counts as alive for the lock files of libvirt.
void endProcess(pid_t pid, int signal);

} // namespace kastellan::test
