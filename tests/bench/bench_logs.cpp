// SPDX-License-Identifier: Apache-2.0
// What a long log costs whoever looks at it: its first page, the index of all of it, pages anywhere, a look at every line.
// usage: bench_logs [LINES]     (default 10,000,000 lines of about 100 bytes: 1 GB in a temporary folder); one line of JSON
#include "core/logs/line_index.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <sys/resource.h>
#include <unistd.h>

using namespace kastellan;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t page = 60; ///< lines that a large window shows

[[noreturn]] void failed(const std::string &why)
{
    std::fprintf(stderr, "bench_logs: %s\n", why.c_str());
    std::exit(1);
}

template <typename Work>
double seconds(Work work)
{
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// As a busy service writes: some ten lines with each write.
void write(const fs::path &path, std::uint64_t lines)
{
    auto writer = KeepLogWriter::open(path);
    if (!writer)
        failed(writer.error().message());
    std::mt19937_64 random(7);
    std::string text;
    for (std::uint64_t i = 0; i < lines; ++i) {
        char line[128];
        const int size = std::snprintf(line, sizeof line,
            "2026-11-23T12:00:00.%06llu worker-%llu INFO request %016llx took %llu us, nothing unusual seen here\n",
            static_cast<unsigned long long>(i % 1'000'000), static_cast<unsigned long long>(random() % 64),
            static_cast<unsigned long long>(random()), static_cast<unsigned long long>(random() % 100'000));
        text.append(line, static_cast<std::size_t>(size));
        if (i % 10 == 9 || i + 1 == lines) {
            if (const Status done = writer->append(i % 50 == 49 ? LogEntry::Stream::Err : LogEntry::Stream::Out, asBytes(text)); !done)
                failed(done.error().message());
            text.clear();
        }
    }
}

long peakMegabytes()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

} // namespace

int main(int argc, char **argv)
{
    const std::uint64_t lines = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
    const fs::path path = fs::temp_directory_path() / ("bench-log-" + std::to_string(::getpid()));
    write(path, lines);
    const auto size = fs::file_size(path);

    std::unique_ptr<LogLineIndex> index;
    const double first = seconds([&] {
        auto opened = LogLineIndex::open(path);
        if (!opened || !(*opened)->readOn(1 << 20))
            failed("the log can't be read");
        index = std::move(*opened);
        if (const auto lookedAt = index->get(0, page); !lookedAt || lookedAt->size() != std::min(page, lines))
            failed("there is no first page");
    });
    const double whole = seconds([&] {
        for (bool end = false; !end;) {
            const auto read = index->readOn(16 << 20);
            if (!read)
                failed(read.error().message());
            end = *read;
        }
    });
    if (index->lines() != lines)
        failed("it counted " + std::to_string(index->lines()) + " lines");
    std::vector<double> pages;
    std::mt19937_64 random(11);
    for (int i = 0; i < 1000; ++i)
        pages.push_back(1000 * seconds([&] {
            if (const auto found = index->get(random() % std::max<std::uint64_t>(1, lines - page), page); !found)
                failed(found.error().message());
        }));
    std::ranges::sort(pages);
    std::uint64_t seen = 0;
    const double all = seconds([&] {
        if (const Status done = index->each(0, [&](std::uint64_t, const LogLineText &) { return ++seen > 0; }); !done)
            failed(done.error().message());
    });
    fs::remove(path);
    std::printf(
        "{\"lines\": %llu, \"bytes\": %llu, \"first_page_ms\": %.2f, \"index_s\": %.2f, \"page_ms_median\": %.3f, \"page_ms_worst\": %.3f, "
        "\"every_line_s\": %.2f, \"index_bytes\": %zu, \"peak_mb\": %ld}\n",
        static_cast<unsigned long long>(seen), static_cast<unsigned long long>(size), 1000 * first, whole, pages[pages.size() / 2],
        pages.back(), all, index->memory(), peakMegabytes());
}
