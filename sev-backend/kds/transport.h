// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <chrono>
#include <memory>
#include <stop_token>

namespace kastellan::sev::kds {

/// One question to a server.
struct HttpRequest {
    std::string url;
    std::size_t limit = 0; ///< most bytes of an answer; one that is longer fails
    std::chrono::milliseconds timeout{0}; ///< for all of it
    std::string proxy; ///< empty: as the environment says (https_proxy, http_proxy, no_proxy)
    bool noProxy = false; ///< not even the environment's: for loopback
    std::string authorities; ///< a PEM file of certificate authorities for TLS instead of the system's; empty: the system's
};
/// What a server answered.
struct HttpAnswer {
    long status = 0;
    Bytes body;
    std::string contentType, retryAfter, location;
};
/// Why there is no whole answer.
struct HttpFailure {
    Error error;
    bool again = false; ///< whether the same may succeed a little later
};

/// Asks by GET. Redirects are answers like others, and are not followed. Nothing is kept between questions.
class Transport {
public:
    virtual ~Transport() = default;
    [[nodiscard]] virtual std::expected<HttpAnswer, HttpFailure> get(const HttpRequest &request, const std::stop_token &stop) = 0;
};
/// By libcurl: http and https alone, certificates checked, ends at once when `stop` is asked for.
[[nodiscard]] std::unique_ptr<Transport> curlTransport();

} // namespace kastellan::sev::kds
