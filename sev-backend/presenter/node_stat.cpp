// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/node_stat.h"

#include <ctime>
#include <functional>

#include <sys/sysmacros.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr unsigned miscMajor = 10, registersMajor = 202; // Documentation/admin-guide/devices.txt
constexpr blksize_t page = 4096;

dev_t deviceNumber(const Node &node)
{
    switch (node.kind) {
    case Node::Kind::Device:
        return makedev(miscMajor, node.minor);
    case Node::Kind::Registers:
        return makedev(registersMajor, node.minor);
    case Node::Kind::Folder:
    case Node::Kind::Attribute:
        break;
    }
    return 0;
}

mode_t type(const Node &node)
{
    switch (node.kind) {
    case Node::Kind::Folder:
        return S_IFDIR;
    case Node::Kind::Attribute:
        return S_IFREG;
    case Node::Kind::Device:
    case Node::Kind::Registers:
        break;
    }
    return S_IFCHR;
}

} // namespace

mode_t permissions(const Node &node, bool readOnly)
{
    switch (node.kind) {
    case Node::Kind::Folder:
        return 0755;
    case Node::Kind::Attribute:
        return (node.attribute->readable ? 0400 : 0) | (node.attribute->writable ? 0200 : 0);
    case Node::Kind::Device:
    case Node::Kind::Registers:
        break;
    }
    return readOnly ? 0400 : 0600;
}

struct stat statOf(const Node &node, bool readOnly)
{
    static const std::time_t begin = std::time(nullptr);
    struct stat value{};
    value.st_dev = makedev(0, 6);
    value.st_ino = std::hash<std::string>()(node.path) | 1;
    value.st_nlink = node.kind == Node::Kind::Folder ? 2 : 1;
    value.st_mode = type(node) | permissions(node, readOnly);
    value.st_uid = ::geteuid();
    value.st_gid = ::getegid();
    value.st_rdev = deviceNumber(node);
    value.st_blksize = page;
    value.st_atim.tv_sec = value.st_mtim.tv_sec = value.st_ctim.tv_sec = begin;
    return value;
}

struct statx statxOf(const Node &node, bool readOnly)
{
    const struct stat plain = statOf(node, readOnly);
    struct statx value{};
    value.stx_mask = STATX_BASIC_STATS;
    value.stx_blksize = static_cast<std::uint32_t>(plain.st_blksize);
    value.stx_nlink = static_cast<std::uint32_t>(plain.st_nlink);
    value.stx_uid = plain.st_uid;
    value.stx_gid = plain.st_gid;
    value.stx_mode = static_cast<std::uint16_t>(plain.st_mode);
    value.stx_ino = plain.st_ino;
    value.stx_rdev_major = major(plain.st_rdev);
    value.stx_rdev_minor = minor(plain.st_rdev);
    value.stx_atime.tv_sec = value.stx_mtime.tv_sec = value.stx_ctime.tv_sec = plain.st_mtim.tv_sec;
    value.stx_dev_minor = minor(plain.st_dev);
    return value;
}

} // namespace kastellan::sev
