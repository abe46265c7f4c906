// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/patient.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <curl/curl.h>

namespace kastellan::sev::kds {
namespace {

using std::chrono::milliseconds;

constexpr auto asking = "ask the key server";

bool isBusy(long status)
{
    static constexpr std::array<long, 7> busy = {408, 425, 429, 500, 502, 503, 504};
    return std::ranges::contains(busy, status);
}

std::string seconds(milliseconds time)
{
    return std::to_string((time.count() + 999) / 1000) + " s";
}

Error busyError(const HttpRequest &request, long status, const std::string &more)
{
    return {ErrorKind::Environment, asking, request.url,
        (status == 429 ? "it wants fewer questions (429 too many requests)"
                       : "it has a problem of its own (status " + std::to_string(status) + ")")
            + more,
        status == 429
            ? "Try again in some minutes: the limit is for your address, and lasts. What was fetched once is never asked for again."
            : "Try again later, or use a mirror with --kds-url."};
}

} // namespace

std::optional<milliseconds> parseRetryAfter(std::string_view text, std::int64_t now)
{
    constexpr std::int64_t day = 86'400;
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    if (text.empty())
        return {};
    if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return milliseconds(1000 * (error == std::errc() ? std::min(value, day) : day));
    }
    const std::int64_t at = curl_getdate(std::string(text).c_str(), nullptr);
    if (at < 0)
        return {};
    return milliseconds(1000 * std::clamp<std::int64_t>(at - now, 0, day));
}

Result<HttpAnswer> getPatiently(
    Transport &transport, Clock &clock, HttpRequest request, const Patience &patience, const Saying &say, const std::stop_token &stop)
{
    const milliseconds end = clock.steady() + patience.total;
    milliseconds pause = patience.first;
    for (unsigned attempt = 1;; ++attempt) {
        const milliseconds left = end - clock.steady();
        request.timeout = std::clamp(left, milliseconds(1), patience.each);
        auto answer = transport.get(request, stop);
        if (answer && !isBusy(answer->status))
            return std::move(*answer);
        if (!answer && !answer.error().again)
            return std::unexpected(std::move(answer.error().error));
        const auto demanded = answer ? parseRetryAfter(answer->retryAfter, clock.unixSeconds()) : std::nullopt;
        const milliseconds chance(static_cast<std::int64_t>(clock.jitter() * static_cast<double>(pause.count())));
        // What the server demands is waited for in full, and a little longer by chance.
        const milliseconds waiting = demanded ? *demanded + std::min(chance, milliseconds(1000)) : pause + chance;
        const milliseconds remaining = end - clock.steady();
        const std::string tried = "; tried " + std::to_string(attempt) + (attempt == 1 ? " time" : " times");
        if (attempt >= patience.attempts || waiting >= remaining) {
            std::string more = tried;
            if (demanded && waiting >= remaining)
                more += ", and it asks to wait " + seconds(*demanded) + ", longer than the " + seconds(std::max(remaining, milliseconds(0)))
                    + " that are left (--timeout)";
            if (answer)
                return std::unexpected(busyError(request, answer->status, more));
            Error error = std::move(answer.error().error);
            error.why += more;
            return std::unexpected(std::move(error));
        }
        if (say)
            say((answer ? "the key server is busy (" + std::to_string(answer->status) + ")" : "no answer: " + answer.error().error.why)
                + "; again in " + seconds(waiting));
        if (!clock.wait(waiting, stop))
            return fail(ErrorKind::Cancelled, asking, request.url, "it was cancelled");
        pause = std::min(pause * 2, patience.longest);
    }
}

} // namespace kastellan::sev::kds
