// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"

namespace kastellan::keepctl {

namespace {

js::Out toJson(const HostInfo &info)
{
    js::Out facts = js::Out::object();
    for (const auto &[label, value] : info.facts)
        facts[label] = value;
    return {{"id", info.id}, {"name", info.name}, {"state", info.state}, {"why", info.why}, {"remedy", info.remedy},
        {"platform", info.platform}, {"emulated", info.emulated}, {"facts", std::move(facts)}};
}

} // namespace

Result<int> hostList(const Invocation &asked, const Context &context)
{
    js::Out list = js::Out::array();
    Table table({"HOST", "STATE", "PLATFORM", "WHY"});
    for (const auto &host : context.hosts->hosts()) {
        const HostInfo info = host->info();
        list.push_back(toJson(info));
        table.add({info.id, info.state, info.platform, info.why});
    }
    if (asked.has("json"))
        printJson({{"hosts", std::move(list)}});
    else
        print(table.text(1, 1));
    return exit_code::done;
}

Result<int> hostShow(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const auto host, findHost(*context.hosts, asked.operands.front()));
    const HostInfo info = host->info();
    if (asked.has("json")) {
        printJson(toJson(info));
    } else {
        print(facts({{"host", info.id}, {"name", info.name}, {"state", info.state}, {"why", info.why}, {"to do", info.remedy},
            {"platform", info.platform}, {"emulated", info.emulated ? "yes: proves the procedure, nothing about hardware" : ""}}));
        print(facts(info.facts));
    }
    return info.state == "not ready" ? exit_code::negative : exit_code::done;
}

} // namespace kastellan::keepctl
