// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <deque>
#include <optional>
#include <string>

namespace kastellan::sev {

/// Divides a QMP stream into its messages, wherever the bytes were cut. Nothing is lost: what stands between messages is passed on, and a
/// message that is larger than anything we look at is passed on in parts.
class MessageSplitter {
public:
    static constexpr std::size_t messageLimit = 4u << 20;

    struct Piece {
        enum class Kind {
            Message, ///< a whole JSON object or array
            Between, ///< white space, or what is no JSON
            Part, ///< of a message over the limit
            LastPart,
        } kind = Kind::Message;
        std::string text; ///< as it came
        std::uint64_t end = 0; ///< bytes of the stream up to its end
    };
    void feed(std::string_view bytes);
    [[nodiscard]] std::optional<Piece> next();
    /// Bytes that wait for the rest of their message.
    [[nodiscard]] std::size_t held() const { return m_text.size(); }
    [[nodiscard]] std::uint64_t received() const { return m_received; }

private:
    void finish(Piece::Kind kind);
    std::string m_text;
    std::deque<Piece> m_pieces;
    std::uint64_t m_received = 0;
    std::size_t m_depth = 0;
    char m_quote = 0;
    bool m_escaped = false, m_large = false;
};

/// QEMU takes text in single quotes, too: the same message as JSON proper.
[[nodiscard]] std::string properJson(std::string_view message);

} // namespace kastellan::sev
