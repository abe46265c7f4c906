// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/sandbox.h"

#include "sev-backend/confine/landlock.h"
#include "sev-backend/confine/seccomp.h"
#include "sev-backend/launch/namespaces.h"
#include "sev-backend/launch/process.h"
#include "sev-backend/launch/sandbox_child.h"

#include <cerrno>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace kastellan::sev {
namespace {

constexpr const char *what = "start the keep";
constexpr int patience = 30'000; // milliseconds for a step of a process that only makes system calls

/// The folders that hold the files, parents first, and "run".
std::vector<std::string> foldersOf(const ImageFiles &image)
{
    std::set<std::string> folders{"run"};
    for (const auto &file : image.files())
        for (auto slash = file.path.find('/', 1); slash != std::string::npos; slash = file.path.find('/', slash + 1))
            folders.insert(file.path.substr(1, slash - 1));
    return {folders.begin(), folders.end()};
}

std::vector<char *> list(std::vector<std::string> &texts)
{
    std::vector<char *> pointers;
    for (auto &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Without namespaces the image lies in a folder, and its programs have to be told where the rest is.
std::vector<std::string> bareEnvironment(const std::string &root, const ImageFiles &image)
{
    std::set<std::string> libraries;
    for (const auto &file : image.files())
        if (file.path.find(".so") != std::string::npos)
            libraries.insert(root + file.path.substr(0, file.path.rfind('/')));
    std::string path;
    for (const auto &folder : libraries)
        path += (path.empty() ? "" : ":") + folder;
    return {"LD_LIBRARY_PATH=" + path};
}

} // namespace

Result<PendingKeep> PendingKeep::start(const SandboxOptions &options, const ImageFiles &image, int listener)
{
    for (const auto &file : image.files())
        if (file.path.starts_with("/run/"))
            return badInput(what, file.path, "the image may hold nothing below /run");
    if (!image.find(options.command.front()))
        return environment(what, options.command.front(), "the keep image has no such file", "Install Kastellan again.");
    SandboxTask task;
    task.isolated = options.isolated;
    task.landlockVersion = landlock::version();
    if (task.isolated && task.landlockVersion == 0)
        return environment(what, "Landlock", "this kernel does not offer it", std::string(remedy(SandboxStep::Landlock)));
    if (task.isolated && !seccompAvailable())
        return environment(what, "seccomp", "this kernel does not offer it", std::string(remedy(SandboxStep::Seccomp)));

    PendingKeep keep;
    const std::vector<std::string> folders = foldersOf(image);
    keep.m_names = folders;
    keep.m_folderCount = folders.size();
    for (const auto &name : folders) {
        task.folders.push_back(name.c_str());
        if (name != "run" && name.find('/') == std::string::npos)
            task.readable.push_back(name.c_str());
    }
    for (std::size_t i = 0; i < image.files().size(); ++i) {
        const KeepFile &file = image.files()[i];
        keep.m_names.push_back(file.path);
        task.files.push_back({file.path.c_str() + 1, file.mode, image.bytes()[i].fd(), file.content.size()});
        if (file.path.find('/', 1) == std::string::npos)
            task.readable.push_back(file.path.c_str() + 1);
    }
    task.readable.push_back(nullptr);
    const std::string rootSize = std::to_string(image.size() + image.files().size() * 4096 + (1 << 20));
    const std::string rootNodes = std::to_string(image.files().size() + folders.size() + 16);
    task.rootSize = rootSize.c_str();
    task.rootNodes = rootNodes.c_str();
    task.runSize = "512m"; // a module of 100 MB, its compiled form, and the secrets
    std::vector<sock_filter> filter = keepSeccompFilter();
    task.filter = {static_cast<unsigned short>(filter.size()), filter.data()};

    std::vector<std::string> command = options.command, variables;
    std::string program = command.front();
    if (!options.isolated) {
        variables = bareEnvironment(options.bareFolder, image);
        program = options.bareFolder + program;
        command.insert(command.end(), {"--run", options.bareFolder + "/run", "--runner", options.bareFolder + "/usr/bin/keep-runner"});
    }
    task.program = program.c_str();
    task.arguments = list(command);
    task.environment = list(variables);

    Fd target;
    if (!options.isolated) {
        target = Fd(::open(options.bareFolder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!target)
            return systemError(what, options.bareFolder, errno);
    }
    int control[2], words[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return systemError(what, "control socket", errno);
    keep.m_control = Fd(control[0]);
    const Fd childControl(control[1]);
    if (::pipe2(words, O_CLOEXEC) != 0)
        return systemError(what, "pipe", errno);
    keep.m_words = Fd(words[0]);
    const Fd childWords(words[1]);
    ::fcntl(keep.m_words.get(), F_SETFL, O_NONBLOCK);
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null)
        return systemError(what, "/dev/null", errno);
    task.folder = target.get();
    task.control = childControl.get();
    task.words = childWords.get();
    task.null = null.get();
    task.listener = listener;

    const OuterIds ids = chooseOuterIds(options.keep);
    task.twoIds = ids.two;
    const std::string gidMap = ids.gidMap(), uidMap = ids.uidMap();
    if (options.isolated && !ids.two) {
        task.ownGidMap = gidMap.c_str();
        task.ownUidMap = uidMap.c_str();
    }
    task.launcherControl = keep.m_control.get();
    int pidfd = -1;
    const pid_t pid = cloneProcess(options.isolated ? keepNamespaceFlags() : 0, pidfd);
    if (pid == 0)
        runSandboxChild(task);
    if (pid < 0)
        return environment(what, "namespaces", systemError({}, {}, errno).error().why, namespaceRemedy());
    keep.m_pid = pid;
    keep.m_pidfd = Fd(pidfd);
    if (options.isolated && ids.two)
        KASTELLAN_TRY(writeIdMaps(pid, ids));
    if (::send(keep.m_control.get(), "M", 1, MSG_NOSIGNAL) != 1)
        return systemError(what, "control socket", errno);
    return keep;
}

PendingKeep::~PendingKeep()
{
    end();
}

void PendingKeep::end()
{
    if (!m_pidfd)
        return; // released and taken over, or gone
    process::kill(m_pidfd.get());
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(m_pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) {}
    m_pidfd.reset();
}

Result<bool> PendingKeep::receive(const std::stop_token &stop)
{
    // In slices, so that a person who stops the launch is heard.
    for (int waited = 0;; waited += 50) {
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, what, {}, "it was stopped");
        pollfd entry{m_control.get(), POLLIN, 0};
        const int count = ::poll(&entry, 1, 50);
        if (count > 0)
            break;
        if (count < 0 && errno != EINTR)
            return systemError(what, "control socket", errno);
        if (waited > patience)
            return environment(what, {}, "the new process did not get ready in " + std::to_string(patience / 1000) + " seconds",
                "The machine may be overloaded: try again.");
    }
    SandboxReport report;
    const ssize_t size = ::recv(m_control.get(), &report, sizeof report, 0);
    if (size == 0)
        return false;
    if (size != sizeof report)
        return environment(what, {}, "the new process ended before it was ready");
    if (report.ready)
        return true;
    std::string where;
    if (report.item >= 0) {
        const std::size_t index = static_cast<std::size_t>(report.item) + (report.step == SandboxStep::File ? m_folderCount : 0);
        if (index < m_names.size())
            where = m_names[index];
    }
    Error error = systemError(std::string(describe(report.step)), where, report.error).error();
    if (const auto help = remedy(report.step); !help.empty())
        error.remedy = help;
    return std::unexpected(error.during(what));
}

Status PendingKeep::waitReady(const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(const bool ready, receive(stop));
    if (!ready)
        return environment(what, {}, "the new process was ended while it was set up", "Check the system's log: memory may be short.");
    return {};
}

Status PendingKeep::release(const std::stop_token &stop)
{
    if (::send(m_control.get(), "G", 1, MSG_NOSIGNAL) != 1)
        return systemError(what, "control socket", errno);
    KASTELLAN_ASSIGN(const bool again, receive(stop));
    if (again)
        return fail(ErrorKind::Internal, what, "control socket", "the new process reported twice");
    m_control.reset();
    return {};
}

} // namespace kastellan::sev
