// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/stand_in.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/machine/launch.h"
#include "sev-backend/rehearsal/capabilities.h"
#include "sev-backend/rehearsal/emulator_place.h"
#include "sev-backend/rehearsal/qemu_edit.h"
#include "sev-backend/rehearsal/sealed_file.h"
#include "sev-backend/rehearsal/supervisor.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <tuple>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

/// Beside the name that we were started by, not beside the program that the name leads to.
fs::path settingsOf(const std::string &program)
{
    if (program.contains('/'))
        return fs::path(program).parent_path() / rehearsalFile;
    const char *const path = std::getenv("PATH");
    std::string_view rest = path ? path : "";
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        const fs::path folder(one);
        if (::access((folder / program).c_str(), X_OK) == 0)
            return folder / rehearsalFile;
    }
    return programFolder() / rehearsalFile;
}

std::pair<Fd, Fd> socketPair()
{
    int both[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0)
        return {};
    return {Fd(both[0]), Fd(both[1])};
}

void keepOnExec(const Fd &fd)
{
    ::fcntl(fd.get(), F_SETFD, 0);
}

class StandIn {
public:
    StandIn(RehearsalSettings settings, QemuLine line)
        : m_settings(std::move(settings))
        , m_line(std::move(line))
    {
    }

    int run()
    {
        if (m_line.purpose == QemuLine::Purpose::Through)
            return execute(m_line.words);
        const auto status = m_line.purpose == QemuLine::Purpose::Probe ? openProcessor() : launch();
        if (!status)
            return refused(status.error());
        if (const auto made = takeMonitors(); !made)
            return refused(made.error());
        const auto words = edited(m_line, m_edits);
        log("QEMU runs" + std::string(m_line.purpose == QemuLine::Purpose::Probe ? ", to say what it can do" : ""));
        return m_line.daemonize ? runDaemon(words) : runBeside(words);
    }

private:
    int refused(const Refusal &refusal) const
    {
        say(refusal, m_line.timestamps);
        for (const std::string &line : refusal.lines)
            log("refused: " + line);
        if (refusal.aborts)
            std::abort();
        return refusal.exitCode;
    }

    void log(const std::string &text) const
    {
        if (m_settings.log.empty())
            return;
        const Fd file(::open(m_settings.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
        char date[32];
        const std::time_t now = std::time(nullptr);
        tm parts{};
        ::gmtime_r(&now, &parts);
        std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ ", &parts);
        if (file)
            (void)writeAll(file.get(), asBytes(date + std::to_string(::getpid()) + " " + text + "\n"), m_settings.log.string());
    }

    OrRefusal<void> openProcessor()
    {
        const auto profile = findProfile(m_settings.profile);
        auto faults = FaultPlan::parse(m_settings.faults);
        if (!profile || !faults)
            return refuse({"rehearsal: " + (profile ? faults.error() : profile.error()).message()});
        ProcessorOptions options;
        options.profile = *profile;
        options.seed = m_settings.seed;
        options.faults = std::move(*faults);
        auto processor = Processor::open(m_settings.emulated, {}, {}, options);
        if (!processor)
            return refuse({"rehearsal: " + processor.error().message()});
        m_processor = std::move(*processor);
        return {};
    }

    OrRefusal<void> launch()
    {
        if (m_line.incoming)
            return refuse({m_line.sev->snp ? "SEV-SNP: Migration is not implemented" : "SEV: Migration is not implemented"});
        if (auto status = openProcessor(); !status)
            return status;
        auto started = RehearsedGuest::start(
            std::move(m_processor), *m_line.sev, m_settings, m_line.smm, [this](const std::string &text) { log(text); });
        if (!started)
            return std::unexpected(std::move(started).error());
        m_guest = std::move(*started);
        if (auto status = openFiles(); !status)
            return status;
        auto memory = GuestMemory::make(m_line.memorySize);
        if (!memory)
            return refuse({"rehearsal: " + memory.error().message()});
        m_memory = std::move(*memory);
        if (auto status = m_guest->load(m_files, m_line.parameters, m_memory); !status)
            return status;
        if (!m_line.paused || m_line.monitors.empty() || m_line.silentMonitors)
            if (auto status = m_guest->finish(); !status)
                return status;
        m_memory.keepOnExec();
        m_edits.memory = m_memory.path();
        m_edits.notResettable = m_guest->snp() || m_line.sev->es();
        if (!m_guest->snp())
            return {};
        auto [ours, theirs] = socketPair();
        if (!theirs)
            return refuse({"rehearsal: no socket for the firmware's port: " + std::string(std::strerror(errno))});
        keepOnExec(theirs);
        m_edits.firmwarePort = theirs.get();
        m_qemuEnds.push_back(std::move(theirs));
        m_port.emplace(std::move(ours), [this](ByteView request) { return m_guest->report(request); });
        return {};
    }

    /// Copies what is booted, so that what is measured is what QEMU opens.
    OrRefusal<void> openFiles()
    {
        LaunchParameters &parameters = m_line.parameters;
        if (parameters.ovmf.empty() || !m_line.firmwareAt)
            return refuse({"sev_snp_launch_finish: Failed to locate SEV metadata header",
                "rehearsal: no firmware is named: QEMU's own starts no protected guest"});
        auto firmware = SealedFile::copy(parameters.ovmf, "firmware");
        if (!firmware || firmware->view().empty() || firmware->view().size() % (64u << 10) || firmware->view().size() > firmwareLimit)
            return refuse({"could not load PC BIOS '" + parameters.ovmf + "'"});
        m_firmware = std::move(*firmware);
        if (auto status = exchange(HostFault::ExchangedFirmware, m_firmware, &SealedFile::changedWhereUnused); !status)
            return status;
        if (m_line.flash && m_line.sev->snp) // read-only memory needs what KVM has not for guests with private memory
            return abortWith({std::string("kvm_set_user_memory_region: KVM_SET_USER_MEMORY_REGION2 failed, slot=2, start=0x")
                    + hex(0x1'0000'0000ull - m_firmware.view().size()) + ", size=0x" + hex(m_firmware.view().size())
                    + ", flags=0x6, guest_memfd=15, guest_memfd_offset=0x0: Invalid argument",
                "kvm_set_phys_mem: error registering slot: Invalid argument"});
        m_firmware.keepOnExec();
        m_edits.firmware = m_firmware.path();
        m_files.firmware = m_firmware.view();
        if (parameters.kernel.empty())
            return {};
        auto kernel = SealedFile::copy(parameters.kernel, "kernel");
        if (!kernel)
            return refuse({"could not open kernel file '" + parameters.kernel + "': " + kernel.error().why});
        m_kernel = std::move(*kernel);
        if (auto status = exchange(HostFault::ExchangedKernel, m_kernel, &SealedFile::lengthened); !status)
            return status;
        if (!parameters.initrd.empty()) {
            auto initrd = SealedFile::copy(parameters.initrd, "initrd");
            if (!initrd)
                return refuse({"error reading initrd " + parameters.initrd + ": Failed to open file “" + parameters.initrd
                    + "”: " + initrd.error().why});
            m_initrd = std::move(*initrd);
            if (auto status = exchange(HostFault::ExchangedInitrd, m_initrd, &SealedFile::lengthened); !status)
                return status;
            m_initrd.keepOnExec();
            m_edits.initrd = m_initrd.path();
        }
        if (m_settings.has(HostFault::ExchangedCommandLine)) {
            parameters.append += " exchanged";
            m_edits.append = parameters.append;
        }
        m_kernel.keepOnExec();
        m_edits.kernel = m_kernel.path();
        m_files.kernel = true;
        m_files.hashes = {sha256(m_kernel.view()), sha256(m_initrd.view()), commandLineHash(parameters.append)};
        return tamper();
    }

    /// What a host can do: it boots something else than the domain names, and has that measured.
    OrRefusal<void> exchange(HostFault fault, SealedFile &file, Result<SealedFile> (SealedFile::*other)() const)
    {
        if (!m_settings.has(fault))
            return {};
        auto made = (file.*other)();
        if (!made)
            return refuse({"rehearsal: " + made.error().message()});
        file = std::move(*made);
        return {};
    }

    /// What a host can do: it has one thing measured, and serves the guest another.
    OrRefusal<void> tamper()
    {
        if (m_settings.has(HostFault::TamperedCommandLine))
            m_edits.append = m_line.parameters.append + " tampered";
        for (const auto &[fault, from, into, path] : {std::tuple{HostFault::TamperedKernel, &m_kernel, &m_otherKernel, &m_edits.kernel},
                 std::tuple{HostFault::TamperedInitrd, &m_initrd, &m_otherInitrd, &m_edits.initrd}}) {
            if (!m_settings.has(fault))
                continue;
            auto other = from->tampered();
            if (!other)
                return refuse({"rehearsal: " + other.error().message()});
            *into = std::move(*other);
            into->keepOnExec();
            *path = into->path();
        }
        return {};
    }

    static std::string hex(std::uint64_t number)
    {
        char digits[24];
        std::snprintf(digits, sizeof digits, "%llx", static_cast<unsigned long long>(number));
        return digits;
    }

    OrRefusal<void> takeMonitors()
    {
        Processor &processor = m_guest ? m_guest->processor() : *m_processor;
        m_subject = std::make_unique<RehearsalSubject>(processor, m_guest.get(), &m_memory, m_port ? &*m_port : nullptr);
        for (const MonitorPlace &place : m_line.monitors) {
            Fd listener, client;
            if (place.fd >= 0) {
                ::fcntl(place.fd, F_SETFD, FD_CLOEXEC);
                (place.server ? listener : client) = Fd(place.fd);
            } else {
                auto made = listen(place.path);
                if (!made)
                    return std::unexpected(std::move(made).error());
                listener = std::move(*made);
                m_sockets.push_back(fs::absolute(place.path).string());
            }
            auto [ours, theirs] = socketPair();
            if (!theirs)
                return refuse({"rehearsal: no socket for the monitor: " + std::string(std::strerror(errno))});
            keepOnExec(theirs);
            m_edits.monitors.emplace_back(place, theirs.get());
            m_qemuEnds.push_back(std::move(theirs));
            m_monitors.push_back(std::make_unique<MonitorProxy>(*m_subject, std::move(listener), std::move(client), std::move(ours)));
        }
        return {};
    }

    static OrRefusal<Fd> listen(const std::string &path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path)
            return refuse({"UNIX socket path '" + path + "' is too long"});
        std::memcpy(address.sun_path, path.c_str(), path.size());
        Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ::unlink(path.c_str());
        if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
            || ::listen(socket.get(), 1) != 0)
            return refuse({"Failed to bind socket to " + path + ": " + std::strerror(errno)});
        return socket;
    }

    [[nodiscard]] int execute(const std::vector<std::string> &words) const
    {
        const std::string program = m_settings.qemu.string();
        std::vector<char *> arguments{const_cast<char *>(program.c_str())};
        for (const std::string &word : words)
            arguments.push_back(const_cast<char *>(word.c_str()));
        arguments.push_back(nullptr);
        ::execv(program.c_str(), arguments.data());
        say(Refusal{{"rehearsal: cannot run " + program + ": " + std::strerror(errno)}}, m_line.timestamps);
        return 127;
    }

    void supervise(Fd qemu, bool detached)
    {
        m_qemuEnds.clear();
        Supervisor::Parts parts;
        parts.qemu = std::move(qemu);
        parts.monitors = std::move(m_monitors);
        parts.port = m_port ? &*m_port : nullptr;
        parts.timestamps = m_line.timestamps;
        parts.detached = detached;
        parts.sockets = m_sockets;
        Supervisor(std::move(parts)).run();
        m_guest.reset(); // the firmware forgets the guest
        m_processor.reset();
        ::_exit(0);
    }

    /// We become QEMU, and a child that is no child of QEMU's supervises it: pid, signals and exit status are QEMU's.
    int runBeside(const std::vector<std::string> &words)
    {
        Fd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
        if (!self)
            return refused(Refusal{{"rehearsal: this kernel has no pidfd_open"}});
        const pid_t middle = ::fork();
        if (middle == 0) {
            if (::fork() == 0)
                supervise(std::move(self), false);
            ::_exit(0);
        }
        if (middle < 0)
            return refused(Refusal{{"rehearsal: cannot start the supervisor: " + std::string(std::strerror(errno))}});
        while (::waitpid(middle, nullptr, 0) < 0 && errno == EINTR)
            continue;
        return execute(words);
    }

    /// QEMU detaches itself once it is ready; then we do.
    int runDaemon(const std::vector<std::string> &words)
    {
        const pid_t qemu = ::fork();
        if (qemu == 0)
            ::_exit(execute(words));
        int status = 0;
        while (::waitpid(qemu, &status, 0) < 0)
            if (errno != EINTR)
                return 1;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        Fd process;
        if (!m_line.pidFile.empty())
            if (const auto text = readFile(m_line.pidFile, 64))
                if (const long pid = std::strtol(std::string(asText(*text)).c_str(), nullptr, 10); pid > 1)
                    process = Fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
        if (::fork() == 0)
            supervise(std::move(process), true);
        ::_exit(0);
    }

    RehearsalSettings m_settings;
    QemuLine m_line;
    QemuEdits m_edits;
    std::unique_ptr<Processor> m_processor;
    std::unique_ptr<RehearsedGuest> m_guest;
    SealedFile m_firmware, m_kernel, m_initrd, m_otherKernel, m_otherInitrd;
    BootedFiles m_files;
    GuestMemory m_memory;
    std::optional<FirmwarePort> m_port;
    std::unique_ptr<RehearsalSubject> m_subject;
    std::vector<std::unique_ptr<MonitorProxy>> m_monitors;
    std::vector<Fd> m_qemuEnds;
    std::vector<std::string> m_sockets;
};

} // namespace

int runStandIn(const std::string &program, std::vector<std::string> words)
{
    const fs::path file = settingsOf(program);
    const auto bytes = readFile(file, RehearsalSettings::fileLimit);
    auto settings = bytes ? RehearsalSettings::parse(*bytes, file.string()) : Result<RehearsalSettings>(std::unexpected(bytes.error()));
    if (!settings) {
        sayOwn(settings.error().message(), false);
        return 1;
    }
    bool timestamps = false;
    for (std::size_t at = 0; at + 1 < words.size(); ++at)
        timestamps = timestamps || (words[at] == "-msg" && words[at + 1].contains("timestamp=on"));
    auto line = QemuLine::read(std::move(words));
    if (!line) {
        say(line.error(), timestamps);
        return line.error().exitCode;
    }
    return StandIn(std::move(*settings), std::move(*line)).run();
}

} // namespace kastellan::sev
