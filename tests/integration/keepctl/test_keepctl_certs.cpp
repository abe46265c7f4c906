// SPDX-License-Identifier: Apache-2.0
// keepctl certs, host pins and the care of records, as people and scripts use them.
#include "core/base/bytes.h"
#include "program.h"
#include "sev-backend/kds/address.h"
#include "tests/support/bad_server.h"
#include "tests/support/evidence_maker.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray bytesOf(ByteView view)
{
    return QByteArray(reinterpret_cast<const char *>(view.data()), static_cast<qsizetype>(view.size()));
}
std::string pemOf(const sev::Certificate &certificate)
{
    return "-----BEGIN CERTIFICATE-----\n" + toBase64(certificate.der()) + "\n-----END CERTIFICATE-----\n";
}

} // namespace

class TestKeepctlCerts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const Ran launched = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, u"--name"_s, u"first"_s, example("hello")});
        QVERIFY2(launched.exit == 0, launched.all());
        m_maker.addList({1});
        m_program.write(u"report.bin"_s, bytesOf(m_maker.evidence.report));
        QDir().mkpath(m_program.path(u"certs"_s));
        for (const auto &endorsement : m_maker.evidence.endorsements)
            m_program.write(u"certs/"_s + QString::fromStdString(endorsement.role) + u".der"_s, bytesOf(endorsement.der));
    }

    void importListShowRemove()
    {
        const Ran empty = m_program.run({u"certs"_s, u"list"_s, u"--json"_s});
        QCOMPARE(empty.exit, 0);
        QVERIFY(empty.json()["certificates"_L1].toArray().isEmpty());
        QVERIFY(!QFile::exists(m_program.dataFolder() + u"/certificates.db"_s));
        const Ran imported = m_program.run({u"certs"_s, u"import"_s, u"--json"_s, m_program.path(u"certs"_s)});
        QVERIFY2(imported.exit == 0, imported.all());
        QCOMPARE(imported.json()["added"_L1].toInt(), 4);
        QVERIFY2(
            imported.err.contains("all 2 stored records were appraised again") && imported.err.contains(" 0 turned bad"), imported.all());
        QCOMPARE(m_program.run({u"certs"_s, u"import"_s, u"--json"_s, m_program.path(u"certs"_s)}).json()["added"_L1].toInt(), 0);
        const QJsonArray all = m_program.run({u"certs"_s, u"list"_s, u"--json"_s}).json()["certificates"_L1].toArray();
        QCOMPARE(all.size(), 4);
        for (const auto &one : all)
            QVERIFY(one["state"_L1] == "valid"_L1 || one["state"_L1] == "current"_L1);
        const Ran vcek = m_program.run({u"certs"_s, u"list"_s, u"--role"_s, u"vcek"_s, u"--product"_s, u"bergamo"_s, u"--json"_s});
        QCOMPARE(vcek.json()["certificates"_L1].toArray().size(), 1);
        m_leaf = vcek.json()["certificates"_L1][0]["sha256"_L1].toString();
        const Ran shown = m_program.run({u"certs"_s, u"show"_s, m_leaf.first(10)});
        QVERIFY2(shown.exit == 0 && shown.out.contains("BEGIN CERTIFICATE") && shown.out.contains("bl "), shown.all());
        QCOMPARE(m_program.run({u"certs"_s, u"show"_s, u"0000"_s}).exit, 2);
        QCOMPARE(m_program.run({u"certs"_s, u"import"_s, m_program.write(u"no.txt"_s, "hello")}).exit, 2);
        QCOMPARE(m_program.run({u"certs"_s, u"remove"_s}).exit, 2);
        QCOMPARE(m_program.run({u"certs"_s, u"remove"_s, m_leaf.first(12)}).exit, 0);
        QCOMPARE(m_program.run({u"certs"_s, u"remove"_s, m_leaf.first(12)}).exit, 2);
        QVERIFY(m_program.run({u"certs"_s, u"import"_s, m_program.path(u"certs/vcek.der"_s)}).exit == 0);
    }

    void verifyHasHonestExitCodes()
    {
        QCOMPARE(m_program.run({u"certs"_s, u"verify"_s}).exit, 1); // emulated
        const Ran good = m_program.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s});
        QVERIFY2(good.exit == 0 && good.out.contains("ARK-Genoa") && good.out.contains("└─"), good.all());
        QFile file(m_program.path(u"certs/vcek.der"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QByteArray leaf = file.readAll();
        leaf[leaf.size() - 3] = static_cast<char>(leaf[leaf.size() - 3] ^ 1);
        QDir().mkpath(m_program.path(u"bad"_s));
        for (const char *name : {"ark.der", "ask.der"})
            QFile::copy(m_program.path(u"certs/"_s + QLatin1String(name)), m_program.path(u"bad/"_s + QLatin1String(name)));
        m_program.write(u"bad/vcek.der"_s, leaf);
        const Ran bad = m_program.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s, u"--json"_s, m_program.path(u"bad"_s)});
        QVERIFY2(bad.exit == 1 && !bad.json()["good"_L1].toBool(), bad.all());
        QVERIFY(bad.out.contains("signature"));
        QCOMPARE(
            m_program.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s, m_program.path(u"certs"_s), m_program.write(u"junk"_s, "junk")})
                .exit,
            1);
        QCOMPARE(m_program.run({u"certs"_s, u"verify"_s, m_program.path(u"junk"_s)}).exit, 2);
        QCOMPARE(m_program.run({u"certs"_s, u"verify"_s, u"/no/such"_s}).exit == 0, false);
        QCOMPARE(m_program.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s, u"--at"_s, u"2099-01-01"_s}).exit, 1);
    }

    void exportEveryLayout_data()
    {
        QTest::addColumn<QString>("layout");
        for (const auto &layout : {u"folder"_s, u"ghcb"_s, u"pem"_s, u"go-sev-guest"_s})
            QTest::newRow(qPrintable(layout)) << layout;
    }
    void exportEveryLayout()
    {
        QFETCH(QString, layout);
        const QString target = m_program.path(u"out-"_s + layout);
        const QStringList line{u"certs"_s, u"export"_s, m_leaf.first(10), u"--layout"_s, layout, u"-o"_s, target};
        const Ran exported = m_program.run(line);
        QVERIFY2(exported.exit == 0, exported.all());
        QCOMPARE(m_program.run(line).exit, 2); // never over what is there
        QCOMPARE(m_program.run(line + QStringList{u"--force"_s}).exit, 0);
        const Ran verified = m_program.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s, u"--json"_s, target});
        QVERIFY2(verified.exit == 0, verified.all());
        QCOMPARE(verified.json()["certificates"_L1].toInt(), 4);
        // And evidence verify takes it.
        const Ran evidence = m_program.run({u"evidence"_s, u"verify"_s, u"--accept-emulated"_s, u"--root"_s,
            QString::fromStdString(m_maker.expected.root), m_program.path(u"report.bin"_s), target});
        QVERIFY2(evidence.exit == 0, evidence.all());
    }

    void exportRefuses()
    {
        QCOMPARE(m_program.run({u"certs"_s, u"export"_s, m_leaf, u"--layout"_s, u"sevctl"_s, u"-o"_s, m_program.path(u"x"_s)}).exit, 2);
        QCOMPARE(m_program.run({u"certs"_s, u"export"_s, m_leaf}).exit, 2);
        QCOMPARE(m_program.run({u"certs"_s, u"export"_s, u"--product"_s, u"Milan"_s, u"-o"_s, m_program.path(u"x"_s)}).exit, 2);
        const Ran der = m_program.run({u"certs"_s, u"export"_s, m_leaf, u"--layout"_s, u"der"_s, u"-o"_s, u"-"_s});
        QCOMPARE(der.out, bytesOf(m_maker.evidence.endorsements.front().der));
    }

    void theStoreHelpsVerify()
    {
        const QStringList line{u"evidence"_s, u"verify"_s, u"--json"_s, u"--accept-emulated"_s, u"--root"_s,
            QString::fromStdString(m_maker.expected.root), m_program.path(u"report.bin"_s)};
        const Ran verified = m_program.run(line);
        QVERIFY2(verified.exit == 0, verified.all());
        QVERIFY(verified.err.contains("from the certificate store"));
        Program elsewhere;
        elsewhere.write(u"report.bin"_s, bytesOf(m_maker.evidence.report));
        QCOMPARE(elsewhere.run({u"evidence"_s, u"verify"_s, elsewhere.path(u"report.bin"_s)}).exit, 1);
        QVERIFY(!QFile::exists(elsewhere.dataFolder() + u"/certificates.db"_s)); // verifying writes nothing
        QVERIFY(!QFile::exists(elsewhere.dataFolder() + u"/kds-cache"_s));
    }

    void fetch()
    {
        const std::string path = *sev::kds::vcekPath(
            sev::Product::Genoa, m_maker.report().chipId().view(), sev::TcbVersion(m_maker.report().reportedTcb(), sev::TcbLayout::Milan));
        BadServer server([&](Connection &connection, const std::string &asked) {
            if (asked == path)
                connection.send(answer(200, m_maker.evidence.endorsements.front().der));
            else if (asked == "/vcek/v1/Genoa/cert_chain")
                connection.send(answer(200, pemOf(m_maker.authority().ask()) + pemOf(m_maker.authority().ark())));
            else if (asked == "/vcek/v1/Genoa/crl")
                connection.send(answer(200, m_maker.evidence.endorsements.back().der));
            else
                connection.send(answer(404, ""));
        });
        Program other;
        other.set(u"KASTELLAN_KDS_URL"_s, QString::fromStdString(server.url()));
        const QString report = other.write(u"report.bin"_s, bytesOf(m_maker.evidence.report));
        const QStringList line{u"certs"_s, u"fetch"_s, u"vcek"_s, u"crl"_s, u"--json"_s, u"--report"_s, report};
        const QStringList root{u"--root"_s, QString::fromStdString(m_maker.expected.root)};
        const Ran amd = other.run(line);
        QVERIFY2(amd.exit == 3 && amd.err.contains("is accepted"), amd.all());
        QVERIFY(!QFile::exists(other.dataFolder() + u"/certificates.db"_s));
        const Ran fetched = other.run(line + root);
        QVERIFY2(fetched.exit == 0, fetched.all());
        QCOMPARE(fetched.json()["added"_L1].toInt(), 4);
        QVERIFY2(!fetched.err.contains("appraised again"), fetched.all()); // nothing is stored there
        const auto count = server.asked().size();
        QCOMPARE(other.run(line + root + QStringList{u"--offline"_s}).exit, 0);
        QCOMPARE(server.asked().size(), count);
        QCOMPARE(other.run({u"certs"_s, u"verify"_s, u"--accept-emulated"_s}).exit, 0);
        // Verifying fetches what is missing only when asked to, and takes nothing that is not under AMD's root.
        Program verifier;
        verifier.set(u"KASTELLAN_KDS_URL"_s, QString::fromStdString(server.url()));
        const QString lone = verifier.write(u"report.bin"_s, bytesOf(m_maker.evidence.report));
        const auto asked = server.asked().size();
        QCOMPARE(verifier.run({u"evidence"_s, u"verify"_s, lone}).exit, 1);
        QCOMPARE(server.asked().size(), asked);
        const Ran emulated = verifier.run({u"evidence"_s, u"verify"_s, u"--fetch"_s, lone});
        QVERIFY2(emulated.exit == 1 && emulated.err.contains("'amd' is accepted"), emulated.all());
        QVERIFY(server.asked().size() > asked);
        // What came before something failed is kept.
        BadServer half([&](Connection &connection, const std::string &address) {
            connection.send(address.ends_with("/crl") ? answer(404, "")
                    : address == path                 ? answer(200, m_maker.evidence.endorsements.front().der)
                                                      : answer(200, pemOf(m_maker.authority().ask()) + pemOf(m_maker.authority().ark())));
        });
        Program partly;
        partly.set(u"KASTELLAN_KDS_URL"_s, QString::fromStdString(half.url()));
        const Ran part = partly.run({u"certs"_s, u"fetch"_s, u"vcek"_s, u"crl"_s, u"--report"_s, report, u"--root"_s, root.back()});
        QVERIFY2(part.exit != 0 && part.out.contains("SEV-VCEK (chip ") && part.err.contains("404"), part.all());
        QCOMPARE(partly.run({u"certs"_s, u"list"_s, u"--json"_s}).json()["certificates"_L1].toArray().size(), 3);
        // Another TCB is not there, and the message says what is likely.
        const Ran missing = other.run(QStringList{u"certs"_s, u"fetch"_s, u"vcek"_s, u"--product"_s, u"Genoa"_s, u"--chip-id"_s,
                                          QString::fromLatin1(QByteArray(64, 7).toHex()), u"--tcb"_s, u"bl=1,tee=0,snp=1,ucode=1"_s}
            + root);
        QVERIFY2(missing.exit == 1 && missing.err.contains("reported TCB"), missing.all());
        for (const QStringList &wrong :
            {QStringList{u"everything"_s}, QStringList{u"vcek"_s}, QStringList{u"chain"_s}, QStringList{u"cek"_s},
                QStringList{u"ask-ark"_s}, QStringList{u"chain"_s, u"--product"_s, u"Genoa"_s, u"--kds-url"_s, u"ftp://x"_s}})
            QCOMPARE(other.run(QStringList{u"certs"_s, u"fetch"_s} + wrong).exit, 2);
    }

    void pins()
    {
        const Ran pins = m_program.run({u"host"_s, u"pins"_s, u"--json"_s});
        QVERIFY2(pins.exit == 0, pins.all());
        const QString identity = pins.json()["pins"_L1][0]["identity"_L1].toString();
        QVERIFY(identity.startsWith(u"chip:"_s));
        QCOMPARE(m_program.run({u"host"_s, u"pin"_s, u"emulated"_s, u"--identity"_s, u"chip:0123456789abcdef"_s}).exit, 0);
        const Ran refused = m_program.run({u"keep"_s, u"launch"_s, u"--name"_s, u"moved"_s, example("hello")});
        QVERIFY2(refused.exit == 126 && refused.err.contains("platform.identity"), refused.all());
        QCOMPARE(m_program.run({u"host"_s, u"pin"_s, u"emulated"_s, u"--identity"_s, u"nonsense"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"unpin"_s, u"emulated"_s}).exit, 0);
        QCOMPARE(m_program.run({u"host"_s, u"unpin"_s, u"emulated"_s}).exit, 2);
        QCOMPARE(m_program.run({u"host"_s, u"pin"_s, u"emulated"_s}).exit, 0); // to its newest good record
        QCOMPARE(m_program.run({u"host"_s, u"pins"_s, u"--json"_s}).json()["pins"_L1][0]["identity"_L1].toString(), identity);
        QCOMPARE(m_program.run({u"keep"_s, u"launch"_s, u"--name"_s, u"again"_s, example("hello")}).exit, 0);
    }

    void reappraise()
    {
        const Ran same = m_program.run({u"evidence"_s, u"reappraise"_s, u"--keep"_s, u"first"_s, u"--json"_s});
        QVERIFY2(same.exit == 0 && same.json()["turned_bad"_L1].toInt() == 0 && same.json()["appraised"_L1].toInt() == 2, same.all());
        const int records = m_program.run({u"evidence"_s, u"list"_s, u"--json"_s}).json()["records"_L1].toArray().size();
        const Ran floor =
            m_program.run({u"evidence"_s, u"reappraise"_s, u"--keep"_s, u"first"_s, u"--min-tcb"_s, u"snp=250"_s, u"--json"_s});
        QVERIFY2(floor.exit == 1 && floor.json()["turned_bad"_L1].toInt() == 2, floor.all());
        QVERIFY(floor.out.contains("tcb.minimum"));
        // A list that revokes the ASK of the keep's platform.
        const auto processor = emulatedProcessor();
        const auto &authority = processor->identity().authority();
        const auto now = std::time(nullptr);
        const Bytes list = *authority.revocationList({std::stoull(authority.ask().serial(), nullptr, 16)}, now - 50, now + 5000);
        const QString file = m_program.write(u"revoked.crl"_s, bytesOf(list));
        const Ran revoked =
            m_program.run({u"evidence"_s, u"reappraise"_s, u"--keep"_s, u"first"_s, u"--crl"_s, file, u"--record"_s, u"--json"_s});
        QVERIFY2(revoked.exit == 1 && revoked.out.contains("chain.crl"), revoked.all());
        QCOMPARE(m_program.run({u"evidence"_s, u"list"_s, u"--json"_s}).json()["records"_L1].toArray().size(), records + 2);
        QCOMPARE(m_program.run({u"evidence"_s, u"reappraise"_s, u"--at"_s, u"2099-01-01"_s}).exit, 1);
        QCOMPARE(m_program.run({u"evidence"_s, u"reappraise"_s, u"--crl"_s, m_program.write(u"none"_s, "x")}).exit, 2);
        QCOMPARE(m_program.run({u"evidence"_s, u"reappraise"_s, u"--crl"_s, file, u"--crl"_s, m_program.write(u"none"_s, "x")}).exit, 2);
        // A list that is none is refused; nobody shall think that revocation was looked at.
        const QStringList verify{u"evidence"_s, u"verify"_s, m_program.path(u"report.bin"_s), m_program.path(u"certs"_s), u"--root"_s,
            QString::fromStdString(m_maker.expected.root), u"--accept-emulated"_s, u"--crl"_s};
        const Ran none = m_program.run(verify + QStringList{m_program.path(u"certs/ark.der"_s)});
        QVERIFY2(none.exit == 2 && none.err.contains("revocation list"), none.all());
        QCOMPARE(m_program.run(verify + QStringList{m_program.path(u"certs/crl.der"_s)}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"fsck"_s}).exit, 0);
        // A list by the platform's own root in the store: what it turns bad is told at once.
        const auto platform = sev::Processor::open(std::filesystem::path(m_program.dataFolder().toStdString()) / "emulated");
        QVERIFY(platform);
        const auto &own = (*platform)->identity().authority();
        const Bytes signedList = *own.revocationList({std::stoull(own.ask().serial(), nullptr, 16)}, now - 50, now + 5000);
        const Ran imported = m_program.run({u"certs"_s, u"import"_s, m_program.write(u"own.crl"_s, bytesOf(signedList)), u"--json"_s});
        QVERIFY2(imported.exit == 0 && imported.err.contains("chain.crl") && imported.err.contains("first"), imported.all());
        const QString digest = imported.json()["certificates"_L1][0]["sha256"_L1].toString();
        QCOMPARE(m_program.run({u"certs"_s, u"remove"_s, digest}).exit, 0);
    }

    void redacted()
    {
        const QString identity = m_program.run({u"host"_s, u"pins"_s, u"--json"_s}).json()["pins"_L1][0]["identity"_L1].toString();
        const QByteArray chip = identity.mid(5, 16).toLatin1();
        for (const QString &format : {u"json"_s, u"html"_s, u"bundle"_s}) {
            const Ran whole = m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"--format"_s, format, u"-o"_s, u"-"_s});
            const Ran redacted =
                m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"--redact-chip-id"_s, u"--format"_s, format, u"-o"_s, u"-"_s});
            QVERIFY2(whole.exit == 0 && redacted.exit == 0, redacted.all());
            if (format == u"bundle"_s)
                continue; // compressed; its files are looked at in test_reports_redact
            QVERIFY(whole.out.contains(chip));
            QVERIFY(!redacted.out.contains(chip));
            QVERIFY(redacted.out.contains("cannot be checked"));
        }
        QCOMPARE(
            m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"--redact-chip-id"_s, u"--format"_s, u"pdf"_s, u"-o"_s, u"-"_s}).exit,
            2);
    }

    void care()
    {
        const QString backup = m_program.path(u"backup.db"_s);
        QCOMPARE(m_program.run({u"evidence"_s, u"backup"_s, backup}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"backup"_s, backup}).exit, 2);
        QCOMPARE(m_program.run({u"evidence"_s, u"hold"_s, u"first"_s, u"--why"_s, u"case 17"_s}).exit, 0);
        const QString held = m_program.run({u"evidence"_s, u"hold"_s, u"--json"_s}).json()["holds"_L1][0]["record"_L1].toString();
        QCOMPARE(m_program.run({u"evidence"_s, u"purge"_s}).exit, 2);
        QCOMPARE(m_program.run({u"evidence"_s, u"purge"_s, u"--older-than"_s, u"soon"_s}).exit, 2);
        const Ran none = m_program.run({u"evidence"_s, u"purge"_s, u"--older-than"_s, u"90d"_s, u"--json"_s});
        QVERIFY2(none.exit == 0 && none.json()["purged"_L1].toArray().isEmpty(), none.all());
        const auto before = std::time(nullptr);
        QTRY_VERIFY(std::time(nullptr) > before); // created before now, by whole seconds
        const Ran told =
            m_program.run({u"evidence"_s, u"purge"_s, u"--older-than"_s, u"0h"_s, u"--keep-newest"_s, u"0"_s, u"-n"_s, u"--json"_s});
        const qsizetype would = told.json()["purged"_L1].toArray().size();
        QVERIFY2(would > 3 && told.json()["held"_L1].toInt() == 1, told.all());
        const Ran purged = m_program.run({u"evidence"_s, u"purge"_s, u"--older-than"_s, u"0h"_s, u"--keep-newest"_s, u"0"_s, u"--json"_s});
        QCOMPARE(purged.json()["purged"_L1].toArray().size(), would);
        QCOMPARE(m_program.run({u"evidence"_s, u"fsck"_s}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"show"_s, held}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"show"_s, purged.json()["record"_L1].toString()}).exit, 0);
        const Ran gone = m_program.run({u"evidence"_s, u"show"_s, purged.json()["purged"_L1][0]["id"_L1].toString()});
        QVERIFY2(gone.exit == 2 && gone.err.contains("purged"), gone.all());
        QCOMPARE(m_program.run({u"evidence"_s, u"release"_s, held}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"release"_s, held}).exit, 2);
        QCOMPARE(m_program.run({u"evidence"_s, u"restore"_s, backup}).exit, 2); // the purge would be lost
        QCOMPARE(m_program.run({u"evidence"_s, u"restore"_s, backup, u"--force"_s}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"show"_s, purged.json()["purged"_L1][0]["id"_L1].toString()}).exit, 0);
        QCOMPARE(m_program.run({u"evidence"_s, u"fsck"_s}).exit, 0);
    }

private:
    Program m_program;
    EvidenceMaker m_maker;
    QString m_leaf;
};

QTEST_GUILESS_MAIN(TestKeepctlCerts)
#include "test_keepctl_certs.moc"
