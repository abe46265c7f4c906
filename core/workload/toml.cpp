// SPDX-License-Identifier: Apache-2.0
// The library as headers alone and without exceptions: this is used inside keeps too, where every file is measured.
//
// Some texts that are not TOML ("[[[a]]]", "1979-05-27Tx") run into its assertions instead of its errors (3.4.0). So an assertion that does
// not hold is thrown, and caught in this file; and NDEBUG must not turn them into promises to the optimizer.
namespace {
struct BrokenAssertion {};
[[noreturn]] void breakOff()
{
    throw BrokenAssertion();
}
} // namespace
#undef NDEBUG
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ASSERT(condition)                                                                                                             \
    do {                                                                                                                                   \
        if (!(condition))                                                                                                                  \
            breakOff();                                                                                                                    \
    } while (false)
#include <toml++/toml.hpp>

#include "core/workload/toml.h"

#include "core/workload/ascii_text.h"
#include "core/workload/text.h"

#include <algorithm>

namespace kastellan::workload {
namespace {

constexpr const char *what = "read the configuration";

constexpr std::string_view byteOrderMark = "\xef\xbb\xbf";

std::string place(std::string_view file, unsigned line)
{
    return std::string(file) + ", line " + std::to_string(line);
}

TomlValue convert(const toml::node &node, const AsciiText &ascii) // nesting is bounded by the library (TOML_MAX_NESTED_VALUES)
{
    TomlValue value;
    value.line = node.source().begin.line;
    if (const auto *table = node.as_table()) {
        value.kind = TomlValue::Kind::Table;
        for (const auto &[key, child] : *table)
            value.table.push_back({ascii.original(key.str()), key.source().begin.line, convert(child, ascii)});
        std::ranges::stable_sort(value.table, {}, &TomlEntry::line);
    } else if (const auto *array = node.as_array()) {
        value.kind = TomlValue::Kind::Array;
        for (const auto &child : *array)
            value.array.push_back(convert(child, ascii));
    } else if (const auto *string = node.as_string()) {
        value.kind = TomlValue::Kind::String;
        value.text = ascii.original(string->get());
    } else if (const auto *integer = node.as_integer()) {
        value.kind = TomlValue::Kind::Integer;
        value.integer = integer->get();
    } else if (const auto *boolean = node.as_boolean()) {
        value.kind = TomlValue::Kind::Boolean;
        value.boolean = boolean->get();
    } else {
        value.kind = node.is_floating_point() ? TomlValue::Kind::Float : TomlValue::Kind::Date;
    }
    return value;
}

/// Walks over strings and comments as far as it has to know where they end.
class Outside {
public:
    explicit Outside(std::string_view text)
        : m_text(text)
    {
    }
    /// Where the first byte that is not ASCII stands outside of strings and comments; npos if there is none. TOML has none there but a
    /// byte order mark at the beginning.
    std::size_t firstForeign()
    {
        if (m_text.starts_with(byteOrderMark))
            m_at = byteOrderMark.size();
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (static_cast<unsigned char>(c) >= 0x80)
                return m_at;
            if (c == '#')
                m_at = std::min(m_text.find('\n', m_at), m_text.size());
            else if (c == '"' || c == '\'')
                skipString(c);
            else
                ++m_at;
        }
        return std::string_view::npos;
    }

private:
    void skipString(char quote)
    {
        const std::string three(3, quote);
        const bool longOne = m_text.substr(m_at).starts_with(three);
        m_at += longOne ? 3 : 1;
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (c == '\\' && quote == '"') {
                m_at += 2;
            } else if (longOne && m_text.substr(m_at).starts_with(three)) {
                m_at += 3;
                for (int more = 0; more < 2 && m_at < m_text.size() && m_text[m_at] == quote;
                    ++more) // """a""" may end in quotes of its own
                    ++m_at;
                return;
            } else if (!longOne && (c == quote || c == '\n')) { // one that is not closed ends with its line
                m_at += c == quote;
                return;
            } else {
                ++m_at;
            }
        }
    }
    std::string_view m_text;
    std::size_t m_at = 0;
};

unsigned lineThatIsNotUtf8(std::string_view text)
{
    unsigned line = 1;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos && isUtf8(text.substr(0, end)); end = text.find('\n')) {
        text.remove_prefix(end + 1);
        ++line;
    }
    return line;
}

/// The line at which parsing breaks off: the first one with which, and with everything before it, parsing still breaks off.
unsigned lineOfBrokenAssertion(std::string_view text)
{
    std::vector<std::size_t> ends; // of the lines
    for (std::size_t at = 0; at < text.size(); at = ends.back())
        ends.push_back(std::min(text.find('\n', at), text.size() - 1) + 1);
    const auto breaks = [&](std::size_t end) {
        try {
            (void)toml::parse(text.substr(0, end));
            return false;
        } catch (const BrokenAssertion &) {
            return true;
        }
    };
    const auto first = std::ranges::partition_point(ends, [&](std::size_t end) { return !breaks(end); });
    return static_cast<unsigned>(first - ends.begin()) + 1;
}

std::string_view kindName(TomlValue::Kind kind)
{
    switch (kind) {
    case TomlValue::Kind::String:
        return "a string";
    case TomlValue::Kind::Integer:
        return "a whole number";
    case TomlValue::Kind::Float:
        return "a number with a fraction";
    case TomlValue::Kind::Boolean:
        return "true or false";
    case TomlValue::Kind::Date:
        return "a date or time";
    case TomlValue::Kind::Array:
        return "a list";
    case TomlValue::Kind::Table:
        break;
    }
    return "a table";
}

} // namespace

Result<TomlValue> parseToml(std::string_view text, std::string_view file)
{
    if (text.size() > tomlLimit)
        return badInput(what, std::string(file), "it has " + std::to_string(text.size()) + " bytes, and at most 1 MB is read");
    const auto invalid = [&](unsigned line, std::string_view why) {
        return badInput(what, place(file, line), "it is not valid TOML: " + shown(why, 300));
    };
    if (!isUtf8(text))
        return invalid(lineThatIsNotUtf8(text), "it is not UTF-8");
    if (const std::size_t foreign = Outside(text).firstForeign(); foreign != std::string_view::npos) {
        const auto lead = static_cast<unsigned char>(text[foreign]);
        const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1; // of the character in UTF-8
        return invalid(static_cast<unsigned>(std::ranges::count(text.substr(0, foreign), '\n')) + 1,
            "'" + std::string(text.substr(foreign, length))
                + "' stands outside of a string; put keys and texts that are not ASCII in quotes");
    }
    // The library runs into undefined behaviour over other characters where it does not expect them (3.4.0,
    // is_non_ascii_horizontal_whitespace): it is given none.
    const AsciiText ascii(text.starts_with(byteOrderMark) ? text.substr(byteOrderMark.size()) : text);
    try {
        const toml::parse_result result = toml::parse(ascii.text());
        if (!result)
            return invalid(result.error().source().begin.line, ascii.original(result.error().description()));
        return convert(result.table(), ascii);
    } catch (const BrokenAssertion &) {
        return invalid(lineOfBrokenAssertion(ascii.text()), "nothing of TOML looks like this");
    }
}

Status TomlTable::onlyKeys(std::initializer_list<std::string_view> keys) const
{
    for (const auto &entry : m_table.table) {
        if (std::ranges::find(keys, std::string_view(entry.key)) != keys.end())
            continue;
        const std::string_view near = nearest(entry.key, keys);
        std::string all;
        for (const auto key : keys)
            all += (all.empty() ? "" : ", ") + full(key);
        return refuse(entry.line, "there is no key '" + shown(full(entry.key)) + "'",
            near.empty() ? "Known are " + all + "." : "Did you mean '" + full(near) + "'?");
    }
    return {};
}

const TomlEntry *TomlTable::find(std::string_view key) const
{
    const auto at = std::ranges::find(m_table.table, key, &TomlEntry::key);
    return at == m_table.table.end() ? nullptr : &*at;
}

std::unexpected<Error> TomlTable::refuse(unsigned line, std::string why, std::string remedy) const
{
    return badInput(what, place(m_file, line), std::move(why), std::move(remedy));
}

std::unexpected<Error> TomlTable::wrongType(const TomlEntry &entry, std::string_view needed) const
{
    return refuse(entry.line,
        "'" + shown(full(entry.key)) + "' is " + std::string(kindName(entry.value.kind)) + ", and has to be " + std::string(needed));
}

Status TomlTable::string(std::string_view key, std::string &target) const
{
    const TomlEntry *entry = find(key);
    if (!entry)
        return {};
    if (entry->value.kind != TomlValue::Kind::String)
        return wrongType(*entry, "a string");
    target = entry->value.text;
    return {};
}

Status TomlTable::strings(std::string_view key, std::vector<std::string> &target) const
{
    const TomlEntry *entry = find(key);
    if (!entry)
        return {};
    if (entry->value.kind != TomlValue::Kind::Array)
        return wrongType(*entry, "a list of strings");
    std::vector<std::string> read;
    for (const auto &element : entry->value.array) {
        if (element.kind != TomlValue::Kind::String)
            return refuse(element.line,
                "an element of '" + shown(full(key)) + "' is " + std::string(kindName(element.kind)) + ", and has to be a string");
        read.push_back(element.text);
    }
    target = std::move(read);
    return {};
}

Result<const TomlValue *> TomlTable::table(std::string_view key) const
{
    const TomlEntry *entry = find(key);
    if (!entry)
        return nullptr;
    if (entry->value.kind != TomlValue::Kind::Table)
        return wrongType(*entry, "a table");
    return &entry->value;
}

std::string tomlString(std::string_view text)
{
    constexpr const char *digits = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\')
            (out += '\\') += character;
        else if (character == '\n')
            out += "\\n";
        else if (character == '\t')
            out += "\\t";
        else if (byte < 0x20 || byte == 0x7f)
            (out += "\\u00") += {digits[byte >> 4], digits[byte & 15]};
        else
            out += character;
    }
    return out + '"';
}

std::string tomlKey(std::string_view text)
{
    const bool bare = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    return bare ? std::string(text) : tomlString(text);
}

} // namespace kastellan::workload
