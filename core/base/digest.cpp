// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
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

template <typename Fixed>
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
    // Parts are fed one by one: they may be secrets, and a copy would stay behind in freed memory.
    static const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC *)> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
    const std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX *)> context(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_construct_end()};
    // A null key would mean "keep the old one"; an empty one is a key.
    if (EVP_MAC_init(context.get(), key.empty() ? reinterpret_cast<const unsigned char *>(name) : key.data(), key.size(), parameters) != 1)
        cryptoFailed("EVP_MAC_init");
    for (auto part : parts)
        if (EVP_MAC_update(context.get(), part.data(), part.size()) != 1)
            cryptoFailed("EVP_MAC_update");
    Sha256 value;
    std::size_t length = 0;
    if (EVP_MAC_final(context.get(), value.bytes.data(), &length, value.bytes.size()) != 1 || length != value.bytes.size())
        cryptoFailed("EVP_MAC_final");
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

Sha256Stream Sha256Stream::copy() const
{
    Sha256Stream other;
    if (EVP_MD_CTX_copy_ex(other.m_context.get(), m_context.get()) != 1)
        cryptoFailed("EVP_MD_CTX_copy_ex");
    return other;
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
