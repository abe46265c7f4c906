// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtCore/QTemporaryDir>

#include <map>

#include <sys/types.h>

namespace kastellan::test {

/// Another machine, as far as this one can be it: home, runtime folder and programs of its own, in which real servers run.
class OtherMachine {
public:
    OtherMachine();
    /// Ends the libvirt daemons that run there.
    ~OtherMachine();
    OtherMachine(const OtherMachine &) = delete;
    OtherMachine &operator=(const OtherMachine &) = delete;

    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    /// What a session there finds in its environment. PATH begins with the folder "bin", which is empty.
    [[nodiscard]] const std::map<QString, QString> &environment() const { return m_environment; }
    /// Puts the keepctl that was built there, a script in its place, or nothing.
    void giveKeepctl() const;
    void giveKeepctl(const QByteArray &script) const;
    void takeKeepctl() const;
    /// libvirt's daemon there; 0: none runs.
    [[nodiscard]] pid_t libvirtd() const;
    /// What virsh says there, by a connection of that machine's own.
    [[nodiscard]] QByteArray virsh(const QStringList &arguments) const;
    /// Machines, pools and files of keeps that are there; empty: none. libvirt's log of a machine is its own, and stays.
    [[nodiscard]] QByteArray leftovers() const;

private:
    QTemporaryDir m_folder;
    std::map<QString, QString> m_environment;
};

/// A port of the loopback interface where nobody listens.
[[nodiscard]] int freePort();
/// Waits until somebody listens there; false after a minute.
[[nodiscard]] bool listens(int port);

} // namespace kastellan::test
