// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/storage/record_store.h"

#include <chrono>

#include <pwd.h>
#include <unistd.h>

namespace kastellan::keepctl {

std::string userName()
{
    const passwd *entry = ::getpwuid(::geteuid());
    return entry && entry->pw_name ? entry->pw_name : "uid " + std::to_string(::geteuid());
}

void logActivity(std::string what, std::string subject, std::string outcome)
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    ActivityEntry entry;
    entry.at = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    entry.who = userName();
    entry.what = std::move(what);
    entry.subject = std::move(subject);
    entry.outcome = std::move(outcome);
    auto store = RecordStore::open();
    const Status logged = store ? (*store)->logActivity(entry) : Status(std::unexpected(store.error()));
    if (!logged)
        say(logged.error().message());
}

Result<int> activityLog(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::uint64_t limit, asked.number("limit", 100, 1'000'000));
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const auto entries, store->activity(limit));
    js::Out list = js::Out::array();
    Table table({"TIME (UTC)", "BY", "ACTION", "SUBJECT", "OUTCOME"});
    for (const ActivityEntry &entry : entries) {
        list.push_back(
            {{"at", entry.at}, {"who", entry.who}, {"what", entry.what}, {"subject", entry.subject}, {"outcome", entry.outcome}});
        table.add({timeTextMs(entry.at), entry.who, entry.what, entry.subject, entry.outcome});
    }
    if (asked.has("json"))
        printJson({{"activity", std::move(list)}});
    else
        print(table.text(1));
    return exit_code::done;
}

} // namespace kastellan::keepctl
