// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/device_access.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

std::string userNameOf(uid_t id)
{
    passwd entry{}, *found = nullptr;
    std::array<char, 4096> room{};
    return ::getpwuid_r(id, &entry, room.data(), room.size(), &found) == 0 && found ? found->pw_name : "uid " + std::to_string(id);
}

std::string groupNameOf(gid_t id)
{
    group entry{}, *found = nullptr;
    std::array<char, 8192> room{};
    return ::getgrgid_r(id, &entry, room.data(), room.size(), &found) == 0 && found ? found->gr_name : "gid " + std::to_string(id);
}

bool isMember(gid_t id)
{
    if (::getegid() == id)
        return true;
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    return std::ranges::find(groups, id) != groups.end();
}

} // namespace

DeviceAccess explainAccess(
    const fs::path &path, const std::string &owner, const std::string &group, mode_t mode, bool member, bool read, bool write)
{
    DeviceAccess access{true, read, write, false, {}, {}};
    if (read && write)
        return access;
    access.why = std::format("{} belongs to the user '{}' and the group '{}' with mode {:04o}, so that this user may {}", path.string(),
        owner, group, static_cast<unsigned>(mode & 07777), read ? "read it, but not write it" : "not even read it");
    const bool groupMay = (mode & S_IWGRP) != 0;
    const bool ordinary = group != "root" && !group.starts_with("gid ");
    if (groupMay && ordinary && !member)
        access.remedy = std::format("Join the group: sudo usermod -aG {} \"$USER\", then log in again.", group);
    else
        access.remedy =
            std::format("Let a group have it by a udev rule: as root write KERNEL==\"{}\", MODE=\"0660\", GROUP=\"{}\" into "
                        "/etc/udev/rules.d/65-sev.rules, run 'udevadm control --reload && udevadm trigger --name-match={}', and join "
                        "that group; or run the command as root.",
                path.filename().string(), ordinary ? group : "kvm", path.filename().string());
    return access;
}

DeviceAccess lookAtDevice(const fs::path &path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        const int number = errno;
        DeviceAccess access;
        access.exists = number != ENOENT && number != ENOTDIR;
        access.why = number == ENOENT ? "there is no " + path.string() : path.string() + ": " + std::strerror(number);
        return access;
    }
    // With effective ids, as open(2) will check. A read-only file system counts too.
    const auto may = [&path](int how) { return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0; };
    return explainAccess(
        path, userNameOf(status.st_uid), groupNameOf(status.st_gid), status.st_mode, isMember(status.st_gid), may(R_OK), may(R_OK | W_OK));
}

} // namespace kastellan::sev
