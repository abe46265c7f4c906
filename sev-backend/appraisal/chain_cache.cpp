// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/chain_cache.h"

#include "core/base/digest.h"

#include <mutex>

namespace kastellan::sev {
namespace {

Sha256 keyOf(const std::vector<Endorsement> &endorsements)
{
    // Lengths keep one list from reading like another.
    Bytes all;
    std::size_t size = 0;
    for (const auto &[role, der] : endorsements)
        size += 16 + role.size() + der.size();
    all.reserve(size);
    const auto add = [&all](ByteView bytes) {
        std::array<std::uint8_t, 8> length{};
        storeLe<std::uint64_t>(length, 0, bytes.size());
        all.insert(all.end(), length.begin(), length.end());
        all.insert(all.end(), bytes.begin(), bytes.end());
    };
    for (const auto &[role, der] : endorsements) {
        add(asBytes(role));
        add(der);
    }
    return sha256(all);
}

} // namespace

std::shared_ptr<const ChainState> ChainCache::get(const std::vector<Endorsement> &endorsements)
{
    const Sha256 key = keyOf(endorsements);
    {
        const std::shared_lock lock(m_mutex);
        if (const auto at = m_states.find(key); at != m_states.end())
            return at->second;
    }
    auto state = std::make_shared<const ChainState>(readChain(endorsements));
    const std::unique_lock lock(m_mutex);
    const auto [at, added] = m_states.try_emplace(key, std::move(state));
    if (added) {
        m_order.push_back(key);
        if (m_order.size() > capacity) {
            m_states.erase(m_order.front());
            m_order.pop_front();
        }
    }
    // The one just added is the newest, so it is still there.
    return at->second;
}

} // namespace kastellan::sev
