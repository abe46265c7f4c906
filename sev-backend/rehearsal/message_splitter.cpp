// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/message_splitter.h"

#include <utility>

namespace kastellan::sev {

void MessageSplitter::finish(Piece::Kind kind)
{
    if (!m_text.empty())
        m_pieces.push_back({kind, std::exchange(m_text, {}), m_received});
}

void MessageSplitter::feed(std::string_view bytes)
{
    for (const char c : bytes) {
        const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        if (m_depth == 0 && opens)
            finish(Piece::Kind::Between);
        m_text += c;
        ++m_received;
        if (m_depth == 0) {
            m_depth = opens ? 1 : 0;
            m_quote = 0;
            m_escaped = m_large = false;
            if (!opens && m_text.size() >= messageLimit)
                finish(Piece::Kind::Between);
            continue;
        }
        if (m_quote) {
            if (m_escaped)
                m_escaped = false;
            else if (c == '\\')
                m_escaped = true;
            else if (c == m_quote)
                m_quote = 0;
        } else if (c == '"' || c == '\'') {
            m_quote = c;
        } else if (opens) {
            ++m_depth;
        } else if (closes && --m_depth == 0) {
            finish(m_large ? Piece::Kind::LastPart : Piece::Kind::Message);
            continue;
        }
        if (m_text.size() >= messageLimit) {
            m_large = true;
            finish(Piece::Kind::Part);
        }
    }
    if (m_depth == 0)
        finish(Piece::Kind::Between);
}

std::optional<MessageSplitter::Piece> MessageSplitter::next()
{
    if (m_pieces.empty())
        return std::nullopt;
    Piece piece = std::move(m_pieces.front());
    m_pieces.pop_front();
    return piece;
}

std::string properJson(std::string_view message)
{
    std::string text;
    char quote = 0;
    for (std::size_t at = 0; at < message.size(); ++at) {
        const char c = message[at];
        if (!quote) {
            quote = c == '"' || c == '\'' ? c : 0;
            text += c == '\'' ? '"' : c;
        } else if (c == '\\' && at + 1 < message.size()) {
            const char following = message[++at];
            if (following != '\'')
                text += '\\';
            text += following;
        } else if (c == quote) {
            quote = 0;
            text += '"';
        } else {
            text += c == '"' ? std::string("\\\"") : std::string(1, c);
        }
    }
    return text;
}

} // namespace kastellan::sev
