// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>

namespace kastellan::sev {

/// The value of a QEMU option with keys: "q35,confidential-guest-support=sev0", or the same as a JSON object. Keys may come twice; the last
/// one counts.
class QemuOptions {
public:
    /// `implied`: the key of a first word that has none ("type", "qom-type", "cpus"). JSON that is none is an Input error.
    [[nodiscard]] static Result<QemuOptions> parse(std::string_view text, std::string_view implied, std::string_view option);
    [[nodiscard]] std::optional<std::string> value(std::string_view key) const;
    /// "on", "yes", "true" and a key alone are on; nothing when the key is missing.
    [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>> &all() const { return m_values; }

private:
    std::vector<std::pair<std::string, std::string>> m_values;
};

} // namespace kastellan::sev
