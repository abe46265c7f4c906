// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/logs/keep_log.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace kastellan;
using Stream = LogEntry::Stream;

namespace {

Bytes pattern(std::size_t size, unsigned seed)
{
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 31 + seed * 17);
    return bytes;
}

} // namespace

class TestKeepLog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder.emplace();
        m_path = m_folder->filePath(QStringLiteral("log")).toStdString();
    }

    void whatIsWrittenIsRead()
    {
        auto writer = KeepLogWriter::open(m_path);
        QVERIFY2(writer.has_value(), writer ? "" : writer.error().message().c_str());
        QVERIFY(writer->append(Stream::Event, asBytes("started")));
        QVERIFY(writer->append(Stream::Out, asBytes("one\n")));
        QVERIFY(writer->append(Stream::Err, {}));
        QVERIFY(writer->append(Stream::Out, asBytes("two\n")));
        QCOMPARE(writer->streamBytes(Stream::Out), std::uint64_t{8});
        struct stat status{};
        QCOMPARE(::stat(m_path.c_str(), &status), 0);
        QCOMPARE(static_cast<std::uint64_t>(status.st_size), writer->size());
        QCOMPARE(status.st_mode & 0777, mode_t{0600});

        auto reader = KeepLogReader::open(m_path);
        QVERIFY(reader);
        const std::pair<Stream, std::string_view> expected[] = {
            {Stream::Event, "started"}, {Stream::Out, "one\n"}, {Stream::Err, ""}, {Stream::Out, "two\n"}};
        std::uint64_t offset = 0;
        for (const auto &[stream, text] : expected) {
            const auto entry = reader->next();
            QVERIFY(entry && *entry);
            QVERIFY((*entry)->stream == stream);
            QVERIFY(asText((*entry)->data) == text);
            QVERIFY((*entry)->at > 1'700'000'000'000'000'000);
            if (stream == Stream::Out) {
                QCOMPARE((*entry)->offset, offset);
                offset += text.size();
            }
        }
        QVERIFY(!reader->next()->has_value());
        // It grows, and the same reader goes on.
        QVERIFY(writer->append(Stream::Out, asBytes("three\n")));
        const auto later = reader->next();
        QVERIFY(later && *later);
        QCOMPARE((*later)->offset, std::uint64_t{8});
        QVERIFY(!reader->next()->has_value());
    }

    void offsetsGoOnAcrossRestarts()
    {
        {
            auto writer = KeepLogWriter::open(m_path);
            QVERIFY(writer->append(Stream::Out, pattern(1000, 1)));
            QVERIFY(writer->append(Stream::Err, pattern(7, 1)));
        }
        auto writer = KeepLogWriter::open(m_path);
        QVERIFY(writer);
        QCOMPARE(writer->streamBytes(Stream::Out), std::uint64_t{1000});
        QCOMPARE(writer->streamBytes(Stream::Err), std::uint64_t{7});
        QCOMPARE(writer->streamBytes(Stream::Event), std::uint64_t{0});
    }

    void longOutputIsSplit()
    {
        const Bytes all = pattern((5u << 19) + 3, 9);
        auto writer = KeepLogWriter::open(m_path);
        QVERIFY(writer->append(Stream::Out, all));
        auto reader = KeepLogReader::open(m_path);
        Bytes read;
        int entries = 0;
        for (;;) {
            const auto entry = reader->next();
            QVERIFY(entry);
            if (!*entry)
                break;
            QCOMPARE((*entry)->offset, static_cast<std::uint64_t>(read.size()));
            read.insert(read.end(), (*entry)->data.begin(), (*entry)->data.end());
            ++entries;
        }
        QCOMPARE(entries, 3);
        QVERIFY(read == all);
    }

    void seekGoesBack()
    {
        auto writer = KeepLogWriter::open(m_path);
        for (int i = 0; i < 100; ++i)
            QVERIFY(writer->append(Stream::Out, asBytes(std::to_string(i))));
        auto reader = KeepLogReader::open(m_path);
        std::vector<std::uint64_t> places;
        for (int i = 0; i < 100; ++i) {
            places.push_back(reader->offset());
            QVERIFY(reader->next()->has_value());
        }
        for (const int i : {99, 0, 50, 49}) {
            reader->seek(places[static_cast<std::size_t>(i)]);
            const auto entry = reader->next();
            QVERIFY(entry && *entry);
            QVERIFY(asText((*entry)->data) == std::to_string(i));
        }
        reader->seek(0);
        QVERIFY(asText((**reader->next()).data) == "0");
    }

    void secondWriterIsRefused()
    {
        auto first = KeepLogWriter::open(m_path);
        const auto second = KeepLogWriter::open(m_path);
        QVERIFY(!second);
        QVERIFY(second.error().why.find("another program") != std::string::npos);
    }

    void otherFilesAreRefused()
    {
        QVERIFY(writeFileAtomically(m_path, asBytes("a diary, not a log\n")));
        QVERIFY(!KeepLogWriter::open(m_path));
        QVERIFY(!KeepLogReader::open(m_path));
        QVERIFY(*readFile(m_path, 100) == toBytes("a diary, not a log\n"));
        QVERIFY(!KeepLogReader::open(m_folder->path().toStdString()));
        QVERIFY(!KeepLogReader::open(m_path + ".missing"));
        QVERIFY(!KeepLogWriter::open("/nonexistent/log"));
    }

    /// The disk fills at every possible byte of the next append: an error, nothing of it is seen, and later appends work.
    void diskFull()
    {
        ::signal(SIGXFSZ, SIG_IGN);
        struct rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const Bytes data = pattern(40, 3);
        for (rlim_t room = 0; room < 72; ++room) {
            ::unlink(m_path.c_str());
            auto writer = KeepLogWriter::open(m_path);
            QVERIFY(writer->append(Stream::Out, asBytes("first")));
            const auto size = writer->size();
            const struct rlimit limit{static_cast<rlim_t>(size) + room, before.rlim_max};
            QCOMPARE(::setrlimit(RLIMIT_FSIZE, &limit), 0);
            const auto failed = writer->append(Stream::Out, data);
            QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
            QVERIFY(!failed);
            QCOMPARE(failed.error().kind, ErrorKind::Environment);
            QVERIFY(failed.error().where.find(m_path) != std::string::npos);
            QCOMPARE(writer->size(), size);
            QCOMPARE(writer->streamBytes(Stream::Out), std::uint64_t{5});
            auto reader = KeepLogReader::open(m_path);
            QVERIFY(reader->next()->has_value());
            QVERIFY(!reader->next()->has_value());
            QVERIFY(writer->append(Stream::Out, asBytes("second")));
            const auto entry = reader->next();
            QVERIFY(entry && *entry);
            QCOMPARE((*entry)->offset, std::uint64_t{5});
        }
    }

    /// A writer that is killed at any moment loses nothing that it had appended.
    void killedWriter()
    {
        for (int round = 0; round < 20; ++round) {
            ::unlink(m_path.c_str());
            int ends[2];
            QCOMPARE(::pipe(ends), 0);
            const pid_t pid = ::fork();
            if (pid == 0) {
                auto writer = KeepLogWriter::open(m_path);
                for (unsigned i = 0; writer; ++i) {
                    if (!writer->append(Stream::Out, pattern(1 + i % 5000, i)))
                        ::_exit(1);
                    const std::uint64_t done = writer->streamBytes(Stream::Out);
                    if (::write(ends[1], &done, sizeof done) != sizeof done)
                        ::_exit(1);
                }
                ::_exit(1);
            }
            ::close(ends[1]);
            std::uint64_t reported = 0;
            for (int i = 0; i < 10 + round * 13; ++i)
                QCOMPARE(::read(ends[0], &reported, sizeof reported), static_cast<ssize_t>(sizeof reported));
            ::kill(pid, SIGKILL);
            while (::read(ends[0], &reported, sizeof reported) == static_cast<ssize_t>(sizeof reported)) {}
            ::close(ends[0]);
            ::waitpid(pid, nullptr, 0);
            const auto writer = KeepLogWriter::open(m_path);
            QVERIFY2(writer.has_value(), writer ? "" : writer.error().message().c_str());
            QVERIFY(writer->streamBytes(Stream::Out) >= reported);
        }
    }

private:
    std::optional<QTemporaryDir> m_folder;
    std::string m_path;
};

QTEST_APPLESS_MAIN(TestKeepLog)
#include "test_logs_keep_log.moc"
