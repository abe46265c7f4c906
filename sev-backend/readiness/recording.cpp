// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/recording.h"

#include "core/evidence/json.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr std::string_view schema = "kastellan-host-1";
constexpr std::size_t mostFacts = 4000, longestKey = 100, longestValue = 65536, longestWords = 2000;
constexpr std::int64_t latest = 253402300799; // the end of the year 9999

bool isKey(std::string_view text)
{
    return !text.empty() && text.size() <= longestKey && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    });
}

std::string bounded(js::Object &object, const char *key, std::size_t most = longestWords)
{
    std::string text = object.textOr(key);
    if (text.size() > most)
        object.wrong(key, "it has " + std::to_string(text.size()) + " bytes, and at most " + std::to_string(most) + " are read");
    return text;
}

Result<Fact> factFrom(const js::In &value, const std::string &where)
{
    js::Object object(value, where);
    Fact fact;
    fact.value = bounded(object, "value", longestValue);
    fact.how = bounded(object, "how");
    fact.why = bounded(object, "why");
    const std::string state = bounded(object, "state");
    KASTELLAN_TRY(object.status());
    if (state.empty() && object.find("value")) {
        fact.had = Fact::Had::Value;
        return fact;
    }
    for (const auto had : {Fact::Had::Absent, Fact::Had::Denied, Fact::Had::Failed, Fact::Had::NotLooked})
        if (state == name(had)) {
            fact.had = had;
            fact.value.clear();
            return fact;
        }
    return badInput("read the recording", where, "it has neither a value nor a known state: absent, denied, failed, not looked");
}

} // namespace

std::string toRecording(const HostFacts &facts)
{
    js::Out members = js::Out::object();
    for (const auto &[key, fact] : facts.all()) {
        js::Out member = js::Out::object();
        if (fact.had == Fact::Had::Value)
            member["value"] = fact.value;
        else
            member["state"] = name(fact.had);
        if (!fact.why.empty())
            member["why"] = fact.why;
        if (!fact.how.empty())
            member["how"] = fact.how;
        members[key] = std::move(member);
    }
    return js::dump({{"schema", schema}, {"host", facts.host}, {"title", facts.title}, {"time", facts.time},
                        {"recorded_by", facts.recordedBy}, {"root", facts.root}, {"facts", std::move(members)}},
               1)
        + "\n";
}

Result<HostFacts> fromRecording(std::string_view json, std::string_view name)
{
    const std::string what = "the recording " + std::string(name);
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, what, recordingLimit));
    if (!value.is_object() || !value.contains("schema") || !value.contains("facts"))
        return badInput(
            "read " + what, std::string(name), "it is JSON, and no recording of a host", "Give a file that 'keepctl host record' wrote.");
    js::Object object(value, std::string(name));
    HostFacts facts;
    facts.recording = true;
    if (const std::string found = object.text("schema"); object.status() && found != schema)
        object.wrong(
            "schema", "'" + found.substr(0, 40) + "' is not known; '" + std::string(schema) + "' is. Record the host with this version");
    facts.host = bounded(object, "host");
    facts.title = bounded(object, "title");
    facts.time = object.integerOr("time", 0, 0, latest);
    facts.recordedBy = bounded(object, "recorded_by");
    facts.root = bounded(object, "root");
    const js::In *members = object.find("facts");
    KASTELLAN_TRY(object.status());
    if (!members || !members->is_object())
        return badInput("read " + what, "facts", "an object is expected");
    if (members->size() > mostFacts)
        return badInput("read " + what, "facts", "there are more than " + std::to_string(mostFacts));
    for (const auto &[key, member] : members->items()) {
        if (!isKey(key))
            return badInput("read " + what, "facts", "'" + key.substr(0, 40) + "' is no key: letters, digits, '.', '_' and '-' make one");
        KASTELLAN_ASSIGN(Fact fact, factFrom(member, "facts." + key));
        facts.put(key, std::move(fact));
    }
    return facts;
}

} // namespace kastellan::sev
