// SPDX-License-Identifier: Apache-2.0
// The session's channel through libvirt and virtio: cut in the middle of records a hundred times, and paused with 100 MB that want to come.
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

/// Two keeps at once, each cut fifty times, while input and output flow: nothing is lost, and nothing comes twice.
void TestRehearsedChannel::cutMidRecord()
{
    NEED_SCENE();
    constexpr int each = 50;
    constexpr qsizetype lines = 300'000;
    QByteArray input;
    input.reserve(lines * 8);
    for (qsizetype line = 0; line < lines; ++line)
        input += QByteArray::number(line) + '\n';
    struct Keep {
        QString name;
        std::unique_ptr<ChannelInTheMiddle> middle;
        std::unique_ptr<QProcess> process;
    };
    std::vector<Keep> keeps;
    for (quint32 number = 0; number < 2; ++number) {
        Keep keep{u"cut%1"_s.arg(number), std::make_unique<ChannelInTheMiddle>(m_scene->runtimeFolder()), {}};
        // The first connection, which delivers, stands until the keep runs; a launch that is cut there is given up, and that is another
        // test.
        keep.middle->cutWhen([random = 12345 + number](int client) mutable -> ChannelInTheMiddle::Cut {
            if (client == 0 || client >= each)
                return {};
            random = random * 1664525 + 1013904223;
            // Most are cut while output flows, a few in their handshake or attestation; those not twice in a row, for a loader gives up
            // after five that never stood.
            const std::uint64_t after = client % 5 == 4 ? 1 + (random >> 8) % 5000 : 8000 + (random >> 8) % 30000;
            return {(random >> 4) % 2 == 0, after};
        });
        keep.process = start(keep.name, input, {u"--quiet"_s, example("echo")});
        QVERIFY(waitFor([&] { return !keep.middle->keep().empty(); })); // the next middle is for the next machine
        keeps.push_back(std::move(keep));
    }
    for (const Keep &keep : keeps) {
        QVERIFY2(QTest::qWaitFor([&] { return output(keep.name).size() > 1000; }, 90'000), keep.process->readAllStandardError());
        keep.middle->cutNow();
    }
    for (const Keep &keep : keeps) {
        const Ran ran = Program::finish(*keep.process);
        QVERIFY2(ran.exit == 0, QByteArray(ran.all() + "\ncuts: " + QByteArray::number(keep.middle->cuts())));
        QVERIFY2(keep.middle->cuts() >= each, QByteArray::number(keep.middle->cuts()));
        const QByteArray got = output(keep.name);
        QCOMPARE(got.size(), input.size());
        QVERIFY(got == input);
    }
}

/// 100 MB that a workload wants to write while its owner reads nothing: it waits, nobody's memory grows, and afterwards all of it is there.
void TestRehearsedChannel::pausedWithMuchPending()
{
    NEED_SCENE();
    constexpr qsizetype block = 1 << 16, blocks = 1600;
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
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit == 0, ran.all());
    const QByteArray all = output(u"flood"_s);
    QCOMPARE(all.size(), block * blocks);
    for (qsizetype number = 0; number < blocks; ++number)
        QCOMPARE(all.sliced(number * block, 16).toLongLong(), number);
    qInfo("%lld KiB were through when it was paused; all of it after %.1f s; at most, the loader had %lld MiB, libvirtd %lld MiB",
        qint64(through / 1024), static_cast<double>(timer.elapsed()) / 1e3, most / 1024, daemon / 1024);
    QVERIFY2(most > 0 && most < 64 * 1024, QByteArray::number(most));
    QVERIFY2(daemon > 0 && daemon < 96 * 1024, QByteArray::number(daemon));
}

QTEST_GUILESS_MAIN(TestRehearsedChannel)
#include "test_rehearsed_channel.moc"
