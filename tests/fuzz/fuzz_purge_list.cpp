// SPDX-License-Identifier: Apache-2.0
// Any bytes as the list of a purge record: what is read is written and read again as the same.
#include "core/storage/purge_list.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto list = storage::readPurgeList(asText(ByteView(data, size)), "list");
    if (!list)
        return 0;
    const auto again = storage::readPurgeList(storage::purgeListText(*list), "list");
    if (!again || again->size() != list->size())
        std::abort();
    return 0;
}
