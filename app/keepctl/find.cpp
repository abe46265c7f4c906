// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/find.h"

#include "app/keepctl/output.h"
#include "app/keepctl/suggest.h"
#include "core/keeps/profile.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {

constexpr std::size_t shortestPrefix = 4;

/// The one candidate that the text is, or is the beginning of.
Result<std::size_t> pick(
    std::string_view text, const std::vector<std::string> &candidates, std::string_view what, std::size_t shortest, std::string_view list)
{
    std::vector<std::size_t> beginning;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates[i] == text)
            return i;
        if (text.size() >= shortest && candidates[i].starts_with(text))
            beginning.push_back(i);
    }
    const std::string action = "find the " + std::string(what);
    if (beginning.size() == 1)
        return beginning.front();
    if (beginning.empty()) {
        const std::string meant = nearest(text, candidates);
        return badInput(action, std::string(text), "there is none of that name",
            (meant.empty() ? "" : "Did you mean " + meant + "? ") + "See '" + std::string(list) + "'.");
    }
    std::string several;
    for (const std::size_t i : beginning)
        several += (several.empty() ? "" : ", ") + candidates[i];
    return badInput(action, std::string(text), "it is the beginning of several: " + several, "Write more of it.");
}

bool needsNoQuotes(std::string_view word)
{
    return !word.empty() && word.front() != '-'
        && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/+-@%,") == std::string_view::npos;
}

} // namespace

Result<std::shared_ptr<Host>> findHost(const HostRegistry &hosts, std::string_view text)
{
    if (auto host = hosts.find(text))
        return host;
    const auto all = hosts.hosts();
    std::vector<std::string> ids;
    for (const auto &host : all)
        ids.push_back(host->info().id);
    KASTELLAN_ASSIGN(const std::size_t index, pick(text, ids, "host", 1, "keepctl host list"));
    return all[index];
}

Result<KeepStatus> findKeep(std::string_view text)
{
    auto found = keeps::find(text);
    if (found || found.error().kind != ErrorKind::Input)
        return found;
    if (found.error().remedy.empty())
        found.error().remedy = "See 'keepctl keep list'.";
    return found;
}

Result<Record> findRecord(RecordStore &store, std::string_view text)
{
    auto record = store.get(text);
    if (record || record.error().kind != ErrorKind::Input)
        return record;
    std::string keep;
    if (const auto status = keeps::find(text)) {
        keep = toHex(status->plan.id.view());
    } else { // a keep that was removed: its records name it
        KASTELLAN_ASSIGN(const auto all, store.list());
        const auto found = std::ranges::find_if(all, [&](const RecordSummary &summary) {
            return summary.keepName == text || (text.size() >= shortestPrefix && summary.keep.starts_with(text));
        });
        if (found == all.end())
            return std::unexpected(record.error());
        keep = found->keep;
    }
    KASTELLAN_ASSIGN(const auto newest, store.list(keep, 1));
    if (newest.empty())
        return badInput("find the record", std::string(text), "this keep has no record yet: it was never appraised",
            "See 'keepctl keep show " + std::string(text) + "'.");
    return store.get(newest.front().id);
}

Result<KeyInfo> findKey(std::string_view text)
{
    KASTELLAN_ASSIGN(const auto all, keys::list());
    std::vector<std::string> names;
    for (const KeyInfo &key : all) {
        if (key.name == text)
            return key;
        names.push_back(key.name);
    }
    std::vector<std::string> fingerprints;
    for (const KeyInfo &key : all)
        fingerprints.push_back(key.fingerprint);
    const auto byFingerprint = pick(text, fingerprints, "key", shortestPrefix, "keepctl keys list");
    if (byFingerprint)
        return all[*byFingerprint];
    KASTELLAN_ASSIGN(const std::size_t index, pick(text, names, "key", text.size() + 1, "keepctl keys list"));
    return all[index];
}

Result<std::string> completionWords(const std::string &kind, const HostRegistry &hosts)
{
    std::vector<std::pair<std::string, std::string>> words;
    if (kind == "hosts") {
        for (const auto &host : hosts.hosts()) {
            const HostInfo info = host->info();
            words.emplace_back(info.id, info.name);
        }
    } else if (kind == "keeps") {
        for (const KeepStatus &status : keeps::list())
            words.emplace_back(toHex(status.plan.id.view()).substr(0, 12), status.plan.name + ", " + std::string(name(status.state)));
    } else if (kind == "records") {
        KASTELLAN_ASSIGN(const auto store, RecordStore::open());
        KASTELLAN_ASSIGN(const auto all, store->list({}, 200));
        for (const RecordSummary &summary : all)
            words.emplace_back(summary.id, summary.keepName + ", " + summary.verdict);
    } else if (kind == "keys") {
        KASTELLAN_ASSIGN(const auto all, keys::list());
        for (const KeyInfo &key : all)
            words.emplace_back(key.name, key.use);
    } else if (kind == "profiles") {
        KASTELLAN_ASSIGN(const auto all, profiles::list());
        for (const LaunchProfile &profile : all)
            words.emplace_back(profile.name, profile.request.host);
    } else {
        return badInput("list words", "--words " + kind, "there are hosts, keeps, records, keys and profiles");
    }
    std::string text;
    for (const auto &[word, meaning] : words)
        if (needsNoQuotes(word))
            text += word + "\t" + inLine(meaning) + "\n";
    return text;
}

} // namespace kastellan::keepctl
