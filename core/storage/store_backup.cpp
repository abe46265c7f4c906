// SPDX-License-Identifier: Apache-2.0
// Backup and restore: each checks whole what it will leave behind, before it does.
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/storage/schema.h"
#include "core/storage/sqlite_store.h"

#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

namespace kastellan::storage {
namespace fs = std::filesystem;

namespace {

/// SQLite's files at a path, which go when the object does.
class TemporaryStore {
public:
    explicit TemporaryStore(fs::path path)
        : m_path(std::move(path))
    {
    }
    TemporaryStore(const TemporaryStore &) = delete;
    TemporaryStore &operator=(const TemporaryStore &) = delete;
    ~TemporaryStore()
    {
        std::error_code ignored;
        for (const char *suffix : {"", "-wal", "-shm", "-journal", ".lock"})
            fs::remove(m_path.string() + suffix, ignored);
    }
    [[nodiscard]] const fs::path &path() const { return m_path; }

private:
    fs::path m_path;
};

fs::path besideName(const fs::path &file, std::string_view word)
{
    return file.parent_path()
        / (file.filename().string() + "." + std::string(word) + "-" + toHex(randomFixed<FixedBytes<struct BesideTag, 6>>().view()));
}

/// The first problem of a store, as an error.
Status clean(SqliteStore &store, const std::string &doing, const fs::path &shown)
{
    std::size_t checked = 0;
    KASTELLAN_ASSIGN(const auto problems, store.check(&checked));
    if (problems.empty())
        return {};
    return fail(ErrorKind::Negative, doing, shown.string(),
        "it does not check clean: " + problems.front()
            + (problems.size() > 1 ? " (and " + std::to_string(problems.size() - 1) + " more)" : ""),
        "A backup is signed by the record key of its user: keys/record.pem has to be that one. 'keepctl evidence fsck' checks the store.");
}

Status sync(const fs::path &path)
{
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0)
        return systemError("write the backup", path.string(), errno);
    const Fd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder)
        ::fsync(folder.get());
    return {};
}

/// A store as one file, without a log beside it.
Status writeCopy(const Database &from, const fs::path &path)
{
    KASTELLAN_ASSIGN(const Database copy, Database::open(path, usualBusyMilliseconds, "the backup"));
    KASTELLAN_TRY(from.copyInto(copy));
    return copy.execute("PRAGMA journal_mode = DELETE");
}

struct Last {
    std::int64_t count = 0;
    Sha256 hash;
};
Result<Last> lastOf(const Database &database)
{
    KASTELLAN_ASSIGN(Statement statement, database.prepare("SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"));
    KASTELLAN_ASSIGN(const bool row, statement.step());
    return row ? Last{statement.number(0), statement.fixed<Sha256>(1)} : Last{};
}

/// Whether a store has this record at this place: then, by the chain, it has all before it too.
Result<bool> has(const Database &database, const Last &last)
{
    if (last.count == 0)
        return true;
    KASTELLAN_ASSIGN(Statement statement, database.prepare("SELECT 1 FROM records WHERE seq = ? AND hash = ?"));
    statement.bind(1, last.count).bind(2, last.hash.view());
    return statement.step();
}

std::string timeName()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    char text[32] = {};
    ::gmtime_r(&now, &parts);
    static_cast<void>(std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts));
    return text;
}

} // namespace

Status SqliteStore::backup(const fs::path &file)
{
    constexpr auto doing = "back up the evidence store";
    const fs::path target = fs::absolute(file);
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(target, ignored)))
        return badInput(doing, file.string(), "the file is there already", "Choose another name.");
    const TemporaryStore temporary(besideName(target, "part"));
    {
        const std::scoped_lock guard(m_mutex);
        KASTELLAN_TRY(writeCopy(m_database, temporary.path()));
    }
    {
        KASTELLAN_ASSIGN(const auto copy, open(temporary.path()));
        KASTELLAN_TRY(clean(*copy, doing, m_database.path()));
        KASTELLAN_TRY(copy->database().execute("PRAGMA journal_mode = DELETE"));
    }
    KASTELLAN_TRY(sync(temporary.path()));
    // A link refuses a name that appeared meanwhile, and file systems without links have no rename that does.
    if (::link(temporary.path().c_str(), target.c_str()) != 0) {
        if (errno == EEXIST)
            return badInput(doing, file.string(), "the file is there already", "Choose another name.");
        if (::rename(temporary.path().c_str(), target.c_str()) != 0)
            return systemError(doing, file.string(), errno);
    }
    return sync(target);
}

} // namespace kastellan::storage

namespace kastellan {
namespace fs = std::filesystem;
using namespace storage;

Result<Restored> restoreRecords(const fs::path &backup, bool force, const fs::path &path)
{
    constexpr auto doing = "restore the evidence store";
    const fs::path place = path.empty() ? dataFolder() / "evidence.db" : path;
    KASTELLAN_TRY(makeFolder(place.parent_path()));
    std::error_code problem;
    if (!fs::is_regular_file(backup, problem))
        return badInput(doing, backup.string(), "there is no such file");
    if (fs::equivalent(backup, place, problem))
        return badInput(doing, backup.string(), "it is the store itself");
    // One restore at a time; what one that was killed left behind goes.
    KASTELLAN_ASSIGN(const Fd mine, lockFile(place.string() + ".restore.lock"));
    std::vector<fs::path> left;
    for (fs::directory_iterator at(place.parent_path(), problem), end; !problem && at != end; at.increment(problem))
        if (at->path().filename().string().starts_with(place.filename().string() + ".restoring-"))
            left.push_back(at->path());
    for (const auto &file : left)
        fs::remove(file, problem);
    const TemporaryStore temporary(besideName(place, "restoring"));
    if (!fs::copy_file(backup, temporary.path(), problem) || problem)
        return systemError(doing, backup.string(), problem.value());
    fs::permissions(temporary.path(), fs::perms::owner_read | fs::perms::owner_write, problem);
    {
        // An empty file would become an empty store, and check clean.
        KASTELLAN_ASSIGN(const Database looked, Database::open(temporary.path(), usualBusyMilliseconds, "the backup"));
        KASTELLAN_ASSIGN(const std::int64_t version, looked.number("PRAGMA user_version"));
        if (version == 0)
            return badInput(doing, backup.string(), "it is no evidence store");
    }
    KASTELLAN_ASSIGN(const auto restored, SqliteStore::open(temporary.path()));
    KASTELLAN_TRY(clean(*restored, doing, backup));

    KASTELLAN_ASSIGN(const auto store, SqliteStore::open(place));
    KASTELLAN_ASSIGN(const Last now, lastOf(store->database()));
    KASTELLAN_ASSIGN(const bool nothingLost, has(restored->database(), now));
    Restored result;
    if (!nothingLost) {
        if (!force)
            return badInput(doing, place.string(), "the store has records that the backup lacks",
                "Give --force to restore all the same: the store as it is will be saved beside it first.");
        result.before = besideName(place, "before-restore-" + timeName());
        KASTELLAN_TRY(writeCopy(store->database(), result.before));
        KASTELLAN_TRY(sync(result.before));
    }
    // Holds are promises of now: a backup of before must not let them go. Those whose record it lacks, or has purged, have no meaning in
    // it.
    KASTELLAN_ASSIGN(const auto holds, store->holds());
    for (const RecordHold &hold : holds)
        static_cast<void>(restored->hold(hold));
    KASTELLAN_TRY(restored->database().copyInto(store->database()));
    KASTELLAN_ASSIGN(const Last then, lastOf(store->database()));
    result.records = static_cast<std::size_t>(then.count);
    return result;
}

} // namespace kastellan
