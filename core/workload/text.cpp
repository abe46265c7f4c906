// SPDX-License-Identifier: Apache-2.0
#include "core/workload/text.h"

#include <algorithm>

namespace kastellan::workload {
namespace {

// Length of the well-formed UTF-8 sequence at the front, 0 if there is none (Unicode standard, table 3-7).
std::size_t sequence(std::string_view text)
{
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto in = [&](std::size_t i, unsigned low, unsigned high) { return at(i) >= low && at(i) <= high; };
    const unsigned first = at(0);
    if (first < 0x80)
        return text.empty() ? 0 : 1;
    if (first >= 0xc2 && first <= 0xdf)
        return in(1, 0x80, 0xbf) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80, high = first == 0xed ? 0x9f : 0xbf;
        return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80, high = first == 0xf4 ? 0x8f : 0xbf;
        return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

std::size_t distance(std::string_view a, std::string_view b)
{
    // Optimal string alignment: three rows of the usual table.
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

} // namespace

bool isUtf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = sequence(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string shown(std::string_view text, std::size_t limit)
{
    constexpr const char *digits = "0123456789abcdef";
    std::string out;
    while (!text.empty()) {
        if (out.size() >= limit)
            return out + "…";
        const std::size_t length = sequence(text);
        const auto byte = static_cast<unsigned char>(text.front());
        // C1 controls (U+0080 to U+009F) are two bytes, the first of them 0xc2.
        const bool control = byte < 0x20 || byte == 0x7f || (length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
        const std::size_t taken = std::max<std::size_t>(length, 1);
        if (length == 0 || control) {
            for (const char character : text.substr(0, taken)) {
                const auto value = static_cast<unsigned char>(character);
                out += {'\\', 'x', digits[value >> 4], digits[value & 15]};
            }
        } else {
            out += text.substr(0, taken);
        }
        text.remove_prefix(taken);
    }
    return out;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view> &candidates)
{
    if (word.size() > 64)
        return {};
    std::string_view best;
    // Up to a third of the letters may differ, and one always: "arg" means "args".
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto candidate : candidates) {
        const std::size_t steps = distance(word, candidate);
        if (steps < least) {
            least = steps;
            best = candidate;
        }
    }
    return best;
}

} // namespace kastellan::workload
