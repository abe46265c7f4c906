// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/http/http.h"

#include "core/base/free_with.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string_view>

namespace kastellan::sev::http {
namespace {

using Easy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreeWith<curl_multi_cleanup>>;
using List = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;

/// What arrives, up to its limit.
struct Arriving {
    CURL *easy = nullptr;
    Bytes body;
    std::size_t limit = 0;
    const Sink *sink = nullptr;
    bool over = false, refused = false;
};

std::size_t take(char *data, std::size_t size, std::size_t count, void *user)
{
    auto *arriving = static_cast<Arriving *>(user);
    const std::size_t bytes = size * count;
    const auto *from = reinterpret_cast<const std::uint8_t *>(data);
    long status = 0;
    if (*arriving->sink) // errors are gathered, whoever waits for a stream
        curl_easy_getinfo(arriving->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) {
        arriving->refused = !(*arriving->sink)(ByteView(from, bytes));
        return arriving->refused ? 0 : bytes;
    }
    if (bytes > arriving->limit - arriving->body.size()) {
        arriving->over = true;
        return 0; // ends the transfer
    }
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

Trouble troubleOf(CURLcode code, const Arriving &arriving)
{
    if (arriving.over)
        return Trouble::TooLong;
    if (arriving.refused)
        return Trouble::Refused;
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
        return Trouble::Tls;
    case CURLE_SSL_CERTPROBLEM:
        return Trouble::ClientCertificate;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return Trouble::Resolve;
    case CURLE_COULDNT_CONNECT:
        return Trouble::Connect;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return Trouble::Address;
    case CURLE_OUT_OF_MEMORY:
        return Trouble::Memory;
    case CURLE_OPERATION_TIMEDOUT:
        return Trouble::Timeout;
    default:
        return Trouble::Broken;
    }
}

/// libcurl's option, held as long as the transfer; nothing is written to disk.
void blob(CURL *easy, CURLoption option, const std::string &text)
{
    if (text.empty())
        return;
    curl_blob bytes{const_cast<char *>(text.data()), text.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, option, &bytes);
}

/// What makes a URL's host the wanted name, and connects to the address in the URL all the same.
struct OtherName {
    std::string url, host, connect;
};
OtherName renamed(const std::string &url, const std::string &name)
{
    const std::size_t start = url.find("://");
    if (start == std::string::npos)
        return {url, {}, {}};
    const std::size_t from = start + 3, end = std::min(url.find_first_of("/?#", from), url.size());
    const std::string authority = url.substr(from, end - from);
    const std::size_t colon = authority.ends_with(']') ? std::string::npos : authority.rfind(':');
    const std::string port = colon == std::string::npos ? std::string() : authority.substr(colon);
    return {url.substr(0, from) + name + port + url.substr(end), "Host: " + authority, "::" + authority.substr(0, colon) + ":"};
}

void prepareTls(CURL *easy, const Request &request)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.anyCertificate ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.anyCertificate ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!request.authorities.empty())
        curl_easy_setopt(easy, CURLOPT_CAINFO, request.authorities.c_str());
    blob(easy, CURLOPT_CAINFO_BLOB, request.authoritiesPem);
    if (!request.authorities.empty() || !request.authoritiesPem.empty())
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr); // else the system's folder of authorities counts too
    blob(easy, CURLOPT_SSLCERT_BLOB, request.certificatePem);
    blob(easy, CURLOPT_SSLKEY_BLOB, request.keyPem);
}

void prepare(CURL *easy, const Request &request, Arriving &arriving, char *detail)
{
    const auto milliseconds = static_cast<long>(request.timeout.count());
    constexpr long connecting = 20'000;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds ? std::min(milliseconds, connecting) : connecting);
    if (request.silence.count() > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 16L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.silence.count()));
    }
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "kastellan");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &arriving);
    if (request.method != "GET") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    }
    prepareTls(easy, request);
    if (!request.proxy.empty())
        curl_easy_setopt(easy, CURLOPT_PROXY, request.proxy.c_str());
    else if (request.noProxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

/// Appends to a list that may be empty.
bool append(List &list, const std::string &text)
{
    curl_slist *grown = curl_slist_append(list.get(), text.c_str());
    if (grown) {
        static_cast<void>(list.release());
        list.reset(grown);
    }
    return grown != nullptr;
}

} // namespace

std::expected<Answer, Failure> exchange(const Request &request, const std::stop_token &stop, const Sink &sink)
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const Easy easy(curl_easy_init());
    const Multi multi(curl_multi_init());
    if (!easy || !multi)
        return std::unexpected(Failure{Trouble::Memory, "no memory"});
    Arriving arriving{easy.get(), {}, request.limit, &sink, false, false};
    char detail[CURL_ERROR_SIZE] = {};
    prepare(easy.get(), request, arriving, detail);
    List headers, connect;
    OtherName name;
    bool listed = true;
    for (const auto &line : request.headers)
        listed = append(headers, line) && listed;
    if (!request.serverName.empty()) {
        name = renamed(request.url, request.serverName);
        curl_easy_setopt(easy.get(), CURLOPT_URL, name.url.c_str());
        listed = append(headers, name.host) && append(connect, name.connect) && listed;
        curl_easy_setopt(easy.get(), CURLOPT_CONNECT_TO, connect.get());
    }
    if (!listed)
        return std::unexpected(Failure{Trouble::Memory, "no memory"});
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());

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
            return std::unexpected(Failure{Trouble::Cancelled, "it was cancelled"});
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
        return std::unexpected(Failure{troubleOf(code, arriving), *detail ? detail : curl_easy_strerror(code)});

    Answer answer;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    answer.contentType = header(easy.get(), "Content-Type");
    answer.retryAfter = header(easy.get(), "Retry-After");
    answer.location = header(easy.get(), "Location");
    answer.body = std::move(arriving.body);
    return answer;
}

} // namespace kastellan::sev::http
