// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/inspectors.h"
#include "sev-backend/readiness/look_libvirt.h"
#include "sev-backend/readiness/recording.h"
#include "tests/unit/sev-backend/readiness/machines.h"

#include <QtTest>

#include <cerrno>

using namespace kastellan;
using namespace kastellan::sev;

class TestReadinessRemote : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sshWords_data();
    void sshWords();
    void sshRefuses_data();
    void sshRefuses();
    void overSsh();
    void sshFails_data();
    void sshFails();
    void libvirtUris_data();
    void libvirtUris();
    void capabilities();
};

void TestReadinessRemote::sshWords_data()
{
    QTest::addColumn<QByteArray>("address");
    QTest::addColumn<QByteArray>("end");
    QTest::newRow("host") << QByteArray("ssh://epyc1") << QByteArray("-- epyc1 keepctl host record -");
    QTest::newRow("user") << QByteArray("ssh://root@epyc1.example/") << QByteArray("-- root@epyc1.example keepctl host record -");
    QTest::newRow("port") << QByteArray("ssh://a@b:2222") << QByteArray("-p 2222 -- a@b keepctl host record -");
    QTest::newRow("v6") << QByteArray("ssh://[fe80::1%eth0]:22") << QByteArray("-p 22 -- fe80::1%eth0 keepctl host record -");
}

void TestReadinessRemote::sshWords()
{
    QFETCH(const QByteArray, address);
    QFETCH(const QByteArray, end);
    const auto words = sshCommand(address.toStdString(), {});
    QVERIFY2(words.has_value(), words ? "" : words.error().message().c_str());
    std::string line;
    for (const auto &word : *words)
        line += (line.empty() ? "" : " ") + word;
    QVERIFY2(line.starts_with("ssh -T -o BatchMode=yes"), line.c_str());
    QVERIFY2(line.ends_with(end.toStdString()), line.c_str());
    for (const char *option : {"-a", "-x"}) // that machine gets neither this user's keys nor screen
        QVERIFY(std::ranges::find(*words, option) < std::ranges::find(*words, "--"));
    const auto more = sshCommand(address.toStdString(), {.probes = false, .redactChipId = true});
    QVERIFY(std::ranges::find(*more, "--no-probes") != more->end());
    QVERIFY(std::ranges::find(*more, "--redact-chip-id") != more->end());
}

void TestReadinessRemote::sshRefuses_data()
{
    QTest::addColumn<QByteArray>("address");
    for (const char *address :
        {"http://x", "ssh://", "ssh://-oProxyCommand=x", "ssh://a@-oProxyCommand=x", "ssh://-l@b", "ssh://a b", "ssh://a;id", "ssh://$(id)",
            "ssh://a`id`", "ssh://a'b", "ssh://a/../b", "ssh://a:", "ssh://a:0", "ssh://a:99999", "ssh://a:22x", "ssh://a:0x16",
            "ssh://[::1", "ssh://[::1]x", "ssh://@b", "ssh://a@b@c", "ssh://a\nb", "ssh://a|b", "ssh://a&b", "ssh://ä"})
        QTest::newRow(address) << QByteArray(address);
    QTest::newRow("long") << "ssh://" + QByteArray(300, 'a');
}

void TestReadinessRemote::sshRefuses()
{
    QFETCH(const QByteArray, address);
    const auto words = sshCommand(address.toStdString(), {});
    QVERIFY(!words.has_value());
    QCOMPARE(words.error().kind, ErrorKind::Input);
    QVERIFY(!makeSshInspector(address.toStdString()).has_value());
}

void TestReadinessRemote::overSsh()
{
    std::vector<std::string> seen;
    const auto inspector = makeSshInspector("ssh://root@epyc1", [&seen](const std::vector<std::string> &words, const std::stop_token &) {
        seen = words;
        ProgramOutput output;
        output.ended = true;
        output.status = 0;
        output.output = toRecording(test::factsOf(test::healthy("Milan")));
        return output;
    });
    QVERIFY(inspector.has_value());
    const auto readiness = (*inspector)->inspect({}, {}, {});
    QVERIFY(readiness.has_value());
    QCOMPARE(seen.front(), "ssh");
    QCOMPARE(readiness->host, "ssh://root@epyc1");
    QCOMPARE(readiness->lookedAt, "ssh://root@epyc1 over ssh");
    QCOMPARE(readiness->verdict("snp")->state, ReadinessVerdict::State::Ready);
}

void TestReadinessRemote::sshFails_data()
{
    QTest::addColumn<int>("error");
    QTest::addColumn<bool>("ended");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("output");
    QTest::addColumn<QByteArray>("why");
    QTest::newRow("no ssh") << ENOENT << false << -1 << QByteArray() << QByteArray("OpenSSH");
    QTest::newRow("late") << 0 << false << 137 << QByteArray() << QByteArray("in time");
    QTest::newRow("refused") << 0 << true << 255 << QByteArray() << QByteArray("Permission denied");
    QTest::newRow("no keepctl") << 0 << true << 127 << QByteArray() << QByteArray("no keepctl");
    QTest::newRow("older") << 0 << true << 2 << QByteArray() << QByteArray("ended with 2");
    QTest::newRow("noise") << 0 << true << 0 << QByteArray("Welcome to epyc1!\n{}") << QByteArray("well-formed");
}

void TestReadinessRemote::sshFails()
{
    QFETCH(const int, error);
    QFETCH(const bool, ended);
    QFETCH(const int, status);
    QFETCH(const QByteArray, output);
    QFETCH(const QByteArray, why);
    const auto inspector = makeSshInspector("ssh://h", [&](const std::vector<std::string> &, const std::stop_token &) {
        return ProgramOutput{error, ended, status, output.toStdString(), "Permission denied (publickey).\r\n"};
    });
    const auto readiness = (*inspector)->inspect({}, {}, {});
    QVERIFY(!readiness.has_value());
    QVERIFY2(QByteArray::fromStdString(readiness.error().message()).contains(why), readiness.error().message().c_str());
}

void TestReadinessRemote::libvirtUris_data()
{
    QTest::addColumn<QByteArray>("uri");
    QTest::addColumn<bool>("good");
    for (const char *uri : {"qemu:///system", "qemu:///session", "qemu+ssh://root@h/system", "qemu+tls://h/system?no_tty=1",
             "qemu:///system?mode=direct", "qemu+unix:///session", "qemu+ssh://u@[::1]:22/session"})
        QTest::newRow(uri) << QByteArray(uri) << true;
    for (const char *uri :
        {"test:///default", "qemu:/system", "qemu+ext:///system", "qemu+ssh://h/system?command=/tmp/x", "qemu+ssh://h/system?netcat=x",
            "qemu+ssh://h/system?no_tty=1&command=x", "qemu+ssh://h/system?keyfile=x", "qemu+ssh://-oProxyCommand=x/system",
            "qemu+ssh://a@-x/system", "qemu+ssh://%2DoProxyCommand=x/system", "qemu+ssh://a@%2dx/system", "qemu+ssh://h/sy stem",
            "qemu:///embed?root=/tmp/x", "qemu+unix:///system%2f", "qemu+tls:///system", "xen:///", ""})
        QTest::newRow(uri) << QByteArray(uri) << false;
}

void TestReadinessRemote::libvirtUris()
{
    QFETCH(const QByteArray, uri);
    QFETCH(const bool, good);
    QCOMPARE(checkLibvirtUri(uri.toStdString()).has_value(), good);
}

void TestReadinessRemote::capabilities()
{
    HostFacts facts;
    readDomainCapabilities(facts, R"(<domainCapabilities><path>/usr/bin/qemu</path><features><sev supported='yes'><cbitpos>51</cbitpos>
        <reducedPhysBits>1</reducedPhysBits><maxGuests>410</maxGuests><maxESGuests>99</maxESGuests></sev>
        <launchSecurity supported='yes'><enum name='sectype'><value>sev</value><value>sev-snp</value></enum></launchSecurity></features></domainCapabilities>)",
        "test");
    QVERIFY(facts.flag("libvirt.sev.supported") == true);
    QVERIFY(facts.number("libvirt.sev.cbitpos") == 51u);
    QVERIFY(facts.number("libvirt.sev.max_es_guests") == 99u);
    QVERIFY(facts.text("libvirt.launch_security") == "sev sev-snp");
    HostFacts none;
    readDomainCapabilities(none, "<domainCapabilities><features><sev supported='no'/></features></domainCapabilities>", "test");
    QVERIFY(none.flag("libvirt.sev.supported") == false);
    QVERIFY(none.text("libvirt.launch_security") == "");
    HostFacts broken;
    readDomainCapabilities(broken, "<domain", "test");
    QCOMPARE(broken.find("libvirt.sev.supported")->had, Fact::Had::Failed);
}

QTEST_GUILESS_MAIN(TestReadinessRemote)
#include "test_readiness_remote.moc"
