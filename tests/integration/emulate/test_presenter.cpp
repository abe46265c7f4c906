// SPDX-License-Identifier: Apache-2.0
// Programs that see emulated devices: dynamic and static ones, by seccomp and by an interposed library.
#include "fake_device.h"

#include "core/base/file.h"
#include "sev-backend/presenter/interpose_protocol.h"
#include "sev-backend/presenter/interpose_server.h"
#include "sev-backend/presenter/presenter.h"

#include <QtCore/QDir>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace kastellan;
using namespace Qt::StringLiterals;

class TestPresenter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void reaches_data();
    void reaches();
    void guestsThatAreTreatedBadly_data();
    void guestsThatAreTreatedBadly();
    void readOnly();
    void endsAsTheProgramDoes_data();
    void endsAsTheProgramDoes();
    void interposedStaticIsRefused();
    void notThere();
    void signalsReachTheProgram();
    void slowFirmwareHoldsNobodyUp();
    void childrenThatOutliveIt();
    void filesThatOnlyLookLikeOurs();
    void filesThatTookAnothersPlace();
    void strangersAreNotAnswered();
    void nothingIsLeft();

private:
    [[nodiscard]] sev::Presentation presentation() const;
    [[nodiscard]] static std::string probe(const char *kind) { return (programFolder() / (std::string("probe-") + kind)).string(); }
    std::shared_ptr<test::FakeDevice> m_device;
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestPresenter::initTestCase()
{
    static QTemporaryDir runtime(u"/tmp/kstl-XXXXXX"_s);
    qputenv("XDG_RUNTIME_DIR", runtime.path().toUtf8());
}

void TestPresenter::init()
{
    m_device = std::make_shared<test::FakeDevice>();
    m_folder = std::make_unique<QTemporaryDir>(u"/tmp/kstl-XXXXXX"_s);
}

sev::Presentation TestPresenter::presentation() const
{
    sev::Presentation shown;
    shown.sev = m_device;
    shown.registers = [](unsigned, std::uint32_t index) -> std::optional<std::uint64_t> {
        return index >> 16 == 0xc001 ? std::optional<std::uint64_t>(index & 0xffff) : std::nullopt;
    };
    return shown;
}

void TestPresenter::reaches_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<bool>("interpose");
    for (const char *what : {"paths", "looks", "handles", "threads", "registers", "pointers", "reports", "signals"}) {
        for (const char *kind : {"dynamic", "static"})
            QTest::addRow("%s %s", kind, what) << QByteArray(kind) << QByteArray(what) << false;
        if (!QByteArrayList{"paths", "looks", "signals"}.contains(what)) // these also make system calls that no library sees
            QTest::addRow("interposed %s", what) << QByteArray("dynamic") << QByteArray(what) << true;
    }
}

void TestPresenter::reaches()
{
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, what);
    QFETCH(bool, interpose);
    sev::Presentation shown = presentation();
    shown.interpose = interpose;
    if (what == "reports") {
        shown.privilegeFloor = 1;
        shown.reports = [](ByteView request, unsigned level) -> std::expected<sev::ReportBlobs, int> {
            Bytes report = toBytes(request);
            report.push_back(static_cast<std::uint8_t>(level));
            return sev::ReportBlobs{report, toBytes("table")};
        };
    }
    const auto end = sev::present(shown, {probe(kind), what.toStdString(), m_folder->path().toStdString()});
    QVERIFY2(end, end ? "" : end.error().message().c_str());
    QVERIFY(!end->notRun);
    QCOMPARE(end->status, 0);
    QVERIFY(!end->busy);
}

void TestPresenter::guestsThatAreTreatedBadly_data()
{
    QTest::addColumn<int>("way");
    QTest::addColumn<QByteArray>("says");
    using Way = test::FakeGuest::Way;
    QTest::newRow("certificates grow") << static_cast<int>(Way::Grows) << QByteArray("grow with every question");
    QTest::newRow("certificates without end") << static_cast<int>(Way::Greedy) << QByteArray("2097152 bytes for its certificates");
    QTest::newRow("too long") << static_cast<int>(Way::TooLong) << QByteArray("bytes");
    QTest::newRow("key gone") << static_cast<int>(Way::KeyGone) << QByteArray("restart the guest");
    QTest::newRow("timed out") << static_cast<int>(Way::TimedOut) << QByteArray("until the driver gave up");
    QTest::newRow("short") << -1 << QByteArray("it has 100 bytes, where a report has 1184");
}

/// The warden's own code for guests: errors, and no endless questions.
void TestPresenter::guestsThatAreTreatedBadly()
{
    QFETCH(int, way);
    QFETCH(QByteArray, says);
    sev::Presentation shown = presentation();
    if (way >= 0)
        shown.guest = std::make_shared<test::FakeGuest>(static_cast<test::FakeGuest::Way>(way));
    else
        shown.reports = [](ByteView, unsigned) -> std::expected<sev::ReportBlobs, int> { return sev::ReportBlobs{Bytes(100), {}}; };
    const QString file = m_folder->filePath(u"said"_s);
    const std::string line = (programFolder() / "guest_probe").string() + (way >= 0 ? " device" : " tsm") + " > " + file.toStdString();
    const auto end = sev::present(shown, {"sh", "-c", line});
    QVERIFY(end);
    QCOMPARE(end->status, 1);
    QFile said(file);
    QVERIFY(said.open(QFile::ReadOnly));
    const QByteArray text = said.readAll();
    QVERIFY2(text.contains(says), text.constData());
}

void TestPresenter::readOnly()
{
    sev::Presentation shown = presentation();
    shown.readOnly = true;
    QCOMPARE(sev::present(shown, {probe("dynamic"), "readonly"})->status, 0);
}

void TestPresenter::endsAsTheProgramDoes_data()
{
    QTest::addColumn<bool>("interpose");
    QTest::newRow("seccomp") << false;
    QTest::newRow("interposed") << true;
}

void TestPresenter::endsAsTheProgramDoes()
{
    QFETCH(bool, interpose);
    sev::Presentation shown = presentation();
    shown.interpose = interpose;
    QCOMPARE(sev::present(shown, {probe("dynamic"), "exit", "0"})->status, 0);
    QCOMPARE(sev::present(shown, {probe("dynamic"), "exit", "7"})->status, 7);
    QCOMPARE(sev::present(shown, {probe("dynamic"), "raise", "9"})->status, 128 + 9);
    QCOMPARE(sev::present(shown, {probe("dynamic"), "raise", "15"})->status, 128 + 15);
}

void TestPresenter::interposedStaticIsRefused()
{
    sev::Presentation shown = presentation();
    shown.interpose = true;
    const auto end = sev::present(shown, {probe("static"), "exit", "0"});
    QVERIFY(!end);
    QCOMPARE(end.error().kind, ErrorKind::Input);
    QVERIFY2(end.error().message().contains("linked statically"), end.error().message().c_str());
}

void TestPresenter::notThere()
{
    auto end = sev::present(presentation(), {"no-such-program-anywhere"});
    QVERIFY(end && end->notRun);
    QCOMPARE(end->status, 127);
    QVERIFY2(end->notRun->message().contains("no-such-program-anywhere"), end->notRun->message().c_str());
    end = sev::present(presentation(), {"/dev/null"});
    QVERIFY(end && end->notRun);
    QCOMPARE(end->status, 126);
}

/// A signal that is sent to us alone.
void TestPresenter::signalsReachTheProgram()
{
    int ends[2];
    QVERIFY(::pipe(ends) == 0);
    const int before = ::dup(1);
    ::dup2(ends[1], 1);
    // To this thread: those of the test's frame block nothing.
    std::jthread sender([reading = ends[0], self = ::gettid()] {
        char text[6] = {};
        if (::read(reading, text, sizeof text) == 6)
            ::tgkill(::getpid(), self, SIGUSR1);
    });
    const auto end = sev::present(presentation(), {probe("dynamic"), "wait"});
    ::dup2(before, 1);
    for (const int number : {before, ends[0], ends[1]})
        ::close(number);
    QVERIFY(end);
    QCOMPARE(end->status, 42);
}

void TestPresenter::slowFirmwareHoldsNobodyUp()
{
    QElapsedTimer timer;
    timer.start();
    const auto end = sev::present(presentation(), {probe("dynamic"), "slow"});
    QVERIFY(end);
    QCOMPARE(end->status, 128 + SIGTERM);
    QVERIFY(end->busy); // the firmware has a minute's work, and nobody waits for it
    QVERIFY2(timer.elapsed() < 20'000, qPrintable(QString::number(timer.elapsed())));
    m_device->release();
}

void TestPresenter::childrenThatOutliveIt()
{
    const QString file = m_folder->filePath(u"reached"_s);
    const auto end = sev::present(presentation(), {probe("static"), "child", file.toStdString()});
    QVERIFY(end);
    QCOMPARE(end->status, 0);
    QVERIFY(QFile::exists(file));
}

/// A program gives a memory file of its own a name with our token.
void TestPresenter::filesThatOnlyLookLikeOurs()
{
    const sev::Tree tree(m_device, nullptr, nullptr, 1);
    const sev::HandleNames names{"token"};
    const sev::Caller self(::getpid(), [] { return true; });
    const auto lookUp = [&](const char *name) {
        const Fd file(::memfd_create(name, MFD_CLOEXEC));
        return sev::resolvePath(self, tree, {}, names, AT_FDCWD, "/proc/self/fd/" + std::to_string(file.get()) + "/..", true);
    };
    QCOMPARE(lookUp("token:/dev/sev"), std::optional<std::string>("/dev"));
    for (const char *name : {"token:sev", "token:", "token"})
        QCOMPARE(lookUp(name), std::optional<std::string>("/")); // as of any link to "/memfd:…": none of ours
}

/// Between two looks a program puts another file where one of ours was.
void TestPresenter::filesThatTookAnothersPlace()
{
    auto reports = std::make_unique<sev::ReportFolder>(nullptr, 0);
    QCOMPARE(reports->make("r"), 0);
    const sev::Tree tree(nullptr, nullptr, std::move(reports), 1);
    const auto handles = sev::Handles::make();
    QVERIFY(handles.has_value());
    const std::string path = "/sys/kernel/config/tsm/report/r/outblob";
    const auto ours = (*handles)->open(*tree.find(path), tree, O_RDONLY);
    QVERIFY(ours.has_value());
    const auto place = [](const Fd &file) { return "/proc/self/fd/" + std::to_string(file.get()); };
    QVERIFY((*handles)->reopened(place(*ours), path));
    QVERIFY(!(*handles)->reopened(place(*ours), "/sys/kernel/config/tsm/report/r/auxblob"));
    const std::string plain = m_folder->filePath(u"plain"_s).toStdString(), pipe = m_folder->filePath(u"pipe"_s).toStdString();
    const Fd file(::open(plain.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
    QVERIFY(file && !(*handles)->reopened(place(file), path));
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    const Fd reading(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    QVERIFY(reading && !(*handles)->reopened(place(reading), path));
}

/// The server of the interposed library acts on whoever asks, and on nobody else.
void TestPresenter::strangersAreNotAnswered()
{
    auto handles = sev::Handles::make();
    QVERIFY(handles.has_value());
    const std::string place = (*handles)->shadow().path + ".socket";
    const auto answers = std::make_shared<sev::CallAnswers>(
        std::make_unique<sev::Tree>(m_device, nullptr, nullptr, 1), std::move(*handles), sev::ModelRegisters(), false);
    const auto server = sev::InterposeServer::make(answers, place);
    QVERIFY(server.has_value());
    const auto ask = [&](pid_t thread) {
        const Fd stream(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        place.copy(address.sun_path, sizeof address.sun_path - 1);
        sev::InterposeRequest request;
        request.number = SYS_getpid; // nothing that anybody emulates
        request.thread = thread;
        sev::InterposeReply reply;
        if (::connect(stream.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
            || ::send(stream.get(), &request, sizeof request, 0) != sizeof request)
            return false;
        return ::recv(stream.get(), &reply, sizeof reply, 0) == sizeof reply;
    };
    QVERIFY(ask(::gettid()));
    QVERIFY(!ask(::getppid()));
}

void TestPresenter::nothingIsLeft()
{
    // What a program left running is ended, and its folder removed, in its own time.
    QTRY_COMPARE(QDir(QString::fromStdString(runtimeFolder().string())).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::System),
        QStringList());
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);
}

QTEST_GUILESS_MAIN(TestPresenter)
#include "test_presenter.moc"
