// SPDX-License-Identifier: Apache-2.0
// What SEV-SNP can be told of a guest's identity, through a rehearsed launch: an ID block with an author key, and reports by the provider's
// key. The demanded one is trusted, another one refused.
#include "core/base/file.h"
#include "rehearsed_scene.h"
#include "sev-backend/emulator/processor.h"

#include <QtTest/QTest>

#include <optional>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestRehearsedIdentity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void idBlockAndAuthor();
    void wrongBlocks_data();
    void wrongBlocks();
    void providersKey();

private:
    /// Makes block and signatures of a digest; the words for them.
    [[nodiscard]] QStringList block(const QString &name, const QString &digest, const QStringList &more = {});
    [[nodiscard]] QString path(const QString &name) const { return m_scene->path(name); }
    std::optional<RehearsedScene> m_scene;
    QString m_digest;
};

void TestRehearsedIdentity::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    if (SessionDaemon::run(u"openssl"_s, {u"version"_s}).exit != 0)
        QSKIP("there is no openssl");
    m_scene.emplace();
    for (const auto &key : {u"id.pem"_s, u"author.pem"_s})
        QCOMPARE(
            SessionDaemon::run(u"openssl"_s, {u"ecparam"_s, u"-name"_s, u"secp384r1"_s, u"-genkey"_s, u"-noout"_s, u"-out"_s, path(key)})
                .exit,
            0);
    const Ran plan = m_scene->program().run({u"keep"_s, u"plan"_s, u"--json"_s, u"--host"_s, u"qemu:///session"_s, u"--rehearse"_s,
        u"--technology"_s, u"snp"_s, example("hello")});
    m_digest = plan.json()["expected"_L1]["launch_digest"_L1].toString();
    QVERIFY2(m_digest.size() == 96, plan.all());
}

void TestRehearsedIdentity::cleanup()
{
    if (m_scene)
        QCOMPARE(SessionDaemon::domains(), QByteArray());
}

QStringList TestRehearsedIdentity::block(const QString &name, const QString &digest, const QStringList &more)
{
    const QString block = path(name + u".block"_s), auth = path(name + u".auth"_s);
    const Ran made =
        m_scene->program().run(QStringList{u"measure"_s, u"id-block"_s, u"--digest"_s, digest, u"--id-key"_s, path(u"id.pem"_s),
                                   u"--author-key"_s, path(u"author.pem"_s), u"--id-block-file"_s, block, u"--id-auth-file"_s, auth}
            + more);
    if (made.exit != 0)
        qWarning("%s", made.all().constData());
    return {u"--id-block"_s, block, u"--id-auth"_s, auth, u"--author-key"_s};
}

void TestRehearsedIdentity::idBlockAndAuthor()
{
    NEED_SCENE();
    const Ran ran =
        m_scene->run(QStringList{u"--json"_s} + block(u"good"_s, m_digest, {u"--svn"_s, u"7"_s}) + QStringList{example("hello")});
    QVERIFY2(ran.exit == 0 && ran.json()["verdict"_L1].toString() == u"trusted"_s, ran.all());
    for (const char *id : {"idblock.demanded", "idblock.demanded_key", "idblock.demanded_author", "launch.digest"})
        QVERIFY2(finding(ran.json(), QString::fromLatin1(id))["result"_L1].toString() == u"pass"_s, id);
    QVERIFY(finding(ran.json(), u"idblock.demanded"_s)["actual"_L1].toString().contains(u"SVN 7"_s));
}

void TestRehearsedIdentity::wrongBlocks_data()
{
    QTest::addColumn<QString>("digest");
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("authFrom");
    QTest::addColumn<QByteArray>("explained");
    QTest::newRow("another digest") << QString(96, u'a') << QStringList{} << QString() << QByteArray("[launch.bad-measurement]");
    QTest::newRow("another policy") << QString() << QStringList{u"--policy"_s, u"0xb0000"_s} << QString()
                                    << QByteArray("[launch.id-block]");
    QTest::newRow("signatures of another block") << QString() << QStringList{} << u"other"_s << QByteArray("[launch.id-block]");
}

/// Refused by the firmware before the guest runs; libvirt hands on what QEMU said, and it is explained.
void TestRehearsedIdentity::wrongBlocks()
{
    NEED_SCENE();
    QFETCH(const QString, digest);
    QFETCH(const QStringList, more);
    QFETCH(const QString, authFrom);
    QFETCH(const QByteArray, explained);
    static int number = 0;
    QStringList words = block(u"wrong%1"_s.arg(++number), digest.isEmpty() ? m_digest : digest, more);
    if (!authFrom.isEmpty())
        words[3] = block(authFrom, QString(96, u'b'))[3];
    const Ran ran = m_scene->run(words + QStringList{example("hello")});
    QVERIFY2(ran.exit == 125 && ran.out.isEmpty() && ran.err.contains(explained), ran.all());
}

void TestRehearsedIdentity::providersKey()
{
    NEED_SCENE();
    const QStringList words{u"--json"_s, u"--vlek"_s, example("hello")};
    // None is loaded: the firmware signs nothing, and certainly not with the chip's own key.
    const Ran without = m_scene->run(QStringList{u"--boot-timeout"_s, u"10"_s} + words);
    QVERIFY2(without.exit != 0 && without.json()["verdict"_L1].toString() != u"trusted"_s, without.all());
    QVERIFY(without.json()["output"_L1]["stdout"_L1]["bytes"_L1].toInteger() == 0);
    {
        const auto processor = sev::Processor::open(m_scene->program().dataFolder().toStdString() + "/emulated");
        QVERIFY(processor);
        const auto stick = (*processor)->vlekHashstick();
        QVERIFY2(stick && (*processor)->snp().vlekLoad(*stick), stick ? "" : stick.error().message().c_str());
    }
    const Ran with = m_scene->run(words);
    QVERIFY2(with.exit == 0 && with.json()["verdict"_L1].toString() == u"trusted"_s, with.all());
    QCOMPARE(finding(with.json(), u"report.signer.demanded"_s)["result"_L1].toString(), u"pass"_s);
}

QTEST_GUILESS_MAIN(TestRehearsedIdentity)
#include "test_rehearsed_identity.moc"
