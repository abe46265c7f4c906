// SPDX-License-Identifier: Apache-2.0
#include "core/reports/text_layout.h"

#include <utility>

namespace kastellan::reports {
namespace {

/// Bytes of the character that begins here; the text is UTF-8.
std::size_t characterSize(std::string_view text)
{
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
        ++size;
    return size;
}

/// Width of a character in units of the font's size: those of DejaVu Sans, the widest of the usual ones, by classes.
double characterWidth(std::string_view character)
{
    if (character.size() > 2)
        return 1.0; // Han, Kana, emoji
    if (character.size() == 2)
        return 0.68;
    constexpr std::string_view narrow = " .,:;'|!ijlIft()[]/\\-`\"";
    constexpr std::string_view wide = "mwMW@%";
    const char c = character.front();
    if (narrow.find(c) != std::string_view::npos)
        return 0.40;
    if (wide.find(c) != std::string_view::npos)
        return 0.98;
    if (c >= 'A' && c <= 'Z')
        return 0.72;
    return 0.635;
}

} // namespace

double textWidth(std::string_view text, double size, bool fixedPitch, bool bold)
{
    double width = 0;
    while (!text.empty()) {
        const std::size_t count = characterSize(text);
        width += fixedPitch ? (count > 2 ? 1.21 : 0.605) : characterWidth(text.substr(0, count));
        text.remove_prefix(count);
    }
    return width * size * (bold && !fixedPitch ? 1.1 : 1.0);
}

std::vector<std::string> wrapped(std::string_view text, double width, double size, bool fixedPitch, bool bold)
{
    std::vector<std::string> lines;
    std::string line;
    const auto fits = [&](const std::string &candidate) { return textWidth(candidate, size, fixedPitch, bold) <= width; };
    while (!text.empty()) {
        if (text.front() == ' ' || text.front() == '\n' || text.front() == '\t') {
            text.remove_prefix(1);
            continue;
        }
        std::string_view word = text.substr(0, text.find_first_of(" \n\t"));
        text.remove_prefix(word.size());
        const std::string longer = line.empty() ? std::string(word) : line + " " + std::string(word);
        if (fits(longer)) {
            line = longer;
            continue;
        }
        if (!line.empty())
            lines.push_back(std::exchange(line, {}));
        while (!fits(std::string(word))) { // a word longer than a line: a digest, mostly
            std::size_t count = characterSize(word);
            while (count < word.size() && fits(std::string(word.substr(0, count + characterSize(word.substr(count))))))
                count += characterSize(word.substr(count));
            lines.emplace_back(word.substr(0, count));
            word.remove_prefix(count);
            if (word.empty())
                break;
        }
        line = word;
    }
    if (!line.empty() || lines.empty())
        lines.push_back(line);
    return lines;
}

} // namespace kastellan::reports
