// SPDX-License-Identifier: Apache-2.0
#include "rehearsal_scene.h"

#include "core/base/file.h"
#include "sev-backend/measurement/sev_hashes.h"
#include "tests/support/emulated_identity.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonDocument>
#include <QtCore/QStandardPaths>
#include <QtTest/QTest>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace kastellan::test {
namespace {

constexpr int patience = 60'000; // milliseconds, for a step of QEMU's on a loaded machine

/// One file of a cpio archive in the "newc" form (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
QByteArray archived(const QByteArray &name, unsigned mode, const QByteArray &content, unsigned major = 0, unsigned minor = 0)
{
    static unsigned inode = 0;
    QByteArray entry = "070701";
    for (const unsigned field : {++inode, mode, 0u, 0u, 1u, 0u, static_cast<unsigned>(content.size()), 0u, 0u, major, minor,
             static_cast<unsigned>(name.size() + 1), 0u})
        entry += QByteArray::number(field, 16).toUpper().rightJustified(8, '0');
    entry += name + '\0';
    entry.append((4 - entry.size() % 4) % 4, '\0');
    entry += content;
    entry.append((4 - entry.size() % 4) % 4, '\0');
    return entry;
}

QByteArray hex(ByteView view)
{
    return QByteArray::fromStdString(toHex(view));
}

} // namespace

RehearsalScene::RehearsalScene()
{
    const QStringList kernels = QDir(u"/boot"_s).entryList({u"vmlinuz-*-cloud-amd64"_s}, QDir::Files, QDir::Name);
    m_firmware = u"/usr/share/ovmf/OVMF.amdsev.fd"_s;
    m_kernel = kernels.isEmpty() ? QString() : u"/boot/"_s + kernels.last();
    if (QStandardPaths::findExecutable(u"qemu-system-x86_64"_s).isEmpty())
        m_missing = u"qemu-system-x86_64"_s;
    else if (!QFileInfo(m_firmware).isReadable())
        m_missing = m_firmware;
    else if (!QFileInfo(m_kernel).isReadable())
        m_missing = u"/boot/vmlinuz-*-cloud-amd64"_s;
    if (!m_missing.isEmpty())
        return;
    QFile program(qEnvironmentVariable("KASTELLAN_BIN") + u"/tests/rehearsal_init"_s);
    QFile archive(initrd());
    if (!program.open(QIODevice::ReadOnly) || !archive.open(QIODevice::WriteOnly))
        qFatal("the initrd can't be made");
    archive.write(QByteArray(archived("dev", 0040755, {}) + archived("dev/console", 0020600, {}, 5, 1)
        + archived("init", 0100755, program.readAll()) + archived("TRAILER!!!", 0, {})));
    giveEmulatedIdentity(path("data").toStdString(), **sev::findProfile("genoa"));
}

sev::RehearsalPlace RehearsalScene::place(const QString &faults) const
{
    sev::RehearsalPlace place;
    place.folder = path("rehearsal").toStdString();
    place.program = qEnvironmentVariable("KASTELLAN_BIN").toStdString() + "/keep-qemu";
    place.emulated = path("data/emulated").toStdString();
    place.profile = "genoa";
    place.log = path("log").toStdString();
    place.faults = faults.toStdString();
    return place;
}

QString RehearsalScene::emulator(const QString &faults)
{
    const auto made = sev::makeRehearsalEmulator(place(faults));
    if (!made)
        qFatal("%s", made.error().message().c_str());
    return QString::fromStdString(made->string());
}

sev::VmParameters RehearsalScene::machine(unsigned vcpus, const char *model) const
{
    sev::VmParameters machine;
    machine.vcpus = vcpus;
    machine.cpuSignature = *sev::cpuSignatureOf(model);
    machine.boot = *sev::hashBoot(m_kernel.toStdString(), initrd().toStdString(), commandLine().toStdString());
    return machine;
}

QByteArray RehearsalScene::digest(unsigned vcpus, const char *model) const
{
    const Bytes image = *readFile(m_firmware.toStdString(), 32u << 20);
    return hex(sev::measureSnp(*sev::Ovmf::parse(image, "firmware"), machine(vcpus, model))->view());
}

QByteArray RehearsalScene::shortDigest(unsigned vcpus, const char *model, bool es) const
{
    const Bytes image = *readFile(m_firmware.toStdString(), 32u << 20);
    return hex(sev::measureSev(*sev::Ovmf::parse(image, "firmware"), machine(vcpus, model), es)->view());
}

QList<qint64> RehearsalScene::beside(const QString &emulator)
{
    QList<qint64> found;
    for (const QString &process : QDir(u"/proc"_s).entryList(QDir::Dirs)) {
        QFile line(u"/proc/"_s + process + u"/cmdline"_s);
        if (process.toLongLong() > 0 && line.open(QIODevice::ReadOnly) && line.readAll().startsWith(QByteArray(emulator.toUtf8() + '\0')))
            found += process.toLongLong();
    }
    std::ranges::sort(found); // the supervisor comes before its guardian
    return found;
}

bool Qmp::open(const QString &path)
{
    for (int tries = 0; tries < 600; ++tries) {
        m_socket.connectToServer(path);
        if (m_socket.waitForConnected(1000))
            break;
        QTest::qWait(20);
    }
    return read().contains(u"QMP"_s) && command(u"qmp_capabilities"_s).contains(u"return"_s);
}

QJsonObject Qmp::read()
{
    while (!m_socket.canReadLine())
        if (!m_socket.waitForReadyRead(patience))
            return {};
    return QJsonDocument::fromJson(m_socket.readLine()).object();
}

QJsonObject Qmp::command(const QString &name, const QJsonObject &arguments)
{
    m_socket.write(QJsonDocument(QJsonObject{{u"execute"_s, name}, {u"arguments"_s, arguments}}).toJson(QJsonDocument::Compact));
    m_socket.flush();
    for (;;) {
        QJsonObject reply = read();
        if (reply.isEmpty() || !reply.contains(u"event"_s))
            return reply;
    }
}

} // namespace kastellan::test
