// SPDX-License-Identifier: Apache-2.0
// Where a real guest under SEV-SNP gets its attestation reports: /dev/sev-guest or configfs-tsm, whatever its kernel has.
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/guest/patience.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace kastellan::sev {

/// What a guest asks its firmware for.
struct GuestQuestion {
    ReportData data;
    std::uint32_t vmpl = 0;
    bool certificates = false; ///< also what the host hands out with it
};

/// What comes back.
struct GuestReport {
    Bytes report; ///< 1184 bytes
    Bytes certificates; ///< a GHCB table (sev-backend/certificates/ghcb_table.h); empty when not asked for, or when the host has none
};

/// One way to a guest's firmware. Whether a report is about what was asked is not judged here.
class GuestReports {
public:
    virtual ~GuestReports() = default;
    /// Blocks while the hypervisor throttles, within its patience. Errors: Environment when the way does not work, with what to do;
    /// Negative when the firmware refuses; Cancelled.
    [[nodiscard]] virtual Result<GuestReport> report(const GuestQuestion &question, const std::stop_token &stop) = 0;
    /// "/dev/sev-guest", "configfs-tsm"
    [[nodiscard]] virtual std::string name() const = 0;
};

enum class GuestWay {
    Any, ///< the device, else configfs
    Device,
    Tsm,
};

/// Where they are; tests have them elsewhere.
struct GuestPlaces {
    std::filesystem::path device = "/dev/sev-guest";
    std::filesystem::path reports = "/sys/kernel/config/tsm/report";
};

/// Opens what is there. An Environment error says of each way why it is not to be had, and what would make it.
[[nodiscard]] Result<std::unique_ptr<GuestReports>> openGuestReports(
    GuestWay way = GuestWay::Any, const GuestPatience &patience = {}, const GuestPlaces &places = {});

} // namespace kastellan::sev
