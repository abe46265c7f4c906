// SPDX-License-Identifier: Apache-2.0
// SQLite behind RAII, with errors that a person can act on. For the stores of the engine (core/storage, core/certificates).
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <memory>

struct sqlite3;
struct sqlite3_stmt;

namespace kastellan::storage {

class Database;

/// One prepared statement, ready to be bound and stepped. Numbers of parameters and columns begin with 1 and 0, as SQLite's do.
class Statement {
public:
    Statement &bind(int index, std::int64_t value);
    Statement &bind(int index, std::string_view text);
    Statement &bind(int index, ByteView blob);
    /// True when there is a row, false at the end.
    [[nodiscard]] Result<bool> step();
    /// Steps to the end, for statements that yield nothing.
    [[nodiscard]] Status run();
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string text(int column) const;
    /// Valid until the next step.
    [[nodiscard]] ByteView blob(int column) const;
    /// A blob that has to have this size; anything else yields zeros, which no digest is.
    template <typename Fixed>
    [[nodiscard]] Fixed fixed(int column) const
    {
        return Fixed::from(blob(column), "a column").value_or(Fixed{});
    }

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt *statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
    const Database *m_database = nullptr;
    int m_bound = 0; ///< first error of a bind
};

/// An open database file.
class Database {
public:
    /// Opens or makes the file (0600, in a folder of 0700) with WAL, full synchronisation and the given time to wait for other programs.
    /// `name` is what errors call it.
    [[nodiscard]] static Result<Database> open(
        const std::filesystem::path &path, int busyMilliseconds, std::string_view name = "the evidence store");
    [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
    /// Runs statements that yield nothing.
    [[nodiscard]] Status execute(const std::string &sql) const;
    [[nodiscard]] Result<std::int64_t> number(std::string_view sql) const;
    /// Replaces all that the target holds by what this one holds, in one transaction of the target: a crash leaves the old or the new.
    [[nodiscard]] Status copyInto(const Database &target) const;
    [[nodiscard]] std::unexpected<Error> error(int code) const;
    [[nodiscard]] const std::filesystem::path &path() const { return m_path; }

private:
    struct Close {
        void operator()(sqlite3 *database) const;
    };
    std::unique_ptr<sqlite3, Close> m_database;
    std::filesystem::path m_path;
    std::string m_name;
};

/// A transaction that is rolled back unless it was committed.
class Transaction {
public:
    enum class Kind { Read, Write };
    /// Write takes the write lock at once, so that nothing read inside can be outdated by another program.
    [[nodiscard]] static Result<Transaction> begin(const Database &database, Kind kind);
    Transaction(Transaction &&other) noexcept
        : m_database(std::exchange(other.m_database, nullptr))
    {
    }
    Transaction &operator=(Transaction &&) = delete;
    ~Transaction();
    [[nodiscard]] Status commit();

private:
    explicit Transaction(const Database *database)
        : m_database(database)
    {
    }
    const Database *m_database;
};

} // namespace kastellan::storage
