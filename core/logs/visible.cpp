// SPDX-License-Identifier: Apache-2.0
#include "core/logs/keep_log.h"

namespace kastellan {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

struct Character {
    char32_t code = 0;
    std::size_t size = 0; ///< bytes taken
    bool valid = false;
};

/// One character of UTF-8 (RFC 3629); of a bad sequence, the longest part that could have been one (Unicode 3.9, U+FFFD substitution).
Character decode(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80)
        return {first, 1, true};
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        low = first == 0xe0 ? 0xa0 : 0x80;
        high = first == 0xed ? 0x9f : 0xbf; // no surrogates
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        low = first == 0xf0 ? 0x90 : 0x80;
        high = first == 0xf4 ? 0x8f : 0xbf;
    } else {
        return {0, 1, false};
    }
    char32_t code = first & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size() || byte(i) < low || byte(i) > high)
            return {0, i, false};
        code = code << 6 | (byte(i) & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    return {code, length, true};
}

/// Characters that show nothing of themselves but change how what follows is shown: C1 controls, line separators, and those that
/// reverse the direction of writing.
bool isHidden(char32_t code)
{
    return (code >= 0x80 && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e)
        || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || (code & 0xfffe) == 0xfffe
        || (code >= 0xe0000 && code <= 0xe007f);
}

} // namespace

std::string makeVisible(std::string_view text)
{
    std::string visible;
    visible.reserve(text.size());
    while (!text.empty()) {
        const Character character = decode(text);
        const std::string_view bytes = text.substr(0, character.size);
        text.remove_prefix(character.size);
        if (!character.valid || isHidden(character.code)) {
            visible += replacement;
        } else if ((character.code < 0x20 && character.code != '\n' && character.code != '\t') || character.code == 0x7f) {
            // U+2400 to U+241F and U+2421, the control pictures.
            visible += "\xe2\x90";
            visible += static_cast<char>(character.code == 0x7f ? 0xa1 : 0x80 + character.code);
        } else {
            visible += bytes;
        }
    }
    return visible;
}

} // namespace kastellan
