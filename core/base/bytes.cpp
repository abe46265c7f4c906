// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"

namespace kastellan {
namespace {

constexpr std::string_view hexDigits = "0123456789abcdef";
constexpr std::string_view base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

constexpr int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

constexpr auto base64Values = [] {
    std::array<std::int16_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64Digits.size(); ++i)
        values[static_cast<unsigned char>(base64Digits[i])] = static_cast<std::int16_t>(i);
    return values;
}();

} // namespace

std::string toHex(ByteView view)
{
    std::string text;
    text.reserve(view.size() * 2);
    for (auto byte : view) {
        text += hexDigits[byte >> 4];
        text += hexDigits[byte & 15];
    }
    return text;
}

Result<Bytes> fromHex(std::string_view text)
{
    std::size_t start = 0;
    while (start < text.size() && isSpace(text[start]))
        ++start;
    if (text.substr(start).starts_with("0x") || text.substr(start).starts_with("0X"))
        start += 2;
    Bytes bytes;
    bytes.reserve((text.size() - start) / 2);
    int high = -1;
    for (std::size_t i = start; i < text.size(); ++i) {
        if (isSpace(text[i]))
            continue;
        const int value = hexValue(text[i]);
        if (value < 0)
            return badInput(
                "read a hexadecimal value", "character " + std::to_string(i + 1), "it is not a hexadecimal digit", "Use 0-9 and a-f only.");
        if (high < 0) {
            high = value;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high << 4 | value));
            high = -1;
        }
    }
    if (high >= 0)
        return badInput("read a hexadecimal value", {}, "it has an odd number of digits", "Check that it was copied whole.");
    return bytes;
}

std::string toBase64(ByteView view)
{
    std::string text;
    text.reserve((view.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 2 < view.size(); i += 3) {
        const unsigned group = static_cast<unsigned>(view[i]) << 16 | static_cast<unsigned>(view[i + 1]) << 8 | view[i + 2];
        text += base64Digits[group >> 18];
        text += base64Digits[group >> 12 & 63];
        text += base64Digits[group >> 6 & 63];
        text += base64Digits[group & 63];
    }
    if (i + 1 == view.size()) {
        const unsigned group = static_cast<unsigned>(view[i]) << 16;
        text += base64Digits[group >> 18];
        text += base64Digits[group >> 12 & 63];
        text += "==";
    } else if (i + 2 == view.size()) {
        const unsigned group = static_cast<unsigned>(view[i]) << 16 | static_cast<unsigned>(view[i + 1]) << 8;
        text += base64Digits[group >> 18];
        text += base64Digits[group >> 12 & 63];
        text += base64Digits[group >> 6 & 63];
        text += '=';
    }
    return text;
}

Result<Bytes> fromBase64(std::string_view text)
{
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    unsigned group = 0;
    int count = 0;
    int padding = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (isSpace(c))
            continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const int value = base64Values[static_cast<unsigned char>(c)];
        if (value < 0 || padding)
            return badInput("read a base64 value", "character " + std::to_string(i + 1),
                padding ? "data follows the padding" : "it is not a base64 character", "Check that it was copied whole.");
        group = group << 6 | static_cast<unsigned>(value);
        if (++count == 4) {
            bytes.push_back(static_cast<std::uint8_t>(group >> 16));
            bytes.push_back(static_cast<std::uint8_t>(group >> 8));
            bytes.push_back(static_cast<std::uint8_t>(group));
            group = 0;
            count = 0;
        }
    }
    if (count == 1 || padding > 2 || (padding && padding + count != 4) || (!padding && count))
        return badInput("read a base64 value", "its end", "the last group is incomplete", "Check that it was copied whole.");
    if (count == 2) {
        if (group & 15)
            return badInput("read a base64 value", "its end", "the unused bits are not zero", "Check that it was copied whole.");
        bytes.push_back(static_cast<std::uint8_t>(group >> 4));
    } else if (count == 3) {
        if (group & 3)
            return badInput("read a base64 value", "its end", "the unused bits are not zero", "Check that it was copied whole.");
        bytes.push_back(static_cast<std::uint8_t>(group >> 10));
        bytes.push_back(static_cast<std::uint8_t>(group >> 2));
    }
    return bytes;
}

bool equalConstantTime(ByteView a, ByteView b)
{
    if (a.size() != b.size())
        return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

} // namespace kastellan
