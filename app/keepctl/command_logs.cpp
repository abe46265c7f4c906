// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/console_lines.h"
#include "app/keepctl/find.h"
#include "app/keepctl/output.h"
#include "app/keepctl/passing.h"
#include "core/base/file.h"
#include "core/logs/keep_log.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/inotify.h>

namespace kastellan::keepctl {

namespace {

/// Prints a log as far as it goes, and again when it has grown.
class Printer {
public:
    enum class Show { Output, OutputAndEvents, All, Console };
    Printer(bool timestamps, Show show)
        : m_timestamps(timestamps)
        , m_show(show)
    {
    }
    [[nodiscard]] Status printAll(KeepLogReader &log);
    [[nodiscard]] Status finish();

private:
    [[nodiscard]] Status flush(PassingStream &stream);
    [[nodiscard]] Status printLine(const LogEntry &entry);
    [[nodiscard]] bool shows(LogEntry::Stream stream) const
    {
        switch (stream) {
        case LogEntry::Stream::Event:
            return m_show == Show::OutputAndEvents || m_show == Show::All;
        case LogEntry::Stream::Console:
            return m_show == Show::Console || m_show == Show::All;
        case LogEntry::Stream::Out:
        case LogEntry::Stream::Err:
            break;
        }
        return m_show != Show::Console;
    }
    [[nodiscard]] Status printConsole(const std::string &line);

    bool m_timestamps;
    Show m_show;
    ConsoleLines m_console;
    std::array<PassingStream, 2> m_streams{PassingStream(1), PassingStream(2)};
};

Status Printer::flush(PassingStream &stream)
{
    while (stream.waiting())
        KASTELLAN_TRY(stream.write());
    return {};
}

Status Printer::printLine(const LogEntry &entry)
{
    static constexpr std::array names = {"event", "out  ", "err  ", "cons "};
    const char *stream = names[static_cast<std::size_t>(entry.stream)];
    const std::string before = timeTextMs(entry.at / 1'000'000) + " " + stream + " ";
    std::string_view text = asText(entry.data);
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        KASTELLAN_TRY(writeAll(1, asBytes(before + inLine(text.substr(at, end - at)) + "\n"), "standard output"));
        at = end + 1;
    }
    return {};
}

Status Printer::printAll(KeepLogReader &log)
{
    for (;;) {
        const auto entry = log.next();
        if (!entry) { // the reader goes on behind the damage
            say(entry.error().message());
            continue;
        }
        if (!*entry)
            return {};
        const bool event = (*entry)->stream == LogEntry::Stream::Event;
        if (!shows((*entry)->stream))
            continue;
        if (m_timestamps) {
            KASTELLAN_TRY(printLine(**entry));
        } else if (event) {
            note("-- " + timeTextMs((*entry)->at / 1'000'000) + " " + inLine(asText((*entry)->data)) + "\n");
        } else if ((*entry)->stream == LogEntry::Stream::Console) {
            KASTELLAN_TRY(m_console.add((*entry)->data, [this](const std::string &line) { return printConsole(line); }));
        } else {
            PassingStream &stream = m_streams[(*entry)->stream == LogEntry::Stream::Out ? 0 : 1];
            stream.add((*entry)->data);
            KASTELLAN_TRY(flush(stream));
        }
    }
}

/// Beside the output it goes where the events go.
Status Printer::printConsole(const std::string &line)
{
    if (m_show == Show::Console)
        return writeAll(1, asBytes(line + "\n"), "standard output");
    note("# " + line + "\n");
    return {};
}

Status Printer::finish()
{
    KASTELLAN_TRY(m_console.finish([this](const std::string &line) { return printConsole(line); }));
    for (PassingStream &stream : m_streams) {
        stream.finish();
        KASTELLAN_TRY(flush(stream));
    }
    return {};
}

/// Wakes when a file of the keep's folder is written or replaced.
class FolderWatch {
public:
    [[nodiscard]] static Result<FolderWatch> open(const std::filesystem::path &folder)
    {
        FolderWatch watch;
        watch.m_fd = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        if (!watch.m_fd || ::inotify_add_watch(watch.m_fd.get(), folder.c_str(), IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF) < 0)
            return systemError("watch the keep", folder.string(), errno);
        return watch;
    }
    /// Until something happened, or a second passed: a loader that is killed writes nothing any more.
    void wait() const
    {
        pollfd fd{m_fd.get(), POLLIN, 0};
        static_cast<void>(::poll(&fd, 1, 1000));
        std::array<char, 4096> events;
        while (::read(m_fd.get(), events.data(), events.size()) > 0) {}
    }

private:
    Fd m_fd;
};

} // namespace

Result<int> keepLogs(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const KeepStatus found, findKeep(asked.operands.front()));
    const KeepId id = found.plan.id;
    const bool follow = asked.has("follow");
    if (asked.has("console") && (asked.has("all") || asked.has("no-events")))
        return badInput("print the log", "--console", "it shows the console alone", "Leave out --all and --no-events.");
    const auto show = asked.has("console") ? Printer::Show::Console
        : asked.has("all")                 ? Printer::Show::All
        : asked.has("no-events")           ? Printer::Show::Output
                                           : Printer::Show::OutputAndEvents;
    Printer printer(asked.has("timestamps"), show);
    std::optional<FolderWatch> watch;
    if (follow) {
        KASTELLAN_ASSIGN(watch, FolderWatch::open(keeps::folder(id)));
    }
    std::optional<KeepLogReader> log;
    for (;;) {
        // The state is looked at before the log: what was written before the end is printed then.
        const auto status = keeps::status(id);
        const bool ended = !status || isFinal(status->state) || (!status->loaderAlive && !status->wardenAlive);
        if (!log && std::filesystem::exists(keeps::logPath(id))) {
            KASTELLAN_ASSIGN(log, KeepLogReader::open(keeps::logPath(id)));
        }
        if (log)
            KASTELLAN_TRY(printer.printAll(*log));
        if (!follow || ended)
            break;
        watch->wait();
    }
    KASTELLAN_TRY(printer.finish());
    return exit_code::done;
}

} // namespace kastellan::keepctl
