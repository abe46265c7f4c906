// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/session/identity.h"

#include <functional>
#include <memory>

namespace kastellan::session {

/// One TLS 1.3 session (RFC 8446) over memory: ciphertext in, ciphertext out, no socket. Hybrid post-quantum group first; no tickets, no
/// resumption, no 0-RTT; both ends show a certificate of which only the key counts.
class Tls {
public:
    /// Decides by the SHA-256 of the other end's SubjectPublicKeyInfo whether it may be spoken with.
    using Accept = std::function<bool(const Sha256 &spki)>;

    [[nodiscard]] static Result<std::unique_ptr<Tls>> server(const Identity &identity, Accept accept);
    [[nodiscard]] static Result<std::unique_ptr<Tls>> client(const Identity &identity, Accept accept);
    Tls(const Tls &) = delete;
    Tls &operator=(const Tls &) = delete;

    /// Takes ciphertext and appends what it decrypts to `plain`. An error ends the session; an alert may be left for `drain`.
    [[nodiscard]] Status receive(ByteView cipher, Bytes &plain);
    /// Encrypts; the session must be established.
    [[nodiscard]] Status write(ByteView plain);
    /// Takes the ciphertext that waits to be sent.
    [[nodiscard]] Bytes drain();
    /// Says goodbye (close_notify), so that the other end can tell an end from a cut.
    void close();

    [[nodiscard]] bool established() const { return m_established; }
    [[nodiscard]] const Sha256 &peerKey() const { return m_peer; }
    /// RFC 9266 tls-exporter: label EXPORTER-Channel-Binding, empty context, 32 bytes. Once established.
    [[nodiscard]] Exporter exporter() const { return m_exporter; }
    /// The group that was agreed on, e.g. "X25519MLKEM768".
    [[nodiscard]] std::string group() const;

private:
    Tls() = default;
    [[nodiscard]] static Result<std::unique_ptr<Tls>> make(bool server, const Identity &identity, Accept accept);
    static int verify(X509_STORE_CTX *store, void *self);
    [[nodiscard]] Status handshake();
    [[nodiscard]] Error failure(int result, std::string_view what) const;

    ContextHandle m_context;
    SslHandle m_ssl;
    Accept m_accept;
    Sha256 m_peer;
    Exporter m_exporter;
    bool m_established = false, m_server = false, m_refused = false;
};

} // namespace kastellan::session
