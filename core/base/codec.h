// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan {

/// Appends little-endian numbers and length-prefixed strings (u32 length) to a buffer.
class Writer {
public:
    template <typename T>
    Writer &number(T value)
    {
        const std::size_t offset = m_bytes.size();
        m_bytes.resize(offset + sizeof(T));
        storeLe<T>(m_bytes, offset, value);
        return *this;
    }
    Writer &raw(ByteView view)
    {
        m_bytes.insert(m_bytes.end(), view.begin(), view.end());
        return *this;
    }
    Writer &sized(ByteView view)
    {
        number(static_cast<std::uint32_t>(view.size()));
        return raw(view);
    }
    Writer &text(std::string_view view) { return sized(asBytes(view)); }
    [[nodiscard]] Bytes take() { return std::move(m_bytes); }

private:
    Bytes m_bytes;
};

/// Reads what Writer wrote, never past the end. After the first failure every read yields zero or nothing, and `finish` says where it
/// failed.
class Reader {
public:
    explicit Reader(ByteView view)
        : m_view(view)
    {
    }
    template <typename T>
    [[nodiscard]] T number()
    {
        if (!have(sizeof(T)))
            return 0;
        const T value = loadLe<T>(m_view, m_offset);
        m_offset += sizeof(T);
        return value;
    }
    [[nodiscard]] ByteView raw(std::size_t size)
    {
        if (!have(size))
            return {};
        const ByteView view = m_view.subspan(m_offset, size);
        m_offset += size;
        return view;
    }
    template <typename Fixed>
    [[nodiscard]] Fixed fixed()
    {
        Fixed value;
        const ByteView view = raw(Fixed::size);
        if (view.size() == Fixed::size)
            std::memcpy(value.bytes.data(), view.data(), Fixed::size);
        return value;
    }
    [[nodiscard]] ByteView sized(std::size_t limit);
    [[nodiscard]] std::string text(std::size_t limit) { return std::string(asText(sized(limit))); }
    [[nodiscard]] std::size_t offset() const { return m_offset; }
    [[nodiscard]] std::size_t left() const { return m_failed ? 0 : m_view.size() - m_offset; }
    [[nodiscard]] bool failed() const { return m_failed; }
    /// An Input error if a read went past the end or bytes are left over.
    [[nodiscard]] Status finish(std::string_view what) const;

private:
    [[nodiscard]] bool have(std::size_t size)
    {
        if (!m_failed && m_view.size() - m_offset >= size)
            return true;
        m_failed = true;
        return false;
    }
    ByteView m_view;
    std::size_t m_offset = 0;
    bool m_failed = false;
};

} // namespace kastellan
