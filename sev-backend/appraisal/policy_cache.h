// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/appraisal/policy.h"

#include <memory>
#include <shared_mutex>

namespace kastellan::sev {

/// Remembers policies by their text, so that a fleet under one policy parses it once. Safe in several threads.
class PolicyCache {
public:
    static constexpr std::size_t capacity = 16;
    using Entry = std::shared_ptr<const Result<Policy>>;
    /// The policy, or why it can't be read. An empty text is the policy that demands nothing.
    [[nodiscard]] Entry get(const std::string &text);

private:
    std::shared_mutex m_mutex;
    std::vector<std::pair<std::string, Entry>> m_entries; // newest last
};

} // namespace kastellan::sev
