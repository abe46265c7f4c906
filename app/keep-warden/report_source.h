// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::warden {

/// Where this keep's attestation reports come from: the emulated firmware over a stream, or a guest's own device.
class ReportSource {
public:
    virtual ~ReportSource() = default;
    /// A report at VMPL 0 with this report_data: the raw 1184 bytes. Blocks until the firmware has answered.
    [[nodiscard]] virtual Result<Bytes> report(const ReportData &data) = 0;
};

} // namespace kastellan::warden
