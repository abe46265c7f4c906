// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a host said when it was looked at: refused, or read, and what is written of it reads back as the same.
#include "core/hosts/known_hosts.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto look = hostLookFromJson(std::string_view(reinterpret_cast<const char *>(data), size), "fuzz");
    if (!look)
        return 0;
    if (look->technologies.size() > 3 || look->facts.size() > 64 || look->why.size() > 2000)
        std::abort();
    const auto again = hostLookFromJson(toJson(*look), "again");
    if (!again || toJson(*again) != toJson(*look))
        std::abort();
    return 0;
}
