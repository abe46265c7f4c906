// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/workload/package.h"
#include "core/workload/workload.h"
#include "wasm.h"

#include <archive.h>
#include <archive_entry.h>

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace kastellan;
using wasm::operator+;
namespace fs = std::filesystem;

namespace {

struct Entry {
    std::string name;
    Bytes content = {};
    int type = AE_IFREG;
    std::string link = {}, hardlink = {};
};

enum class Format { Tar, TarGz, Zip };

/// A package with these entries, as any packer might write it.
Bytes packed(const std::vector<Entry> &entries, Format format)
{
    Bytes out(8 << 20);
    std::size_t used = 0;
    archive *writer = archive_write_new();
    format == Format::Zip ? archive_write_set_format_zip(writer) : archive_write_set_format_pax_restricted(writer);
    if (format == Format::TarGz)
        archive_write_add_filter_gzip(writer);
    archive_write_set_options(writer, "gzip:compression-level=1");
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    for (const auto &entry : entries) {
        archive_entry *header = archive_entry_new();
        archive_entry_set_pathname(header, entry.name.c_str());
        archive_entry_set_filetype(header, static_cast<unsigned>(entry.type));
        archive_entry_set_perm(header, 0644);
        archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
        if (!entry.link.empty())
            archive_entry_set_symlink(header, entry.link.c_str());
        if (!entry.hardlink.empty())
            archive_entry_set_hardlink(header, entry.hardlink.c_str());
        archive_write_header(writer, header);
        archive_write_data(writer, entry.content.data(), entry.content.size());
        archive_entry_free(header);
    }
    archive_write_close(writer);
    archive_write_free(writer);
    out.resize(used);
    return out;
}

Bytes text(std::string_view value)
{
    return toBytes(value);
}

} // namespace

class TestWorkloadLoad : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsAFile();
    void readsAFolder();
    void aFolderWithSourcesSaysThatItMustBeBuilt();
    void keepTomlWinsOverEnarxToml();
    void errorsNameTheFile();
    void over100MbIsNotRead();
    void specialFilesAreRefused();
    void readsPackages_data();
    void readsPackages();
    void refusesPackages_data();
    void refusesPackages();
    void aBombIsNotUnpacked();
    void damagedPackagesAreErrors();

private:
    fs::path put(const std::string &name, const Bytes &content)
    {
        const fs::path path = fs::path(m_folder.path().toStdString()) / name;
        fs::create_directories(path.parent_path());
        if (!writeFileAtomically(path, content))
            qFatal("cannot write");
        return path;
    }
    QTemporaryDir m_folder;
};

void TestWorkloadLoad::readsAFile()
{
    const fs::path path = put("one.wasm", wasm::minimal());
    const auto workload = loadWorkload(path);
    QVERIFY2(workload, workload ? "" : workload.error().message().c_str());
    QCOMPARE(workload->name, "one");
    QCOMPARE(workload->path, path);
    QVERIFY(workload->module == wasm::minimal());
    QVERIFY(workload->moduleDigest == sha256(wasm::minimal()));
    QVERIFY(workload->config == KeepConfig{});
    QVERIFY(workload->configText.empty() && workload->configFile.empty() && workload->notes.empty());
}

void TestWorkloadLoad::readsAFolder()
{
    put("folder/main.wasm", wasm::larger());
    const fs::path config = put("folder/Keep.toml", text("args = [\"x\"]\n"));
    const auto workload = loadWorkload(config.parent_path().string() + "/");
    QVERIFY2(workload, workload ? "" : workload.error().message().c_str());
    QCOMPARE(workload->name, "folder");
    QCOMPARE(workload->config.args, std::vector<std::string>{"x"});
    QCOMPARE(workload->configText, "args = [\"x\"]\n");
    QCOMPARE(workload->configFile, config.string());
}

void TestWorkloadLoad::aFolderWithSourcesSaysThatItMustBeBuilt()
{
    const fs::path source = put("sources/hello.c", text("int main(void) { return 0; }"));
    put("sources/Keep.toml", {});
    const auto workload = loadWorkload(source.parent_path());
    QVERIFY(!workload);
    QVERIFY2(workload.error().message().find("only its source hello.c. It must be built: ./dev build") != std::string::npos,
        workload.error().message().c_str());
    const auto empty = loadWorkload(put("empty/notes.txt", {}).parent_path());
    QVERIFY(!empty);
    QVERIFY(empty.error().message().find("it has no main.wasm. Put") != std::string::npos);
}

void TestWorkloadLoad::keepTomlWinsOverEnarxToml()
{
    put("both/main.wasm", wasm::minimal());
    const fs::path enarx = put("both/Enarx.toml", text("steward = \"https://x\"\n"));
    const fs::path keep = put("both/Keep.toml", text("args = [\"keep\"]\n"));
    auto workload = loadWorkload(enarx.parent_path());
    QVERIFY2(workload, workload ? "" : workload.error().message().c_str());
    QCOMPARE(workload->config.args, std::vector<std::string>{"keep"});
    QCOMPARE(workload->notes.size(), 1u);
    fs::remove(keep);
    workload = loadWorkload(enarx.parent_path());
    QVERIFY(!workload);
    QCOMPARE(workload.error().where, enarx.string() + ", line 1");
    put("both/Enarx.toml", text("args = [\"enarx\"]\n"));
    workload = loadWorkload(enarx.parent_path());
    QVERIFY(workload);
    QCOMPARE(workload->notes.front(), "Enarx.toml read with Enarx's defaults");
    QVERIFY(workload->config.stdout_ == KeepConfig::Stream::Null);
    QCOMPARE(workload->notes.size(), 2u);
}

void TestWorkloadLoad::errorsNameTheFile()
{
    put("bad/main.wasm", wasm::minimal());
    const fs::path config = put("bad/Keep.toml", text("\n\nargz = []\n"));
    auto workload = loadWorkload(config.parent_path());
    QVERIFY(!workload);
    QCOMPARE(workload.error().where, config.string() + ", line 3");
    const fs::path native = put("native.wasm", wasm::minimal() + wasm::custom("wasmedge", {1}));
    workload = loadWorkload(native);
    QVERIFY(!workload);
    QCOMPARE(workload.error().where, native.string());
    QVERIFY(workload.error().why.find("custom section 'wasmedge'") != std::string::npos);
    workload = loadWorkload(native.parent_path() / "missing.wasm");
    QVERIFY(!workload);
    QVERIFY(workload.error().where.ends_with("missing.wasm"));
}

void TestWorkloadLoad::over100MbIsNotRead()
{
    const fs::path path = put("large.wasm", wasm::minimal());
    QCOMPARE(::truncate(path.c_str(), 100'000'001), 0);
    QCOMPARE(::chmod(path.c_str(), 0), 0); // as an ordinary user it could not even be opened
    auto workload = loadWorkload(path);
    QVERIFY(!workload);
    QVERIFY2(workload.error().why.find("100000001 bytes, and at most 100 MB") != std::string::npos, workload.error().message().c_str());
    put("largefolder/Keep.toml", {});
    fs::rename(path, path.parent_path() / "largefolder/main.wasm");
    workload = loadWorkload(path.parent_path() / "largefolder");
    QVERIFY(!workload);
    QVERIFY(workload.error().why.find("at most 100 MB") != std::string::npos);
}

void TestWorkloadLoad::specialFilesAreRefused()
{
    const fs::path fifo = fs::path(m_folder.path().toStdString()) / "fifo.wasm";
    QCOMPARE(::mkfifo(fifo.c_str(), 0600), 0);
    const auto workload = loadWorkload(fifo); // and does not wait for a writer
    QVERIFY(!workload);
    QVERIFY(workload.error().why.find("neither a file nor a folder") != std::string::npos);
    QVERIFY(!loadWorkload("/dev/zero"));
}

void TestWorkloadLoad::readsPackages_data()
{
    QTest::addColumn<int>("format");
    QTest::addColumn<QString>("prefix");
    QTest::addColumn<QString>("name");
    for (const QString &prefix : {QStringLiteral(""), QStringLiteral("./"), QStringLiteral("hello/"), QStringLiteral("./hello/")}) {
        QTest::newRow(qPrintable(QStringLiteral("tar ") + prefix)) << int(Format::Tar) << prefix << "w.tar";
        QTest::newRow(qPrintable(QStringLiteral("tar.gz ") + prefix)) << int(Format::TarGz) << prefix << "w.tar.gz";
        QTest::newRow(qPrintable(QStringLiteral("zip ") + prefix)) << int(Format::Zip) << prefix << "w.zip";
    }
}

void TestWorkloadLoad::readsPackages()
{
    QFETCH(int, format);
    QFETCH(QString, prefix);
    QFETCH(QString, name);
    const std::string in = prefix.toStdString();
    const fs::path path = put(name.toStdString(),
        packed({{in + "README.md", text("x")}, {in + "main.wasm", wasm::larger()}, {in + "a/b/main.wasm", text("not it")},
                   {in + "Keep.toml", text("args = [\"packed\"]\n")}, {in + "link", {}, AE_IFLNK, "/etc/passwd", {}}},
            static_cast<Format>(format)));
    const auto workload = loadWorkload(path);
    QVERIFY2(workload, workload ? "" : workload.error().message().c_str());
    QCOMPARE(workload->name, "w");
    QVERIFY(workload->module == wasm::larger());
    QCOMPARE(workload->config.args, std::vector<std::string>{"packed"});
    QCOMPARE(workload->configFile, path.string() + "/Keep.toml");
}

void TestWorkloadLoad::refusesPackages_data()
{
    QTest::addColumn<int>("which");
    QTest::addColumn<QString>("why");
    QTest::newRow("no module") << 0 << "no main.wasm";
    QTest::newRow("leads up") << 1 << "'../main.wasm' leads outside";
    QTest::newRow("absolute") << 2 << "'/main.wasm' leads outside";
    QTest::newRow("up in the middle") << 3 << "leads outside";
    QTest::newRow("symbolic link") << 4 << "is a link";
    QTest::newRow("hard link") << 5 << "is a link";
    QTest::newRow("twice") << 6 << "is there twice";
    QTest::newRow("two folders") << 7 << "in several folders";
    QTest::newRow("configuration elsewhere") << 8 << "in several folders";
    QTest::newRow("a folder named main.wasm") << 9 << "no plain file";
    QTest::newRow("native code") << 10 << "native code";
    QTest::newRow("backslash") << 11 << "leads outside";
    QTest::newRow("large configuration") << 12 << "more than 1000000 bytes";
}

void TestWorkloadLoad::refusesPackages()
{
    QFETCH(int, which);
    QFETCH(QString, why);
    const Bytes module = wasm::minimal();
    const std::vector<std::vector<Entry>> packages{
        {{"Keep.toml", {}}},
        {{"../main.wasm", module}},
        {{"/main.wasm", module}},
        {{"a/../../main.wasm", module}},
        {{"main.wasm", {}, AE_IFLNK, "/etc/passwd", {}}},
        {{"other", module}, {"main.wasm", {}, AE_IFREG, {}, "other"}},
        {{"main.wasm", module}, {"main.wasm", module}},
        {{"a/main.wasm", module}, {"b/main.wasm", module}},
        {{"main.wasm", module}, {"a/Keep.toml", {}}},
        {{"main.wasm", {}, AE_IFDIR, {}, {}}},
        {{"main.wasm", module + wasm::custom("wasmedge", {0})}},
        {{"..\\main.wasm", module}},
        {{"main.wasm", module}, {"Keep.toml", Bytes(1'000'001, '#')}},
    };
    const fs::path path = put("refused.tar", packed(packages.at(static_cast<std::size_t>(which)), Format::Tar));
    const auto workload = loadWorkload(path);
    QVERIFY(!workload);
    QVERIFY2(workload.error().message().find(why.toStdString()) != std::string::npos, workload.error().message().c_str());
    QVERIFY(workload.error().where.starts_with(path.string()));
}

void TestWorkloadLoad::aBombIsNotUnpacked()
{
    // 450 MB of zeros in some hundred kilobytes, before the module.
    std::vector<Entry> entries;
    for (int i = 0; i < 9; ++i)
        entries.push_back({"zeros" + std::to_string(i), Bytes(50'000'000)});
    entries.push_back({"main.wasm", wasm::minimal()});
    const auto parts = workload::readPackage(packed(entries, Format::TarGz), "bomb.tar.gz");
    QVERIFY(!parts);
    QVERIFY2(parts.error().why.find("400 MB") != std::string::npos, parts.error().message().c_str());
}

void TestWorkloadLoad::damagedPackagesAreErrors()
{
    for (const Format format : {Format::Tar, Format::TarGz, Format::Zip}) {
        const Bytes whole = packed({{"Keep.toml", text("args = []\n")}, {"main.wasm", wasm::larger()}}, format);
        QVERIFY(workload::readPackage(whole, "whole")->module);
        for (std::size_t size = 0; size < whole.size(); size += whole.size() > 2000 ? 97 : 1) {
            const auto parts = workload::readPackage(ByteView(whole).first(size), "cut");
            if (parts && parts->module)
                QVERIFY(*parts->module == wasm::larger());
        }
    }
}

QTEST_GUILESS_MAIN(TestWorkloadLoad)
#include "test_workload_load.moc"
