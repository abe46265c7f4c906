// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/fd.h"

#include <array>
#include <cerrno>
#include <format>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

std::string groupName(gid_t id)
{
    std::array<char, 16384> buffer;
    group entry{}, *found = nullptr;
    if (::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->gr_name;
    return std::to_string(id);
}

std::string userName(uid_t id)
{
    std::array<char, 16384> buffer;
    passwd entry{}, *found = nullptr;
    if (::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_name;
    return std::to_string(id);
}

void lookAtDevice(Looking &looking, const std::string &key, const std::string &path)
{
    auto &facts = looking.facts;
    struct stat status{};
    const auto file = looking.at(path);
    if (::stat(file.c_str(), &status) != 0) {
        facts.error(key, path, errno);
        return;
    }
    facts.set(key, "yes", path);
    facts.set(key + ".mode", std::format("{:04o}", status.st_mode & 07777), path);
    facts.set(key + ".owner", userName(status.st_uid), path);
    facts.set(key + ".group", groupName(status.st_gid), path);
    const auto tryOpen = [&](const char *what, int flags, const char *how) {
        const Fd opened(::open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
        const int number = errno;
        if (opened)
            facts.set(key + what, "yes", path + " " + how);
        else
            facts.error(key + what, path + " " + how, number);
    };
    tryOpen(".read", O_RDONLY, "opened for reading");
    tryOpen(".write", O_RDWR, "opened for reading and writing");
}

void lookAtLimit(Looking &looking)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return;
    const auto text = [](rlim_t value) { return value == RLIM_INFINITY ? std::string("unlimited") : std::to_string(value); };
    looking.facts.set("user.memlock.soft", text(limit.rlim_cur), "RLIMIT_MEMLOCK");
    looking.facts.set("user.memlock.hard", text(limit.rlim_max), "RLIMIT_MEMLOCK");
    const auto status = looking.read("/proc/self/status");
    const auto at = status.text.find("\nCapEff:\t");
    if (at != std::string::npos)
        if (const auto mask = factNumber("0x" + status.text.substr(at + 9, 16))) {
            constexpr unsigned ipcLock = 14; // linux/capability.h
            looking.facts.setFlag("user.may_lock", *mask >> ipcLock & 1, "CAP_IPC_LOCK in /proc/self/status");
        }
}

} // namespace

void lookAtDevices(Looking &looking)
{
    lookAtDevice(looking, "dev.sev", "/dev/sev");
    lookAtDevice(looking, "dev.kvm", "/dev/kvm");
    lookAtDevice(looking, "dev.sev_guest", "/dev/sev-guest");
    looking.facts.set("user.id", static_cast<std::uint64_t>(::geteuid()), "geteuid");
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    std::string names = groupName(::getegid());
    for (const gid_t id : groups)
        if (id != ::getegid())
            names += " " + groupName(id);
    looking.facts.set("user.groups", names, "getgroups");
    lookAtLimit(looking);
}

} // namespace kastellan::sev
