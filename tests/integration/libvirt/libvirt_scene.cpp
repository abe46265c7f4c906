// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/libvirt/libvirt_scene.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/libvirt/domain_xml.h"
#include "tests/support/initrd.h"

#include <QtCore/QDir>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QProcess>

#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>

extern char **environ;

namespace kastellan::test {
namespace fs = std::filesystem;

namespace {

constexpr int patience = 60'000; // ms

pid_t start(const char *program)
{
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(
        &actions, 2, (std::string(std::getenv("HOME")) + "/daemons.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    char *const arguments[] = {const_cast<char *>(program), nullptr};
    if (::posix_spawnp(&pid, program, &actions, nullptr, arguments, environ) != 0)
        pid = 0;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

} // namespace

QByteArray LibvirtScene::missing()
{
    if (const QString why = SessionDaemon::missingPrograms(); !why.isEmpty())
        return why.toUtf8();
    if (cloudKernel().empty())
        return "there is no kernel (linux-image-cloud-amd64)";
    if (::geteuid() == 0 && fs::exists("/run/libvirt/libvirt-sock")) {
        if (alive(pidIn(QStringLiteral("/run/libvirtd.pid"))))
            return "a system libvirtd runs here already";
    }
    return {};
}

LibvirtScene::LibvirtScene()
    : m_system(::geteuid() == 0)
    , m_folder(m_session.path({}).toStdString())
    , m_uri(m_system ? "qemu:///system" : "qemu:///session")
{
    ::setenv("KASTELLAN_DATA", (m_folder / "data").c_str(), 1);
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    writeInitrdOf(programFolder() / "libvirt-echo-guest", m_folder / "initrd");
    startDaemon();
    m_before = leftovers();
}

LibvirtScene::~LibvirtScene()
{
    for (const QByteArray &name : virsh({QStringLiteral("list"), QStringLiteral("--name")}).split('\n'))
        if (name.startsWith("kastellan-"))
            static_cast<void>(virsh({QStringLiteral("destroy"), QString::fromLatin1(name)}));
    killDaemon();
    for (const pid_t child : m_children)
        endProcess(child, SIGTERM);
}

std::shared_ptr<sev::LibvirtHost> LibvirtScene::host(sev::LibvirtHostOptions options) const
{
    return std::make_shared<sev::LibvirtHost>(*sev::parseLibvirtUri(m_uri), std::move(options));
}

Result<LaunchPlan> LibvirtScene::plan(sev::LibvirtHost &host, const std::function<void(MachineRequest &)> &change) const
{
    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.name = "a test";
    plan.ownerKey = std::string(64, 'a');
    MachineRequest request;
    request.unattested = true;
    request.memoryMiB = 192;
    request.cpuModel = "qemu64";
    MachineImage image;
    image.kernel = cloudKernel();
    image.initrd = (m_folder / "initrd").string();
    image.commandLine = "console=ttyS0 panic=-1 quiet cryptomgr.notests random.trust_cpu=on";
    request.whole = image;
    if (change)
        change(request);
    plan.machine = MachinePlan{.request = std::move(request), .technology = {}, .cpuModel = {}, .memoryMiB = 0, .domainXml = {}};
    KASTELLAN_TRY(host.prepare(plan, {}, {}));
    return plan;
}

std::string LibvirtScene::keepFolder(const LaunchPlan &plan) const
{
    const fs::path path = m_folder / "keeps" / toHex(plan.id.view());
    fs::create_directories(path);
    return path.string();
}

QByteArray LibvirtScene::virsh(const QStringList &arguments) const
{
    QProcess program;
    program.setProcessChannelMode(QProcess::MergedChannels);
    program.start(
        QStringLiteral("virsh"), QStringList{QStringLiteral("-q"), QStringLiteral("-c"), QString::fromStdString(m_uri)} + arguments);
    program.waitForFinished(patience);
    return program.readAll();
}

QByteArray LibvirtScene::leftovers() const
{
    QByteArray found;
    for (const QStringList &question : {QStringList{QStringLiteral("list"), QStringLiteral("--all"), QStringLiteral("--name")},
             QStringList{QStringLiteral("pool-list"), QStringLiteral("--all"), QStringLiteral("--name")}})
        for (const QByteArray &line : virsh(question).split('\n'))
            if (line.contains("kastellan-"))
                found += line.trimmed() + "\n";
    std::error_code code;
    for (const fs::path &place :
        {fs::path("/var/lib/libvirt/images"), m_folder / "share/libvirt/images", m_folder / "cache/libvirt/qemu/log"})
        for (const auto &entry : fs::recursive_directory_iterator(place, code))
            if (entry.path().string().contains("kastellan-"))
                found += QByteArray::fromStdString(entry.path().string()) + "\n";
    if (m_before.isEmpty())
        return found;
    QByteArray ours; // a test that was killed may have left something
    for (const QByteArray &line : found.split('\n'))
        if (!line.isEmpty() && !m_before.contains(line))
            ours += line + "\n";
    return ours;
}

std::vector<pid_t> LibvirtScene::qemus(const KeepId &keep) const
{
    std::vector<pid_t> found;
    const std::string name = sev::libvirt::domainName(keep);
    for (const auto &entry : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
        QFile line(QStringLiteral("/proc/%1/cmdline").arg(entry));
        bool number = false;
        const int pid = entry.toInt(&number);
        if (!number || !line.open(QIODevice::ReadOnly))
            continue;
        const QByteArray words = line.readAll();
        if (words.contains(name.c_str()) && words.left(words.indexOf('\0')).contains("qemu") && alive(pid))
            found.push_back(pid);
    }
    return found;
}

pid_t LibvirtScene::daemon() const
{
    return m_system ? pidIn(QStringLiteral("/run/libvirtd.pid")) : m_session.daemon();
}

void LibvirtScene::killDaemon()
{
    const pid_t pid = daemon();
    endProcess(pid, SIGKILL);
    std::erase(m_children, pid);
}

void LibvirtScene::startDaemon()
{
    if (m_system) {
        for (const char *program : {"virtlogd", "libvirtd"})
            if (const pid_t pid = pidIn(QString::fromLatin1(program).prepend(QStringLiteral("/run/")).append(QStringLiteral(".pid")));
                !alive(pid))
                m_children.push_back(start(program));
    }
    // A session's daemon is started by whoever connects.
    static_cast<void>(waitFor([this] { return !virsh({QStringLiteral("uri")}).contains("error"); }));
}

QByteArray readUntil(int fd, const QByteArray &text)
{
    QByteArray all;
    QElapsedTimer clock;
    clock.start();
    while (!all.contains(text) && !clock.hasExpired(patience)) {
        pollfd waited{fd, POLLIN, 0};
        if (::poll(&waited, 1, 1000) <= 0)
            continue;
        char buffer[65536];
        const auto got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            break;
        if (got > 0)
            all.append(buffer, got);
    }
    return all;
}

bool readable(int fd)
{
    pollfd waited{fd, POLLIN, 0};
    return ::poll(&waited, 1, patience) == 1;
}

} // namespace kastellan::test
