// SPDX-License-Identifier: Apache-2.0
#include "app/platform-helper/serve.h"

#include "core/base/file.h"
#include "sev-backend/firmware/helper_protocol.h"
#include "sev-backend/firmware/platform.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include <poll.h>
#include <syslog.h>
#include <unistd.h>

namespace kastellan {
namespace {

void say(const std::string &text)
{
    (void)writeAll(2, asBytes("kastellan-platform-helper: " + text + "\n"), "standard error");
}

Result<std::string> readRequest(int in, unsigned seconds)
{
    using Clock = std::chrono::steady_clock;
    const char *what = "read the request";
    const auto end = Clock::now() + std::chrono::seconds(seconds);
    std::string text;
    std::array<char, 4096> part{};
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd waiting{in, POLLIN, 0};
        const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return badInput(what, "standard input", "it did not end in time");
        const ssize_t count = ::read(in, part.data(), part.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(what, "standard input", errno);
        if (count == 0)
            return text;
        text.append(part.data(), static_cast<std::size_t>(count));
        if (text.size() > sev::helperMessageLimit)
            return badInput(what, "standard input", "it is too long");
    }
}

/// For the administrator: the user's own activity log says it too, but that is the user's.
void log(const sev::SevCall &call, const sev::CommandAnswer &answer)
{
    const char *asker = std::getenv("PKEXEC_UID");
    ::openlog("kastellan-platform-helper", LOG_PID, LOG_AUTHPRIV);
    ::syslog(LOG_NOTICE, "uid %.20s: %s: errno %d, status 0x%x", asker ? asker : "?", sev::layoutOf(call.command).name.data(), answer.error,
        answer.status);
    ::closelog();
}

} // namespace

int serveOne(sev::SevDevice &device, int in, int out, unsigned seconds)
{
    const auto text = readRequest(in, seconds);
    auto call = text ? sev::decodeRequest(*text) : Result<sev::SevCall>(std::unexpected(text.error()));
    if (!call) {
        say(call.error().message());
        return helper_exit::badRequest;
    }
    const sev::CommandAnswer answer = device.issue(*call, sev::needsWrite(call->command, std::nullopt));
    log(*call, answer);
    if (const auto written = writeAll(out, asBytes(sev::encodeAnswer(*call, answer)), "standard output"); !written) {
        say(written.error().message());
        return helper_exit::failed;
    }
    return helper_exit::answered;
}

} // namespace kastellan
