// SPDX-License-Identifier: Apache-2.0
#include "core/reports/cbor.h"

namespace kastellan {

void CborWriter::head(unsigned major, std::uint64_t value)
{
    const auto first = static_cast<std::uint8_t>(major << 5);
    if (value < 24) {
        m_bytes.push_back(static_cast<std::uint8_t>(first | value));
        return;
    }
    const unsigned size = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3; // 2^size bytes follow
    m_bytes.push_back(static_cast<std::uint8_t>(first | (24 + size)));
    for (unsigned shift = 8u << size; shift > 0;) {
        shift -= 8;
        m_bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

CborWriter &CborWriter::number(std::int64_t value)
{
    if (value >= 0)
        head(0, static_cast<std::uint64_t>(value));
    else
        head(1, ~static_cast<std::uint64_t>(value)); // -1 - value
    return *this;
}

CborWriter &CborWriter::text(std::string_view value)
{
    head(3, value.size());
    const ByteView view = asBytes(value);
    m_bytes.insert(m_bytes.end(), view.begin(), view.end());
    return *this;
}

CborWriter &CborWriter::bytes(ByteView value)
{
    head(2, value.size());
    m_bytes.insert(m_bytes.end(), value.begin(), value.end());
    return *this;
}

CborWriter &CborWriter::array(std::size_t count)
{
    head(4, count);
    return *this;
}

CborWriter &CborWriter::map(std::size_t count)
{
    head(5, count);
    return *this;
}

CborWriter &CborWriter::tag(std::uint64_t value)
{
    head(6, value);
    return *this;
}

CborWriter &CborWriter::boolean(bool value)
{
    m_bytes.push_back(value ? 0xf5 : 0xf4);
    return *this;
}

} // namespace kastellan
