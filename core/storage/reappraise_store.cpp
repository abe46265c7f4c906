// SPDX-License-Identifier: Apache-2.0
#include "core/storage/reappraise_store.h"

#include "core/storage/record_care.h"

#include <ctime>
#include <set>

namespace kastellan {
namespace {

Result<std::vector<RecordSummary>> recordsOf(RecordStore &store, const std::string &keep)
{
    constexpr std::size_t page = 500;
    std::vector<RecordSummary> all;
    for (std::size_t offset = 0;; offset += page) {
        KASTELLAN_ASSIGN(const auto records, store.list({}, page, offset));
        for (const auto &record : records)
            if (record.kind != "purge" && record.kind != "reappraisal"
                && (keep.empty() || record.keep.starts_with(keep) || record.keepName == keep))
                all.push_back(record);
        if (records.size() < page)
            return all;
    }
}

Result<std::set<std::string>> purgedIds()
{
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    KASTELLAN_ASSIGN(const auto purged, care->purged());
    std::set<std::string> ids;
    for (const auto &[id, by] : purged)
        ids.insert(id);
    return ids;
}

Result<std::string> append(RecordStore &store, const Reappraised &result)
{
    Record again = result.record;
    again.kind = "reappraisal";
    again.created = std::time(nullptr);
    again.notes = "record " + result.record.id + " appraised again";
    again.appraisal = result.now;
    return store.append(again);
}

} // namespace

Result<StoreReappraisal> reappraiseStore(RecordStore &store, const ReappraiseRequest &request, const EvidenceBackend &backend,
    const OnReappraised &changed, const Progress &progress, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(const auto all, recordsOf(store, request.keep));
    KASTELLAN_ASSIGN(const auto purged, purgedIds());
    StoreReappraisal tally;
    std::uint64_t done = 0;
    for (const auto &summary : all) {
        if (stop.stop_requested()) {
            tally.stopped = true;
            break;
        }
        if (progress)
            progress("appraising stored evidence again", done, all.size());
        ++done;
        if (purged.contains(summary.id))
            continue;
        auto record = store.get(summary.id);
        if (!record) {
            tally.unreadable.push_back(record.error());
            continue;
        }
        ++tally.appraised;
        const Reappraised result = reappraise(std::move(*record), request.demands, backend, request.at);
        if (!result.worse && !result.better)
            continue;
        tally.worse += result.worse;
        tally.better += result.better;
        std::string appended;
        if (request.append) {
            KASTELLAN_ASSIGN(appended, append(store, result));
        }
        changed(summary, result, appended);
    }
    return tally;
}

} // namespace kastellan
