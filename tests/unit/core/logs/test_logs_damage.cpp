// SPDX-License-Identifier: Apache-2.0
// A log is cut at every byte, and altered at every byte: what came before stays, and damage is told from a torn tail.
#include "core/base/file.h"
#include "core/logs/keep_log.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace kastellan;
using Stream = LogEntry::Stream;

namespace {

constexpr unsigned entries = 8;

std::string textOf(unsigned number)
{
    return "entry " + std::to_string(number) + std::string(number * 3, '.');
}

} // namespace

class TestLogDamage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_path = m_folder.filePath(QStringLiteral("log")).toStdString();
        auto writer = KeepLogWriter::open(m_path);
        QVERIFY(writer);
        m_ends.push_back(writer->size());
        for (unsigned i = 0; i < entries; ++i) {
            QVERIFY(writer->append(i % 3 ? Stream::Out : Stream::Err, asBytes(textOf(i))));
            m_ends.push_back(writer->size());
        }
        m_whole = *readFile(m_path, 1 << 20);
    }

    void cutAtEveryByte()
    {
        for (std::size_t size = 0; size <= m_whole.size(); ++size) {
            QVERIFY(writeFileAtomically(m_path, ByteView(m_whole).first(size)));
            unsigned whole = 0;
            while (whole < entries && m_ends[whole + 1] <= size)
                ++whole;
            QCOMPARE(countEntries(), whole); // a reader before recovery

            auto writer = KeepLogWriter::open(m_path);
            QVERIFY2(writer.has_value(), writer ? "" : writer.error().message().c_str());
            QCOMPARE(writer->size(), m_ends[whole]);
            std::uint64_t out = 0;
            for (unsigned i = 0; i < whole; ++i)
                out += i % 3 ? textOf(i).size() : 0;
            QCOMPARE(writer->streamBytes(Stream::Out), out);
            QVERIFY(writer->append(Stream::Event, asBytes("recovered")));
            QCOMPARE(countEntries(), whole + 1);
        }
    }

    /// Half an entry filled with zeros, or with what was there before, as a power failure leaves it.
    void tornTailsOfOtherBytes()
    {
        for (const std::uint8_t fill : {0x00, 0xff, 0xa5})
            for (const std::size_t extra : {1, 31, 32, 33, 5000, 300000}) {
                Bytes torn = m_whole;
                torn.insert(torn.end(), extra, fill);
                QVERIFY(writeFileAtomically(m_path, torn));
                QCOMPARE(countEntries(), entries);
                const auto writer = KeepLogWriter::open(m_path);
                QVERIFY2(writer.has_value(), writer ? "" : writer.error().message().c_str());
                QCOMPARE(writer->size(), static_cast<std::uint64_t>(m_whole.size()));
            }
    }

    /// Each byte altered: the entry it lies in is never shown altered; all others are read; the writer cuts nothing but a last entry.
    void alterEveryByte()
    {
        for (std::size_t at = 8; at < m_whole.size(); ++at)
            for (const std::uint8_t mask : {0x01, 0x80}) {
                Bytes altered = m_whole;
                altered[at] ^= mask;
                QVERIFY(writeFileAtomically(m_path, altered));
                unsigned hit = 0;
                while (m_ends[hit + 1] <= at)
                    ++hit;

                auto reader = KeepLogReader::open(m_path);
                std::vector<std::string> seen;
                unsigned errors = 0;
                for (;;) {
                    const auto entry = reader->next();
                    if (!entry) {
                        ++errors;
                        QVERIFY2(entry.error().where.ends_with("offset " + std::to_string(m_ends[hit])), entry.error().message().c_str());
                        continue;
                    }
                    if (!*entry)
                        break;
                    seen.emplace_back(asText((*entry)->data));
                }
                std::vector<std::string> expected;
                for (unsigned i = 0; i < entries; ++i)
                    if (i != hit)
                        expected.push_back(textOf(i));
                QCOMPARE(seen, expected);
                QCOMPARE(errors, hit + 1 < entries ? 1u : 0u);

                const auto writer = KeepLogWriter::open(m_path);
                QCOMPARE(writer.has_value(), hit + 1 == entries);
                if (!writer) {
                    QVERIFY(writer.error().why.find("damaged") != std::string::npos);
                    QVERIFY(*readFile(m_path, 1 << 20) == altered);
                }
            }
    }

    void alteredBeginning()
    {
        for (std::size_t at = 0; at < 8; ++at) {
            Bytes altered = m_whole;
            altered[at] ^= 1;
            QVERIFY(writeFileAtomically(m_path, altered));
            QVERIFY(!KeepLogReader::open(m_path));
            QVERIFY(!KeepLogWriter::open(m_path));
        }
    }

private:
    unsigned countEntries()
    {
        auto reader = KeepLogReader::open(m_path);
        unsigned count = 0;
        while (reader) {
            const auto entry = reader->next();
            if (!entry || !*entry)
                return count;
            ++count;
        }
        return 1000;
    }

    QTemporaryDir m_folder;
    std::string m_path;
    Bytes m_whole;
    std::vector<std::uint64_t> m_ends; ///< m_ends[n]: size of the file after n entries
};

QTEST_APPLESS_MAIN(TestLogDamage)
#include "test_logs_damage.moc"
