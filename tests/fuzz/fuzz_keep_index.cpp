// SPDX-License-Identifier: Apache-2.0
// Any bytes as index pages: what can be read is what would be written, byte for byte.
#include "sev-backend/abi/page_info.h"
#include "sev-backend/measurement/keep_index.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    Bytes pages(data, data + size);
    for (int round = 0; round < 2; ++round) {
        if (const auto index = KeepIndex::decode(pages)) {
            const auto again = index->encode();
            if (!again || !std::ranges::equal(*again, pages))
                std::abort();
        }
        // Once as it came, once filled up to whole pages, which most inputs are not.
        pages.resize((size + pageSize) / pageSize * pageSize);
    }
    return 0;
}
