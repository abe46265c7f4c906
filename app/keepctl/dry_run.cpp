// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/dry_run.h"

#include "app/backends/addresses.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/launch_request.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/workload/workload.h"

namespace kastellan::keepctl {

namespace {

Result<std::pair<std::string, std::string>> made(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const LaunchProfile profile, launchAsked(asked));
    const LaunchRequest &request = profile.request;
    std::string address = request.host;
    if (!address.contains("://")) { // one that was added, by its name
        KASTELLAN_ASSIGN(const auto host, findHost(*context.hosts, address));
        address = host->info().id;
    }
    if (!request.machine.whole) // a mistake in the workload shows here too
        KASTELLAN_TRY(loadWorkload(request.workload));
    KASTELLAN_ASSIGN(std::string yaml, clusterDryRun(address, request.machine));
    return std::pair(std::move(address), std::move(yaml));
}

} // namespace

int dryRunOfLaunch(const Invocation &asked, const Context &context)
{
    const auto yaml = made(asked, context);
    if (!yaml) {
        if (asked.has("json"))
            printJson({{"outcome", "failed"}, {"error", toJson(yaml.error())}, {"status", exit_code::notLaunched}});
        else
            say(yaml.error().message());
        return exit_code::notLaunched;
    }
    if (asked.has("json"))
        printJson({{"outcome", "dry-run"}, {"host", yaml->first}, {"yaml", yaml->second}, {"status", exit_code::done}});
    else
        print(yaml->second);
    return exit_code::done;
}

} // namespace kastellan::keepctl
