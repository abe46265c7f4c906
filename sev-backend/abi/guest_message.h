// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/abi/report.h"

namespace kastellan::sev {

/// MSG_REPORT_REQ, 96 bytes: what a guest asks its firmware for (SEV-SNP firmware ABI 1.58, section 7.3;
/// Linux snp_report_req).
struct ReportRequest {
    static constexpr std::size_t size = 96;
    enum class Key : std::uint8_t { Default = 0, Vcek = 1, Vlek = 2 };

    ReportData reportData;
    std::uint32_t vmpl = 0;
    Key key = Key::Default;

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    /// Another length, a reserved byte that is set, a VMPL over 3: Input errors.
    [[nodiscard]] static Result<ReportRequest> decode(ByteView bytes);
};

/// MSG_REPORT_RSP as the guest driver hands it out: status, size, the report at offset 0x20, 4000 bytes in all.
struct ReportResponse {
    static constexpr std::size_t size = 4000;
    static constexpr std::size_t reportOffset = 0x20;

    FirmwareStatus status = FirmwareStatus::Success;
    Bytes report; ///< empty unless status is Success

    [[nodiscard]] Bytes encode() const;
    /// Too short, or a size that does not fit: an Input error. A response with a status of failure decodes without a report.
    [[nodiscard]] static Result<ReportResponse> decode(ByteView bytes);
};

} // namespace kastellan::sev
