// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::warden {

/// What this keep proves itself with: reports of the firmware, over a stream or from a guest's own device; codes made with a session
/// secret; or nothing.
class ReportSource {
public:
    virtual ~ReportSource() = default;
    /// What answers a challenge. Of firmware a report at VMPL 0 with this report_data, the raw 1184 bytes; blocks until it has answered.
    [[nodiscard]] virtual Result<Bytes> report(const ReportData &data) = 0;
    /// SHA-256 of the owner key's SubjectPublicKeyInfo, as it was bound into this keep: HOST_DATA of a report, unless said otherwise.
    [[nodiscard]] virtual Result<Sha256> ownerKey();
    /// Whether a delivery may hold secrets: never without evidence.
    [[nodiscard]] virtual bool admitsSecrets() const { return true; }
};

} // namespace kastellan::warden
