// SPDX-License-Identifier: Apache-2.0
#include "core/storage/database.h"

#include "core/base/file.h"

#include <cerrno>
#include <cstring>
#include <tuple>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

namespace kastellan::storage {
namespace fs = std::filesystem;

void Statement::Finalize::operator()(sqlite3_stmt *statement) const
{
    sqlite3_finalize(statement);
}

Statement &Statement::bind(int index, std::int64_t value)
{
    if (const int code = sqlite3_bind_int64(m_statement.get(), index, value); code != SQLITE_OK && !m_bound)
        m_bound = code;
    return *this;
}

Statement &Statement::bind(int index, std::string_view text)
{
    // An empty view may have no address, which would bind NULL.
    const char *data = text.data() ? text.data() : "";
    if (const int code = sqlite3_bind_text64(m_statement.get(), index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        code != SQLITE_OK && !m_bound)
        m_bound = code;
    return *this;
}

Statement &Statement::bind(int index, ByteView blob)
{
    const void *data = blob.data() ? static_cast<const void *>(blob.data()) : "";
    if (const int code = sqlite3_bind_blob64(m_statement.get(), index, data, blob.size(), SQLITE_TRANSIENT); code != SQLITE_OK && !m_bound)
        m_bound = code;
    return *this;
}

Result<bool> Statement::step()
{
    if (m_bound)
        return m_database->error(m_bound);
    const int code = sqlite3_step(m_statement.get());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return m_database->error(code);
}

Status Statement::run()
{
    for (;;) {
        KASTELLAN_ASSIGN(const bool more, step());
        if (!more)
            return {};
    }
}

std::int64_t Statement::number(int column) const
{
    return sqlite3_column_int64(m_statement.get(), column);
}

std::string Statement::text(int column) const
{
    const auto *text = reinterpret_cast<const char *>(sqlite3_column_text(m_statement.get(), column));
    return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column))) : std::string();
}

ByteView Statement::blob(int column) const
{
    const auto *data = static_cast<const std::uint8_t *>(sqlite3_column_blob(m_statement.get(), column));
    return data ? ByteView(data, static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column))) : ByteView();
}

void Database::Close::operator()(sqlite3 *database) const
{
    sqlite3_close_v2(database);
}

std::unexpected<Error> Database::error(int code) const
{
    const int number = m_database ? sqlite3_system_errno(m_database.get()) : 0;
    const std::string where = m_path.string(), doing = "use " + m_name;
    std::string detail = m_database ? sqlite3_errmsg(m_database.get()) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return environment(doing, where, "another program holds it and did not let go of it in time (database locked)",
            "Close other programs that use it, and try again.");
    case SQLITE_FULL:
        return environment(doing, where, "the disk is full, and nothing was written", "Free some disk space and try again.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return environment(doing, where, "the file is damaged (" + detail + ")",
            "Keep a copy of it; restore it from a backup, or move it away to begin a new store. 'keepctl evidence fsck' tells what is "
            "damaged.");
    case SQLITE_READONLY:
        return environment(doing, where, "it cannot be written (" + detail + ")",
            "Make the file and its folder writable for you, or choose another data folder with KASTELLAN_DATA.");
    case SQLITE_CANTOPEN:
        return environment(doing, where, detail + (number ? std::string(": ") + std::strerror(number) : std::string()),
            "Make the folder readable and writable for you, or choose another data folder with KASTELLAN_DATA.");
    case SQLITE_IOERR:
        if (number == ENOSPC || number == EDQUOT || number == EFBIG)
            return environment(
                doing, where, std::string(std::strerror(number)) + ", and nothing was written", "Free some disk space and try again.");
        return environment(doing, where, detail + (number ? std::string(": ") + std::strerror(number) : std::string()),
            "Check the disk and the file system.");
    case SQLITE_CONSTRAINT:
        return environment(
            doing, where, "its own rules forbid it (" + detail + ")", "Records can only be added, never changed or removed.");
    default:
        return fail(ErrorKind::Internal, doing, where, detail);
    }
}

Result<Database> Database::open(const fs::path &path, int busyMilliseconds, std::string_view name)
{
    Database database;
    database.m_path = path;
    database.m_name = name;
    const std::string opening = "open " + database.m_name;
    // SQLite would make the file readable for others; the files beside it take its mode. One that is there is not opened here: closing
    // it again would drop the locks that this program has on it.
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        const Fd file(errno == ENOENT ? ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1);
        if (!file && errno != EEXIST)
            return systemError(opening, path.string(), errno);
    } else if (!S_ISREG(status.st_mode)) {
        return environment(opening, path.string(), "it is not a plain file", "Move it away.");
    }
    sqlite3 *raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
    database.m_database.reset(raw);
    if (opened != SQLITE_OK)
        return database.error(opened);
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, busyMilliseconds);
    // A damaged or hostile file must not run anything: no functions from its schema, no writes to the schema itself.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    KASTELLAN_TRY(database.execute("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"));
    return database;
}

Result<Statement> Database::prepare(std::string_view sql) const
{
    Statement statement;
    statement.m_database = this;
    sqlite3_stmt *raw = nullptr;
    const int code = sqlite3_prepare_v2(m_database.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
    statement.m_statement.reset(raw);
    if (code != SQLITE_OK)
        return error(code);
    return statement;
}

Status Database::execute(const std::string &sql) const
{
    const int code = sqlite3_exec(m_database.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return error(code);
    return {};
}

Result<std::int64_t> Database::number(std::string_view sql) const
{
    KASTELLAN_ASSIGN(Statement statement, prepare(sql));
    KASTELLAN_ASSIGN(const bool row, statement.step());
    return row ? statement.number(0) : 0;
}

Status Database::copyInto(const Database &target) const
{
    sqlite3_backup *const backup = sqlite3_backup_init(target.m_database.get(), "main", m_database.get(), "main");
    if (!backup)
        return target.error(sqlite3_errcode(target.m_database.get()));
    // Another program may hold either for a moment: the busy handlers wait inside a step, and do not cover all of it.
    int code = SQLITE_OK;
    for (int attempt = 0; attempt < 300; ++attempt) {
        code = sqlite3_backup_step(backup, -1);
        if (code != SQLITE_BUSY && code != SQLITE_LOCKED)
            break;
        sqlite3_sleep(50);
    }
    const int finished = sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE)
        return target.error(code);
    if (finished != SQLITE_OK)
        return target.error(finished);
    return {};
}

Result<Transaction> Transaction::begin(const Database &database, Kind kind)
{
    KASTELLAN_TRY(database.execute(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN"));
    return Transaction(&database);
}

Transaction::~Transaction()
{
    if (m_database)
        std::ignore = m_database->execute("ROLLBACK"); // some errors have rolled back already; then there is nothing to do
}

Status Transaction::commit()
{
    KASTELLAN_TRY(m_database->execute("COMMIT"));
    m_database = nullptr;
    return {};
}

} // namespace kastellan::storage
