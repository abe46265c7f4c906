// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/answer_calls.h"
#include "sev-backend/presenter/node_stat.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

template <typename T>
ByteView bytesOf(const T &value)
{
    return {reinterpret_cast<const std::uint8_t *>(&value), sizeof value};
}

/// Whether the rest of a number of a folder's descriptor: "fd/3" of "/proc/self/fd/3".
std::optional<std::string> ownDescriptor(const std::string &path)
{
    constexpr std::string_view before = "/proc/self/";
    if (!path.starts_with("/proc/self/fd/"))
        return std::nullopt;
    return path.substr(before.size());
}

} // namespace

std::optional<std::string> CallAnswers::path(Caller &caller, const Named &named) const
{
    const auto text = caller.text(named.address);
    if (!text)
        return std::nullopt;
    return resolvePath(caller, *m_tree, m_handles->shadow(), m_handles->names(), named.folder, *text, named.follow);
}

std::optional<Node> CallAnswers::node(Caller &caller, const Named &named) const
{
    const auto place = path(caller, named);
    return place ? m_tree->find(*place) : std::nullopt;
}

CallAnswer CallAnswers::open(Caller &caller, const Named &named, std::uint64_t flags)
{
    const auto found = node(caller, named);
    if (!found)
        return {};
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return CallAnswer::error(EEXIST);
    const auto access = static_cast<int>(flags & O_ACCMODE);
    const bool reads = access != O_WRONLY, writes = access != O_RDONLY;
    if (found->kind == Node::Kind::Folder && (writes || (flags & O_CREAT)))
        return CallAnswer::error(EISDIR);
    if (found->kind != Node::Kind::Folder && (flags & O_DIRECTORY))
        return CallAnswer::error(ENOTDIR);
    const mode_t allowed = permissions(*found, m_readOnly);
    if (!(flags & O_PATH) && ((reads && !(allowed & S_IRUSR)) || (writes && !(allowed & S_IWUSR))))
        return CallAnswer::error(EACCES);
    auto handle = m_handles->open(*found, *m_tree, static_cast<int>(flags));
    if (!handle)
        return CallAnswer::error(handle.error());
    return CallAnswer::open(std::move(*handle), flags & O_CLOEXEC);
}

CallAnswer CallAnswers::openHow(Caller &caller, const SystemCall &call)
{
    open_how how{};
    if (call.arguments[3] < sizeof how || !caller.read(call.arguments[2], {reinterpret_cast<std::uint8_t *>(&how), sizeof how}))
        return {};
    // Within a folder as root, "/" is that folder: paths are not what they seem, and none of ours lies there.
    if (how.resolve & RESOLVE_IN_ROOT)
        return {};
    return open(caller, {call.number32(0), call.arguments[1], !(how.flags & O_NOFOLLOW)}, how.flags);
}

CallAnswer CallAnswers::stat(Caller &caller, const std::optional<Node> &node, std::uint64_t target) const
{
    if (!node)
        return {};
    return caller.write(target, bytesOf(statOf(*node, m_readOnly))) ? CallAnswer::result(0) : CallAnswer::error(EFAULT);
}

CallAnswer CallAnswers::statAt(Caller &caller, const SystemCall &call) const
{
    const auto flags = call.arguments[3];
    const auto text = call.arguments[1] ? caller.text(call.arguments[1]) : std::string();
    if (text && text->empty() && (flags & AT_EMPTY_PATH))
        return stat(caller, node(caller, call.number32(0)), call.arguments[2]);
    return stat(caller, node(caller, Named{call.number32(0), call.arguments[1], !(flags & AT_SYMLINK_NOFOLLOW)}), call.arguments[2]);
}

CallAnswer CallAnswers::statx(Caller &caller, const SystemCall &call) const
{
    const auto flags = call.arguments[2];
    const auto text = call.arguments[1] ? caller.text(call.arguments[1]) : std::string();
    const auto found = text && text->empty() && (flags & AT_EMPTY_PATH)
        ? node(caller, call.number32(0))
        : node(caller, Named{call.number32(0), call.arguments[1], !(flags & AT_SYMLINK_NOFOLLOW)});
    if (!found)
        return {};
    return caller.write(call.arguments[4], bytesOf(statxOf(*found, m_readOnly))) ? CallAnswer::result(0) : CallAnswer::error(EFAULT);
}

CallAnswer CallAnswers::access(Caller &caller, const Named &named, int mode) const
{
    const auto found = node(caller, named);
    if (!found)
        return {};
    const mode_t allowed = permissions(*found, m_readOnly);
    const bool can =
        (!(mode & R_OK) || (allowed & S_IRUSR)) && (!(mode & W_OK) || (allowed & S_IWUSR)) && (!(mode & X_OK) || (allowed & S_IXUSR));
    return can ? CallAnswer::result(0) : CallAnswer::error(EACCES);
}

CallAnswer CallAnswers::readLink(Caller &caller, const Named &named, std::uint64_t target, std::uint64_t size) const
{
    const auto place = path(caller, named);
    if (!place)
        return {};
    if (m_tree->find(*place))
        return CallAnswer::error(EINVAL); // there, and no link
    const auto descriptor = ownDescriptor(*place);
    const auto link = descriptor ? caller.link(*descriptor) : std::nullopt;
    const auto ours = link ? m_handles->names().emulated(*link) : std::nullopt;
    if (!ours || size == 0)
        return {};
    const std::string_view text = std::string_view(*ours).substr(0, size);
    return caller.write(target, asBytes(text)) ? CallAnswer::result(static_cast<std::int64_t>(text.size())) : CallAnswer::error(EFAULT);
}

CallAnswer CallAnswers::makeFolder(Caller &caller, const Named &named)
{
    const auto place = path(caller, named);
    if (!place)
        return {};
    if (m_tree->find(*place))
        return CallAnswer::error(EEXIST);
    const std::string name = Tree::reportName(*place);
    if (!m_tree->reports() || name.empty())
        return {};
    const int error = m_tree->reports()->make(name);
    return error ? CallAnswer::error(error) : CallAnswer::result(0);
}

CallAnswer CallAnswers::removeFolder(Caller &caller, const Named &named)
{
    const auto found = node(caller, named);
    if (!found)
        return {};
    if (found->kind != Node::Kind::Folder)
        return CallAnswer::error(ENOTDIR);
    if (found->report.empty())
        return CallAnswer::error(EPERM); // the kernel's own folders stay
    const int error = m_tree->reports()->remove(found->report);
    return error ? CallAnswer::error(error) : CallAnswer::result(0);
}

} // namespace kastellan::sev
