// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/certificates/certificate_store.h"

#include <span>

namespace kastellan::sev {

/// A certificate with all of `all` that stands behind it: what signed it, up to the root, and the newest revocation list of that root.
/// X.509: VCEK or VLEK, ASK or ASVK, ARK, CRL. Legacy: PDH, PEK, OCA, CEK, ASK, ARK. What is not there is left out; the order is that.
[[nodiscard]] std::vector<StoredCertificate> chainOf(const StoredCertificate &leaf, std::span<const StoredCertificate> all);
/// Those that stand at the end of a chain: VCEKs and VLEKs, and PDHs.
[[nodiscard]] bool isLeaf(const StoredCertificate &certificate);

} // namespace kastellan::sev
