// SPDX-License-Identifier: Apache-2.0
// Any bytes as the state of an emulated platform; also with a digest that fits, so that the contents are reached.
#include "sev-backend/emulator/emulated_state.h"

#include "core/base/digest.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    constexpr Sha256 chip{};
    Bytes bytes(data, data + size);
    static_cast<void>(EmulatedState::decode(bytes, chip));
    if (bytes.size() >= Sha256::size) {
        const std::size_t content = bytes.size() - Sha256::size;
        std::ranges::copy(sha256(ByteView(bytes).first(content)).bytes, bytes.begin() + static_cast<std::ptrdiff_t>(content));
    }
    if (const auto state = EmulatedState::decode(bytes, chip))
        if (state->encode(chip) != bytes)
            std::abort();
    return 0;
}
