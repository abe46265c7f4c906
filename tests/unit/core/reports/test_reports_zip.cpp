// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/reports/bundle_files.h"
#include "core/reports/reports.h"
#include "core/reports/zip.h"
#include "tests/support/data_folder.h"
#include "tests/support/sample_record.h"

#include <QtCore/QProcess>
#include <QtTest/QTest>

using namespace kastellan;

class TestZip : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unzipReadsIt()
    {
        const auto zip = reports::zipped({{"a/one.txt", toBytes("one")}, {"a/empty", {}}, {"two.bin", Bytes(100'000, 7)}});
        QVERIFY2(zip.has_value(), zip ? "" : zip.error().message().c_str());
        QVERIFY(zip->size() < 2000);
        QVERIFY(writeFileAtomically(m_folder.path() / "x.zip", *zip));
        QProcess unzip;
        unzip.setWorkingDirectory(QString::fromStdString(m_folder.path().string()));
        unzip.start(QStringLiteral("unzip"), {QStringLiteral("-q"), QStringLiteral("x.zip")});
        QVERIFY(unzip.waitForFinished());
        QCOMPARE(unzip.exitCode(), 0);
        QVERIFY(*readFile(m_folder.path() / "a" / "one.txt", 100) == toBytes("one"));
        QVERIFY(readFile(m_folder.path() / "a" / "empty", 100)->empty());
        QCOMPARE(readFile(m_folder.path() / "two.bin", 1 << 20)->size(), std::size_t{100'000});
    }

    void sameFilesGiveSameBytes()
    {
        const Record record = test::sampleRecord();
        ::setenv("TZ", "UTC", 1);
        ::tzset();
        const auto one = recordBundle(record, test::sampleView());
        ::setenv("TZ", "Asia/Tokyo", 1);
        ::tzset();
        const auto two = recordBundle(record, test::sampleView());
        QVERIFY2(one.has_value(), one ? "" : one.error().message().c_str());
        QVERIFY(*one == *two);
    }

    /// A report with its key's certificate alone: AMD's authorities are built in, and whoever checks it without this program fetches them.
    void authoritiesThatAreBuiltIn()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        record.expected.root = "amd";
        record.evidence.kind = "snp-report";
        record.evidence.endorsements = {{"vcek", Bytes(9, 1)}};
        view.product = "Milan";
        view.chain.clear();
        const auto readme = [&] { return reports::bundleReadme({record, view}); };
        const auto says = [&](std::string_view words) { return readme().find(words) != std::string::npos; };
        QVERIFY(says("The chain is not complete") && !says("openssl verify"));
        for (const char *role : {"vcek", "ask", "ark"})
            view.chain.push_back({role, "", "", "0", "", "", "", std::string(64, '5'), false, true, false, {}});
        QVERIFY(says("-trusted chain.pem certificates/vcek.pem\n") && says("/vcek/v1/Milan/cert_chain`") && says(std::string(64, '5')));
        QVERIFY(!says("not complete"));
        view.product = "x` $(reboot) `";
        QVERIFY(!says("reboot"));
        record.expected.root = "emulated:" + std::string(64, '5');
        QVERIFY(says("The chain is not complete"));
    }

    /// Roles come from a record and become names of files: none leads out of the folder.
    void namesStayInTheFolder()
    {
        Record record = test::sampleRecord();
        record.evidence.endorsements.push_back({"../../etc/passwd", {1}});
        record.evidence.endorsements.push_back({"crl", {1}});
        record.evidence.endorsements.push_back({"crl", {2}});
        const auto zip = recordBundle(record, test::sampleView());
        QVERIFY(zip);
        const auto text = asText(*zip);
        QVERIFY(text.find("..") == std::string_view::npos || text.find("../") == std::string_view::npos);
        QVERIFY(text.find("certificates/------etc-passwd.der") != std::string_view::npos);
        QVERIFY(text.find("certificates/crl-2.pem") != std::string_view::npos);
    }

private:
    test::DataFolder m_folder;
};

QTEST_APPLESS_MAIN(TestZip)
#include "test_reports_zip.moc"
