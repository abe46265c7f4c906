// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"

namespace kastellan::js {
namespace {

constexpr unsigned deepest = 64;
constexpr std::size_t mostElements = 100'000;

/// The offset at which the nesting becomes too deep; npos when it never does. Braces inside strings do not count.
std::size_t tooDeepAt(std::string_view text)
{
    unsigned depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest)
                return i;
        } else if ((c == '}' || c == ']') && depth) {
            --depth;
        }
    }
    return std::string_view::npos;
}

/// Takes the events of the parser's first pass, for the place of an error only.
class ErrorPlace : public nlohmann::json_sax<In> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t &) override { return true; }
    bool string(string_t &) override { return true; }
    bool binary(binary_t &) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t &) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &) override
    {
        at = position ? position - 1 : 0; // it counts the characters that it has read
        return false;
    }
    std::size_t at = 0;
};

} // namespace

Result<In> parse(std::string_view text, std::string_view what, std::size_t limit)
{
    const std::string doing = "read " + std::string(what);
    if (text.size() > limit)
        return badInput(
            doing, {}, "it has " + std::to_string(text.size()) + " bytes, and at most " + std::to_string(limit) + " can be read");
    if (const auto at = tooDeepAt(text); at != std::string_view::npos)
        return badInput(doing, "offset " + std::to_string(at), "it is nested more than " + std::to_string(deepest) + " levels deep");
    try {
        In value = In::parse(text, nullptr, false);
        if (!value.is_discarded())
            return value;
        ErrorPlace place;
        In::sax_parse(text, &place);
        return badInput(
            doing, "offset " + std::to_string(place.at), "it is not well-formed JSON", "Check that the file is whole and was not edited.");
    } catch (const std::exception &error) {
        return badInput(doing, {}, error.what());
    }
}

std::string dump(const Out &value, int indent)
{
    return value.dump(indent, ' ', false, Out::error_handler_t::replace);
}

Object::Object(const In &value, std::string where)
    : m_value(value)
    , m_where(std::move(where))
{
    if (!value.is_object())
        m_status = badInput("read JSON", m_where, std::string("an object is expected, and it is of type ") + value.type_name());
}

void Object::wrong(const char *key, std::string why)
{
    if (m_status)
        m_status = badInput("read JSON", place(key), std::move(why));
}

void Object::also(Status status)
{
    if (m_status && !status)
        m_status = std::move(status);
}

const In *Object::find(const char *key) const
{
    if (!m_status)
        return nullptr;
    const auto it = m_value.find(key);
    return it == m_value.end() ? nullptr : &*it;
}

std::string Object::text(const char *key)
{
    if (!find(key))
        wrong(key, "it is missing");
    return textOr(key);
}

std::string Object::textOr(const char *key, std::string otherwise)
{
    const In *value = find(key);
    if (!value)
        return otherwise;
    if (value->is_string())
        return value->get<std::string>();
    wrong(key, std::string("a text is expected, and it is of type ") + value->type_name());
    return {};
}

std::int64_t Object::integer(const char *key, std::int64_t lowest, std::int64_t highest)
{
    if (!find(key))
        wrong(key, "it is missing");
    return integerOr(key, 0, lowest, highest);
}

std::int64_t Object::integerOr(const char *key, std::int64_t otherwise, std::int64_t lowest, std::int64_t highest)
{
    const In *value = find(key);
    if (!value)
        return otherwise;
    const bool tooLarge = value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (!value->is_number_integer() || tooLarge || value->get<std::int64_t>() < lowest || value->get<std::int64_t>() > highest) {
        wrong(key, "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest) + " is expected");
        return 0;
    }
    return value->get<std::int64_t>();
}

bool Object::flag(const char *key)
{
    if (!find(key))
        wrong(key, "it is missing");
    return flagOr(key, false);
}

bool Object::flagOr(const char *key, bool otherwise)
{
    const In *value = find(key);
    if (!value)
        return otherwise;
    if (value->is_boolean())
        return value->get<bool>();
    wrong(key, "true or false is expected");
    return false;
}

Bytes Object::base64(const char *key)
{
    auto bytes = fromBase64(text(key));
    if (bytes)
        return *std::move(bytes);
    wrong(key, bytes.error().why);
    return {};
}

Bytes Object::hex(const char *key)
{
    auto bytes = fromHex(text(key));
    if (bytes)
        return *std::move(bytes);
    wrong(key, bytes.error().why);
    return {};
}

void Object::each(const char *key, const std::function<Status(const In &, const std::string &)> &read)
{
    const In *value = find(key);
    if (!value)
        return;
    if (!value->is_array())
        return wrong(key, "an array is expected");
    if (value->size() > mostElements)
        return wrong(
            key, "it has " + std::to_string(value->size()) + " elements, and at most " + std::to_string(mostElements) + " can be read");
    for (std::size_t i = 0; i < value->size() && m_status; ++i)
        also(read((*value)[i], place(key) + "[" + std::to_string(i) + "]"));
}

std::vector<std::string> Object::texts(const char *key)
{
    std::vector<std::string> all;
    each(key, [&](const In &value, const std::string &where) -> Status {
        if (!value.is_string())
            return badInput("read JSON", where, "a text is expected");
        all.push_back(value.get<std::string>());
        return {};
    });
    return all;
}

} // namespace kastellan::js
