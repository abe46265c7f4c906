// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/hosts/pins.h"

#include <algorithm>
#include <ctime>

namespace kastellan::keepctl {

namespace {

js::Out toJson(const HostPin &pin)
{
    return {{"host", pin.host}, {"identity", pin.identity}, {"since", pin.since}};
}

/// The newest record of a host, whose evidence says which platform it was.
Result<Record> newestRecordOf(RecordStore &store, const std::string &host)
{
    constexpr std::size_t page = 1000;
    for (std::size_t offset = 0;; offset += page) {
        KASTELLAN_ASSIGN(const auto records, store.list({}, page, offset));
        for (const auto &record : records)
            if (record.host == host && (record.verdict == "trusted" || record.verdict == "authentic"))
                return store.get(record.id);
        if (records.size() < page)
            return badInput("pin a host", inLine(host), "there is no record of it with a positive verdict",
                "Give --record, or --identity as 'chip:' and the chip id in hex.");
    }
}

/// Of a record, `host` becomes the name that it is pinned by.
Result<std::string> identityFor(const Invocation &asked, std::string &host, const EvidenceBackend &backend)
{
    if (asked.has("identity")) {
        std::string identity = asked.value("identity");
        const bool hex = identity.find_first_not_of("0123456789abcdef", std::min<std::size_t>(identity.size(), 5)) == std::string::npos;
        if (!identity.starts_with("chip:") || !hex || (identity.size() != 5 + 128 && identity.size() != 5 + 16))
            return badInput("pin a host", inLine(identity), "it is not the identity of a processor",
                "Write 'chip:' and the chip id: 128 lower-case hex digits, of a Turin 16.");
        return identity;
    }
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const Record record, asked.has("record") ? findRecord(*store, asked.value("record")) : newestRecordOf(*store, host));
    if (record.host != host)
        return badInput("pin a host", inLine(host), "the record is of the host '" + inLine(record.host) + "'");
    std::string identity = backend.platformIdentity(record.evidence);
    if (identity.empty())
        return badInput("pin a host", record.id, "its evidence does not say which processor it is from: the host masks it");
    host = pinName(host, record.expected.root, identity);
    return identity;
}

} // namespace

Result<int> hostPins(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto pins, kastellan::hostPins());
    js::Out list = js::Out::array();
    Table table({"HOST", "SINCE (UTC)", "IDENTITY"});
    for (const auto &pin : pins) {
        list.push_back(toJson(pin));
        table.add({inLine(pin.host), timeText(pin.since), inLine(pin.identity)});
    }
    if (asked.has("json"))
        printJson({{"pins", std::move(list)}});
    else
        print(table.text(1));
    return exit_code::done;
}

Result<int> hostPin(const Invocation &asked, const Context &context)
{
    std::string host = asked.operands.front();
    KASTELLAN_ASSIGN(const std::string identity, identityFor(asked, host, *context.backend));
    const HostPin pin{host, identity, std::time(nullptr)};
    KASTELLAN_TRY(pinHost(pin));
    logActivity("pin host " + host, identity, "done");
    if (asked.has("json"))
        printJson(toJson(pin));
    else
        print(inLine(host) + " is pinned to " + identity + "\n");
    return exit_code::done;
}

Result<int> hostUnpin(const Invocation &asked)
{
    const std::string host = asked.operands.front();
    KASTELLAN_ASSIGN(const bool was, unpinHost(host));
    if (!was)
        return badInput("unpin a host", inLine(host), "it is not pinned", "'keepctl host pins' shows those that are.");
    logActivity("unpin host " + host, {}, "done");
    if (asked.has("json"))
        printJson({{"unpinned", host}});
    else
        print(inLine(host) + " is not pinned any more; the next launch pins what it finds\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
