// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/id_block.h"

#include <algorithm>

namespace kastellan::sev {

std::array<std::uint8_t, IdBlock::size> IdBlock::encode() const
{
    std::array<std::uint8_t, size> bytes{};
    std::ranges::copy(launchDigest.bytes, bytes.begin());
    std::ranges::copy(familyId.bytes, bytes.begin() + 0x30);
    std::ranges::copy(imageId.bytes, bytes.begin() + 0x40);
    storeLe(bytes, 0x50, version);
    storeLe(bytes, 0x54, guestSvn);
    storeLe(bytes, 0x58, policy.raw());
    return bytes;
}

Result<IdBlock> IdBlock::decode(ByteView bytes)
{
    if (bytes.size() != size)
        return badInput("read an ID block", {}, "it has " + std::to_string(bytes.size()) + " bytes, and an ID block has 96");
    IdBlock block;
    std::ranges::copy(bytes.first(LaunchDigest::size), block.launchDigest.bytes.begin());
    std::ranges::copy(bytes.subspan(0x30, BlockId::size), block.familyId.bytes.begin());
    std::ranges::copy(bytes.subspan(0x40, BlockId::size), block.imageId.bytes.begin());
    block.version = loadLe<std::uint32_t>(bytes, 0x50);
    block.guestSvn = loadLe<std::uint32_t>(bytes, 0x54);
    block.policy = GuestPolicy(loadLe<std::uint64_t>(bytes, 0x58));
    return block;
}

Result<IdAuthView> IdAuthView::from(ByteView bytes)
{
    if (bytes.size() != size)
        return badInput(
            "read an ID authentication block", {}, "it has " + std::to_string(bytes.size()) + " bytes, and such a block has 4096");
    return IdAuthView(bytes);
}

bool IdAuthView::reservedClear() const
{
    const auto clear = [this](std::size_t offset, std::size_t length) {
        return std::ranges::all_of(m_bytes.subspan(offset, length), [](std::uint8_t byte) { return byte == 0; });
    };
    return clear(0x008, 0x38) && clear(0x644, 0x3c) && clear(0xc84, size - 0xc84);
}

} // namespace kastellan::sev
