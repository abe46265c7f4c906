// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>

namespace kastellan::test {

namespace {
constexpr int longest = 120'000; ///< milliseconds until a program counts as hanging

QString built(const QString &path)
{
    return qEnvironmentVariable("KASTELLAN_BUILD") + QLatin1Char('/') + path;
}
} // namespace

Program::Program()
    : m_folder(QStringLiteral("/tmp/kctl-XXXXXX")) // short: sockets lie in it
{
    for (const char *name : {"data", "run", "home"})
        QDir().mkpath(path(QString::fromUtf8(name)));
    QFile::setPermissions(path(QStringLiteral("run")), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    set(QStringLiteral("KASTELLAN_DATA"), dataFolder());
    set(QStringLiteral("XDG_RUNTIME_DIR"), path(QStringLiteral("run")));
    set(QStringLiteral("HOME"), path(QStringLiteral("home")));
    for (const char *name : {"XDG_DATA_HOME", "XDG_CACHE_HOME", "KASTELLAN_KEEP_IMAGE"})
        unset(QString::fromUtf8(name));
}

Program::~Program()
{
    const auto keeps = run({QStringLiteral("keep"), QStringLiteral("list"), QStringLiteral("--running"), QStringLiteral("--json")}).json();
    for (const auto &keep : keeps[QStringLiteral("keeps")].toArray())
        static_cast<void>(run({QStringLiteral("keep"), QStringLiteral("stop"), QStringLiteral("--grace"), QStringLiteral("0"),
            keep[QStringLiteral("keep")].toString()}));
}

std::unique_ptr<QProcess> Program::startProgram(const QString &program, const QStringList &arguments)
{
    auto process = std::make_unique<QProcess>();
    process->setProcessEnvironment(m_environment);
    process->setWorkingDirectory(m_folder.path());
    process->start(program, arguments);
    if (!process->waitForStarted())
        qFatal("%s does not start", qPrintable(program));
    return process;
}

std::unique_ptr<QProcess> Program::start(const QStringList &arguments)
{
    return startProgram(qEnvironmentVariable("KASTELLAN_BIN") + QStringLiteral("/keepctl"), arguments);
}

std::unique_ptr<QProcess> Program::startShell(const QString &line, const QStringList &arguments)
{
    const QString path = QStringLiteral("PATH=\"%1:$PATH\"; ").arg(qEnvironmentVariable("KASTELLAN_BIN"));
    return startProgram(QStringLiteral("bash"), QStringList{QStringLiteral("-c"), path + line, QStringLiteral("bash")} + arguments);
}

Ran Program::finish(QProcess &process)
{
    Ran ran;
    if (!process.waitForFinished(longest)) {
        process.kill();
        process.waitForFinished();
    } else if (process.exitStatus() == QProcess::NormalExit) {
        ran.exit = process.exitCode();
    }
    ran.out = process.readAllStandardOutput();
    ran.err = process.readAllStandardError();
    return ran;
}

Ran Program::run(const QStringList &arguments, const QByteArray &input)
{
    const auto process = start(arguments);
    process->write(input);
    process->closeWriteChannel();
    return finish(*process);
}

QString Program::write(const QString &name, const QByteArray &content) const
{
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(name));
    return file.fileName();
}

QString example(const char *name)
{
    return built(QStringLiteral("share/kastellan/examples/")) + QString::fromUtf8(name);
}

QString keepImage()
{
    return built(QStringLiteral("share/kastellan/keep-image"));
}

} // namespace kastellan::test
