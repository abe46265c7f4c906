// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/output.h"

#include "core/base/file.h"
#include "core/logs/keep_log.h"

#include <algorithm>
#include <cstdlib>
#include <format>

#include <sys/ioctl.h>
#include <unistd.h>

namespace kastellan::keepctl {

bool isTerminal(int fd)
{
    return ::isatty(fd) == 1;
}

bool mayColour(int fd)
{
    const char *none = std::getenv("NO_COLOR"); // no-color.org: when present and not empty
    const char *term = std::getenv("TERM");
    return isTerminal(fd) && !(none && *none) && term && *term && std::string_view(term) != "dumb";
}

unsigned terminalWidth()
{
    struct winsize size = {};
    if (!isTerminal(1) || ::ioctl(1, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 100;
    return std::clamp<unsigned>(size.ws_col, 40, 120);
}

std::string painted(int fd, Colour colour, std::string_view text)
{
    if (colour == Colour::Plain || text.empty() || !mayColour(fd))
        return std::string(text);
    const char *code = "";
    switch (colour) {
    case Colour::Bold:
        code = "1";
        break;
    case Colour::Green:
        code = "32";
        break;
    case Colour::Yellow:
        code = "33";
        break;
    case Colour::Red:
        code = "31";
        break;
    case Colour::Faint:
        code = "2";
        break;
    case Colour::Plain:
        break;
    }
    return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

Colour colourOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Pass:
        return Colour::Green;
    case Outcome::Fail:
        return Colour::Red;
    case Outcome::Unknown:
        return Colour::Yellow;
    case Outcome::Info:
        break;
    }
    return Colour::Plain;
}

Colour colourOf(std::string_view verdict)
{
    if (verdict == "trusted" || verdict == "authentic" || verdict == "pass" || verdict == "ready" || verdict == "running")
        return Colour::Green;
    if (verdict == "refused" || verdict == "fail" || verdict == "failed" || verdict == "not ready")
        return Colour::Red;
    if (verdict == "undecided" || verdict == "unknown" || verdict == "suspect")
        return Colour::Yellow;
    return Colour::Plain;
}

std::string inLine(std::string_view text)
{
    std::string result;
    for (const char c : makeVisible(text)) {
        if (c == '\n')
            result += "\u240a";
        else if (c == '\t')
            result += "\u2409";
        else
            result += c;
    }
    return result;
}

void print(std::string_view text)
{
    static_cast<void>(writeAll(1, asBytes(text), "standard output"));
}

void note(std::string_view text)
{
    static_cast<void>(writeAll(2, asBytes(text), "standard error"));
}

void say(std::string_view text)
{
    // What follows the first line is set in, so that nothing that came from elsewhere looks like a message of ours.
    std::string lines;
    for (;;) {
        const auto end = text.find('\n');
        lines += (lines.empty() ? "keepctl: " : "  ") + inLine(text.substr(0, end)) + "\n";
        if (end == std::string_view::npos)
            break;
        text.remove_prefix(end + 1);
    }
    note(lines);
}

namespace {
/// Columns that a text takes, near enough: characters, not bytes.
std::size_t columns(std::string_view text)
{
    std::size_t count = 0;
    for (const char c : text)
        count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return count;
}
} // namespace

std::string Table::text(int fd, int colourColumn) const
{
    std::vector<std::size_t> widths;
    for (const std::string &cell : m_header)
        widths.push_back(columns(cell));
    for (const auto &row : m_rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            if (const std::size_t width = columns(inLine(row[i])); width <= m_widest)
                widths[i] = std::max(widths[i], width);
    std::string text;
    const auto line = [&](const std::vector<std::string> &row, bool header) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string cell = inLine(row[i]);
            const Colour colour = header              ? Colour::Bold
                : static_cast<int>(i) == colourColumn ? colourOf(std::string_view(row[i]))
                                                      : Colour::Plain;
            text += painted(fd, colour, cell);
            const std::size_t width = columns(cell);
            text += i + 1 < row.size() ? std::string(std::max(widths[i], width) - width + 2, ' ') : std::string();
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    };
    line(m_header, true);
    for (const auto &row : m_rows)
        line(row, false);
    return text;
}

std::string facts(const std::vector<std::pair<std::string, std::string>> &rows, std::size_t indent)
{
    std::size_t width = 0;
    for (const auto &[label, value] : rows)
        if (!value.empty())
            width = std::max(width, columns(label));
    std::string text;
    for (const auto &[label, value] : rows)
        if (!value.empty())
            text += std::string(indent, ' ') + label + ":" + std::string(width - columns(label) + 1, ' ') + inLine(value) + "\n";
    return text;
}

std::string timeText(std::int64_t seconds)
{
    if (seconds <= 0 || seconds > 253'402'300'799) // the year 9999
        return {};
    return std::format("{:%F %T}", std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

std::string timeTextMs(std::int64_t milliseconds)
{
    const std::string text = timeText(milliseconds / 1000);
    return text.empty() ? text : std::format("{}.{:03}", text, milliseconds % 1000);
}

std::string sizeText(std::uint64_t bytes)
{
    if (bytes < 1000)
        return std::format("{} B", bytes);
    if (bytes < 1'000'000)
        return std::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
    if (bytes < 1'000'000'000)
        return std::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
    return std::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

void ProgressLine::show(std::string_view doing, std::uint64_t done, std::uint64_t total)
{
    if (m_quiet)
        return;
    const auto now = std::chrono::steady_clock::now();
    const bool fresh = doing != m_doing;
    if (!m_terminal) {
        if (fresh)
            note("keepctl: " + inLine(doing) + "\n");
        m_doing = doing;
        return;
    }
    if (!fresh && now - m_last < std::chrono::milliseconds(50))
        return;
    m_doing = doing;
    m_last = now;
    m_shown = true;
    note("\r\033[K" + inLine(doing) + (total ? std::format("\u2026 {} %", std::min<std::uint64_t>(100, done * 100 / total)) : "\u2026"));
}

void ProgressLine::clear()
{
    if (m_shown)
        note("\r\033[K");
    m_shown = false;
}

} // namespace kastellan::keepctl
