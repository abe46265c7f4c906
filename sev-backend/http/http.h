// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <chrono>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace kastellan::sev::http {

/// One question to a server.
struct Request {
    std::string url; ///< http or https
    std::string method = "GET";
    std::vector<std::string> headers; ///< "Name: value"
    std::string body; ///< sent with POST, PUT and DELETE
    std::size_t limit = 0; ///< most bytes of an answer that is gathered; one that is longer fails
    std::chrono::milliseconds timeout{0}; ///< for all of it; 0: as long as it takes (streams)
    std::chrono::seconds silence{20}; ///< ends when nothing comes for that long; 0: waits
    std::string proxy; ///< empty: as the environment says (https_proxy, http_proxy, no_proxy)
    bool noProxy = false; ///< not even the environment's: for loopback
    std::string authorities; ///< a PEM file of certificate authorities for TLS instead of the system's; empty: the system's
    std::string authoritiesPem; ///< the same as text
    std::string certificatePem, keyPem; ///< what this client proves itself with
    std::string serverName; ///< the name that the server's certificate has to bear; empty: that of the URL
    bool anyCertificate = false; ///< accepts whoever answers: a named override of the person's
};
/// What a server answered.
struct Answer {
    long status = 0;
    Bytes body; ///< what no sink took
    std::string contentType, retryAfter, location;
};
/// Why there is no whole answer.
enum class Trouble {
    Memory,
    TooLong, ///< beyond its limit
    Tls, ///< certificate or handshake
    ClientCertificate, ///< ours can't be used
    Resolve, ///< no such name
    Connect, ///< nobody there
    Address, ///< no URL, or another scheme
    Timeout,
    Broken, ///< cut short, closed, reset
    Cancelled,
    Refused, ///< the sink wanted no more
};
struct Failure {
    Trouble trouble = Trouble::Broken;
    std::string text; ///< libcurl's words
};

/// Takes the body of an answer with status 200 as it arrives; false ends the transfer.
using Sink = std::function<bool(ByteView)>;

/// Asks by libcurl: http and https alone, TLS 1.2 or newer, certificates checked. Redirects are answers like others, and are not followed.
/// Nothing is kept between questions. Ends at once when `stop` is asked for.
[[nodiscard]] std::expected<Answer, Failure> exchange(const Request &request, const std::stop_token &stop, const Sink &sink = {});

} // namespace kastellan::sev::http
