// SPDX-License-Identifier: Apache-2.0
// The privileged helper: what it takes and refuses, and how a user's program asks it, through a stand-in of pkexec.
#include "app/platform-helper/serve.h"
#include "core/base/fd.h"
#include "core/hosts/asking.h"
#include "emulated_fixture.h"
#include "sev-backend/firmware/helper_protocol.h"
#include "sev-backend/firmware/helper_sev_device.h"
#include "sev-backend/firmware/platform.h"

#include <QtCore/QProcess>
#include <QtTest/QTest>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::EmulatedFixture;
using kastellan::test::FaultyDevice;
namespace fs = std::filesystem;

namespace {

/// What the helper says to a request, and its exit code.
std::pair<int, std::string> served(SevDevice &device, const std::string &request, bool end = true)
{
    int pair[2] = {};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        qFatal("no sockets");
    const Fd ours(pair[0]), theirs(pair[1]);
    std::thread writer([&] {
        (void)writeAll(ours.get(), asBytes(request), "helper");
        if (end)
            ::shutdown(ours.get(), SHUT_WR);
    });
    const int code = serveOne(device, theirs.get(), theirs.get(), end ? 10 : 1);
    ::shutdown(theirs.get(), SHUT_RDWR);
    writer.join();
    std::string text(1 << 18, '\0');
    std::size_t used = 0;
    for (ssize_t count = 0; (count = ::read(ours.get(), text.data() + used, text.size() - used)) > 0;)
        used += static_cast<std::size_t>(count);
    text.resize(used);
    return {code, text};
}

/// Stands where pkexec stands: starts the helper that it is given, without asking anybody.
fs::path standIn(const fs::path &folder, const std::string &lines)
{
    fs::create_directories(folder);
    const fs::path file = folder / "pkexec";
    if (!writeFileAtomically(file, asBytes("#!/bin/sh\n" + lines + "\n"), 0755) || ::chmod(file.c_str(), 0755) != 0)
        qFatal("cannot write the stand-in");
    return file;
}

} // namespace

class TestPlatformHelper : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void requestsGoThereAndBack()
    {
        for (const auto &layout : commandLayouts()) {
            std::vector<Bytes> buffers;
            for (const auto &pointer : layout.pointers())
                buffers.emplace_back(pointer.fixed ? pointer.fixed : 2084, pointer.input ? std::uint8_t{0x5a} : std::uint8_t{0});
            const SevCall call = SevCall::of(layout.command, buffers);
            const auto again = decodeRequest(encodeRequest(call));
            QVERIFY2(again, again ? "" : again.error().message().c_str());
            QVERIFY(again->command == call.command && again->structure == call.structure && again->buffers == call.buffers);
        }
    }

    void everythingElseIsRefusedWithoutADevice()
    {
        FaultyDevice device;
        const std::string good = encodeRequest(SevCall::of(SevCommand::PekGen));
        const auto with = [&good](std::string_view what, std::string_view other) {
            std::string text = good;
            text.replace(text.find(what), what.size(), other);
            return text;
        };
        const std::string csr = encodeRequest(SevCall::of(SevCommand::PekCsr, {Bytes(2084)}));
        std::string address = csr;
        address.replace(address.find("000000000000"), 12, "010000000000");
        std::string length = encodeRequest(SevCall::of(SevCommand::PekCsr, {Bytes(16)}, Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}));
        for (const std::string &bad : {std::string(), std::string("{}"), std::string("[]"), std::string("null"), std::string(200'000, ' '),
                 with("pek-gen", "get-id"), with("pek-gen", "PEK_GEN"), with("\":1,", "\":2,"), with("\"buffers\":[]", "\"buffers\":[{}]"),
                 with("\"structure\":\"\"", "\"structure\":\"00\""), with("\"structure\":\"\"", "\"structure\":\"0x\""),
                 with("{\"kastellan", "{\"path\":\"/dev/mem\",\"kastellan"), good + "x", address, length,
                 std::string(csr).replace(csr.find("2084"), 4, "9999999"), std::string(csr).replace(csr.find("2084"), 4, "-1")}) {
            const auto [code, text] = served(device, bad);
            QVERIFY2(code == helper_exit::badRequest && text.empty(), bad.substr(0, 200).c_str());
        }
        QVERIFY(device.issued.empty());
        QCOMPARE(served(device, good, false).first, helper_exit::badRequest); // never ends
        QCOMPARE(served(device, good).first, helper_exit::answered);
        QCOMPARE(device.issued.size(), 1u);
    }

    void answersThatDoNotFitAreErrors()
    {
        SevCall call = SevCall::of(SevCommand::PekCsr, {Bytes(4)});
        const std::string good = encodeAnswer(call, {EIO, 5, "said"});
        const auto answer = decodeAnswer(good, call);
        QVERIFY(answer && answer->error == EIO && answer->status == 5 && answer->said == "said");
        for (const std::string &bad :
            {std::string("{}"), std::string("x"), std::string(good).replace(good.find("\"00000000\""), 10, "\"0000\""),
                std::string(good).replace(good.find("[\""), 2, "[\"00\",\""),
                std::string(good).replace(good.find("\"errno\":5"), 9, "\"errno\":-5")})
            QVERIFY2(!decodeAnswer(bad, call), bad.c_str());
    }

    void aUserWhoMayNotWriteAsksTheHelper()
    {
        EmulatedFixture fixture;
        FaultyDevice root(fixture.device);
        const auto direct = std::make_shared<FaultyDevice>(fixture.device);
        direct->granted = {true, true, false, false, "it belongs to root", "Join the group."};
        // The stand-in hands the request to a helper in this process: two named pipes lie between them.
        const std::string in = fixture.path("request"), out = fixture.path("answer");
        QVERIFY(::mkfifo(in.c_str(), 0600) == 0 && ::mkfifo(out.c_str(), 0600) == 0);
        const fs::path pkexec = standIn(fixture.path("bin"), "test \"$1\" = /helper || exit 5\ncat > " + in + "\ncat " + out);
        Platform platform(std::make_shared<HelperSevDevice>(direct, HelperPrograms{pkexec, "/helper"}));
        std::thread helper([&] {
            const auto request = readFile(in, 1 << 20);
            const auto [code, text] = served(root, std::string(asText(*request)));
            const Fd pipe(::open(out.c_str(), O_WRONLY | O_CLOEXEC));
            (void)writeAll(pipe.get(), asBytes(text), "answer");
        });
        QVERIFY(platform.needsPrivilege(SevCommand::PekCsr));
        const auto csr = platform.pekCsr();
        helper.join();
        QVERIFY2(csr, csr ? "" : csr.error().message().c_str());
        QCOMPARE(csr->size(), 2084u);
        QCOMPARE(root.issued, std::vector<SevCommand>{SevCommand::PekCsr});
        // What the user may do himself never asks.
        QVERIFY(platform.status());
        QCOMPARE(direct->issued, std::vector<SevCommand>{SevCommand::PlatformStatus});
        QCOMPARE(*csr, *Platform(fixture.device).pekCsr());
    }

    void refusalsOfPolkitAreExplained()
    {
        const test::DataFolder folder;
        const auto direct = std::make_shared<FaultyDevice>();
        direct->granted = {true, true, false, false, "it belongs to root", "Join the group."};
        const auto why = [&](const std::string &lines) {
            const HelperPrograms programs{standIn(folder.path() / "bin", lines), "/helper"};
            const auto status = Platform(std::make_shared<HelperSevDevice>(direct, programs)).generatePek();
            return status ? std::string("done") : status.error().message();
        };
        QVERIFY(why("exit 126").find("password") != std::string::npos);
        QVERIFY(why("exit 127").find("polkit") != std::string::npos);
        QVERIFY(why("exit 2").find("exit code 2") != std::string::npos);
        QVERIFY(why("kill -9 $$").find("signal 9") != std::string::npos);
        QVERIFY(why("echo nonsense").find("of one version") != std::string::npos);
        QVERIFY(why("yes | head -c 1000000").find("too long") != std::string::npos);
        QVERIFY(direct->issued.empty());
    }

    void aQuestionCanBeGivenUp()
    {
        const test::DataFolder folder;
        const auto direct = std::make_shared<FaultyDevice>();
        direct->granted = {true, true, false, false, "it belongs to root", "Join the group."};
        // Nobody answers. Its number is known when it has begun to wait.
        const std::string begun = (folder.path() / "begun").string();
        QVERIFY(::mkfifo(begun.c_str(), 0600) == 0);
        const HelperPrograms programs{standIn(folder.path() / "bin", "echo $$ > " + begun + "\nexec sleep 1000"), "/helper"};
        Platform platform(std::make_shared<HelperSevDevice>(direct, programs));
        std::stop_source stop;
        pid_t pid = 0;
        std::thread person([&] {
            const auto number = readFile(begun, 100);
            pid = number ? std::stoi(std::string(asText(*number))) : 0;
            stop.request_stop();
        });
        const auto before = std::chrono::steady_clock::now();
        Status status;
        {
            const Asking asking(stop.get_token());
            status = platform.generatePek();
        }
        person.join();
        QVERIFY(!status && status.error().kind == ErrorKind::Cancelled);
        QVERIFY2(status.error().message().find("nothing was done") != std::string::npos, status.error().message().c_str());
        QVERIFY(std::chrono::steady_clock::now() - before < std::chrono::seconds(60));
        QVERIFY(pid > 1 && ::kill(pid, 0) != 0 && errno == ESRCH); // it asks no longer
        QVERIFY(direct->issued.empty());
        // Another thread's wish is none of ours, and after it all is as before.
        QVERIFY(!Asking::current().stop_possible());
        const auto after =
            Platform(std::make_shared<HelperSevDevice>(direct, HelperPrograms{standIn(folder.path() / "bin", "exit 126"), "/helper"}))
                .generatePek();
        QVERIFY(!after && after.error().kind == ErrorKind::Environment);
    }

    void programsAreFoundOnThePath()
    {
        const test::DataFolder folder;
        const QByteArray before = qgetenv("PATH");
        const fs::path pkexec = standIn(folder.path() / "bin", "exit 0");
        qputenv("PATH", QByteArray(QByteArray::fromStdString((folder.path() / "bin").string()) + ":" + before));
        qputenv("KASTELLAN_PLATFORM_HELPER", QByteArray::fromStdString(pkexec.string()));
        const HelperPrograms found = findHelper();
        QVERIFY(found.there() && found.pkexec == pkexec && found.helper == pkexec);
        qputenv("PATH", "/nowhere");
        QVERIFY(!findHelper().there());
        qputenv("PATH", before);
        qunsetenv("KASTELLAN_PLATFORM_HELPER");
    }

    void theProgramItselfTakesNoArgumentsAndOpensOneDevice()
    {
        const QString program = qEnvironmentVariable("KASTELLAN_BIN") + QStringLiteral("/kastellan-platform-helper");
        QProcess process;
        process.start(program, {QStringLiteral("/dev/mem")});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), helper_exit::badRequest);
        process.start(program, QStringList());
        QVERIFY(process.waitForStarted());
        process.write(QByteArray::fromStdString(encodeRequest(SevCall::of(SevCommand::PlatformStatus))));
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), helper_exit::answered);
        SevCall call = SevCall::of(SevCommand::PlatformStatus);
        QVERIFY(decodeAnswer(process.readAllStandardOutput().toStdString(), call));
    }
};

QTEST_GUILESS_MAIN(TestPlatformHelper)
#include "test_platform_helper.moc"
