// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace kastellan::workload {

/// A text as ASCII alone: what is not is written as a mark that no text can contain, and its bytes in hex. For libraries
/// that are not to be trusted with other characters.
class AsciiText {
public:
    explicit AsciiText(std::string_view text);
    [[nodiscard]] const std::string &text() const { return m_text; }
    /// A piece of the ASCII text as it was.
    [[nodiscard]] std::string original(std::string_view piece) const;

private:
    std::string m_mark, m_text;
};

} // namespace kastellan::workload
