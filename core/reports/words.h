// SPDX-License-Identifier: Apache-2.0
// Words and spellings that drawings, pages and texts share.
#pragma once

#include "core/reports/reports.h"

namespace kastellan::reports {

/// "2026-11-23 11:34:58 UTC".
[[nodiscard]] std::string utcText(std::int64_t seconds);
/// With a capital at its beginning.
[[nodiscard]] std::string capitalized(std::string_view text);
/// "VCEK" and what it is: "Versioned Chip Endorsement Key".
[[nodiscard]] std::string roleTitle(std::string_view role);
/// The first characters of something long, and "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t characters);
/// Whether a digest or other bytes in hex stand in it, to be shown in a fixed pitch.
[[nodiscard]] bool holdsHex(std::string_view text);
/// "Attested before delivery", "Attested after delivery", "Attested again".
[[nodiscard]] std::string kindTitle(std::string_view kind);
/// What a verdict is worth, in two or three sentences for somebody who has not seen one before.
[[nodiscard]] std::string meaning(Verdict verdict);
/// The sentence that goes with everything emulated.
inline constexpr std::string_view emulatedSentence = "Made by an emulated processor: it proves the procedure, and nothing about hardware.";
/// "-----BEGIN CERTIFICATE-----…": the PEM of a certificate, or of a revocation list for the role "crl" (RFC 7468).
[[nodiscard]] std::string toPem(const Endorsement &endorsement);

} // namespace kastellan::reports
