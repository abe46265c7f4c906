// SPDX-License-Identifier: Apache-2.0
// Runs exactly the commands of the bundle's README, with plain openssl, in an empty folder.
#include "evidence.h"

#include "core/base/file.h"
#include "core/evidence/reappraise.h"
#include "core/reports/reports.h"
#include "core/storage/record_store.h"
#include "sev-backend/appraisal/backend.h"
#include "tests/support/data_folder.h"
#include "tests/support/vectors.h"

#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace kastellan;

namespace {

constexpr std::uint64_t largest = 1 << 26;

std::string inFolder(const QString &folder, const char *name)
{
    return folder.toStdString() + "/" + name;
}

/// The commands between ```sh and ```, one text a block.
QStringList blocksOf(const QString &readme)
{
    QStringList blocks;
    auto matches = QRegularExpression(
        QStringLiteral("^```sh\\n(.*?)^```$"), QRegularExpression::DotMatchesEverythingOption | QRegularExpression::MultilineOption)
                       .globalMatch(readme);
    while (matches.hasNext())
        blocks << matches.next().captured(1);
    return blocks;
}

struct Ran {
    bool good = false;
    QString output;
};

Ran run(const QString &commands, const QString &folder)
{
    QProcess shell;
    shell.setWorkingDirectory(folder);
    QProcessEnvironment environment;
    environment.insert(QStringLiteral("PATH"), QStringLiteral("/usr/bin:/bin"));
    shell.setProcessEnvironment(environment);
    shell.setProcessChannelMode(QProcess::MergedChannels);
    shell.start(QStringLiteral("sh"), {QStringLiteral("-eu"), QStringLiteral("-c"), commands});
    if (!shell.waitForFinished(30'000))
        return {};
    return {shell.exitStatus() == QProcess::NormalExit && shell.exitCode() == 0, QString::fromUtf8(shell.readAll())};
}

/// A bundle, unpacked in an empty folder.
class Unpacked {
public:
    explicit Unpacked(const Bytes &zip)
    {
        if (!writeFileAtomically(m_folder.filePath(QStringLiteral("bundle.zip")).toStdString(), zip)
            || !run(QStringLiteral("unzip -q bundle.zip && rm bundle.zip"), m_folder.path()).good)
            qFatal("the bundle cannot be unpacked");
        const auto folders = QDir(m_folder.path()).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        if (folders.size() != 1)
            qFatal("the bundle is not one folder");
        m_path = m_folder.filePath(folders.front());
        m_blocks = blocksOf(QString::fromUtf8(content("README.md")));
    }
    [[nodiscard]] QByteArray content(const char *name) const
    {
        const auto bytes = readFile(inFolder(m_path, name), largest);
        return bytes ? QByteArray(reinterpret_cast<const char *>(bytes->data()), static_cast<qsizetype>(bytes->size())) : QByteArray();
    }
    void write(const char *name, const QByteArray &bytes) const
    {
        if (!writeFileAtomically(
                inFolder(m_path, name), asBytes(std::string_view(bytes.data(), static_cast<std::size_t>(bytes.size()))), 0644))
            qFatal("cannot write");
    }
    [[nodiscard]] const QStringList &blocks() const { return m_blocks; }
    [[nodiscard]] const QString &path() const { return m_path; }
    /// Numbers of the blocks that fail.
    [[nodiscard]] QList<int> failing() const
    {
        QList<int> numbers;
        for (int i = 0; i < m_blocks.size(); ++i)
            if (!run(m_blocks[i], m_path).good)
                numbers << i;
        return numbers;
    }
    /// The number of the only block with this text.
    [[nodiscard]] int blockWith(const char *text) const
    {
        for (int i = 0; i < m_blocks.size(); ++i)
            if (m_blocks[i].contains(QLatin1StringView(text)))
                return i;
        return -1;
    }

private:
    QTemporaryDir m_folder;
    QString m_path;
    QStringList m_blocks;
};

} // namespace

class TestBundle : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        auto record = test::emulatedRecord();
        QVERIFY2(record.has_value(), record ? "" : record.error().message().c_str());
        m_record = *record;
        QCOMPARE(m_record.appraisal.sentence.substr(0, 7), std::string("Trusted"));
        const auto view = m_backend->describe(m_record.evidence);
        QVERIFY(view);
        m_view = *view;
        auto zip = recordBundle(m_record, m_view);
        QVERIFY2(zip.has_value(), zip ? "" : zip.error().message().c_str());
        m_zip = *zip;
    }

    void everyCommandOfTheReadmeSucceeds()
    {
        const Unpacked bundle(m_zip);
        QVERIFY(bundle.blocks().size() >= 10);
        for (const auto &block : bundle.blocks()) {
            const Ran ran = run(block, bundle.path());
            QVERIFY2(ran.good, qPrintable(block + ran.output));
        }
        QVERIFY(bundle.content("README.md").contains("EMULATED"));
        QVERIFY(bundle.content("report.html").contains("EMULATED"));
        QVERIFY(bundle.content("appraisal.txt").contains("EMULATED"));
        QVERIFY(bundle.content("record.json").contains("\"emulated\": true"));
        for (const char *name :
            {"plan.json", "appraisal.json", "certificates/vcek.der", "certificates/ark.pem", "bindings/nonce.bin", "delivery-manifest.txt"})
            QVERIFY2(!bundle.content(name).isEmpty(), name);
    }

    /// One byte of the report altered, at many places: the digests say so, and the signature does wherever it covers the byte.
    void alteredReportFails()
    {
        const Unpacked bundle(m_zip);
        const int digests = bundle.blockWith("sha256sum");
        const int signature = bundle.blockWith("asn1parse");
        QVERIFY(digests >= 0 && signature >= 0);
        const QByteArray original = bundle.content("report.bin");
        QCOMPARE(original.size(), 1184);
        for (int at = 0; at < 0x2a0 + 144; at += at < 0x2a0 ? 37 : 7) {
            const int inNumber = (at - 0x2a0) % 72;
            if (at >= 0x2a0 && inNumber >= 48)
                continue; // the numbers have 48 bytes; zeros follow
            QByteArray altered = original;
            altered[at] = static_cast<char>(altered[at] ^ 1);
            bundle.write("report.bin", altered);
            QVERIFY2(!run(bundle.blocks()[digests], bundle.path()).good, qPrintable(QString::number(at)));
            QVERIFY2(!run(bundle.blocks()[signature], bundle.path()).good, qPrintable(QString::number(at)));
        }
        bundle.write("report.bin", original);
        QVERIFY(bundle.failing().isEmpty());
    }

    /// Whoever alters a file and its digest cannot make the signature over the digests.
    void alteredManifestFails()
    {
        const Unpacked bundle(m_zip);
        QByteArray json = bundle.content("appraisal.json");
        bundle.write("appraisal.json", json.replace("trusted", "Trusted"));
        QVERIFY(run(QStringLiteral("sha256sum $(cut -c 67- MANIFEST.sha256) > new && mv new MANIFEST.sha256"), bundle.path()).good);
        QVERIFY(run(bundle.blocks()[bundle.blockWith("sha256sum")], bundle.path()).good);
        QCOMPARE(bundle.failing(), QList<int>({bundle.blockWith("pkeyutl")}));
    }

    void everyOtherPartIsChecked_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<int>("offset");
        QTest::addColumn<QByteArray>("block");
        QTest::newRow("nonce") << QByteArrayLiteral("bindings/nonce.bin") << 63 << QByteArrayLiteral("kastellan-attest-1");
        QTest::newRow("exporter") << QByteArrayLiteral("bindings/exporter.bin") << 0 << QByteArrayLiteral("kastellan-attest-1");
        QTest::newRow("warden key") << QByteArrayLiteral("bindings/warden-key-sha256.bin") << 5 << QByteArrayLiteral("kastellan-attest-1");
        QTest::newRow("keep id") << QByteArrayLiteral("bindings/keep-id.bin") << 15 << QByteArrayLiteral("kastellan-attest-1");
        QTest::newRow("first report data") << QByteArrayLiteral("bindings/first-report-data.bin") << 1
                                           << QByteArrayLiteral("kastellan-deliver-1");
        QTest::newRow("manifest digest") << QByteArrayLiteral("bindings/manifest-sha256.bin") << 1
                                         << QByteArrayLiteral("kastellan-deliver-1");
        QTest::newRow("manifest") << QByteArrayLiteral("delivery-manifest.txt") << 25 << QByteArrayLiteral("delivery-manifest.txt");
        QTest::newRow("leaf") << QByteArrayLiteral("certificates/vcek.pem") << 400 << QByteArrayLiteral("openssl verify");
        QTest::newRow("intermediate") << QByteArrayLiteral("certificates/ask.pem") << 400 << QByteArrayLiteral("openssl verify");
        QTest::newRow("root") << QByteArrayLiteral("certificates/ark.pem") << 300 << QByteArrayLiteral("certificates/ark.pem -outform");
    }
    void everyOtherPartIsChecked()
    {
        QFETCH(QByteArray, file);
        QFETCH(int, offset);
        QFETCH(QByteArray, block);
        const Unpacked bundle(m_zip);
        QByteArray bytes = bundle.content(file.constData());
        bytes[offset] = bytes[offset] == 'A' ? 'B' : 'A';
        bundle.write(file.constData(), bytes);
        const auto failing = bundle.failing();
        QVERIFY(failing.contains(bundle.blockWith("sha256sum")));
        QVERIFY(failing.contains(bundle.blockWith(block.constData())));
    }

    /// Reports of real hardware, with certificates whose serial number is zero.
    void realHardware_data()
    {
        QTest::addColumn<QByteArray>("folder");
        QTest::newRow("Milan") << QByteArrayLiteral("reports/milan-v3");
        QTest::newRow("Genoa") << QByteArrayLiteral("reports/genoa-v3");
    }
    void realHardware()
    {
        KASTELLAN_NEED_VECTORS();
        QFETCH(QByteArray, folder);
        const Record record = test::hardwareRecord(folder.toStdString());
        QVERIFY2(record.appraisal.verdict != Verdict::Refused, record.appraisal.sentence.c_str());
        const auto view = m_backend->describe(record.evidence);
        QVERIFY(view);
        const auto zip = recordBundle(record, *view);
        QVERIFY(zip);
        const Unpacked bundle(*zip);
        for (const auto &block : bundle.blocks()) {
            const Ran ran = run(block, bundle.path());
            QVERIFY2(ran.good, qPrintable(block + ran.output));
        }
        QVERIFY(!bundle.content("README.md").contains("EMULATED"));
        if (const QString pictures = qEnvironmentVariable("KASTELLAN_PICTURES"); !pictures.isEmpty())
            QVERIFY(writeFileAtomically(inFolder(pictures, folder.mid(8).append(".html").constData()), asBytes(recordHtml(record, *view))));
    }

    /// A record from the store, appraised again, gives the same verdict; an altered report does not.
    void recordsAreAppraisedAgain()
    {
        const Appraisal again = reappraise(m_record, *m_backend, m_record.appraisal.at + 1);
        QCOMPARE(again.verdict, Verdict::Trusted);
        QCOMPARE(again.findings.size(), m_record.appraisal.findings.size());
        Record altered = m_record;
        altered.evidence.report[0x90] ^= 1;
        QCOMPARE(reappraise(altered, *m_backend, altered.appraisal.at).verdict, Verdict::Refused);
        altered = m_record;
        altered.binding->nonce.bytes[0] ^= 1;
        altered.binding->first = altered.binding->attestData();
        QCOMPARE(reappraise(altered, *m_backend, altered.appraisal.at).verdict, Verdict::Refused);
        constexpr std::int64_t century = 100LL * 365 * 86400;
        QCOMPARE(reappraise(m_record, *m_backend, m_record.appraisal.at + century).verdict, Verdict::Refused);
    }

    /// Not a check: writes the exports to where a person can look at them.
    void picturesForPeople()
    {
        const QString pictures = qEnvironmentVariable("KASTELLAN_PICTURES");
        if (pictures.isEmpty())
            QSKIP("KASTELLAN_PICTURES names no folder");
        const auto write = [&](const char *name, const std::string &text) {
            QVERIFY(writeFileAtomically(inFolder(pictures, name), asBytes(text), 0644));
        };
        const Appraisal again = reappraise(m_record, *m_backend, m_record.appraisal.at);
        write("trusted.html", recordHtml(m_record, m_view, &again));
        auto refused = test::emulatedRecord(0x95);
        QVERIFY(refused);
        write("refused.html", recordHtml(*refused, *m_backend->describe(refused->evidence)));
        const Unpacked bundle(m_zip);
        write("README.md", bundle.content("README.md").toStdString());
        write("appraisal.txt", bundle.content("appraisal.txt").toStdString());
    }

private:
    test::DataFolder m_folder;
    std::unique_ptr<EvidenceBackend> m_backend = sev::makeEvidenceBackend();
    Record m_record;
    EvidenceView m_view;
    Bytes m_zip;
};

QTEST_GUILESS_MAIN(TestBundle)
#include "test_bundle.moc"
