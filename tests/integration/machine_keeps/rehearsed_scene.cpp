// SPDX-License-Identifier: Apache-2.0
#include "rehearsed_scene.h"

#include "tests/support/emulated_identity.h"
#include "tests/support/vm_image.h"

#include <QtCore/QDirIterator>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

namespace kastellan::test {
using namespace Qt::StringLiterals;

QString RehearsedScene::missing()
{
    if (QString why = SessionDaemon::missing(); !why.isEmpty())
        return why;
    return QString::fromStdString(vmImageMissing());
}

RehearsedScene::RehearsedScene()
{
    for (const auto &[name, value] : m_daemon.environment())
        m_program.set(name, value);
    m_program.set(u"KASTELLAN_REHEARSAL_LOG"_s, m_program.path(u"stand-in.log"_s));
    qputenv("KASTELLAN_DATA", m_program.dataFolder().toUtf8()); // clients of loaders in this process
    giveEmulatedIdentity(m_program.dataFolder().toStdString());
}

QStringList RehearsedScene::launch(const QStringList &more)
{
    return QStringList{u"keep"_s, u"launch"_s, u"--host"_s, u"qemu:///session"_s, u"--rehearse"_s} + more;
}

void RehearsedScene::faults(const QString &faults)
{
    if (faults.isEmpty())
        m_program.unset(u"KASTELLAN_REHEARSAL_FAULTS"_s);
    else
        m_program.set(u"KASTELLAN_REHEARSAL_FAULTS"_s, faults);
}

QByteArray RehearsedScene::saidByStandIns()
{
    QFile file(m_program.path(u"stand-in.log"_s));
    if (!file.open(QIODevice::ReadOnly) || !file.seek(m_read))
        return {};
    QByteArray said = file.readAll();
    m_read += said.size();
    return said;
}

bool RehearsedScene::becomes(const QString &name, const QString &state, QJsonObject *last)
{
    return QTest::qWaitFor(
        [&] {
            const QJsonObject now = shown(name);
            if (last)
                *last = now;
            return now["state"_L1].toString() == state;
        },
        90'000);
}

pid_t RehearsedScene::processIn(const QString &pattern) const
{
    QDirIterator files(m_daemon.path(u"run/libvirt"_s), {pattern}, QDir::Files, QDirIterator::Subdirectories);
    return files.hasNext() ? pidIn(files.next()) : 0;
}

QJsonObject finding(const QJsonObject &launch, const QString &id)
{
    for (const auto &one : launch["findings"_L1].toArray())
        if (one.toObject()["id"_L1].toString() == id)
            return one.toObject();
    return {};
}

QString testModule(const char *name)
{
    return qEnvironmentVariable("KASTELLAN_BUILD") + u"/tests/workloads/"_s + QString::fromLatin1(name) + u".wasm"_s;
}

} // namespace kastellan::test
