// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <atomic>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace kastellan;
namespace fs = std::filesystem;

class TestFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatWasWritten();
    void refusesTooLargeFoldersAndMissing();
    void aFullDiskLeavesTheOldContent();
    void killedWhileWritingLeavesOldOrNew();
    void modesAreThoseAskedFor();
    void locksExclude();
    void foldersFollowTheEnvironment();

private:
    fs::path path(const char *name) const { return fs::path(m_folder.path().toStdString()) / name; }
    QTemporaryDir m_folder;
};

void TestFile::readsWhatWasWritten()
{
    Bytes content(200'000, 0x5a);
    content.back() = 1;
    QVERIFY(writeFileAtomically(path("a"), content));
    QCOMPARE(readFile(path("a"), 1 << 20).value(), content);
    QVERIFY(writeFileAtomically(path("a"), Bytes{}));
    QVERIFY(readFile(path("a"), 10).value().empty());
}

void TestFile::refusesTooLargeFoldersAndMissing()
{
    QVERIFY(writeFileAtomically(path("b"), Bytes(11)));
    const auto large = readFile(path("b"), 10);
    QVERIFY(!large);
    QCOMPARE(large.error().kind, ErrorKind::Input);
    QVERIFY(readFile(path("b"), 11));
    QVERIFY(!readFile(m_folder.path().toStdString(), 10));
    QVERIFY(!readFile(path("missing"), 10));
}

void TestFile::aFullDiskLeavesTheOldContent()
{
    QVERIFY(writeFileAtomically(path("c"), toBytes(std::string_view("old"))));
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1000, 1000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::_exit(writeFileAtomically(path("c"), Bytes(2000)) ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    QCOMPARE(WEXITSTATUS(status), 0);
    QCOMPARE(asText(readFile(path("c"), 10).value()), std::string_view("old"));
    for (const auto &entry : fs::directory_iterator(m_folder.path().toStdString()))
        QVERIFY2(!entry.path().filename().string().starts_with(".c."), entry.path().c_str()); // no half-written file left
}

void TestFile::killedWhileWritingLeavesOldOrNew()
{
    const Bytes first(50'000, 1), second(70'000, 2);
    QVERIFY(writeFileAtomically(path("d"), first));
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            for (;;)
                if (!writeFileAtomically(path("d"), second) || !writeFileAtomically(path("d"), first))
                    ::_exit(1);
        }
        for (int reads = 0; reads <= round; ++reads) { // each round is killed somewhere else
            const Bytes now = readFile(path("d"), 1 << 20).value();
            QVERIFY(now == first || now == second);
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        const Bytes now = readFile(path("d"), 1 << 20).value();
        QVERIFY(now == first || now == second);
    }
}

void TestFile::modesAreThoseAskedFor()
{
    QVERIFY(writeFileAtomically(path("e"), Bytes(1)));
    struct stat status{};
    QCOMPARE(::stat(path("e").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777, mode_t(0600));
    QVERIFY(makeFolder(path("x/y/z")));
    QCOMPARE(::stat(path("x/y").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777, mode_t(0700));
    QVERIFY(!makeFolder(path("e"))); // a file is in the way
}

void TestFile::locksExclude()
{
    auto held = lockFile(path("lock"));
    QVERIFY(held);
    std::atomic<bool> second = false;
    std::jthread waiter([&] {
        const auto other = lockFile(path("lock"));
        second = other.has_value();
    });
    // The other one cannot have it while we hold it; a try that does not wait says so at once.
    const Fd probe(::open(path("lock").c_str(), O_RDWR));
    QVERIFY(::flock(probe.get(), LOCK_EX | LOCK_NB) != 0);
    QVERIFY(!second);
    held->reset();
    waiter.join();
    QVERIFY(second);
}

void TestFile::foldersFollowTheEnvironment()
{
    qputenv("KASTELLAN_DATA", "/somewhere/data");
    QCOMPARE(dataFolder(), fs::path("/somewhere/data"));
    qunsetenv("KASTELLAN_DATA");
    qputenv("XDG_DATA_HOME", "/data");
    QCOMPARE(dataFolder(), fs::path("/data/kastellan"));
    qputenv("XDG_DATA_HOME", "relative"); // invalid by the XDG specification
    qputenv("HOME", "/home/somebody");
    QCOMPARE(dataFolder(), fs::path("/home/somebody/.local/share/kastellan"));
    qputenv("XDG_RUNTIME_DIR", QByteArray(90, 'x').prepend('/')); // a socket's path would not fit
    QVERIFY(runtimeFolder().string().starts_with("/tmp/kastellan-"));
}

QTEST_GUILESS_MAIN(TestFile)
#include "test_base_file.moc"
