// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/workload/aot_note.h"
#include "core/workload/compile_cache.h"
#include "core/workload/compile_sandbox.h"
#include "core/workload/workload.h"
#include "wasm.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace kastellan;
namespace fs = std::filesystem;

namespace {

bool hasLandlock()
{
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

} // namespace

class TestWorkloadCompile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void compilesOnceAndThenNeverAgain();
    void theCodeNeedsNoMoreThanTheBaseline();
    void everyTamperedByteIsCompiledAnew();
    void anotherKeyTrustsNothing();
    void aForgedEntryIsCompiledAnew();
    void manyAtOnceAreOne();
    void leavesNothingBehind();
    void aModuleThatIsNoneIsAnError();
    void withoutACompilerItSaysSo();
    void aBrokenCompilerIsAnError_data();
    void aBrokenCompilerIsAnError();
    void theSandboxShowsAndAllowsNothing();
    void theSandboxEndsWhatDoesNotEnd();
    void pruningKeepsWhatIsUsed();
    void notesComeBack();
    void notesAreChecked();

private:
    Result<CompiledModule> compile() { return compileAhead(m_module, sha256(m_module)); }
    fs::path m_home;
    std::unique_ptr<QTemporaryDir> m_folder;
    Bytes m_module = wasm::larger();
    const QByteArray m_path = qgetenv("PATH");
};

void TestWorkloadCompile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_home = m_folder->path().toStdString();
    qputenv("KASTELLAN_DATA", QByteArray((m_folder->path().toUtf8() + "/data")));
    qputenv("XDG_CACHE_HOME", QByteArray((m_folder->path().toUtf8() + "/cache")));
    qputenv("PATH", m_path);
    if (!compilerAvailable())
        QSKIP("wasmedge is not installed");
}

void TestWorkloadCompile::compilesOnceAndThenNeverAgain()
{
    const auto first = compile();
    QVERIFY2(first, first ? "" : first.error().message().c_str());
    QVERIFY(!first->cached);
    const auto code = readFile(first->file, compiledSizeLimit);
    QVERIFY(code && sha256(*code) == first->digest);
    const auto note = AotNote::parse(first->note);
    QVERIFY2(note, first->note.c_str());
    QVERIFY(note->module == sha256(m_module));
    QCOMPARE(note->baseline, "x86-64-v3");
    struct stat status{};
    QCOMPARE(::stat((m_home / "data/compile-cache.key").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777u, 0600u);
    QCOMPARE(::stat(first->file.c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777u, 0600u);

    const auto second = compile();
    QVERIFY(second && second->cached);
    QCOMPARE(second->file, first->file);
    QVERIFY(second->digest == first->digest && second->note == first->note);

    // Another module is another entry.
    m_module = wasm::minimal();
    const auto other = compile();
    m_module = wasm::larger();
    QVERIFY(other && !other->cached && other->file != first->file);
    QVERIFY(!compileAhead(m_module, {})); // a digest that is not the module's
}

void TestWorkloadCompile::theCodeNeedsNoMoreThanTheBaseline()
{
    // The largest example: vector code of every kind. Registers of AVX-512 would show that the compiler looked at this processor.
    const auto example = readFile(
        fs::path(qEnvironmentVariable("KASTELLAN_BUILD").toStdString()) / "share/kastellan/examples/compute/main.wasm", moduleSizeLimit);
    if (!example)
        QSKIP("the examples are not built");
    const auto compiled = compileAhead(*example, sha256(*example));
    QVERIFY2(compiled, compiled ? "" : compiled.error().message().c_str());
    const std::string command = "objdump -d '" + compiled->file.string() + "' | grep -c -E '%zmm|%k[0-7]|%[xy]mm(1[6-9]|2[0-9]|3[01])' > '"
        + (m_home / "count").string() + "'";
    (void)!std::system(command.c_str());
    const auto count = readFile(m_home / "count", 100);
    QVERIFY(count);
    QCOMPARE(std::string(asText(*count)), "0\n");
}

void TestWorkloadCompile::everyTamperedByteIsCompiledAnew()
{
    const auto first = compile();
    QVERIFY(first);
    const auto good = readFile(first->file, compiledSizeLimit);
    const fs::path tag = fs::path(first->file).replace_extension(".mac");
    const auto goodTag = readFile(tag, 100);
    QVERIFY(good && goodTag);
    const auto cache = workload::CompileCache::open();
    QVERIFY(cache);
    QVERIFY(cache->find(first->note));
    QVERIFY(!cache->find(first->note + " "));
    for (std::size_t i = 0; i < good->size(); i += good->size() / 50) {
        Bytes changed = *good;
        changed[i] ^= 1;
        QVERIFY(writeFileAtomically(first->file, changed));
        QVERIFY(!cache->find(first->note));
    }
    QVERIFY(writeFileAtomically(first->file, ByteView(*good).first(good->size() - 1)));
    QVERIFY(!cache->find(first->note));
    QVERIFY(writeFileAtomically(first->file, *good));
    QVERIFY(cache->find(first->note));
    for (std::size_t i = 0; i < goodTag->size(); ++i) {
        Bytes changed = *goodTag;
        changed[i] ^= 0x80;
        QVERIFY(writeFileAtomically(tag, changed));
        QVERIFY(!cache->find(first->note));
    }
    fs::remove(tag);
    QVERIFY(!cache->find(first->note));

    const auto again = compile();
    QVERIFY(again && !again->cached);
    QVERIFY(again->digest == first->digest);
    QVERIFY(compile()->cached);
}

void TestWorkloadCompile::anotherKeyTrustsNothing()
{
    const auto first = compile();
    QVERIFY(first);
    QVERIFY(writeFileAtomically(m_home / "data/compile-cache.key", Bytes(32, 7)));
    const auto second = compile();
    QVERIFY(second && !second->cached);
    // A key that others could read is no key.
    fs::permissions(m_home / "data/compile-cache.key", fs::perms::group_read, fs::perm_options::add);
    const auto third = compile();
    QVERIFY(third && !third->cached);
    struct stat status{};
    QCOMPARE(::stat((m_home / "data/compile-cache.key").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777u, 0600u);
}

void TestWorkloadCompile::aForgedEntryIsCompiledAnew()
{
    const auto first = compile();
    QVERIFY(first);
    // Code and tag of another module under this one's name: both authentic, but not for this.
    m_module = wasm::minimal();
    const auto other = compile();
    m_module = wasm::larger();
    QVERIFY(other);
    fs::copy_file(other->file, first->file, fs::copy_options::overwrite_existing);
    fs::copy_file(fs::path(other->file).replace_extension(".mac"), fs::path(first->file).replace_extension(".mac"),
        fs::copy_options::overwrite_existing);
    const auto again = compile();
    QVERIFY(again && !again->cached);
    QVERIFY(again->digest == first->digest);
    // A link instead of the file.
    fs::rename(first->file, m_home / "elsewhere.so");
    fs::create_symlink(m_home / "elsewhere.so", first->file);
    const auto linked = compile();
    QVERIFY(linked && !linked->cached);
    QVERIFY(!fs::is_symlink(linked->file));
}

void TestWorkloadCompile::manyAtOnceAreOne()
{
    std::vector<Result<CompiledModule>> results(6, fail(ErrorKind::Internal, "", "", ""));
    {
        std::vector<std::jthread> threads;
        for (auto &result : results)
            threads.emplace_back([&] { result = compile(); });
    }
    int fresh = 0;
    for (const auto &result : results) {
        QVERIFY2(result, result ? "" : result.error().message().c_str());
        QVERIFY(result->digest == results.front()->digest);
        fresh += !result->cached;
    }
    QCOMPARE(fresh, 1);
}

void TestWorkloadCompile::leavesNothingBehind()
{
    QVERIFY(compile());
    QVERIFY(compile());
    for (const auto &entry : fs::directory_iterator(m_home / "cache/kastellan/aot"))
        QVERIFY2(entry.is_regular_file() && !entry.path().filename().string().starts_with("."), entry.path().c_str());
}

void TestWorkloadCompile::aModuleThatIsNoneIsAnError()
{
    const Bytes rubbish = toBytes(std::string_view("\0asm rubbish", 12));
    const auto result = compileAhead(rubbish, sha256(rubbish));
    QVERIFY(!result);
    QVERIFY2(result.error().why.find("the compiler gave up") != std::string::npos, result.error().message().c_str());
    QVERIFY(result.error().remedy.find("interpreter") != std::string::npos);
}

void TestWorkloadCompile::withoutACompilerItSaysSo()
{
    qputenv("PATH", QByteArray(m_folder->path().toUtf8() + ":relative"));
    QVERIFY(!compilerAvailable());
    const auto result = compile();
    QVERIFY(!result);
    QCOMPARE(result.error().kind, ErrorKind::Environment);
    QVERIFY(result.error().why.find("no wasmedge on the PATH") != std::string::npos);
}

void TestWorkloadCompile::aBrokenCompilerIsAnError_data()
{
    QTest::addColumn<QByteArray>("compiling");
    QTest::addColumn<QString>("why");
    QTest::newRow("writes nothing") << QByteArray("echo 'kastellan: baseline x86-64-v3'") << "wrote no code";
    QTest::newRow("writes no library") << QByteArray("echo 'kastellan: baseline x86-64-v3'; echo x > module.so") << "no native library";
    QTest::newRow("writes a link") << QByteArray("echo 'kastellan: baseline x86-64-v3'; ln -s /etc/passwd module.so") << "wrote no code";
    QTest::newRow("asks for no baseline") << QByteArray("cp /bin/true module.so") << "did not ask";
    QTest::newRow("fails") << QByteArray("echo some reason; exit 3") << "status 3: some reason";
    QTest::newRow("is killed") << QByteArray("kill -SEGV $$") << "signal 11";
}

void TestWorkloadCompile::aBrokenCompilerIsAnError()
{
    QFETCH(QByteArray, compiling);
    QFETCH(QString, why);
    const fs::path folder = m_home / "bin";
    fs::create_directories(folder);
    std::ofstream(folder / "wasmedge") << "#!/bin/sh\n[ \"$1\" = --version ] && { echo wasmedge version 9.9; exit; }\n"
                                       << compiling.constData() << "\n";
    fs::permissions(folder / "wasmedge", fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
    qputenv("PATH", QByteArray::fromStdString(folder.string()));
    const auto result = compile();
    QVERIFY(!result);
    QVERIFY2(result.error().message().find(why.toStdString()) != std::string::npos, result.error().message().c_str());
}

void TestWorkloadCompile::theSandboxShowsAndAllowsNothing()
{
    qputenv("KASTELLAN_TEST_SECRET", "in the environment");
    fs::create_directories(m_home / "work");
    QVERIFY(writeFileAtomically(m_home / "private", toBytes(std::string_view("in a file"))));
    const auto sh = [&](const std::string &script) {
        return workload::runSandboxed({.program = "/bin/sh", .arguments = {"-c", script}, .folder = m_home / "work", .preload = {}});
    };
    auto end = sh("env; pwd; echo 1 > written; cat written");
    QVERIFY2(end && end->code == 0, end ? end->output.c_str() : end.error().message().c_str());
    QVERIFY(end->output.find("in the environment") == std::string::npos);
    QVERIFY(fs::exists(m_home / "work/written"));
    // The home folder: neither read nor written, where the kernel has Landlock.
    end = sh("cat ../private; echo 1 > ../other; ls /proc/1/ ..");
    QVERIFY(end);
    if (hasLandlock()) {
        QVERIFY2(end->output.find("in a file") == std::string::npos, end->output.c_str());
        QVERIFY(!fs::exists(m_home / "other"));
    }
    // Sockets are refused whatever the kernel.
    end = sh("exec perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0) ? print \"open\" : print \"refused\"'");
    QVERIFY(end);
    QVERIFY2(end->output == "refused", end->output.c_str());
    end = sh("ulimit -c; ulimit -n; ls -l /proc/self/fd 2>/dev/null");
    QVERIFY(end && end->output.starts_with("0\n64\n"));
}

void TestWorkloadCompile::theSandboxEndsWhatDoesNotEnd()
{
    fs::create_directories(m_home / "work");
    const auto end = workload::runSandboxed({.program = "/bin/sh",
        .arguments = {"-c", "sleep 1000 & echo $!; sleep 1000"},
        .folder = m_home / "work",
        .preload = {},
        .timeLimit = std::chrono::seconds(1)});
    QVERIFY(end);
    QVERIFY(end->timedOut && end->bySignal);
    QCOMPARE(end->code, SIGKILL);
    const pid_t child = static_cast<pid_t>(std::atoi(end->output.c_str()));
    QVERIFY(child > 0);
    QTRY_VERIFY(::kill(child, 0) != 0 || [&] { // or it is dead and not yet reaped
        std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
        std::string all((std::istreambuf_iterator<char>(stat)), {});
        return all.find(") Z ") != std::string::npos;
    }());
}

void TestWorkloadCompile::pruningKeepsWhatIsUsed()
{
    const auto cache = workload::CompileCache::open();
    QVERIFY(cache);
    const auto old = cache->store("old", Bytes(1000));
    const auto used = cache->store("used", Bytes(1000));
    const auto fresh = cache->store("fresh", Bytes(1000));
    QVERIFY(old && used && fresh);
    const auto work = cache->workFolder();
    QVERIFY(work);
    const auto lastWeek = fs::file_time_type::clock::now() - std::chrono::hours(24 * 7);
    fs::last_write_time(old->file, lastWeek);
    fs::last_write_time(used->file, lastWeek - std::chrono::hours(1));
    fs::last_write_time(*work, lastWeek);
    QVERIFY(cache->find("used"));
    cache->prune(0);
    QVERIFY(!cache->find("old"));
    QVERIFY(cache->find("used"));
    QVERIFY(cache->find("fresh"));
    QVERIFY(!fs::exists(*work));
}

void TestWorkloadCompile::notesComeBack()
{
    const AotNote note{"0.14.1", "--a --b", "x86-64-v3", sha256(m_module)};
    const auto read = AotNote::parse(note.text());
    QVERIFY(read && *read == note);
    for (const auto &bad : {std::string(), note.text() + " ", note.text().substr(1), note.text().substr(0, note.text().size() - 1),
             std::string("wasmedge 1; ; ; module sha256:"), note.text() + "; more"})
        QVERIFY2(!AotNote::parse(bad), bad.c_str());
}

void TestWorkloadCompile::notesAreChecked()
{
    const Sha256 module = sha256(m_module);
    AotNote note{"0.14.1", "--a", "x86-64-v3", module};
    QCOMPARE(checkAotNote(note, module, "0.14.1").has_value(), processorHas("x86-64-v3"));
    QVERIFY(checkAotNote(note, {}, "0.14.1").error().why.find("made from the module") != std::string::npos);
    QVERIFY(checkAotNote(note, module, "0.14.2").error().why.find("made by WasmEdge 0.14.1") != std::string::npos);
    note.baseline = "x86-64-v9";
    QVERIFY(checkAotNote(note, module, "0.14.1").error().why.find("x86-64-v9") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestWorkloadCompile)
#include "test_workload_compile.moc"
