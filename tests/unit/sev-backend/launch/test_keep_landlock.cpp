// SPDX-License-Identifier: Apache-2.0
#include "in_child.h"

#include "sev-backend/confine/landlock.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

#include <filesystem>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace kastellan;
using kastellan::test::inChild;
using kastellan::test::outcome;
namespace fs = std::filesystem;
namespace landlock = kastellan::sev::landlock;

namespace {

using Action = std::function<std::string()>;

std::string opened(const char *path, int flags)
{
    return outcome(::open(path, flags | O_CLOEXEC, 0600));
}

std::string executed(const char *path)
{
    return inChild([path] {
        char name[] = "program";
        char *arguments[] = {name, nullptr}, *environment[] = {nullptr};
        ::execve(path, arguments, environment);
        return outcome(-1);
    });
}

} // namespace

Q_DECLARE_METATYPE(Action)

class TestKeepLandlock : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void holds_data();
    void holds();
    void rightsGrowWithTheVersion();
    void needsNoNewPrivileges();

private:
    QTemporaryDir m_folder{QStringLiteral("/tmp/kstl-XXXXXX")};
    fs::path m_root;
};

void TestKeepLandlock::initTestCase()
{
    if (landlock::version() == 0)
        QSKIP("this kernel has no Landlock");
    m_root = m_folder.path().toStdString();
    for (const char *name : {"usr", "run", "other"}) {
        fs::create_directory(m_root / name);
        std::ofstream(m_root / name / "file") << "content";
        // A program of the system that is linked like any other needs its loader: a script needs nothing but itself to be tried.
        std::ofstream(m_root / name / "program") << "no program";
        ::chmod((m_root / name / "program").c_str(), 0755);
    }
}

void TestKeepLandlock::holds_data()
{
    QTest::addColumn<Action>("action");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const Action &action, const char *expected) {
        QTest::newRow(name) << action << QByteArray(expected);
    };
    row("read the image", [] { return opened("usr/file", O_RDONLY); }, "0");
    row("list the root", [] { return opened(".", O_RDONLY | O_DIRECTORY); }, "0");
    row("execute the image", [] { return executed("usr/program"); }, "ENOEXEC"); // it got as far as looking at the file
    row("write below run", [] { return opened("run/file", O_RDWR | O_TRUNC); }, "0");
    row("make below run", [] { return opened("run/new", O_WRONLY | O_CREAT | O_EXCL); }, "0");
    row("folder below run", [] { return outcome(::mkdir("run/folder", 0700)); }, "0");
    row("remove below run", [] { return outcome(::unlink("run/file")); }, "0");

    row("write the image", [] { return opened("usr/file", O_WRONLY); }, "EACCES");
    row("truncate the image", [] { return outcome(::truncate("usr/file", 0)); }, landlock::version() >= 3 ? "EACCES" : "0");
    row("make in the image", [] { return opened("usr/new", O_WRONLY | O_CREAT); }, "EACCES");
    row("make in the root", [] { return opened("new", O_WRONLY | O_CREAT); }, "EACCES");
    row("remove from the image", [] { return outcome(::unlink("usr/file")); }, "EACCES");
    row("read elsewhere", [] { return opened("other/file", O_RDONLY); }, "EACCES");
    row("read the machine", [] { return opened("/etc/passwd", O_RDONLY); }, "EACCES");
    row("execute below run", [] { return executed("run/program"); }, "EACCES");
    row(
        "socket below run",
        [] {
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::strcpy(address.sun_path, "run/socket");
            return outcome(::bind(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr *>(&address), sizeof address));
        },
        "EACCES");
    row("link below run", [] { return outcome(::symlink("/etc/passwd", "run/link")); }, "EACCES");
    row("pipe below run", [] { return outcome(::mkfifo("run/pipe", 0600)); }, "EACCES");
    row(
        "TCP",
        [] {
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            return outcome(::bind(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr *>(&address), sizeof address));
        },
        landlock::version() >= 4 ? "EACCES" : "0");
    row("signal outside", [] { return outcome(::kill(::getppid(), 0)); }, landlock::version() >= 6 ? "EPERM" : "0");
}

void TestKeepLandlock::holds()
{
    QFETCH(const Action, action);
    QFETCH(const QByteArray, expected);
    const std::string result = inChild([&] {
        const char *readable[] = {"usr", nullptr};
        if (::chdir(m_root.c_str()) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || landlock::restrictSelf(landlock::version(), readable, "run") != 0)
            return std::string("not restricted");
        return action();
    });
    initTestCase(); // what an action spoiled is made again
    QCOMPARE(QByteArray::fromStdString(result), expected);
}

void TestKeepLandlock::rightsGrowWithTheVersion()
{
    QCOMPARE(landlock::handled(1).files, 0x1fffu);
    QCOMPARE(landlock::handled(2).files, 0x3fffu);
    QCOMPARE(landlock::handled(3).files, 0x7fffu);
    QCOMPARE(landlock::handled(4).files, 0x7fffu);
    QCOMPARE(landlock::handled(5).files, 0xffffu);
    QCOMPARE(landlock::handled(3).network, 0u);
    QCOMPARE(landlock::handled(4).network, 3u);
    QCOMPARE(landlock::handled(5).scoped, 0u);
    QCOMPARE(landlock::handled(6).scoped, 3u);
    // Older rules can be set by this kernel as well.
    for (int version = 1; version <= landlock::version(); ++version) {
        const std::string result = inChild([&] {
            const char *readable[] = {"usr", "usr/file", nullptr};
            if (::chdir(m_root.c_str()) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
                return std::string("not ready");
            const int error = landlock::restrictSelf(version, readable, "run");
            return std::to_string(error) + opened("other/file", O_RDONLY);
        });
        QCOMPARE(QByteArray::fromStdString(result), "0EACCES");
    }
}

void TestKeepLandlock::needsNoNewPrivileges()
{
    if (::geteuid() == 0)
        QSKIP("root may do without");
    const std::string result = inChild([&] {
        const char *readable[] = {"usr", nullptr};
        return ::chdir(m_root.c_str()) != 0 ? std::string("no folder")
                                            : std::to_string(landlock::restrictSelf(landlock::version(), readable, "run"));
    });
    QCOMPARE(QByteArray::fromStdString(result), QByteArray::number(EPERM));
}

QTEST_GUILESS_MAIN(TestKeepLandlock)
#include "test_keep_landlock.moc"
