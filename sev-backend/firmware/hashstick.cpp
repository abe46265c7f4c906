// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/hashstick.h"

#include <algorithm>

namespace kastellan::sev {

Result<VlekHashstick> readHashstick(ByteView file, std::string_view name)
{
    const char *what = "read a VLEK hashstick";
    Bytes bytes = toBytes(file);
    constexpr std::size_t room = 16; // "0x", line ends
    if (file.size() != VlekHashstick::size && file.size() <= 2 * VlekHashstick::size + room)
        if (auto decoded = fromHex(asText(file)))
            bytes = std::move(*decoded);
    auto stick = VlekHashstick::decode(bytes);
    if (!stick) {
        Error error = stick.error();
        error.where = std::string(name) + (error.where.empty() ? "" : ", " + error.where);
        error.remedy = "Give one hashstick as the key server's answer has it for this chip, in hex or as 432 bytes.";
        return std::unexpected(std::move(error));
    }
    if (std::ranges::all_of(stick->wrapped, [](std::uint8_t byte) { return byte == 0; }))
        return badInput(what, std::string(name) + ", offset 0x10", "the wrapped key is all zero", "Fetch the hashstick again.");
    return *stick;
}

} // namespace kastellan::sev
