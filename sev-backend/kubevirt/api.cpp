// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/api.h"

#include "core/base/file.h"
#include "sev-backend/http/http.h"

#include <algorithm>
#include <chrono>

namespace kastellan::sev::kubevirt {
namespace {

std::int64_t now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A proof is renewed so long before its end.
constexpr std::int64_t early = 30;

ApiError failed(const Call &call, const Access &access, const http::Failure &failure)
{
    const std::string where = access.cluster.server;
    const auto error = [&](ErrorKind kind, std::string why, std::string remedy, bool again = false) {
        return ApiError{{kind, call.what, where, std::move(why), std::move(remedy)}, 0, again};
    };
    const std::string entry = access.cluster.place.text();
    switch (failure.trouble) {
    case http::Trouble::Cancelled:
        return error(ErrorKind::Cancelled, "it was cancelled", {});
    case http::Trouble::TooLong:
        return error(ErrorKind::Environment,
            "its answer has more than " + std::to_string(call.limit) + " bytes, and was not read to its end",
            "Check that it is a Kubernetes API (" + entry + ").");
    case http::Trouble::Tls:
        return error(ErrorKind::Environment, "its TLS certificate or connection is not good: " + said(failure.text),
            "Check certificate-authority-data, and tls-server-name if the server has another name (" + entry + ").");
    case http::Trouble::ClientCertificate:
        return error(ErrorKind::Input, "the client certificate or its key can't be used: " + said(failure.text),
            "Check " + access.user.place.text() + ".");
    case http::Trouble::Resolve:
    case http::Trouble::Connect:
        return error(ErrorKind::Environment, said(failure.text), "Check the network, the proxy and the server's address (" + entry + ").",
            failure.trouble == http::Trouble::Connect);
    case http::Trouble::Address:
    case http::Trouble::Memory:
        return error(ErrorKind::Environment, said(failure.text), "Check the server's address (" + entry + ").");
    case http::Trouble::Timeout:
        return error(ErrorKind::Environment, "it did not answer in time", "Try again later.", true);
    case http::Trouble::Refused:
    case http::Trouble::Broken:
        break;
    }
    return error(ErrorKind::Environment, said(failure.text), "Try again later.", true);
}

} // namespace

ApiResult<Proof> Api::proof(const std::stop_token &stop, const std::string *refused)
{
    const std::lock_guard lock(m_mutex);
    const auto secretOf = [](const Proof &proof) { return proof.token + proof.certificatePem; };
    const bool stale = m_proof
        && ((m_proof->until != 0 && now() + early >= m_proof->until) || (refused && secretOf(*m_proof) == *refused)
            || !m_access.user.tokenFile.empty()); // such a file is renewed by others
    if (!m_proof || stale) {
        auto made = proofOf(m_access, stop);
        if (!made)
            return std::unexpected(ApiError{made.error(), 0, false});
        m_proof = std::move(*made);
    }
    if (!m_authorities) {
        m_authorities = m_access.cluster.authoritiesPem;
        if (m_authorities->empty() && !m_access.cluster.authoritiesFile.empty()) {
            auto content = readFile(m_access.cluster.authoritiesFile, 1 << 20);
            if (!content) {
                m_authorities.reset();
                return std::unexpected(ApiError{content.error().during("check the cluster's certificate"), 0, false});
            }
            m_authorities = std::string(asText(*content));
        }
    }
    return *m_proof;
}

ApiResult<std::string> Api::exchange(const Call &call, const std::function<bool(ByteView)> &sink, const std::stop_token &stop)
{
    std::string refused;
    for (int attempt = 0;; ++attempt) {
        auto login = proof(stop, refused.empty() ? nullptr : &refused);
        if (!login)
            return std::unexpected(login.error());
        http::Request request;
        request.url = m_access.cluster.server;
        while (request.url.ends_with('/'))
            request.url.pop_back();
        request.url += call.path;
        request.method = call.method;
        request.body = call.body;
        request.headers.emplace_back("Accept: application/json");
        if (!call.body.empty())
            request.headers.emplace_back("Content-Type: application/json");
        if (!login->token.empty())
            request.headers.emplace_back("Authorization: Bearer " + login->token);
        request.limit = call.limit;
        request.timeout = call.timeout;
        request.silence = std::chrono::seconds(sink ? 0 : 30);
        request.proxy = m_access.cluster.proxy;
        {
            const std::lock_guard lock(m_mutex);
            request.authoritiesPem = *m_authorities;
        }
        request.serverName = m_access.cluster.serverName;
        request.anyCertificate = m_access.cluster.anyCertificate && m_access.address.acceptsAnyCertificate;
        request.certificatePem = login->certificatePem;
        request.keyPem = login->keyPem;
        auto answer = http::exchange(request, stop, sink);
        if (!answer) {
            // A stream that the sink ended, or that ended in its time, is no failure.
            if (sink && (answer.error().trouble == http::Trouble::Refused || answer.error().trouble == http::Trouble::Timeout))
                return std::string();
            return std::unexpected(failed(call, m_access, answer.error()));
        }
        if (answer->status >= 200 && answer->status < 300)
            return std::string(asText(answer->body));
        // A login that the cluster does not take any more: a program or a file may have a newer one.
        if (answer->status == 401 && attempt == 0 && (m_access.user.exec || !m_access.user.tokenFile.empty())) {
            refused = login->token + login->certificatePem;
            continue;
        }
        return std::unexpected(explain(call, m_access, answer->status, asText(answer->body), answer->retryAfter));
    }
}

ApiResult<std::string> Api::ask(const Call &call, const std::stop_token &stop)
{
    return exchange(call, {}, stop);
}

ApiResult<void> Api::stream(const Call &call, const std::function<bool(std::string_view)> &line, const std::stop_token &stop)
{
    std::string held;
    bool over = false, enough = false;
    const auto sink = [&](ByteView bytes) {
        for (std::string_view rest = asText(bytes); !rest.empty();) {
            const auto end = rest.find('\n');
            held += rest.substr(0, end);
            if (held.size() > watchLineLimit) {
                over = true;
                return false;
            }
            if (end == std::string_view::npos)
                return true;
            rest.remove_prefix(end + 1);
            if (!held.empty() && !line(held)) {
                enough = true;
                return false;
            }
            held.clear();
        }
        return true;
    };
    auto ended = exchange(call, sink, stop);
    if (over)
        return std::unexpected(ApiError{{ErrorKind::Environment, call.what, m_access.cluster.server,
                                            "a line of its stream has more than 4 MiB", "Check that it is a Kubernetes API."},
            0, false});
    if (!ended)
        return std::unexpected(ended.error());
    if (!held.empty() && !enough)
        return std::unexpected(ApiError{
            {ErrorKind::Environment, call.what, m_access.cluster.server, "its stream ended within a line", "Try again later."}, 0, true});
    return {};
}

} // namespace kastellan::sev::kubevirt
