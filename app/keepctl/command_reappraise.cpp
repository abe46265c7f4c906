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
#include "core/evidence/reappraise.h"
#include "core/storage/record_care.h"
#include "sev-backend/certificates/crl.h"
#include "sev-backend/store/read.h"

#include <algorithm>
#include <ctime>
#include <set>

namespace kastellan::keepctl {

namespace {

/// What is demanded today that the records did not know.
struct Demands {
    References references;
    bool policy = false;
    std::vector<Bytes> given, stored; ///< revocation lists
};

Result<Demands> demandsFrom(const Invocation &asked)
{
    Demands demands;
    KASTELLAN_ASSIGN(demands.references, referencesFrom(asked));
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
    // Those of the certificate store count as well: they are what is known today.
    KASTELLAN_ASSIGN(const auto stored, everyCertificate());
    for (const auto &certificate : stored)
        if (certificate.role == "crl" && !std::ranges::contains(demands.given, certificate.bytes))
            demands.stored.push_back(certificate.bytes);
    return demands;
}

/// Whether a list is about the root of a record: by its name, or also by its signature.
bool concerns(const Bytes &list, const Record &record, bool isSigned)
{
    const auto crl = sev::RevocationList::fromDer(list);
    for (const auto &endorsement : record.evidence.endorsements)
        if (crl && endorsement.role == "ark")
            if (const auto root = sev::Certificate::fromDer(endorsement.der))
                return isSigned ? crl->signatureBy(*root).has_value() : crl->isBy(*root);
    return false;
}

/// The record with today's demands. Its own are never loosened: floors are raised, lists are added.
Record demanded(Record record, const Demands &demands, const EvidenceBackend &backend, std::int64_t at)
{
    const ReferenceValues &wanted = demands.references.expected;
    if (demands.policy) {
        // What the old policy alone asked for is no finding of the new one, and what it gave up is not given up any more.
        for (const Finding &finding : backend.appraise(record.evidence, record.expected, at))
            std::erase_if(record.appraisal.findings, [&](const Finding &then) { return then.id == finding.id; });
        std::erase_if(record.appraisal.overrides, [](const std::string &given) { return given.starts_with("policy: "); });
        record.expected.policy = wanted.policy;
        for (const std::string &given : demands.references.overrides)
            record.appraisal.overrides.push_back(given);
    }
    for (const auto &[level, floor] : wanted.minimumTcb) {
        const auto known = std::ranges::find(record.expected.minimumTcb, level, [](const auto &pair) { return pair.first; });
        if (known == record.expected.minimumTcb.end())
            record.expected.minimumTcb.emplace_back(level, floor);
        else
            known->second = std::max(known->second, floor);
    }
    record.expected.strict = record.expected.strict || wanted.strict;
    const auto add = [&record](const Bytes &list) {
        if (!std::ranges::any_of(record.evidence.endorsements, [&](const Endorsement &own) { return own.der == list; }))
            record.evidence.endorsements.push_back({"crl", list});
    };
    // One that was given and is not signed as it says is a finding; the store may hold those of other roots of that name.
    for (const Bytes &list : demands.given)
        if (concerns(list, record, false))
            add(list);
    for (const Bytes &list : demands.stored)
        if (concerns(list, record, true))
            add(list);
    return record;
}

int rank(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Trusted:
        return 3;
    case Verdict::Authentic:
        return 2;
    case Verdict::Undecided:
        return 1;
    case Verdict::Refused:
        break;
    }
    return 0;
}

bool isFloor(const Finding &finding)
{
    return finding.id == "tcb.minimum" || finding.id == "chain.crl";
}

/// The ids of findings that were not failing then, and are now.
std::vector<std::string> newlyFailing(const Appraisal &then, const Appraisal &now)
{
    std::vector<std::string> ids;
    for (const auto &finding : now.findings) {
        if (finding.outcome != Outcome::Fail || (!finding.required && !isFloor(finding)))
            continue;
        const auto before = std::ranges::find(then.findings, finding.id, &Finding::id);
        if (before == then.findings.end() || before->outcome != Outcome::Fail)
            ids.push_back(finding.id);
    }
    return ids;
}

struct Tally {
    std::size_t appraised = 0, bad = 0, better = 0, unreadable = 0;
    js::Out changed = js::Out::array();
    Table table{{"RECORD", "TIME (UTC)", "THEN", "NOW", "NAME", "WHY"}};
};

} // namespace

Result<int> evidenceReappraise(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const Demands demands, demandsFrom(asked));
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    constexpr std::size_t page = 500;
    std::vector<RecordSummary> all;
    for (std::size_t offset = 0;; offset += page) {
        KASTELLAN_ASSIGN(const auto records, store->list({}, page, offset));
        for (const auto &record : records)
            if (record.kind != "purge" && record.kind != "reappraisal"
                && (!asked.has("keep") || record.keep.starts_with(asked.value("keep")) || record.keepName == asked.value("keep")))
                all.push_back(record);
        if (records.size() < page)
            break;
    }
    KASTELLAN_ASSIGN(const auto care, RecordCare::open());
    KASTELLAN_ASSIGN(const auto purgedRecords, care->purged());
    std::set<std::string> purged;
    for (const auto &[id, by] : purgedRecords)
        purged.insert(id);
    Tally tally;
    for (const auto &summary : all) {
        if (purged.contains(summary.id))
            continue;
        const auto record = store->get(summary.id);
        if (!record) {
            ++tally.unreadable;
            say(record.error().message());
            continue;
        }
        ++tally.appraised;
        const Record today = demanded(*record, demands, *context.backend, demands.references.at);
        Appraisal now = reappraise(today, *context.backend, demands.references.at);
        const auto failing = newlyFailing(record->appraisal, now);
        const bool worse = rank(now.verdict) < rank(record->appraisal.verdict) || !failing.empty();
        const bool better = !worse && rank(now.verdict) > rank(record->appraisal.verdict);
        tally.bad += worse;
        tally.better += better;
        if (!worse && !better)
            continue;
        std::string appended;
        if (asked.has("record")) {
            Record again = today;
            again.kind = "reappraisal";
            again.created = std::time(nullptr);
            again.appraisal = now;
            again.notes = "record " + record->id + " appraised again";
            KASTELLAN_ASSIGN(appended, store->append(again));
        }
        js::Out entry = js::toJson(summary);
        entry["now"] = name(now.verdict);
        entry["turned_bad"] = worse;
        entry["failing"] = failing;
        entry["sentence"] = now.sentence;
        if (!appended.empty())
            entry["appended"] = appended;
        tally.changed.push_back(std::move(entry));
        std::string why;
        for (const auto &id : failing)
            why += (why.empty() ? "" : ", ") + id;
        tally.table.add({summary.id, timeText(summary.created), std::string(name(record->appraisal.verdict)),
            std::string(name(now.verdict)), inLine(summary.keepName), why.empty() ? inLine(now.sentence) : why});
    }
    if (asked.has("json")) {
        printJson({{"appraised", tally.appraised}, {"turned_bad", tally.bad}, {"turned_better", tally.better},
            {"unreadable", tally.unreadable}, {"at", demands.references.at}, {"changed", std::move(tally.changed)}});
    } else {
        if (tally.bad + tally.better != 0)
            print(tally.table.text(1, 3));
        print(std::to_string(tally.appraised) + " appraised again, " + std::to_string(tally.bad) + " turned bad"
            + (tally.better != 0 ? ", " + std::to_string(tally.better) + " turned better" : "")
            + (tally.unreadable != 0 ? ", " + std::to_string(tally.unreadable) + " unreadable" : "") + "\n");
    }
    return tally.bad + tally.unreadable == 0 ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
