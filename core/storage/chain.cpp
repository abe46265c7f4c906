// SPDX-License-Identifier: Apache-2.0
#include "core/storage/chain.h"

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace kastellan::storage {

Sha256 recordHash(const Sha256 &previous, std::uint64_t number, std::string_view content)
{
    std::array<std::uint8_t, 8> count{};
    storeLe(count, 0, number);
    return sha256({asBytes("kastellan-record-1"), previous.view(), count, asBytes(content)});
}

Bytes headMessage(std::uint64_t count, const Sha256 &hash)
{
    return Writer().raw(asBytes("kastellan-head-1")).number(count).raw(hash.view()).take();
}

} // namespace kastellan::storage
