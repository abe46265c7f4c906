// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/remote/tls_daemon.h"

#include "tests/support/session_daemon.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QStandardPaths>

#include <csignal>

#include <unistd.h>

namespace kastellan::test {

using namespace Qt::StringLiterals;

namespace {

QString libvirtd()
{
    return QStandardPaths::findExecutable(u"libvirtd"_s, {u"/usr/sbin"_s});
}

void openssl(const QStringList &words)
{
    if (const auto said = SessionDaemon::run(u"openssl"_s, words); said.exit != 0)
        qFatal("openssl: %s", said.all().constData());
}

} // namespace

QString TlsDaemon::missing()
{
    if (QStandardPaths::findExecutable(u"openssl"_s).isEmpty())
        return u"there is no openssl"_s;
    return SessionDaemon::missing();
}

TlsDaemon::TlsDaemon(const OtherMachine &machine)
    : m_folder(u"/tmp/kstl-tls-XXXXXX"_s)
{
    authority(u"right"_s);
    authority(u"other"_s);
    certificate(u"server"_s, u"right"_s, "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n");
    certificate(u"client"_s, u"right"_s, "extendedKeyUsage=clientAuth\n");
    certificate(u"stranger"_s, u"other"_s, "extendedKeyUsage=clientAuth\n");
    const auto file = [this](const char *name) { return "\"" + path(QString::fromLatin1(name)).toUtf8() + "\"\n"; };
    write(u"libvirtd.conf"_s,
        "listen_tls = 1\nlisten_tcp = 0\nlisten_addr = \"127.0.0.1\"\ntls_port = \"" + QByteArray::number(m_port)
            + "\"\nauth_tls = \"none\"\n" + "key_file = " + file("server.key") + "cert_file = " + file("server.pem")
            + "ca_file = " + file("right.pem"));
    QProcessEnvironment environment;
    for (const auto &[variable, value] : machine.environment())
        environment.insert(variable, value);
    m_daemon.setProcessEnvironment(environment);
    m_daemon.setStandardInputFile(QProcess::nullDevice());
    m_daemon.setStandardErrorFile(path(u"log"_s));
    m_daemon.start(libvirtd(), {u"--listen"_s, u"--config"_s, path(u"libvirtd.conf"_s)});
    if (!m_daemon.waitForStarted() || !listens(m_port))
        qFatal("libvirtd does not start");
}

TlsDaemon::~TlsDaemon()
{
    m_daemon.terminate();
    if (!m_daemon.waitForFinished())
        m_daemon.kill();
    m_daemon.waitForFinished();
}

QString TlsDaemon::uri(const QString &host) const
{
    return u"qemu+tls://"_s + host + u':' + QString::number(m_port) + u"/session"_s;
}

void TlsDaemon::write(const QString &name, const QByteArray &content) const
{
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(name));
}

void TlsDaemon::authority(const QString &name) const
{
    openssl({u"req"_s, u"-x509"_s, u"-newkey"_s, u"ec"_s, u"-pkeyopt"_s, u"ec_paramgen_curve:P-256"_s, u"-nodes"_s, u"-days"_s, u"30"_s,
        u"-subj"_s, u"/CN="_s + name, u"-addext"_s, u"basicConstraints=critical,CA:TRUE"_s, u"-addext"_s,
        u"keyUsage=critical,keyCertSign,cRLSign"_s, u"-keyout"_s, path(name + u".key"_s), u"-out"_s, path(name + u".pem"_s)});
}

void TlsDaemon::certificate(const QString &name, const QString &authority, const QByteArray &extensions) const
{
    const auto file = [this](const QString &of, const char *kind) { return path(of + QString::fromLatin1(kind)); };
    openssl({u"req"_s, u"-newkey"_s, u"ec"_s, u"-pkeyopt"_s, u"ec_paramgen_curve:P-256"_s, u"-nodes"_s, u"-subj"_s, u"/CN="_s + name,
        u"-keyout"_s, file(name, ".key"), u"-out"_s, file(name, ".csr")});
    write(name + u".ext"_s, "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n" + extensions);
    openssl({u"x509"_s, u"-req"_s, u"-in"_s, file(name, ".csr"), u"-CA"_s, file(authority, ".pem"), u"-CAkey"_s, file(authority, ".key"),
        u"-CAcreateserial"_s, u"-days"_s, u"30"_s, u"-extfile"_s, file(name, ".ext"), u"-out"_s, file(name, ".pem")});
}

void TlsDaemon::give(Client client, const QString &home) const
{
    // "Certificate locations" in libvirt's page on remote support.
    const QString folder = home + u"/.pki/libvirt"_s;
    QDir(folder).removeRecursively();
    QDir().mkpath(folder);
    const QString own = client == Client::OfAnotherAuthority ? u"stranger"_s : u"client"_s;
    // libvirt holds a client's own certificate to the authorities that it trusts: this one trusts both.
    QByteArray trusted;
    for (const QString &authority : client == Client::OfAnotherAuthority ? QStringList{u"right"_s, u"other"_s}
            : client == Client::TrustsAnother                            ? QStringList{u"other"_s}
                                                                         : QStringList{u"right"_s}) {
        QFile file(path(authority + u".pem"_s));
        if (!file.open(QIODevice::ReadOnly))
            qFatal("no authority");
        trusted += file.readAll();
    }
    QFile all(folder + u"/cacert.pem"_s);
    if (!all.open(QIODevice::WriteOnly) || all.write(trusted) != trusted.size())
        qFatal("cannot write the authorities");
    if (client == Client::Without || client == Client::TrustsAnother)
        return;
    QFile::copy(path(own + u".pem"_s), folder + u"/clientcert.pem"_s);
    QFile::copy(path(own + u".key"_s), folder + u"/clientkey.pem"_s);
}

} // namespace kastellan::test
