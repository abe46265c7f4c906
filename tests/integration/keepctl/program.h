// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QProcess>
#include <QtCore/QStringList>
#include <QtCore/QTemporaryDir>

#include <memory>

namespace kastellan::test {

/// What a run of keepctl came to.
struct Ran {
    int exit = -1; ///< -1 when it crashed or did not end
    QByteArray out, err;
    [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
    /// For the message of a failed check.
    [[nodiscard]] QByteArray all() const
    {
        return "exit " + QByteArray::number(exit) + "\nstdout: " + out.left(4000) + "\nstderr: " + err.left(4000);
    }
};

/// The built keepctl with a data folder of its own.
class Program {
public:
    Program();
    /// Ends every keep that is still there.
    ~Program();
    Program(const Program &) = delete;
    Program &operator=(const Program &) = delete;

    [[nodiscard]] Ran run(const QStringList &arguments, const QByteArray &input = {});
    /// Started, with its input open; for signals and for what has to be watched.
    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList &arguments);
    /// A line of bash, with keepctl on its path and the arguments as $1, $2…
    [[nodiscard]] std::unique_ptr<QProcess> startShell(const QString &line, const QStringList &arguments);
    static Ran finish(QProcess &process);
    void set(const QString &name, const QString &value) { m_environment.insert(name, value); }
    void unset(const QString &name) { m_environment.remove(name); }
    /// A path in the temporary folder.
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    [[nodiscard]] QString dataFolder() const { return path(QStringLiteral("data")); }
    QString write(const QString &name, const QByteArray &content) const;

private:
    [[nodiscard]] std::unique_ptr<QProcess> startProgram(const QString &program, const QStringList &arguments);
    QTemporaryDir m_folder;
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
};

/// The folder of an example workload.
[[nodiscard]] QString example(const char *name);
/// The keep image that was built.
[[nodiscard]] QString keepImage();

} // namespace kastellan::test
