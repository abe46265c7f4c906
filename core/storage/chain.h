// SPDX-License-Identifier: Apache-2.0
// How records are chained and the head is signed (docs/records.md, "The chain"). Private to core/storage and its tests.
#pragma once

#include "core/base/bytes.h"

namespace kastellan::storage {

/// SHA-256("kastellan-record-1" || previous hash || u64 LE number of the record, from 1 || content). The first record's previous is zero.
[[nodiscard]] Sha256 recordHash(const Sha256 &previous, std::uint64_t number, std::string_view content);
/// What the record key signs: "kastellan-head-1" || u64 LE count of records || hash of the last one.
[[nodiscard]] Bytes headMessage(std::uint64_t count, const Sha256 &hash);

} // namespace kastellan::storage
