// SPDX-License-Identifier: Apache-2.0
// Keeps in virtual machines, rehearsed, as a person launches them: the same workloads, configuration and secrets as on the emulated host
// give the same output; whatever dies, nothing is lost that could be kept, and nothing stays behind.
#include "core/keeps/keep_client.h"
#include "rehearsed_scene.h"
#include "tests/support/vm_image.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

#include <csignal>
#include <optional>

#include <sys/types.h>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestRehearsedKeeps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void workloads_data();
    void workloads();
    void leftAloneAndFoundAgain();
    void twoAtOnceAndALoaderThatDies();
    void libvirtThatDies();
    void qemuThatDies();
    void interruptedWhileItBoots();
    void anotherImageIsRefused_data();
    void anotherImageIsRefused();

private:
    /// A copy of the keep image for machines.
    [[nodiscard]] QString imageCopy(const QString &name);

    std::optional<RehearsedScene> m_scene;
};

void TestRehearsedKeeps::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_scene.emplace();
}

void TestRehearsedKeeps::cleanup()
{
    if (m_scene)
        QCOMPARE(SessionDaemon::domains(), QByteArray());
}

QString TestRehearsedKeeps::imageCopy(const QString &name)
{
    const QString folder = m_scene->program().path(name), image = QString::fromStdString(vmImageFolder().string());
    QDir().mkpath(folder);
    for (const QString &file : QDir(image).entryList(QDir::Files))
        QFile::copy(image + u'/' + file, folder + u'/' + file);
    return folder;
}

void TestRehearsedKeeps::workloads_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("machine");
    QTest::addColumn<QByteArray>("input");
    QTest::newRow("hello") << QStringList{example("hello"), u"--arg"_s, u"Ada"_s} << QStringList{} << QByteArray();
    QTest::newRow("echo") << QStringList{example("echo")} << QStringList{} << QByteArray(300'000, 'e') + "\n";
    QTest::newRow("secret") << QStringList{u"--secret"_s, u"token=SECRET"_s, example("secret")} << QStringList{} << QByteArray();
    QTest::newRow("compute, four processors") << QStringList{example("compute")} << QStringList{u"--vcpus"_s, u"4"_s} << QByteArray();
}

/// The same module, configuration and secrets under all three technologies, at once: the same output as on the emulated host.
void TestRehearsedKeeps::workloads()
{
    NEED_SCENE();
    QFETCH(QStringList, words);
    QFETCH(const QStringList, machine);
    QFETCH(const QByteArray, input);
    Program &program = m_scene->program();
    words.replaceInStrings(u"SECRET"_s, program.write(u"secret"_s, "correct horse battery staple"));
    std::vector<std::pair<QString, std::unique_ptr<QProcess>>> launches;
    for (const auto &technology : {u"snp"_s, u"es"_s, u"sev"_s})
        launches.emplace_back(
            technology, program.start(RehearsedScene::launch(QStringList{u"--json"_s, u"--technology"_s, technology} + machine + words)));
    const Ran wanted = program.run(QStringList{u"keep"_s, u"launch"_s, u"--json"_s} + words, input);
    QVERIFY2(wanted.exit == 0, wanted.all());
    const QJsonObject output = wanted.json()["output"_L1].toObject();
    QVERIFY(!output["stdout"_L1].toObject()["text"_L1].toString().isEmpty());
    for (const auto &[technology, process] : launches) {
        process->write(input);
        process->closeWriteChannel();
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit == 0, ran.all());
        const QJsonObject json = ran.json();
        QCOMPARE(json["output"_L1].toObject(), output);
        // Without SEV-SNP what runs is the owner's word.
        QCOMPARE(json["verdict"_L1].toString(), technology == "snp"_L1 ? u"trusted"_s : u"authentic"_s);
        QCOMPARE(finding(json, u"workload.digest"_s)["result"_L1].toString(), technology == "snp"_L1 ? u"pass"_s : u"unknown"_s);
        QCOMPARE(json["emulated"_L1].toBool(), true);
        QCOMPARE(json["state"_L1].toString(), u"stopped"_s);
    }
}

/// Left alone and found again by others, who hear what was said meanwhile.
void TestRehearsedKeeps::leftAloneAndFoundAgain()
{
    NEED_SCENE();
    const auto left = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"alone"_s, example("echo")}));
    QVERIFY2(m_scene->becomes(u"alone"_s, u"running"_s), left->readAllStandardError());
    left->kill();
    QVERIFY(left->waitForFinished(60'000));
    QCOMPARE(m_scene->shown(u"alone"_s)["state"_L1].toString(), u"running"_s);
    const auto id = keeps::find("alone");
    QVERIFY(id);
    {
        const auto client = KeepClient::connect(id->plan.id);
        QVERIFY(client && (*client)->sendInput(asBytes("said to a keep that was left alone\n")));
    }
    QVERIFY(QTest::qWaitFor(
        [&] { return m_scene->program().run({u"keep"_s, u"logs"_s, u"alone"_s}).out == "said to a keep that was left alone\n"; }, 60'000));
    const Ran attested = m_scene->program().run({u"keep"_s, u"attest"_s, u"alone"_s});
    QVERIFY2(attested.exit == 0, attested.all());
    const auto client = KeepClient::connect(id->plan.id);
    QVERIFY(client && (*client)->closeInput());
    QVERIFY(m_scene->becomes(u"alone"_s, u"stopped"_s));
    QCOMPARE(m_scene->shown(u"alone"_s)["exit_code"_L1].toInt(-1), 0);
}

void TestRehearsedKeeps::twoAtOnceAndALoaderThatDies()
{
    NEED_SCENE();
    const auto one = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"one"_s, example("echo")}));
    const auto two = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"two"_s, example("echo")}));
    QJsonObject first;
    QVERIFY2(m_scene->becomes(u"one"_s, u"running"_s, &first), one->readAllStandardError());
    QVERIFY2(m_scene->becomes(u"two"_s, u"running"_s), two->readAllStandardError());
    QCOMPARE(SessionDaemon::domains().count('\n'), 1); // two lines
    // A loader dies with its keepctl: a new one finds the machine again, and appraises it before anything flows.
    const qsizetype records = first["records"_L1].toArray().size();
    QCOMPARE(::kill(static_cast<pid_t>(first["loader"_L1]["pid"_L1].toInt()), SIGKILL), 0);
    static_cast<void>(Program::finish(*one));
    const Ran recovered = m_scene->program().run({u"keep"_s, u"recover"_s, u"one"_s});
    QVERIFY2(recovered.exit == 0, recovered.all());
    QVERIFY(QTest::qWaitFor(
        [&] {
            first = m_scene->shown(u"one"_s);
            return first["records"_L1].toArray().size() > records && first["state"_L1].toString() == u"running"_s;
        },
        60'000));
    QCOMPARE(first["verdict"_L1].toString(), u"trusted"_s);
    // The other has noticed nothing of it.
    two->write("still here\n");
    two->closeWriteChannel();
    const Ran second = Program::finish(*two);
    QVERIFY2(second.exit == 0 && second.out == "still here\n", second.all());
    const Ran stopped = m_scene->program().run({u"keep"_s, u"stop"_s, u"one"_s});
    QVERIFY2(stopped.exit == 0, stopped.all());
}

void TestRehearsedKeeps::libvirtThatDies()
{
    NEED_SCENE();
    const auto keep = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"outlives"_s, example("echo")}));
    QVERIFY2(m_scene->becomes(u"outlives"_s, u"running"_s), keep->readAllStandardError());
    const pid_t daemon = m_scene->daemon().daemon();
    QVERIFY(daemon > 1 && ::kill(daemon, SIGKILL) == 0);
    // The machine goes on; the loader finds its way back to it.
    keep->write("after libvirt's death\n");
    keep->closeWriteChannel();
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit == 0 && ran.out == "after libvirt's death\n", ran.all());
}

void TestRehearsedKeeps::qemuThatDies()
{
    NEED_SCENE();
    const auto keep = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"dies"_s, example("echo")}));
    QVERIFY2(m_scene->becomes(u"dies"_s, u"running"_s), keep->readAllStandardError());
    const pid_t qemu = m_scene->processIn(u"kastellan-*.pid"_s);
    QVERIFY(qemu > 1 && ::kill(qemu, SIGKILL) == 0);
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit != 0 && ran.exit != -1, ran.all());
    const QJsonObject last = m_scene->shown(u"dies"_s);
    QCOMPARE(last["state"_L1].toString(), u"failed"_s);
    QVERIFY2(!last["reason"_L1].toString().isEmpty(), ran.all());
}

void TestRehearsedKeeps::interruptedWhileItBoots()
{
    NEED_SCENE();
    const auto keep = m_scene->program().start(RehearsedScene::launch({u"--name"_s, u"unwanted"_s, example("echo")}));
    QVERIFY2(m_scene->becomes(u"unwanted"_s, u"attesting"_s), keep->readAllStandardError());
    keep->terminate();
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit != 0 && ran.exit != -1, ran.all());
    QVERIFY(m_scene->becomes(u"unwanted"_s, u"stopped"_s));
}

void TestRehearsedKeeps::anotherImageIsRefused_data()
{
    QTest::addColumn<QString>("file");
    for (const char *file : {"firmware.fd", "kernel", "initrd", "image.json"})
        QTest::newRow(file) << QString::fromLatin1(file);
}

void TestRehearsedKeeps::anotherImageIsRefused()
{
    NEED_SCENE();
    QFETCH(const QString, file);
    const QString image = imageCopy(u"image-"_s + file);
    QFile changed(image + u'/' + file);
    QVERIFY(changed.open(QIODevice::ReadWrite));
    QByteArray content = changed.readAll();
    if (file == "image.json"_L1)
        content.replace("oops=panic", "mitigations=off");
    else
        content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    changed.seek(0);
    changed.resize(0);
    changed.write(content);
    changed.close();
    const Ran ran = m_scene->run({u"--image"_s, image, example("hello")});
    QVERIFY2(ran.exit == 125 && ran.out.isEmpty(), ran.all());
    QVERIFY2(ran.err.contains(file == "image.json"_L1 ? "mitigations=off" : file.toUtf8()), ran.all());
}

QTEST_GUILESS_MAIN(TestRehearsedKeeps)
#include "test_rehearsed_keeps.moc"
