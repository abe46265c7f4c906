// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/auto_host.h"

#include "app/backends/automatic_launch.h"
#include "app/keepctl/find.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/hosts/known_hosts.h"

namespace kastellan::keepctl {

Result<PlannedLaunch> planLaunch(LaunchRequest request, const Context &context, const Progress &progress, const std::stop_token &stop)
{
    if (request.host == "auto") {
        KASTELLAN_ASSIGN(AutomaticLaunch chosen, planAutomatically(std::move(request), *context.hosts, *context.backend, progress, stop));
        return PlannedLaunch{std::move(chosen.plan), std::move(chosen.reasons)};
    }
    KASTELLAN_ASSIGN(const auto host, findHost(*context.hosts, request.host));
    // The plan names the address: a name can be given to another host later.
    if (const auto known = knownHost(request.host); known && *known)
        request.host = (*known)->id;
    KASTELLAN_ASSIGN(LaunchPlan plan, makePlan(request, *host, progress, stop));
    return PlannedLaunch{std::move(plan), {}};
}

std::string reasonsText(const std::vector<HostReason> &reasons)
{
    std::string text;
    for (const auto &reason : reasons)
        text += (&reason == &reasons.front() && reason.fits ? "chosen: " : "  not: ") + inLine(reason.id)
            + (reason.name.empty() ? "" : " (" + inLine(reason.name) + ")") + ": " + inLine(reason.why) + "\n";
    return text;
}

js::Out reasonsJson(const std::vector<HostReason> &reasons)
{
    js::Out list = js::Out::array();
    for (const auto &reason : reasons)
        list.push_back(
            {{"host", reason.id}, {"name", reason.name}, {"fits", reason.fits}, {"technology", reason.technology}, {"why", reason.why}});
    return list;
}

} // namespace kastellan::keepctl
