// SPDX-License-Identifier: Apache-2.0
// `keepctl evidence fsck`: finds every altered byte, and every removed, added or reordered record.
#include "core/base/digest.h"
#include "core/evidence/json.h"
#include "core/keys/keys.h"
#include "core/storage/chain.h"
#include "core/storage/purge_list.h"
#include "core/storage/schema.h"
#include "core/storage/sqlite_store.h"

#include <map>
#include <set>
#include <tuple>

namespace kastellan::storage {
namespace {

constexpr std::size_t mostProblems = 1000;

/// The summary columns are for lists; the content is what is chained. They have to say the same.
void compareColumns(const Statement &row, const js::In &content, const std::string &record, std::vector<std::string> &problems)
{
    const auto differs = [&](const char *column) {
        problems.push_back(record + ": its column '" + column + "' is not what the record says");
    };
    js::Object object(content, record);
    const js::In empty = js::In::object();
    const js::In *appraisal = object.find("appraisal");
    js::Object verdict(appraisal ? *appraisal : empty, record + ".appraisal");
    if (object.textOr("id") != row.text(1))
        differs("id");
    if (object.textOr("keep") != row.text(5))
        differs("keep");
    if (object.textOr("keep_name") != row.text(6))
        differs("keep_name");
    if (object.textOr("host") != row.text(7))
        differs("host");
    if (object.textOr("kind") != row.text(8))
        differs("kind");
    if (object.integerOr("created", 0, INT64_MIN, INT64_MAX) != row.number(9))
        differs("created");
    if (verdict.textOr("verdict") != row.text(10))
        differs("verdict");
    if (verdict.flagOr("emulated", false) != (row.number(11) != 0))
        differs("emulated");
}

/// Records without content, and what the purge records of the chain say was purged: both have to be the same.
class Retention {
public:
    void missing(const Statement &row, std::string record)
    {
        PurgedRecord one;
        one.number = row.number(0);
        one.hash = row.fixed<Sha256>(3);
        one.summary = {row.text(1), row.text(5), row.text(6), row.text(7), row.text(8), row.text(10), row.number(9), row.number(11) != 0};
        m_missing.emplace(one.number, std::pair(std::move(one), std::move(record)));
    }
    void present(std::int64_t number) { m_present.insert(number); }
    void purgeRecord(const Record &record, const std::string &name, std::vector<std::string> &problems)
    {
        const auto list = readPurgeList(record.manifest, name);
        if (!list)
            problems.push_back(name + ": " + list.error().why);
        else
            for (const auto &one : *list)
                m_listed.emplace(one.number, one);
    }
    void compare(std::vector<std::string> &problems) const
    {
        for (const auto &[number, missing] : m_missing) {
            const auto listed = m_listed.find(number);
            if (listed == m_listed.end())
                problems.push_back(missing.second + ": its content was removed, and no purge names it");
            else if (listed->second.hash != missing.first.hash)
                problems.push_back(missing.second + ": its hash is not the one that the purge names");
            else if (!same(listed->second.summary, missing.first.summary))
                problems.push_back(missing.second + ": its columns are not what the purge says");
        }
        for (const auto &[number, listed] : m_listed)
            if (m_present.contains(number))
                problems.push_back(
                    "record " + listed.summary.id + " (number " + std::to_string(number) + "): a purge names it, and its content is there");
    }

private:
    static bool same(const RecordSummary &a, const RecordSummary &b)
    {
        const auto all = [](const RecordSummary &s) {
            return std::tie(s.id, s.keep, s.keepName, s.host, s.kind, s.verdict, s.created, s.emulated);
        };
        return all(a) == all(b);
    }
    std::map<std::int64_t, std::pair<PurgedRecord, std::string>> m_missing;
    std::map<std::int64_t, PurgedRecord> m_listed;
    std::set<std::int64_t> m_present;
};

} // namespace

Status SqliteStore::checkRecords(const Head &head, std::vector<std::string> &problems, std::size_t &checked) const
{
    KASTELLAN_ASSIGN(Statement row,
        m_database.prepare(
            "SELECT seq, id, previous, hash, content, keep, keep_name, host, kind, created, verdict, emulated, content IS NULL "
            "FROM records LEFT JOIN contents USING (seq) ORDER BY seq"));
    std::uint64_t expectedNumber = 1;
    Sha256 previous;
    Retention retention;
    for (;;) {
        KASTELLAN_ASSIGN(const bool more, row.step());
        if (!more)
            break;
        if (problems.size() >= mostProblems) {
            problems.push_back("store: there are more problems; the check ended here");
            return {};
        }
        ++checked;
        const auto number = static_cast<std::uint64_t>(row.number(0));
        const std::string record = "record " + row.text(1) + " (number " + std::to_string(number) + ")";
        if (number != expectedNumber)
            problems.push_back(
                record + ": record number " + std::to_string(expectedNumber) + " should stand here; records were removed or reordered");
        if (row.fixed<Sha256>(2) != previous)
            problems.push_back(record + ": it does not follow the record before it; records were removed, reordered or altered");
        if (row.number(12) != 0) {
            retention.missing(row, record);
            previous = row.fixed<Sha256>(3);
            expectedNumber = number + 1;
            continue;
        }
        retention.present(static_cast<std::int64_t>(number));
        const std::string content = row.text(4);
        const Sha256 hash = recordHash(row.fixed<Sha256>(2), number, content);
        if (hash != row.fixed<Sha256>(3))
            problems.push_back(record + ": its content was altered: the hash does not fit");
        previous = row.fixed<Sha256>(3);
        expectedNumber = number + 1;

        const auto value = js::parse(content, record);
        if (!value) {
            problems.push_back(record + ": " + value.error().why);
            continue;
        }
        compareColumns(row, *value, record, problems);
        const js::Blobs lookUp{
            .write = {},
            .read = [this](const js::In &reference, const std::string &place) -> Result<Bytes> {
                js::Object object(reference, place);
                const auto digest = object.fixedRequired<Sha256>("sha256");
                KASTELLAN_TRY(object.status());
                return blob(digest);
            },
        };
        const auto whole = js::recordFrom(*value, record, lookUp);
        if (!whole)
            problems.push_back(record + ": " + whole.error().why + " (" + whole.error().where + ")");
        else if (whole->kind == purgeKind)
            retention.purgeRecord(*whole, record, problems);
    }
    retention.compare(problems);
    if (expectedNumber - 1 != head.count)
        problems.push_back("head: it counts " + std::to_string(head.count) + " records, and the last one here has number "
            + std::to_string(expectedNumber - 1) + "; records were removed or added");
    else if (previous != head.hash)
        problems.push_back("head: its hash is not that of the last record");
    return {};
}

Status SqliteStore::checkBlobs(std::vector<std::string> &problems) const
{
    KASTELLAN_ASSIGN(Statement row, m_database.prepare("SELECT sha256, content FROM blobs"));
    while (problems.size() < mostProblems) {
        KASTELLAN_ASSIGN(const bool more, row.step());
        if (!more)
            break;
        if (sha256(row.blob(1)) != row.fixed<Sha256>(0))
            problems.push_back("blob " + toHex(row.blob(0)) + ": its content was altered: the digest does not fit");
    }
    return {};
}

Result<std::vector<std::string>> SqliteStore::check(std::size_t *checked)
{
    const std::scoped_lock guard(m_mutex);
    std::vector<std::string> problems;
    std::size_t count = 0;
    // One snapshot for all of it: other programs may append meanwhile.
    KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(m_database, Transaction::Kind::Read));
    const auto everything = [&]() -> Status {
        KASTELLAN_ASSIGN(problems, schemaProblems(m_database));
        KASTELLAN_ASSIGN(Statement integrity, m_database.prepare("PRAGMA integrity_check(20)"));
        for (;;) {
            KASTELLAN_ASSIGN(const bool more, integrity.step());
            if (!more)
                break;
            if (const std::string text = integrity.text(0); text != "ok")
                problems.push_back("store: " + text);
        }
        KASTELLAN_ASSIGN(const Head head, readHead());
        KASTELLAN_TRY(checkRecords(head, problems, count));
        KASTELLAN_TRY(checkBlobs(problems));
        if (head.count == 0 && head.signature.empty())
            return {};
        KASTELLAN_ASSIGN(const std::string key, keys::recordPublicPem());
        KASTELLAN_ASSIGN(const bool good, keys::verifySignature(key, headMessage(head.count, head.hash), head.signature));
        if (!good)
            problems.emplace_back("head: its signature is not by this user's record key: it was altered, or the record key was replaced");
        return {};
    };
    if (const auto status = everything(); !status)
        problems.push_back("store: " + status.error().why);
    if (checked)
        *checked = count;
    return problems;
}

} // namespace kastellan::storage
