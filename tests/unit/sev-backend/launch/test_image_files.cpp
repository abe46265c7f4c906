// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/launch/image_files.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

class TestImageFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(QStringLiteral("/tmp/kstl-XXXXXX")); }
    void readsAllInOrder();
    void isSealed();
    void staysAsItWas();
    void modesAreOfTwoKinds();
    void refuses_data();
    void refuses();
    void namesWhatDiffers();

private:
    [[nodiscard]] fs::path root() const { return m_folder->path().toStdString(); }
    void write(const std::string &path, const std::string &content, mode_t mode = 0644) const
    {
        fs::create_directories((root() / path).parent_path());
        std::ofstream(root() / path) << content;
        ::chmod((root() / path).c_str(), mode);
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestImageFiles::readsAllInOrder()
{
    write("usr/bin/warden", std::string(300'000, 'w'), 0755);
    write("usr/bin-2", "a");
    write("lib/x/y/z.so", "library");
    write("empty", "");
    const auto image = ImageFiles::read(root());
    QVERIFY2(image.has_value(), image ? "" : image.error().message().c_str());
    std::string paths;
    for (const auto &file : image->files())
        paths += file.path + " ";
    QCOMPARE(QByteArray::fromStdString(paths), "/empty /lib/x/y/z.so /usr/bin-2 /usr/bin/warden "); // bytewise, as the index wants it
    QCOMPARE(image->size(), 300'008u);
    QCOMPARE(QByteArray::fromStdString(std::string(asText(image->find("/lib/x/y/z.so")->content))), "library");
    QVERIFY(std::ranges::all_of(image->find("/usr/bin/warden")->content, [](auto byte) { return byte == 'w'; }));
    QVERIFY(image->find("/empty")->content.empty());
    QVERIFY(!image->find("/usr/bin"));
    QVERIFY(measureProcessKeep(image->files()).has_value());
}

void TestImageFiles::isSealed()
{
    write("file", "what is measured");
    const auto image = ImageFiles::read(root());
    QVERIFY(image.has_value());
    const int fd = image->bytes()[0].fd();
    QCOMPARE(::fcntl(fd, F_GET_SEALS) & (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
        F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    QCOMPARE(::pwrite(fd, "x", 1, 0), -1);
    QCOMPARE(errno, EPERM);
    QCOMPARE(::ftruncate(fd, 0), -1);
    QCOMPARE(::ftruncate(fd, 4096), -1);
    QVERIFY(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    QCOMPARE(::mprotect(const_cast<std::uint8_t *>(image->files()[0].content.data()), 4096, PROT_READ | PROT_WRITE), -1);
    QCOMPARE(QByteArray::fromStdString(std::string(asText(image->files()[0].content))), "what is measured");
}

void TestImageFiles::staysAsItWas()
{
    write("file", "before");
    auto image = ImageFiles::read(root());
    QVERIFY(image.has_value());
    const ImageFiles moved = std::move(*image);
    write("file", "behind our back");
    fs::remove(root() / "file");
    QCOMPARE(QByteArray::fromStdString(std::string(asText(moved.files()[0].content))), "before");
}

void TestImageFiles::modesAreOfTwoKinds()
{
    write("a", "x", 0700);
    write("b", "x", 0664);
    write("c", "x", 04755);
    write("d", "x", 0600);
    const auto image = ImageFiles::read(root());
    QVERIFY(image.has_value());
    QCOMPARE(image->files()[0].mode, 0755u);
    QCOMPARE(image->files()[1].mode, 0644u);
    QCOMPARE(image->files()[2].mode, 0755u);
    QCOMPARE(image->files()[3].mode, 0644u);
}

void TestImageFiles::refuses_data()
{
    QTest::addColumn<QString>("said");
    QTest::newRow("link") << "neither a file nor a folder";
    QTest::newRow("link to a folder") << "neither a file nor a folder";
    QTest::newRow("pipe") << "neither a file nor a folder";
    QTest::newRow("deep") << "deep";
    QTest::newRow("many") << "over 4096 files";
    QTest::newRow("huge") << "over 1 GiB";
    QTest::newRow("together huge") << "over 1 GiB";
    QTest::newRow("name") << "control character";
    QTest::newRow("empty") << "empty";
    QTest::newRow("nothing") << "no such folder";
}

void TestImageFiles::refuses()
{
    QFETCH(const QString, said);
    const QByteArray fault = QTest::currentDataTag();
    fs::path folder = root();
    if (fault != "empty" && fault != "nothing")
        write("usr/file", "x");
    if (fault == "link")
        fs::create_symlink("usr/file", folder / "link");
    else if (fault == "link to a folder")
        fs::create_directory_symlink("usr", folder / "link");
    else if (fault == "pipe")
        ::mkfifo((folder / "pipe").c_str(), 0600);
    else if (fault == "deep") {
        std::string path;
        for (int i = 0; i < 20; ++i)
            path += "d/";
        write(path + "file", "x");
    } else if (fault == "many") {
        for (int i = 0; i < 4097; ++i)
            std::ofstream(folder / std::to_string(i)) << "";
    } else if (fault == "huge") {
        fs::resize_file(folder / "usr/file", (std::uint64_t{1} << 30) + 1); // a hole: takes no room
    } else if (fault == "together huge") {
        write("usr/second", "x");
        fs::resize_file(folder / "usr/file", (std::uint64_t{1} << 30) + 1);
    } else if (fault == "name") {
        write("a\nb", "x");
    } else if (fault == "nothing") {
        folder /= "nowhere";
    }
    const auto image = ImageFiles::read(folder);
    QVERIFY(!image.has_value());
    QVERIFY2(QString::fromStdString(image.error().message()).contains(said), image.error().message().c_str());
}

void TestImageFiles::namesWhatDiffers()
{
    write("same", "same");
    write("changed", "one");
    write("more", "more");
    const auto digest = [](std::string_view text) { return sha256(asBytes(text)); };
    const auto image = ImageFiles::read(root());
    QVERIFY(image.has_value());
    const auto lines = image->differences({{"/same", 4, digest("same")}, {"/changed", 3, digest("two")}, {"/gone", 4, digest("gone")}});
    QCOMPARE(lines.size(), 3u);
    QCOMPARE(QByteArray::fromStdString(lines[0]),
        QByteArray::fromStdString(
            "/changed: its SHA-256 is " + toHex(digest("one").view()) + ", and " + toHex(digest("two").view()) + " was built"));
    QCOMPARE(QByteArray::fromStdString(lines[1]), "/more: it does not belong to the image");
    QCOMPARE(QByteArray::fromStdString(lines[2]), "/gone: it is missing");
    QVERIFY(image->differences({{"/same", 4, digest("same")}, {"/changed", 3, digest("one")}, {"/more", 4, digest("more")}}).empty());
}

QTEST_GUILESS_MAIN(TestImageFiles)
#include "test_image_files.moc"
