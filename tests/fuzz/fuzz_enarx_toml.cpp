// SPDX-License-Identifier: Apache-2.0
// Any bytes as Enarx.toml: what was read can be written as Keep.toml, and is the same then.
#include "core/workload/workload.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto config = parseEnarxToml(asText({data, size}), "Enarx.toml");
    if (!config) {
        if (!config.error().where.starts_with("Enarx.toml"))
            std::abort();
        return 0;
    }
    const auto again = parseKeepToml(toToml(*config), "Keep.toml");
    if (!config->env.contains("FD_COUNT") || !again || *again != *config)
        std::abort();
    return 0;
}
