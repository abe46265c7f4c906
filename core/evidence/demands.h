// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

namespace kastellan {

/// What is demanded today that stored records did not know when they were made.
struct Demands {
    ReferenceValues values; ///< of these count: the policy, the minimum TCB, and strictness
    bool policy = false; ///< `values.policy` takes the place of a record's policy
    std::vector<std::string> overrides; ///< what that policy gives up
    std::vector<Bytes> given; ///< revocation lists that somebody gave: each that names the issuer counts, whoever signed it
    std::vector<Bytes> known; ///< revocation lists that were lying about: those count that the root signed
};

/// The record with today's demands. Its own are never loosened: floors are raised, lists are added.
[[nodiscard]] Record demanded(Record record, const Demands &demands, const EvidenceBackend &backend, std::int64_t at);

/// How a record looks under today's demands.
struct Reappraised {
    Record record; ///< with the demands
    Appraisal then, now;
    std::vector<std::string> failing; ///< ids of findings that were not failing then and are now: required ones and floors
    bool worse = false, better = false; ///< neither: nothing changed that counts
};
[[nodiscard]] Reappraised reappraise(Record record, const Demands &demands, const EvidenceBackend &backend, std::int64_t at);

} // namespace kastellan
