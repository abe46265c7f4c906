// SPDX-License-Identifier: Apache-2.0
#include "session_daemon.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QStandardPaths>
#include <QtTest/QTest>

#include <cerrno>
#include <csignal>

#include <unistd.h>

namespace kastellan::test {

using namespace Qt::StringLiterals;

SessionDaemon::SessionDaemon()
    : m_folder(u"/tmp/kstl-virt-XXXXXX"_s)
{
    for (const char *name : {"home", "run", "conf", "cache"}) {
        QDir().mkdir(path(QString::fromLatin1(name)));
        QFile::setPermissions(path(QString::fromLatin1(name)), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    qputenv("HOME", path(u"home"_s).toUtf8());
    qputenv("XDG_RUNTIME_DIR", path(u"run"_s).toUtf8());
    qputenv("XDG_CONFIG_HOME", path(u"conf"_s).toUtf8());
    qputenv("XDG_CACHE_HOME", path(u"cache"_s).toUtf8());
    qputenv("LC_ALL", "C");
}

SessionDaemon::~SessionDaemon()
{
    // The pid files are in our own folder, and locked by the daemons: no other process is meant.
    for (const auto &name : {u"run/libvirt/libvirtd.pid"_s, u"run/libvirt/virtlogd.pid"_s}) {
        QFile file(path(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        const auto pid = static_cast<pid_t>(file.readAll().trimmed().toInt());
        if (pid > 1 && ::kill(pid, SIGTERM) == 0)
            static_cast<void>(QTest::qWaitFor([pid] { return ::kill(pid, 0) != 0 && errno == ESRCH; }, 10'000));
    }
}

QString SessionDaemon::missing()
{
    for (const auto &program : {u"virsh"_s, u"qemu-system-x86_64"_s})
        if (QStandardPaths::findExecutable(program).isEmpty())
            return u"there is no "_s + program;
    if (QStandardPaths::findExecutable(u"libvirtd"_s, {u"/usr/sbin"_s}).isEmpty())
        return u"there is no libvirtd"_s;
    return ::getuid() == 0 ? u"this test is for an ordinary user"_s : QString();
}

QByteArray SessionDaemon::said(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(program, arguments);
    if (!process.waitForFinished(60'000)) {
        process.kill();
        process.waitForFinished();
        return "(it did not end)";
    }
    return process.readAll();
}

} // namespace kastellan::test
