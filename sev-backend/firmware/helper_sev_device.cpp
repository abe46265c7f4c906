// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/helper_sev_device.h"

#include "core/base/fd.h"
#include "core/base/file.h"
#include "core/hosts/asking.h"
#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/firmware/helper_protocol.h"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

constexpr auto notAsked = static_cast<std::uint32_t>(FirmwareStatus::NoFirmwareCall);

bool runnable(const fs::path &path)
{
    std::error_code code;
    return fs::is_regular_file(path, code) && ::access(path.c_str(), X_OK) == 0;
}

/// What a started program yields: its output, and how it ended.
struct Ended {
    std::string output;
    int status = 0; ///< as waitpid has it
    bool givenUp = false; ///< ended before it did anything, for nobody waits for it any more
};

class SpawnFiles {
public:
    SpawnFiles() { ::posix_spawn_file_actions_init(&m_actions); }
    ~SpawnFiles() { ::posix_spawn_file_actions_destroy(&m_actions); }
    SpawnFiles(const SpawnFiles &) = delete;
    SpawnFiles &operator=(const SpawnFiles &) = delete;
    [[nodiscard]] posix_spawn_file_actions_t *get() { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

/// Reads until the other side closes, at most `limit` bytes; or, when `unwanted` becomes readable, no further (then "stopped" is set).
Result<std::string> readToEnd(int fd, int unwanted, std::size_t limit, bool &stopped)
{
    std::string text;
    std::array<char, 4096> part{};
    for (;;) {
        std::array waiting{pollfd{fd, POLLIN, 0}, pollfd{unwanted, POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
            return systemError("read the helper's answer", {}, errno);
        if (waiting[0].revents == 0) {
            stopped = waiting[1].revents != 0;
            if (stopped)
                return text;
            continue;
        }
        const ssize_t count = ::recv(fd, part.data(), part.size(), MSG_DONTWAIT);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count < 0 && errno == ECONNRESET) // it has ended without reading all of the request
            return text;
        if (count < 0)
            return systemError("read the helper's answer", {}, errno);
        if (count == 0)
            return text;
        text.append(part.data(), static_cast<std::size_t>(count));
        if (text.size() > limit)
            return environment("read the helper's answer", {}, "it is too long");
    }
}

int waitFor(pid_t pid)
{
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

Result<Ended> run(const HelperPrograms &programs, const std::string &request, const std::stop_token &stop)
{
    // One socket for both ways: writing to a program that has ended is an error of it, not a signal.
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return systemError("start the helper", programs.pkexec.string(), errno);
    const Fd ours(pair[0]);
    Fd theirs(pair[1]);
    const Fd unwanted(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!unwanted)
        return systemError("start the helper", programs.pkexec.string(), errno);
    SpawnFiles files;
    ::posix_spawn_file_actions_adddup2(files.get(), theirs.get(), 0);
    ::posix_spawn_file_actions_adddup2(files.get(), theirs.get(), 1);
    std::string pkexec = programs.pkexec.string(), helper = programs.helper.string();
    std::array<char *, 3> arguments{pkexec.data(), helper.data(), nullptr};
    // pkexec ends when we do: a question is not answered for somebody who is gone.
    pid_t pid = 0;
    if (const int number = ::posix_spawn(&pid, pkexec.c_str(), files.get(), nullptr, arguments.data(), environ); number != 0)
        return systemError("start the helper", pkexec, number);
    theirs.reset();
    std::string_view left = request;
    while (!left.empty()) {
        const ssize_t count = ::send(ours.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break; // it has ended already; its exit status says why
        left.remove_prefix(static_cast<std::size_t>(count));
    }
    ::shutdown(ours.get(), SHUT_WR);
    const std::stop_callback wake(stop, [&unwanted] { (void)::eventfd_write(unwanted.get(), 1); });
    Ended ended;
    bool stopped = false;
    auto output = readToEnd(ours.get(), unwanted.get(), helperMessageLimit, stopped);
    // As long as pkexec asks, it is still this user's, and may be ended. Afterwards it is root's: then the command is under way, and its
    // answer comes soon.
    if (stopped && ::kill(pid, SIGTERM) == 0) {
        ended.status = waitFor(pid);
        ended.givenUp = WIFSIGNALED(ended.status);
        if (ended.givenUp)
            return ended;
        return environment("ask the helper", pkexec, "it was stopped, and whether it has done its work is not known",
            "Look at the platform's status before you try again.");
    }
    if (stopped) {
        bool never = false;
        auto rest = readToEnd(ours.get(), -1, helperMessageLimit, never);
        output = rest ? Result<std::string>(*output + *rest) : std::move(rest);
    }
    if (!output)
        ::kill(pid, SIGTERM);
    ended.status = waitFor(pid);
    // Ctrl-C on a terminal reaches pkexec as well as us.
    ended.givenUp = WIFSIGNALED(ended.status) && (WTERMSIG(ended.status) == SIGINT || stop.stop_requested());
    if (!output)
        return std::unexpected(output.error());
    ended.output = std::move(*output);
    return ended;
}

/// Exit codes of pkexec(1).
std::string whyNot(int status)
{
    if (!WIFEXITED(status))
        return "the helper was ended by signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    switch (WEXITSTATUS(status)) {
    case 126:
        return "the person who was asked for an administrator's password did not give it";
    case 127:
        return "polkit did not allow it, or there is nobody whom it could ask";
    default:
        return "the helper ended with exit code " + std::to_string(WEXITSTATUS(status));
    }
}

} // namespace

HelperPrograms findHelper()
{
    HelperPrograms programs;
    const char *path = std::getenv("PATH");
    for (std::string_view rest = path ? path : ""; !rest.empty() && programs.pkexec.empty();) {
        const auto end = rest.find(':');
        const fs::path candidate = fs::path(rest.substr(0, end)) / "pkexec";
        if (candidate.is_absolute() && runnable(candidate))
            programs.pkexec = candidate;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    constexpr const char *name = "kastellan-platform-helper";
    const fs::path bin = programFolder();
    const char *named = std::getenv("KASTELLAN_PLATFORM_HELPER");
    for (const fs::path &candidate :
        {fs::path(named ? named : ""), bin.parent_path() / "libexec" / name, bin / name, bin.parent_path() / name})
        if (programs.helper.empty() && candidate.is_absolute() && runnable(candidate))
            programs.helper = candidate;
    return programs;
}

HelperSevDevice::HelperSevDevice(std::shared_ptr<SevDevice> direct, HelperPrograms programs)
    : m_direct(std::move(direct))
    , m_programs(std::move(programs))
{
}

DeviceAccess HelperSevDevice::access() const
{
    DeviceAccess access = m_direct->access();
    access.privileged = access.exists && !(access.read && access.write) && m_programs.there();
    return access;
}

CommandAnswer HelperSevDevice::issue(SevCall &call, bool write)
{
    const DeviceAccess access = m_direct->access();
    if (!access.exists || (access.read && (access.write || !write)))
        return m_direct->issue(call, write);
    return ask(call);
}

CommandAnswer HelperSevDevice::ask(SevCall &call) const
{
    if (const auto misfit = call.misfit())
        return {EINVAL, notAsked, *misfit};
    if (!m_programs.there())
        return {EACCES, notAsked, {}};
    call.clearAddresses();
    const auto ended = run(m_programs, encodeRequest(call), Asking::current());
    if (!ended)
        return {EIO, notAsked, ended.error().message()};
    if (ended->givenUp)
        return {ECANCELED, notAsked, "it was stopped before an administrator's password was given; nothing was done"};
    if (!WIFEXITED(ended->status) || WEXITSTATUS(ended->status) != 0)
        return {EACCES, notAsked, whyNot(ended->status)};
    auto answer = decodeAnswer(ended->output, call);
    return answer ? *answer : CommandAnswer{EIO, notAsked, answer.error().message()};
}

} // namespace kastellan::sev
