// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>

namespace kastellan::test {

/// A libvirt session daemon of this test alone, in a folder of its own: real libvirtd and virtlogd, started by libvirt itself when a
/// connection is first opened, ended by their pids. Sets HOME, XDG_RUNTIME_DIR, XDG_CONFIG_HOME and XDG_CACHE_HOME of this process, so that
/// programs it starts, and libvirt in it, use that daemon.
class SessionDaemon {
public:
    SessionDaemon();
    ~SessionDaemon();
    SessionDaemon(const SessionDaemon &) = delete;
    SessionDaemon &operator=(const SessionDaemon &) = delete;

    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    /// Why it can't be used here; empty when it can.
    [[nodiscard]] static QString missing();
    /// Standard output and error of a program.
    [[nodiscard]] static QByteArray said(const QString &program, const QStringList &arguments);

private:
    QTemporaryDir m_folder;
};

} // namespace kastellan::test
