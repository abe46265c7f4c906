// SPDX-License-Identifier: Apache-2.0
#include "tests/support/initrd.h"

#include "core/base/file.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <map>

#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::test {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t largest = std::uint64_t{1} << 30;

void pad(Bytes &archive)
{
    archive.resize((archive.size() + 3) / 4 * 4);
}

void append(Bytes &archive, std::size_t number, const InitrdFile &file)
{
    std::string head = "070701";
    for (const std::size_t field :
        {number, std::size_t{file.mode}, std::size_t{0}, std::size_t{0}, std::size_t{1}, std::size_t{0}, file.content.size(),
            std::size_t{0}, std::size_t{0}, std::size_t{file.major}, std::size_t{file.minor}, file.name.size() + 1, std::size_t{0}})
        head += std::format("{:08x}", field);
    head += file.name;
    archive.insert(archive.end(), head.begin(), head.end());
    archive.push_back(0);
    pad(archive);
    archive.insert(archive.end(), file.content.begin(), file.content.end());
    pad(archive);
}

} // namespace

Bytes makeInitrd(const std::vector<InitrdFile> &files)
{
    Bytes archive;
    std::size_t number = 0;
    for (const InitrdFile &file : files)
        append(archive, ++number, file);
    append(archive, 0, {"TRAILER!!!", 0});
    return archive;
}

Bytes makeInitrd(const fs::path &folder, const fs::path &init)
{
    std::map<std::string, InitrdFile> entries; // a folder sorts before what is in it
    for (const char *name : {"dev", "proc", "run", "sys"})
        entries[name] = {name, S_IFDIR | 0755};
    const char target[] = "usr/bin/keep-warden";
    entries["init"] = {"init", S_IFLNK | 0777, Bytes(target, target + sizeof target - 1)};
    if (!init.empty())
        entries["init"] = {"init", S_IFREG | 0755, readFile(init, largest).value()};
    for (const auto &entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = fs::relative(entry.path(), folder).string();
        if (entry.is_directory())
            entries[name] = {name, S_IFDIR | 0755};
        else
            entries[name] = {name, S_IFREG | 0755, readFile(entry.path(), largest).value()};
    }
    std::vector<InitrdFile> files;
    for (auto &[name, file] : entries)
        files.push_back(std::move(file));
    return makeInitrd(files);
}

void writeInitrdOf(const fs::path &program, const fs::path &initrd)
{
    const auto content = readFile(program, largest);
    const Status wrote = content
        ? writeFileAtomically(
              initrd, makeInitrd({{"dev", S_IFDIR | 0755}, {"dev/console", S_IFCHR | 0600, {}, 5, 1}, {"init", S_IFREG | 0755, *content}}))
        : Status(std::unexpected(content.error()));
    if (wrote)
        return;
    std::fprintf(stderr, "%s\n", wrote.error().message().c_str());
    std::abort();
}

std::string cloudKernel()
{
    std::string found;
    std::error_code code;
    for (const auto &entry : fs::directory_iterator("/boot", code)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("vmlinuz-") && name.ends_with("-cloud-amd64") && ::access(entry.path().c_str(), R_OK) == 0)
            found = std::max(found, entry.path().string());
    }
    return found;
}

} // namespace kastellan::test
