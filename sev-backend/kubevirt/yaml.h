// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev::kubevirt {

/// A value of a YAML document, and where it stands. Never changes: what an alias repeats is shared, and costs nothing again.
struct Yaml {
    enum class Kind { Null, Scalar, Sequence, Map };
    Kind kind = Kind::Null;
    int line = 1; ///< from 1
    std::string text; ///< Scalar
    std::vector<std::shared_ptr<const Yaml>> items; ///< Sequence
    std::map<std::string, std::shared_ptr<const Yaml>, std::less<>> members; ///< Map

    /// A member that is there and not null; else a null pointer, also when this is no map.
    [[nodiscard]] const Yaml *find(std::string_view key) const;
};

/// The most that is read: bytes, nesting, values.
inline constexpr std::size_t yamlLimit = std::size_t{4} << 20;
inline constexpr std::size_t yamlDepth = 32;
inline constexpr std::size_t yamlValues = 200'000;

/// One YAML (or JSON) document. Beyond the limits, with a key twice, a second document, or an alias within what it repeats: an Input error
/// that names `name` and the line, and repeats nothing of the content. An empty text is Null.
[[nodiscard]] Result<std::shared_ptr<const Yaml>> parseYaml(std::string_view text, std::string_view name);

} // namespace kastellan::sev::kubevirt
