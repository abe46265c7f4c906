// SPDX-License-Identifier: Apache-2.0
// A whole machine is stopped: its power button is pressed, and it has its grace time to turn itself off; one that takes no notice is ended.
#include "stops_scene.h"
#include "tests/support/initrd.h"

#include <QtCore/QDirIterator>
#include <QtCore/QFile>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestPowerButton : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void obeyed_data() { kinds(); }
    void obeyed();
    void ignored_data() { kinds(); }
    void ignored();
    void pressedTwice();

private:
    static void kinds()
    {
        QTest::addColumn<QStringList>("how");
        QTest::newRow("without evidence") << QStringList{u"--unattested"_s};
        QTest::newRow("rehearsed SEV-SNP") << QStringList{u"--rehearse"_s, u"--technology"_s, u"snp"_s};
        QTest::newRow("rehearsed SEV") << QStringList{u"--rehearse"_s, u"--technology"_s, u"sev"_s};
    }
    /// Launches one that runs, and waits until its console says so.
    [[nodiscard]] LiveKeep launch(const QStringList &how, const QString &initrd, std::string_view said);
    void isGone(const LiveKeep &keep);

    std::optional<StopsScene> m_scene;
    QString m_initrd, m_deaf;
};

namespace {

/// A module of the kernel, as it is loaded; empty: there is none.
Bytes moduleOf(const QString &kernel, const QString &name)
{
    QDirIterator files(u"/lib/modules/"_s + kernel, {name + u".ko"_s, name + u".ko.xz"_s}, QDir::Files, QDirIterator::Subdirectories);
    if (!files.hasNext())
        return {};
    const QString path = files.next();
    QByteArray content;
    if (path.endsWith(u".xz")) {
        content = SessionDaemon::run(u"xz"_s, {u"-dc"_s, path}).out;
    } else if (QFile file(path); file.open(QIODevice::ReadOnly)) {
        content = file.readAll();
    }
    return {content.begin(), content.end()};
}

Bytes programOf(const QString &name)
{
    QFile file(qEnvironmentVariable("KASTELLAN_BIN") + u"/tests/"_s + name);
    const QByteArray content = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    return {content.begin(), content.end()};
}

} // namespace

void TestPowerButton::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    if (cloudKernel().empty())
        QSKIP("there is no kernel (linux-image-cloud-amd64)");
    const QString version = QString::fromStdString(cloudKernel()).section(u"vmlinuz-"_s, 1);
    const Bytes button = moduleOf(version, u"button"_s), evdev = moduleOf(version, u"evdev"_s);
    if (button.empty() || evdev.empty())
        QSKIP("the kernel's modules for the power button are not installed");
    m_scene.emplace();
    const auto write = [&](const QString &name, const std::vector<InitrdFile> &files) {
        const Bytes archive = makeInitrd(files);
        return m_scene->program().write(name, QByteArray(reinterpret_cast<const char *>(archive.data()), qsizetype(archive.size())));
    };
    const InitrdFile folder{"dev", 0040755}, console{"dev/console", 0020600, {}, 5, 1};
    m_initrd = write(u"obeys"_s,
        {folder, console, {"button.ko", 0100644, button}, {"evdev.ko", 0100644, evdev},
            {"init", 0100755, programOf(u"libvirt-button-guest"_s)}});
    m_deaf = write(u"ignores"_s, {folder, console, {"init", 0100755, programOf(u"libvirt-echo-guest"_s)}});
}

LiveKeep TestPowerButton::launch(const QStringList &how, const QString &initrd, std::string_view said)
{
    LiveKeep keep = m_scene->launchWhole(QStringList{u"--kernel"_s, QString::fromStdString(cloudKernel()), u"--initrd"_s, initrd,
                                             u"--append"_s, u"console=ttyS0 panic=-1 quiet cryptomgr.notests random.trust_cpu=on"_s}
        + how);
    if (keep.watch && !keep.watch->untilOutput(said, LogEntry::Stream::Console))
        qWarning("%s\n%s", keep.watch->story().c_str(), keep.watch->output(LogEntry::Stream::Console).c_str());
    return keep;
}

void TestPowerButton::isGone(const LiveKeep &keep)
{
    VERIFY_LIVE(keep.onDisk().state == KeepState::Stopped, keep);
    QVERIFY(keep.watch->output(LogEntry::Stream::Event).contains("its power button was pressed"));
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
    QCOMPARE(SessionDaemon::domains(), QByteArray());
}

void TestPowerButton::obeyed()
{
    NEED_SCENE();
    QFETCH(const QStringList, how);
    const LiveKeep keep = launch(how, m_initrd, "TEST-GUEST-READY");
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    QVERIFY(keep.watch->client().stop(600)); // far longer than this test has
    VERIFY_LIVE(keep.watch->untilClosed(), keep);
    isGone(keep);
    QCOMPARE(keep.onDisk().reason, std::string("stopped"));
    QVERIFY(keep.watch->output(LogEntry::Stream::Console).contains("TEST-GUEST-WAS-PRESSED"));
}

void TestPowerButton::ignored()
{
    NEED_SCENE();
    QFETCH(const QStringList, how);
    const LiveKeep keep = launch(how, m_deaf, "TEST-GUEST-PORT");
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    QVERIFY(keep.watch->client().stop(1));
    VERIFY_LIVE(keep.watch->untilClosed(), keep);
    isGone(keep);
    VERIFY_LIVE(keep.onDisk().reason.contains("did not end by itself in time"), keep);
}

/// Who asks again does not wait for the grace time.
void TestPowerButton::pressedTwice()
{
    NEED_SCENE();
    const LiveKeep keep = launch({u"--unattested"_s}, m_deaf, "TEST-GUEST-PORT");
    QVERIFY(keep.watch);
    QVERIFY(keep.watch->client().stop(600));
    VERIFY_LIVE(
        keep.watch->until([&] { return keep.watch->output(LogEntry::Stream::Event).contains("its power button was pressed"); }), keep);
    QVERIFY(keep.watch->client().stop(600));
    VERIFY_LIVE(keep.watch->untilClosed(), keep);
    isGone(keep);
}

QTEST_GUILESS_MAIN(TestPowerButton)
#include "test_power_button.moc"
