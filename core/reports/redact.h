// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

#include <string_view>

namespace kastellan {

/// What replaces a chip id, wherever it stood.
inline constexpr std::string_view redactedChip = "(redacted)";

/// Takes everything out of a record, what is shown of it, and its appraisal of today that names the processor: the chip id in every text,
/// the raw report, and the certificates that carry the chip id or its key, with their digests. `identity` is
/// EvidenceBackend::platformIdentity of the evidence; without one nothing but raw report and certificates go. The record's notes say what
/// was left out, and that the signature cannot be checked from it any more; the kind of evidence becomes "redacted".
void redactChipId(Record &record, EvidenceView &view, Appraisal &today, std::string_view identity);

/// The text with every mention of the chip (its first 16 hex digits or more, in either case) replaced.
[[nodiscard]] std::string withoutChip(std::string_view text, std::string_view chipHex);

} // namespace kastellan
