// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/loader_process.h"

#include "core/base/file.h"
#include "core/keeps/loader_protocol.h"

#include <openssl/crypto.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

namespace kastellan::loader {
namespace {

struct Pipe {
    Fd read, write;
};
Result<Pipe> makePipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return systemError("make a pipe", {}, errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

using Actions = std::unique_ptr<posix_spawn_file_actions_t, decltype([](posix_spawn_file_actions_t *actions) {
    posix_spawn_file_actions_destroy(actions);
    delete actions;
})>;
using Attributes = std::unique_ptr<posix_spawnattr_t, decltype([](posix_spawnattr_t *attributes) {
    posix_spawnattr_destroy(attributes);
    delete attributes;
})>;

Actions makeActions()
{
    auto actions = std::make_unique<posix_spawn_file_actions_t>();
    posix_spawn_file_actions_init(actions.get());
    return Actions(actions.release());
}

Attributes makeAttributes()
{
    auto attributes = std::make_unique<posix_spawnattr_t>();
    posix_spawnattr_init(attributes.get());
    return Attributes(attributes.release());
}

const char *optionOf(Purpose purpose)
{
    switch (purpose) {
    case Purpose::Launch:
        break;
    case Purpose::Resume:
        return "--resume";
    case Purpose::Clear:
        return "--clear";
    }
    return nullptr;
}

std::string lastWords(const std::filesystem::path &log)
{
    const auto content = readFile(log, 1 << 20);
    std::string text = content ? std::string(asText(*content)) : std::string();
    while (text.ends_with('\n'))
        text.pop_back();
    if (const auto line = text.rfind('\n'); line != std::string::npos)
        text.erase(0, line + 1);
    return text.empty() ? "it ended without a word" : text;
}

} // namespace

Status spawn(const KeepId &id, Purpose purpose, const std::vector<Secret> &secrets)
{
    const std::string program = (programFolder() / "keep-loader").string(), hex = toHex(id.view());
    const auto log = keeps::folder(id) / "loader.log";
    KASTELLAN_ASSIGN(Pipe ready, makePipe());
    KASTELLAN_ASSIGN(Pipe input, makePipe());

    // Dup2 in the child may hit a descriptor that is still needed, so those that are passed lie above the targets.
    const auto raise = [](Fd &fd) {
        const int number = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 10);
        if (number >= 0)
            fd = Fd(number);
        return number >= 0;
    };
    if (!raise(ready.write) || !raise(input.read))
        return systemError("start the keep's loader", program, errno);
    const Actions actions = makeActions();
    posix_spawn_file_actions_adddup2(actions.get(), input.read.get(), 0);
    posix_spawn_file_actions_addopen(actions.get(), 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(actions.get(), 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(actions.get(), ready.write.get(), readyFd);
    posix_spawn_file_actions_addclosefrom_np(actions.get(), readyFd + 1);
    const Attributes attributes = makeAttributes();
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes.get(), &none);
    posix_spawnattr_setsigdefault(attributes.get(), &all);
    posix_spawnattr_setflags(attributes.get(), POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::array<const char *, 5> arguments{"keep-loader", "--keep", hex.c_str(), optionOf(purpose), nullptr};
    pid_t pid = 0;
    // posix_spawn declares its arguments without const for historical reasons; it does not change them.
    const int number =
        posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), const_cast<char *const *>(arguments.data()), environ);
    if (number != 0)
        return systemError("start the keep's loader", program, number);
    ready.write.reset();
    input.read.reset();

    Bytes encoded = encodeSecrets(secrets);
    struct sigaction ignore{}, before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before); // a loader that dies early must not take us along
    const auto written = writeAll(input.write.get(), encoded, "the loader's input");
    ::sigaction(SIGPIPE, &before, nullptr);
    OPENSSL_cleanse(encoded.data(), encoded.size());
    input.write.reset();

    char byte = 0;
    ssize_t count = 0;
    while ((count = ::read(ready.read.get(), &byte, 1)) < 0 && errno == EINTR) {}
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {} // the loader proper is its child
    if (count != 1)
        return environment("start the keep's loader", hex.substr(0, 12), lastWords(log), "See " + log.string() + " while it is there.");
    return written;
}

} // namespace kastellan::loader
