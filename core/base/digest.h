// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <initializer_list>
#include <memory>

struct evp_md_ctx_st;

namespace kastellan {

/// One-shot digests (FIPS 180-4) over the concatenation of the parts.
[[nodiscard]] Sha256 sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] Sha384 sha384(std::initializer_list<ByteView> parts);
[[nodiscard]] Sha512 sha512(std::initializer_list<ByteView> parts);
[[nodiscard]] inline Sha256 sha256(ByteView view)
{
    return sha256({view});
}
[[nodiscard]] inline Sha384 sha384(ByteView view)
{
    return sha384({view});
}
[[nodiscard]] inline Sha512 sha512(ByteView view)
{
    return sha512({view});
}
/// HMAC-SHA-256 (RFC 2104).
[[nodiscard]] Sha256 hmacSha256(ByteView key, std::initializer_list<ByteView> parts);

/// An incremental SHA-256, for data that arrives in pieces.
class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(Sha256Stream &&) noexcept;
    Sha256Stream &operator=(Sha256Stream &&) noexcept;
    void add(ByteView view);
    /// Another stream with all that was added so far.
    [[nodiscard]] Sha256Stream copy() const;
    /// The digest of all that was added; the stream starts anew.
    [[nodiscard]] Sha256 finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st *context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> m_context;
};

/// Bytes of the system's cryptographic random generator. Ends the program if there is none: nothing safe can follow.
void randomBytes(std::span<std::uint8_t> target);
template <typename Fixed>
[[nodiscard]] Fixed randomFixed()
{
    Fixed value;
    randomBytes(value.bytes);
    return value;
}

} // namespace kastellan
