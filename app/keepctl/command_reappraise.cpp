// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/certs.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/reference_options.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "core/storage/reappraise_store.h"
#include "sev-backend/store/read.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace kastellan::keepctl {

namespace {

Result<Demands> demandsFrom(const Invocation &asked, const References &references)
{
    Demands demands;
    demands.values = references.expected;
    demands.overrides = references.overrides;
    demands.policy = asked.has("policy");
    for (const std::string &file : asked.values("crl")) {
        KASTELLAN_ASSIGN(const auto inputs, sev::readInputs(std::vector{file}));
        const auto read = sev::readCertificates(inputs);
        const std::size_t before = demands.given.size();
        for (const auto &certificate : read.certificates)
            if (certificate.role == "crl")
                demands.given.push_back(certificate.bytes);
        // Each file that is given has to count: without one of them a revocation could go unseen.
        if (demands.given.size() == before)
            return badInput("read revocation lists", inLine(file), "there is none in it");
    }
    KASTELLAN_ASSIGN(demands.known, storedLists());
    std::erase_if(demands.known, [&](const Bytes &list) { return std::ranges::contains(demands.given, list); });
    return demands;
}

/// What is said of the records that changed.
struct Changes {
    js::Out list = js::Out::array();
    Table table{{"RECORD", "TIME (UTC)", "THEN", "NOW", "NAME", "WHY"}};

    void add(const RecordSummary &summary, const Reappraised &result, const std::string &appended)
    {
        js::Out entry = js::toJson(summary);
        entry["now"] = name(result.now.verdict);
        entry["turned_bad"] = result.worse;
        entry["failing"] = result.failing;
        entry["sentence"] = result.now.sentence;
        if (!appended.empty())
            entry["appended"] = appended;
        list.push_back(std::move(entry));
        std::string why;
        for (const auto &id : result.failing)
            why += (why.empty() ? "" : ", ") + id;
        table.add({summary.id, timeText(summary.created), std::string(name(result.then.verdict)), std::string(name(result.now.verdict)),
            inLine(summary.keepName), why.empty() ? inLine(result.now.sentence) : why});
    }
};

} // namespace

Result<int> evidenceReappraise(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const References references, referencesFrom(asked));
    ReappraiseRequest request;
    KASTELLAN_ASSIGN(request.demands, demandsFrom(asked, references));
    request.at = references.at;
    request.keep = asked.value("keep");
    request.append = asked.has("record");
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    Changes changes;
    KASTELLAN_ASSIGN(const auto tally,
        reappraiseStore(*store, request, *context.backend,
            [&](const auto &summary, const auto &result, const auto &appended) { changes.add(summary, result, appended); }));
    for (const Error &error : tally.unreadable)
        say(error.message());
    if (asked.has("json")) {
        printJson({{"appraised", tally.appraised}, {"turned_bad", tally.worse}, {"turned_better", tally.better},
            {"unreadable", tally.unreadable.size()}, {"at", references.at}, {"changed", std::move(changes.list)}});
    } else {
        if (tally.worse + tally.better != 0)
            print(changes.table.text(1, 3));
        print(std::to_string(tally.appraised) + " appraised again, " + std::to_string(tally.worse) + " turned bad"
            + (tally.better != 0 ? ", " + std::to_string(tally.better) + " turned better" : "")
            + (!tally.unreadable.empty() ? ", " + std::to_string(tally.unreadable.size()) + " unreadable" : "") + "\n");
    }
    return tally.worse + tally.unreadable.size() == 0 ? exit_code::done : exit_code::negative;
}

void reappraiseForNewList(const Context &context)
{
    ReappraiseRequest request;
    const auto lists = storedLists();
    const auto store = RecordStore::open();
    if (!lists || !store) {
        say((lists ? store.error() : lists.error()).message());
        return;
    }
    request.demands.known = *lists;
    request.at = std::time(nullptr);
    Changes changes;
    // Of a large store the newest are looked at: this is the tail of another command.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    std::stop_source stop;
    const auto tally = reappraiseStore(
        **store, request, *context.backend,
        [&](const auto &summary, const auto &result, const auto &) {
            if (result.worse)
                changes.add(summary, result, {});
        },
        [&](std::string_view, std::uint64_t, std::uint64_t) {
            if (std::chrono::steady_clock::now() > until)
                stop.request_stop();
        },
        stop.get_token());
    if (!tally) {
        say(tally.error().message());
        return;
    }
    if (tally->worse != 0)
        say("by the new revocation list, stored evidence turned bad:\n" + changes.table.text(1, 3));
    const std::string which = tally->stopped ? "the newest " + std::to_string(tally->appraised) : "all " + std::to_string(tally->appraised);
    if (tally->appraised != 0)
        say(which + " stored records were appraised again under the new list: " + std::to_string(tally->worse) + " turned bad"
            + (tally->stopped ? "; 'keepctl evidence reappraise' goes through the others" : ""));
}

} // namespace kastellan::keepctl
