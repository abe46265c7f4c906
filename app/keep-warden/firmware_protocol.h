// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::warden::firmware {

/// The command SNP_GET_REPORT, u32 0, and a 96-byte request (docs/session.md, Firmware).
[[nodiscard]] Bytes question(const ReportData &data);
/// The length that an answer says in its first four bytes.
[[nodiscard]] Result<std::size_t> answerSize(ByteView head);
/// The report in the firmware's answer. Negative when it says no.
[[nodiscard]] Result<Bytes> report(ByteView answer);

} // namespace kastellan::warden::firmware
