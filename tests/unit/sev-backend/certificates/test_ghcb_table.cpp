// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/ghcb_table.h"

#include <QTest>

#include <map>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

/// Written by hand: one entry for the VCEK, the end, and three bytes at 48.
Bytes byHand()
{
    Bytes table = *fromHex("63da758de6644564adc5f4b93be8accd"
                           "30000000"
                           "03000000"
                           "00000000000000000000000000000000"
                           "00000000"
                           "00000000"
                           "aabbcc");
    return table;
}

std::vector<GhcbTableEntry> several()
{
    return {{ghcbVcek, Bytes(1329, 1)}, {ghcbAsk, Bytes(1601, 2)}, {ghcbArk, Bytes(1600, 3)}, {ghcbCrl, Bytes(7, 4)},
        {ghcbPlatformInfo, Bytes(8, 5)}};
}

} // namespace

class TestGhcbTable : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsTheBytesOfTheSpecification()
    {
        const auto entries = readGhcbTable(byHand());
        QVERIFY2(entries.has_value(), entries ? "" : entries.error().message().c_str());
        QCOMPARE(entries->size(), 1u);
        QCOMPARE(entries->front().guid, ghcbVcek);
        QCOMPARE(entries->front().content, (Bytes{0xaa, 0xbb, 0xcc}));
        QVERIFY(looksLikeGhcbTable(byHand()));
        QCOMPARE(*writeGhcbTable(*entries), byHand());
    }

    void bothWays()
    {
        const auto table = writeGhcbTable(several());
        QVERIFY(table);
        QCOMPARE(*readGhcbTable(*table), several());
        QVERIFY(looksLikeGhcbTable(*table));
        Bytes padded = *table;
        padded.resize((padded.size() + 4095) / 4096 * 4096); // hosts hand out pages
        QCOMPARE(*readGhcbTable(padded), several());
        QVERIFY(readGhcbTable(Bytes(4096))->empty()); // a host without certificates
        QVERIFY(!looksLikeGhcbTable(Bytes(4096)));
    }

    void cutAtEveryLength()
    {
        const Bytes table = *writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, Bytes(40, 1)}, {ghcbArk, Bytes(24, 3)}});
        for (std::size_t length = 0; length < table.size(); ++length)
            QVERIFY2(!readGhcbTable(ByteView(table).first(length)), std::to_string(length).c_str());
        QVERIFY(readGhcbTable(table));
    }

    void refused_data()
    {
        QTest::addColumn<int>("offset");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("why");
        const auto row = [](const char *name, int offset, const char *hex, const char *why) {
            QTest::newRow(name) << offset << QByteArray::fromHex(hex) << QByteArray(why);
        };
        row("empty object", 20, "00000000", "empty");
        row("object beyond the end", 20, "04000000", "reaches from");
        row("offset beyond the end", 16, "00100000", "reaches from");
        row("offset and length that overflow", 16, "ffffffffffffffff", "reaches from");
        row("object within the list", 16, "2f000000", "within the list");
        row("object at the start", 16, "00000000", "within the list");
        row("no end", 24, "01", "before the entry of zeros");
        row("zero GUID with a length", 0, "00000000000000000000000000000000", "GUID is zero");
    }
    void refused()
    {
        QFETCH(int, offset);
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, why);
        Bytes table = byHand();
        std::copy(bytes.begin(), bytes.end(), table.begin() + offset);
        const auto entries = readGhcbTable(table);
        QVERIFY(!entries);
        QVERIFY2(entries.error().message().find(why.constData()) != std::string::npos, entries.error().message().c_str());
        QVERIFY(!entries.error().where.empty());
    }

    void nothingTwice()
    {
        const std::vector<GhcbTableEntry> twice{{ghcbVcek, Bytes(4, 1)}, {ghcbVcek, Bytes(4, 2)}};
        QVERIFY(!writeGhcbTable(twice));
        Bytes table = *writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, Bytes(4, 1)}, {ghcbVlek, Bytes(4, 2)}});
        std::ranges::copy(ghcbVcek.bytes, table.begin() + 24);
        const auto entries = readGhcbTable(table);
        QVERIFY(!entries);
        QVERIFY(entries.error().why.find("twice") != std::string::npos);
    }

    void nothingOverAnother()
    {
        Bytes table = *writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, Bytes(8, 1)}, {ghcbVlek, Bytes(8, 2)}});
        storeLe<std::uint32_t>(std::span(table), 24 + 16, 79); // the last byte of the first
        const auto entries = readGhcbTable(table);
        QVERIFY(!entries);
        QVERIFY2(entries.error().why.find("over") != std::string::npos, entries.error().message().c_str());
    }

    void limits()
    {
        std::vector<GhcbTableEntry> many;
        for (std::uint8_t i = 1; i <= 64; ++i) {
            Guid guid;
            guid.bytes.fill(i);
            many.push_back({guid, Bytes(1, i)});
        }
        const auto table = writeGhcbTable(many);
        QVERIFY(table && readGhcbTable(*table));
        QVERIFY(!looksLikeGhcbTable(*table)); // of unknown GUIDs alone
        Guid another;
        another.bytes.fill(99);
        many.push_back({another, Bytes(1)});
        QVERIFY(!writeGhcbTable(many));
        Bytes tooMany(65 * 24 + 24 + 65);
        for (std::size_t i = 0; i < 65; ++i) {
            std::ranges::copy(many[i].guid.bytes, tooMany.begin() + static_cast<std::ptrdiff_t>(i * 24));
            storeLe<std::uint32_t>(std::span(tooMany), i * 24 + 16, static_cast<std::uint32_t>(66 * 24 + i));
            storeLe<std::uint32_t>(std::span(tooMany), i * 24 + 20, 1);
        }
        QVERIFY(!readGhcbTable(tooMany));
        QVERIFY(!readGhcbTable(Bytes(ghcbTableLimit + 1)));
        QVERIFY(!writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, Bytes(ghcbTableLimit)}}));
        QVERIFY(!writeGhcbTable(std::vector<GhcbTableEntry>{{ghcbVcek, {}}}));
        QVERIFY(!writeGhcbTable(std::vector<GhcbTableEntry>{{Guid{}, Bytes(1)}}));
    }

    void roles()
    {
        const std::map<std::string, std::string> known = {{"vcek", "63da758d-e664-4564-adc5-f4b93be8accd"},
            {"vlek", "a8074bc2-a25a-483e-aae6-39c045a0b8a1"}, {"ask", "4ab7b379-bbac-4fe4-a02f-05aef327c782"},
            {"ark", "c0b406a4-a803-4952-9743-3fb6014cd0ae"}, {"crl", "92f81bc3-5811-4d3d-97ff-d19f88dc67ea"},
            {"platform-info", "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6"}};
        for (const auto &[role, text] : known) {
            QCOMPARE(guidTextBe(*ghcbGuid(role)), text);
            QCOMPARE(std::string(ghcbRole(*ghcbGuid(role))), role);
        }
        QCOMPARE(*ghcbGuid("asvk"), ghcbAsk);
        QVERIFY(!ghcbGuid("pdh"));
        QVERIFY(ghcbRole(Guid{}).empty());
    }
};

QTEST_GUILESS_MAIN(TestGhcbTable)
#include "test_ghcb_table.moc"
