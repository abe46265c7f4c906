// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/machine/machine.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/measurement/ovmf.h"
#include "sev-backend/measurement/sev_hashes.h"
#include "tests/support/initrd.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QStandardPaths>

#include <csignal>
#include <map>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::test {
namespace fs = std::filesystem;
namespace {

std::string build()
{
    return qEnvironmentVariable("KASTELLAN_BUILD").toStdString();
}

std::string firstOf(std::initializer_list<std::string> paths)
{
    for (const auto &path : paths)
        if (!path.empty() && fs::exists(path))
            return path;
    return {};
}

MachineParts findParts()
{
    MachineParts parts;
    const std::string given = qEnvironmentVariable("KASTELLAN_TEST_KERNEL").toStdString();
    const std::string built = build() + "/share/kastellan/vm-image/kernel";
    parts.kernel = firstOf({given, built, cloudKernel()});
    if (!parts.kernel.empty() && parts.kernel.find("cloud") == std::string::npos)
        parts.kernelName = "kastellan";
    parts.firmware = firstOf({"/usr/share/ovmf/OVMF.amdsev.fd"});
    if (QStandardPaths::findExecutable(QStringLiteral("qemu-system-x86_64")).isEmpty())
        parts.missing = "qemu-system-x86_64 is not installed";
    else if (parts.kernel.empty())
        parts.missing = "there is no kernel for a virtual machine: build vm-image, or name one in KASTELLAN_TEST_KERNEL";
    else if (!fs::exists(build() + "/share/kastellan/keep-image/usr/bin/keep-warden"))
        parts.missing = "the keep image is not built";
    return parts;
}

// The same for all machines of a run.
std::string initrd(const std::string &init)
{
    static QTemporaryDir folder(QStringLiteral("/tmp/kstl-initrd-XXXXXX"));
    static std::map<std::string, std::string> made;
    std::string &path = made[init];
    if (path.empty()) {
        path = folder.path().toStdString() + "/" + std::to_string(made.size());
        if (!writeFileAtomically(path, makeInitrd(build() + "/share/kastellan/keep-image", init)))
            qFatal("cannot write the initrd");
    }
    return path;
}

void mustWrite(const std::string &path, ByteView content)
{
    if (!writeFileAtomically(path, content))
        qFatal("cannot write %s", path.c_str());
}

Fd connectTo(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        qFatal("cannot connect to %s", path.c_str());
    return fd;
}

// A listening socket for QEMU to serve: nobody can come too early.
Fd listenAt(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 || ::listen(fd.get(), 4) != 0)
        qFatal("cannot listen at %s", path.c_str());
    return fd;
}

bool readWhole(int fd, int stop, std::span<std::uint8_t> target)
{
    while (!target.empty()) {
        pollfd fds[2] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0 || fds[1].revents)
            return false;
        const ssize_t count = ::recv(fd, target.data(), target.size(), 0);
        if (count <= 0)
            return false;
        target = target.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

} // namespace

const MachineParts &machineParts()
{
    static const MachineParts parts = findParts();
    return parts;
}

Machine::Machine(const MachineOptions &options)
    : m_folder(QStringLiteral("/tmp/kstl-vm-XXXXXX"))
{
    const std::string folder = m_folder.path().toStdString();
    const auto &parts = machineParts();
    const std::string initial = initrd(options.init);
    const std::string commandLine =
        "console=ttyS0 panic=-1 quiet cryptomgr.notests" + (options.words.empty() ? std::string() : " " + options.words);
    std::vector<std::string> words{"qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine",
        "q35,accel=tcg", "-cpu", options.processor, "-m", std::to_string(options.memoryMiB), "-kernel", parts.kernel, "-initrd", initial,
        "-append", commandLine, "-chardev", "file,id=console,path=" + folder + "/console", "-serial", "chardev:console", "-device",
        "virtio-serial-pci"};
    const auto add = [&words](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
    std::vector<Fd> listeners;
    const auto port = [&](const char *id, const char *name) {
        const std::string path = folder + "/" + id;
        listeners.push_back(listenAt(path));
        add({"-chardev", "socket,id=" + std::string(id) + ",server=on,wait=off,fd=" + std::to_string(listeners.back().get()), "-device",
            "virtserialport,chardev=" + std::string(id) + ",name=" + name});
        return path;
    };
    if (options.sessionPort)
        m_session = port("session", "org.kastellan.session.0");
    if (options.firmware)
        m_firmware = port("firmware", "org.kastellan.firmware.0");
    if (options.secretArea) {
        const Bytes kernel = readFile(parts.kernel, 1ULL << 30).value(), first = readFile(initial, 1ULL << 30).value();
        const Bytes image = readFile(parts.firmware, 64ULL << 20).value();
        const auto ovmf = sev::Ovmf::parse(image, parts.firmware);
        if (!ovmf || !ovmf->hashTable() || !ovmf->secretArea())
            qFatal("the firmware has no place for hashes and secrets");
        mustWrite(folder + "/hashes", sev::buildHashTable({sha256(kernel), sha256(first), sev::commandLineHash(commandLine)}));
        mustWrite(folder + "/secrets", *options.secretArea);
        add({"-bios", parts.firmware, "-device",
            "loader,file=" + folder + "/hashes,force-raw=on,addr=" + std::to_string(ovmf->hashTable()->gpa), "-device",
            "loader,file=" + folder + "/secrets,force-raw=on,addr=" + std::to_string(ovmf->secretArea()->gpa)});
    }
    m_process = ::fork();
    if (m_process == 0) {
        std::vector<char *> arguments;
        for (auto &word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    m_handle = Fd(static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0)));
    if (options.firmware)
        serveFirmware(options.firmware);
}

Machine::~Machine()
{
    ::kill(m_process, SIGKILL);
    ::waitpid(m_process, nullptr, 0);
    if (m_firmwareThread.joinable()) {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(m_firmwareStop.get(), &one, sizeof one));
        m_firmwareThread.join();
    }
}

void Machine::serveFirmware(const AnswerFirmware &answer)
{
    m_firmwareStop = Fd(::eventfd(0, EFD_CLOEXEC));
    m_firmwareThread = std::thread([this, answer] {
        const Fd stream = connectTo(m_firmware);
        std::array<std::uint8_t, 100> question{};
        while (readWhole(stream.get(), m_firmwareStop.get(), question)) {
            const Bytes response = answer(ByteView(question).subspan(4));
            const Bytes bytes = Writer().number(static_cast<std::uint32_t>(response.size())).raw(response).take();
            if (::send(stream.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
                break;
        }
    });
}

Fd Machine::connect() const
{
    return connectTo(m_session);
}

QByteArray Machine::console() const
{
    QFile file(m_folder.filePath(QStringLiteral("console")));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool Machine::ended(int milliseconds)
{
    pollfd end{m_handle.get(), POLLIN, 0};
    return ::poll(&end, 1, milliseconds) == 1;
}

double Machine::processorSeconds() const
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(m_process));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Relay::Relay(Fd port, std::uint64_t bytes)
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        qFatal("no socket pair");
    m_owner = Fd(ends[0]);
    m_stop = Fd(::eventfd(0, EFD_CLOEXEC));
    m_thread = std::thread([this, inner = std::make_shared<Fd>(ends[1]), port = std::make_shared<Fd>(std::move(port)), bytes]() mutable {
        std::array<char, 16384> buffer{};
        for (;;) {
            pollfd fds[3] = {{inner->get(), POLLIN, 0}, {port->get(), POLLIN, 0}, {m_stop.get(), POLLIN, 0}};
            if (::poll(fds, 3, -1) < 0 || fds[2].revents)
                return;
            if (fds[0].revents) {
                const ssize_t count = ::recv(inner->get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), bytes), 0);
                if (count <= 0 || ::send(port->get(), buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count)
                    return;
                bytes -= static_cast<std::uint64_t>(count);
                if (bytes == 0) // both ends see it closed
                    return;
            }
            if (fds[1].revents) {
                const ssize_t count = ::recv(port->get(), buffer.data(), buffer.size(), 0);
                if (count <= 0 || ::send(inner->get(), buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count)
                    return;
            }
        }
    });
}

Relay::~Relay()
{
    const std::uint64_t one = 1;
    static_cast<void>(!::write(m_stop.get(), &one, sizeof one));
    m_thread.join();
}

} // namespace kastellan::test
