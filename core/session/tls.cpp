// SPDX-License-Identifier: Apache-2.0
#include "core/session/tls.h"

#include <openssl/x509_vfy.h>

namespace kastellan::session {
namespace {

constexpr const char *groups = "X25519MLKEM768:X25519:secp384r1";
constexpr const char *suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char *signatures = "ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256";
constexpr std::string_view exporterLabel = "EXPORTER-Channel-Binding";

} // namespace

int Tls::verify(X509_STORE_CTX *store, void *self)
{
    auto *tls = static_cast<Tls *>(self);
    const X509 *certificate = X509_STORE_CTX_get0_cert(store);
    const auto digest = certificate ? spkiDigest(*certificate) : Result<Sha256>(std::unexpected(Error{}));
    if (digest && tls->m_accept(*digest)) {
        tls->m_peer = *digest;
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    tls->m_refused = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

Result<std::unique_ptr<Tls>> Tls::make(bool server, const Identity &identity, Accept accept)
{
    std::unique_ptr<Tls> tls(new Tls);
    tls->m_accept = std::move(accept);
    tls->m_server = server;
    tls->m_context.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    SSL_CTX *context = tls->m_context.get();
    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1
        || SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 || SSL_CTX_set_ciphersuites(context, suites) != 1
        || SSL_CTX_set1_groups_list(context, groups) != 1 || SSL_CTX_set1_sigalgs_list(context, signatures) != 1
        || SSL_CTX_use_certificate(context, identity.certificate.get()) != 1 || SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1
        || SSL_CTX_set_num_tickets(context, 0) != 1)
        return fail(ErrorKind::Internal, "prepare a session", "OpenSSL", opensslReason());
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT); // there is none between us, and its records mean nothing
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_max_cert_list(context, 16 * 1024);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &Tls::verify, tls.get());
    tls->m_ssl.reset(SSL_new(context));
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (!tls->m_ssl || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        return fail(ErrorKind::Internal, "prepare a session", "OpenSSL", opensslReason());
    }
    SSL_set_bio(tls->m_ssl.get(), in, out); // takes both
    if (server) {
        SSL_set_accept_state(tls->m_ssl.get());
    } else {
        SSL_set_connect_state(tls->m_ssl.get());
        KASTELLAN_TRY(tls->handshake());
    }
    return tls;
}

Result<std::unique_ptr<Tls>> Tls::server(const Identity &identity, Accept accept)
{
    return make(true, identity, std::move(accept));
}

Result<std::unique_ptr<Tls>> Tls::client(const Identity &identity, Accept accept)
{
    return make(false, identity, std::move(accept));
}

Error Tls::failure(int result, std::string_view what) const
{
    const int kind = SSL_get_error(m_ssl.get(), result);
    const char *end = m_server ? "the owner's end" : "the warden";
    if (kind == SSL_ERROR_ZERO_RETURN)
        return Error{ErrorKind::Environment, std::string(what), end, "it ended the session", {}};
    if (m_refused) {
        ERR_clear_error();
        return Error{ErrorKind::Negative, std::string(what), end, "it does not have the key that this session demands",
            m_server ? "Only the owner whose key the keep was launched with can speak with it." : ""};
    }
    const std::string reason = opensslReason();
    if (!m_server
        && (reason.find("alert bad certificate") != std::string::npos || reason.find("certificate rejected") != std::string::npos))
        return Error{ErrorKind::Negative, std::string(what), end, "it does not accept this owner key (" + reason + ")",
            "Use the owner key that the keep was launched with."};
    return Error{ErrorKind::Negative, std::string(what), end, "TLS failed: " + reason,
        "The bytes were changed or lost on the way; open a new session."};
}

Status Tls::handshake()
{
    ERR_clear_error();
    const int result = SSL_do_handshake(m_ssl.get());
    if (result != 1) {
        const int kind = SSL_get_error(m_ssl.get(), result);
        if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
            return {};
        return std::unexpected(failure(result, "establish the session"));
    }
    // OpenSSL may be built with other defaults; what was agreed on is checked, not assumed.
    if (SSL_version(m_ssl.get()) != TLS1_3_VERSION || SSL_session_reused(m_ssl.get()))
        return fail(ErrorKind::Negative, "establish the session", {}, "it is no fresh TLS 1.3 session");
    if (SSL_export_keying_material(
            m_ssl.get(), m_exporter.bytes.data(), m_exporter.bytes.size(), exporterLabel.data(), exporterLabel.size(), nullptr, 0, 0)
        != 1)
        return fail(ErrorKind::Internal, "export the session's binding", "OpenSSL", opensslReason());
    m_established = true;
    return {};
}

Status Tls::receive(ByteView cipher, Bytes &plain)
{
    if (!cipher.empty()
        && BIO_write(SSL_get_rbio(m_ssl.get()), cipher.data(), static_cast<int>(cipher.size())) != static_cast<int>(cipher.size()))
        return fail(ErrorKind::Internal, "receive", "OpenSSL", opensslReason());
    if (!m_established) {
        KASTELLAN_TRY(handshake());
        if (!m_established)
            return {};
    }
    for (;;) {
        ERR_clear_error();
        const std::size_t at = plain.size();
        plain.resize(at + 16 * 1024);
        const int count = SSL_read(m_ssl.get(), plain.data() + at, 16 * 1024);
        plain.resize(at + static_cast<std::size_t>(std::max(count, 0)));
        if (count > 0)
            continue;
        const int kind = SSL_get_error(m_ssl.get(), count);
        if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
            return {};
        return std::unexpected(failure(count, "receive from the session"));
    }
}

Status Tls::write(ByteView plain)
{
    while (!plain.empty()) {
        ERR_clear_error();
        const int count = SSL_write(m_ssl.get(), plain.data(), static_cast<int>(std::min<std::size_t>(plain.size(), 16 * 1024)));
        if (count <= 0)
            return std::unexpected(failure(count, "send to the session"));
        plain = plain.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Bytes Tls::drain()
{
    BIO *out = SSL_get_wbio(m_ssl.get());
    Bytes cipher(static_cast<std::size_t>(BIO_ctrl_pending(out)));
    if (!cipher.empty())
        cipher.resize(static_cast<std::size_t>(std::max(BIO_read(out, cipher.data(), static_cast<int>(cipher.size())), 0)));
    return cipher;
}

void Tls::close()
{
    if (m_established)
        SSL_shutdown(m_ssl.get());
    ERR_clear_error();
}

std::string Tls::group() const
{
    const char *name = SSL_get0_group_name(m_ssl.get());
    return name ? name : "";
}

} // namespace kastellan::session
