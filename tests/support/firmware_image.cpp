// SPDX-License-Identifier: Apache-2.0
#include "tests/support/firmware_image.h"

#include "core/base/codec.h"

#include <algorithm>

namespace kastellan::test {

namespace {

/// The 16 bytes of a GUID whose first three groups are little-endian numbers.
Bytes guid(std::string text)
{
    std::erase(text, '-');
    Bytes bytes = fromHex(text).value();
    std::ranges::reverse(bytes.begin(), bytes.begin() + 4);
    std::swap(bytes[4], bytes[5]);
    std::swap(bytes[6], bytes[7]);
    return bytes;
}

Bytes entry(ByteView data, const char *id)
{
    return Writer().raw(data).number(static_cast<std::uint16_t>(data.size() + 18)).raw(guid(id)).take();
}

} // namespace

Bytes FirmwareImage::bytes() const
{
    Bytes image(pages * 4096, pattern);
    // The metadata at a fixed place of the last page; the table before the last 32 bytes, read from its end.
    constexpr std::uint32_t metadataFromEnd = 2048;
    if (metadata) {
        Writer writer;
        writer.raw(asBytes("ASEV"))
            .number(static_cast<std::uint32_t>(16 + sections.size() * 12))
            .number(1u)
            .number(static_cast<std::uint32_t>(sections.size()));
        for (const Section &section : sections)
            writer.number(section.gpa).number(section.size).number(section.type);
        const Bytes block = writer.take();
        std::ranges::copy(block, image.end() - metadataFromEnd);
    }
    Bytes table;
    const auto add = [&](const Bytes &made) { table.insert(table.end(), made.begin(), made.end()); };
    if (reset)
        add(entry(Writer().number(*reset).take(), "00f771de-1a7e-4fcb-890e-68c77e2fb44e"));
    if (hashTable)
        add(entry(Writer().number(hashTable->first).number(hashTable->second).take(), "7255371f-3a3b-4b04-927b-1da6efa8d454"));
    if (svsm)
        add(entry(Writer().number(*svsm).take(), "a789a612-0597-4c4b-a49f-cbb1fe9d1ddd"));
    if (metadata)
        add(entry(Writer().number(metadataFromEnd).take(), "dc886566-984a-4798-a75e-5585a7bf67cc"));
    const auto whole = static_cast<std::uint16_t>(table.size() + 18);
    add(Writer().number(whole).raw(guid("96b582de-1fb2-45f7-baea-a366c55a082d")).take());
    std::ranges::copy(table, image.end() - 32 - static_cast<std::ptrdiff_t>(table.size()));
    return image;
}

} // namespace kastellan::test
