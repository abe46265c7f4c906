// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/transport.h"

#include "core/base/free_with.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>

namespace kastellan::sev::kds {
namespace {

constexpr auto asking = "ask the key server";

using Easy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreeWith<curl_multi_cleanup>>;

/// What arrives, up to its limit.
struct Arriving {
    Bytes body;
    std::size_t limit = 0;
    bool over = false;
};

std::size_t take(char *data, std::size_t size, std::size_t count, void *user)
{
    auto *arriving = static_cast<Arriving *>(user);
    const std::size_t bytes = size * count;
    if (bytes > arriving->limit - arriving->body.size()) {
        arriving->over = true;
        return 0; // ends the transfer
    }
    const auto *from = reinterpret_cast<const std::uint8_t *>(data);
    arriving->body.insert(arriving->body.end(), from, from + bytes);
    return bytes;
}

std::string header(CURL *easy, const char *name)
{
    curl_header *found = nullptr;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK || !found->value)
        return {};
    return std::string(std::string_view(found->value).substr(0, 1000));
}

HttpFailure failure(CURLcode code, const char *detail, const HttpRequest &request, bool over)
{
    const std::string text = detail && *detail ? detail : curl_easy_strerror(code);
    if (over)
        return {Error{ErrorKind::Environment, asking, request.url,
                    "its answer has more than " + std::to_string(request.limit) + " bytes, and was not read to its end",
                    "Check the address of the key server, and whether a proxy answers in its place."},
            false};
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
        return {Error{ErrorKind::Environment, asking, request.url, "its TLS certificate or connection is not good: " + text,
                    "If a proxy of your company stands between, give its certificate authority with --kds-ca FILE."},
            false};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return {Error{ErrorKind::Environment, asking, request.url, text,
                    "Check the network and the proxy (https_proxy, --proxy); --offline uses what is here already."},
            code == CURLE_COULDNT_CONNECT}; // a machine without a network gets none by waiting
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
        return {Error{ErrorKind::Environment, asking, request.url, text, "Check the address of the key server (--kds-url)."}, false};
    case CURLE_OPERATION_TIMEDOUT:
        return {Error{ErrorKind::Environment, asking, request.url, "it did not answer in time: " + text, "Try again later."}, true};
    default: // cut short, closed, reset…
        return {Error{ErrorKind::Environment, asking, request.url, text, "Try again later."}, true};
    }
}

class CurlTransport final : public Transport {
public:
    std::expected<HttpAnswer, HttpFailure> get(const HttpRequest &request, const std::stop_token &stop) override
    {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        const Easy easy(curl_easy_init());
        const Multi multi(curl_multi_init());
        if (!easy || !multi)
            return std::unexpected(HttpFailure{Error{ErrorKind::Environment, asking, request.url, "no memory", {}}, false});
        Arriving arriving{{}, request.limit, false};
        char detail[CURL_ERROR_SIZE] = {};
        prepare(easy.get(), request, arriving, detail);

        // A stop wakes the transfer, wherever it waits.
        const std::stop_callback wake(stop, [&multi] { curl_multi_wakeup(multi.get()); });
        curl_multi_add_handle(multi.get(), easy.get());
        CURLcode code = CURLE_OK;
        for (int running = 1; running != 0;) {
            if (curl_multi_perform(multi.get(), &running) != CURLM_OK) {
                code = CURLE_FAILED_INIT;
                break;
            }
            if (stop.stop_requested()) {
                curl_multi_remove_handle(multi.get(), easy.get());
                return std::unexpected(HttpFailure{Error{ErrorKind::Cancelled, asking, request.url, "it was cancelled", {}}, false});
            }
            if (running != 0)
                curl_multi_poll(multi.get(), nullptr, 0, 60'000, nullptr);
        }
        int left = 0;
        while (const CURLMsg *message = curl_multi_info_read(multi.get(), &left))
            if (message->msg == CURLMSG_DONE)
                code = message->data.result;
        curl_multi_remove_handle(multi.get(), easy.get());
        if (code != CURLE_OK)
            return std::unexpected(failure(code, detail, request, arriving.over));

        HttpAnswer answer;
        curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
        answer.contentType = header(easy.get(), "Content-Type");
        answer.retryAfter = header(easy.get(), "Retry-After");
        answer.location = header(easy.get(), "Location");
        answer.body = std::move(arriving.body);
        return answer;
    }

private:
    static void prepare(CURL *easy, const HttpRequest &request, Arriving &arriving, char *detail)
    {
        const auto milliseconds = static_cast<long>(request.timeout.count());
        curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(milliseconds, 20'000L));
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 16L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 20L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "kastellan");
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &arriving);
        if (!request.authorities.empty()) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, request.authorities.c_str());
            curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr); // else the system's folder of authorities counts too
        }
        if (!request.proxy.empty())
            curl_easy_setopt(easy, CURLOPT_PROXY, request.proxy.c_str());
        else if (request.noProxy)
            curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
};

} // namespace

std::unique_ptr<Transport> curlTransport()
{
    return std::make_unique<CurlTransport>();
}

} // namespace kastellan::sev::kds
