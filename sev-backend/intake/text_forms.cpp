// SPDX-License-Identifier: Apache-2.0
// Texts: hex, base64, lines of "key: value" as virsh and query commands print them.
#include "sev-backend/intake/parts.h"

#include "core/base/text.h"

#include <algorithm>
#include <cctype>

namespace kastellan::sev::intake {
namespace {

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool isHex(char c)
{
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

bool isBase64(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

/// No byte that a text does not have, and half of it ASCII. UTF-8 is not asked for: old tools write what they like.
bool isText(ByteView bytes)
{
    const auto ascii = static_cast<std::size_t>(std::ranges::count_if(bytes, [](std::uint8_t c) { return c < 0x80; }));
    return 2 * ascii >= bytes.size() && std::ranges::none_of(bytes, [](std::uint8_t c) {
        return (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f;
    });
}

/// Hex or base64 (both alphabets, padding wanted or not) of at least `least` bytes; nothing if it is neither.
std::optional<Bytes> decoded(std::string_view text, std::string &form)
{
    constexpr std::size_t least = 32;
    if (std::ranges::all_of(text.starts_with("0x") ? text.substr(2) : text, [](char c) { return isHex(c) || isSpace(c); })) {
        form = "hex";
        auto bytes = fromHex(text);
        if (bytes && bytes->size() >= least)
            return std::move(*bytes);
        return std::nullopt;
    }
    std::string clean;
    clean.reserve(text.size() + 3);
    for (const char c : text) {
        if (isSpace(c))
            continue;
        if (!isBase64(c))
            return std::nullopt;
        clean += c == '-' ? '+' : c == '_' ? '/' : c;
    }
    while (!clean.ends_with('=') && clean.size() % 4)
        clean += '=';
    form = "base64";
    auto bytes = fromBase64(clean);
    if (bytes && bytes->size() >= least)
        return std::move(*bytes);
    return std::nullopt;
}

bool lookDecoded(Looker &looker, const Part &part, std::string_view text, const std::string &key)
{
    std::string form;
    const auto bytes = decoded(text, form);
    if (!bytes || !looker.spend(part, 1, bytes->size()))
        return false;
    Part inner = part.derived(*bytes, key.empty() ? form : key);
    inner.key = key;
    if (form == "hex" && bytes->size() == 48)
        return false; // a digest, as people write it
    return looker.look(inner);
}

/// What stands before a value on its line: "pdh" of "pdh             : Af4…", "<pdh>Af4…" and "\"pdh\": \"Af4…".
std::string keyBefore(std::string_view text, std::size_t at)
{
    std::size_t end = at;
    while (end > 0 && std::string_view(" \t:=\"'>,").contains(text[end - 1]))
        --end;
    std::size_t begin = end;
    constexpr std::size_t most = 40;
    while (begin > 0 && end - begin < most
        && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) || text[begin - 1] == '-' || text[begin - 1] == '_'))
        --begin;
    return std::string(text.substr(begin, end - begin));
}

/// Long words of hex or base64 anywhere in the text.
bool lookWords(Looker &looker, const Part &part)
{
    constexpr std::size_t shortest = 64; // 48 bytes
    const std::string_view text = asText(part.bytes);
    bool any = false;
    for (std::size_t at = 0; at < text.size();) {
        if (!isBase64(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && isBase64(text[end]) && text[end] != '=')
            ++end;
        for (int padding = 0; padding < 2 && end < text.size() && text[end] == '='; ++padding)
            ++end;
        if (end - at >= shortest) {
            const Part place = part.at(at, end - at);
            std::string key = keyBefore(text, at);
            any |= lookDecoded(looker, place, text.substr(at, end - at), key.empty() ? "value at " + std::to_string(at) : key);
        }
        at = end;
    }
    return any;
}

} // namespace

bool lookText(Looker &looker, const Part &part)
{
    if (!isText(part.bytes))
        return false;
    const std::string_view text = trimmed(asText(part.bytes));
    if (text.empty()) {
        looker.reason("it is a text of blanks");
        return false;
    }
    if (text.contains("-----BEGIN ") && !text.starts_with('{') && !text.starts_with('['))
        return lookPem(looker, part);
    if (lookJson(looker, part) || lookTextProto(looker, part))
        return true;
    if (lookDecoded(looker, part, text, part.key))
        return true;
    if (lookHexDump(looker, part) || lookWords(looker, part))
        return true;
    looker.reason("it is a text, and holds nothing that is known here: no PEM, hex, base64, JSON or text form of evidence");
    return false;
}

} // namespace kastellan::sev::intake
