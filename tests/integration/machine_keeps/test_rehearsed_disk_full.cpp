// SPDX-License-Identifier: Apache-2.0
// A disk that is full where keeps are written down: a named error, and no machine is left. The small disk is a file system in a namespace
// of this test's own, in which it is still an ordinary user.
#include "rehearsed_scene.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtTest/QTest>

#include <cerrno>
#include <cstring>
#include <optional>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray noNamespace; // why there is none; empty: we are in it

bool write(const char *path, const std::string &text)
{
    QFile file(QString::fromLatin1(path));
    return file.open(QIODevice::WriteOnly | QIODevice::Unbuffered) && file.write(text.data(), qint64(text.size())) == qint64(text.size());
}

/// Before there is another thread.
void enterNamespace()
{
    const auto uid = std::to_string(::geteuid()), gid = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write("/proc/self/setgroups", "deny")
        || !write("/proc/self/uid_map", uid + " " + uid + " 1\n") || !write("/proc/self/gid_map", gid + " " + gid + " 1\n"))
        noNamespace = QByteArray("no namespace can be made here: ") + std::strerror(errno);
}

} // namespace

class TestRehearsedDiskFull : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void fullFromTheBeginning();
    void fullWhileOutputComes();
    void cleanupTestCase();

private:
    [[nodiscard]] QString filler() const { return m_scene->path(u"data/keeps/filler"_s); }
    std::optional<RehearsedScene> m_scene;
};

void TestRehearsedDiskFull::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    if (!noNamespace.isEmpty())
        QSKIP(noNamespace.constData());
    m_scene.emplace();
    const QString keeps = m_scene->program().dataFolder() + u"/keeps"_s;
    QVERIFY(QDir().mkpath(keeps));
    if (::mount("small", keeps.toUtf8().constData(), "tmpfs", 0, "size=3m,mode=0700") != 0)
        QSKIP("no small disk can be mounted here");
}

void TestRehearsedDiskFull::cleanup()
{
    if (!m_scene)
        return;
    QFile::remove(filler());
    QCOMPARE(SessionDaemon::domains(), QByteArray());
}

void TestRehearsedDiskFull::cleanupTestCase()
{
    if (m_scene)
        ::umount2(m_scene->path(u"data/keeps"_s).toUtf8().constData(), MNT_DETACH);
}

void TestRehearsedDiskFull::fullFromTheBeginning()
{
    NEED_SCENE();
    QFile file(filler());
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    while (file.write(QByteArray(4096, 'x')) == 4096) {}
    const Ran ran = m_scene->run({u"--name"_s, u"none"_s, example("hello")});
    QVERIFY2(ran.exit == 125 && ran.out.isEmpty() && ran.err.contains("No space left"), ran.all());
}

void TestRehearsedDiskFull::fullWhileOutputComes()
{
    NEED_SCENE();
    const Ran ran = m_scene->run({u"--json"_s, u"--name"_s, u"much"_s, u"--arg"_s, QString::number(16 << 20), testModule("flood")});
    QVERIFY2(ran.exit == 137 || ran.exit == 125, ran.all());
    QVERIFY2(QByteArray(ran.out + ran.err).contains("No space left"), ran.all());
    QCOMPARE(SessionDaemon::domains(), QByteArray()); // its machine went with it
    // What there was of output came, whole and in order.
    const QByteArray text = ran.json()["output"_L1]["stdout"_L1]["text"_L1].toString().toUtf8();
    constexpr qsizetype block = 1 << 16;
    QVERIFY2(text.size() >= block, ran.all());
    for (qsizetype number = 0; number < text.size() / block; ++number)
        QCOMPARE(text.sliced(number * block, 16).toLongLong(), number);
    static_cast<void>(m_scene->program().run({u"keep"_s, u"recover"_s, u"much"_s})); // its loader could not write that it failed
    const Ran removed = m_scene->program().run({u"keep"_s, u"remove"_s, u"much"_s});
    QVERIFY2(removed.exit == 0, removed.all());
    const Ran next = m_scene->run({example("hello")});
    QVERIFY2(next.exit == 0 && !next.out.isEmpty(), next.all());
}

int main(int argc, char **argv)
{
    enterNamespace();
    QCoreApplication application(argc, argv);
    TestRehearsedDiskFull test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_rehearsed_disk_full.moc"
