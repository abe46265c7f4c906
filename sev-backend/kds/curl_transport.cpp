// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/transport.h"

#include "sev-backend/http/http.h"

namespace kastellan::sev::kds {
namespace {

constexpr auto asking = "ask the key server";

HttpFailure explained(const http::Failure &failure, const HttpRequest &request)
{
    const auto said = [&](ErrorKind kind, const std::string &why, const char *remedy, bool again) {
        return HttpFailure{Error{kind, asking, request.url, why, remedy}, again};
    };
    switch (failure.trouble) {
    case http::Trouble::TooLong:
        return said(ErrorKind::Environment,
            "its answer has more than " + std::to_string(request.limit) + " bytes, and was not read to its end",
            "Check the address of the key server, and whether a proxy answers in its place.", false);
    case http::Trouble::Tls:
        return said(ErrorKind::Environment, "its TLS certificate or connection is not good: " + failure.text,
            "If a proxy of your company stands between, give its certificate authority with --kds-ca FILE.", false);
    case http::Trouble::Resolve: // a machine without a network gets none by waiting
    case http::Trouble::Connect:
        return said(ErrorKind::Environment, failure.text,
            "Check the network and the proxy (https_proxy, --proxy); --offline uses what is here already.",
            failure.trouble == http::Trouble::Connect);
    case http::Trouble::Address:
    case http::Trouble::Memory:
    case http::Trouble::ClientCertificate:
        return said(ErrorKind::Environment, failure.text, "Check the address of the key server (--kds-url).", false);
    case http::Trouble::Timeout:
        return said(ErrorKind::Environment, "it did not answer in time: " + failure.text, "Try again later.", true);
    case http::Trouble::Cancelled:
        return said(ErrorKind::Cancelled, failure.text, "", false);
    case http::Trouble::Refused:
    case http::Trouble::Broken:
        break;
    }
    return said(ErrorKind::Environment, failure.text, "Try again later.", true);
}

class CurlTransport final : public Transport {
public:
    std::expected<HttpAnswer, HttpFailure> get(const HttpRequest &request, const std::stop_token &stop) override
    {
        http::Request asked;
        asked.url = request.url;
        asked.limit = request.limit;
        asked.timeout = request.timeout;
        asked.proxy = request.proxy;
        asked.noProxy = request.noProxy;
        asked.authorities = request.authorities;
        auto answer = http::exchange(asked, stop);
        if (!answer)
            return std::unexpected(explained(answer.error(), request));
        return HttpAnswer{answer->status, std::move(answer->body), std::move(answer->contentType), std::move(answer->retryAfter),
            std::move(answer->location)};
    }
};

} // namespace

std::unique_ptr<Transport> curlTransport()
{
    return std::make_unique<CurlTransport>();
}

} // namespace kastellan::sev::kds
