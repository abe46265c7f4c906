// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/remote/other_machine.h"

#include <QtCore/QProcess>

namespace kastellan::test {

/// A real sshd on the loopback interface, run by this user, with keys of its own; and OpenSSH's client, told of them. Whoever logs in is on
/// the other machine.
class SshServer {
public:
    /// Why there can be none here; empty: there can.
    [[nodiscard]] static QString missing();
    explicit SshServer(const OtherMachine &machine);
    ~SshServer();
    SshServer(const SshServer &) = delete;
    SshServer &operator=(const SshServer &) = delete;

    /// "127.0.0.1:PORT"
    [[nodiscard]] QString address() const { return QStringLiteral("127.0.0.1:") + QString::number(m_port); }
    /// What the client knows of the server's key.
    enum class Known { Right, Nothing, AnotherKey };
    void know(Known known) const;
    /// Whether the server takes the client's key.
    void admit(bool admitted) const;
    /// A PATH whose ssh is the client that knows those files, and no others of this user's.
    [[nodiscard]] QString clientPath() const;
    /// Cuts every connection that is open; the server goes on.
    void cut() const;

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    [[nodiscard]] QByteArray publicKey(const QString &name) const;
    void write(const QString &name, const QByteArray &content) const;
    QTemporaryDir m_folder;
    int m_port = freePort();
    QProcess m_server;
};

} // namespace kastellan::test
