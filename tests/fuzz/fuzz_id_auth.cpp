// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ID block, ID authentication block, key or signature in the firmware's form.
#include "sev-backend/abi/id_block.h"
#include "sev-backend/certificates/p384.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, size);
    if (const auto block = IdBlock::decode(bytes))
        if (!std::ranges::equal(block->encode(), bytes))
            std::abort();
    static_cast<void>(P384Key::fromFirmware(bytes));
    if (const auto auth = IdAuthView::from(bytes)) {
        static_cast<void>(auth->reservedClear());
        if (const auto key = P384Key::fromFirmware(auth->idKey()))
            static_cast<void>(key->verifies(bytes.first(96), auth->blockSignature().first(72), auth->blockSignature().subspan(72, 72)));
    }
    return 0;
}
