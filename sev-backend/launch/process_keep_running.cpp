// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/process_keep_running.h"

#include "core/base/file.h"
#include "sev-backend/launch/process.h"
#include "sev-backend/launch/warden_socket.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

fs::path guestContextPath(const fs::path &folder)
{
    return folder / "guest.ctx";
}
fs::path bareImagePath(const fs::path &folder)
{
    return folder / "image";
}

Status saveForRecovery(const fs::path &path, ByteView content)
{
    constexpr const char *what = "write down what recovery needs";
    const fs::path part = path.string() + ".part";
    std::error_code code;
    fs::remove(part, code);
    {
        const Fd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!fd)
            return systemError(what, part.string(), errno);
        KASTELLAN_TRY(writeAll(fd.get(), content, part.string()));
    }
    if (::rename(part.c_str(), path.c_str()) != 0)
        return systemError(what, path.string(), errno);
    return {};
}

RunningProcessKeep::RunningProcessKeep(Parts parts)
    : m_parts(std::move(parts))
    , m_start(process::startTime(m_parts.pid))
    , m_socket(wardenSocketPath(m_parts.id))
    , m_bare(process::namespaceOf(std::to_string(m_parts.pid), "pid") == process::namespaceOf("self", "pid"))
{
    m_channel = std::make_unique<FirmwareChannel>(m_socket, m_parts.pidfd.get(), std::move(m_parts.words),
        [processor = m_parts.processor, guest = m_parts.guest](ByteView request) { return processor->guestRequest(guest, request); });
}

Result<Fd> RunningProcessKeep::connect()
{
    return connectToWarden(m_socket, WardenStream::Session);
}

KeepEnd RunningProcessKeep::end()
{
    if (m_end)
        return *m_end;
    KeepEnd end;
    end.known = false;
    end.lastWords = m_channel->lastWords();
    if (!process::waitForEnd(m_parts.pidfd.get(), 0))
        return end; // asked too early: it lives, and goes on living
    endGroup();
    siginfo_t info{};
    int waited = -1;
    if (m_parts.ourChild)
        while ((waited = ::waitid(P_PIDFD, static_cast<id_t>(m_parts.pidfd.get()), &info, WEXITED | WNOHANG)) != 0 && errno == EINTR) {}
    if (waited == 0 && info.si_pid != 0) {
        end.known = true;
        end.bySignal = info.si_code != CLD_EXITED;
        end.code = info.si_status;
    }
    if (end.known)
        m_end = end;
    return end;
}

/// Without a pid namespace nothing ends the warden's descendants with it. Its number is used only while it is surely still the warden's: it
/// lives, or we have not reaped it.
void RunningProcessKeep::endGroup()
{
    if (!m_bare)
        return;
    const bool lives = !process::waitForEnd(m_parts.pidfd.get(), 0);
    if (lives) {
        process::stop(m_parts.pidfd.get()); // it must not make new ones meanwhile
        process::killDescendants(m_parts.pid);
    }
    if (lives || (m_parts.ourChild && !m_end))
        ::kill(static_cast<pid_t>(-m_parts.pid), SIGKILL);
}

Status RunningProcessKeep::kill()
{
    if (std::exchange(m_killed, true))
        return {};
    endGroup();
    // The first process of a pid namespace takes all others with it, and has ended only when they have.
    process::kill(m_parts.pidfd.get());
    const bool ended = process::waitForEnd(m_parts.pidfd.get(), 10'000);
    (void)end();
    std::error_code code;
    fs::remove(m_socket, code);
    fs::remove(guestContextPath(m_parts.folder), code);
    fs::remove(m_parts.folder / wardenFile, code);
    fs::remove_all(bareImagePath(m_parts.folder), code);
    (void)m_parts.processor->decommission(m_parts.guest);
    if (!ended)
        return environment("end the keep", "process " + std::to_string(m_parts.pid), "it did not end within ten seconds of being killed",
            "It ends as soon as the system lets it: look at what it waits for.");
    return {};
}

} // namespace kastellan::sev
