// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "core/hosts/readiness.h"

#include <set>

namespace kastellan {
namespace {

constexpr std::size_t mostChecks = 2000, mostVerdicts = 16, mostFacts = 1000, mostWords = 64, longest = 8192;
constexpr std::int64_t latest = 253402300799; // the end of the year 9999

/// A text of at most `longest` bytes.
std::string bounded(js::Object &object, const char *key, bool required = false)
{
    std::string text = required ? object.text(key) : object.textOr(key);
    if (text.size() > longest)
        object.wrong(key, "it has " + std::to_string(text.size()) + " bytes, and at most " + std::to_string(longest) + " are read");
    return text;
}

std::vector<std::string> words(js::Object &object, const char *key)
{
    auto list = object.texts(key);
    if (list.size() > mostWords)
        object.wrong(key, "it has more than " + std::to_string(mostWords) + " elements");
    for (const auto &word : list)
        if (word.size() > longest)
            object.wrong(key, "an element is longer than " + std::to_string(longest) + " bytes");
    return list;
}

js::Out checkJson(const ReadinessCheck &check)
{
    return {{"id", check.id}, {"area", check.area}, {"title", check.title}, {"state", name(check.state)}, {"parent", check.parent},
        {"needs", check.needs}, {"skipped_for", check.skippedFor}, {"looked", check.looked}, {"saw", check.saw}, {"means", check.means},
        {"remedy", check.remedy}, {"command", check.command}, {"source", check.source}, {"blocks", check.blocks}};
}

Result<ReadinessCheck> checkFrom(const js::In &value, const std::string &where)
{
    js::Object object(value, where);
    ReadinessCheck check;
    check.id = bounded(object, "id", true);
    check.area = bounded(object, "area", true);
    check.title = bounded(object, "title", true);
    const std::string state = bounded(object, "state", true);
    check.parent = bounded(object, "parent");
    check.needs = words(object, "needs");
    check.skippedFor = bounded(object, "skipped_for");
    check.looked = bounded(object, "looked");
    check.saw = bounded(object, "saw");
    check.means = bounded(object, "means");
    check.remedy = bounded(object, "remedy");
    check.command = bounded(object, "command");
    check.source = bounded(object, "source");
    check.blocks = words(object, "blocks");
    KASTELLAN_TRY(object.status());
    KASTELLAN_ASSIGN(check.state, checkStateFromName(state));
    return check;
}

js::Out verdictJson(const ReadinessVerdict &verdict)
{
    return {{"protection", verdict.protection}, {"title", verdict.title}, {"state", name(verdict.state)}, {"sentence", verdict.sentence},
        {"causes", verdict.causes}};
}

Result<ReadinessVerdict> verdictFrom(const js::In &value, const std::string &where)
{
    js::Object object(value, where);
    ReadinessVerdict verdict;
    verdict.protection = bounded(object, "protection", true);
    verdict.title = bounded(object, "title");
    const std::string state = bounded(object, "state", true);
    verdict.sentence = bounded(object, "sentence");
    verdict.causes = words(object, "causes");
    KASTELLAN_TRY(object.status());
    KASTELLAN_ASSIGN(verdict.state, verdictStateFromName(state));
    return verdict;
}

/// Fails where a list is longer than it may be.
Status notMoreThan(std::size_t count, std::size_t most, const std::string &where)
{
    if (count < most)
        return {};
    return badInput("read the readiness of a host", where, "there are more than " + std::to_string(most));
}

} // namespace

std::string toJson(const Readiness &readiness)
{
    js::Out verdicts = js::Out::array(), checks = js::Out::array(), facts = js::Out::array();
    for (const auto &verdict : readiness.verdicts)
        verdicts.push_back(verdictJson(verdict));
    for (const auto &check : readiness.checks)
        checks.push_back(checkJson(check));
    for (const auto &[label, value] : readiness.facts)
        facts.push_back({{"name", label}, {"value", value}});
    return js::dump(
        {{"schema", "kastellan-readiness-1"}, {"host", readiness.host}, {"title", readiness.title}, {"emulated", readiness.emulated},
            {"time", readiness.time}, {"looked_at", readiness.lookedAt}, {"root", readiness.root}, {"verdicts", std::move(verdicts)},
            {"checks", std::move(checks)}, {"facts", std::move(facts)}},
        2);
}

Result<Readiness> readinessFromJson(std::string_view json)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, "the readiness of a host", readinessLimit));
    js::Object object(value, "readiness");
    Readiness readiness;
    if (const std::string schema = bounded(object, "schema", true); object.status() && schema != "kastellan-readiness-1")
        object.wrong("schema", "'" + schema.substr(0, 40) + "' is not known; 'kastellan-readiness-1' is");
    readiness.host = bounded(object, "host", true);
    readiness.title = bounded(object, "title");
    readiness.emulated = object.flagOr("emulated", false);
    readiness.time = object.integerOr("time", 0, 0, latest);
    readiness.lookedAt = bounded(object, "looked_at");
    readiness.root = bounded(object, "root");
    object.each("verdicts", [&](const js::In &element, const std::string &where) -> Status {
        KASTELLAN_TRY(notMoreThan(readiness.verdicts.size(), mostVerdicts, where));
        KASTELLAN_ASSIGN(auto verdict, verdictFrom(element, where));
        readiness.verdicts.push_back(std::move(verdict));
        return {};
    });
    std::set<std::string, std::less<>> ids;
    object.each("checks", [&](const js::In &element, const std::string &where) -> Status {
        KASTELLAN_TRY(notMoreThan(readiness.checks.size(), mostChecks, where));
        KASTELLAN_ASSIGN(auto check, checkFrom(element, where));
        if (!check.parent.empty() && !ids.contains(check.parent)) // a tree: no rings, no orphans
            return badInput("read the readiness of a host", where + ".parent", "no check before it has this id");
        if (!ids.insert(check.id).second)
            return badInput("read the readiness of a host", where + ".id", "two checks have it");
        readiness.checks.push_back(std::move(check));
        return {};
    });
    object.each("facts", [&](const js::In &element, const std::string &where) -> Status {
        KASTELLAN_TRY(notMoreThan(readiness.facts.size(), mostFacts, where));
        js::Object fact(element, where);
        std::string label = bounded(fact, "name", true), text = bounded(fact, "value");
        KASTELLAN_TRY(fact.status());
        readiness.facts.emplace_back(std::move(label), std::move(text));
        return {};
    });
    KASTELLAN_TRY(object.status());
    return readiness;
}

} // namespace kastellan
