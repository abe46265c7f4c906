// SPDX-License-Identifier: Apache-2.0
// keepctl emulate: programs of others against the emulated platform, each ioctl; the warden's own code for guests; VirTEE's snphost;
// programs in Go.
#include "../keepctl/program.h"

#include "tests/support/emulated_identity.h"

#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>
#include <QtCore/QRegularExpression>
#include <QtCore/QStandardPaths>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestEmulate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void clients_data();
    void clients();
    void shells();
    void stateIsKept();
    void exitCodes();
    void interposed();
    void faults_data();
    void faults();
    void warden_data();
    void warden();
    void profiles();
    void snphost_data();
    void snphost();
    void goPrograms();
    void goClient_data();
    void goClient();

private:
    [[nodiscard]] Ran emulate(const QStringList &options, const QStringList &program)
    {
        return m_program.run(QStringList{u"emulate"_s} + options + QStringList{u"--"_s} + program);
    }
    [[nodiscard]] static QString tool(const char *name)
    {
        return qEnvironmentVariable("KASTELLAN_BIN") + u"/tests/"_s + QString::fromUtf8(name);
    }
    /// By packaging/dev/peers.sh, or installed; empty: it is not here.
    [[nodiscard]] static QString peer(const QString &name);
    [[nodiscard]] static QString goCompiler();
    /// Compiles the client in Go, statically; empty, with a message: it can't be.
    [[nodiscard]] QString goClientProgram();
    Program m_program;
    QString m_goClient;
};

void TestEmulate::initTestCase()
{
    for (const char *name : {"rome", "milan", "genoa", "turin"})
        giveEmulatedIdentity(m_program.dataFolder().toStdString(), **sev::findProfile(name));
}

void TestEmulate::clients_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("client");
    QTest::addColumn<QString>("argument");
    for (const QByteArray kind : {"dynamic", "static"}) {
        const auto row = [&](const char *name, const QStringList &options, const char *client, const char *argument) {
            QTest::addRow("%s %s", kind.constData(), name) << options << QByteArray(client) + "-" + kind << QString::fromUtf8(argument);
        };
        row("host", {}, "sev_client", "host");
        row("host of Turin", {u"--profile"_s, u"turin"_s}, "sev_client", "host");
        row("host of Rome", {u"--profile"_s, u"rome"_s}, "sev_client", "legacy");
        row("read only", {}, "sev_client", "readonly");
        row("guest", {u"--guest"_s}, "guest_client", "0");
        row("guest of Milan", {u"--guest"_s, u"--profile"_s, u"milan"_s, u"--report-version"_s, u"2"_s}, "guest_client", "0");
        row("guest at level 2", {u"--guest"_s, u"--vmpl"_s, u"2"_s}, "guest_client", "2");
    }
}

void TestEmulate::clients()
{
    QFETCH(QStringList, options);
    QFETCH(QByteArray, client);
    QFETCH(QString, argument);
    const Ran ran = emulate(options, {tool(client.constData()), argument});
    QVERIFY2(ran.exit == 0, ran.all());
}

/// Tools of the shell read registers and folders.
void TestEmulate::shells()
{
    const QString shell = u"dd if=/dev/cpu/0/msr bs=8 count=1 skip=3221291024 iflag=skip_bytes status=none | od -An -tx8"_s;
    const Ran host = emulate({}, {u"sh"_s, u"-c"_s, shell}),
              guest = emulate({u"--guest"_s}, {u"sh"_s, u"-c"_s, u"ls /sys/kernel/config/tsm; ls /dev/cpu/0"_s});
    QVERIFY2(host.exit == 0 && host.out.trimmed().size() == 16, host.all());
    const bool encrypts = host.out.trimmed().toULongLong(nullptr, 16) & (1ull << 23);
    QVERIFY2(encrypts, host.all()); // SYSCFG: memory encryption is on
    QVERIFY2(guest.exit == 0 && guest.out.contains("report") && guest.out.contains("msr"), guest.all());
}

/// What one program does to the platform, the next one sees; another chip has a state of its own.
void TestEmulate::stateIsKept()
{
    const auto pdh = [&](const QStringList &options) { return emulate(options, {tool("sev_client-dynamic"), u"pdh"_s}).out; };
    const QByteArray first = pdh({}), second = pdh({});
    QVERIFY(!first.isEmpty());
    QCOMPARE(first, second);
    QVERIFY(pdh({u"--profile"_s, u"milan"_s}) != first);
    QCOMPARE(emulate({}, {tool("sev_client-dynamic"), u"new-pdh"_s}).exit, 0);
    QVERIFY(pdh({}) != first);
}

void TestEmulate::exitCodes()
{
    QCOMPARE(emulate({}, {u"sh"_s, u"-c"_s, u"exit 9"_s}).exit, 9);
    QCOMPARE(emulate({}, {u"sh"_s, u"-c"_s, u"kill -TERM $$"_s}).exit, 143);
    const Ran missing = emulate({}, {u"no-such-program"_s});
    QVERIFY2(missing.exit == 127 && missing.err.contains("no-such-program"), missing.all());
    const Ran word = emulate({}, {u"profiles"_s});
    QVERIFY2(word.exit == 127 && word.err.contains("keepctl emulate --list"), word.all());
    QCOMPARE(emulate({}, {u"/dev/null"_s}).exit, 126);
    const Ran fault = emulate({u"--fault"_s, u"nothing=9"_s}, {u"true"_s});
    QVERIFY2(fault.exit == 125 && fault.err.contains("nothing"), fault.all());
    QCOMPARE(emulate({u"--guest"_s, u"--profile"_s, u"rome"_s}, {u"true"_s}).exit, 125);
    QCOMPARE(emulate({u"--seed"_s, u"xyz"_s}, {u"true"_s}).exit, 125);
    QCOMPARE(emulate({u"--profile"_s, u"athens"_s}, {u"true"_s}).exit, 2);
    QCOMPARE(m_program.run({u"emulate"_s}).exit, 2);
    const Ran input = m_program.run({u"emulate"_s, u"--"_s, u"cat"_s}, "through");
    QVERIFY2(input.exit == 0 && input.out == "through", input.all());
    const Ran verbose = emulate({u"--verbose"_s}, {u"true"_s});
    QVERIFY2(verbose.exit == 0 && verbose.err.contains("emulated:") && verbose.err.contains("CPUID"), verbose.all());
}

void TestEmulate::interposed()
{
    Ran ran = emulate({u"--interpose"_s}, {tool("sev_client-dynamic"), u"host"_s});
    QVERIFY2(ran.exit == 0, ran.all());
    ran = emulate({u"--interpose"_s, u"--guest"_s}, {tool("guest_client-dynamic"), u"0"_s});
    QVERIFY2(ran.exit == 0, ran.all());
    ran = emulate({u"--interpose"_s}, {tool("sev_client-static"), u"host"_s});
    QVERIFY2(ran.exit == 125 && ran.err.contains("linked statically"), ran.all());
    // Within another emulation the kernel lets nobody else answer: a library does, and says so.
    ran = emulate(
        {}, {qEnvironmentVariable("KASTELLAN_BIN") + u"/keepctl"_s, u"emulate"_s, u"--"_s, tool("sev_client-dynamic"), u"readonly"_s});
    QVERIFY2(ran.exit == 0 && ran.err.contains("dynamic programs alone"), ran.all());
}

void TestEmulate::faults_data()
{
    QTest::addColumn<QString>("fault");
    QTest::addColumn<QStringList>("program");
    QTest::addColumn<int>("exit");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const char *fault, const QStringList &program, int exit, const char *says) {
        QTest::newRow(name) << QString::fromUtf8(fault) << program << exit << QString::fromUtf8(says);
    };
    const QString probe = tool("guest_probe");
    for (const QString &way : {u"device"_s, u"tsm"_s}) {
        const auto named = [&](const char *name) { return (way + u' ' + QString::fromUtf8(name)).toUtf8(); };
        row(named("throttled"), "get-report=busy*2,get-ext-report=busy*2", {probe, way}, 0, "data ok");
        row(named("always busy"), "get-report=busy,get-ext-report=busy", {probe, way, u"0"_s, u"200"_s}, 1, "throttles");
        row(named("slow"), "get-report=slow:100ms,get-ext-report=slow:100ms", {probe, way}, 0, "data ok");
        row(named("too privileged"), "", {probe, way, u"4"_s}, 1, "");
    }
    row("device refuses", "get-report=RESOURCE_LIMIT,get-ext-report=RESOURCE_LIMIT", {probe, u"device"_s}, 1, "RESOURCE_LIMIT");
    row("tsm refuses", "get-report=RESOURCE_LIMIT,get-ext-report=RESOURCE_LIMIT", {probe, u"tsm"_s}, 1, "refused the request");
    row("key refuses", "get-derived-key=INVALID_GUEST", {probe, u"key"_s}, 1, "INVALID_GUEST");
}

void TestEmulate::faults()
{
    QFETCH(QString, fault);
    QFETCH(QStringList, program);
    QFETCH(int, exit);
    QFETCH(QString, says);
    QStringList options{u"--guest"_s};
    if (!fault.isEmpty())
        options += {u"--fault"_s, fault};
    const Ran ran = emulate(options, program);
    QVERIFY2(ran.exit == exit, ran.all());
    QVERIFY2(QString::fromUtf8(ran.out).contains(says), ran.all());
}

void TestEmulate::warden_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const QStringList &options, const QStringList &arguments, const char *says) {
        QTest::newRow(name) << options << arguments << QString::fromUtf8(says);
    };
    row("device", {}, {u"device"_s}, "^/dev/sev-guest: version 5, level 0, data ok, 3 certificates$");
    row("tsm", {}, {u"tsm"_s}, "^configfs-tsm: version 5, level 0, data ok, 3 certificates$");
    row("any", {}, {u"any"_s, u"1"_s}, "^/dev/sev-guest: version 5, level 1, data ok");
    row("tsm at another level", {u"--vmpl"_s, u"2"_s}, {u"tsm"_s, u"3"_s}, "level 3, data ok");
    row("key", {}, {u"key"_s}, "^key ok$");
    row("version 2", {u"--report-version"_s, u"2"_s}, {u"tsm"_s}, "version 2, level 0, data ok");
}

void TestEmulate::warden()
{
    QFETCH(QStringList, options);
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Ran ran = emulate(QStringList{u"--guest"_s} + options, QStringList{tool("guest_probe")} + arguments);
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY2(QRegularExpression(says).match(QString::fromUtf8(ran.out).trimmed()).hasMatch(), ran.all());
    // Without a guest both ways say what would help.
    const Ran none = emulate({}, {tool("guest_probe"), u"any"_s});
    QVERIFY2(none.exit == 1 && none.out.contains("/dev/sev-guest") && none.out.contains("modprobe sev-guest"), none.all());
}

void TestEmulate::profiles()
{
    const Ran list = m_program.run({u"emulate"_s, u"--list"_s, u"--json"_s});
    QVERIFY2(list.exit == 0, list.all());
    const QJsonArray rows = list.json()["profiles"_L1].toArray();
    QCOMPARE(rows.size(), 5);
    QStringList names;
    for (const auto &row : rows)
        names += row["profile"_L1].toString();
    QCOMPARE(names, (QStringList{u"naples"_s, u"rome"_s, u"milan"_s, u"genoa"_s, u"turin"_s}));
    QCOMPARE(rows[1]["snp"_L1].toBool(), false);
    QCOMPARE(rows[3]["default"_L1].toBool(), true);
    QVERIFY(m_program.run({u"emulate"_s, u"--list"_s}).out.contains("genoa (default)"));
}

QString TestEmulate::peer(const QString &name)
{
    const QString fetched = qEnvironmentVariable("KASTELLAN_SOURCE") + u"/build/peers/usr/bin/"_s + name;
    return QFileInfo(fetched).isExecutable() ? fetched : QStandardPaths::findExecutable(name);
}

void TestEmulate::snphost_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const QStringList &options, const QStringList &arguments, const char *says) {
        QTest::newRow(name) << options << arguments << QString::fromUtf8(says);
    };
    const QStringList milan{u"--profile"_s, u"milan"_s}, turin{u"--profile"_s, u"turin"_s};
    row("version", {}, {u"show"_s, u"version"_s}, "1\\.58");
    row("guests", {}, {u"show"_s, u"guests"_s}, "^0$");
    row("tcb", {}, {u"show"_s, u"tcb"_s}, "Reported TCB");
    row("identifier", {}, {u"show"_s, u"identifier"_s}, "^[0-9A-F]{128}$");
    row("vcek url", {}, {u"show"_s, u"vcek-url"_s}, "https://kdsintf.amd.com/vcek/v1/");
    row("tcb of Milan", milan, {u"show"_s, u"tcb"_s}, "Reported TCB");
    row("identifier of Turin", turin, {u"show"_s, u"identifier"_s}, "^[0-9A-F]{16}$");
    row("set", {}, {u"config"_s, u"set"_s, u"9"_s, u"0"_s, u"20"_s, u"80"_s, u"1"_s}, "");
    row("reset", {}, {u"config"_s, u"reset"_s}, "");
    row("commit", {}, {u"commit"_s}, "");
}

void TestEmulate::snphost()
{
    QFETCH(QStringList, options);
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const QString program = peer(u"snphost"_s);
    if (program.isEmpty())
        QSKIP("snphost is not here; ./dev exec packaging/dev/peers.sh fetches it");
    const Ran ran = emulate(options, QStringList{program} + arguments);
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY2(QRegularExpression(says).match(QString::fromUtf8(ran.out).trimmed()).hasMatch(), ran.all());
}

/// A program of somebody else's in Go (gron reads JSON): what it reads comes from the emulator.
void TestEmulate::goPrograms()
{
    const QString gron = peer(u"gron"_s);
    if (gron.isEmpty())
        QSKIP("gron is not here; ./dev exec packaging/dev/peers.sh fetches it");
    const QString folder = u"/sys/kernel/config/tsm/report/gron"_s;
    const Ran number =
        emulate({u"--guest"_s}, {u"sh"_s, u"-c"_s, u"mkdir $1 && head -c 64 /dev/zero >$1/inblob && $0 $1/generation"_s, gron, folder});
    QVERIFY2(number.exit == 0 && number.out.trimmed() == "json = 1;", number.all());
    // The first byte of a report is its version, which is no JSON.
    const Ran report =
        emulate({u"--guest"_s}, {u"sh"_s, u"-c"_s, u"mkdir $1 && head -c 64 /dev/zero >$1/inblob && $0 $1/outblob"_s, gron, folder});
    QVERIFY2(report.exit != 0 && report.err.contains("invalid character '\\x05'"), report.all());
    const Ran none = emulate({}, {gron, folder + u"/outblob"_s});
    QVERIFY2(none.exit != 0 && none.err.contains("no such file"), none.all());
}

QString TestEmulate::goCompiler()
{
    const QDir fetched(qEnvironmentVariable("KASTELLAN_SOURCE") + u"/build/peers/usr/lib"_s);
    for (const QString &version : fetched.entryList({u"go-*"_s}, QDir::Dirs))
        if (const QString go = fetched.filePath(version) + u"/bin/go"_s; QFileInfo(go).isExecutable())
            return go;
    return QStandardPaths::findExecutable(u"go"_s);
}

QString TestEmulate::goClientProgram()
{
    if (!m_goClient.isEmpty())
        return m_goClient;
    const QString go = goCompiler(), client = m_program.path(u"go-client"_s);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    // Of the machine's own Go, settings and cache, nothing; the network least of all. What was compiled is kept beside the compiler.
    environment.insert(u"HOME"_s, m_program.path(u"home"_s));
    environment.insert(u"CGO_ENABLED"_s, u"0"_s);
    environment.insert(u"GOTOOLCHAIN"_s, u"local"_s);
    environment.insert(u"GOPROXY"_s, u"off"_s);
    environment.insert(u"GOENV"_s, u"off"_s);
    const QString kept = qEnvironmentVariable("KASTELLAN_SOURCE") + u"/build/peers/go-cache"_s;
    environment.insert(u"GOCACHE"_s, QDir().mkpath(kept) && QFileInfo(kept).isWritable() ? kept : m_program.path(u"go-cache"_s));
    environment.insert(u"GOPATH"_s, m_program.path(u"go-path"_s));
    environment.remove(u"GOROOT"_s);
    QProcess process;
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(
        go, {u"build"_s, u"-o"_s, client, qEnvironmentVariable("KASTELLAN_SOURCE") + u"/tests/integration/emulate/go/client.go"_s});
    process.waitForFinished(240'000);
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        qWarning("go: %s", process.readAll().constData());
    else
        m_goClient = client;
    return m_goClient;
}

void TestEmulate::goClient_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("argument");
    QTest::newRow("host") << QStringList() << u"host"_s;
    QTest::newRow("host of Milan") << QStringList{u"--profile"_s, u"milan"_s} << u"host"_s;
    QTest::newRow("guest") << QStringList{u"--guest"_s} << u"guest"_s;
    QTest::newRow("guest, reports of version 2") << QStringList{u"--guest"_s, u"--report-version"_s, u"2"_s} << u"guest"_s;
}

/// Go's runtime makes its system calls itself, and this program is static besides: no library could stand before it.
void TestEmulate::goClient()
{
    QFETCH(QStringList, options);
    QFETCH(QString, argument);
    if (goCompiler().isEmpty())
        QSKIP("Go is not here; ./dev exec packaging/dev/peers.sh fetches it");
    const QString client = goClientProgram();
    QVERIFY(!client.isEmpty());
    const Ran ran = emulate(options, {client, argument});
    QVERIFY2(ran.exit == 0, ran.all());
    // Without the emulator there is no device; and nothing but the supervisor can be before it.
    const Ran interposed = emulate(QStringList{u"--interpose"_s} + options, {client, argument});
    QVERIFY2(interposed.exit == 125 && interposed.err.contains("linked statically"), interposed.all());
}

QTEST_GUILESS_MAIN(TestEmulate)
#include "test_emulate.moc"
