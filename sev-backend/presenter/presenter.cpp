// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/presenter.h"

#include "core/base/file.h"
#include "sev-backend/presenter/elf_program.h"
#include "sev-backend/presenter/filter.h"
#include "sev-backend/presenter/interpose_server.h"
#include "sev-backend/presenter/spawn.h"
#include "sev-backend/presenter/supervisor.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr const char *what = "run a program with emulated devices";

/// Signals that we look at in one place, while it lives: those that a person or a program sends, and SIGCHLD.
class Signals {
public:
    Signals()
    {
        sigset_t wanted;
        ::sigemptyset(&wanted);
        for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD})
            ::sigaddset(&wanted, number);
        ::pthread_sigmask(SIG_BLOCK, &wanted, &m_before);
        m_descriptor = Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    }
    ~Signals() { ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    Signals(const Signals &) = delete;
    Signals &operator=(const Signals &) = delete;
    [[nodiscard]] int fd() const { return m_descriptor.get(); }
    [[nodiscard]] const sigset_t &before() const { return m_before; }
    [[nodiscard]] std::optional<signalfd_siginfo> next() const
    {
        signalfd_siginfo signal{};
        return ::read(m_descriptor.get(), &signal, sizeof signal) == sizeof signal ? std::optional(signal) : std::nullopt;
    }

private:
    sigset_t m_before{};
    Fd m_descriptor;
};

/// Whoever loses its parent below us becomes our child: the kernel lets us read its memory still, and we see it end.
class Adoption {
public:
    Adoption()
    {
        ::prctl(PR_GET_CHILD_SUBREAPER, &m_before);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    }
    ~Adoption() { ::prctl(PR_SET_CHILD_SUBREAPER, m_before); }
    Adoption(const Adoption &) = delete;
    Adoption &operator=(const Adoption &) = delete;

private:
    int m_before = 0;
};

int statusOf(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Ends what the program left behind, and its children as they come to us.
void killAdopted()
{
    for (;;) {
        std::ifstream children("/proc/self/task/" + std::to_string(::syscall(SYS_gettid)) + "/children");
        pid_t child = 0;
        while (children >> child)
            ::kill(child, SIGKILL);
        if (::waitpid(-1, nullptr, 0) < 0 && errno == ECHILD)
            return;
    }
}

/// Waits until the program has ended, and then until nobody is left to be answered.
class Watch {
public:
    Watch(const Signals &signals, const Spawned &program, int answering)
        : m_signals(signals)
        , m_program(program)
        , m_answering(answering)
    {
    }

    int run()
    {
        bool alone = m_answering < 0;
        while (!m_status || !alone) {
            pollfd ready[] = {{m_signals.fd(), POLLIN, 0}, {alone ? -1 : m_answering, 0, 0}};
            ::poll(ready, 2, -1);
            alone = alone || (ready[1].revents & (POLLHUP | POLLERR | POLLNVAL));
            while (const auto signal = m_signals.next())
                take(*signal);
        }
        if (m_answering >= 0) // who came to us has ended, or is about to
            while (::waitpid(-1, nullptr, 0) > 0) {}
        return *m_status;
    }

private:
    void take(const signalfd_siginfo &signal)
    {
        const auto number = static_cast<int>(signal.ssi_signo);
        if (number == SIGCHLD) {
            int status = 0;
            for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
                if (ended == m_program.id)
                    m_status = statusOf(status);
        } else if (m_status) {
            killAdopted(); // without us they could open nothing any more
        } else if (signal.ssi_code != SI_KERNEL) { // the terminal's go to the program as well
            ::syscall(SYS_pidfd_send_signal, m_program.process.get(), number, nullptr, 0);
        }
    }

    const Signals &m_signals;
    const Spawned &m_program;
    int m_answering;
    std::optional<int> m_status;
};

Result<PresentedEnd> notRun(const std::string &program, const SpawnFailure &failure)
{
    if (failure.stage != SpawnFailure::Stage::Exec)
        return systemError(what, program, failure.error);
    const bool missing = failure.error == ENOENT;
    Error error{ErrorKind::Input, what, program, std::string("it cannot be run: ") + std::strerror(failure.error), {}};
    if (missing && !program.contains('/')) {
        error.why = "there is no such program in PATH";
        error.remedy = "Give its path, or install it.";
    }
    return PresentedEnd{missing ? 127 : 126, std::move(error), false};
}

std::string whyNoNotification(int error)
{
    if (error == EBUSY)
        return "another program answers for the system calls of this one already (keepctl emulate within keepctl emulate, or a container "
               "with a notifier)";
    return std::string("the kernel has no seccomp user notification: ") + std::strerror(error);
}

} // namespace

std::string interposeLibrary()
{
    return (programFolder() / "../lib/kastellan/kastellan-interpose.so").lexically_normal().string();
}

Result<PresentedEnd> present(const Presentation &presentation, const std::vector<std::string> &program)
{
    const auto note = [&](const std::string &text) {
        if (presentation.note)
            presentation.note(text);
    };
    KASTELLAN_ASSIGN(auto handles, Handles::make());
    const std::string place = handles->shadow().path;
    const auto processors = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_CONF)));
    auto reports = presentation.reports ? std::make_unique<ReportFolder>(presentation.reports, presentation.privilegeFloor) : nullptr;
    const bool writes = reports != nullptr;
    const auto answers =
        std::make_shared<CallAnswers>(std::make_unique<Tree>(presentation.sev, presentation.guest, std::move(reports), processors),
            std::move(handles), presentation.registers, presentation.readOnly);
    const Signals signals;
    const Adoption adoption;
    SpawnRequest request{program, {}, {}, signals.before()};

    if (!presentation.interpose) {
        request.filter = presenterFilter(writes);
        auto spawned = spawn(request);
        if (spawned) {
            Supervisor supervisor(answers, std::move(spawned->listener));
            const int status = Watch(signals, *spawned, supervisor.fd()).run();
            const bool busy = !supervisor.stop();
            answers->clear();
            return PresentedEnd{status, {}, busy};
        }
        if (spawned.error().stage != SpawnFailure::Stage::Filter)
            return notRun(program.front(), spawned.error());
        note(whyNoNotification(spawned.error().error) + ". A library in the program answers instead: dynamic programs alone.");
        request.filter.clear();
    }
    KASTELLAN_TRY(requireDynamic(program.front()));
    KASTELLAN_ASSIGN(const auto server, InterposeServer::make(answers, place + ".socket"));
    const char *loaded = ::getenv("LD_PRELOAD");
    request.environment = {{"LD_PRELOAD", interposeLibrary() + (loaded && *loaded ? std::string(":") + loaded : "")},
        {"KASTELLAN_INTERPOSE", server->address()}};
    auto spawned = spawn(request);
    if (!spawned)
        return notRun(program.front(), spawned.error());
    const int status = Watch(signals, *spawned, -1).run();
    const bool busy = !server->stop();
    answers->clear();
    return PresentedEnd{status, {}, busy};
}

} // namespace kastellan::sev
