// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/path.h"

#include "core/base/fd.h"

#include <array>
#include <cerrno>
#include <climits>
#include <deque>

#include <fcntl.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr int linkLimit = 40; // as in the kernel

std::deque<std::string> parts(std::string_view path)
{
    std::deque<std::string> result;
    while (!path.empty()) {
        const std::size_t end = path.find('/');
        if (end != 0)
            result.emplace_back(path.substr(0, end));
        path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    }
    return result;
}

/// What of /proc the thread reads as its own is not ours: "/proc/self/fd/3" is "fd/3" of the thread.
std::optional<std::string> ownPlace(const std::string &path)
{
    for (const std::string_view own : {"/proc/self/", "/proc/thread-self/"})
        if (path.starts_with(own))
            return path.substr(own.size());
    return std::nullopt;
}

struct Link {
    enum class Kind { None, Leads, Missing } kind = Kind::None;
    std::string target;
};

Link readLink(const Caller &caller, int root, const std::string &path)
{
    if (path == "/proc/self" || path == "/proc/thread-self")
        return {};
    std::array<char, PATH_MAX> buffer{};
    const auto own = ownPlace(path);
    const ssize_t length = own ? ::readlink(caller.place(*own).c_str(), buffer.data(), buffer.size())
                               : ::readlinkat(root, path.c_str() + 1, buffer.data(), buffer.size());
    if (length > 0 && length < static_cast<ssize_t>(buffer.size()))
        return {Link::Kind::Leads, std::string(buffer.data(), static_cast<std::size_t>(length))};
    return {length < 0 && errno == EINVAL ? Link::Kind::None : Link::Kind::Missing, {}};
}

} // namespace

std::optional<std::string> ShadowFolder::emulated(std::string_view absolute) const
{
    if (path.empty() || !absolute.starts_with(path) || (absolute.size() > path.size() && absolute[path.size()] != '/'))
        return std::nullopt;
    return std::string(absolute.substr(path.size()));
}

std::optional<std::string> HandleNames::emulated(std::string_view link) const
{
    constexpr std::string_view before = "/memfd:", after = " (deleted)";
    if (!link.starts_with(before) || !link.substr(before.size()).starts_with(token))
        return std::nullopt;
    link.remove_prefix(before.size() + token.size());
    if (!link.starts_with(":/")) // a program can give memory files of its own any name
        return std::nullopt;
    link.remove_prefix(1);
    if (link.ends_with(after))
        link.remove_suffix(after.size());
    return std::string(link);
}

std::optional<std::string> resolvePath(const Caller &caller, const Tree &tree, const ShadowFolder &shadow, const HandleNames &names,
    int folder, std::string_view path, bool followLast)
{
    if (path.empty())
        return std::nullopt;
    std::string done; // "/a/b", without links; "" is the root
    if (path[0] != '/') {
        const auto base = caller.link(folder == AT_FDCWD ? std::string("cwd") : "fd/" + std::to_string(folder));
        if (!base || !base->starts_with('/'))
            return std::nullopt;
        done = shadow.emulated(*base).value_or(*base);
        if (done == "/")
            done.clear();
    }
    const Fd root(::open(caller.place("root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root)
        return std::nullopt;

    std::deque<std::string> rest = parts(path);
    const bool mustBeFolder = path.ends_with('/');
    bool missing = false;
    for (int links = 0; !rest.empty();) {
        const std::string part = std::move(rest.front());
        rest.pop_front();
        if (part == ".")
            continue;
        if (part == "..") {
            done.resize(done.empty() ? 0 : done.rfind('/'));
            missing = false;
            continue;
        }
        done += "/" + part;
        if (done.size() >= PATH_MAX)
            return std::nullopt;
        if (missing)
            continue; // below nothing there are no links
        if (const auto node = tree.find(done)) {
            if (node->kind != Node::Kind::Folder && (!rest.empty() || mustBeFolder))
                return std::nullopt;
            continue;
        }
        if (rest.empty() && !followLast)
            break;
        const Link link = readLink(caller, root.get(), done);
        if (link.kind == Link::Kind::Missing) {
            missing = true;
            continue;
        }
        if (link.kind == Link::Kind::None)
            continue;
        if (++links > linkLimit)
            return std::nullopt;
        if (const auto ours = names.emulated(link.target)) {
            done = *ours;
            continue;
        }
        // A link of /proc to what has no path: a pipe, a socket.
        if (link.target[0] != '/' && done.starts_with("/proc/") && link.target.contains(':'))
            return std::nullopt;
        auto target = parts(shadow.emulated(link.target).value_or(link.target));
        rest.insert(rest.begin(), target.begin(), target.end());
        done.resize(link.target[0] == '/' ? 0 : done.rfind('/'));
    }
    return done.empty() ? "/" : done;
}

} // namespace kastellan::sev
