// SPDX-License-Identifier: Apache-2.0
// Any bytes as Keep.toml: the canonical text of what was read is read as the same, and has one form.
#include "core/workload/workload.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto config = parseKeepToml(asText({data, size}), "Keep.toml");
    if (!config) {
        if (!config.error().where.starts_with("Keep.toml"))
            std::abort();
        return 0;
    }
    const std::string text = toToml(*config);
    const auto again = parseKeepToml(text, "canonical");
    if (!checkConfig(*config) || !again || *again != *config || toToml(*again) != text)
        std::abort();
    return 0;
}
