// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/remote/ssh_server.h"

#include "tests/support/session_daemon.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QStandardPaths>

#include <csignal>

#include <pwd.h>
#include <unistd.h>

namespace kastellan::test {

using namespace Qt::StringLiterals;

namespace {

QString sshd()
{
    return QStandardPaths::findExecutable(u"sshd"_s, {u"/usr/sbin"_s, u"/usr/local/sbin"_s});
}

} // namespace

QString SshServer::missing()
{
    for (const auto &program : {u"ssh"_s, u"ssh-keygen"_s})
        if (QStandardPaths::findExecutable(program).isEmpty())
            return u"there is no "_s + program;
    if (sshd().isEmpty())
        return u"there is no sshd"_s;
    if (::getuid() == 0)
        return u"this test is for an ordinary user"_s;
    return ::getpwuid(::getuid()) ? QString() : u"this user has no name"_s;
}

SshServer::SshServer(const OtherMachine &machine)
    : m_folder(u"/tmp/kstl-ssh-XXXXXX"_s)
{
    for (const QString &key : {u"host"_s, u"user"_s, u"another"_s})
        if (SessionDaemon::run(u"ssh-keygen"_s, {u"-q"_s, u"-t"_s, u"ed25519"_s, u"-N"_s, QString(), u"-f"_s, path(key)}).exit != 0)
            qFatal("no key");
    QByteArray session;
    for (const auto &[variable, value] : machine.environment())
        session += " " + variable.toUtf8() + "=" + value.toUtf8();
    // sshd wants every folder above a file of keys to be its owner's alone, which /tmp is not: they are read by a command.
    write(u"sshd_config"_s,
        "ListenAddress 127.0.0.1:" + QByteArray::number(m_port) + "\nHostKey " + path(u"host"_s).toUtf8()
            + "\nPidFile none\nUsePAM no\nStrictModes yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
              "PerSourcePenalties no\nMaxStartups 100\nAuthorizedKeysFile none\nAuthorizedKeysCommand /usr/bin/cat "
            + path(u"admitted"_s).toUtf8() + "\nAuthorizedKeysCommandUser " + ::getpwuid(::getuid())->pw_name + "\nSetEnv" + session
            + "\n");
    write(u"ssh_config"_s,
        "UserKnownHostsFile " + path(u"known"_s).toUtf8() + "\nGlobalKnownHostsFile /dev/null\nIdentitiesOnly yes\nIdentityAgent none\n"
            + "IdentityFile " + path(u"user"_s).toUtf8() + "\n");
    QDir().mkdir(path(u"bin"_s));
    write(u"bin/ssh"_s,
        "#!/bin/sh\nexec " + QStandardPaths::findExecutable(u"ssh"_s).toUtf8() + " -F " + path(u"ssh_config"_s).toUtf8() + " \"$@\"\n");
    QFile::setPermissions(path(u"bin/ssh"_s), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    know(Known::Right);
    admit(true);
    m_server.setStandardErrorFile(path(u"log"_s));
    m_server.setStandardInputFile(QProcess::nullDevice());
    m_server.start(sshd(), {u"-D"_s, u"-e"_s, u"-f"_s, path(u"sshd_config"_s)});
    if (!m_server.waitForStarted() || !listens(m_port))
        qFatal("sshd does not start");
}

SshServer::~SshServer()
{
    cut();
    m_server.terminate();
    m_server.waitForFinished();
}

QByteArray SshServer::publicKey(const QString &name) const
{
    QFile file(path(name + u".pub"_s));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no public key");
    return file.readAll().trimmed();
}

void SshServer::write(const QString &name, const QByteArray &content) const
{
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(name));
}

void SshServer::know(Known known) const
{
    const QByteArray key = publicKey(known == Known::AnotherKey ? u"another"_s : u"host"_s);
    write(u"known"_s, known == Known::Nothing ? QByteArray() : "[127.0.0.1]:" + QByteArray::number(m_port) + " " + key + "\n");
}

void SshServer::admit(bool admitted) const
{
    write(u"admitted"_s, admitted ? publicKey(u"user"_s) + "\n" : QByteArray());
}

QString SshServer::clientPath() const
{
    return path(u"bin"_s) + u':' + qEnvironmentVariable("PATH");
}

void SshServer::cut() const
{
    // Its children are the connections.
    const QString children = u"/proc/%1/task/%1/children"_s.arg(m_server.processId());
    QFile list(children);
    if (!list.open(QIODevice::ReadOnly))
        return;
    for (const QByteArray &child : list.readAll().simplified().split(' '))
        if (const auto pid = static_cast<pid_t>(child.toInt()); pid > 1)
            ::kill(pid, SIGKILL);
}

} // namespace kastellan::test
