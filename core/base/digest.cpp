// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace kastellan {
namespace {

[[noreturn]] void cryptoFailed(const char *what)
{
    std::fprintf(stderr, "kastellan: OpenSSL failed: %s\n", what);
    std::abort();
}

// Fetching an algorithm by name costs more than hashing a page, so each is fetched once.
const EVP_MD *algorithm(const char *name)
{
    const EVP_MD *md = EVP_MD_fetch(nullptr, name, nullptr);
    if (!md)
        cryptoFailed(name);
    return md;
}

template<typename Fixed>
Fixed digest(const EVP_MD *md, std::initializer_list<ByteView> parts)
{
    thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX *)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (EVP_DigestInit_ex2(context.get(), md, nullptr) != 1)
        cryptoFailed("EVP_DigestInit_ex2");
    for (auto part : parts)
        if (EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1)
            cryptoFailed("EVP_DigestUpdate");
    Fixed value;
    if (EVP_DigestFinal_ex(context.get(), value.bytes.data(), nullptr) != 1)
        cryptoFailed("EVP_DigestFinal_ex");
    return value;
}

const EVP_MD *md256()
{
    static const EVP_MD *md = algorithm("SHA256");
    return md;
}

} // namespace

Sha256 sha256(std::initializer_list<ByteView> parts)
{
    return digest<Sha256>(md256(), parts);
}

Sha384 sha384(std::initializer_list<ByteView> parts)
{
    static const EVP_MD *md = algorithm("SHA384");
    return digest<Sha384>(md, parts);
}

Sha512 sha512(std::initializer_list<ByteView> parts)
{
    static const EVP_MD *md = algorithm("SHA512");
    return digest<Sha512>(md, parts);
}

Sha256 hmacSha256(ByteView key, std::initializer_list<ByteView> parts)
{
    Bytes message;
    for (auto part : parts)
        message.insert(message.end(), part.begin(), part.end());
    Sha256 value;
    unsigned length = 0;
    if (!HMAC(md256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), value.bytes.data(), &length))
        cryptoFailed("HMAC");
    return value;
}

void Sha256Stream::Free::operator()(evp_md_ctx_st *context) const
{
    EVP_MD_CTX_free(context);
}

Sha256Stream::Sha256Stream()
    : m_context(EVP_MD_CTX_new())
{
    if (!m_context || EVP_DigestInit_ex2(m_context.get(), md256(), nullptr) != 1)
        cryptoFailed("EVP_DigestInit_ex2");
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream &&) noexcept = default;
Sha256Stream &Sha256Stream::operator=(Sha256Stream &&) noexcept = default;

void Sha256Stream::add(ByteView view)
{
    if (EVP_DigestUpdate(m_context.get(), view.data(), view.size()) != 1)
        cryptoFailed("EVP_DigestUpdate");
}

Sha256 Sha256Stream::finish()
{
    Sha256 value;
    if (EVP_DigestFinal_ex(m_context.get(), value.bytes.data(), nullptr) != 1 || EVP_DigestInit_ex2(m_context.get(), md256(), nullptr) != 1)
        cryptoFailed("EVP_DigestFinal_ex");
    return value;
}

void randomBytes(std::span<std::uint8_t> target)
{
    if (RAND_bytes(target.data(), static_cast<int>(target.size())) != 1)
        cryptoFailed("RAND_bytes");
}

} // namespace kastellan
