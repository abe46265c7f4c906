// SPDX-License-Identifier: Apache-2.0
#include "core/certificates/certificate_store.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/storage/database.h"

#include <chrono>
#include <mutex>

namespace kastellan {
namespace fs = std::filesystem;

namespace {

using storage::Database;
using storage::Statement;
using storage::Transaction;

constexpr auto opening = "open the certificate store";
constexpr std::int64_t applicationId = 0x4b414343; // "KACC", in the file's header
constexpr std::int64_t newestVersion = 1;
constexpr int busyMilliseconds = 15'000;
constexpr std::size_t largest = std::size_t{4} << 20;

constexpr auto tables =
    "CREATE TABLE certificates (sha256 BLOB PRIMARY KEY, bytes BLOB NOT NULL, format TEXT NOT NULL, role TEXT NOT NULL, "
    "product TEXT NOT NULL, chip TEXT NOT NULL, tcb TEXT NOT NULL, subject TEXT NOT NULL, issuer TEXT NOT NULL, "
    "not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, emulated INTEGER NOT NULL, source TEXT NOT NULL, "
    "added INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX certificates_chip ON certificates (chip, tcb);"
    "CREATE INDEX certificates_product ON certificates (product, role);";
constexpr std::string_view columns =
    "SELECT sha256, bytes, format, role, product, chip, tcb, subject, issuer, not_before, not_after, emulated, "
    "source, added FROM certificates ";

Status migrate(const Database &database)
{
    KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(database, Transaction::Kind::Write));
    KASTELLAN_ASSIGN(const std::int64_t version, database.number("PRAGMA user_version"));
    KASTELLAN_ASSIGN(const std::int64_t id, database.number("PRAGMA application_id"));
    KASTELLAN_ASSIGN(const std::int64_t objects, database.number("SELECT count(*) FROM sqlite_schema"));
    if (version == 0 ? id != 0 || objects != 0 : id != applicationId)
        return badInput(opening, database.path().string(), "it is an SQLite database of another program",
            "Move it away, or choose another data folder with KASTELLAN_DATA.");
    if (version > newestVersion)
        return environment(opening, database.path().string(),
            "it was written by a newer Kastellan: it has version " + std::to_string(version) + ", and this program knows versions up to "
                + std::to_string(newestVersion),
            "Update Kastellan, or choose another data folder with KASTELLAN_DATA. Nothing was changed.");
    if (version == newestVersion)
        return {};
    KASTELLAN_TRY(database.execute(tables));
    KASTELLAN_TRY(database.execute("PRAGMA application_id = " + std::to_string(applicationId) + "; PRAGMA user_version = 1"));
    return transaction.commit();
}

Result<StoredCertificate> certificateFrom(const Statement &row, const fs::path &path)
{
    StoredCertificate certificate;
    certificate.digest = row.fixed<Sha256>(0);
    certificate.bytes = toBytes(row.blob(1));
    if (sha256(certificate.bytes) != certificate.digest)
        return environment("read the certificate store", path.string() + ", " + toHex(row.blob(0)),
            "its content was altered: the digest does not fit", "Remove it with 'keepctl certs remove', and import it again.");
    certificate.format = row.text(2);
    certificate.role = row.text(3);
    certificate.product = row.text(4);
    certificate.chip = row.text(5);
    certificate.tcb = row.text(6);
    certificate.subject = row.text(7);
    certificate.issuer = row.text(8);
    certificate.notBefore = row.number(9);
    certificate.notAfter = row.number(10);
    certificate.emulated = row.number(11) != 0;
    certificate.source = row.text(12);
    certificate.added = row.number(13);
    return certificate;
}

class SqliteCertificates final : public CertificateStore {
public:
    explicit SqliteCertificates(Database database)
        : m_database(std::move(database))
    {
    }

    Result<std::size_t> add(std::vector<StoredCertificate> certificates) override
    {
        const std::scoped_lock guard(m_mutex);
        const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
        KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(m_database, Transaction::Kind::Write));
        KASTELLAN_ASSIGN(const std::int64_t before, m_database.number("SELECT count(*) FROM certificates"));
        for (const auto &certificate : certificates) {
            if (certificate.bytes.empty() || certificate.bytes.size() > largest)
                return badInput("store a certificate", certificate.source,
                    "it has " + std::to_string(certificate.bytes.size()) + " bytes, and between 1 and 4 MiB can be kept");
            const Sha256 digest = sha256(certificate.bytes);
            KASTELLAN_ASSIGN(Statement insert,
                m_database.prepare("INSERT OR IGNORE INTO certificates (sha256, bytes, format, role, product, chip, tcb, subject, issuer, "
                                   "not_before, not_after, emulated, source, added) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
            insert.bind(1, digest.view()).bind(2, ByteView(certificate.bytes)).bind(3, std::string_view(certificate.format));
            insert.bind(4, std::string_view(certificate.role)).bind(5, std::string_view(certificate.product));
            insert.bind(6, std::string_view(certificate.chip)).bind(7, std::string_view(certificate.tcb));
            insert.bind(8, std::string_view(certificate.subject)).bind(9, std::string_view(certificate.issuer));
            insert.bind(10, certificate.notBefore).bind(11, certificate.notAfter).bind(12, std::int64_t{certificate.emulated});
            KASTELLAN_TRY(insert.bind(13, std::string_view(certificate.source)).bind(14, std::int64_t{now}).run());
        }
        KASTELLAN_ASSIGN(const std::int64_t after, m_database.number("SELECT count(*) FROM certificates"));
        KASTELLAN_TRY(transaction.commit());
        return static_cast<std::size_t>(after - before);
    }

    Result<std::vector<StoredCertificate>> list(const CertificateFilter &filter) override
    {
        const std::scoped_lock guard(m_mutex);
        KASTELLAN_ASSIGN(Statement statement,
            m_database.prepare(std::string(columns)
                + "WHERE (?1 = '' OR role = ?1) AND (?2 = '' OR product = ?2) AND (?3 = '' OR chip = ?3) AND (?4 = '' OR tcb = ?4) "
                  "ORDER BY format, product, role, chip, tcb, not_before, sha256"));
        statement.bind(1, std::string_view(filter.role)).bind(2, std::string_view(filter.product));
        statement.bind(3, std::string_view(filter.chip)).bind(4, std::string_view(filter.tcb));
        return rows(statement);
    }

    Result<StoredCertificate> find(std::string_view prefix) override
    {
        const std::scoped_lock guard(m_mutex);
        const std::string where = m_database.path().string() + ", '" + std::string(prefix.substr(0, 64)) + "'";
        if (prefix.size() < 4 || prefix.size() > 64 || prefix.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
            return badInput("find a certificate", where, "it is not the beginning of a SHA-256",
                "Give 4 to 64 hexadecimal digits; 'keepctl certs list' shows them.");
        std::string wanted(prefix);
        for (char &c : wanted)
            c = static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        KASTELLAN_ASSIGN(Statement statement,
            m_database.prepare(std::string(columns) + "WHERE substr(lower(hex(sha256)), 1, ?2) = ?1 ORDER BY sha256 LIMIT 2"));
        statement.bind(1, std::string_view(wanted)).bind(2, static_cast<std::int64_t>(wanted.size()));
        KASTELLAN_ASSIGN(auto found, rows(statement));
        if (found.empty())
            return badInput("find a certificate", where, "none begins with it", "'keepctl certs list' shows those that are there.");
        if (found.size() > 1)
            return badInput("find a certificate", where,
                "several begin with it, " + toHex(found[0].digest.view()) + " and " + toHex(found[1].digest.view()) + " among them",
                "Give more digits.");
        return std::move(found.front());
    }

    Status remove(const std::vector<Sha256> &digests) override
    {
        const std::scoped_lock guard(m_mutex);
        KASTELLAN_ASSIGN(Transaction transaction, Transaction::begin(m_database, Transaction::Kind::Write));
        for (const auto &digest : digests) {
            KASTELLAN_ASSIGN(Statement statement, m_database.prepare("DELETE FROM certificates WHERE sha256 = ? RETURNING 1"));
            statement.bind(1, digest.view());
            KASTELLAN_ASSIGN(const bool there, statement.step());
            if (!there)
                return badInput("remove a certificate", m_database.path().string() + ", " + toHex(digest.view()), "it is not there");
            KASTELLAN_TRY(statement.run());
        }
        return transaction.commit();
    }

private:
    [[nodiscard]] Result<std::vector<StoredCertificate>> rows(Statement &statement) const
    {
        std::vector<StoredCertificate> all;
        for (;;) {
            KASTELLAN_ASSIGN(const bool row, statement.step());
            if (!row)
                return all;
            KASTELLAN_ASSIGN(StoredCertificate certificate, certificateFrom(statement, m_database.path()));
            all.push_back(std::move(certificate));
        }
    }

    Database m_database;
    std::mutex m_mutex;
};

fs::path placeOf(const fs::path &path)
{
    return path.empty() ? dataFolder() / "certificates.db" : path;
}

} // namespace

bool CertificateFilter::matches(const StoredCertificate &certificate) const
{
    const auto fits = [](const std::string &wanted, const std::string &value) { return wanted.empty() || wanted == value; };
    return fits(role, certificate.role) && fits(product, certificate.product) && fits(chip, certificate.chip) && fits(tcb, certificate.tcb);
}

Result<std::unique_ptr<CertificateStore>> CertificateStore::open(const fs::path &path)
{
    const fs::path place = placeOf(path);
    KASTELLAN_TRY(makeFolder(place.parent_path()));
    KASTELLAN_ASSIGN(Database database, Database::open(place, busyMilliseconds, "the certificate store"));
    KASTELLAN_ASSIGN(const std::int64_t version, database.number("PRAGMA user_version"));
    KASTELLAN_ASSIGN(const std::int64_t id, database.number("PRAGMA application_id"));
    if (version != newestVersion || id != applicationId) // who only reads writes nothing
        KASTELLAN_TRY(migrate(database));
    // Small and rarely written: a journal that is removed after each change needs no shared memory, and works on every file system.
    KASTELLAN_TRY(database.execute("PRAGMA synchronous = EXTRA"));
    return std::make_unique<SqliteCertificates>(std::move(database));
}

Result<std::unique_ptr<CertificateStore>> CertificateStore::openExisting(const fs::path &path)
{
    std::error_code problem;
    if (!fs::exists(placeOf(path), problem))
        return nullptr;
    return open(path);
}

} // namespace kastellan
