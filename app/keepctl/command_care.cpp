// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/find.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "core/storage/record_care.h"

#include <charconv>
#include <ctime>

namespace kastellan::keepctl {

namespace {

/// "90d", "12w", "36h": seconds.
Result<std::int64_t> ageFrom(std::string_view text)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    const std::int64_t seconds = unit == "d" ? 86'400 : unit == "w" ? 7 * 86'400 : unit == "h" ? 3'600 : 0;
    if (error != std::errc() || number < 0 || number > 100'000 || seconds == 0)
        return badInput("read --older-than", inLine(text), "it is not an age", "Write a number with d, w or h: 90d.");
    return number * seconds;
}

} // namespace

Result<int> evidenceHold(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    js::Out list = js::Out::array();
    if (asked.operands.empty()) {
        KASTELLAN_ASSIGN(const auto holds, care->holds());
        Table table({"RECORD", "SINCE (UTC)", "BY", "WHY"});
        for (const auto &hold : holds) {
            list.push_back({{"record", hold.id}, {"at", hold.at}, {"who", hold.who}, {"why", hold.why}});
            table.add({hold.id, timeText(hold.at), inLine(hold.who), inLine(hold.why)});
        }
        if (asked.has("json"))
            printJson({{"holds", std::move(list)}});
        else
            print(table.text(1));
        return exit_code::done;
    }
    KASTELLAN_ASSIGN(const Record record, findRecord(*store, asked.operands.front()));
    const RecordHold hold{record.id, std::time(nullptr), userName(), asked.value("why")};
    KASTELLAN_TRY(care->hold(hold));
    logActivity("hold record", record.id, "done");
    if (asked.has("json"))
        printJson({{"record", hold.id}, {"at", hold.at}, {"who", hold.who}, {"why", hold.why}});
    else
        print(record.id + " is kept until it is released\n");
    return exit_code::done;
}

Result<int> evidenceRelease(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    KASTELLAN_ASSIGN(const Record record, findRecord(*store, asked.operands.front()));
    KASTELLAN_ASSIGN(const bool was, care->release(record.id));
    if (!was)
        return badInput("release a record", record.id, "nobody holds it", "'keepctl evidence hold' shows the holds.");
    logActivity("release record", record.id, "done");
    if (asked.has("json"))
        printJson({{"released", record.id}});
    else
        print(record.id + " may be purged when it is old enough\n");
    return exit_code::done;
}

Result<int> evidencePurge(const Invocation &asked)
{
    if (!asked.has("older-than"))
        return badInput("purge records", {}, "how old they have to be is not said", "Give --older-than 90d.");
    KASTELLAN_ASSIGN(const std::int64_t age, ageFrom(asked.value("older-than")));
    KASTELLAN_ASSIGN(const std::uint64_t newest, asked.number("keep-newest", 1, 1'000'000'000));
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    PurgeRequest request;
    request.before = std::time(nullptr) - age;
    request.keepNewest = newest;
    request.who = userName();
    request.why = asked.value("why");
    request.onlyTell = asked.has("dry-run");
    KASTELLAN_ASSIGN(const Purged purged, care->purge(request));
    if (!purged.record.empty())
        logActivity("purge records", std::to_string(purged.records.size()), purged.record);
    js::Out list = js::Out::array();
    Table table({"RECORD", "TIME (UTC)", "VERDICT", "KIND", "NAME"});
    for (const auto &record : purged.records) {
        list.push_back(js::toJson(record));
        table.add({record.id, timeText(record.created), record.verdict, record.kind, inLine(record.keepName)});
    }
    if (asked.has("json")) {
        printJson({{"purged", std::move(list)}, {"held", purged.held}, {"bytes", purged.bytes}, {"record", purged.record},
            {"dry_run", request.onlyTell}});
        return exit_code::done;
    }
    if (!purged.records.empty())
        print(table.text(1, 2));
    print(std::to_string(purged.records.size()) + (request.onlyTell ? " would be purged" : " purged")
        + (purged.held != 0 ? ", " + std::to_string(purged.held) + " held" : "")
        + (purged.record.empty() ? "" : ", " + sizeText(purged.bytes) + " freed; record " + purged.record + " names them") + "\n");
    return exit_code::done;
}

Result<int> evidenceBackup(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    const std::string file = asked.operands.front();
    KASTELLAN_TRY(care->backup(file));
    logActivity("back up evidence", file, "done");
    if (asked.has("json"))
        printJson({{"backup", file}});
    else
        print(inLine(file) + "\n");
    return exit_code::done;
}

Result<int> evidenceRestore(const Invocation &asked)
{
    const std::string file = asked.operands.front();
    KASTELLAN_ASSIGN(const Restored restored, restoreRecords(file, asked.has("force")));
    logActivity("restore evidence", file, "done");
    if (asked.has("json")) {
        printJson({{"records", restored.records}, {"before", restored.before.string()}});
        return exit_code::done;
    }
    print(std::to_string(restored.records) + " records restored\n");
    if (!restored.before.empty())
        print("the store as it was is in " + inLine(restored.before.string()) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
