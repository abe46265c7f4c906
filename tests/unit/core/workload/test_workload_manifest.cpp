// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/workload/delivery.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;

namespace {

std::vector<DeliveryItem> sample()
{
    return {{"configuration", 120, sha256(asBytes("c")), {}}, {"module", 27758, sha256(asBytes("m")), {}},
        {"module.aot", 202496, sha256(asBytes("a")), "wasmedge 0.14.1; --generic-binary; x86-64-v3; module sha256:00"},
        {"secret:token", 6, hmacSha256(asBytes("k"), {asBytes("s")}), {}}};
}

std::string text(const std::vector<DeliveryItem> &items)
{
    return std::string(asText(canonicalManifest(items)));
}

} // namespace

class TestWorkloadManifest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hasTheDocumentedForm();
    void comesBackAsItWas();
    void anyOrderGivesTheSameBytes();
    void anyCharacterComesBack();
    void everyOtherFormIsRefused_data();
    void everyOtherFormIsRefused();
    void everyByteCounts();
    void isBounded();
};

void TestWorkloadManifest::hasTheDocumentedForm()
{
    QCOMPARE(text({{"module", 5, sha256(asBytes("hello")), "a note"}}),
        "kastellan-manifest-1\nmodule\t5\tsha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\ta note\n");
    QVERIFY(text(sample()).find("secret:token\t6\thmac-sha256:") != std::string::npos);
    QCOMPARE(text({}), "kastellan-manifest-1\n");
}

void TestWorkloadManifest::comesBackAsItWas()
{
    const auto read = parseManifest(canonicalManifest(sample()));
    QVERIFY2(read, read ? "" : read.error().message().c_str());
    QVERIFY(*read == sample());
}

void TestWorkloadManifest::anyOrderGivesTheSameBytes()
{
    auto items = sample();
    const auto expected = canonicalManifest(items);
    std::ranges::sort(items, {}, &DeliveryItem::size);
    do
        QVERIFY(canonicalManifest(items) == expected);
    while (std::ranges::next_permutation(items, {}, &DeliveryItem::size).found);
}

void TestWorkloadManifest::anyCharacterComesBack()
{
    std::string all;
    for (int value = 0; value < 256; ++value)
        all += static_cast<char>(value);
    const std::vector<DeliveryItem> items{{all, 1, {}, all}};
    const auto read = parseManifest(canonicalManifest(items));
    QVERIFY2(read, read ? "" : read.error().message().c_str());
    QVERIFY(*read == items);
    QCOMPARE(std::ranges::count(canonicalManifest(items), '\n'), 2);
}

void TestWorkloadManifest::everyOtherFormIsRefused_data()
{
    QTest::addColumn<QByteArray>("manifest");
    QTest::addColumn<QString>("line");
    const QByteArray head = "kastellan-manifest-1\n", digest = "sha256:" + QByteArray(64, 'a');
    const auto row = [](const char *name, const QByteArray &manifest, const char *line) { QTest::newRow(name) << manifest << line; };
    row("empty", "", "line 1");
    row("other version", "kastellan-manifest-2\n", "line 1");
    row("no line feed", "kastellan-manifest-1", "line 1");
    row("no line feed after an item", head + "module\t1\t" + digest + "\t", "line 2");
    row("three fields", head + "module\t1\t" + digest + "\n", "line 2");
    row("no name", head + "\t1\t" + digest + "\t\n", "line 2");
    row("leading zero", head + "module\t01\t" + digest + "\t\n", "line 2");
    row("plus sign", head + "module\t+1\t" + digest + "\t\n", "line 2");
    row("size too large", head + "module\t18446744073709551616\t" + digest + "\t\n", "line 2");
    row("upper-case digest", head + "module\t1\t" + digest.toUpper().replace("SHA", "sha") + "\t\n", "line 2");
    row("short digest", head + "module\t1\t" + digest.chopped(2) + "\t\n", "line 2");
    row("spaces in the digest", head + "module\t1\tsha256: " + QByteArray(62, 'a') + " \t\n", "line 2");
    row("module with a keyed digest", head + "module\t1\thmac-" + digest + "\t\n", "line 2");
    row("secret with a plain digest", head + "secret:x\t1\t" + digest + "\t\n", "line 2");
    row("out of order", head + "module\t1\t" + digest + "\t\nconfiguration\t1\t" + digest + "\t\n", "line 3");
    row("twice", head + "module\t1\t" + digest + "\t\nmodule\t1\t" + digest + "\t\n", "line 3");
    row("escape without need", head + "module\t1\t" + digest + "\t%41\n", "line 2");
    row("lower-case escape", head + "module\t1\t" + digest + "\t%0a\n", "line 2");
    row("cut escape", head + "module\t1\t" + digest + "\t%0\n", "line 2");
    row("tab in the note", head + "module\t1\t" + digest + "\ta\tb\n", "line 2");
    row("carriage return", head + "module\t1\t" + digest + "\t\r\n", "line 2");
    row("empty line", head + "\n", "line 2");
}

void TestWorkloadManifest::everyOtherFormIsRefused()
{
    QFETCH(QByteArray, manifest);
    QFETCH(QString, line);
    const auto read = parseManifest(asBytes(std::string_view(manifest.constData(), static_cast<std::size_t>(manifest.size()))));
    QVERIFY(!read);
    QCOMPARE(read.error().where, line.toStdString());
}

void TestWorkloadManifest::everyByteCounts()
{
    // Whatever is changed in a manifest, it is refused or says something else: no two forms of one content.
    const Bytes whole = canonicalManifest(sample());
    const auto items = sample();
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (const std::uint8_t value : {'\0', '\t', '\n', ' ', '%', '0', 'A', 'a', '\x7f'}) {
            Bytes changed = whole;
            if (changed[i] == value)
                continue;
            changed[i] = value;
            if (const auto read = parseManifest(changed)) {
                QVERIFY(*read != items);
                QVERIFY(canonicalManifest(*read) == changed);
            }
        }
    for (std::size_t size = 0; size < whole.size(); ++size)
        if (const auto read = parseManifest(ByteView(whole).first(size)))
            QVERIFY(read->size() < items.size());
}

void TestWorkloadManifest::isBounded()
{
    std::vector<DeliveryItem> items;
    for (std::size_t i = 0; i < manifestItemLimit; ++i)
        items.push_back({"secret:" + std::to_string(i), 1, {}, {}});
    QVERIFY(parseManifest(canonicalManifest(items)));
    items.push_back({"secret:x", 1, {}, {}});
    QVERIFY(!parseManifest(canonicalManifest(items)));
    QVERIFY(!parseManifest(canonicalManifest({{"module", 1, {}, std::string(manifestLimit, 'x')}})));
}

QTEST_GUILESS_MAIN(TestWorkloadManifest)
#include "test_workload_manifest.moc"
