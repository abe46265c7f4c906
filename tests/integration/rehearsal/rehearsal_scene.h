// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/measurement/vm_measurement.h"
#include "sev-backend/rehearsal/emulator_place.h"

#include <QtCore/QJsonObject>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>

namespace kastellan::test {

/// What a rehearsal boots, and where: firmware and kernel of the machine, an initrd of ours, an emulated processor of the tests.
class RehearsalScene {
public:
    RehearsalScene();
    /// Empty when everything is there; else the name of what is not.
    [[nodiscard]] QString missing() const { return m_missing; }
    [[nodiscard]] QString path(const char *name) const { return m_folder.filePath(QString::fromUtf8(name)); }
    [[nodiscard]] QString firmware() const { return m_firmware; }
    [[nodiscard]] QString kernel() const { return m_kernel; }
    [[nodiscard]] QString initrd() const { return path("initrd"); }
    [[nodiscard]] QString commandLine() const { return QStringLiteral("console=ttyS0 panic=-1 quiet cryptomgr.notests"); }
    /// The words of a machine with this launch-security object ("sev-guest,policy=5").
    [[nodiscard]] QStringList line(const QString &object, const QStringList &more = {}) const;
    /// The stand-in's path; the reason in `error` when there is none.
    [[nodiscard]] QString emulator(const QString &faults = {});
    [[nodiscard]] sev::RehearsalPlace place(const QString &faults = {}) const;
    /// The digest that the owner computes: of the files as they are.
    [[nodiscard]] QByteArray digest(unsigned vcpus, const char *model) const;
    [[nodiscard]] QByteArray shortDigest(unsigned vcpus, const char *model, bool es) const;
    /// Processes of a stand-in that still run beside a QEMU.
    [[nodiscard]] static QList<qint64> beside(const QString &emulator);

private:
    [[nodiscard]] sev::VmParameters machine(unsigned vcpus, const char *model) const;
    QTemporaryDir m_folder{QStringLiteral("/tmp/kstl-XXXXXX")};
    QString m_missing, m_firmware, m_kernel;
};

/// A client of QMP.
class Qmp {
public:
    /// Connects, and negotiates.
    [[nodiscard]] bool open(const QString &path);
    void close() { m_socket.abort(); }
    /// The reply to a command; events are passed over.
    QJsonObject command(const QString &name, const QJsonObject &arguments = {});
    QJsonObject read();
    [[nodiscard]] QLocalSocket &socket() { return m_socket; }

private:
    QLocalSocket m_socket;
};

} // namespace kastellan::test
