// SPDX-License-Identifier: Apache-2.0
#include "core/session/session_secret.h"

#include "core/base/digest.h"

#include <algorithm>

#include <openssl/crypto.h>

namespace kastellan {
namespace {

constexpr std::string_view magic = "KSC1";
constexpr std::string_view label = "kastellan-session-code-1";

} // namespace

SessionSecret::~SessionSecret()
{
    OPENSSL_cleanse(key.bytes.data(), key.bytes.size());
}

Bytes SessionSecret::bytes() const
{
    Bytes all(key.bytes.begin(), key.bytes.end());
    all.insert(all.end(), ownerKey.bytes.begin(), ownerKey.bytes.end());
    return all;
}

Result<SessionSecret> SessionSecret::parse(ByteView bytes)
{
    constexpr std::size_t size = 2 * Sha256::size;
    if (bytes.size() != size)
        return badInput("read the session secret", {},
            "it has " + std::to_string(bytes.size()) + " bytes, and needs " + std::to_string(size),
            "The keep was launched by another version; launch it with the one that built its image.");
    SessionSecret secret;
    std::ranges::copy(bytes.first(Sha256::size), secret.key.bytes.begin());
    std::ranges::copy(bytes.last(Sha256::size), secret.ownerKey.bytes.begin());
    if (secret.key.isZero() || secret.ownerKey.isZero())
        return badInput("read the session secret", {}, "it is empty", "Launch the keep with an owner key.");
    return secret;
}

Bytes SessionSecret::code(const ReportData &data) const
{
    const Sha256 mac = hmacSha256(key.view(), {asBytes(label), data.view()});
    Bytes all(magic.begin(), magic.end());
    all.insert(all.end(), mac.bytes.begin(), mac.bytes.end());
    return all;
}

bool SessionSecret::made(ByteView given, const ReportData &data) const
{
    const Bytes right = code(data);
    return given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
}

} // namespace kastellan
