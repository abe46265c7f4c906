// SPDX-License-Identifier: Apache-2.0
#include "app/backends/added_hosts.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/host_text.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"

#include <algorithm>

namespace kastellan::keepctl {
namespace {

/// Looks at all that were added, and stores what was found. Interrupted: those that were not reached stay as they were.
Status lookAgain(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::uint64_t seconds, asked.number("timeout", 30, 3600));
    KASTELLAN_ASSIGN(const auto known, knownHosts());
    std::vector<std::string> addresses;
    for (const auto &host : known)
        addresses.push_back(host.id);
    Interrupts interrupts;
    const StopOnInterrupt stop(interrupts);
    ProgressLine line(asked.has("json") || !isTerminal(2));
    const auto looks = lookAtHosts(
        addresses, {.atOnce = 8, .time = std::chrono::seconds(std::max<std::uint64_t>(seconds, 1))},
        [&line](std::string_view doing, std::uint64_t done, std::uint64_t total) { line.show(doing, done, total); }, stop.token());
    std::vector<std::pair<std::string, HostLook>> found;
    for (std::size_t i = 0; i < looks.size(); ++i)
        if (looks[i].time)
            found.emplace_back(addresses[i], looks[i]);
    KASTELLAN_TRY(storeHostLooks(found));
    if (stop.token().stop_requested())
        return fail(ErrorKind::Cancelled, "look at the hosts", {},
            "it was interrupted: " + std::to_string(found.size()) + " of " + std::to_string(looks.size()) + " were looked at");
    return {};
}

} // namespace

Result<int> hostList(const Invocation &asked, const Context &context)
{
    if (asked.has("timeout") && !asked.has("check"))
        return badInput("list the hosts", "--timeout", "it says how long a look may take, and nothing is looked at", "Add --check.");
    if (asked.has("check"))
        KASTELLAN_TRY(lookAgain(asked));
    const auto keeps = runningKeeps();
    // What a list can't tell is no reason not to list the others.
    const auto known = knownHosts();
    js::Out list = js::Out::array();
    Table table({"HOST", "NAME", "STATE", "OFFERS", "KEEPS", "LOOKED AT", "WHY"}, 48);
    for (const auto &host : context.hosts->hosts()) {
        const HostInfo info = host->info();
        const auto own = known ? std::ranges::find(*known, info.id, &KnownHost::id) : std::vector<KnownHost>::const_iterator{};
        const KnownHost *added = known && own != known->end() ? &*own : nullptr;
        const auto running = keeps.find(info.id);
        const std::size_t count = running == keeps.end() ? 0 : running->second;
        list.push_back(hostJson(info, added, count));
        table.add({inLine(info.id), added ? added->name : "", info.state, offersText(info), count ? std::to_string(count) : "-",
            !added            ? "now"
                : added->look ? timeText(added->look->time)
                              : "never",
            inLine(info.why.empty() ? info.platform : info.why)});
    }
    if (asked.has("json"))
        printJson({{"hosts", std::move(list)}});
    else
        print(table.text(1, 2));
    return exit_code::done;
}

Result<int> hostShow(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const auto host, findHost(*context.hosts, asked.operands.front()));
    HostInfo info = host->info();
    const auto known = knownHost(info.id); // a list that can't be read says so itself, and hides no other host
    auto added = known ? *known : std::nullopt;
    if (asked.has("check") && added) {
        Interrupts interrupts;
        const StopOnInterrupt stop(interrupts);
        const HostLook look = lookAtHosts({added->id}, {}, {}, stop.token()).front();
        if (!look.time)
            return fail(ErrorKind::Cancelled, "look at the host", added->id, "it was interrupted");
        KASTELLAN_TRY(storeHostLooks({{added->id, look}}));
        added->look = look;
        info = infoOf(*added);
    }
    const auto keeps = runningKeeps();
    const auto running = keeps.find(info.id);
    const std::size_t count = running == keeps.end() ? 0 : running->second;
    if (asked.has("json")) {
        printJson(hostJson(info, added ? &*added : nullptr, count));
    } else {
        print(facts({{"host", inLine(info.id)}, {"name", inLine(info.name)}, {"state", info.state}, {"why", inLine(info.why)},
            {"to do", inLine(info.remedy)}, {"offers", offersText(info)}, {"keeps", count ? std::to_string(count) + " running" : ""},
            {"platform", inLine(info.platform)}, {"emulated", info.emulated ? "yes: proves the procedure, nothing about hardware" : ""}}));
        auto rows = info.facts;
        for (auto &[label, value] : rows) {
            label = inLine(label);
            value = inLine(value);
        }
        print(facts(rows));
    }
    return info.state == "not ready" ? exit_code::negative : exit_code::done;
}

} // namespace kastellan::keepctl
