// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/remote/other_machine.h"

#include <QtCore/QProcess>

namespace kastellan::test {

/// A real libvirtd of the other machine's user that listens for TLS on the loopback interface, with certificates of its own making.
class TlsDaemon {
public:
    /// Why there can be none here; empty: there can.
    [[nodiscard]] static QString missing();
    explicit TlsDaemon(const OtherMachine &machine);
    ~TlsDaemon();
    TlsDaemon(const TlsDaemon &) = delete;
    TlsDaemon &operator=(const TlsDaemon &) = delete;

    /// "qemu+tls://127.0.0.1:PORT/session"
    [[nodiscard]] QString uri(const QString &host = QStringLiteral("127.0.0.1")) const;
    /// Certificates of a client, laid where libvirt looks for those of a user with that home.
    enum class Client {
        Right,
        OfAnotherAuthority, ///< it trusts the server, but has its own certificate from elsewhere
        TrustsAnother, ///< its own is right, but it trusts another authority than the server's
        Without, ///< none of its own
    };
    void give(Client client, const QString &home) const;

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    void authority(const QString &name) const;
    void certificate(const QString &name, const QString &authority, const QByteArray &extensions) const;
    void write(const QString &name, const QByteArray &content) const;
    QTemporaryDir m_folder;
    int m_port = freePort();
    QProcess m_daemon;
};

} // namespace kastellan::test
