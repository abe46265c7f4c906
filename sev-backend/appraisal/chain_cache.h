// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/appraisal/chain_state.h"

#include <deque>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

namespace kastellan::sev {

/// Remembers what follows from endorsements, by the SHA-256 of all of them: three RSA verifications cost more than
/// everything else about a report. Dates are not remembered: they depend on the time. Safe in several threads.
class ChainCache {
public:
    static constexpr std::size_t capacity = 256;
    [[nodiscard]] std::shared_ptr<const ChainState> get(const std::vector<Endorsement> &endorsements);

private:
    struct Hash {
        std::size_t operator()(const Sha256 &digest) const { return loadLe<std::size_t>(digest.bytes, 0); }
    };
    std::shared_mutex m_mutex;
    std::unordered_map<Sha256, std::shared_ptr<const ChainState>, Hash> m_states;
    std::deque<Sha256> m_order; // oldest first
};

} // namespace kastellan::sev
