// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kastellan::test {

/// One connection to the server, plain or TLS.
class Connection {
public:
    virtual ~Connection() = default;
    virtual bool send(std::string_view bytes) = 0;
    /// The request's head; empty when the client went away.
    virtual std::string receive() = 0;
};

/// An HTTP server on loopback that behaves as badly as its handler says. One connection at a time; the handler gets the path.
class BadServer {
public:
    using Handler = std::function<void(Connection &, const std::string &path)>;
    /// `certificate` and `key`: PEM files, for TLS.
    explicit BadServer(Handler handler, const std::string &certificate = {}, const std::string &key = {});
    ~BadServer();
    [[nodiscard]] std::string url() const;
    /// The paths that were asked for.
    [[nodiscard]] std::vector<std::string> asked() const;
    void setHandler(Handler handler);

private:
    void serve(int client);
    Fd m_listener;
    int m_port = 0;
    void *m_tls = nullptr;
    mutable std::mutex m_mutex;
    Handler m_handler;
    std::vector<std::string> m_asked;
    std::atomic<bool> m_end = false;
    std::thread m_thread;
};

/// A whole answer.
[[nodiscard]] std::string answer(int status, std::string_view body, const std::string &headers = {});
[[nodiscard]] inline std::string answer(int status, ByteView body)
{
    return answer(status, asText(body));
}

/// A certificate for 127.0.0.1 that is its own authority, as PEM files in the folder: cert.pem and key.pem.
void makeTlsFiles(const std::string &folder);

} // namespace kastellan::test
