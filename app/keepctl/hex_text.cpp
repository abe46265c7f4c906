// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/hex_text.h"

#include "app/keepctl/output.h"

#include <algorithm>
#include <format>

namespace kastellan::keepctl {
namespace {

constexpr std::size_t perLine = 16;

void addRange(std::string &text, ByteView bytes, std::size_t from, std::size_t size, std::string_view name, int fd)
{
    for (std::size_t at = 0; at < size; at += perLine) {
        const std::size_t count = std::min(perLine, size - at);
        std::string hex, plain;
        for (std::size_t i = 0; i < count; ++i) {
            const unsigned byte = bytes[from + at + i];
            hex += std::format("{:02x} ", byte);
            plain += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
        }
        text += std::format("{:#06x}  {:<48} {:<16}", from + at, hex, plain);
        if (at == 0)
            text += "  " + painted(fd, Colour::Bold, inLine(name));
        text += "\n";
    }
}

} // namespace

std::string hexText(ByteView bytes, const std::vector<Field> &fields, int fd)
{
    std::vector<const Field *> sorted;
    for (const Field &field : fields)
        sorted.push_back(&field);
    std::ranges::sort(sorted, {}, &Field::offset);
    std::string text;
    std::size_t at = 0;
    for (const Field *field : sorted) {
        // A field within another one is part of that one's lines.
        if (field->offset < at || field->offset >= bytes.size() || field->length == 0)
            continue;
        if (field->offset > at)
            addRange(text, bytes, at, field->offset - at, "", fd);
        const std::size_t size = std::min(field->length, bytes.size() - field->offset);
        addRange(text, bytes, field->offset, size, field->name, fd);
        at = field->offset + size;
    }
    if (at < bytes.size())
        addRange(text, bytes, at, bytes.size() - at, "", fd);
    return text;
}

} // namespace kastellan::keepctl
