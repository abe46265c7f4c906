// SPDX-License-Identifier: Apache-2.0
#include "core/workload/workload.h"
#include "wasm.h"

#include <QtTest/QTest>

using namespace kastellan;
using wasm::operator+;

class TestWorkloadModule : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatAModuleSays();
    void everyTruncationIsAnError();
    void everyFlippedByteIsReadOrRefused();
    void refusesByOffset_data();
    void refusesByOffset();
    void admitsOnlyWhatAKeepRuns_data();
    void admitsOnlyWhatAKeepRuns();
    void namesThatAreTooLargeAreNotRead();
};

void TestWorkloadModule::readsWhatAModuleSays()
{
    const auto info = inspectModule(wasm::larger());
    QVERIFY2(info, info ? "" : info.error().message().c_str());
    QVERIFY(info->hasStart);
    QCOMPARE(info->imports.size(), 1u);
    QCOMPARE(info->imports.front().first, "wasi_snapshot_preview1");
    QCOMPARE(info->imports.front().second, "proc_exit");
    QCOMPARE(info->exports, std::vector<std::string>{"_start"});
    QCOMPARE(info->customSections, (std::vector<std::string>{"producers", "name"}));
    QVERIFY(info->nativeCode.empty());
    QVERIFY(admitModule(wasm::larger(), "x.wasm"));
}

void TestWorkloadModule::everyTruncationIsAnError()
{
    // A module may end between two sections; a keep needs all of them.
    const Bytes whole = wasm::larger();
    const Bytes lastSection = wasm::custom("name", {4, 5});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto admitted = admitModule(ByteView(whole).first(size), "cut.wasm");
        QCOMPARE(admitted.has_value(), size == whole.size() - lastSection.size());
        if (!admitted)
            QVERIFY(!admitted.error().where.empty() && !admitted.error().why.empty());
    }
}

void TestWorkloadModule::everyFlippedByteIsReadOrRefused()
{
    const Bytes whole = wasm::larger();
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            Bytes changed = whole;
            changed[i] = static_cast<std::uint8_t>(value);
            const auto info = inspectModule(changed);
            if (!info)
                QVERIFY2(info.error().where.starts_with("offset 0x"), info.error().message().c_str());
        }
}

void TestWorkloadModule::refusesByOffset_data()
{
    QTest::addColumn<QByteArray>("module");
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("why");
    const auto row = [](const char *name, const Bytes &module, const char *where, const char *why) {
        QTest::newRow(name) << QByteArray(reinterpret_cast<const char *>(module.data()), static_cast<qsizetype>(module.size())) << where
                            << why;
    };
    using namespace wasm;
    row("empty", {}, "offset 0x0", "does not begin");
    row("text", toBytes(std::string_view("  (module (func))")), "offset 0x0", "wat2wasm");
    row("ELF", {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}, "offset 0x0", "native program");
    row("component", {0, 'a', 's', 'm', 0x0d, 0, 1, 0}, "offset 0x4", "component");
    row("version 2", {0, 'a', 's', 'm', 2, 0, 0, 0}, "offset 0x4", "version 2");
    row("unknown section", header() + section(14, {}), "offset 0x8", "kind 14");
    row("section too long", header() + Bytes{1, 5, 0}, "offset 0xa", "5 bytes are needed");
    row("sections out of order", header() + section(3, {0}) + section(1, {0}), "offset 0xb", "type section is out of order");
    row("section twice", header() + section(1, {0}) + section(1, {0}), "offset 0xb", "type section stands there twice");
    row("data count after code", header() + section(10, {0}) + section(12, {0}), "offset 0xb", "data count section is out of order");
    row("number too long", header() + section(1, {0x80, 0x80, 0x80, 0x80, 0x80, 0}), "offset 0xa", "too");
    row("number too large", header() + section(1, {0xff, 0xff, 0xff, 0xff, 0x1f}), "offset 0xa", "too large");
    row("count beyond the end", header() + section(1, {200, 1, 0x60}), "offset 0xa", "200 entries");
    row("unknown value type", header() + section(1, {1, 0x60, 1, 0x40, 0}), "offset 0xd", "value type");
    row("type section too long", header() + section(1, {0, 0}), "offset 0xb", "1 bytes too many");
    row("import of unknown kind", header() + section(2, {1, 0, 0, 9}), "offset 0xd", "import is of an unknown kind");
    row("import name not UTF-8", header() + section(2, {1, 1, 0xff, 0, 0, 0}), "offset 0xc", "UTF-8");
    row("limits of unknown kind", header() + section(2, {1, 0, 0, 2, 9, 1}), "offset 0xe", "limits");
    row("export of a missing function", header() + exported("f", 0, 0), "offset 0xd", "not there");
    row("export of unknown kind", header() + exported("f", 5, 0), "offset 0xd", "export is of an unknown kind");
    row("code without functions", header() + code(), "offset 0xe", "function section has 0");
    row("functions without code", header() + types() + functions(), "", "code section has 0");
    row("custom section without a name", header() + section(0, {}), "offset 0xa", "ends too early");
}

void TestWorkloadModule::refusesByOffset()
{
    QFETCH(QByteArray, module);
    QFETCH(QString, where);
    QFETCH(QString, why);
    const auto info = inspectModule({reinterpret_cast<const std::uint8_t *>(module.constData()), static_cast<std::size_t>(module.size())});
    QVERIFY(!info);
    QCOMPARE(info.error().kind, ErrorKind::Input);
    if (!where.isEmpty())
        QCOMPARE(info.error().where, where.toStdString());
    QVERIFY2(info.error().message().find(why.toStdString()) != std::string::npos, info.error().message().c_str());
}

void TestWorkloadModule::admitsOnlyWhatAKeepRuns_data()
{
    QTest::addColumn<QByteArray>("module");
    QTest::addColumn<QString>("why");
    const auto row = [](const char *name, const Bytes &module, const char *why) {
        QTest::newRow(name) << QByteArray(reinterpret_cast<const char *>(module.data()), static_cast<qsizetype>(module.size())) << why;
    };
    using namespace wasm;
    row("good", minimal(), "");
    row("no _start", header() + types() + functions() + exported("main", 0, 0) + code(), "exports no function '_start'");
    row("_start takes something", header() + types() + functions(1) + exported("_start", 0, 0) + code(), "without parameters");
    row("_start is a memory", header() + types() + functions() + section(5, {1, 0, 1}) + exported("_start", 2, 0) + code(),
        "without parameters");
    row("wasmedge section", minimal() + custom("wasmedge", {1, 2, 3}), "native code: custom section 'wasmedge' at offset 0x");
    row("wasmedge section first", header() + custom("wasmedge") + types() + functions() + exported("_start", 0, 0) + code(),
        "custom section 'wasmedge' at offset 0x8");
    row("ELF in a section", minimal() + custom("extra", {0x7f, 'E', 'L', 'F', 2}), "native code: custom section 'extra'");
    row("imports from env", header() + types() + import("env", "system") + functions() + exported("_start", 0, 1) + code(),
        "'system' from 'env'");
    row("control characters are shown", header() + types() + import("e\x1b[2J", "f") + functions() + exported("_start", 0, 1) + code(),
        "e\\x1b[2J");
}

void TestWorkloadModule::admitsOnlyWhatAKeepRuns()
{
    QFETCH(QByteArray, module);
    QFETCH(QString, why);
    const auto info =
        admitModule({reinterpret_cast<const std::uint8_t *>(module.constData()), static_cast<std::size_t>(module.size())}, "a/b.wasm");
    QCOMPARE(info.has_value(), why.isEmpty());
    if (info)
        return;
    QVERIFY2(info.error().message().find(why.toStdString()) != std::string::npos, info.error().message().c_str());
    QVERIFY(info.error().where.starts_with("a/b.wasm"));
    QVERIFY(!info.error().remedy.empty());
}

void TestWorkloadModule::namesThatAreTooLargeAreNotRead()
{
    // A name that claims 4 GiB must neither be allocated nor read.
    const auto info = inspectModule(wasm::header() + wasm::section(0, {0xff, 0xff, 0xff, 0xff, 0x0f}));
    QVERIFY(!info);
    QVERIFY(info.error().why.find("ends too early") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestWorkloadModule)
#include "test_workload_module.moc"
