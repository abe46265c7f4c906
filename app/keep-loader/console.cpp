// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace kastellan::loader {
namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr std::size_t tailSize = 8 * 1024;
constexpr std::size_t longestLine = 200; ///< characters of a line in an error's message
constexpr int mostPieces = 64; ///< read at an end: a host that goes on writing holds nobody up

} // namespace

Console::Console(
    PollLoop &loop, KeepLogWriter &log, std::function<void(std::string_view)> note, std::function<void()> grown, std::uint64_t limit)
    : m_loop(loop)
    , m_log(log)
    , m_note(std::move(note))
    , m_grown(std::move(grown))
    , m_limit(limit)
{
}

Console::~Console()
{
    close();
}

void Console::open(Fd stream)
{
    close();
    if (!stream)
        return;
    ::fcntl(stream.get(), F_SETFL, ::fcntl(stream.get(), F_GETFL) | O_NONBLOCK);
    m_stream = std::move(stream);
    m_watch = m_loop.watch(m_stream.get(), [] { return short(POLLIN); }, [this](short) { static_cast<void>(read()); });
}

void Console::close()
{
    if (m_watch)
        m_loop.drop(std::exchange(m_watch, 0));
    m_stream.reset();
}

void Console::drain()
{
    for (int i = 0; i < mostPieces && read(); ++i) {}
}

bool Console::read()
{
    if (!m_stream)
        return false;
    std::array<std::uint8_t, piece> buffer;
    const ssize_t count = ::read(m_stream.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
        return true;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (count <= 0) {
        close();
        return false;
    }
    keep(ByteView(buffer).first(static_cast<std::size_t>(count)));
    return true;
}

void Console::keep(ByteView data)
{
    m_tail += asText(data);
    if (m_tail.size() > tailSize)
        m_tail.erase(0, m_tail.size() - tailSize);
    const std::uint64_t used = m_log.streamBytes(LogEntry::Stream::Console);
    const ByteView part = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), m_limit - std::min(used, m_limit))));
    // What the log does not take (a full disk) is lost: the console is no part of what the keep promises.
    if (!part.empty() && m_log.append(LogEntry::Stream::Console, part))
        m_grown();
    if (part.size() < data.size() && !std::exchange(m_full, true))
        m_note("the console wrote more than " + std::to_string(m_limit / 1024) + " KiB: what comes now is not kept");
}

std::string Console::lastLines(std::size_t most) const
{
    std::vector<std::string> lines;
    std::string_view rest = m_tail;
    while (lines.size() < most && !rest.empty()) {
        while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r'))
            rest.remove_suffix(1);
        const std::size_t start = rest.find_last_of("\r\n") + 1; // npos + 1 is the beginning
        std::string_view line = rest.substr(start);
        rest = rest.substr(0, start);
        if (line.size() > longestLine)
            line = line.substr(line.size() - longestLine);
        if (!line.empty())
            lines.push_back("  " + makeVisible(line));
    }
    std::string text;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line)
        text += (text.empty() ? "" : "\n") + *line;
    return text;
}

} // namespace kastellan::loader
