// SPDX-License-Identifier: Apache-2.0
#include "clearing.h"
#include "clients.h"
#include "engine.h"

#include "app/backends/backends.h"
#include "core/base/file.h"
#include "core/keeps/leftovers.h"
#include "core/keeps/loader_process.h"
#include "core/keeps/loader_protocol.h"
#include "sev-backend/kds/missing.h"

#include <openssl/crypto.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

using namespace kastellan;

namespace {

constexpr std::uint64_t statusLimit = 16 << 20;

struct Arguments {
    KeepId keep;
    bool resume = false, clear = false;
};

Result<Arguments> parseArguments(int count, char **values)
{
    Arguments arguments;
    bool named = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view value = values[i];
        if (value == "--resume") {
            arguments.resume = true;
        } else if (value == "--clear") {
            arguments.clear = true;
        } else if (value == "--keep" && i + 1 < count) {
            KASTELLAN_ASSIGN(const Bytes id, fromHex(values[++i]));
            KASTELLAN_ASSIGN(arguments.keep, KeepId::from(id, "the keep's id"));
            named = true;
        } else {
            return badInput("start the loader", std::string(value), "it is not an argument of keep-loader",
                "keep-loader is started by keepctl and kastellan, not by hand.");
        }
    }
    if (!named)
        return badInput("start the loader", {}, "no keep was named", "keep-loader is started by keepctl and kastellan, not by hand.");
    return arguments;
}

/// Secrets pass through this process: nobody may look into it, and it leaves no core behind.
void closeUp()
{
    ::prctl(PR_SET_DUMPABLE, 0);
    // The hard limit stays: libvirt's session daemon may be started from here, and has to give it to its machines.
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    core.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &core);
    ::umask(077);
}

/// The whole input, in memory that does not move while it grows, so that no copy of a secret stays behind.
Result<std::vector<Secret>> readSecrets()
{
    Bytes bytes;
    bytes.resize(64 * 1024);
    std::size_t used = 0;
    for (;;) {
        if (used == bytes.size()) {
            if (bytes.size() >= loader::secretsLimit)
                return badInput("read the secrets", {}, "they are larger than 64 MiB together");
            Bytes larger(bytes.size() * 2);
            std::memcpy(larger.data(), bytes.data(), used);
            OPENSSL_cleanse(bytes.data(), bytes.size());
            bytes.swap(larger);
        }
        const ssize_t count = ::read(STDIN_FILENO, bytes.data() + used, bytes.size() - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError("read the secrets", {}, errno);
        if (count == 0)
            break;
        used += static_cast<std::size_t>(count);
    }
    auto secrets = loader::decodeSecrets(ByteView(bytes).first(used));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return secrets;
}

Result<Fd> lockKeep(const std::filesystem::path &folder)
{
    const auto path = folder / "lock";
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd)
        return systemError("lock the keep", path.string(), errno);
    // Whoever looks whether a loader is at it has the lock for a moment.
    for (int tries = 0; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
        if (tries == 20)
            return environment("lock the keep", path.string(), "another loader holds it");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return fd;
}

/// What a report lacks, from the certificate store, the key server's cache, else AMD's key server.
std::vector<std::string> complete(Evidence &evidence, const std::stop_token &stop)
{
    std::vector<std::string> said;
    auto finder = sev::EndorsementFinder::open(true, [&said](const std::string &text) { said.push_back(text); });
    if (!finder)
        return {finder.error().message()};
    auto completed = (*finder)->complete(evidence, stop);
    for (auto *texts : {&completed.added, &completed.missing})
        said.insert(said.end(), texts->begin(), texts->end());
    return said;
}

void tellReady()
{
    const char byte = 1;
    (void)!::write(loader::readyFd, &byte, 1);
    ::close(loader::readyFd);
}

/// To close a connection asks the host at its other end, and one that did not answer before must not hold up the end. All that counts is
/// on disk by now.
void endIfAHostMayHang(int code)
{
    if (loader::Calls::mayHang())
        ::_exit(code);
}

/// Another loader's keep has ended, and something of it is left on its host.
Status clearAway(const std::filesystem::path &folder, KeepStatus status)
{
    if (!keeps::hasLeftovers(status, folder)) {
        tellReady();
        return {};
    }
    const auto hosts = makeHosts();
    KASTELLAN_ASSIGN(auto host, hosts->find(status.plan.host));
    KASTELLAN_ASSIGN(auto log, KeepLogWriter::open(folder / "log"));
    loader::StatusFile statusFile(folder / "state.json", std::move(status));
    tellReady();
    const Status done = loader::clearKeep(host, folder, statusFile, log);
    endIfAHostMayHang(done ? 0 : 1);
    return done;
}

Status run(int count, char **values)
{
    KASTELLAN_ASSIGN(const Arguments arguments, parseArguments(count, values));
    const auto folder = keeps::folder(arguments.keep);
    KASTELLAN_ASSIGN(const Fd lock, lockKeep(folder));
    KASTELLAN_ASSIGN(std::vector<Secret> secrets, readSecrets());
    KASTELLAN_ASSIGN(const Bytes state, readFile(folder / "state.json", statusLimit));
    KASTELLAN_ASSIGN(KeepStatus status, statusFromJson(asText(state)));
    if (arguments.clear)
        return clearAway(folder, std::move(status));
    if (isFinal(status.state))
        return fail(ErrorKind::Negative, "load the keep", status.plan.name, "it is " + std::string(name(status.state)));
    KASTELLAN_ASSIGN(const Bytes ownerKey, readFile(folder / "owner.pem", 65536));
    const auto hosts = makeHosts();
    KASTELLAN_ASSIGN(auto host, hosts->find(status.plan.host));
    KASTELLAN_ASSIGN(auto store, RecordStore::open());
    KASTELLAN_ASSIGN(auto log, KeepLogWriter::open(folder / "log"));

    status.loaderPid = ::getpid();
    status.loaderStart = loader::startTime(::getpid());
    loader::StatusFile statusFile(folder / "state.json", std::move(status));
    KASTELLAN_TRY(statusFile.save());

    loader::PollLoop loop;
    loader::Clients clients(loop, loader::socketPath(arguments.keep));
    KASTELLAN_TRY(clients.listen());

    loader::Engine *engine = nullptr;
    loader::Listener listener;
    listener.status = [&] { clients.tellStatus(engine->status()); };
    listener.progress = [&](std::string_view doing, std::uint64_t done, std::uint64_t total) {
        KeepEvent event;
        event.kind = KeepEvent::Kind::Progress;
        event.text = doing;
        event.done = done;
        event.total = total;
        clients.tell(event);
    };
    listener.log = [&](std::uint64_t size) {
        KeepEvent event;
        event.kind = KeepEvent::Kind::Log;
        event.logBytes = size;
        clients.tell(event);
    };
    listener.appraisal = [&](const Record &record) {
        KeepEvent event;
        event.kind = KeepEvent::Kind::Appraisal;
        event.recordId = record.id;
        event.verdict = name(record.appraisal.verdict);
        clients.tell(event);
    };
    listener.error = [&](const Error &error) {
        KeepEvent event;
        event.kind = KeepEvent::Kind::Error;
        event.text = error.message();
        clients.tell(event);
    };
    listener.inputTaken = [] {};
    listener.use = [&](const RunningKeep::Use &use) { clients.tellUse(use); };
    listener.ended = [&] { loop.post([&] { clients.close([&] { loop.finish(); }); }); };

    auto plan = statusFile.get().plan;
    loader::Engine keep(loop,
        {std::move(plan), folder, std::move(host), makeEvidenceBackend(), std::move(store), std::move(log), std::move(statusFile),
            std::string(asText(ownerKey)), complete},
        std::move(listener));
    engine = &keep;
    clients.attach(keep);

    // Asked to end politely (a shutdown), the keep is stopped; killed hard, it goes on and is taken over later.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    const Fd signalFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    loop.watch(
        signalFd.get(), [] { return short(POLLIN); },
        [&](short) {
            signalfd_siginfo info{};
            while (::read(signalFd.get(), &info, sizeof info) == sizeof info) {}
            keep.stop(2);
        });

    tellReady();
    loop.post([&] {
        if (arguments.resume)
            keep.resume();
        else
            keep.launch(std::move(secrets));
    });
    loop.run();
    endIfAHostMayHang(0);
    return {};
}

} // namespace

int main(int count, char **values)
{
    closeUp();
    // The program that launches waits for this one only; the keep's loader is nobody's child.
    const pid_t child = ::fork();
    if (child != 0)
        return child < 0 ? 1 : 0;
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto status = run(count, values); !status) {
        std::fprintf(stderr, "%s\n", status.error().message().c_str());
        return 1;
    }
    return 0;
}
