// SPDX-License-Identifier: Apache-2.0
// The list of hosts: adding to it and taking off it.
#include "app/backends/added_hosts.h"
#include "app/backends/addresses.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/host_text.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/suggest.h"
#include "core/evidence/json.h"

namespace kastellan::keepctl {

Result<int> hostAdd(const Invocation &asked, const Context &)
{
    const std::string &address = asked.operands.front();
    KASTELLAN_TRY(checkHostAddress(address));
    KASTELLAN_ASSIGN(KnownHost added, addKnownHost(address, asked.value("name")));
    if (!asked.has("no-check")) {
        ProgressLine line(asked.has("json") || !isTerminal(2));
        line.show("looking at " + inLine(address), 0, 0);
        Interrupts interrupts;
        const StopOnInterrupt stop(interrupts);
        const HostLook look = lookAtHosts({added.id}, {}, {}, stop.token()).front();
        line.clear();
        if (look.time) {
            KASTELLAN_TRY(storeHostLooks({{added.id, look}}));
            added.look = look;
        }
    }
    const HostInfo info = infoOf(added);
    if (asked.has("json")) {
        const auto keeps = runningKeeps();
        const auto running = keeps.find(info.id);
        printJson(hostJson(info, &added, running == keeps.end() ? 0 : running->second));
        return exit_code::done;
    }
    std::string text = "added " + inLine(added.id) + (added.name.empty() ? "" : " as " + added.name);
    if (added.look) {
        text += ": " + info.state;
        if (const std::string offers = offersText(info); !offers.empty())
            text += " (" + offers + ")";
        text += "\n";
        if (info.state != "ready")
            text += facts({{"why", inLine(info.why)}, {"to do", inLine(info.remedy)}}, 2);
        print(text);
    } else {
        print(text + "\n");
    }
    return exit_code::done;
}

Result<int> hostRemove(const Invocation &asked)
{
    for (const std::string &host : asked.operands) {
        KASTELLAN_ASSIGN(const bool removed, removeKnownHost(host));
        if (removed)
            continue;
        KASTELLAN_ASSIGN(const auto known, knownHosts());
        std::vector<std::string> names;
        for (const auto &one : known) {
            names.push_back(one.id);
            if (!one.name.empty())
                names.push_back(one.name);
        }
        const std::string meant = nearest(host, names);
        return badInput("remove a host", host, "it was not added",
            (meant.empty() ? "" : "Did you mean " + meant + "? ")
                + std::string("See 'keepctl host list'; 'emulated' and 'local' are always there."));
    }
    return exit_code::done;
}

} // namespace kastellan::keepctl
