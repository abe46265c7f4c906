// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan {

/// Writes CBOR (RFC 8949) with definite lengths and shortest heads. The caller gives the keys of a map in the order of their encodings,
/// as section 4.2.1 wants them (here: whole numbers ascending, then texts by length).
class CborWriter {
public:
    CborWriter &number(std::int64_t value);
    CborWriter &text(std::string_view value);
    CborWriter &bytes(ByteView value);
    CborWriter &array(std::size_t count); ///< `count` values follow
    CborWriter &map(std::size_t count); ///< `count` pairs follow
    CborWriter &tag(std::uint64_t value); ///< one value follows
    CborWriter &boolean(bool value);
    [[nodiscard]] Bytes take() { return std::move(m_bytes); }

private:
    void head(unsigned major, std::uint64_t value);
    Bytes m_bytes;
};

} // namespace kastellan
