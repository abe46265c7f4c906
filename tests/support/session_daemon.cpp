// SPDX-License-Identifier: Apache-2.0
#include "tests/support/session_daemon.h"

#include <QtCore/QDir>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QStandardPaths>
#include <QtCore/QThread>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::test {

using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 60'000; // ms
constexpr int grain = 5;

} // namespace

SessionDaemon::SessionDaemon()
    : m_folder(u"/tmp/kstl-virt-XXXXXX"_s)
{
    for (const auto &[variable, name] : {std::pair{u"HOME"_s, u"home"_s}, {u"XDG_RUNTIME_DIR"_s, u"run"_s},
             {u"XDG_CONFIG_HOME"_s, u"conf"_s}, {u"XDG_CACHE_HOME"_s, u"cache"_s}, {u"XDG_DATA_HOME"_s, u"share"_s}}) {
        QDir().mkdir(path(name));
        QFile::setPermissions(path(name), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        m_environment[variable] = path(name);
    }
    m_environment[u"LC_ALL"_s] = u"C"_s;
    for (const auto &[variable, value] : m_environment)
        qputenv(qPrintable(variable), value.toUtf8());
}

SessionDaemon::~SessionDaemon()
{
    // The pid files are in our own folder, and locked by the daemons: no other process is meant.
    for (const pid_t pid : {daemon(), logger()})
        endProcess(pid, SIGTERM);
}

pid_t SessionDaemon::daemon() const
{
    return pidIn(path(u"run/libvirt/libvirtd.pid"_s));
}

pid_t SessionDaemon::logger() const
{
    return pidIn(path(u"run/libvirt/virtlogd.pid"_s));
}

QString SessionDaemon::missingPrograms()
{
    for (const auto &program : {u"virsh"_s, u"qemu-system-x86_64"_s, u"libvirtd"_s, u"virtlogd"_s})
        if (QStandardPaths::findExecutable(program).isEmpty() && QStandardPaths::findExecutable(program, {u"/usr/sbin"_s}).isEmpty())
            return u"there is no "_s + program;
    return {};
}

QString SessionDaemon::missing()
{
    const QString programs = missingPrograms();
    return programs.isEmpty() && ::getuid() == 0 ? u"this test is for an ordinary user"_s : programs;
}

SessionDaemon::Said SessionDaemon::run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(program, arguments);
    Said said;
    if (!process.waitForFinished(patience)) {
        process.kill();
        process.waitForFinished();
        said.err = "(it did not end)";
    } else if (process.exitStatus() == QProcess::NormalExit) {
        said.exit = process.exitCode();
    }
    said.out = process.readAllStandardOutput();
    said.err += process.readAllStandardError();
    return said;
}

SessionDaemon::Said SessionDaemon::virsh(const QStringList &arguments)
{
    return run(u"virsh"_s, QStringList{u"-q"_s, u"-c"_s, u"qemu:///session"_s} + arguments);
}

QByteArray SessionDaemon::domains()
{
    return virsh({u"list"_s, u"--all"_s, u"--name"_s}).all().trimmed();
}

pid_t pidIn(const QString &file)
{
    QFile note(file);
    return note.open(QIODevice::ReadOnly) ? static_cast<pid_t>(note.readAll().trimmed().toInt()) : 0;
}

bool alive(pid_t pid)
{
    if (pid <= 0 || ::kill(pid, 0) != 0)
        return false;
    QFile status(u"/proc/%1/stat"_s.arg(pid));
    if (!status.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = status.readAll();
    return !text.mid(text.lastIndexOf(')')).startsWith(") Z");
}

bool waitFor(const std::function<bool()> &condition)
{
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
        if (clock.hasExpired(patience))
            return false;
        QThread::msleep(grain);
    }
    return true;
}

void endProcess(pid_t pid, int signal)
{
    if (pid <= 1 || ::kill(pid, signal) != 0)
        return;
    if (!waitFor([pid] { return !alive(pid); }))
        ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

} // namespace kastellan::test
