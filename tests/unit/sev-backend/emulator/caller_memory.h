// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"

#include <cstring>

namespace kastellan::test {

/// The memory of a program that does not exist: some pages from `base` on, and nothing else. What is written can be counted.
class FakeMemory final : public sev::CallerMemory {
public:
    static constexpr std::uint64_t base = 0x100000;
    static constexpr std::size_t size = 0x20000;

    [[nodiscard]] bool read(std::uint64_t address, std::span<std::uint8_t> into) override
    {
        if (!within(address, into.size()))
            return false;
        std::memcpy(into.data(), m_bytes.data() + (address - base), into.size());
        return true;
    }
    [[nodiscard]] bool write(std::uint64_t address, ByteView bytes) override
    {
        if (readOnly || !within(address, bytes.size()))
            return false;
        std::memcpy(m_bytes.data() + (address - base), bytes.data(), bytes.size());
        ++writes;
        return true;
    }
    template <typename T>
    void put(std::uint64_t address, const T &value)
    {
        std::memcpy(m_bytes.data() + (address - base), &value, sizeof value);
    }
    template <typename T>
    [[nodiscard]] T get(std::uint64_t address) const
    {
        T value;
        std::memcpy(&value, m_bytes.data() + (address - base), sizeof value);
        return value;
    }
    void putBytes(std::uint64_t address, ByteView bytes) { std::memcpy(m_bytes.data() + (address - base), bytes.data(), bytes.size()); }
    [[nodiscard]] ByteView bytes(std::uint64_t address, std::size_t count) const
    {
        return ByteView(m_bytes).subspan(static_cast<std::size_t>(address - base), count);
    }

    bool readOnly = false;
    int writes = 0;

private:
    [[nodiscard]] static bool within(std::uint64_t address, std::size_t count)
    {
        return address >= base && address - base <= size && count <= size - (address - base);
    }
    Bytes m_bytes = Bytes(size);
};

} // namespace kastellan::test
