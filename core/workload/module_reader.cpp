// SPDX-License-Identifier: Apache-2.0
#include "core/workload/module_reader.h"

#include "core/workload/text.h"

#include <array>
#include <charconv>

namespace kastellan::workload {

std::string atOffset(std::size_t offset)
{
    std::array<char, 20> digits{};
    const auto [end, code] = std::to_chars(digits.data(), digits.data() + digits.size(), offset, 16);
    return "offset 0x" + std::string(digits.data(), end);
}

void ModuleReader::failAt(std::size_t offset, std::string why)
{
    if (m_error)
        return;
    m_error = true;
    m_where = atOffset(offset);
    m_why = std::move(why);
}

std::uint8_t ModuleReader::byte()
{
    if (m_error)
        return 0;
    if (m_at == m_view.size()) {
        failHere(m_of + " ends too early");
        return 0;
    }
    return m_view[m_at++];
}

std::uint64_t ModuleReader::leb(unsigned bits)
{
    const std::size_t begin = offset();
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const std::uint8_t next = byte();
        if (m_error)
            return 0;
        const unsigned room = bits - shift;
        if (room < 7 && (next & 0x7f) >> room) {
            failAt(begin, "a number in " + m_of + " is too large");
            return 0;
        }
        value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
        if (!(next & 0x80))
            return value;
        if (shift + 7 >= bits) {
            failAt(begin, "a number in " + m_of + " is too long");
            return 0;
        }
    }
}

std::uint32_t ModuleReader::u32()
{
    return static_cast<std::uint32_t>(leb(32));
}

std::uint64_t ModuleReader::u64()
{
    return leb(64);
}

void ModuleReader::skipS33()
{
    const std::size_t begin = offset();
    for (unsigned count = 0; count < 5; ++count)
        if (!(byte() & 0x80))
            return;
    failAt(begin, "a number in " + m_of + " is too long");
}

ByteView ModuleReader::raw(std::size_t size)
{
    if (m_error)
        return {};
    if (m_view.size() - m_at < size) {
        failHere(m_of + " ends too early: " + std::to_string(size) + " bytes are needed, and " + std::to_string(m_view.size() - m_at)
            + " are left");
        return {};
    }
    const ByteView view = m_view.subspan(m_at, size);
    m_at += size;
    return view;
}

std::string_view ModuleReader::name()
{
    const std::uint32_t size = u32();
    const std::size_t begin = offset();
    const std::string_view text = asText(raw(size));
    if (!m_error && !isUtf8(text)) {
        failAt(begin, "a name in " + m_of + " is not UTF-8");
        return {};
    }
    return text;
}

std::uint32_t ModuleReader::count()
{
    const std::size_t begin = offset();
    const std::uint32_t number = u32();
    if (!m_error && number > m_view.size() - m_at) {
        failAt(begin,
            m_of + " is said to have " + std::to_string(number) + " entries, and only " + std::to_string(m_view.size() - m_at)
                + " bytes are left");
        return 0;
    }
    return number;
}

Status ModuleReader::status() const
{
    if (m_error)
        return badInput("read a WebAssembly module", m_where, m_why, "The file is damaged, or was not made by a WebAssembly compiler.");
    return {};
}

Status ModuleReader::finish()
{
    if (!m_error && m_at != m_view.size())
        failHere(m_of + " has " + std::to_string(m_view.size() - m_at) + " bytes too many");
    return status();
}

} // namespace kastellan::workload
