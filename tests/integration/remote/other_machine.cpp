// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/remote/other_machine.h"

#include "tests/support/session_daemon.h"

#include <QtCore/QDir>
#include <QtCore/QDirIterator>
#include <QtCore/QFile>
#include <QtCore/QProcess>

#include <csignal>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kastellan::test {

using namespace Qt::StringLiterals;

OtherMachine::OtherMachine()
    : m_folder(u"/tmp/kstl-other-XXXXXX"_s)
{
    for (const auto &[variable, name] :
        {std::pair{u"HOME"_s, u"home"_s}, {u"XDG_RUNTIME_DIR"_s, u"run"_s}, {u"XDG_CONFIG_HOME"_s, u"conf"_s},
            {u"XDG_CACHE_HOME"_s, u"cache"_s}, {u"XDG_DATA_HOME"_s, u"share"_s}, {u"KASTELLAN_DATA"_s, u"data"_s}, {u"PATH"_s, u"bin"_s}}) {
        QDir().mkdir(path(name));
        QFile::setPermissions(path(name), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        m_environment[variable] = path(name);
    }
    m_environment[u"PATH"_s] += u":/usr/sbin:/usr/bin:/sbin:/bin"_s;
    m_environment[u"LC_ALL"_s] = u"C"_s;
}

OtherMachine::~OtherMachine()
{
    // The pid files are in our own folder, and locked by the daemons: no other process is meant.
    for (const pid_t pid : {libvirtd(), pidIn(path(u"run/libvirt/virtlogd.pid"_s))}) {
        if (pid > 1)
            ::kill(pid, SIGCONT); // one that was stopped would not end
        endProcess(pid, SIGTERM);
    }
}

pid_t OtherMachine::libvirtd() const
{
    return pidIn(path(u"run/libvirt/libvirtd.pid"_s));
}

void OtherMachine::takeKeepctl() const
{
    QFile::remove(path(u"bin/keepctl"_s));
}

void OtherMachine::giveKeepctl() const
{
    takeKeepctl();
    QFile::link(qEnvironmentVariable("KASTELLAN_BIN") + u"/keepctl"_s, path(u"bin/keepctl"_s));
}

void OtherMachine::giveKeepctl(const QByteArray &script) const
{
    takeKeepctl();
    QFile file(path(u"bin/keepctl"_s));
    if (!file.open(QIODevice::WriteOnly) || file.write("#!/bin/sh\n" + script + "\n") < 0)
        qFatal("cannot write a program");
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
}

QByteArray OtherMachine::virsh(const QStringList &arguments) const
{
    QProcess program;
    QProcessEnvironment environment;
    for (const auto &[variable, value] : m_environment)
        environment.insert(variable, value);
    program.setProcessEnvironment(environment);
    program.setProcessChannelMode(QProcess::MergedChannels);
    program.start(u"/usr/bin/virsh"_s, QStringList{u"-q"_s, u"-c"_s, u"qemu:///session"_s} + arguments);
    program.waitForFinished(60'000);
    return program.readAll();
}

QByteArray OtherMachine::leftovers() const
{
    QByteArray found;
    for (const QString &list : {u"list"_s, u"pool-list"_s})
        for (const QByteArray &line : virsh({list, u"--all"_s, u"--name"_s}).split('\n'))
            if (!line.trimmed().isEmpty())
                found += line.trimmed() + "\n";
    QDirIterator files(path(u"."_s), QDir::Files | QDir::System | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext())
        if (const QString file = files.next(); file.contains("kastellan-"_L1) && !file.endsWith(".log"_L1))
            found += file.toUtf8() + "\n";
    return found;
}

int freePort()
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(socket, reinterpret_cast<sockaddr *>(&address), size) != 0
        || ::getsockname(socket, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        qFatal("no port");
    ::close(socket);
    return ntohs(address.sin_port);
}

bool listens(int port)
{
    return waitFor([port] {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool connected = ::connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
        ::close(socket);
        return connected;
    });
}

} // namespace kastellan::test
