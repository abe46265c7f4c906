// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/attach.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace kastellan::keepctl {

namespace {
constexpr std::size_t inputPiece = 16 << 10; ///< fits into a socket that poll calls writable: sending never blocks
constexpr std::size_t mostWaiting = 256 << 10; ///< output that is read from the log before our own reader has taken it
constexpr unsigned graceSeconds = 10;

bool mayTakeInput(KeepState state)
{
    return state == KeepState::Running || state == KeepState::Suspect;
}
} // namespace

void Captured::add(ByteView data)
{
    total += data.size();
    const std::size_t taken = std::min(limit - bytes.size(), data.size());
    bytes.insert(bytes.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(taken));
}

Attachment::Attachment(
    std::unique_ptr<KeepClient> client, const KeepId &id, AttachOptions options, Interrupts &interrupts, ProgressLine &progress)
    : m_client(std::move(client))
    , m_id(id)
    , m_options(options)
    , m_interrupts(interrupts)
    , m_progress(progress)
{
}

bool Attachment::finished() const
{
    if (m_result.left || m_closed || isFinal(m_result.status.state))
        return true;
    return m_options.untilRunning && mayTakeInput(m_result.status.state) && !m_inputOpen;
}

AttachResult Attachment::run()
{
    if (auto status = keeps::status(m_id))
        m_result.status = std::move(*status);
    while (!finished()) {
        if (mayTakeInput(m_result.status.state) && m_inputOpen && !m_inputClient) {
            openInput();
            continue;
        }
        readLog();
        wait();
    }
    if (m_closed && !isFinal(m_result.status.state)) { // its last words may have come after our connection ended
        if (auto status = keeps::status(m_id))
            m_result.status = std::move(*status);
        if (!isFinal(m_result.status.state))
            m_result.lost = Error{ErrorKind::Environment, "follow the keep", toHex(m_id.view()), "its loader has gone",
                "Try 'keepctl keep recover " + toHex(m_id.view()) + "'."};
    }
    if (!m_options.untilRunning && !m_result.left) { // the log is whole before the state is final
        do {
            readLog();
            for (PassingStream &stream : m_streams)
                while (stream.waiting())
                    write(stream);
        } while (!m_logAtEnd);
        for (PassingStream &stream : m_streams) {
            stream.finish();
            while (stream.waiting())
                write(stream);
        }
    }
    m_progress.clear();
    m_result.signal = m_interrupts.first();
    return std::move(m_result);
}

void Attachment::wait()
{
    std::array<pollfd, 6> fds{
        pollfd{m_client->fd(), POLLIN, 0},
        pollfd{m_interrupts.fd(), POLLIN, 0},
        pollfd{-1, POLLIN, 0},
        pollfd{m_streams[0].waiting() ? 1 : -1, POLLOUT, 0},
        pollfd{m_streams[1].waiting() ? 2 : -1, POLLOUT, 0},
        pollfd{m_inputClient ? m_inputClient->fd() : -1, POLLIN, 0},
    };
    if (m_inputOpen && m_inputClient) {
        pollfd writable{m_inputClient->fd(), POLLOUT, 0};
        if (::poll(&writable, 1, 0) == 1 && (writable.revents & POLLOUT))
            fds[2].fd = 0;
        else
            fds[5].events |= POLLOUT; // woken once the loader takes more
    }
    const bool moreLog = !m_logAtEnd && m_streams[0].size() + m_streams[1].size() < mostWaiting;
    if (::poll(fds.data(), fds.size(), moreLog ? 0 : -1) < 0)
        return; // EINTR: look again
    if (fds[1].revents)
        onSignals();
    if (fds[0].revents)
        m_client->poll([this](const KeepEvent &event) { onEvent(event); });
    if (fds[2].revents && !finished())
        readInput();
    if (fds[5].revents & ~POLLOUT) // it hears the same events as the other one
        m_inputClient->poll([this](const KeepEvent &event) { m_inputOpen = m_inputOpen && event.kind != KeepEvent::Kind::Closed; });
    for (std::size_t i = 0; i < 2; ++i)
        if (fds[3 + i].revents)
            write(m_streams[i]);
}

void Attachment::onEvent(const KeepEvent &event)
{
    switch (event.kind) {
    case KeepEvent::Kind::Status:
        if (event.status.state != m_result.status.state && !isFinal(event.status.state) && event.status.state != KeepState::Running)
            m_progress.show(name(event.status.state), 0, 0);
        m_result.status = event.status;
        break;
    case KeepEvent::Kind::Progress:
        m_progress.show(event.text, event.done, event.total);
        break;
    case KeepEvent::Kind::Log:
        m_logAtEnd = false;
        break;
    case KeepEvent::Kind::Appraisal:
        m_progress.show("appraised: " + event.verdict + ", record " + event.recordId, 0, 0);
        break;
    case KeepEvent::Kind::Error:
        m_progress.clear();
        say(event.text);
        m_result.errors.push_back(event.text);
        break;
    case KeepEvent::Kind::Closed:
        m_closed = true;
        break;
    case KeepEvent::Kind::Use: // nobody asked for it here
        break;
    }
}

void Attachment::onSignals()
{
    while (const int number = m_interrupts.next()) {
        static_cast<void>(number);
        ++m_signals;
        m_progress.clear();
        if (m_signals > 2) {
            say("leaving the keep " + toHex(m_id.view()) + " to its loader; 'keepctl keep list' tells whether it has ended");
            m_result.left = true;
            return;
        }
        if (!m_options.quiet)
            say(m_signals == 1 ? "stopping the keep; once more ends it at once" : "ending the keep at once");
        if (const Status stopped = m_client->stop(m_signals == 1 ? graceSeconds : 0); !stopped)
            complain(stopped.error());
    }
}

void Attachment::openInput()
{
    auto client = KeepClient::connect(m_id);
    if (!client) { // the loader ends just now: the other connection will tell
        m_inputOpen = false;
        return;
    }
    m_inputClient = std::move(*client);
    if (m_options.untilRunning || !m_options.input)
        closeInput();
}

void Attachment::closeInput()
{
    m_inputOpen = false;
    static_cast<void>(m_inputClient->closeInput()); // fails when the keep has ended, which is told elsewhere
}

void Attachment::readInput()
{
    std::array<std::uint8_t, inputPiece> piece;
    const ssize_t size = ::read(0, piece.data(), piece.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size <= 0)
        closeInput();
    else if (!m_inputClient->sendInput(ByteView(piece).first(static_cast<std::size_t>(size))))
        m_inputOpen = false;
}

void Attachment::readLog()
{
    if (m_options.untilRunning)
        m_logAtEnd = true;
    if (m_logAtEnd)
        return;
    if (!m_log) {
        auto opened = KeepLogReader::open(keeps::logPath(m_id));
        if (!opened) { // not there yet, or never: the keep failed before it had one
            m_logAtEnd = true;
            return;
        }
        m_log.emplace(std::move(*opened));
    }
    while (m_streams[0].size() + m_streams[1].size() < mostWaiting) {
        auto entry = m_log->next();
        if (!entry) {
            complain(entry.error());
            continue; // the reader goes on behind the damage
        }
        if (!*entry) {
            m_logAtEnd = true;
            return;
        }
        const LogEntry &read = **entry;
        if (read.stream == LogEntry::Stream::Event || (read.stream == LogEntry::Stream::Console && !m_options.console))
            continue;
        m_progress.clear();
        if (read.stream == LogEntry::Stream::Console) {
            static_cast<void>(
                m_console.add(read.data, [](const std::string &line) -> Status { return note("# " + line + "\n"), Status(); }));
            continue;
        }
        const std::size_t which = read.stream == LogEntry::Stream::Out ? 0 : 1;
        if (m_options.capture)
            m_result.captured[which].add(read.data);
        else
            m_streams[which].add(read.data);
    }
}

void Attachment::write(PassingStream &stream)
{
    if (const Status written = stream.write(); !written) {
        complain(written.error());
        if (!finished())
            static_cast<void>(m_client->stop(graceSeconds)); // as a program ends whose reader has gone
    }
}

void Attachment::complain(const Error &error)
{
    m_progress.clear();
    say(error.message());
}

} // namespace kastellan::keepctl
