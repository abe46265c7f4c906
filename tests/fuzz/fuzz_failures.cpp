// SPDX-License-Identifier: Apache-2.0
// Any bytes as what QEMU, libvirt or the kernel wrote: explained or not, each cause once, and bounded.
#include "sev-backend/failures/failures.h"

#include <cstdlib>
#include <set>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto all = sev::explainFailures(text);
    std::set<std::string> ids;
    for (const auto &found : all)
        if (found.said.size() > 400 || found.why.empty() || !ids.insert(found.id).second)
            std::abort();
    const auto first = sev::explainFailure(text);
    if (first.has_value() == all.empty() || all.size() > 8)
        std::abort();
    const Error error = sev::explained({ErrorKind::Environment, "start", "", std::string(text), ""}, text);
    // Its own words are never lost.
    if ((first ? error.remedy : error.why).find(text) == std::string::npos)
        std::abort();
    return 0;
}
