// SPDX-License-Identifier: Apache-2.0
// Any bytes as a GHCB certificate table: what is read can be written, and is read again as the same.
#include "sev-backend/certificates/ghcb_table.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, size);
    static_cast<void>(looksLikeGhcbTable(bytes));
    const auto entries = readGhcbTable(bytes);
    if (!entries)
        return 0;
    const auto written = writeGhcbTable(*entries);
    if (!written || readGhcbTable(*written) != *entries)
        std::abort();
    return 0;
}
