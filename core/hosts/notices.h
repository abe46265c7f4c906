// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/hosts/platform_control.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kastellan {

/// A certificate or revocation list of the certificate store, as its backend judges it at one time.
struct KnownCertificate {
    std::string sha256; ///< lower-case hex
    std::string role; ///< "ark", "ask", "vcek", "crl"…
    std::string title; ///< for people, short: "SEV-VCEK-Milan (chip d49554ec…)"
    std::string issuer, product, chip, tcb; ///< empty: it does not say, or is for no one
    std::int64_t notBefore = 0, notAfter = 0; ///< Unix seconds; of a list: this and the next update; 0: it does not say
    std::string state; ///< the backend's word: "valid", "expired", "revoked", "out of date"…
    std::string why; ///< for people; may be empty
    bool good = true;
    bool emulated = false;
    std::string source; ///< where it came from
};

/// A record as it was appraised, and as it is appraised today against today's expectations of its host.
struct RecordToday {
    std::string record, keep, keepName, host;
    bool runs = false; ///< the keep still runs
    bool newest = false; ///< of its host
    Appraisal then, now;
};

/// Firmware levels that the newest launch on a host asked for.
struct HostFloor {
    std::string host;
    std::string from; ///< who asks: "keep payroll"
    std::vector<std::pair<std::string, unsigned>> minimum; ///< as ReferenceValues::minimumTcb
};

/// Something about trust that changed by itself, and that a person should hear of.
struct TrustNotice {
    enum class Kind { Expires, Expired, Revoked, ListOutOfDate, BelowFloor, TurnedBad };
    Kind kind = Kind::Expires;
    bool urgent = false; ///< something that is relied on does not hold any more
    std::string host; ///< empty: it concerns the certificate store, not one host
    std::string record; ///< the record that shows it; may be empty
    std::string sentence; ///< what is so
    std::string remedy; ///< what to do
    bool operator==(const TrustNotice &) const = default;
};
/// "expires", "expired", "revoked", "out of date", "below the floor", "turned bad".
[[nodiscard]] std::string_view name(TrustNotice::Kind kind);

struct NoticeInput {
    std::vector<KnownCertificate> certificates;
    std::vector<PlatformView> platforms;
    std::vector<HostFloor> floors;
    std::vector<RecordToday> records;
    std::int64_t at = 0; ///< now, Unix seconds
};

/// How long before its end a certificate is announced, in seconds: 30 days.
inline constexpr std::int64_t expiresSoon = 30 * 86400;

/// What a person should hear of: certificates that end within 30 days, have ended or are revoked (of the store, and of a platform's
/// chains); revocation lists past their next update that no newer one replaces; platforms below the firmware levels that the newest launch
/// asked for; keeps whose evidence does not hold today any more. Urgent ones first, each once.
[[nodiscard]] std::vector<TrustNotice> trustNotices(const NoticeInput &input);

/// Unix seconds of a date as certificates are shown: "2026-11-23", with or without " 11:34:58 UTC" behind; 0 when it is none.
[[nodiscard]] std::int64_t shownDate(std::string_view text);

} // namespace kastellan
