// SPDX-License-Identifier: Apache-2.0
// Lines of a log by their number: the same as when all of it is read, wherever reading begins, while it grows, and where it is damaged.
#include "core/base/file.h"
#include "core/logs/line_index.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <random>

#include <fcntl.h>
#include <unistd.h>

using namespace kastellan;
using Stream = LogEntry::Stream;

class TestLogLineIndex : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void linesAreThoseOfTheWholeLog_data();
    void linesAreThoseOfTheWholeLog();
    void growsWithTheLog();
    void brokenLinesGoOn();
    void whatHasNoEndYet();
    void timesAreFound();
    void damageIsALine();
    void needsNoMoreMemoryThanItMay();
    void stops();
    void refusesWhatIsNoLog();

private:
    QTemporaryDir m_folder;
    std::filesystem::path m_path;
    int m_number = 0;
};

namespace {

struct Line {
    Stream stream;
    std::string bytes;
    bool operator==(const Line &) const = default;
};

/// Entries as a keep might write them, and as nobody would: pieces of lines, several lines, nothing but line ends, characters cut in two.
std::vector<std::pair<Stream, std::string>> entries(unsigned seed, std::size_t count)
{
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random); };
    static const std::vector<std::string> pieces{"a", "line\n", "\n", "two\nlines\n", "\r\n", "tail\r", "\xe2\x82", "\xac",
        "\xf0\x9f\x98\x80\n", std::string(5000, 'x'), std::string(4096, 'y') + "\n", std::string("zero\0\n", 6)};
    std::vector<std::pair<Stream, std::string>> made;
    for (std::size_t i = 0; i < count; ++i) {
        std::string text;
        for (unsigned piece = 0, most = 1 + below(4); piece < most; ++piece)
            text += pieces[below(static_cast<unsigned>(pieces.size()))];
        made.emplace_back(static_cast<Stream>(below(4)), std::move(text));
    }
    return made;
}

/// The slow way: everything from the beginning.
std::vector<Line> expected(const std::vector<std::pair<Stream, std::string>> &entries)
{
    std::vector<Line> lines;
    LineCutter cutter;
    for (const auto &[stream, text] : entries)
        cutter.add(stream, 1, text,
            [&](Stream of, std::int64_t, std::string_view bytes, std::size_t) { lines.push_back({of, std::string(bytes)}); });
    return lines;
}

std::vector<Line> plain(const std::vector<LogLineText> &lines)
{
    std::vector<Line> made;
    for (const auto &line : lines)
        made.push_back({line.stream, line.bytes});
    return made;
}

void append(KeepLogWriter &writer, const std::vector<std::pair<Stream, std::string>> &entries)
{
    for (const auto &[stream, text] : entries)
        QVERIFY(writer.append(stream, asBytes(text)));
}

std::unique_ptr<LogLineIndex> wholeIndex(const std::filesystem::path &path)
{
    auto index = LogLineIndex::open(path);
    if (!index)
        return nullptr;
    const auto end = (*index)->readOn(~std::uint64_t{0} >> 1);
    return end && *end ? std::move(*index) : nullptr;
}

} // namespace

void TestLogLineIndex::init()
{
    m_path = m_folder.filePath(QStringLiteral("log-%1").arg(++m_number)).toStdString();
}

void TestLogLineIndex::linesAreThoseOfTheWholeLog_data()
{
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 8; ++seed)
        QTest::addRow("%u", seed) << seed;
}

void TestLogLineIndex::linesAreThoseOfTheWholeLog()
{
    QFETCH(const unsigned, seed);
    const auto written = entries(seed, 700);
    const auto right = expected(written);
    auto writer = KeepLogWriter::open(m_path);
    QVERIFY(writer);
    append(*writer, written);
    const auto index = wholeIndex(m_path);
    QVERIFY(index);
    QCOMPARE(index->lines(), right.size());
    QVERIFY(right.size() > 1000); // more than a few places of the index
    const auto all = index->get(0, right.size() + 10);
    QVERIFY(all && plain(*all) == right);
    // From each line on, so that reading begins behind every kind of line.
    for (std::size_t first = 0; first < right.size(); ++first) {
        const auto some = index->get(first, 3);
        QVERIFY(some);
        const auto count = std::min<std::size_t>(3, right.size() - first);
        QVERIFY2(plain(*some)
                == std::vector<Line>(
                    right.begin() + static_cast<std::ptrdiff_t>(first), right.begin() + static_cast<std::ptrdiff_t>(first + count)),
            qPrintable(QStringLiteral("from line %1").arg(first)));
    }
    QVERIFY(index->get(right.size(), 1)->empty());
}

void TestLogLineIndex::growsWithTheLog()
{
    const auto written = entries(99, 600);
    auto writer = KeepLogWriter::open(m_path);
    auto index = LogLineIndex::open(m_path);
    QVERIFY(writer && index);
    std::vector<std::pair<Stream, std::string>> sofar;
    for (std::size_t i = 0; i < written.size(); i += 7) {
        const std::vector piece(written.begin() + static_cast<std::ptrdiff_t>(i),
            written.begin() + static_cast<std::ptrdiff_t>(std::min(i + 7, written.size())));
        append(*writer, piece);
        sofar.insert(sofar.end(), piece.begin(), piece.end());
        for (bool end = false; !end;) { // in small steps
            const auto read = (*index)->readOn(1000);
            QVERIFY(read);
            end = *read;
        }
        const auto right = expected(sofar);
        QCOMPARE((*index)->lines(), right.size());
        const auto last = (*index)->get(right.empty() ? 0 : right.size() - 1, 1);
        QVERIFY(last && (right.empty() || plain(*last).front() == right.back()));
    }
    QVERIFY(plain(*(*index)->get(0, ~std::uint64_t{0})) == expected(written));
}

void TestLogLineIndex::brokenLinesGoOn()
{
    auto writer = KeepLogWriter::open(m_path);
    QVERIFY(writer);
    // The 4096th byte is in the middle of a character.
    append(*writer, {{Stream::Out, std::string(4095, 'a') + "\xe2\x82\xac" + std::string(10, 'b') + "\n"}});
    const auto index = wholeIndex(m_path);
    QVERIFY(index);
    const auto lines = plain(*index->get(0, 9));
    QCOMPARE(lines.size(), 2u);
    QCOMPARE(lines[0].bytes, std::string(4095, 'a'));
    QCOMPARE(lines[1].bytes, "\xe2\x82\xac" + std::string(10, 'b'));
}

void TestLogLineIndex::whatHasNoEndYet()
{
    auto writer = KeepLogWriter::open(m_path);
    QVERIFY(writer);
    append(*writer, {{Stream::Out, "whole\nprompt> \xe2\x82"}, {Stream::Err, "other"}, {Stream::Event, "an event"}});
    const auto index = wholeIndex(m_path);
    QVERIFY(index);
    QCOMPARE(index->lines(), 2u);
    const auto open = index->unfinished();
    QCOMPARE(open.size(), 2u);
    QCOMPARE(open[0].bytes, std::string("prompt> ")); // the character is not whole
    QCOMPARE(open[1].bytes, std::string("other"));
}

void TestLogLineIndex::timesAreFound()
{
    auto writer = KeepLogWriter::open(m_path);
    QVERIFY(writer);
    std::vector<std::pair<Stream, std::string>> written;
    for (int i = 0; i < 500; ++i)
        written.emplace_back(Stream::Out, std::to_string(i) + "\n");
    append(*writer, written);
    const auto index = wholeIndex(m_path);
    QVERIFY(index);
    const auto lines = index->get(0, 500);
    QVERIFY(lines);
    for (const std::size_t line : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{499}}) {
        const auto found = index->firstSince((*lines)[line].at);
        QVERIFY(found && *found <= line && (*lines)[*found].at == (*lines)[line].at);
    }
    QCOMPARE(*index->firstSince(0), 0u);
    QCOMPARE(*index->firstSince(lines->back().at + 1), 500u);
}

void TestLogLineIndex::damageIsALine()
{
    std::uint64_t begin = 0;
    {
        auto writer = KeepLogWriter::open(m_path);
        QVERIFY(writer);
        for (int i = 0; i < 300; ++i) {
            if (i == 150)
                begin = writer->size();
            append(*writer, {{Stream::Out, std::to_string(i) + "\n"}});
        }
    }
    const Fd file(::open(m_path.c_str(), O_WRONLY | O_CLOEXEC));
    QCOMPARE(::pwrite(file.get(), "??", 2, static_cast<off_t>(begin + 33)), 2);
    const auto index = wholeIndex(m_path);
    QVERIFY(index);
    QCOMPARE(index->lines(), 300u); // one is lost, and one says so
    const auto lines = index->get(149, 3);
    QVERIFY(lines && lines->size() == 3);
    QVERIFY((*lines)[0].bytes == "149" && (*lines)[2].bytes == "151");
    QVERIFY2((*lines)[1].damage && (*lines)[1].bytes.contains(std::to_string(begin)), (*lines)[1].bytes.c_str());
    // Whichever place reading begins from.
    QCOMPARE((*index->get(250, 1))[0].bytes, std::string("250"));
}

void TestLogLineIndex::needsNoMoreMemoryThanItMay()
{
    auto writer = KeepLogWriter::open(m_path);
    QVERIFY(writer);
    append(*writer, {{Stream::Err, std::string(4000, 'e')}}); // which every place has to remember
    constexpr std::uint64_t rounds = 12'000, each = 64;
    const std::string ends(each, '\n');
    for (std::uint64_t i = 0; i < rounds; ++i)
        QVERIFY(writer->append(Stream::Out, asBytes(ends)));
    append(*writer, {{Stream::Err, "!\n"}});
    const auto index = wholeIndex(m_path);
    QVERIFY(index);
    QCOMPARE(index->lines(), rounds * each + 1);
    QVERIFY(index->memory() <= LogLineIndex::memoryLimit);
    QVERIFY(index->memory() > LogLineIndex::memoryLimit / 8); // and uses what it may
    const auto last = index->get(rounds * each - 1, 2);
    QVERIFY(last && last->size() == 2 && last->back().bytes == std::string(4000, 'e') + "!");
}

void TestLogLineIndex::stops()
{
    auto writer = KeepLogWriter::open(m_path);
    QVERIFY(writer);
    append(*writer, entries(5, 300));
    auto index = LogLineIndex::open(m_path);
    QVERIFY(index);
    std::stop_source source;
    source.request_stop();
    const auto read = (*index)->readOn(~std::uint64_t{0} >> 1, source.get_token());
    QVERIFY(read && !*read);
    QCOMPARE((*index)->lines(), 0u);
    QVERIFY(*(*index)->readOn(~std::uint64_t{0} >> 1));
    std::uint64_t seen = 0;
    QVERIFY((*index)->each(0, [&](std::uint64_t, const LogLineText &) { return ++seen < 5; }));
    QCOMPARE(seen, 5u);
    seen = 0;
    QVERIFY((*index)->each(0, [&](std::uint64_t, const LogLineText &) { return ++seen > 0; }, source.get_token()));
    QCOMPARE(seen, 0u);
}

void TestLogLineIndex::refusesWhatIsNoLog()
{
    QVERIFY(writeFileAtomically(m_path, asBytes(std::string_view("no log at all"))));
    const auto index = LogLineIndex::open(m_path);
    QVERIFY(!index && index.error().message().contains(m_path.string()));
}

QTEST_GUILESS_MAIN(TestLogLineIndex)
#include "test_logs_line_index.moc"
