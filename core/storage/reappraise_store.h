// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.h"
#include "core/evidence/demands.h"
#include "core/storage/record_store.h"

#include <stop_token>

namespace kastellan {

/// Which records to appraise again.
struct ReappraiseRequest {
    Demands demands;
    std::int64_t at = 0; ///< Unix seconds
    std::string keep; ///< the beginning of a keep's id, or its name; empty: of all
    bool append = false; ///< write a record of the kind "reappraisal" for each that changed
};
struct StoreReappraisal {
    std::size_t appraised = 0, worse = 0, better = 0;
    std::vector<Error> unreadable; ///< one for each record that can't be read
    bool stopped = false; ///< asked to, before the end
};
/// What changed, one record at a time, newest first. `appended` is the id of the new record, or empty.
using OnReappraised = std::function<void(const RecordSummary &, const Reappraised &, const std::string &appended)>;

/// Appraises stored records again under today's demands. Purged ones, purges and earlier reappraisals are passed over.
[[nodiscard]] Result<StoreReappraisal> reappraiseStore(RecordStore &store, const ReappraiseRequest &request, const EvidenceBackend &backend,
    const OnReappraised &changed, const Progress &progress = {}, const std::stop_token &stop = {});

} // namespace kastellan
