// SPDX-License-Identifier: Apache-2.0
// Any bytes as a policy file: an error names the file; what was read can be written, and is the same then.
#include "sev-backend/appraisal/policy.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto policy = Policy::parse(asText({data, size}), "policy.toml");
    if (!policy) {
        if (!policy.error().where.starts_with("policy.toml") || policy.error().why.empty())
            std::abort();
        return 0;
    }
    const std::string text = policy->toToml();
    const auto again = Policy::parse(text, "written.toml");
    if (!again || again->toToml() != text)
        std::abort();
    return 0;
}
