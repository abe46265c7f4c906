// SPDX-License-Identifier: Apache-2.0
// The session's channel through libvirt and virtio: the way to libvirt's daemon breaks a hundred times, in the middle of records, and
// output is paused with 100 MB that want to come. (Below the daemon the channel is cut in tests/integration/machine, without
// libvirt: 11.3's goes round in circles, or ends, when the machine's side of a channel goes away.)
#include "rehearsed_scene.h"
#include "tests/support/channel_in_the_middle.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtTest/QTest>

#include <csignal>
#include <optional>

#include <unistd.h>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

/// "VmHWM" of a process: the most memory that it ever had, KiB.
qint64 mostMemory(pid_t process)
{
    QFile status(u"/proc/%1/status"_s.arg(process));
    if (!status.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray text = status.readAll();
    const auto at = text.indexOf("VmHWM:");
    return at < 0 ? -1 : text.mid(at + 6).trimmed().split(' ').first().toLongLong();
}

/// Seconds of a processor that a process has used.
double used(pid_t process)
{
    QFile file(u"/proc/%1/stat"_s.arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray text = file.readAll();
    const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestRehearsedChannel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void cutMidRecord();
    void pausedWithMuchPending();

private:
    /// A rehearsed launch with input and output in files.
    [[nodiscard]] std::unique_ptr<QProcess> start(const QString &name, const QByteArray &input, const QStringList &words)
    {
        m_scene->program().write(name + u".in"_s, input);
        return m_scene->program().startShell(
            u"exec keepctl \"$@\" <%1.in >%1.out"_s.arg(name), RehearsedScene::launch(QStringList{u"--name"_s, name} + words));
    }
    [[nodiscard]] QByteArray output(const QString &name) const { return contentOf(m_scene->path(name + u".out"_s)); }
    static constexpr qsizetype block = 1 << 16; // of the flood
    /// Each block of the flood once, in order.
    static void isWhole(const QByteArray &all, qsizetype blocks)
    {
        QCOMPARE(all.size(), block * blocks);
        for (qsizetype number = 0; number < blocks; ++number)
            QCOMPARE(all.sliced(number * block, block),
                QByteArray(QByteArray::number(number).rightJustified(16, '0') + QByteArray(block - 17, '.') + '\n'));
    }
    std::optional<RehearsedScene> m_scene;
};

void TestRehearsedChannel::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_scene.emplace();
}

void TestRehearsedChannel::cleanup()
{
    if (m_scene)
        QCOMPARE(SessionDaemon::domains(), QByteArray());
}

/// The network between a loader and its libvirt daemon breaks a hundred times while output flows, after any number of bytes: in the middle
/// of records of the session and of messages of libvirt's, of handshakes and attestations. Nothing is lost, and nothing comes twice.
void TestRehearsedChannel::cutMidRecord()
{
    NEED_SCENE();
    constexpr int wanted = 100;
    QVERIFY(SessionDaemon::virsh({u"uri"_s}).exit == 0); // now there is a daemon
    ChannelInTheMiddle network(ChannelInTheMiddle::Socket{m_scene->runtimeFolder() + "/libvirt/libvirt-sock"});
    struct Keep {
        QString name;
        std::unique_ptr<QProcess> process;
        qsizetype seen = 0; ///< of its output, at the last cut
    };
    std::vector<Keep> keeps;
    for (const auto &name : {u"cut0"_s, u"cut1"_s})
        keeps.push_back({name, start(name, {}, {u"--quiet"_s, u"--arg"_s, u"1000000"_s, testModule("ticks")})});
    quint32 random = 12345;
    QElapsedTimer timer;
    timer.start();
    for (int round = 0; network.cuts() < wanted && timer.elapsed() < 240'000; ++round) {
        // New output of both: their sessions stand.
        for (Keep &keep : keeps)
            QVERIFY2(QTest::qWaitFor([&] { return output(keep.name).size() > keep.seen + 30; }, 90'000),
                QByteArray(QByteArray::number(network.cuts()) + " cuts\n" + keep.process->readAllStandardError()));
        for (Keep &keep : keeps)
            keep.seen = output(keep.name).size();
        random = random * 1664525 + 1013904223;
        if (round % 5 == 4)
            network.cutNextAfter(1 + (random >> 8) % 20000);
        const int before = network.cuts();
        network.cutAfter(1 + (random >> 20) % 400);
        QVERIFY(QTest::qWaitFor([&] { return network.cuts() > before; }, 60'000));
    }
    qInfo("%d cuts in %.1f s", network.cuts(), static_cast<double>(timer.elapsed()) / 1e3);
    for (const Keep &keep : keeps) {
        const auto before = output(keep.name).size();
        QVERIFY2(QTest::qWaitFor([&] { return output(keep.name).size() > before + 100; }, 90'000), keep.process->readAllStandardError());
        QCOMPARE(m_scene->program().run({u"keep"_s, u"stop"_s, u"--grace"_s, u"0"_s, keep.name}).exit, 0);
        QVERIFY(keep.process->waitForFinished(60'000));
        const auto lines = output(keep.name).split('\n');
        for (qsizetype line = 0; line + 1 < lines.size(); ++line)
            QCOMPARE(lines[line], QByteArray("tick " + QByteArray::number(line)));
    }
    QVERIFY(network.cuts() >= wanted);
}

/// 100 MB that a workload wants to write while its owner reads nothing: it waits, nobody's memory grows, and afterwards all of it is there.
void TestRehearsedChannel::pausedWithMuchPending()
{
    NEED_SCENE();
    constexpr qsizetype blocks = 1600;
    const auto keep = start(u"flood"_s, {}, {u"--quiet"_s, u"--arg"_s, QString::number(block * blocks), testModule("flood")});
    QJsonObject shown;
    QVERIFY2(m_scene->becomes(u"flood"_s, u"running"_s, &shown), keep->readAllStandardError());
    const auto loader = static_cast<pid_t>(shown["loader"_L1]["pid"_L1].toInt());
    QVERIFY(loader > 1 && ::kill(loader, SIGSTOP) == 0);
    // The machine comes to rest: all its processor does is wait.
    const pid_t qemu = m_scene->processIn(u"kastellan-*.pid"_s);
    QVERIFY(qemu > 1);
    QElapsedTimer timer;
    timer.start();
    double before = -1, now = used(qemu);
    while (now - before > 0.3 && timer.elapsed() < 60'000) {
        QTest::qWait(2000); // over which its use is measured
        before = std::exchange(now, used(qemu));
    }
    QVERIFY2(timer.elapsed() < 60'000, "the workload did not come to rest");
    const qsizetype through = output(u"flood"_s).size();
    QVERIFY2(through < block * blocks / 2, QByteArray::number(through)); // it had much more to say
    QVERIFY(::kill(loader, SIGCONT) == 0);
    qint64 most = 0;
    while (!keep->waitForFinished(200) && timer.elapsed() < 240'000)
        most = std::max(most, mostMemory(loader));
    const qint64 daemon = mostMemory(m_scene->daemon().daemon());
    QVERIFY2(keep->exitStatus() == QProcess::NormalExit && keep->exitCode() == 0, keep->readAllStandardError());
    isWhole(output(u"flood"_s), blocks);
    qInfo("%lld KiB were through when it was paused; all of it after %.1f s; at most, the loader had %lld MiB, libvirtd %lld MiB",
        qint64(through / 1024), static_cast<double>(timer.elapsed()) / 1e3, most / 1024, daemon / 1024);
    QVERIFY2(most > 0 && most < 64 * 1024, QByteArray::number(most));
    QVERIFY2(daemon > 0 && daemon < 96 * 1024, QByteArray::number(daemon));
}

QTEST_GUILESS_MAIN(TestRehearsedChannel)
#include "test_rehearsed_channel.moc"
