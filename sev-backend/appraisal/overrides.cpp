// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/overrides.h"

#include "sev-backend/appraisal/policy.h"

namespace kastellan::sev {

bool launchedUnattested(const LaunchPlan &plan)
{
    return plan.machine && plan.machine->technology == "none" && plan.machine->request.unattested;
}

std::vector<std::string> overridesOf(const LaunchPlan &plan)
{
    std::vector<std::string> overrides;
    if (plan.expected.allowDebug)
        overrides.emplace_back("--allow-debug");
    // A policy that can't be read is a failing finding; then it gives nothing up.
    if (const auto policy = Policy::parse(plan.expected.policy.empty() ? "version = 1" : plan.expected.policy, "the policy"))
        for (std::string &given : policy->overrides())
            overrides.push_back(std::move(given));
    if (launchedUnattested(plan))
        overrides.emplace_back("--unattested");
    if (plan.noSandbox)
        overrides.emplace_back("--no-sandbox");
    return overrides;
}

} // namespace kastellan::sev
