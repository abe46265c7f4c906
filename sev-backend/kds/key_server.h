// SPDX-License-Identifier: Apache-2.0
// AMD's key server, or a mirror of it, with a cache on the disk.
#pragma once

#include "core/certificates/certificate_store.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/kds/address.h"
#include "sev-backend/kds/answer_cache.h"
#include "sev-backend/kds/patient.h"

#include <span>

namespace kastellan::sev::kds {

/// How to reach it.
struct Settings {
    std::string url = std::string(amdUrl); ///< of the key server, or of a mirror
    std::string downloadUrl = std::string(amdDownloadUrl); ///< for ASK and ARK in SEV format; a mirror has them under its own address
    std::string proxy; ///< empty: as https_proxy, http_proxy and no_proxy say
    std::string authorities; ///< PEM file of certificate authorities for TLS; empty: the system's
    bool offline = false; ///< the cache alone
    std::filesystem::path cache; ///< dataFolder()/kds-cache; empty: none
    std::uint64_t cacheLimit = usualCacheLimit; ///< bytes
    std::string root = "amd"; ///< which root answers must have: "amd" or "emulated:<hex>"
    Patience patience;
    Saying say;
};
/// With what KASTELLAN_KDS_URL, KASTELLAN_KDS_CA and KASTELLAN_KDS_CACHE (MiB; another word is as if it were not there) say, and the cache
/// in the data folder.
[[nodiscard]] Settings usualSettings();
/// With another address for everything. An unusable one is an Input error.
[[nodiscard]] Status useMirror(Settings &settings, std::string_view url);

/// An answer that was verified.
struct Fetched {
    StoredCertificate certificate;
    bool cached = false;
    std::int64_t fetched = 0; ///< when it came from the server, Unix seconds
};

/// Asks, verifies against the root that was given, and only then keeps. Answers that are no certificates, are for something else than what
/// was asked, or are not signed as they must be: errors that say what came instead. Not for several threads at once.
class KeyServer {
public:
    KeyServer(Settings settings, Transport &transport, Clock &clock);

    /// ASK or ASVK, then ARK.
    [[nodiscard]] Result<std::vector<Fetched>> chain(Product product, Kind kind, const std::stop_token &stop);
    /// The certificate of a chip at a TCB, with the chain that it was verified by: VCEK, ASK, ARK. `fromReport`: chip id and TCB are those
    /// of a report, which makes another cause likely when there is none.
    [[nodiscard]] Result<std::vector<Fetched>> vcek(
        Product product, ByteView chip, const TcbVersion &tcb, bool fromReport, const std::stop_token &stop);
    /// Asked for anew when it is older than a day or out of date; the newest that is known is yielded.
    [[nodiscard]] Result<Fetched> crl(Product product, Kind kind, const std::stop_token &stop);
    /// The legacy CEK of a platform, signed by an ASK that is built in.
    [[nodiscard]] Result<Fetched> cek(ByteView id, const std::stop_token &stop);
    /// ASK and ARK in SEV format: "Naples", "Rome", "Milan", "Genoa".
    [[nodiscard]] Result<std::vector<Fetched>> sevAuthorities(std::string_view product, const std::stop_token &stop);

private:
    using Check = std::function<Status(ByteView)>;
    using NotFound = std::function<Error(const std::string &url)>;
    struct Question {
        std::string server, path;
        std::size_t limit = 0;
        Check check; ///< whether an answer is what it should be
        NotFound notFound; ///< what a 404 means
        std::int64_t freshFor = 0; ///< seconds for which a cached answer does; 0: for good
    };
    struct Body {
        Bytes bytes;
        bool cached = false;
        std::int64_t fetched = 0;
        std::string url;
    };
    [[nodiscard]] Result<Body> ask(const Question &question, const std::stop_token &stop);
    [[nodiscard]] Result<Body> askServer(const Question &question, const std::string &url, const std::stop_token &stop);
    [[nodiscard]] Result<HttpAnswer> get(const std::string &server, const std::string &url, std::size_t limit, const std::stop_token &stop);

    Settings m_settings;
    Transport &m_transport;
    Clock &m_clock;
    AnswerCache m_cache;
};

// What answers have to be. Private to this room and its tests.
struct Authorities {
    Certificate authority, root;
};
/// ASK or ASVK and ARK of a product, signed, in date, under the root.
[[nodiscard]] Result<Authorities> readAuthorities(ByteView pem, Product product, Kind kind, const std::string &root, std::int64_t now);
/// A VCEK of that chip at that TCB.
[[nodiscard]] Result<Certificate> readVcek(
    ByteView der, const Authorities &authorities, ByteView chip, const TcbVersion &tcb, std::int64_t now);
/// A list that the root signed, in date.
[[nodiscard]] Status checkList(ByteView der, const Certificate &root, std::int64_t now);
[[nodiscard]] Status checkCek(ByteView bytes);
/// ASK then ARK in SEV format, of that product.
[[nodiscard]] Result<std::vector<Bytes>> readSevAuthorities(ByteView bytes, std::string_view product);

// What a 404 means.
[[nodiscard]] Error vcekNotFound(const std::string &url, Product product, ByteView chip, const TcbVersion &tcb, bool fromReport);
[[nodiscard]] Error otherNotFound(const std::string &url);

} // namespace kastellan::sev::kds
