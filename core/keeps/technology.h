// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace kastellan {

/// A protection of virtual machines: the word that plans and options use, and what people call it.
struct Technology {
    std::string_view id, title;
};
/// All, the weakest first.
inline constexpr std::array<Technology, 4> technologies{
    {{"none", "without evidence"}, {"sev", "SEV"}, {"es", "SEV-ES"}, {"snp", "SEV-SNP"}}};

/// "SEV-SNP" for "snp"; another word as it is.
[[nodiscard]] constexpr std::string_view technologyTitle(std::string_view id)
{
    const auto *const found = std::ranges::find(technologies, id, &Technology::id);
    return found == technologies.end() ? id : found->title;
}
/// Order of strength: 0 for "none" to 3 for "snp"; nothing for another word.
[[nodiscard]] constexpr std::optional<int> technologyStrength(std::string_view id)
{
    const auto *const found = std::ranges::find(technologies, id, &Technology::id);
    return found == technologies.end() ? std::nullopt : std::optional(static_cast<int>(found - technologies.begin()));
}

} // namespace kastellan
