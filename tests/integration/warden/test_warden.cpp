// SPDX-License-Identifier: Apache-2.0
// The real warden and runner without the launcher's sandbox: programs of the build folder, a listening socket, a firmware of the test's.
#include "../../unit/core/session/fake_keep.h"

#include "core/base/file.h"
#include "sev-backend/abi/guest_message.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <thread>

#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace kastellan;

namespace {

std::string programs()
{
    return qEnvironmentVariable("KASTELLAN_BIN", QCoreApplication::applicationDirPath() + QStringLiteral("/..")).toStdString();
}

std::string workload(const char *name)
{
    return programs() + "/../tests/workloads/" + name + ".wasm";
}

/// A running warden and the firmware that answers it. Ends with the object.
class RealWarden {
public:
    explicit RealWarden(const Sha256 &owner)
        : m_owner(owner)
        , m_folder(QStringLiteral("/tmp/kstl-XXXXXX"))
    {
        const std::string run = m_folder.path().toStdString();
        ::chmod(run.c_str(), 0755); // started by root, the runner is another user, as in a keep
        m_address.sun_family = AF_UNIX;
        std::snprintf(m_address.sun_path, sizeof m_address.sun_path, "%s/socket", run.c_str());
        const Fd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
        if (::bind(listener.get(), reinterpret_cast<const sockaddr *>(&m_address), sizeof m_address) != 0
            || ::listen(listener.get(), 16) != 0)
            qFatal("cannot listen");
        const std::string warden = programs() + "/keep-warden", runner = programs() + "/keep-runner";
        m_process = ::fork();
        if (m_process == 0) {
            ::dup2(listener.get(), 3);
            ::execl(warden.c_str(), "keep-warden", "--process", "--run", run.c_str(), "--runner", runner.c_str(), nullptr);
            ::_exit(127);
        }
        serveFirmware();
    }
    ~RealWarden()
    {
        ::kill(m_process, SIGKILL);
        ::waitpid(m_process, nullptr, 0);
        for (auto &firmware : m_firmware)
            firmware.join();
    }
    RealWarden(const RealWarden &) = delete;
    RealWarden &operator=(const RealWarden &) = delete;

    [[nodiscard]] Fd connect(char kind) const
    {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&m_address), sizeof m_address) != 0 || ::write(fd.get(), &kind, 1) != 1)
            qFatal("cannot connect");
        return fd;
    }
    /// A new firmware connection, as a new loader makes one.
    void serveFirmware()
    {
        m_firmware.emplace_back([this, stream = std::make_shared<Fd>(connect('F'))] {
            std::array<std::uint8_t, 4 + sev::ReportRequest::size> question{};
            while (::recv(stream->get(), question.data(), question.size(), MSG_WAITALL) == static_cast<ssize_t>(question.size())) {
                sev::ReportResponse response;
                response.report = Bytes(sev::ReportView::size);
                std::copy_n(question.begin() + 4, 64, response.report.begin() + 0x50);
                std::copy(m_owner.bytes.begin(), m_owner.bytes.end(), response.report.begin() + 0xc0);
                Bytes answer(4);
                const Bytes encoded = response.encode();
                storeLe<std::uint32_t>(answer, 0, static_cast<std::uint32_t>(encoded.size()));
                answer.insert(answer.end(), encoded.begin(), encoded.end());
                if (::send(stream->get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
                    break;
            }
        });
    }
    [[nodiscard]] pid_t process() const { return m_process; }
    [[nodiscard]] QString folder() const { return m_folder.path(); }

private:
    Sha256 m_owner;
    QTemporaryDir m_folder;
    sockaddr_un m_address{};
    pid_t m_process = -1;
    std::vector<std::thread> m_firmware;
};

template <typename Done>
bool until(const FakeOwner &owner, Done done, int milliseconds = 30'000)
{
    QElapsedTimer timer;
    timer.start();
    while (!done()) {
        if (timer.elapsed() > milliseconds || (owner.error && !done()))
            return done();
        pollfd fd{owner.session->wants() ? owner.session->fd() : -1, owner.session->wants(), 0};
        if (::poll(&fd, 1, 50) > 0)
            owner.session->process();
    }
    return true;
}

QByteArray text(const Bytes &bytes)
{
    return QByteArray(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()));
}

} // namespace

class TestWarden : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_key = makeOwnerKey(); }
    void hello();
    void exitCodes_data();
    void exitCodes();
    void trapIsNamed();
    void endlessLoopIsStopped();
    void timeLimit();
    void outputLimit();
    void twoMebibytesThereAndBack();
    void secretsAreThereAndGone();
    void moduleWithoutStartIsRefused();
    void strangerIsRefused();
    void newLoaderGoesOn();
    void quick();

private:
    struct Options {
        std::string config;
        std::vector<std::pair<std::string, std::string>> secrets;
    };
    std::unique_ptr<FakeOwner> challenged(const RealWarden &warden);
    std::unique_ptr<FakeOwner> launch(const RealWarden &warden, const std::string &module, const Options &options = {});

    std::pair<std::string, Sha256> m_key;
    KeepId m_keep;
};

std::unique_ptr<FakeOwner> TestWarden::challenged(const RealWarden &warden)
{
    auto owner = std::make_unique<FakeOwner>(warden.connect('S'), m_key.first, m_keep);
    until(*owner, [&] { return owner->established; });
    if (owner->established) {
        owner->session->challenge(randomFixed<Nonce>());
        until(*owner, [&] { return !owner->reports.empty(); });
    }
    return owner;
}

std::unique_ptr<FakeOwner> TestWarden::launch(const RealWarden &warden, const std::string &module, const Options &options)
{
    auto owner = challenged(warden);
    const auto key = randomFixed<Sha256>();
    std::vector<DeliveryItem> items;
    std::vector<Delivery> blobs{{"secret.key", toBytes(key.view()), {}}};
    const auto add = [&](const std::string &name, Bytes value, const Sha256 &digest) {
        items.push_back({name, value.size(), digest, {}});
        blobs.push_back({name, std::move(value), {}});
    };
    const auto bytes = readFile(module, moduleSizeLimit);
    if (!bytes)
        qFatal("%s", bytes.error().message().c_str());
    add("module", *bytes, sha256(*bytes));
    add("configuration", toBytes(options.config), sha256(asBytes(options.config)));
    for (const auto &[name, value] : options.secrets)
        add("secret:" + name, toBytes(value), hmacSha256(key.view(), {asBytes(value)}));
    owner->session->deliver(std::move(blobs), canonicalManifest(items));
    until(*owner, [&] { return !owner->deliveryReports.empty(); });
    if (!owner->error)
        owner->session->start();
    return owner;
}

void TestWarden::hello()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("hello"));
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }));
    QCOMPARE(owner->started, std::vector<std::string>{"interpreter"});
    QVERIFY2(!owner->output[0].empty(), owner->exit->reason.c_str());
    QCOMPARE(owner->exit->code, 0);
    QCOMPARE(owner->exit->trap + owner->exit->reason, std::string());
}

void TestWarden::exitCodes_data()
{
    QTest::addColumn<unsigned>("code");
    for (unsigned code : {0U, 1U, 42U, 255U, 256U, 4'000U})
        QTest::addRow("%u", code) << code;
}

void TestWarden::exitCodes()
{
    QFETCH(unsigned, code);
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("exit"), {"args = [\"" + std::to_string(code) + "\"]\n", {}});
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }));
    QCOMPARE(static_cast<unsigned>(owner->exit->code), code);
    QCOMPARE(owner->exit->trap, std::string());
}

void TestWarden::trapIsNamed()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("trap"));
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }));
    QVERIFY2(owner->exit->trap.find("unreachable") != std::string::npos, owner->exit->trap.c_str());
}

void TestWarden::endlessLoopIsStopped()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("loop"));
    QVERIFY(until(*owner, [&] { return !owner->started.empty(); }));
    owner->session->stop(0);
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }, 5'000));
    QCOMPARE(owner->exit->reason, std::string("stop"));
}

void TestWarden::timeLimit()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("loop"), {"[limits]\ntime = \"1s\"\n", {}});
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }, 10'000));
    QVERIFY2(owner->exit->reason.find("limit: time") != std::string::npos, owner->exit->reason.c_str());
}

void TestWarden::outputLimit()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("flood"), {"[limits]\noutput = \"100 kB\"\n", {}});
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }, 20'000));
    QVERIFY2(owner->exit->reason.find("limit: output") != std::string::npos, owner->exit->reason.c_str());
    QCOMPARE(owner->output[0].size() + owner->output[1].size(), 100'000U);
}

void TestWarden::twoMebibytesThereAndBack()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("echo"));
    Bytes input(2 << 20);
    for (std::size_t i = 0; i < input.size(); ++i)
        input[i] = static_cast<std::uint8_t>(i ^ i >> 8);
    owner->session->input(input);
    owner->session->closeInput();
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }, 60'000));
    const Bytes ready = toBytes("ready\n");
    QCOMPARE(owner->output[0].size(), ready.size() + input.size());
    QVERIFY(std::equal(input.begin(), input.end(), owner->output[0].begin() + static_cast<std::ptrdiff_t>(ready.size())));
}

void TestWarden::secretsAreThereAndGone()
{
    const RealWarden warden(m_key.second);
    const auto owner = launch(warden, workload("secret"), {"secrets = [\"token\"]\nargs = [\"token\"]\n", {{"token", "hush"}}});
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }));
    QCOMPARE(text(owner->output[0]), QByteArray("length 4 sum 440\nwritable no, other file no\n"));
    QVERIFY(!QFile::exists(warden.folder() + QStringLiteral("/secrets")));
    QVERIFY(!QFile::exists(warden.folder() + QStringLiteral("/module.wasm")));

    const RealWarden second(m_key.second);
    const auto missing = launch(second, workload("secret"), {"secrets = [\"token\"]\n", {}});
    QVERIFY(missing->error);
    QVERIFY2(missing->error->message().find("was not delivered") != std::string::npos, missing->error->message().c_str());
}

void TestWarden::moduleWithoutStartIsRefused()
{
    const RealWarden warden(m_key.second);
    const QString path = warden.folder() + QStringLiteral("/empty.wasm");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("\0asm\1\0\0\0", 8);
    file.close();
    const auto owner = launch(warden, path.toStdString());
    QVERIFY(owner->error);
    QVERIFY2(owner->error->message().find("_start") != std::string::npos, owner->error->message().c_str());
}

void TestWarden::strangerIsRefused()
{
    const RealWarden warden(m_key.second);
    const auto owner = challenged(warden);
    FakeOwner stranger(warden.connect('S'), makeOwnerKey().first, m_keep);
    until(stranger, [&] { return stranger.error.has_value(); });
    QVERIFY(stranger.error && !stranger.established);
    owner->session->challenge(randomFixed<Nonce>());
    QVERIFY(until(*owner, [&] { return owner->reports.size() == 2; }));
}

void TestWarden::newLoaderGoesOn()
{
    RealWarden warden(m_key.second);
    auto owner = launch(warden, workload("echo"));
    QVERIFY(until(*owner, [&] { return !owner->started.empty(); }));
    owner->session->input(toBytes("before\n"));
    QVERIFY(until(*owner, [&] { return owner->output[0] == toBytes("ready\nbefore\n"); }));
    owner.reset();
    warden.serveFirmware();
    owner = challenged(warden);
    QVERIFY2(!owner->error, owner->error ? owner->error->message().c_str() : "");
    QVERIFY(owner->session->wardenState().running);
    owner->session->acknowledge(13, 0);
    owner->firstOffset[0] = 13;
    owner->session->start();
    owner->session->input(toBytes("after\n"));
    owner->session->closeInput();
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }));
    QCOMPARE(text(owner->output[0]), QByteArray("after\n"));
}

// The figures are printed; the bounds are generous, for machines under load.
void TestWarden::quick()
{
    QElapsedTimer timer;
    timer.start();
    const RealWarden warden(m_key.second);
    const auto session = challenged(warden);
    const auto listening = timer.nsecsElapsed();
    timer.start();
    const auto owner = launch(warden, workload("hello"));
    QVERIFY(until(*owner, [&] { return owner->exit.has_value(); }));
    qInfo("warden to its first report %.1f ms, delivery to the end of hello %.1f ms", static_cast<double>(listening) / 1e6,
        static_cast<double>(timer.nsecsElapsed()) / 1e6);
    QVERIFY(listening < 2'000'000'000);
}

QTEST_GUILESS_MAIN(TestWarden)
#include "test_warden.moc"
