// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/machine/initrd.h"

#include "core/base/file.h"

#include <cstdio>
#include <map>

#include <sys/stat.h>

namespace kastellan::test {
namespace fs = std::filesystem;
namespace {

void pad(Bytes &archive)
{
    archive.resize((archive.size() + 3) / 4 * 4);
}

void append(Bytes &archive, unsigned number, const std::string &name, unsigned mode, ByteView data)
{
    char head[111];
    std::snprintf(head, sizeof head, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", number, mode, 0U, 0U, 1U, 0U,
        data.size(), 0U, 0U, 0U, 0U, name.size() + 1, 0U);
    archive.insert(archive.end(), head, head + 110);
    archive.insert(archive.end(), name.begin(), name.end());
    archive.push_back(0);
    pad(archive);
    archive.insert(archive.end(), data.begin(), data.end());
    pad(archive);
}

} // namespace

Bytes makeInitrd(const fs::path &folder, const fs::path &init)
{
    std::map<std::string, std::pair<unsigned, Bytes>> entries; // a folder sorts before what is in it
    for (const char *name : {"dev", "proc", "run", "sys"})
        entries[name] = {S_IFDIR | 0755, {}};
    const char target[] = "usr/bin/keep-warden";
    entries["init"] = {S_IFLNK | 0777, Bytes(target, target + sizeof target - 1)};
    if (!init.empty())
        entries["init"] = {S_IFREG | 0755, readFile(init, 1ULL << 30).value()};
    for (const auto &entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = fs::relative(entry.path(), folder).string();
        if (entry.is_directory())
            entries[name] = {S_IFDIR | 0755, {}};
        else
            entries[name] = {S_IFREG | 0755, readFile(entry.path(), 1ULL << 30).value()};
    }
    Bytes archive;
    unsigned number = 1;
    for (const auto &[name, entry] : entries)
        append(archive, number++, name, entry.first, entry.second);
    append(archive, 0, "TRAILER!!!", 0, {});
    return archive;
}

} // namespace kastellan::test
