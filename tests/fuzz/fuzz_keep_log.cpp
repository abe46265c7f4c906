// SPDX-License-Identifier: Apache-2.0
// Any bytes as a keep's log: the reader comes to an end, the writer opens it only where nothing whole would be lost, and what is
// appended afterwards is read.
#include "core/base/file.h"
#include "core/logs/keep_log.h"

#include <cstdlib>

using namespace kastellan;

namespace {

std::string temporaryFile()
{
    std::string name = "/tmp/kastellan-fuzz-log-XXXXXX";
    const Fd file(::mkstemp(name.data()));
    if (!file)
        std::abort();
    return name;
}

/// How many entries, and the last one; -1 when the reader does not open it.
long readAll(const std::string &path, std::size_t size, LogEntry &last, bool &damaged)
{
    auto reader = KeepLogReader::open(path);
    if (!reader)
        return -1;
    long count = 0;
    // Every call goes on by at least a byte, so there can't be more of them.
    for (std::size_t calls = 0; calls <= size + 1; ++calls) {
        auto entry = reader->next();
        if (!entry) {
            damaged = true;
        } else if (!*entry) {
            return count;
        } else {
            last = std::move(**entry);
            ++count;
        }
    }
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const std::string path = temporaryFile();
    if (!writeFileAtomically(path, ByteView(data, size)))
        std::abort();
    LogEntry last;
    bool damaged = false;
    const long before = readAll(path, size, last, damaged);
    auto writer = KeepLogWriter::open(path);
    if (!writer)
        return 0;
    if (damaged)
        std::abort(); // it would have cut off what comes behind the damage
    const std::uint64_t offset = writer->streamBytes(LogEntry::Stream::Out);
    if (!writer->append(LogEntry::Stream::Out, asBytes("appended")))
        std::abort();
    const long after = readAll(path, size + 64, last, damaged);
    if (after != std::max(before, 0L) + 1 || damaged || asText(last.data) != "appended" || last.offset != offset)
        std::abort();
    return 0;
}
