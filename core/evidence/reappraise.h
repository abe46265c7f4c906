// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

namespace kastellan {

/// A record appraised anew, at another time or by a newer program. What the backend finds is found again from the raw evidence, against
/// the reference values of the record and the binding computed again from its inputs; findings that only the launch could make
/// (sandbox, delivery) are taken over as they were recorded.
[[nodiscard]] Appraisal reappraise(const Record &record, const EvidenceBackend &backend, std::int64_t at);

} // namespace kastellan
