// SPDX-License-Identifier: Apache-2.0
// Stands for the warden in the tests of the sandbox: linked statically, it is a whole keep image. It says what it sees and what it may, and
// does what it is told, on the connections that a warden has. Not a part of Kastellan.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int listener = 3;

std::string number(long long value)
{
    return std::to_string(value);
}

/// "0", or the name of the error.
std::string outcome(long result)
{
    if (result >= 0)
        return "0";
    const char *name = ::strerrorname_np(errno);
    return name ? name : number(errno);
}

std::string hex(std::uint64_t value)
{
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(value));
    return text.data();
}

std::string list(const std::string &folder)
{
    std::string names;
    DIR *handle = ::opendir(folder.c_str());
    if (!handle)
        return outcome(-1);
    std::map<std::string, bool> found;
    while (const dirent *entry = ::readdir(handle))
        if (std::string_view(entry->d_name) != "." && std::string_view(entry->d_name) != "..")
            found[entry->d_name] = entry->d_type == DT_DIR;
    ::closedir(handle);
    for (const auto &[name, isFolder] : found) {
        const std::string path = (folder == "/" ? "" : folder) + "/" + name;
        names += path + (isFolder ? "/ " + list(path) : " ");
    }
    return names;
}

std::string facts()
{
    std::string text;
    const auto say = [&text](std::string_view name, const std::string &value) { text += std::string(name) + "=" + value + "\n"; };
    uid_t uids[3];
    gid_t gids[3];
    ::getresuid(&uids[0], &uids[1], &uids[2]);
    ::getresgid(&gids[0], &gids[1], &gids[2]);
    say("uids", number(uids[0]) + " " + number(uids[1]) + " " + number(uids[2]));
    say("gids", number(gids[0]) + " " + number(gids[1]) + " " + number(gids[2]));
    say("groups", number(::getgroups(0, nullptr)));
    say("pid", number(::getpid()));
    say("ppid", number(::getppid()));
    say("sid", number(::getsid(0)));
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    ::syscall(SYS_capget, &header, data);
    say("effective", hex(data[0].effective | static_cast<std::uint64_t>(data[1].effective) << 32));
    say("permitted", hex(data[0].permitted | static_cast<std::uint64_t>(data[1].permitted) << 32));
    std::uint64_t bounding = 0, ambient = 0;
    for (unsigned long i = 0; i < 64; ++i) {
        bounding |= static_cast<std::uint64_t>(::prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) << i;
        ambient |= static_cast<std::uint64_t>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) << i;
    }
    say("bounding", hex(bounding));
    say("ambient", hex(ambient));
    say("nonewprivs", number(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
    std::string open;
    for (int fd = 0; fd < 1024; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0)
            open += number(fd) + " ";
    say("fds", open);
    say("files", list("/"));
    utsname name{};
    ::uname(&name);
    say("host", name.nodename);
    for (const auto &[what, resource] : {std::pair{"core", RLIMIT_CORE}, {"nproc", RLIMIT_NPROC}, {"nofile", RLIMIT_NOFILE}}) {
        rlimit limit{};
        ::getrlimit(resource, &limit);
        say(std::string("limit.") + what,
            number(static_cast<long long>(limit.rlim_cur)) + "/" + number(static_cast<long long>(limit.rlim_max)));
    }
    std::string environment;
    for (char **variable = ::environ; *variable; ++variable)
        environment += std::string(*variable) + ";";
    say("environment", environment);
    return text;
}

std::string inChild(const auto &action)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return "pipe " + outcome(-1);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string result = action();
        (void)!::write(ends[1], result.data(), result.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::array<char, 256> buffer{};
    const ssize_t size = ::read(ends[0], buffer.data(), buffer.size());
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        return "signal " + number(WTERMSIG(status));
    return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string tryTo(const std::string &what)
{
    const auto call = [](long nr, auto... arguments) { return outcome(::syscall(nr, arguments...)); };
    const auto open = [](const char *path, int flags) { return outcome(::open(path, flags | O_CLOEXEC, 0600)); };
    if (what == "inet")
        return call(SYS_socket, AF_INET, SOCK_STREAM, 0);
    if (what == "unix")
        return call(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    if (what == "netlink")
        return call(SYS_socket, AF_NETLINK, SOCK_RAW, 0);
    if (what == "unshare")
        return call(SYS_unshare, CLONE_NEWUSER);
    if (what == "clone")
        return call(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (what == "clone3")
        return call(SYS_clone3, nullptr, 0);
    if (what == "mount")
        return call(SYS_mount, "tmpfs", "/run", "tmpfs", 0, nullptr);
    if (what == "remount")
        return call(SYS_mount, nullptr, "/", nullptr, MS_REMOUNT, nullptr);
    if (what == "ptrace")
        return call(SYS_ptrace, PTRACE_TRACEME, 0, nullptr, nullptr);
    if (what == "bpf")
        return call(SYS_bpf, 0, nullptr, 0);
    if (what == "keyctl")
        return call(SYS_keyctl, 0, 0, 0, 0, 0);
    if (what == "iouring")
        return call(SYS_io_uring_setup, 1, nullptr);
    if (what == "chroot")
        return call(SYS_chroot, "/");
    if (what == "mknod")
        return call(SYS_mknodat, AT_FDCWD, "/run/null", S_IFCHR | 0666, 0x103);
    if (what == "symlink")
        return call(SYS_symlinkat, "/", AT_FDCWD, "/run/link");
    if (what == "root")
        return call(SYS_setresuid, 0, 0, 0);
    if (what == "passwd")
        return open("/etc/passwd", O_RDONLY);
    if (what == "proc")
        return open("/proc/self/status", O_RDONLY);
    if (what == "devnull")
        return open("/dev/null", O_RDONLY);
    if (what == "image")
        return open("/usr/bin/keep-warden", O_RDONLY);
    if (what == "writeimage")
        return open("/usr/bin/keep-warden", O_WRONLY);
    if (what == "newfile")
        return open("/usr/new", O_WRONLY | O_CREAT);
    if (what == "rootfile")
        return open("/new", O_WRONLY | O_CREAT);
    if (what == "runfile")
        return open("/run/new", O_WRONLY | O_CREAT);
    if (what == "unlinkimage")
        return outcome(::unlink("/usr/bin/keep-warden"));
    if (what == "parent")
        return outcome(::open("../../../../../../../work", O_RDONLY | O_CLOEXEC));
    if (what == "wx")
        return outcome(
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    if (what == "killall") { // everybody it can see: nobody. It is the first of its world, and not reached itself.
        return outcome(::kill(-1, SIGKILL));
    }
    if (what == "execimage") {
        return inChild([] {
            char name[] = "keep-warden", flag[] = "--child";
            char *arguments[] = {name, flag, nullptr}, *environment[] = {nullptr};
            ::execve("/usr/bin/keep-warden", arguments, environment);
            return outcome(-1);
        });
    }
    if (what == "execrun") {
        return inChild([] {
            const int from = ::open("/usr/bin/keep-warden", O_RDONLY | O_CLOEXEC),
                      to = ::open("/run/copy", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
            std::vector<char> buffer(1 << 16);
            for (ssize_t size = 0; (size = ::read(from, buffer.data(), buffer.size())) > 0;)
                (void)!::write(to, buffer.data(), static_cast<std::size_t>(size));
            ::fchmod(to, 0755);
            ::close(to);
            char name[] = "copy";
            char *arguments[] = {name, nullptr}, *environment[] = {nullptr};
            ::execve("/run/copy", arguments, environment);
            return outcome(-1);
        });
    }
    if (what == "runner") { // what the warden does first: another user for the runner
        return inChild([] {
            const std::string group = outcome(::setresgid(2, 2, 2)), user = outcome(::setresuid(2, 2, 2));
            return group + " " + user + " " + number(::getuid());
        });
    }
    return "unknown";
}

bool whole(int fd, void *data, std::size_t size, bool reading)
{
    auto *at = static_cast<char *>(data);
    while (size > 0) {
        const ssize_t count = reading ? ::recv(fd, at, size, 0) : ::send(fd, at, size, MSG_NOSIGNAL);
        if (count <= 0)
            return false;
        at += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

std::string report(int firmware, std::uint8_t fill, std::uint32_t command)
{
    std::array<std::uint8_t, 100> request{};
    std::memcpy(request.data(), &command, 4);
    std::memset(request.data() + 4, fill, 64);
    std::uint32_t size = 0;
    if (!whole(firmware, request.data(), request.size(), false) || !whole(firmware, &size, sizeof size, true) || size > 65536)
        return "lost";
    std::vector<std::uint8_t> response(size);
    if (!whole(firmware, response.data(), response.size(), true))
        return "lost";
    std::string text;
    for (const auto byte : response) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

void spawnDeep()
{
    for (int i = 0; i < 3; ++i)
        if (::fork() == 0) {
            if (i > 0)
                ::setsid();
            if (i == 2 && ::fork() > 0)
                ::_exit(0); // its child loses its parent
            for (;;)
                ::pause();
        }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--child") {
        (void)!::write(1, "child\n", 6);
        return 0;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<int> sessions;
    int firmware = -1, firmwareCount = 0;
    for (;;) {
        std::vector<pollfd> entries{{listener, POLLIN, 0}};
        for (const int fd : sessions)
            entries.push_back({fd, POLLIN, 0});
        ::poll(entries.data(), entries.size(), -1);
        if (entries[0].revents) {
            const int stream = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            char purpose = 0;
            if (stream < 0 || ::recv(stream, &purpose, 1, 0) != 1) {
                ::close(stream);
            } else if (purpose == 'F') {
                firmware = stream;
                ++firmwareCount;
            } else {
                sessions.push_back(stream);
            }
            continue;
        }
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            if (!entries[i + 1].revents)
                continue;
            std::array<char, 256> buffer{};
            const ssize_t size = ::recv(sessions[i], buffer.data(), buffer.size() - 1, 0);
            if (size <= 0) {
                ::close(sessions[i]);
                sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i));
                break;
            }
            const std::string line(buffer.data(), static_cast<std::size_t>(size) - 1);
            const std::string verb = line.substr(0, line.find(' ')), rest = line.substr(std::min(line.size(), verb.size() + 1));
            std::string answer = "ok";
            if (verb == "facts")
                answer = facts();
            else if (verb == "try")
                answer = tryTo(rest);
            else if (verb == "report")
                answer = firmware < 0 ? "none" : report(firmware, static_cast<std::uint8_t>(std::atoi(rest.c_str())), 0);
            else if (verb == "badcommand")
                answer = report(firmware, 1, 7);
            else if (verb == "firmware")
                answer = number(firmware >= 0 ? firmwareCount : 0);
            else if (verb == "drop")
                ::close(std::exchange(firmware, -1));
            else if (verb == "arguments")
                for (answer.clear(); *argv; ++argv)
                    answer += std::string(*argv) + " ";
            else if (verb == "say")
                (void)!::write(2, rest.data(), rest.size());
            else if (verb == "spawn")
                spawnDeep();
            else if (verb == "exit")
                ::_exit(std::atoi(rest.c_str()));
            else if (verb == "abort")
                ::kill(::getpid(), SIGSYS); // the first process of a namespace ignores what it has no handler for
            answer += "\n.\n";
            whole(sessions[i], answer.data(), answer.size(), false);
        }
    }
}
