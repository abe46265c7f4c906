// SPDX-License-Identifier: Apache-2.0
// Asking again when a server is busy.
#pragma once

#include "sev-backend/kds/clock.h"
#include "sev-backend/kds/transport.h"

#include <functional>
#include <optional>

namespace kastellan::sev::kds {

/// How patient to be.
struct Patience {
    std::chrono::milliseconds total{120'000}; ///< for all attempts together, waiting included
    std::chrono::milliseconds each{60'000}; ///< for one attempt
    std::chrono::milliseconds first{5'000},
        longest{60'000}; ///< waiting doubles from first to longest, each with up to as much again by chance
    unsigned attempts = 8;
};
/// Said while waiting: "the key server is busy (429); again in 12 s".
using Saying = std::function<void(const std::string &)>;

/// Asks until there is an answer other than 408, 425, 429, 500, 502, 503 and 504, heeding Retry-After, until patience ends; then the last
/// failure, which says how long was tried. A Retry-After beyond the time that is left ends it at once: coming sooner makes it worse.
[[nodiscard]] Result<HttpAnswer> getPatiently(
    Transport &transport, Clock &clock, HttpRequest request, const Patience &patience, const Saying &say, const std::stop_token &stop);

/// Retry-After: seconds, or an HTTP date held against `now` (Unix seconds). Nothing for anything else; at most a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parseRetryAfter(std::string_view text, std::int64_t now);

} // namespace kastellan::sev::kds
