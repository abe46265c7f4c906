// SPDX-License-Identifier: Apache-2.0
#include "fault.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <fstream>

#include <sched.h>
#include <sys/mount.h>

using namespace kastellan;
using namespace kastellan::test;
namespace fs = std::filesystem;

/// A disk that fills up at every step: a named error, the keep destroyed, nothing left behind.
class TestDiskFull : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void fullAt_data();
    void fullAt();
    void fullWhileOutputComes();

private:
    void fill();
    void free();
    std::unique_ptr<Scene> m_scene;
};

void TestDiskFull::initTestCase()
{
    // A small file system of our own, which nobody else sees.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        QSKIP("only root can mount a small disk for this");
}

void TestDiskFull::init()
{
    m_scene = std::make_unique<Scene>();
    // The data folder moves onto the small disk; the processor's identity goes along.
    const fs::path data = m_scene->folder().data(), copy = m_scene->folder().path() / "copy";
    fs::copy(data, copy, fs::copy_options::recursive);
    QVERIFY(::mount("small", data.c_str(), "tmpfs", 0, "size=24m,mode=0700") == 0);
    fs::copy(copy, data, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    for (const auto &entry : fs::recursive_directory_iterator(data))
        fs::permissions(entry.path(), entry.is_directory() ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write);
}

void TestDiskFull::cleanup()
{
    if (!m_scene)
        return;
    const fs::path data = m_scene->folder().data();
    m_scene->killAll();
    ::umount2(data.c_str(), MNT_DETACH);
    m_scene.reset();
}

void TestDiskFull::fill()
{
    std::ofstream file(m_scene->folder().data() / "filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {}
}

void TestDiskFull::free()
{
    fs::remove(m_scene->folder().data() / "filler");
}

void TestDiskFull::fullAt_data()
{
    QTest::addColumn<unsigned>("point");
    QTest::newRow("starting") << atStarting;
    QTest::newRow("attesting") << atAttesting;
    QTest::newRow("delivering") << atDelivering;
}

void TestDiskFull::fullAt()
{
    QFETCH(unsigned, point);
    const HoldPoint hold(*m_scene, point);
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(hold.reached(*watch), *watch);
    fill();
    hold.release();
    VERIFY_KEEP(watch->until([&] { return watch->closed(); }), *watch);
    // What could not be written down was at least told.
    const auto said = [&](std::string_view text) {
        return std::ranges::any_of(watch->errors(), [&](const std::string &error) { return error.find(text) != std::string::npos; });
    };
    VERIFY_KEEP(said("space") || said("full"), *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Running) && watch->output().empty(), *watch);
    QVERIFY(eventually([&] { return !keeps::status(watch->id())->loaderAlive && !keeps::status(watch->id())->wardenAlive; }));
    free();
    QVERIFY(keeps::recover(watch->id()));
    QCOMPARE(keeps::status(watch->id())->state, KeepState::Failed);
    for (const auto &record : m_scene->records(watch->id()))
        QVERIFY(record.kind == "attest" || record.kind == "deliver");
    // The store still works.
    const auto next = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(next, *m_scene);
    VERIFY_KEEP(next->untilClosed(), *next);
    VERIFY_KEEP(next->status().verdict == "trusted", *next);
}

void TestDiskFull::fullWhileOutputComes()
{
    const auto watch = m_scene->launch({.module = "flood", .args = {std::to_string(64 << 20)}});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->until([&] { return watch->closed(); }, Watch::patience * 2), *watch);
    QVERIFY(std::ranges::any_of(watch->errors(), [](const std::string &error) { return error.find("log") != std::string::npos; }));
    QVERIFY(eventually([&] { return !keeps::status(watch->id())->loaderAlive && !keeps::status(watch->id())->wardenAlive; }));
    QCOMPARE(keeps::status(watch->id())->state, KeepState::Failed);
    const std::string output = watch->output();
    QVERIFY(output.size() > (1 << 20));
    constexpr std::size_t block = 1 << 16;
    for (std::size_t number = 0; number < output.size() / block; ++number)
        QCOMPARE(std::stoull(output.substr(number * block, 16)), number);
}

QTEST_GUILESS_MAIN(TestDiskFull)
#include "test_disk_full.moc"
