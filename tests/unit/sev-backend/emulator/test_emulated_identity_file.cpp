// SPDX-License-Identifier: Apache-2.0
#include "tests/support/emulated_identity.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <random>
#include <thread>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

/// Small keys: what is tested is the file, not the arithmetic.
constexpr unsigned quickBits = 1024;

Result<Identity> openQuick(const fs::path &folder, std::stop_token stop = {})
{
    return Identity::open(folder, defaultProfile(), {}, stop, quickBits);
}

std::vector<std::string> namesIn(const fs::path &folder)
{
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

/// Waits until a file whose name begins so was made in the watched folder, or got that name.
void waitForFile(int watch, std::string_view beginning)
{
    alignas(inotify_event) char buffer[4096];
    for (;;) {
        const ssize_t size = ::read(watch, buffer, sizeof buffer);
        for (ssize_t at = 0; at < size;) {
            const auto *event = reinterpret_cast<const inotify_event *>(buffer + at);
            if (event->len > 0 && std::string_view(event->name).starts_with(beginning))
                return;
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        }
    }
}

} // namespace

class TestEmulatedIdentityFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isMadeOnceAndKept();
    void isForItsOwnerAlone();
    void profilesAreApart();
    void damageIsSaidAndNotRepaired();
    void cancelLeavesNothing();
    void progressIsShown();
    void twoAtOnceGetTheSame();
    void killedAtAnyMoment();
    void placesThatCantBeWritten();
};

void TestEmulatedIdentityFile::isMadeOnceAndKept()
{
    const QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto first = openQuick(path), second = openQuick(path);
    QVERIFY2(first.has_value(), first ? "" : first.error().message().c_str());
    QVERIFY(second.has_value());
    QCOMPARE(first->chipId(), second->chipId());
    QCOMPARE(first->vcek().fingerprint(), second->vcek().fingerprint());
    QCOMPARE(first->authority().ark().fingerprint(), second->authority().ark().fingerprint());
    QCOMPARE(first->derive("x"), second->derive("x"));
    QVERIFY(first->derive("x") != first->derive("y"));
    const auto message = asBytes("signed by the one, verified by the certificate of the other");
    const auto signature = first->vcekKey().sign(message);
    QVERIFY(P384Key::of(second->vcek())->verifies(message, signature.view().first(72), signature.view().last(72)));
}

void TestEmulatedIdentityFile::isForItsOwnerAlone()
{
    const QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "deeper" / "emulated";
    QVERIFY(openQuick(path).has_value());
    struct stat status{};
    QCOMPARE(::stat(Identity::file(path, defaultProfile()).c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, 0600u);
    QCOMPARE(::stat(path.c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, 0700u);
}

void TestEmulatedIdentityFile::profilesAreApart()
{
    const QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto genoa = openQuick(path);
    const auto turin = Identity::open(path, **findProfile("Turin"), {}, {}, quickBits);
    QVERIFY(genoa.has_value() && turin.has_value());
    QVERIFY(genoa->chipId() != turin->chipId());
    QVERIFY(genoa->authority().ark().fingerprint() != turin->authority().ark().fingerprint());
    QVERIFY(!findProfile("venice").has_value());
    // The file of the one does not serve for the other.
    fs::copy_file(Identity::file(path, defaultProfile()), Identity::file(path, **findProfile("milan")));
    QVERIFY(!Identity::open(path, **findProfile("milan"), {}, {}, quickBits).has_value());
}

void TestEmulatedIdentityFile::damageIsSaidAndNotRepaired()
{
    const QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    QVERIFY(openQuick(path).has_value());
    const fs::path file = Identity::file(path, defaultProfile());
    const Bytes good = *readFile(file, 1 << 20);
    for (std::size_t at = 0; at < good.size(); at += 97) {
        Bytes changed = good;
        changed[at] ^= 1;
        for (const Bytes &content : {changed, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at))}) {
            QVERIFY(writeFileAtomically(file, content).has_value());
            const auto opened = openQuick(path);
            QVERIFY(!opened.has_value());
            QVERIFY(!opened.error().remedy.empty());
            QCOMPARE(*readFile(file, 1 << 20), content);
        }
    }
    QVERIFY(writeFileAtomically(file, good).has_value());
    QVERIFY(openQuick(path).has_value());
}

void TestEmulatedIdentityFile::cancelLeavesNothing()
{
    const QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    std::stop_source source;
    QElapsedTimer timer;
    const auto progress = [&](std::string_view, std::uint64_t, std::uint64_t) { // called while keys are made
        source.request_stop();
        timer.start();
    };
    const auto opened = Identity::open(path, defaultProfile(), progress, source.get_token(), 8192); // takes long
    QVERIFY(!opened.has_value());
    QCOMPARE(opened.error().kind, ErrorKind::Cancelled);
    QVERIFY(timer.elapsed() < 5000);
    QCOMPARE(namesIn(path), std::vector<std::string>{"lock"});
}

void TestEmulatedIdentityFile::progressIsShown()
{
    const QTemporaryDir folder;
    std::uint64_t last = 0;
    int calls = 0;
    const auto caller = std::this_thread::get_id();
    bool elsewhere = false;
    const auto progress = [&](std::string_view, std::uint64_t done, std::uint64_t) {
        elsewhere |= std::this_thread::get_id() != caller;
        last = std::max(last, done);
        ++calls;
    };
    QVERIFY(Identity::open(folder.path().toStdString(), defaultProfile(), progress, {}, 2048).has_value());
    QVERIFY(calls > 0);
    QVERIFY(last > 0);
    QVERIFY(!elsewhere);
}

void TestEmulatedIdentityFile::twoAtOnceGetTheSame()
{
    const QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    std::vector<std::optional<Sha256>> roots(4);
    {
        std::vector<std::jthread> threads;
        for (auto &root : roots)
            threads.emplace_back([&root, &path] {
                if (const auto identity = openQuick(path))
                    root = identity->authority().ark().fingerprint();
            });
    }
    for (const auto &root : roots) {
        QVERIFY(root.has_value());
        QCOMPARE(*root, *roots[0]);
    }
}

// A child makes the identity and is killed: at random while it makes keys, when the file begins to be written, and when it
// has just got its name. Afterwards there is none or a whole one.
void TestEmulatedIdentityFile::killedAtAnyMoment()
{
    const QTemporaryDir folder;
    const fs::path base = folder.path().toStdString();
    QElapsedTimer timer;
    timer.start();
    QVERIFY(openQuick(base / "measure").has_value());
    const auto usual = static_cast<std::uint64_t>(timer.nsecsElapsed() / 1000); // microseconds
    std::mt19937_64 random(static_cast<unsigned>(::getpid()));
    int none = 0, whole = 0;
    for (int round = 0; round < 60; ++round) {
        const fs::path path = base / std::to_string(round);
        QVERIFY(makeFolder(path).has_value());
        const Fd watch(::inotify_init1(IN_CLOEXEC));
        QVERIFY(::inotify_add_watch(watch.get(), path.c_str(), IN_CREATE | IN_MOVED_TO) >= 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const bool good = openQuick(path).has_value();
            ::_exit(good ? 0 : 1);
        }
        QVERIFY(child > 0);
        if (round % 3 == 0)
            ::usleep(static_cast<useconds_t>(random() % usual)); // the moment is what is random; nothing is waited for
        else
            waitForFile(watch.get(), round % 3 == 1 ? ".genoa.identity." : "genoa.identity");
        ::kill(child, SIGKILL);
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        const bool there = fs::exists(Identity::file(path, defaultProfile()));
        QVERIFY(there || round % 3 != 2);
        ++(there ? whole : none);
        std::optional<Sha256> root;
        if (there) {
            const auto identity = openQuick(path);
            QVERIFY2(identity.has_value(), identity ? "" : identity.error().message().c_str());
            root = identity->authority().ark().fingerprint();
        }
        const auto again = openQuick(path);
        QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
        if (root)
            QCOMPARE(again->authority().ark().fingerprint(), *root);
        else // leftovers hold keys: they are gone
            QCOMPARE(namesIn(path), (std::vector<std::string>{"genoa.identity", "lock"}));
    }
    qInfo("killed with none left: %d, with a whole one: %d", none, whole);
    QVERIFY(none > 0);
}

void TestEmulatedIdentityFile::placesThatCantBeWritten()
{
    const QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    QVERIFY(writeFileAtomically(path / "file", asBytes("x")).has_value());
    const auto opened = openQuick(path / "file" / "emulated");
    QVERIFY(!opened.has_value());
    QCOMPARE(opened.error().kind, ErrorKind::Environment);
    QVERIFY(!openQuick("/proc/kastellan").has_value());
}

QTEST_GUILESS_MAIN(TestEmulatedIdentityFile)
#include "test_emulated_identity_file.moc"
