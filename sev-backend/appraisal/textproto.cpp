// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/textproto.h"

#include "core/workload/text.h"

#include <charconv>

namespace kastellan::sev {
namespace {

constexpr std::size_t sizeLimit = 1'000'000, fieldLimit = 10'000;
constexpr unsigned depthLimit = 16;

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
int hexDigit(char c)
{
    return isDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void appendUtf8(std::string &text, std::uint32_t code)
{
    const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xc0 | code >> 6);
        add(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        add(0xe0 | code >> 12);
        add(0x80 | (code >> 6 & 0x3f));
        add(0x80 | (code & 0x3f));
    } else {
        add(0xf0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3f));
        add(0x80 | (code >> 6 & 0x3f));
        add(0x80 | (code & 0x3f));
    }
}

class Parser {
public:
    Parser(std::string_view text, std::string_view file)
        : m_text(text)
        , m_file(file)
    {
    }
    /// Fields up to `close`, or to the end for 0.
    Result<std::vector<ProtoField>> message(char close, unsigned depth)
    {
        if (depth > depthLimit)
            return refuse("it is nested deeper than 16 levels");
        std::vector<ProtoField> fields;
        for (;;) {
            skip();
            if (atEnd()) {
                if (close)
                    return refuse(std::string("a '") + close + "' is missing");
                return fields;
            }
            if (close && peek() == close) {
                ++m_at;
                return fields;
            }
            KASTELLAN_TRY(field(fields, depth));
            skip();
            if (!atEnd() && (peek() == ',' || peek() == ';'))
                ++m_at;
        }
    }

private:
    [[nodiscard]] bool atEnd() const { return m_at >= m_text.size(); }
    [[nodiscard]] char peek(std::size_t ahead = 0) const { return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0'; }
    [[nodiscard]] std::unexpected<Error> refuse(std::string why) const
    {
        return badInput("read the text proto", std::string(m_file) + ", line " + std::to_string(m_line), std::move(why));
    }
    void skip()
    {
        for (; !atEnd(); ++m_at) {
            if (peek() == '#')
                while (!atEnd() && peek() != '\n')
                    ++m_at;
            if (atEnd())
                return;
            if (peek() == '\n')
                ++m_line;
            else if (peek() != ' ' && peek() != '\t' && peek() != '\r')
                return;
        }
    }
    Status field(std::vector<ProtoField> &fields, unsigned depth)
    {
        ProtoField field;
        field.line = m_line;
        const std::size_t start = m_at;
        while (isLetter(peek()) || (m_at > start && isDigit(peek())))
            ++m_at;
        field.name = m_text.substr(start, m_at - start);
        if (field.name.empty())
            return refuse("a field's name is expected, and '" + workload::shown(m_text.substr(m_at, 1)) + "' is there");
        skip();
        const bool colon = peek() == ':';
        if (colon)
            ++m_at;
        skip();
        if (peek() == '[') {
            ++m_at;
            for (skip(); peek() != ']'; skip()) {
                if (atEnd())
                    return refuse("a ']' is missing");
                ProtoField element = field;
                KASTELLAN_TRY(value(element, depth));
                KASTELLAN_TRY(add(fields, std::move(element)));
                skip();
                if (peek() == ',')
                    ++m_at;
                else if (peek() != ']')
                    return refuse("a ',' or ']' is expected");
            }
            ++m_at;
            return {};
        }
        if (!colon && peek() != '{' && peek() != '<')
            return refuse("a ':' is expected behind '" + workload::shown(field.name, 40) + "'");
        KASTELLAN_TRY(value(field, depth));
        return add(fields, std::move(field));
    }
    Status add(std::vector<ProtoField> &fields, ProtoField field)
    {
        if (++m_count > fieldLimit)
            return refuse("it has more than 10,000 fields");
        fields.push_back(std::move(field));
        return {};
    }
    Status value(ProtoField &field, unsigned depth)
    {
        const char first = peek();
        if (first == '{' || first == '<') {
            ++m_at;
            field.kind = ProtoField::Kind::Message;
            KASTELLAN_ASSIGN(field.fields, message(first == '{' ? '}' : '>', depth + 1));
            return {};
        }
        if (first == '"' || first == '\'') {
            field.kind = ProtoField::Kind::Text;
            while (peek() == '"' || peek() == '\'') { // adjacent ones are one
                KASTELLAN_TRY(quoted(field.text));
                skip();
            }
            return {};
        }
        const std::size_t start = m_at;
        if (peek() == '-')
            ++m_at;
        while (isLetter(peek()) || isDigit(peek()) || peek() == '.')
            ++m_at;
        field.text = m_text.substr(start, m_at - start);
        if (field.text.empty())
            return refuse("a value is missing");
        field.kind = isLetter(first) ? ProtoField::Kind::Word : ProtoField::Kind::Number;
        return {};
    }
    Status quoted(std::string &out)
    {
        const char quote = m_text[m_at++];
        for (;; ++m_at) {
            if (atEnd() || peek() == '\n')
                return refuse("a text has no end");
            if (peek() == quote) {
                ++m_at;
                return {};
            }
            if (peek() != '\\')
                out += peek();
            else
                KASTELLAN_TRY(escape(out));
        }
    }
    /// At the backslash; leaves the position at the last character of it.
    Status escape(std::string &out)
    {
        const char kind = peek(1);
        m_at += 1;
        constexpr std::string_view letters = "abfnrtv\\'\"?", meanings = "\a\b\f\n\r\t\v\\'\"?";
        if (const auto at = letters.find(kind); kind != '\0' && at != std::string_view::npos) {
            out += meanings[at];
            return {};
        }
        const auto number = [this](unsigned base, unsigned most) {
            std::uint32_t code = 0;
            unsigned digits = 0;
            for (; digits < most; ++digits) {
                const int digit = hexDigit(peek(1));
                if (digit < 0 || static_cast<unsigned>(digit) >= base)
                    break;
                code = code * base + static_cast<unsigned>(digit);
                ++m_at;
            }
            return std::pair(code, digits);
        };
        if (kind == 'x' || kind == 'X') {
            const auto [code, digits] = number(16, 2);
            if (digits == 0)
                return refuse("'\\x' has no digits");
            out += static_cast<char>(code);
            return {};
        }
        if (kind == 'u' || kind == 'U') {
            const unsigned needed = kind == 'u' ? 4 : 8;
            const auto [code, digits] = number(16, needed);
            if (digits != needed || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
                return refuse("a '\\u' is no character");
            appendUtf8(out, code);
            return {};
        }
        --m_at; // octal digits begin where the kind stands
        const auto [code, digits] = number(8, 3);
        if (digits == 0 || code > 255)
            return refuse("an escape in a text is not known");
        out += static_cast<char>(code);
        return {};
    }

    std::string_view m_text, m_file;
    std::size_t m_at = 0, m_count = 0;
    unsigned m_line = 1;
};

} // namespace

std::optional<std::uint64_t> protoNumber(std::string_view text)
{
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
        base = 8;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size())
        return {};
    return value;
}

Result<std::vector<ProtoField>> parseTextProto(std::string_view text, std::string_view file)
{
    if (text.size() > sizeLimit)
        return badInput(
            "read the text proto", std::string(file), "it has " + std::to_string(text.size()) + " bytes, and at most 1 MB is read");
    return Parser(text, file).message('\0', 0);
}

} // namespace kastellan::sev
