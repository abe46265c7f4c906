// SPDX-License-Identifier: Apache-2.0
#include "tests/support/bad_server.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

namespace kastellan::test {
namespace {

class Plain final : public Connection {
public:
    explicit Plain(int fd)
        : m_fd(fd)
    {
    }
    bool send(std::string_view bytes) override
    {
        while (!bytes.empty()) {
            const ssize_t count = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    std::string receive() override
    {
        std::string head;
        char buffer[2048];
        while (head.find("\r\n\r\n") == std::string::npos) {
            const ssize_t count = ::recv(m_fd, buffer, sizeof buffer, 0);
            if (count <= 0)
                return {};
            head.append(buffer, static_cast<std::size_t>(count));
        }
        return head;
    }

private:
    int m_fd;
};

class Tls final : public Connection {
public:
    Tls(SSL_CTX *context, int fd)
        : m_ssl(SSL_new(context), SSL_free)
    {
        SSL_set_fd(m_ssl.get(), fd);
        m_good = SSL_accept(m_ssl.get()) == 1;
    }
    bool send(std::string_view bytes) override
    {
        return m_good && SSL_write(m_ssl.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    std::string receive() override
    {
        std::string head;
        char buffer[2048];
        while (m_good && head.find("\r\n\r\n") == std::string::npos) {
            const int count = SSL_read(m_ssl.get(), buffer, sizeof buffer);
            if (count <= 0)
                return {};
            head.append(buffer, static_cast<std::size_t>(count));
        }
        return head;
    }

private:
    std::unique_ptr<SSL, decltype(&SSL_free)> m_ssl;
    bool m_good = false;
};

} // namespace

BadServer::BadServer(Handler handler, const std::string &certificate, const std::string &key)
    : m_listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    , m_handler(std::move(handler))
{
    if (!certificate.empty()) {
        SSL_CTX *context = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_file(context, certificate.c_str(), SSL_FILETYPE_PEM) != 1
            || SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
            std::abort();
        m_tls = context;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(m_listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0 || ::listen(m_listener.get(), 8) != 0
        || ::getsockname(m_listener.get(), reinterpret_cast<sockaddr *>(&address), &size) != 0)
        std::abort();
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this] {
        while (!m_end) {
            const Fd client(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (client && !m_end)
                serve(client.get());
        }
    });
}

BadServer::~BadServer()
{
    m_end = true;
    ::shutdown(m_listener.get(), SHUT_RDWR); // wakes the accept
    m_thread.join();
    SSL_CTX_free(static_cast<SSL_CTX *>(m_tls));
}

void BadServer::serve(int client)
{
    std::unique_ptr<Connection> connection;
    if (m_tls)
        connection = std::make_unique<Tls>(static_cast<SSL_CTX *>(m_tls), client);
    else
        connection = std::make_unique<Plain>(client);
    const std::string head = connection->receive();
    if (head.empty())
        return;
    const std::size_t start = head.find(' ') + 1;
    const std::string path = head.substr(start, head.find(' ', start) - start);
    Handler handler;
    {
        const std::scoped_lock lock(m_mutex);
        m_asked.push_back(path);
        handler = m_handler;
    }
    handler(*connection, path);
}

std::string BadServer::url() const
{
    return (m_tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(m_port);
}

std::vector<std::string> BadServer::asked() const
{
    const std::scoped_lock lock(m_mutex);
    return m_asked;
}

void BadServer::setHandler(Handler handler)
{
    const std::scoped_lock lock(m_mutex);
    m_handler = std::move(handler);
}

std::string answer(int status, std::string_view body, const std::string &headers)
{
    return "HTTP/1.1 " + std::to_string(status) + " Word\r\nConnection: close\r\n" + headers
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

void makeTlsFiles(const std::string &folder)
{
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509 *x509 = certificate.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key.get());
    X509_NAME *name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char *>("127.0.0.1"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    for (const auto &[nid, value] :
        {std::pair(NID_subject_alt_name, "IP:127.0.0.1"), std::pair(NID_basic_constraints, "critical,CA:TRUE")}) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
    }
    X509_sign(x509, key.get(), EVP_sha256());
    FILE *out = std::fopen((folder + "/cert.pem").c_str(), "w");
    PEM_write_X509(out, x509);
    std::fclose(out);
    out = std::fopen((folder + "/key.pem").c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
}

} // namespace kastellan::test
