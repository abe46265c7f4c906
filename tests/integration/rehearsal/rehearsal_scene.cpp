// SPDX-License-Identifier: Apache-2.0
#include "rehearsal_scene.h"

#include "core/base/file.h"
#include "sev-backend/measurement/sev_hashes.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/initrd.h"

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

QByteArray hex(ByteView view)
{
    return QByteArray::fromStdString(toHex(view));
}

} // namespace

RehearsalScene::RehearsalScene()
{
    m_firmware = u"/usr/share/ovmf/OVMF.amdsev.fd"_s;
    m_kernel = QString::fromStdString(cloudKernel());
    if (QStandardPaths::findExecutable(u"qemu-system-x86_64"_s).isEmpty())
        m_missing = u"qemu-system-x86_64"_s;
    else if (!QFileInfo(m_firmware).isReadable())
        m_missing = m_firmware;
    else if (m_kernel.isEmpty())
        m_missing = u"/boot/vmlinuz-*-cloud-amd64"_s;
    if (!m_missing.isEmpty())
        return;
    writeInitrdOf(qEnvironmentVariable("KASTELLAN_BIN").toStdString() + "/tests/rehearsal_init", initrd().toStdString());
    giveEmulatedIdentity(path("data").toStdString(), **sev::findProfile("genoa"));
}

QStringList RehearsalScene::line(const QString &object, const QStringList &more) const
{
    const QString cbitpos = object.contains(u"cbitpos="_s) ? QString() : u",cbitpos=51"_s;
    return QStringList{u"-nodefaults"_s, u"-no-user-config"_s, u"-display"_s, u"none"_s, u"-no-reboot"_s, u"-serial"_s,
               u"file:"_s + path("serial"), u"-machine"_s, u"q35,confidential-guest-support=l0"_s, u"-cpu"_s, u"EPYC-v4"_s, u"-m"_s,
               u"512"_s, u"-bios"_s, firmware(), u"-kernel"_s, kernel(), u"-initrd"_s, initrd(), u"-append"_s, commandLine(), u"-object"_s,
               object + u",id=l0,reduced-phys-bits=1"_s + cbitpos}
    + more;
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
