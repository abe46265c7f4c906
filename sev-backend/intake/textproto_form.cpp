// SPDX-License-Identifier: Apache-2.0
// go-sev-guest's sevsnp.Attestation in protocol buffers' text form (protobuf.dev, "Text Format").
#include "sev-backend/intake/parts.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace kastellan::sev::intake {
namespace {

/// Reads tokens; after a fault every read fails.
class TextReader {
public:
    explicit TextReader(std::string_view text)
        : m_text(text)
    {
    }
    [[nodiscard]] bool atEnd()
    {
        skip();
        return m_at == m_text.size();
    }
    [[nodiscard]] std::size_t offset() const { return m_at; }
    bool take(char wanted)
    {
        skip();
        if (m_at == m_text.size() || m_text[m_at] != wanted)
            return false;
        ++m_at;
        return true;
    }
    /// A field's name; empty if there is none.
    std::string_view name()
    {
        skip();
        const auto begin = m_at;
        while (m_at < m_text.size() && (std::isalnum(static_cast<unsigned char>(m_text[m_at])) || m_text[m_at] == '_'))
            ++m_at;
        return m_text.substr(begin, m_at - begin);
    }
    std::optional<std::uint64_t> number()
    {
        const std::string_view word = name();
        const bool hex = word.starts_with("0x") || word.starts_with("0X");
        const std::string_view digits = hex ? word.substr(2) : word;
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
            return std::nullopt;
        return value;
    }
    /// One string, or several that stand next to each other.
    std::optional<Bytes> string()
    {
        Bytes all;
        bool any = false;
        for (skip(); m_at < m_text.size() && (m_text[m_at] == '"' || m_text[m_at] == '\''); skip()) {
            if (!one(all))
                return std::nullopt;
            any = true;
        }
        return any ? std::optional(std::move(all)) : std::nullopt;
    }
    [[nodiscard]] char peek()
    {
        skip();
        return m_at == m_text.size() ? '\0' : m_text[m_at];
    }

private:
    void skip()
    {
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (c == '#')
                m_at = std::min(m_text.find('\n', m_at), m_text.size());
            else if (std::isspace(static_cast<unsigned char>(c)))
                ++m_at;
            else
                break;
        }
    }
    bool one(Bytes &into)
    {
        const char quote = m_text[m_at++];
        while (m_at < m_text.size() && m_text[m_at] != '\n') {
            const char c = m_text[m_at++];
            if (c == quote)
                return true;
            if (c != '\\') {
                into.push_back(static_cast<std::uint8_t>(c));
                continue;
            }
            if (m_at == m_text.size() || !escape(into))
                return false;
        }
        return false;
    }
    bool escape(Bytes &into)
    {
        const char c = m_text[m_at];
        const auto digits = [&](unsigned base, std::size_t most) {
            unsigned value = 0;
            std::size_t count = 0;
            for (; count < most && m_at < m_text.size(); ++count, ++m_at) {
                const char d = m_text[m_at];
                const int digit = d >= '0' && d <= '9' ? d - '0'
                    : d >= 'a' && d <= 'f'             ? d - 'a' + 10
                    : d >= 'A' && d <= 'F'             ? d - 'A' + 10
                                                       : 99;
                if (digit >= static_cast<int>(base))
                    break;
                value = value * base + static_cast<unsigned>(digit);
            }
            if (count == 0 || value > 0xff)
                return false;
            into.push_back(static_cast<std::uint8_t>(value));
            return true;
        };
        if (c >= '0' && c <= '7')
            return digits(8, 3);
        ++m_at;
        if (c == 'x' || c == 'X')
            return digits(16, 2);
        if (c == 'u' || c == 'U')
            return character(c == 'u' ? 4 : 8, into);
        constexpr std::string_view letters = "abfnrtv\\'\"?", values = "\a\b\f\n\r\t\v\\'\"?";
        const auto at = letters.find(c);
        if (at == std::string_view::npos)
            return false;
        into.push_back(static_cast<std::uint8_t>(values[at]));
        return true;
    }
    /// A character by its number, in UTF-8: Go's writer puts pairs of bytes so that happen to be one.
    bool character(std::size_t size, Bytes &into)
    {
        std::uint32_t code = 0;
        const char *begin = m_text.data() + m_at;
        if (m_text.size() - m_at < size)
            return false;
        const auto [end, error] = std::from_chars(begin, begin + size, code, 16);
        if (error != std::errc{} || end != begin + size || code > 0x10ffff)
            return false;
        m_at += size;
        const auto put = [&into](std::uint32_t byte) { into.push_back(static_cast<std::uint8_t>(byte)); };
        const auto rest = [&](unsigned shift) { put(0x80 | (code >> shift & 0x3f)); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xc0 | code >> 6);
            rest(0);
        } else if (code < 0x10000) {
            put(0xe0 | code >> 12);
            rest(6);
            rest(0);
        } else {
            put(0xf0 | code >> 18);
            rest(12);
            rest(6);
            rest(0);
        }
        return true;
    }
    std::string_view m_text;
    std::size_t m_at = 0;
};

struct Attestation {
    ProtoReport report;
    std::vector<Bytes> certificates;
};

/// The fields of one message; `close` is what ends it, 0 for the end of the text.
bool readMessage(TextReader &reader, char close, std::string_view message, std::size_t depth, Attestation &into)
{
    constexpr std::size_t mostFields = 256, mostDepth = 8;
    if (depth > mostDepth)
        return false;
    for (std::size_t count = 0; count < mostFields; ++count) {
        if (close ? reader.take(close) : reader.atEnd())
            return true;
        const std::string_view name = reader.name();
        if (name.empty())
            return false;
        const bool colon = reader.take(':');
        if (reader.peek() == '{' || reader.peek() == '<') {
            const char end = reader.take('{') ? '}' : '>';
            if (end == '>')
                reader.take('<');
            if (!readMessage(reader, end, name, depth + 1, into))
                return false;
        } else if (!colon) {
            return false;
        } else if (reader.peek() == '"' || reader.peek() == '\'') {
            auto bytes = reader.string();
            if (!bytes)
                return false;
            const auto field = protoReportField(name);
            if (message == "report" && field)
                into.report.bytes.emplace_back(*field, std::move(*bytes));
            else if (message == "certificate_chain" && name.ends_with("_cert") && !bytes->empty())
                into.certificates.push_back(std::move(*bytes));
        } else if (message == "report") {
            const auto field = protoReportField(name);
            const auto number = reader.number();
            if (!number || !field)
                return false;
            into.report.numbers.emplace_back(*field, *number);
        } else if (reader.name().empty()) { // an enumeration's name, a number
            return false;
        }
        if (!reader.take(','))
            reader.take(';');
    }
    return false;
}

/// Whether a number stands where the report has bytes, or the other way round: no such text is written.
bool kindsFit(const ProtoReport &report)
{
    for (const auto &[number, value] : report.numbers) {
        const bool bytes = number == 4 || number == 5 || (number >= 11 && number <= 17) || number == 19 || number == 28;
        if (bytes)
            return false;
        static_cast<void>(value);
    }
    for (const auto &[number, value] : report.bytes) {
        const bool bytes = number == 4 || number == 5 || (number >= 11 && number <= 17) || number == 19 || number == 28;
        if (!bytes)
            return false;
        static_cast<void>(value);
    }
    return true;
}

} // namespace

bool lookTextProto(Looker &looker, const Part &part)
{
    const std::string_view text = asText(part.bytes);
    // Either the Attestation or a bare Report.
    const bool attestation = text.contains("report") && text.contains("measurement") && text.contains("signature");
    if (!attestation)
        return false;
    TextReader reader(text);
    Attestation found;
    const bool bare = !text.contains("report {") && !text.contains("report:{") && !text.contains("report: {") && !text.contains("report <")
        && !text.contains("report:<") && !text.contains("report{");
    if (!readMessage(reader, 0, bare ? "report" : "", 0, found) || !kindsFit(found.report)) {
        looker.reason("it looks like go-sev-guest's text form, and can't be read at offset " + std::to_string(reader.offset()));
        return false;
    }
    if (found.report.bytes.empty())
        return false;
    const auto report = reportOf(found.report);
    if (!report) {
        looker.reason(
            "it is go-sev-guest's text form of a report, and its field " + report.error().where + " is wrong: " + report.error().why);
        return false;
    }
    looker.snpReport(part, *report, "go-sev-guest", reportWords(*report) + " in go-sev-guest's text form");
    for (const auto &certificate : found.certificates) {
        if (!looker.spend(part, 1, certificate.size()))
            break;
        const Part inner = part.derived(certificate, "certificate chain");
        if (!lookDer(looker, inner) && !lookPem(looker, inner))
            looker.unknown(inner, "it is no certificate that can be read");
    }
    return true;
}

} // namespace kastellan::sev::intake
