// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/evidence/finding.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::keepctl {

/// Whether the descriptor is a terminal, and whether colours may be used on it (a terminal, and no NO_COLOR, and TERM is not dumb).
[[nodiscard]] bool isTerminal(int fd);
[[nodiscard]] bool mayColour(int fd);

/// Columns of the terminal on standard output, at most 120; 100 where it is none.
[[nodiscard]] unsigned terminalWidth();

enum class Colour { Plain, Bold, Green, Yellow, Red, Faint };
/// The text with the colour around it where the descriptor may have colours, else as it is.
[[nodiscard]] std::string painted(int fd, Colour colour, std::string_view text);
[[nodiscard]] Colour colourOf(Outcome outcome);
[[nodiscard]] Colour colourOf(std::string_view verdict);

/// One line that is safe to show: control characters visible, line ends and tabs too. For everything that came from elsewhere.
[[nodiscard]] std::string inLine(std::string_view text);

/// To standard output; to standard error with "keepctl: " before it. A failure to write is not reported: there is nobody to report it to.
void print(std::string_view text);
void say(std::string_view text);
/// To standard error as it is.
void note(std::string_view text);

/// Rows of cells below each other, the columns two blanks apart, the last one as long as it likes. A cell that is wider than `widest`
/// makes no column wider: what is behind it follows after two blanks.
class Table {
public:
    explicit Table(std::vector<std::string> header, std::size_t widest = static_cast<std::size_t>(-1))
        : m_header(std::move(header))
        , m_widest(widest)
    {
    }
    void add(std::vector<std::string> row) { m_rows.push_back(std::move(row)); }
    /// `colourColumn`: the column whose cells are verdicts or outcomes and get their colour.
    [[nodiscard]] std::string text(int fd, int colourColumn = -1) const;

private:
    std::vector<std::string> m_header;
    std::vector<std::vector<std::string>> m_rows;
    std::size_t m_widest;
};

/// "label: value" lines with the values below each other; empty values are left out.
[[nodiscard]] std::string facts(const std::vector<std::pair<std::string, std::string>> &rows, std::size_t indent = 0);

/// "2025-11-23 10:54:03" in UTC, from Unix seconds; with milliseconds from Unix milliseconds. Empty for 0.
[[nodiscard]] std::string timeText(std::int64_t seconds);
[[nodiscard]] std::string timeTextMs(std::int64_t milliseconds);
/// "12.3 MB"
[[nodiscard]] std::string sizeText(std::uint64_t bytes);

/// Progress on standard error: one line written over and over on a terminal, else one line for each new thing being done.
class ProgressLine {
public:
    explicit ProgressLine(bool quiet)
        : m_quiet(quiet)
        , m_terminal(isTerminal(2))
    {
    }
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine &) = delete;
    ProgressLine &operator=(const ProgressLine &) = delete;
    /// `total` 0: unknown.
    void show(std::string_view doing, std::uint64_t done, std::uint64_t total);
    /// Takes the line off the terminal, before anything else is written.
    void clear();

private:
    bool m_quiet, m_terminal, m_shown = false;
    std::string m_doing;
    std::chrono::steady_clock::time_point m_last;
};

} // namespace kastellan::keepctl
