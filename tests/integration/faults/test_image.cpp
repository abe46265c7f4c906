// SPDX-License-Identifier: Apache-2.0
#include "fault.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <algorithm>
#include <fstream>

using namespace kastellan;
using namespace kastellan::test;
namespace fs = std::filesystem;

/// The keep image on the disk is not the one that was built: whatever differs, nothing is sent.
class TestImage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void oneBitOfAFile_data();
    void oneBitOfAFile();
    void aBitSomewhereInAFile_data();
    void aBitSomewhereInAFile();
    void aFileMore();
    void aFileLess();
    void aModeChanged();
    void aLinkIsNotFollowed();
    void noImageAtAll();

private:
    void mustBeRefused(const std::string &named);
    std::unique_ptr<Scene> m_scene;
    fs::path m_image;
};

namespace {

void flip(const fs::path &file, std::streamoff offset)
{
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(offset);
    const int byte = stream.get();
    stream.seekp(offset);
    stream.put(static_cast<char>(byte ^ 1));
    if (!stream)
        qFatal("cannot flip a bit of %s", file.c_str());
}

void filesOfTheImage()
{
    QTest::addColumn<QString>("path");
    for (const auto &entry : fs::recursive_directory_iterator(keepImageFolder()))
        if (entry.is_regular_file()) {
            const std::string path = entry.path().lexically_relative(keepImageFolder()).string();
            QTest::newRow(path.c_str()) << QString::fromStdString(path);
        }
}

} // namespace

void TestImage::init()
{
    m_scene = std::make_unique<Scene>();
    m_image = m_scene->folder().path() / "image";
    fs::copy(keepImageFolder(), m_image, fs::copy_options::recursive);
    ::setenv("KASTELLAN_KEEP_IMAGE", m_image.c_str(), 1);
}

void TestImage::cleanup()
{
    if (m_scene)
        QCOMPARE(m_scene->leftovers(), "");
    m_scene.reset();
}

void TestImage::mustBeRefused(const std::string &named)
{
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused, *watch);
    VERIFY_KEEP(watch->status().verdict == "refused", *watch);
    VERIFY_KEEP(watch->status().reason.find("launch.digest") != std::string::npos, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
    QVERIFY(!fs::exists(keeps::folder(watch->id()) / "manifest.bin"));
    const auto records = m_scene->records(watch->id());
    QCOMPARE(records.size(), std::size_t(1));
    QVERIFY2(std::ranges::any_of(records[0].appraisal.findings,
                 [&](const Finding &finding) { return (finding.actual + finding.remedy + finding.why).find(named) != std::string::npos; }),
        ("no finding names " + named).c_str());
}

void TestImage::oneBitOfAFile_data()
{
    filesOfTheImage();
}

void TestImage::oneBitOfAFile()
{
    QFETCH(QString, path);
    // A byte that nobody reads: where the ELF head says that the sections are, which only linkers ask. The keep works as before, and its
    // report gives it away.
    flip(m_image / path.toStdString(), 0x28);
    mustBeRefused("/" + path.toStdString());
}

void TestImage::aBitSomewhereInAFile_data()
{
    filesOfTheImage();
}

void TestImage::aBitSomewhereInAFile()
{
    QFETCH(QString, path);
    const fs::path file = m_image / path.toStdString();
    flip(file, static_cast<std::streamoff>(fs::file_size(file) / 2));
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    // It may be so broken that it never answers; then it failed, and that is named too.
    VERIFY_KEEP(watch->status().state == KeepState::Refused || watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(!watch->status().reason.empty(), *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
}

void TestImage::aFileMore()
{
    std::ofstream(m_image / "usr/bin/extra") << "more";
    mustBeRefused("/usr/bin/extra");
}

void TestImage::aFileLess()
{
    QVERIFY(fs::remove(m_image / "usr/bin/keep-runner"));
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused || watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
}

void TestImage::aModeChanged()
{
    const auto library = std::ranges::find_if(fs::recursive_directory_iterator(m_image), [](const fs::directory_entry &entry) {
        return entry.is_regular_file() && (entry.status().permissions() & fs::perms::owner_exec) == fs::perms::none;
    });
    QVERIFY(library != fs::recursive_directory_iterator());
    fs::permissions(library->path(), fs::perms::owner_exec, fs::perm_options::add);
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused, *watch);
}

void TestImage::aLinkIsNotFollowed()
{
    fs::rename(m_image / "usr/bin/keep-runner", m_scene->folder().path() / "elsewhere");
    fs::create_symlink(m_scene->folder().path() / "elsewhere", m_image / "usr/bin/keep-runner");
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(watch->status().reason.find("keep-runner") != std::string::npos, *watch);
}

void TestImage::noImageAtAll()
{
    fs::remove_all(m_image);
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(watch->status().reason.find(m_image.string()) != std::string::npos, *watch);
}

QTEST_GUILESS_MAIN(TestImage)
#include "test_image.moc"
