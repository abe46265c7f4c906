// SPDX-License-Identifier: Apache-2.0
// Any bytes as the policy of another program: what was imported is a policy that can be read.
#include "sev-backend/appraisal/policy_import.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto imported = importPolicy(asText({data, size}), "check.textproto");
    if (!imported) {
        if (!imported.error().where.starts_with("check.textproto") || imported.error().why.empty())
            std::abort();
        return 0;
    }
    if (!Policy::parse(imported->policy.toToml(), "imported.toml"))
        std::abort();
    return 0;
}
