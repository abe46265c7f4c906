// SPDX-License-Identifier: Apache-2.0
#include "core/workload/compile_sandbox.h"

#include "core/base/fd.h"
#include "core/workload/compile_child.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::workload {
namespace {

constexpr const char *what = "run the compiler in its sandbox";
constexpr std::size_t outputKept = 16 * 1024;

/// A null-terminated array of C strings that views a vector.
std::vector<char *> pointers(std::vector<std::string> &texts)
{
    std::vector<char *> result;
    for (auto &text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

enum class Drained { Some, NothingNow, End };
/// Reads what is there, without waiting.
Drained drain(int fd, std::string &output)
{
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0)
        return errno == EINTR || errno == EAGAIN ? Drained::NothingNow : Drained::End;
    output.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.size() > outputKept)
        output.erase(0, output.size() - outputKept);
    return count > 0 ? Drained::Some : Drained::End;
}

SandboxedEnd await(pid_t child, Fd process, Fd output, std::chrono::seconds limit)
{
    SandboxedEnd end;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (bool ended = false; !ended;) {
        std::array<pollfd, 2> fds{pollfd{process.get(), POLLIN, 0}, pollfd{output.get(), POLLIN, 0}};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) {
            end.timedOut = true;
            break;
        }
        if (::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0)
            continue;
        if (fds[1].revents && drain(output.get(), end.output) == Drained::End)
            output.reset(); // poll ignores -1
        ended = fds[0].revents != 0;
    }
    // The group too: whatever it started is ended with it. The filter lets nobody leave the group.
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    while (output && drain(output.get(), end.output) == Drained::Some) {}
    end.bySignal = WIFSIGNALED(status);
    end.code = end.bySignal ? WTERMSIG(status) : WEXITSTATUS(status);
    return end;
}

} // namespace

Result<SandboxedEnd> runSandboxed(const SandboxedRun &run)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return systemError(what, {}, errno);
    Fd read(ends[0]), write(ends[1]);
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Fd folder(::open(run.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!null || !folder)
        return systemError(what, null ? run.folder.string() : "/dev/null", errno);
    const Fd ruleset(compilerRuleset(folder.get(), run.program.parent_path().c_str()));

    std::vector<std::string> arguments{run.program.string()};
    arguments.insert(arguments.end(), run.arguments.begin(), run.arguments.end());
    std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=" + run.folder.string(), "TMPDIR=" + run.folder.string()};
    if (!run.preload.empty())
        environment.push_back("LD_PRELOAD=" + run.preload.string());
    const auto argv = pointers(arguments), envp = pointers(environment);
    ChildPlan plan;
    plan.program = arguments.front().c_str();
    plan.argv = argv.data();
    plan.envp = envp.data();
    plan.input = null.get();
    plan.output = write.get();
    plan.folder = folder.get();
    plan.landlock = ruleset.get();
    plan.seconds = static_cast<std::uint64_t>(run.timeLimit.count());
    plan.fileLimit = run.fileLimit;
    plan.memoryLimit = run.memoryLimit;
    plan.filter = compilerFilter();

    const pid_t child = ::fork();
    if (child < 0)
        return systemError(what, {}, errno);
    if (child == 0)
        becomeSandboxed(plan);
    ::setpgid(child, child); // in both, so that it is done whoever comes first
    write.reset();
    Fd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (!process) {
        const int number = errno;
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        return systemError(what, {}, number);
    }
    ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
    return await(child, std::move(process), std::move(read), run.timeLimit);
}

} // namespace kastellan::workload
