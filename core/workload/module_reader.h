// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <string_view>

namespace kastellan::workload {

/// "offset 0x1c".
[[nodiscard]] std::string atOffset(std::size_t offset);

/// Reads the binary format of WebAssembly (core specification 2.0, section 5.2), never past the end of its view. The first failure is kept,
/// with its offset in the whole module; every later read yields zero or nothing.
class ModuleReader {
public:
    /// `base`: offset of the view in the module. `of`: what is read, for messages.
    ModuleReader(ByteView view, std::size_t base, std::string of)
        : m_view(view)
        , m_base(base)
        , m_of(std::move(of))
    {
    }

    [[nodiscard]] std::uint8_t byte();
    /// Unsigned LEB128 of 32 bits: at most 5 bytes, unused bits zero.
    [[nodiscard]] std::uint32_t u32();
    /// Unsigned LEB128 of 64 bits: at most 10 bytes, unused bits zero.
    [[nodiscard]] std::uint64_t u64();
    /// Skips a signed LEB128 of 33 bits (a heap type).
    void skipS33();
    [[nodiscard]] ByteView raw(std::size_t size);
    /// A length and that many bytes of UTF-8.
    [[nodiscard]] std::string_view name();
    /// The number of elements of a vector; more than the bytes that are left cannot be.
    [[nodiscard]] std::uint32_t count();

    [[nodiscard]] std::size_t offset() const { return m_base + m_at; }
    [[nodiscard]] std::size_t left() const { return m_error ? 0 : m_view.size() - m_at; }
    [[nodiscard]] bool ok() const { return !m_error; }
    void failHere(std::string why) { failAt(offset(), std::move(why)); }
    void failAt(std::size_t offset, std::string why);
    /// The first failure; or one if bytes are left over.
    [[nodiscard]] Status finish();
    [[nodiscard]] Status status() const;

private:
    [[nodiscard]] std::uint64_t leb(unsigned bits);
    ByteView m_view;
    std::size_t m_base, m_at = 0;
    std::string m_of;
    bool m_error = false;
    std::string m_where, m_why;
};

} // namespace kastellan::workload
