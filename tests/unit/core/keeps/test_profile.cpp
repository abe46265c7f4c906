// SPDX-License-Identifier: Apache-2.0
// Launch profiles: nothing is lost on the way to a file and back, nothing is replaced unasked, and a damaged one says what is wrong.
#include "core/base/file.h"
#include "core/keeps/profile.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

#include <sys/stat.h>

using namespace kastellan;

class TestProfile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comesBackWhole();
    void replacesOnlyWhenAsked();
    void isPrivate();
    void findsByNameAndByFile();
    void names_data();
    void names();
    void damageIsNamed_data();
    void damageIsNamed();
    void oneDamagedFileHidesNoOther();

private:
    test::DataFolder m_data;
};

namespace {

LaunchProfile sample()
{
    LaunchProfile profile;
    profile.name = "web-1";
    profile.saved = 1'700'000'000;
    profile.secretFiles = {{"token", "/home/me/token"}};
    LaunchRequest &request = profile.request;
    request.workload = "/srv/app";
    request.host = "qemu:///session";
    request.name = "web";
    request.args = {"--port", "80"};
    request.env = {{"A", "b"}, {"ÄÖ", "\xe2\x82\xac"}};
    request.secretNames = {"token", "other"};
    request.expectDigest.emplace();
    request.expectDigest->bytes.fill(0xab);
    request.expectShortDigest.emplace();
    request.minimumTcb = {{"snp", 3}, {"ucode", 255}};
    request.policy = "[tcb]\n";
    request.execution = "aot";
    request.ownerKey = "me";
    request.allowDebug = request.strict = request.noSandbox = true;
    request.machine.technology = "snp";
    request.machine.rehearse = true;
    request.machine.vcpus = 4;
    request.machine.policy = 0xffff'ffff'0003'0000ULL;
    request.machine.ports = {{"udp", 53, 5353}};
    request.machine.whole = MachineImage{"/k", "/i", "console=ttyS0 \"x\"", "/d"};
    return profile;
}

QByteArray message(const Status &status)
{
    return status ? QByteArray() : QByteArray::fromStdString(status.error().message());
}

} // namespace

void TestProfile::comesBackWhole()
{
    const LaunchProfile profile = sample();
    const auto back = profiles::fromJson(profiles::toJson(profile), "a test");
    QVERIFY2(back, back ? "" : back.error().message().c_str());
    const LaunchRequest &was = profile.request, &is = back->request;
    QVERIFY(back->name == profile.name && back->saved == profile.saved && back->secretFiles == profile.secretFiles);
    QVERIFY(is.workload == was.workload && is.host == was.host && is.name == was.name && is.args == was.args && is.env == was.env);
    QVERIFY(is.secretNames == was.secretNames && is.expectDigest == was.expectDigest && is.expectShortDigest == was.expectShortDigest);
    QVERIFY(is.minimumTcb == was.minimumTcb && is.policy == was.policy && is.execution == was.execution && is.ownerKey == was.ownerKey);
    QVERIFY(is.allowDebug && is.strict && is.noSandbox && is.machine == was.machine);
    QCOMPARE(profiles::toJson(*back), profiles::toJson(profile)); // and whatever is added to it later
}

void TestProfile::replacesOnlyWhenAsked()
{
    LaunchProfile profile = sample();
    profile.name = "once";
    QVERIFY(profiles::save(profile, false));
    profile.request.host = "emulated";
    const Status again = profiles::save(profile, false);
    QVERIFY2(message(again).contains("--force"), message(again));
    QCOMPARE(profiles::load("once")->request.host, std::string("qemu:///session"));
    QVERIFY(profiles::save(profile, true));
    QCOMPARE(profiles::load("once")->request.host, std::string("emulated"));
    QVERIFY(profiles::remove("once"));
    QVERIFY(!profiles::load("once"));
    QVERIFY(!profiles::remove("once"));
}

void TestProfile::isPrivate()
{
    LaunchProfile profile = sample();
    profile.name = "private";
    QVERIFY(profiles::save(profile, false));
    struct stat file{};
    QCOMPARE(::stat((dataFolder() / "profiles/private.json").c_str(), &file), 0);
    QCOMPARE(file.st_mode & 0777, 0600u);
    profile.name = "relative";
    profile.request.workload = "app";
    QVERIFY(!profiles::save(profile, false)); // it would mean another file elsewhere
    QVERIFY(profiles::remove("private"));
}

void TestProfile::findsByNameAndByFile()
{
    QVERIFY(profiles::save(sample(), false));
    QCOMPARE(profiles::load("web-1")->name, std::string("web-1"));
    const auto file = dataFolder() / "handed-on";
    QVERIFY(writeFileAtomically(file, asBytes(profiles::toJson(sample()))));
    QCOMPARE(profiles::load(file.string())->request.host, std::string("qemu:///session"));
    const auto none = profiles::load("wbe-1");
    QVERIFY(!none && none.error().message().contains("web-1"));
    QVERIFY(profiles::remove("web-1"));
}

void TestProfile::names_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<bool>("good");
    QTest::newRow("plain") << QByteArray("web_1.prod-x") << true;
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("folder") << QByteArray("a/b") << false;
    QTest::newRow("up") << QByteArray("..") << false;
    QTest::newRow("option") << QByteArray("-x") << false;
    QTest::newRow("blank") << QByteArray("a b") << false;
    QTest::newRow("65") << QByteArray(65, 'a') << false;
    QTest::newRow("64") << QByteArray(64, 'a') << true;
}

void TestProfile::names()
{
    QFETCH(const QByteArray, name);
    QFETCH(const bool, good);
    LaunchProfile profile = sample();
    profile.name = name.toStdString();
    QCOMPARE(profiles::save(profile, false).has_value(), good);
    if (good)
        QVERIFY(profiles::remove(profile.name));
}

void TestProfile::damageIsNamed_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<QByteArray>("says");
    const auto row = [](const char *name, const char *from, const char *to, const char *says) {
        QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QByteArray(says);
    };
    row("another version", "kastellan-profile-1", "kastellan-profile-9", "kastellan-profile-1");
    row("unknown member", "\"keep_name\"", "\"kep_name\"", "kep_name");
    row("a floor too high", "\"snp\": 3", "\"snp\": 300", "0 to 255");
    row("a short digest", "abab\"", "\"", "bytes");
    row("a file for no secret", "\"token\": \"/home", "\"tokn\": \"/home", "tokn");
    row("a variable that is a number", "\"A\": \"b\"", "\"A\": 5", "'A'");
    row("a port of none", "\"udp\"", "\"sctp\"", "tcp");
    row("a name that leaves the folder", "\"web-1\"", "\"../x\"", "name");
}

void TestProfile::damageIsNamed()
{
    QFETCH(const QByteArray, from);
    QFETCH(const QByteArray, to);
    QFETCH(const QByteArray, says);
    QByteArray text = QByteArray::fromStdString(profiles::toJson(sample()));
    QVERIFY(text.contains(from));
    text.replace(text.indexOf(from), from.size(), to);
    const auto profile = profiles::fromJson(text.toStdString(), "damaged.json");
    QVERIFY(!profile);
    const QByteArray message = QByteArray::fromStdString(profile.error().message());
    QVERIFY2(message.contains(says) && message.contains("damaged.json"), message);
}

void TestProfile::oneDamagedFileHidesNoOther()
{
    QVERIFY(profiles::save(sample(), false));
    QVERIFY(writeFileAtomically(dataFolder() / "profiles/bad.json", asBytes(std::string_view("{"))));
    std::vector<Error> problems;
    const auto all = profiles::list(&problems);
    QVERIFY(all);
    QCOMPARE(all->size(), 1u);
    QCOMPARE(problems.size(), 1u);
    QVERIFY(problems.front().message().contains("bad.json"));
}

QTEST_GUILESS_MAIN(TestProfile)
#include "test_profile.moc"
