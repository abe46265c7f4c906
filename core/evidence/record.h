// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

#include <optional>
#include <string>

namespace kastellan {

/// One stored attestation: everything an auditor needs to compute it again. Written before its verdict acts, for refused launches too.
struct Record {
    std::string id; ///< given by the store: "r" + 16 hex digits
    std::string keep; ///< keep id, hex
    std::string keepName;
    std::string host;
    std::string kind; ///< "attest", "deliver", "reattest", "reappraisal", "purge" (docs/records.md)
    std::int64_t created = 0; ///< Unix seconds
    Evidence evidence;
    ReferenceValues expected;
    Appraisal appraisal;
    std::optional<Binding> binding;
    std::string plan; ///< JSON of the launch plan
    std::string manifest; ///< the delivery manifest, readable JSON; secrets by keyed digest only
    std::string notes;
};

/// A line of `evidence list`.
struct RecordSummary {
    std::string id, keep, keepName, host, kind, verdict;
    std::int64_t created = 0;
    bool emulated = false;
};

} // namespace kastellan
