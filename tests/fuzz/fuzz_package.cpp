// SPDX-License-Identifier: Apache-2.0
// Any bytes as a package: nothing over its limits comes out.
#include "core/workload/package.h"
#include "core/workload/workload.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView package(data, size);
    (void)workload::looksLikePackage(package);
    const auto parts = workload::readPackage(package, "package");
    if (parts && parts->module && parts->module->size() > moduleSizeLimit)
        std::abort();
    if (!parts && parts.error().why.empty())
        std::abort();
    return 0;
}
