// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/output.h"
#include "core/base/bytes.h"

#include <string>
#include <utility>

namespace kastellan::keepctl {

/// What a machine's console writes, by whole lines that are safe for a terminal: the host can write there what it likes.
class ConsoleLines {
public:
    /// Calls `print(line)` for each line that is whole, or too long to wait for its end. The line has no end of its own.
    template <typename Print>
    [[nodiscard]] Status add(ByteView data, Print print)
    {
        constexpr std::size_t longest = 4096;
        for (const char c : asText(data)) {
            if (c != '\n')
                m_line += c;
            if (c == '\n' || m_line.size() >= longest) {
                std::string line = std::exchange(m_line, {});
                if (line.ends_with('\r'))
                    line.pop_back();
                KASTELLAN_TRY(print(inLine(line)));
            }
        }
        return {};
    }
    /// The last line, if it has no end.
    template <typename Print>
    [[nodiscard]] Status finish(Print print)
    {
        return m_line.empty() ? Status() : add(asBytes("\n"), print);
    }

private:
    std::string m_line;
};

} // namespace kastellan::keepctl
