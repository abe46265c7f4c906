// SPDX-License-Identifier: Apache-2.0
// A host that starts something else than what was planned, through an unmodified libvirt: refused before a secret was sent, or it does not
// boot. What was sent is read from the channel itself.
#include "rehearsed_scene.h"
#include "tests/support/channel_in_the_middle.h"

#include <QtCore/QRandomGenerator>
#include <QtTest/QTest>

#include <optional>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestRehearsedTampering : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void untouched();
    void exchanged_data();
    void exchanged();
    void doesNotBoot_data();
    void doesNotBoot();

private:
    [[nodiscard]] QStringList words(const QString &technology) const
    {
        return {u"--json"_s, u"--name"_s, u"precious"_s, u"--technology"_s, technology, u"--secret"_s, u"token="_s + m_secret,
            example("secret")};
    }
    std::optional<RehearsedScene> m_scene;
    QString m_secret;
    /// Much more than all that is said before a secret, so that it can't have passed where less did: the session is encrypted, and its
    /// bytes do not show what they are.
    static constexpr qsizetype secretSize = 300'000, beforeSecrets = 60'000;
};

void TestRehearsedTampering::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_scene.emplace();
    QByteArray secret(secretSize, Qt::Uninitialized);
    QRandomGenerator random(7);
    random.fillRange(reinterpret_cast<quint32 *>(secret.data()), secret.size() / 4);
    m_secret = m_scene->program().write(u"secret"_s, secret);
}

void TestRehearsedTampering::cleanup()
{
    if (m_scene)
        QCOMPARE(SessionDaemon::domains(), QByteArray());
}

/// That the same eyes see a secret pass, and an injected one, where nothing is wrong.
void TestRehearsedTampering::untouched()
{
    NEED_SCENE();
    m_scene->faults({});
    static_cast<void>(m_scene->saidByStandIns());
    const ChannelInTheMiddle middle(m_scene->runtimeFolder());
    const Ran ran = m_scene->run(words(u"es"_s));
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY(middle.clients() > 0);
    QVERIFY(middle.countToKeep() > secretSize);
    QVERIFY(m_scene->saidByStandIns().contains("asked to inject a secret"));
}

void TestRehearsedTampering::exchanged_data()
{
    QTest::addColumn<QString>("part");
    QTest::addColumn<QString>("technology");
    for (const char *part : {"firmware", "kernel", "initrd", "command-line"})
        for (const char *technology : {"snp", "es"})
            QTest::addRow("%s, %s", part, technology) << QString::fromLatin1(part) << QString::fromLatin1(technology);
    QTest::newRow("kernel, sev") << u"kernel"_s << u"sev"_s;
}

/// QEMU opens something else than the plan names; all of it would boot.
void TestRehearsedTampering::exchanged()
{
    NEED_SCENE();
    QFETCH(const QString, part);
    QFETCH(const QString, technology);
    m_scene->faults(u"exchanged-"_s + part);
    static_cast<void>(m_scene->saidByStandIns());
    const ChannelInTheMiddle middle(m_scene->runtimeFolder());
    const Ran ran = m_scene->run(words(technology));
    const QJsonObject json = ran.json();
    QVERIFY2(json["verdict"_L1].toString() == u"refused" && json["state"_L1].toString() == u"refused" && ran.exit == 126, ran.all());
    const QJsonObject digest = finding(json, technology == "snp"_L1 ? u"launch.digest"_s : u"sev.measure"_s);
    QVERIFY2(digest["result"_L1].toString() == u"fail" && digest["expected"_L1] != digest["actual"_L1], ran.all());
    // It is said everywhere that this went wrong on purpose.
    QVERIFY2(m_scene->program()
                 .run({u"keep"_s, u"show"_s, u"precious"_s})
                 .out.contains(QByteArray("WITH FAULTS ON PURPOSE: exchanged-" + part.toUtf8())),
        ran.all());
    QVERIFY(!middle.keep().empty());
    if (technology == "snp"_L1) {
        QVERIFY2(middle.countFromKeep() > 0, ran.all()); // it booted, and reported
        QVERIFY2(middle.countToKeep() < beforeSecrets, QByteArray::number(qulonglong(middle.countToKeep())));
    } else {
        QCOMPARE(middle.countToKeep(), 0u); // it never ran
        QVERIFY(!m_scene->saidByStandIns().contains("inject"));
    }
}

void TestRehearsedTampering::doesNotBoot_data()
{
    QTest::addColumn<QString>("part");
    QTest::addColumn<QString>("technology");
    for (const char *part : {"kernel", "initrd", "command-line"})
        QTest::addRow("%s, snp", part) << QString::fromLatin1(part) << u"snp"_s;
    QTest::newRow("initrd, es") << u"initrd"_s << u"es"_s;
}

/// The right bytes were measured, and others are there to be booted: the measured firmware sees it.
void TestRehearsedTampering::doesNotBoot()
{
    NEED_SCENE();
    QFETCH(const QString, part);
    QFETCH(const QString, technology);
    m_scene->faults(u"tampered-"_s + part);
    const ChannelInTheMiddle middle(m_scene->runtimeFolder());
    const Ran ran = m_scene->run(words(technology) + QStringList{u"--boot-timeout"_s, u"10"_s});
    QVERIFY2(ran.json()["state"_L1].toString() == u"failed", ran.all());
    QVERIFY2(ran.json()["reason"_L1].toString().contains(u"did not answer within 10 seconds"_s), ran.all());
    QVERIFY(middle.clients() > 0);
    QCOMPARE(middle.countFromKeep(), 0u);
    QVERIFY2(middle.countToKeep() < beforeSecrets, QByteArray::number(qulonglong(middle.countToKeep())));
}

QTEST_GUILESS_MAIN(TestRehearsedTampering)
#include "test_rehearsed_tampering.moc"
