// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/image/recipe_process.h"

#include "core/base/fd.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {

namespace {

constexpr const char *running = "run the keep image's recipe";
constexpr std::size_t mostErrors = 65536, longestLine = 65536;

struct Actions {
    Actions() { ::posix_spawn_file_actions_init(&actions); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&actions); }
    Actions(const Actions &) = delete;
    Actions &operator=(const Actions &) = delete;
    posix_spawn_file_actions_t actions;
};

struct Attributes {
    Attributes()
    {
        ::posix_spawnattr_init(&attributes);
        sigset_t none, ours;
        ::sigemptyset(&none);
        ::sigemptyset(&ours);
        for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP})
            ::sigaddset(&ours, signal);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &ours);
        ::posix_spawnattr_setpgroup(&attributes, 0); // Ctrl-C is ours to pass on
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes); }
    Attributes(const Attributes &) = delete;
    Attributes &operator=(const Attributes &) = delete;
    posix_spawnattr_t attributes;
};

/// Takes what is there; false at the end of the stream.
bool take(const Fd &fd, std::string &into)
{
    std::array<char, 65536> part;
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got > 0)
        into.append(part.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
}

void handOn(std::string &text, const std::function<void(const std::string &)> &line)
{
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
        line(text.substr(begin, end - begin));
    text.erase(0, begin);
    if (text.size() > longestLine)
        text.clear();
}

} // namespace

Result<RecipeEnd> runRecipe(
    const std::vector<std::string> &words, const std::function<void(const std::string &)> &line, const std::stop_token &stop)
{
    int out[2], err[2];
    if (::pipe2(out, O_CLOEXEC) != 0)
        return systemError(running, words.front(), errno);
    Fd outRead(out[0]), outWrite(out[1]);
    if (::pipe2(err, O_CLOEXEC) != 0)
        return systemError(running, words.front(), errno);
    Fd errRead(err[0]), errWrite(err[1]);
    Actions actions;
    ::posix_spawn_file_actions_addopen(&actions.actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions.actions, outWrite.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions.actions, errWrite.get(), 2);
    std::vector<char *> arguments;
    for (const auto &word : words)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    const Attributes attributes;
    pid_t child = -1;
    if (const int number =
            ::posix_spawnp(&child, words.front().c_str(), &actions.actions, &attributes.attributes, arguments.data(), ::environ))
        return number == ENOENT ? environment(running, words.front(), "the program is not installed", "Install it ('apt install python3').")
                                : systemError(running, words.front(), number);
    outWrite.reset();
    errWrite.reset();

    const Fd unwanted(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback wake(stop, [&] { (void)::eventfd_write(unwanted.get(), 1); });
    RecipeEnd end;
    std::string text;
    bool outOpen = true, errOpen = true, told = false;
    while (outOpen || errOpen) {
        std::array waiting{pollfd{outOpen ? outRead.get() : -1, POLLIN, 0}, pollfd{errOpen ? errRead.get() : -1, POLLIN, 0},
            pollfd{told ? -1 : unwanted.get(), POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
            break;
        if (waiting[2].revents) {
            ::kill(-child, SIGTERM);
            told = true;
        }
        if (waiting[0].revents) {
            outOpen = take(outRead, text);
            handOn(text, line);
        }
        if (waiting[1].revents)
            errOpen = take(errRead, end.errors);
        if (end.errors.size() > mostErrors)
            end.errors.erase(0, end.errors.size() - mostErrors);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return end;
}

} // namespace kastellan::sev
