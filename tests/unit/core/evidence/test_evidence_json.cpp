// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

using namespace kastellan;

namespace {

Result<Record> reread(const std::string &text)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(text, "a record"));
    return js::recordFrom(value, "record");
}

} // namespace

class TestEvidenceJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordComesBackWhole()
    {
        const Record record = test::sampleRecord();
        const std::string text = js::dump(js::toJson(record));
        const auto again = reread(text);
        QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
        QCOMPARE(js::dump(js::toJson(*again)), text);
        QCOMPARE(again->evidence.report, record.evidence.report);
        QCOMPARE(again->evidence.endorsements.size(), record.evidence.endorsements.size());
        QCOMPARE(again->expected.minimumTcb.size(), record.expected.minimumTcb.size());
        QVERIFY(again->binding->attestData() == record.binding->attestData());
        QVERIFY(again->binding->deliverData() == record.binding->deliverData());
        QCOMPARE(again->appraisal.sentence, record.appraisal.sentence);
        QVERIFY(again->appraisal.findings[2].reference);
    }

    void appraisalHasTheNamesOfTheDesign()
    {
        const auto value = js::In::parse(js::dump(js::toJson(test::sampleRecord().appraisal)));
        QCOMPARE(value["verdict"].get<std::string>(), std::string("trusted"));
        QCOMPARE(value["emulated"].get<bool>(), true);
        for (const char *key : {"id", "area", "result", "required", "expected", "actual", "why", "remedy", "source"})
            QVERIFY2(value["findings"][0].contains(key), key);
    }

    /// Each member is removed, and set to each wrong type: an error that names it, or a default; never a crash.
    void everyWrongTypeIsNamed()
    {
        const auto whole = js::In::parse(js::dump(js::toJson(test::sampleRecord())));
        const js::In wrong[] = {nullptr, true, -1, 3.5, "text", js::In::array({1}), js::In::object({{"x", 1}})};
        int refused = 0;
        for (const auto &[key, value] : whole.items()) {
            auto changed = whole;
            changed.erase(key);
            (void)js::recordFrom(changed, "record");
            for (const auto &other : wrong) {
                changed[key] = other;
                const auto result = js::recordFrom(changed, "record");
                if (result)
                    continue;
                ++refused;
                QVERIFY2(result.error().where.find("record." + key) == 0, result.error().message().c_str());
            }
        }
        QVERIFY(refused > 50);
    }

    void errorsSayWhere_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("where");
        QTest::addColumn<QByteArray>("why");
        QTest::newRow("cut") << QByteArrayLiteral("{\"a\": [1, 2") << QByteArrayLiteral("offset 11") << QByteArrayLiteral("well-formed");
        QTest::newRow("deep") << QByteArray(100000, '[') << QByteArrayLiteral("offset 64") << QByteArrayLiteral("nested");
        QTest::newRow("bytes") << QByteArrayLiteral("\"\xff\"") << QByteArrayLiteral("offset") << QByteArrayLiteral("well-formed");
        QTest::newRow("empty") << QByteArray() << QByteArrayLiteral("offset") << QByteArrayLiteral("well-formed");
    }
    void errorsSayWhere()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, where);
        QFETCH(QByteArray, why);
        const auto result = js::parse(text.toStdString(), "a record");
        QVERIFY(!result);
        QVERIFY2(result.error().where.starts_with(where.toStdString()), result.error().message().c_str());
        QVERIFY2(result.error().why.find(why.toStdString()) != std::string::npos, result.error().message().c_str());
    }

    void tooLargeIsRefused()
    {
        QVERIFY(!js::parse("[1,2,3]", "a record", 6));
        QVERIFY(js::parse("[1,2,3]", "a record", 7));
    }

    void bracketsInStringsAreNotNesting()
    {
        QVERIFY(js::parse("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"", "a text"));
    }

    void bytesThatAreNoTextAreReplaced()
    {
        Record record = test::sampleRecord();
        record.keepName = "a\xff\xfe"
                          "b";
        const auto again = reread(js::dump(js::toJson(record)));
        QVERIFY(again);
        QCOMPARE(again->keepName,
            std::string("a\xef\xbf\xbd\xef\xbf\xbd"
                        "b"));
    }

    void wrongLengthOfDigestIsNamed()
    {
        auto value = js::In::parse(js::dump(js::toJson(test::sampleRecord())));
        value["expected"]["launch_digest"] = "00ff";
        const auto result = js::recordFrom(value, "record");
        QVERIFY(!result);
        QCOMPARE(result.error().where, std::string("record.expected.launch_digest"));
        QVERIFY(result.error().why.find("48") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestEvidenceJson)
#include "test_evidence_json.moc"
