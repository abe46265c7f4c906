// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/find.h"
#include "app/keepctl/hex_text.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/show_file.h"
#include "core/evidence/json.h"
#include "core/evidence/reappraise.h"
#include "core/reports/reports.h"
#include "core/reports/text.h"
#include "core/storage/record_care.h"
#include "core/trust/layers.h"

#include <ctime>
#include <map>

namespace kastellan::keepctl {

namespace {

std::string_view markText(Layer::Mark mark)
{
    switch (mark) {
    case Layer::Mark::MustTrust:
        return "must be trusted";
    case Layer::Mark::Verified:
        return "verified";
    case Layer::Mark::ShutOut:
        break;
    }
    return "shut out";
}

std::string layersText(const Record &record)
{
    std::string text = painted(1, Colour::Bold, "layers") + "\n";
    Table table({"layer", "owner", "mark", "why"});
    for (const Layer &layer : layersOf(record))
        table.add({layer.detail.empty() ? layer.name : layer.name + ": " + layer.detail, layer.owner, std::string(markText(layer.mark)),
            layer.why});
    return text + table.text(1);
}

/// What the same evidence comes to now: certificates expire, and programs learn.
std::string againText(const Appraisal &then, const Appraisal &now)
{
    const std::string verdict(name(now.verdict));
    return then.verdict == now.verdict ? verdict + ", as then"
                                       : verdict + " NOW, " + std::string(name(then.verdict)) + " then: " + now.sentence;
}

/// The keep's id for --keep: of a keep that is there, or one that only its records still know.
Result<std::string> keepFilter(RecordStore &store, const std::string &given)
{
    if (given.empty())
        return std::string();
    if (const auto status = keeps::find(given))
        return toHex(status->plan.id.view());
    KASTELLAN_ASSIGN(const Record record, findRecord(store, given));
    return record.keep;
}

} // namespace

Result<int> evidenceList(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const std::uint64_t limit, asked.number("limit", 1000, 10'000'000));
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const std::string keep, keepFilter(*store, asked.value("keep")));
    KASTELLAN_ASSIGN(const auto records, store->list(keep, limit));
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    KASTELLAN_ASSIGN(const auto purgedRecords, care->purged());
    const std::map<std::string, std::string> purged(purgedRecords.begin(), purgedRecords.end());
    js::Out list = js::Out::array();
    Table table({"RECORD", "TIME (UTC)", "VERDICT", "KIND", "KEEP", "NAME", "HOST"});
    for (const RecordSummary &record : records) {
        const auto by = purged.find(record.id);
        list.push_back(js::toJson(record));
        list.back()["purged"] = by == purged.end() ? js::Out(nullptr) : js::Out(by->second);
        const std::string verdict = record.kind == "purge" ? "-" : record.emulated ? record.verdict + " (emulated)" : record.verdict;
        table.add({record.id, timeText(record.created), verdict, by == purged.end() ? record.kind : record.kind + " (purged)",
            record.keep.substr(0, 12), record.keepName, record.host});
    }
    if (asked.has("json"))
        printJson({{"records", std::move(list)}});
    else
        print(table.text(1, 2));
    return exit_code::done;
}

Result<int> evidenceShow(const Invocation &asked, const Context &context)
{
    if (meansFile(asked.operands.front()))
        return showFile(asked, context);
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const Record record, findRecord(*store, asked.operands.front()));
    if (record.kind == "purge" && !asked.has("json")) {
        print(facts({{"record", record.id}, {"time", timeText(record.created)}, {"kind", record.kind}, {"notes", inLine(record.notes)}}));
        return exit_code::done;
    }
    const auto view = context.backend->describe(record.evidence);
    const Appraisal today = reappraise(record, *context.backend, std::time(nullptr));
    if (asked.has("json")) {
        print(recordJson(record, view ? &*view : nullptr, &today) + "\n");
        return exit_code::done;
    }
    print(recordText(record, mayColour(1), terminalWidth()) + "\n");
    print(facts({{"kind", record.kind}, {"notes", record.notes}, {"appraised again", againText(record.appraisal, today)}}) + "\n");
    if (view)
        print(facts({{"technology", view->technology}, {"product", view->product}}) + chainText(*view, 1) + "\n");
    else
        say(view.error().message());
    print(layersText(record));
    if (view && asked.has("fields"))
        print("\n" + fieldsText(*view, 1));
    if (view && asked.has("hex"))
        print("\n" + hexText(record.evidence.report, view->fields, 1));
    return exit_code::done;
}

Result<int> evidenceFsck(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    std::size_t checked = 0;
    KASTELLAN_ASSIGN(const auto problems, store->check(&checked));
    if (asked.has("json")) {
        printJson({{"checked", checked}, {"problems", problems}});
    } else {
        for (const std::string &problem : problems)
            print(painted(1, Colour::Red, inLine(problem)) + "\n");
        print(std::to_string(checked) + " records checked, "
            + (problems.empty() ? "nothing wrong" : std::to_string(problems.size()) + " problems") + "\n");
    }
    return problems.empty() ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
