// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/policy_cache.h"

#include <mutex>

namespace kastellan::sev {

PolicyCache::Entry PolicyCache::get(const std::string &text)
{
    static const Entry none = std::make_shared<const Result<Policy>>(Policy());
    if (text.empty())
        return none;
    const auto find = [&]() -> Entry {
        // The newest is the likeliest; texts of other lengths differ at once.
        for (auto at = m_entries.rbegin(); at != m_entries.rend(); ++at)
            if (at->first == text)
                return at->second;
        return {};
    };
    {
        const std::shared_lock lock(m_mutex);
        if (auto known = find())
            return known;
    }
    auto entry = std::make_shared<const Result<Policy>>(Policy::parse(text, "the policy"));
    const std::unique_lock lock(m_mutex);
    if (auto known = find())
        return known;
    if (m_entries.size() == capacity)
        m_entries.erase(m_entries.begin());
    m_entries.emplace_back(text, entry);
    return entry;
}

} // namespace kastellan::sev
