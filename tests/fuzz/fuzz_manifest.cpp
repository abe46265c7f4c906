// SPDX-License-Identifier: Apache-2.0
// Any bytes as a delivery manifest: what can be read has this form and no other.
#include "core/workload/delivery.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView manifest(data, size);
    if (const auto items = parseManifest(manifest); items && !std::ranges::equal(canonicalManifest(*items), manifest))
        std::abort();
    return 0;
}
