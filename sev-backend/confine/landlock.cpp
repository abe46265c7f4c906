// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/confine/landlock.h"

#include <cerrno>
#include <initializer_list>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::sev::landlock {
namespace {

// Our own copy: the machine's headers may be older than its kernel.
struct Ruleset {
    std::uint64_t files, network, scoped;
};

constexpr std::uint64_t execute = 1 << 0, writeFile = 1 << 1, readFile = 1 << 2, readFolder = 1 << 3, removeFolder = 1 << 4,
                        removeFile = 1 << 5, makeFolder = 1 << 7, makeRegular = 1 << 8, truncateFile = 1 << 14;

int allowBelow(int ruleset, const char *path, std::uint64_t access)
{
    const int folder = ::open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    struct stat status{};
    if (folder < 0 || ::fstat(folder, &status) != 0)
        return errno;
    if (!S_ISDIR(status.st_mode)) // rights about what is in a folder are refused for a file
        access &= execute | readFile | writeFile | truncateFile;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access;
    rule.parent_fd = folder;
    const int error = ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : errno;
    ::close(folder);
    return error;
}

} // namespace

int version()
{
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? static_cast<int>(version) : 0;
}

Handled handled(int version)
{
    // Bits 0 to 12 since version 1; REFER, TRUNCATE and IOCTL_DEV came with 2, 3 and 5.
    const unsigned fileBits = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return {(std::uint64_t{1} << fileBits) - 1, version >= 4 ? 3u : 0u, version >= 6 ? 3u : 0u};
}

int restrictSelf(int version, const char *const *readable, const char *writable, const char *alsoWritable)
{
    const Handled all = handled(version);
    const Ruleset attributes{all.files, all.network, all.scoped};
    const std::size_t size = version >= 6 ? sizeof attributes : version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
    const int ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
    if (ruleset < 0)
        return errno;
    int error = allowBelow(ruleset, ".", readFolder & all.files);
    for (; !error && *readable; ++readable)
        error = allowBelow(ruleset, *readable, (execute | readFile | readFolder) & all.files);
    for (const char *folder : {writable, alsoWritable}) {
        if (error || !folder)
            break;
        error = allowBelow(ruleset, folder,
            (writeFile | readFile | readFolder | removeFolder | removeFile | makeFolder | makeRegular | truncateFile) & all.files);
    }
    if (!error && ::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        error = errno;
    ::close(ruleset);
    return error;
}

} // namespace kastellan::sev::landlock
