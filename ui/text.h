// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/evidence/finding.h"
#include "core/keeps/plan.h"
#include "ui/theme/tones.h"

#include <QString>

#include <cstdint>
#include <string_view>

namespace kastellan::ui {

/// Text of the engine for the screen: control characters made visible, so that nothing untrusted can move or hide other text.
[[nodiscard]] QString shown(std::string_view text);
/// The same, on one line.
[[nodiscard]] QString shownLine(std::string_view text);
[[nodiscard]] std::string toStd(const QString &text);

/// A symbol, a word and a tone that say the same thing.
struct Sign {
    QString symbol, word;
    Tone tone = Tone::Plain;
};
[[nodiscard]] Sign signOf(KeepState state);
[[nodiscard]] Sign signOf(Verdict verdict);
/// Of a verdict's stored name; empty: not attested.
[[nodiscard]] Sign verdictSign(std::string_view verdict);
[[nodiscard]] Sign signOf(Outcome outcome);
/// Of a host's state: "ready", "not ready", "unknown".
[[nodiscard]] Sign hostSign(std::string_view state);
/// A person's words for an area of findings ("tcb" -> "Firmware levels (TCB)"); unknown ones as they are.
[[nodiscard]] QString areaTitle(std::string_view area);
/// A person's words for the kind of a record ("attest", "deliver", "reattest").
[[nodiscard]] QString recordKind(std::string_view kind);

/// "12:03:04" today, else date and time, in the person's locale. Unix seconds; 0 is a dash.
[[nodiscard]] QString when(std::int64_t seconds);
/// Date and time in full with the time zone.
[[nodiscard]] QString whenInFull(std::int64_t seconds);
/// "just now", "3 min ago", "2 h ago", else the date.
[[nodiscard]] QString ago(std::int64_t seconds, std::int64_t now);
/// "4.2 MiB".
[[nodiscard]] QString bytesText(std::uint64_t bytes);
/// "0.42 s", "3 min 5 s".
[[nodiscard]] QString duration(std::int64_t milliseconds);
/// Hex digits in groups of `group`, for reading.
[[nodiscard]] QString grouped(const QString &hex, int group = 8);

/// An error in two parts: what failed, and why with the remedy. Plain text.
struct ErrorText {
    QString title, detail;
};
[[nodiscard]] ErrorText errorText(const Error &error);

} // namespace kastellan::ui
