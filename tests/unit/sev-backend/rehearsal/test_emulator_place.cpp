// SPDX-License-Identifier: Apache-2.0
// The folder that libvirt finds the stand-in in: its name changes with all that libvirt would remember, and its owner is who runs QEMU.
#include "core/base/file.h"
#include "sev-backend/rehearsal/emulator_place.h"
#include "sev-backend/rehearsal/settings.h"
#include "tests/support/data_folder.h"
#include "tests/support/emulated_identity.h"

#include <QtTest/QTest>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

class TestEmulatorPlace : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void session();
    void refused();
    void system();

private:
    [[nodiscard]] RehearsalPlace place(const test::DataFolder &data) const
    {
        RehearsalPlace place;
        place.qemu = data.path() / "qemu";
        place.program = "/bin/true";
        fs::copy_file("/bin/true", place.qemu, fs::copy_options::overwrite_existing);
        return place;
    }
};

void TestEmulatorPlace::session()
{
    const test::DataFolder data;
    test::giveEmulatedIdentity(data.data());
    RehearsalPlace wanted = place(data);
    const auto made = makeRehearsalEmulator(wanted);
    QVERIFY2(made, made ? "" : made.error().message().c_str());
    QCOMPARE(made->filename().string(), "qemu-system-x86_64");
    QCOMPARE(fs::read_symlink(*made).string(), "/bin/true");
    QCOMPARE(made->parent_path().parent_path().string(), (data.data() / "rehearsal").string());
    const auto settings = RehearsalSettings::parse(*readFile(made->parent_path() / rehearsalFile, 1 << 16), "x");
    QVERIFY(settings);
    QCOMPARE(settings->qemu.string(), wanted.qemu.string());
    QCOMPARE(settings->emulated.string(), (data.data() / "emulated").string());
    QCOMPARE(settings->profile, "genoa");
    QCOMPARE(makeRehearsalEmulator(wanted)->string(), made->string()); // the same again
    RehearsalPlace other = wanted;
    other.faults = "no-asid";
    QVERIFY(*makeRehearsalEmulator(other) != *made);
    fs::copy_file("/bin/false", wanted.qemu, fs::copy_options::overwrite_existing); // QEMU was updated
    const auto updated = makeRehearsalEmulator(wanted);
    QVERIFY(*updated != *made);
    const auto processor = openRehearsalProcessor(wanted);
    QVERIFY(processor && (*processor)->legacy().pdhGen());
    QVERIFY(*makeRehearsalEmulator(wanted) != *updated); // the platform has another certificate
}

void TestEmulatorPlace::refused()
{
    const test::DataFolder data;
    test::giveEmulatedIdentity(data.data());
    const auto error = [&](auto change) {
        RehearsalPlace wanted = place(data);
        change(wanted);
        const auto made = makeRehearsalEmulator(wanted);
        return made ? std::string() : made.error().message();
    };
    QVERIFY(error([](RehearsalPlace &wanted) { wanted.qemu = "/nonexistent"; }).contains("Install qemu-system-x86"));
    QVERIFY(error([](RehearsalPlace &wanted) { wanted.program = "/nonexistent"; }).contains("keep-qemu"));
    QVERIFY(error([](RehearsalPlace &wanted) { wanted.profile = "pentium"; }).contains("naples"));
    QVERIFY(error([](RehearsalPlace &wanted) { wanted.faults = "no-beer"; }).contains("no-asid"));
    QVERIFY(!error([](RehearsalPlace &wanted) { wanted.daemon = RehearsalDaemon::System, wanted.user = "no-such-user"; }).empty());
    RehearsalPlace without;
    without.qemu = "/nonexistent";
    QVERIFY(!checkRehearsal(without));
}

void TestEmulatorPlace::system()
{
    const struct passwd *const user = ::getpwnam("libvirt-qemu");
    if (::geteuid() != 0 || !user)
        QSKIP("root prepares it, for libvirt-qemu");
    const test::DataFolder data;
    QCOMPARE(::chmod(data.path().c_str(), 0755), 0);
    RehearsalPlace wanted = place(data);
    wanted.daemon = RehearsalDaemon::System;
    wanted.folder = data.path() / "system";
    test::giveEmulatedIdentity(wanted.folder);
    QCOMPARE(::chmod(wanted.folder.c_str(), 0755), 0);
    for (int times = 0; times < 2; ++times) { // the second time everything belongs to somebody else
        const auto made = makeRehearsalEmulator(wanted);
        QVERIFY2(made, made ? "" : made.error().message().c_str());
        QVERIFY(!fs::is_symlink(*made)); // a copy: there may be no way to the original
        struct stat status{};
        QCOMPARE(::stat((wanted.folder / "emulated/genoa.identity").c_str(), &status), 0);
        QCOMPARE(status.st_uid, user->pw_uid);
        QCOMPARE(::stat(made->parent_path().c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777, 0755u);
    }
    QVERIFY(openRehearsalProcessor(wanted));
    QCOMPARE(::chmod(data.path().c_str(), 0700), 0);
    QVERIFY(!makeRehearsalEmulator(wanted)); // libvirt-qemu could not pass
}

QTEST_GUILESS_MAIN(TestEmulatorPlace)
#include "test_emulator_place.moc"
