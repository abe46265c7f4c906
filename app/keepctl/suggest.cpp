// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/suggest.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {

/// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        table[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        table[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
        }
    }
    return table[a.size()][b.size()];
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string> &candidates)
{
    constexpr std::size_t longest = 64; // words of the table are far shorter
    if (word.empty() || word.size() > longest)
        return {};
    std::string best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string &candidate : candidates) {
        // A beginning is as good as one typing error.
        const bool beginning = word.size() >= 2 && candidate.starts_with(word);
        const std::size_t far = std::min(distance(word, candidate), beginning ? std::size_t{1} : longest);
        if (far < least) {
            least = far;
            best = candidate;
        }
    }
    return best;
}

} // namespace kastellan::keepctl
