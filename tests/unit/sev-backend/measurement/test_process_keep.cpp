// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/measurement/launch_measurement.h"
#include "sev-backend/measurement/page_hash.h"
#include "sev-backend/measurement/process_keep.h"
#include "tests/support/vectors.h"

#include <QTest>

#include <set>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

std::string hex(const LaunchDigest &digest)
{
    return toHex(digest.bytes);
}

/// Pages that differ from each other.
Bytes patterned(std::size_t size, unsigned seed)
{
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8) * 7 + seed);
    return bytes;
}

} // namespace

class TestProcessKeep : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void firmwareOfTheVectors();
    void wholeGuestOfTheVectors();
    void vmsaOfTheVectors();
    void pagesInEveryWay();
    void layout();
    void everyPartIsMeasured();
    void unusableFiles_data();
    void unusableFiles();
    void indexComesBack();
    void indexRefusesWhatItWouldNotWrite();
    void tellsSizesThatDoNotFit();
};

void TestProcessKeep::firmwareOfTheVectors()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes firmware = test::vector("ovmf/ovmf_AmdSev_suffix.bin");
    LaunchMeasurement measurement;
    measurement.addPages(PageType::Normal, 0x100000000 - firmware.size(), firmware);
    QCOMPARE(hex(measurement.digest()), "086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74");
}

// The published digest of a guest without a kernel: firmware, the sections of its metadata, one VMSA of an EPYC-v4.
void TestProcessKeep::wholeGuestOfTheVectors()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes firmware = test::vector("ovmf/ovmf_AmdSev_suffix.bin");
    LaunchMeasurement measurement;
    measurement.addPages(PageType::Normal, 0x100000000 - firmware.size(), firmware);
    measurement.addAddresses(PageType::Zero, 0x800000, 9);
    measurement.addAddresses(PageType::Zero, 0x80a000, 3);
    measurement.addAddresses(PageType::Secrets, 0x80d000, 1);
    measurement.addAddresses(PageType::Cpuid, 0x80e000, 1);
    measurement.addAddresses(PageType::Zero, 0x80f000, 1);
    measurement.addAddresses(PageType::Zero, 0x810000, 1);
    measurement.addAddresses(PageType::Zero, 0x811000, 15);
    const auto vmsa = qemuVmsa({.cpuSignature = cpuSignature(23, 1, 2)});
    measurement.addPages(PageType::Vmsa, vmsaGpa, vmsa);
    QCOMPARE(hex(measurement.digest()), "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d");
}

void TestProcessKeep::vmsaOfTheVectors()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes expected = test::vector("vmsa/vmsa0.bin");
    const auto signature = loadLe<std::uint32_t>(expected, 0x310);
    const auto features = loadLe<std::uint64_t>(expected, 0x3b0);
    const auto page = qemuVmsa({.cpuSignature = signature, .sevFeatures = features, .mxcsr = 0, .fcw = 0});
    QCOMPARE(toHex(page), toHex(expected));
}

void TestProcessKeep::pagesInEveryWay()
{
    for (const std::size_t count : {1u, 7u, 8u, 63u, 64u, 65u, 129u, 1000u}) {
        const Bytes pages = patterned(count * pageSize, static_cast<unsigned>(count));
        std::vector<PageHashing> ways{PageHashing::OneByOne};
        for (const auto way : {PageHashing::FourAtOnce, PageHashing::EightAtOnce})
            if (way <= bestPageHashing()) // what this processor has
                ways.push_back(way);
        for (const auto how : ways)
            for (const unsigned threads : {1u, 2u, 3u}) {
                std::vector<Sha384> digests(count);
                hashPages(pages, digests, threads, how);
                for (std::size_t i = 0; i < count; ++i)
                    QCOMPARE(toHex(digests[i].bytes), toHex(sha384(ByteView(pages).subspan(i * pageSize, pageSize)).bytes));
            }
    }
}

void TestProcessKeep::layout()
{
    const Bytes warden = patterned(3 * pageSize + 17, 1), runner = patterned(pageSize, 2), empty;
    const auto keep = ProcessKeep::layOut(
        {{"/usr/bin/keep-warden", 0755, warden}, {"/usr/bin/keep-runner", 0755, runner}, {"/etc/nothing", 0644, empty}});
    QVERIFY(keep.has_value());
    const auto &runs = keep->runs();
    QCOMPARE(runs.size(), std::size_t{7}); // index, runner, warden whole, warden's end, secrets, CPUID, VMSA
    QCOMPARE(runs[0].gpa, process_keep::indexGpa);
    QCOMPARE(runs[1].gpa, process_keep::filesGpa);
    QCOMPARE(runs[1].of, std::string("/usr/bin/keep-runner"));
    QCOMPARE(runs[2].gpa, process_keep::filesGpa + pageSize);
    QCOMPARE(runs[3].gpa, process_keep::filesGpa + 4 * pageSize);
    QCOMPARE(runs[3].pages[16], warden.back());
    QCOMPARE(runs[3].pages[17], 0);
    QCOMPARE(runs[4].type, PageType::Secrets);
    QCOMPARE(runs[5].type, PageType::Cpuid);
    QCOMPARE(runs[6].gpa, vmsaGpa);
    QCOMPARE(keep->pageCount(), std::uint64_t{1 + 1 + 4 + 3});
    const auto index = KeepIndex::decode(runs[0].pages);
    QVERIFY(index.has_value());
    QCOMPARE(*index, keep->index());

    // The same by hand, page by page: what the firmware does.
    LaunchMeasurement measurement;
    for (const auto &run : runs)
        for (std::size_t at = 0; at < run.pages.size(); at += pageSize) {
            if (contentsMeasured(run.type))
                measurement.addPages(run.type, run.gpa + at, run.pages.subspan(at, pageSize));
            else
                measurement.addAddresses(run.type, run.gpa + at, 1);
        }
    QCOMPARE(hex(measureProcessKeep(*keep)), hex(measurement.digest()));
}

void TestProcessKeep::everyPartIsMeasured()
{
    const auto digest = [](std::vector<KeepFile> files, std::vector<std::string> command = {"/a", "--process"}) {
        const auto keep = ProcessKeep::layOut(std::move(files), std::move(command));
        return keep ? hex(measureProcessKeep(*keep)) : keep.error().message();
    };
    Bytes a = patterned(5000, 1), b = patterned(100, 2);
    const std::string good = digest({{"/a", 0755, a}, {"/b", 0644, b}});
    QCOMPARE(digest({{"/b", 0644, b}, {"/a", 0755, a}}), good); // the order of the caller does not matter
    std::set<std::string> all{good};
    for (const std::size_t at : {0u, 4095u, 4096u, 4999u}) {
        Bytes changed = a;
        changed[at] ^= 1;
        all.insert(digest({{"/a", 0755, changed}, {"/b", 0644, b}}));
    }
    Bytes longer = b;
    longer.push_back(0); // the same page contents, another size
    all.insert(digest({{"/a", 0755, a}, {"/b", 0644, longer}}));
    all.insert(digest({{"/a", 0755, a}, {"/b", 0755, b}}));
    all.insert(digest({{"/a", 0755, a}, {"/c", 0644, b}}));
    all.insert(digest({{"/a", 0755, a}}));
    all.insert(digest({{"/a", 0755, a}, {"/b", 0644, b}}, {"/a", "--other"}));
    all.insert(digest({{"/a", 0755, a}, {"/b", 0644, b}}, {"/a"}));
    QCOMPARE(all.size(), std::size_t{11});
}

void TestProcessKeep::unusableFiles_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<unsigned>("mode");
    QTest::addColumn<QString>("why");
    QTest::newRow("relative") << QStringLiteral("usr/bin/x") << 0755u << QStringLiteral("not absolute");
    QTest::newRow("root") << QStringLiteral("/") << 0755u << QStringLiteral("root");
    QTest::newRow("parent") << QStringLiteral("/usr/../x") << 0755u << QStringLiteral("'..'");
    QTest::newRow("dot") << QStringLiteral("/./x") << 0755u << QStringLiteral("'.'");
    QTest::newRow("double slash") << QStringLiteral("/usr//x") << 0755u << QStringLiteral("empty");
    QTest::newRow("folder") << QStringLiteral("/usr/") << 0755u << QStringLiteral("empty");
    QTest::newRow("control character") << QStringLiteral("/a\nb") << 0755u << QStringLiteral("control");
    QTest::newRow("long") << QString(QLatin1Char('/') + QString(4095, QLatin1Char('x'))) << 0755u << QStringLiteral("4095");
    QTest::newRow("set-uid") << QStringLiteral("/x") << 04755u << QStringLiteral("permission");
    QTest::newRow("twice") << QStringLiteral("/other") << 0755u << QStringLiteral("twice");
}

void TestProcessKeep::unusableFiles()
{
    QFETCH(QString, path);
    QFETCH(unsigned, mode);
    QFETCH(QString, why);
    const Bytes content = patterned(10, 0);
    const auto keep = ProcessKeep::layOut({{"/other", 0755, content}, {path.toStdString(), mode, content}});
    QVERIFY(!keep.has_value());
    QVERIFY2(keep.error().why.contains(why.toStdString()), keep.error().message().c_str());
}

void TestProcessKeep::indexComesBack()
{
    KeepIndex index;
    index.command = {"/usr/bin/keep-warden", "--process", ""};
    for (int i = 100; i < 400; ++i)
        index.files.push_back(
            {"/lib/file-" + std::to_string(i), 0100644, static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i) * pageSize});
    const auto pages = index.encode();
    QVERIFY(pages.has_value());
    QCOMPARE(pages->size() % pageSize, std::size_t{0});
    const auto again = KeepIndex::decode(*pages);
    QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
    QCOMPARE(*again, index);
}

void TestProcessKeep::indexRefusesWhatItWouldNotWrite()
{
    KeepIndex index;
    index.command = {"/w"};
    index.files = {{"/a", 0100755, 5, pageSize}, {"/b", 0100644, 6, 2 * pageSize}};
    const Bytes good = *index.encode();
    QVERIFY(KeepIndex::decode(good).has_value());
    for (std::size_t length = 0; length < good.size(); length += 7)
        QVERIFY(!KeepIndex::decode(ByteView(good).first(length)).has_value());
    // Any changed byte is refused, or means something else: no two images have one reading.
    for (std::size_t at = 0; at < good.size(); ++at) {
        Bytes changed = good;
        changed[at] ^= 0x40;
        const auto read = KeepIndex::decode(changed);
        if (read)
            QCOMPARE(toHex(*read->encode()), toHex(changed));
    }
}

void TestProcessKeep::tellsSizesThatDoNotFit()
{
    const Bytes content = patterned(10, 0);
    std::vector<KeepFile> files;
    for (int i = 0; i < 5000; ++i)
        files.push_back({"/" + std::string(4000, 'x') + std::to_string(i), 0644, content});
    const auto keep = ProcessKeep::layOut(std::move(files));
    QVERIFY(!keep.has_value());
    QVERIFY(keep.error().why.contains("15 MiB"));
}

QTEST_GUILESS_MAIN(TestProcessKeep)
#include "test_process_keep.moc"
