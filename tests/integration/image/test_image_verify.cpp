// SPDX-License-Identifier: Apache-2.0
// `keepctl image verify` on the image of this build folder, damaged in each way that files are: every one is found, and its file named.
#include "../keepctl/program.h"
#include "core/base/file.h"
#include "tests/support/vm_image.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

#include <algorithm>
#include <functional>
#include <utility>

using namespace kastellan;
namespace fs = std::filesystem;

namespace {

using Damage = std::function<void(const fs::path &)>;

constexpr std::uint64_t most = std::uint64_t{64} << 20;

/// Writes the file again with its bytes changed.
Damage changed(const std::function<void(Bytes &)> &change)
{
    return [change](const fs::path &path) {
        Bytes bytes = *readFile(path, most);
        change(bytes);
        QVERIFY(writeFileAtomically(path, bytes, 0644));
    };
}

} // namespace

class TestImageVerify : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        KASTELLAN_NEED_VM_IMAGE();
        fs::copy(test::vmImageFolder(), image());
        QCOMPARE(verify().exit, 0);
    }

    void findsDamage_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<std::function<void(const fs::path &)>>("damage");
        const std::pair<const char *, Damage> ways[] = {
            {"first bit", changed([](Bytes &bytes) { bytes.front() ^= 1; })},
            {"a bit in the middle", changed([](Bytes &bytes) { bytes[bytes.size() / 2] ^= 0x10; })},
            {"last bit", changed([](Bytes &bytes) { bytes.back() ^= 0x80; })},
            {"a byte less", changed([](Bytes &bytes) { bytes.pop_back(); })},
            {"a byte more", changed([](Bytes &bytes) { bytes.push_back(0); })},
            {"two bytes exchanged", changed([](Bytes &bytes) {
                 auto other = std::ranges::find_if(bytes, [&](auto byte) { return byte != bytes.front(); });
                 std::swap(bytes.front(), *other);
             })},
            {"empty", changed([](Bytes &bytes) { bytes.clear(); })},
            {"zeros", changed([](Bytes &bytes) { std::ranges::fill(bytes, std::uint8_t{0}); })},
            {"gone", [](const fs::path &path) { fs::remove(path); }},
            {"a folder", [](const fs::path &path) { fs::remove(path), fs::create_directory(path); }},
            {"a link that leads nowhere", [](const fs::path &path) { fs::remove(path), fs::create_symlink("nowhere", path); }},
            {"a device", [](const fs::path &path) { fs::remove(path), fs::create_symlink("/dev/zero", path); }},
            {"another file of the image",
                [](const fs::path &path) {
                    fs::copy_file(path.parent_path() / (path.filename() == "kernel" ? "initrd" : "kernel"), path,
                        fs::copy_options::overwrite_existing);
                }},
        };
        for (const char *file : {"firmware.fd", "kernel", "initrd", "sbom.spdx.json", "kernel.config"})
            for (const auto &[name, damage] : ways)
                QTest::addRow("%s: %s", file, name) << QByteArray(file) << damage;
    }
    void findsDamage()
    {
        QFETCH(QByteArray, file);
        QFETCH(std::function<void(const fs::path &)>, damage);
        damage(image() / file.constData());
        const test::Ran ran = verify();
        restore(file.constData());
        QVERIFY2(ran.exit == 1, ran.all());
        QVERIFY2(ran.err.contains((image() / file.constData()).c_str()), ran.all());
        QVERIFY2(ran.err.contains("keepctl image build"), ran.all()); // what to do about it
    }

    void findsDamageOfWhatSaysHowItIs_data()
    {
        QTest::addColumn<std::function<void(const fs::path &)>>("damage");
        QTest::addColumn<int>("exit");
        const auto said = [](const char *what, const char *instead) {
            return changed([what, instead](Bytes &bytes) {
                QByteArray text(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()));
                QVERIFY(text.contains(what));
                text.replace(what, instead);
                bytes.assign(text.begin(), text.end());
            });
        };
        QTest::newRow("gone") << Damage([](const fs::path &path) { fs::remove(path); }) << 3;
        QTest::newRow("empty") << changed([](Bytes &bytes) { bytes.clear(); }) << 2;
        QTest::newRow("cut") << changed([](Bytes &bytes) { bytes.resize(bytes.size() / 2); }) << 2;
        QTest::newRow("no JSON") << changed([](Bytes &bytes) { bytes.front() = 'x'; }) << 2;
        QTest::newRow("another size") << said("\"size\": 4194304", "\"size\": 4194303") << 1;
        QTest::newRow("a file less") << said("\"kernel\": {", "\"colonel\": {") << 2;
        QTest::newRow("a file elsewhere") << said("\"file\": \"kernel\"", "\"file\": \"../kernel\"") << 2;
        QTest::newRow("a weaker command line") << said("panic=-1", "nokaslr") << 2;
    }
    void findsDamageOfWhatSaysHowItIs()
    {
        QFETCH(std::function<void(const fs::path &)>, damage);
        QFETCH(int, exit);
        damage(image() / "image.json");
        const test::Ran ran = verify();
        restore("image.json");
        QVERIFY2(ran.exit == exit, ran.all());
    }

    void isWholeAgain() { QCOMPARE(verify().exit, 0); }

private:
    [[nodiscard]] fs::path image() const { return fs::path(m_folder.path().toStdString()) / "image"; }
    test::Ran verify()
    {
        return m_program.run({QStringLiteral("image"), QStringLiteral("verify"), QString::fromStdString(image().string())});
    }
    void restore(const char *file) const
    {
        fs::remove_all(image() / file);
        fs::copy_file(test::vmImageFolder() / file, image() / file);
    }

    QTemporaryDir m_folder;
    test::Program m_program;
};

QTEST_GUILESS_MAIN(TestImageVerify)
#include "test_image_verify.moc"
