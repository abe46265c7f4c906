// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/key_server.h"

#include "core/base/file.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/store/read.h"

#include <charconv>
#include <cstdlib>

namespace kastellan::sev::kds {
namespace {

constexpr std::size_t chainLimit = std::size_t{64} << 10, vcekLimit = std::size_t{16} << 10, cekLimit = 2084, sevLimit = 3200;
constexpr std::int64_t day = 86'400;

std::string environmentValue(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

} // namespace

Settings usualSettings()
{
    Settings settings;
    settings.cache = dataFolder() / "kds-cache";
    if (std::string url = environmentValue("KASTELLAN_KDS_URL"); !url.empty()) {
        while (url.ends_with('/'))
            url.pop_back();
        settings.url = settings.downloadUrl = std::move(url); // checked when it is used
    }
    settings.authorities = environmentValue("KASTELLAN_KDS_CA");
    const std::string limit = environmentValue("KASTELLAN_KDS_CACHE");
    std::uint64_t mebibytes = 0;
    if (const auto read = std::from_chars(limit.data(), limit.data() + limit.size(), mebibytes);
        !limit.empty() && read.ec == std::errc() && read.ptr == limit.data() + limit.size() && mebibytes <= 1u << 20)
        settings.cacheLimit = mebibytes << 20;
    return settings;
}

Status useMirror(Settings &settings, std::string_view url)
{
    KASTELLAN_ASSIGN(const Server server, parseServer(url));
    settings.url = settings.downloadUrl = server.url;
    return {};
}

KeyServer::KeyServer(Settings settings, Transport &transport, Clock &clock)
    : m_settings(std::move(settings))
    , m_transport(transport)
    , m_clock(clock)
    , m_cache(m_settings.cache, m_settings.cacheLimit)
{
}

Result<HttpAnswer> KeyServer::get(const std::string &serverUrl, const std::string &url, std::size_t limit, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(const Server server, parseServer(serverUrl));
    HttpRequest request;
    request.url = url;
    request.limit = limit;
    request.proxy = m_settings.proxy;
    request.noProxy = server.loopback;
    request.authorities = m_settings.authorities;
    return getPatiently(m_transport, m_clock, std::move(request), m_settings.patience, m_settings.say, stop);
}

Result<KeyServer::Body> KeyServer::askServer(const Question &question, const std::string &url, const std::stop_token &stop)
{
    constexpr auto asking = "ask the key server";
    KASTELLAN_ASSIGN(HttpAnswer answer, get(question.server, url, question.limit, stop));
    if (answer.status == 404)
        return std::unexpected(question.notFound(url));
    if (answer.status >= 300 && answer.status < 400)
        return environment(asking, url,
            "it sends the question elsewhere, to '" + answer.location.substr(0, 200) + "'; that is not followed",
            "If that is the key server's new address, give it with --kds-url.");
    if (answer.status != 200)
        return environment(asking, url, "it answered with status " + std::to_string(answer.status),
            answer.status == 407 || answer.status == 403 || answer.status == 401
                ? "Check the proxy and what it allows (https_proxy, --proxy)."
                : "Check the address of the key server (--kds-url).");
    if (auto status = question.check(answer.body); !status) {
        Error error = status.error();
        error.where = url;
        return std::unexpected(std::move(error));
    }
    return Body{std::move(answer.body), false, m_clock.unixSeconds(), url};
}

Result<KeyServer::Body> KeyServer::ask(const Question &question, const std::stop_token &stop)
{
    // The cache knows answers by AMD's address, whoever gave them: they are verified, so all who have them give the same.
    const bool download = question.path.starts_with("/developer/");
    const std::string address = std::string(download ? amdDownloadUrl : amdUrl) + question.path;
    const std::string url = question.server + question.path;
    auto cached = m_cache.get(address);
    if (cached && !question.check(cached->body))
        cached.reset();
    const std::int64_t now = m_clock.unixSeconds();
    const auto fromCache = [&] { return Body{cached->body, true, cached->fetched, url}; };
    if (cached && (m_settings.offline || question.freshFor == 0 || (cached->fetched <= now && now - cached->fetched < question.freshFor)))
        return fromCache();
    if (m_settings.offline)
        return environment("ask the key server", url, "it is not in the cache, and the network is not to be used",
            "Fetch it without --offline once, or import it.");
    auto answer = askServer(question, url, stop);
    if (!answer) {
        if (!cached || answer.error().kind == ErrorKind::Cancelled)
            return answer;
        if (m_settings.say)
            m_settings.say("using what was fetched " + timeText(cached->fetched) + ": " + answer.error().message());
        return fromCache();
    }
    if (const auto status = m_cache.put(address, answer->bytes, answer->fetched); !status && m_settings.say)
        m_settings.say("not kept in the cache: " + status.error().message());
    return answer;
}

namespace {

Result<Fetched> fetched(Result<StoredCertificate> certificate, bool cached, std::int64_t at)
{
    if (!certificate)
        return std::unexpected(certificate.error());
    return Fetched{std::move(*certificate), cached, at};
}

} // namespace

Result<std::vector<Fetched>> KeyServer::chain(Product product, Kind kind, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(std::string path, chainPath(product, kind));
    const auto read = [&](ByteView bytes) { return readAuthorities(bytes, product, kind, m_settings.root, m_clock.unixSeconds()); };
    const auto check = [&](ByteView bytes) -> Status {
        KASTELLAN_TRY(read(bytes));
        return {};
    };
    KASTELLAN_ASSIGN(const Body body, ask({m_settings.url, std::move(path), chainLimit, check, otherNotFound, 0}, stop));
    KASTELLAN_ASSIGN(const Authorities authorities, read(body.bytes));
    std::vector<Fetched> all;
    for (const Certificate *certificate : {&authorities.authority, &authorities.root}) {
        KASTELLAN_ASSIGN(Fetched one, fetched(describeCertificate(*certificate, body.url), body.cached, body.fetched));
        all.push_back(std::move(one));
    }
    return all;
}

namespace {

Result<Authorities> authoritiesOf(const std::vector<Fetched> &chain)
{
    KASTELLAN_ASSIGN(Certificate authority, Certificate::fromDer(chain.front().certificate.bytes));
    KASTELLAN_ASSIGN(Certificate root, Certificate::fromDer(chain.back().certificate.bytes));
    return Authorities{std::move(authority), std::move(root)};
}

} // namespace

Result<std::vector<Fetched>> KeyServer::vcek(
    Product product, ByteView chip, const TcbVersion &tcb, bool fromReport, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(std::string path, vcekPath(product, chip, tcb));
    // The chain first: without it nothing can be verified, and a question too many makes the server busy.
    KASTELLAN_ASSIGN(std::vector<Fetched> authoritiesFetched, chain(product, Kind::Vcek, stop));
    KASTELLAN_ASSIGN(const Authorities authorities, authoritiesOf(authoritiesFetched));
    const auto check = [&](ByteView bytes) -> Status {
        KASTELLAN_TRY(readVcek(bytes, authorities, chip, tcb, m_clock.unixSeconds()));
        return {};
    };
    const auto notFound = [&](const std::string &url) { return vcekNotFound(url, product, chip, tcb, fromReport); };
    KASTELLAN_ASSIGN(const Body body, ask({m_settings.url, std::move(path), vcekLimit, check, notFound, 0}, stop));
    KASTELLAN_ASSIGN(const Certificate certificate, Certificate::fromDer(body.bytes));
    KASTELLAN_ASSIGN(Fetched leaf, fetched(describeCertificate(certificate, body.url), body.cached, body.fetched));
    authoritiesFetched.insert(authoritiesFetched.begin(), std::move(leaf));
    return authoritiesFetched;
}

Result<Fetched> KeyServer::crl(Product product, Kind kind, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(std::string path, crlPath(product, kind));
    KASTELLAN_ASSIGN(const std::vector<Fetched> authoritiesFetched, chain(product, kind, stop));
    KASTELLAN_ASSIGN(const Authorities authorities, authoritiesOf(authoritiesFetched));
    const auto known = m_cache.get(std::string(amdUrl) + path);
    const auto check = [&](ByteView bytes) -> Status {
        KASTELLAN_TRY(checkList(bytes, authorities.root, m_clock.unixSeconds()));
        // Somebody may hold back a list by sending an older one, whose signature is as good.
        const auto newer = known && checkList(known->body, authorities.root, m_clock.unixSeconds()) ? RevocationList::fromDer(known->body)
                                                                                                    : RevocationList::fromDer(bytes);
        const auto list = RevocationList::fromDer(bytes);
        if (list && newer && list->thisUpdate() < newer->thisUpdate())
            return environment("check the key server's answer", {},
                "the revocation list is of " + timeText(list->thisUpdate()) + ", older than the one of " + timeText(newer->thisUpdate())
                    + " that is known already",
                "Use AMD's own server, or ask whoever runs the mirror.");
        return {};
    };
    KASTELLAN_ASSIGN(const Body body, ask({m_settings.url, std::move(path), RevocationList::sizeLimit, check, otherNotFound, day}, stop));
    return fetched(describeCrl(body.bytes, body.url), body.cached, body.fetched);
}

Result<Fetched> KeyServer::cek(ByteView id, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(std::string path, cekPath(id));
    const auto notFound = [](const std::string &url) {
        Error error = otherNotFound(url);
        error.remedy = "Check the id: it is what 'sevctl show identifier' prints. Parts that are not in production have no CEK.";
        return error;
    };
    KASTELLAN_ASSIGN(const Body body, ask({m_settings.url, std::move(path), cekLimit, checkCek, notFound, 0}, stop));
    return fetched(describeSev(body.bytes, body.url), body.cached, body.fetched);
}

Result<std::vector<Fetched>> KeyServer::sevAuthorities(std::string_view product, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(std::string path, sevAuthoritiesPath(product));
    const auto check = [&](ByteView bytes) -> Status {
        KASTELLAN_TRY(readSevAuthorities(bytes, product));
        return {};
    };
    KASTELLAN_ASSIGN(const Body body, ask({m_settings.downloadUrl, std::move(path), sevLimit, check, otherNotFound, 0}, stop));
    KASTELLAN_ASSIGN(const std::vector<Bytes> both, readSevAuthorities(body.bytes, product));
    std::vector<Fetched> all;
    for (const Bytes &bytes : both) {
        KASTELLAN_ASSIGN(Fetched one, fetched(describeSev(bytes, body.url), body.cached, body.fetched));
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace kastellan::sev::kds
