// SPDX-License-Identifier: Apache-2.0
// What a record of the kind "purge" says: which records were purged. Private to core/storage and its tests.
#pragma once

#include "core/evidence/record.h"

#include <vector>

namespace kastellan::storage {

inline constexpr std::string_view purgeKind = "purge";

/// One purged record: its line in the list, its number and its hash.
struct PurgedRecord {
    std::int64_t number = 0;
    RecordSummary summary;
    Sha256 hash;
};
/// As JSON, in the manifest of the purge record.
[[nodiscard]] std::string purgeListText(const std::vector<PurgedRecord> &purged);
[[nodiscard]] Result<std::vector<PurgedRecord>> readPurgeList(std::string_view text, const std::string &where);

} // namespace kastellan::storage
