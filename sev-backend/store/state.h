// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/certificates/certificate_store.h"

#include <span>

namespace kastellan::sev {

/// What can be said of a certificate at one time, for lists.
struct CertificateState {
    std::string word; ///< "valid", "expired", "not yet valid", "revoked"; of a list "current", "out of date"; of legacy ones, which have no
                      ///< dates, "no dates"
    std::string why; ///< for people; empty when there is nothing to add
    bool good = true;
};
/// In the order of `all`. Revoked is what a list among `all` names, if the root that signed it is there too; a chip's certificate has the
/// serial number 0, which no list can name. Signatures of the certificates themselves are not checked: `verifyTree` does that.
[[nodiscard]] std::vector<CertificateState> statesOf(std::span<const StoredCertificate> all, std::int64_t at);

} // namespace kastellan::sev
