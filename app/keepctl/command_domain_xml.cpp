// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/launch_request.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"

namespace kastellan::keepctl {

Result<int> keepDomainXml(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const LaunchProfile profile, launchAsked(asked));
    const LaunchRequest &request = profile.request;
    KASTELLAN_ASSIGN(const auto host, findHost(*context.hosts, request.host));
    Interrupts interrupts;
    ProgressLine progress(false);
    const StopOnInterrupt stop(interrupts);
    KASTELLAN_ASSIGN(const LaunchPlan plan,
        makePlan(
            request, *host, [&](std::string_view doing, std::uint64_t done, std::uint64_t total) { progress.show(doing, done, total); },
            stop.token()));
    progress.clear();
    if (!plan.machine || plan.machine->domainXml.empty())
        return badInput("print the domain", request.host, "keeps of this host are no libvirt domains",
            "Give a libvirt connection: --host qemu:///system.");
    if (asked.has("json"))
        printJson(
            {{"keep", toHex(plan.id.view())}, {"host", plan.host}, {"protection", plan.protection}, {"domain", plan.machine->domainXml}});
    else
        print(plan.machine->domainXml);
    return exit_code::done;
}

} // namespace kastellan::keepctl
